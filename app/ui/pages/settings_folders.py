"""Settings: the folders of the library, and how they are read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.config import READ_TAG_RATINGS, WATCH_FOLDERS, Settings
from app.protocol import AddFolder, Event, Failed, RemoveFolder, Scan
from app.store.item_values import Counts, Folder
from app.ui.bridge import StudioBridge
from app.ui.pages.settings_rows import Section, check_box
from app.ui.theme import Space, Theme
from app.ui.undo import UndoList
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.icon_button import icon_button


class FolderReader(Protocol):
    """Who knows the folders of the library."""

    def folders(self) -> Sequence[Folder]: ...

    def counts(self) -> Counts: ...


class FoldersSection(Section):
    """Lists folders, adds and removes them through the studio. `notice(text)` is for the window to say."""

    add_folder_wanted = Signal()
    notice = Signal(str)

    def __init__(
        self,
        reader: FolderReader,
        studio: StudioBridge,
        undo: UndoList,
        settings: Settings,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(theme, parent)
        self._reader, self._studio, self._undo = reader, studio, undo
        self.set_title(self.tr("Folders"))
        self._summary = self.add_note("")
        self._list = QWidget(self)
        self._rows = QVBoxLayout(self._list)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(0)
        self.add(self._list)
        buttons = QWidget(self)
        across = QHBoxLayout(buttons)
        across.setContentsMargins(0, 0, 0, 0)
        add = QPushButton(self.tr("Add a folder…"), buttons)
        add.clicked.connect(self.add_folder_wanted)
        look = QPushButton(self.tr("Look for changes now"), buttons)
        look.clicked.connect(lambda: studio.tell(Scan()))
        across.addWidget(add)
        across.addWidget(look)
        across.addStretch(1)
        self.add(buttons)
        self.add_line()
        restart = self.tr("Takes effect when Bowerbird is started the next time.")
        self.add_row(
            self.tr("Notice changed files by themselves"),
            check_box(settings, WATCH_FOLDERS, self.tr("Notice changed files by themselves")),
            restart,
        )
        self.add_row(
            self.tr("Take ratings from the files' tags"),
            check_box(settings, READ_TAG_RATINGS, self.tr("Take ratings from the files' tags")),
            self.tr("Ratings you give here always win. {restart}").format(restart=restart),
        )
        studio.folders_changed.connect(self.refresh)
        studio.items_changed.connect(self._summarise)
        self.refresh()

    def refresh(self) -> None:
        """Read the folders again."""
        while (taken := self._rows.takeAt(0)) is not None:
            widget = taken.widget()
            if widget is not None:
                widget.deleteLater()
        folders = self._reader.folders()
        for folder in folders:
            self._rows.addWidget(self._row(folder))
        if not folders:
            words = self.note(self.tr("No folder yet. Files stay where they are; Bowerbird only reads them."), self)
            self._rows.addWidget(words)
        self._summarise()

    def remove(self, folder: Folder) -> None:
        """Take a folder out of the library; undo takes it in again."""

        def take_out() -> None:
            self._studio.ask(lambda request: RemoveFolder(request, folder.path), self._answered)

        def take_in() -> None:
            self._studio.ask(lambda request: AddFolder(request, folder.path), self._answered)

        take_out()
        self._undo.push(self.tr("removing a folder"), take_in, take_out)
        name = Path(folder.path).name or folder.path
        self.notice.emit(self.tr("“{folder}” is no longer in the library; its ratings are kept").format(folder=name))

    def _row(self, folder: Folder) -> QWidget:
        row = QWidget(self._list)
        across = QHBoxLayout(row)
        across.setContentsMargins(0, Space.XS, 0, Space.XS)
        across.setSpacing(Space.S)
        icon = QLabel(row)
        name = "folder" if folder.online else "offline"
        icon.setPixmap(self._theme.pixmap(name, 20, "muted", self.devicePixelRatioF()))
        path = ElidedLabel(folder.path, row)
        state = QLabel(self.tr("connected") if folder.online else self.tr("not connected"), row)
        state.setProperty("role", "small")
        remove = icon_button(
            self._theme, "remove", self.tr("Remove {folder} from the library").format(folder=folder.path), row
        )
        remove.setToolTip(self.tr("Remove from the library; the files stay"))
        remove.clicked.connect(lambda: self.remove(folder))
        across.addWidget(icon)
        across.addWidget(path, 1)
        across.addWidget(state, 0, Qt.AlignmentFlag.AlignVCenter)
        across.addWidget(remove)
        return row

    def _summarise(self, _event: object = None) -> None:
        counts, number = self._reader.counts(), QLocale().toString
        parts = [
            self.tr("{count} tracks").format(count=number(counts.tracks)),
            self.tr("{count} videos").format(count=number(counts.videos)),
        ]
        if counts.masked:
            parts.append(self.tr("{count} not connected").format(count=number(counts.masked)))
        if counts.failures:
            parts.append(self.tr("{count} files could not be read").format(count=number(counts.failures)))
        self._summary.setText(" · ".join(parts))

    def _answered(self, event: Event) -> None:
        if isinstance(event, Failed):
            self.notice.emit(": ".join(part for part in (event.path, event.title, event.detail) if part))
        self.refresh()
