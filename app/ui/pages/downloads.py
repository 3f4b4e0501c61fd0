"""Downloads: what is on its way, what came, what was refused and why. Pause, go on, cancel, play, give to others.

Shows what `Fetching` knows; asks it to act. Opens the folder of a kept file in the desktop's own way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.config import DOWNLOADS_FOLDER, Settings
from app.network_messages import DownloadState
from app.ui.fetching import Fetched, Fetching
from app.ui.item_models.downloads_model import DownloadsModel
from app.ui.network import NetworkBridge
from app.ui.network_words import amount, number
from app.ui.offer_words import format_words, licence_words, rate_words
from app.ui.pages.download_table import DownloadTable
from app.ui.pages.empty import EmptyState
from app.ui.pages.network_line import NetworkLine
from app.ui.theme import Space, Theme
from app.ui.widgets.elided_label import ElidedLabel, one_line
from app.ui.widgets.icon_button import icon_button
from app.ui.widgets.page_parts import as_page, page_heading, status_line


class DownloadsPage(QWidget):
    """`item_wanted(item)` shows an Item in the library; `discover_wanted`, `peers_wanted` ask for other pages."""

    item_wanted = Signal(int)
    discover_wanted = Signal()
    peers_wanted = Signal()
    switch_wanted = Signal()
    """The network is to be switched on: show what that means."""
    notice = Signal(str)

    def __init__(
        self,
        fetching: Fetching,
        network: NetworkBridge,
        settings: Settings,
        downloads_folder: Path,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        """`downloads_folder` is where kept files go while no other folder is chosen."""
        super().__init__(parent)
        self.title = self.tr("Downloads")
        self.icon_name = "download"
        self._fetching, self._network, self._settings = fetching, network, settings
        self._folder, self._theme = downloads_folder, theme
        self._model = DownloadsModel(self)
        self.table = DownloadTable(self._model, theme, self)
        self._build()
        fetching.changed.connect(self._take_change)
        fetching.listed.connect(self._read)
        network.switched.connect(lambda _on: self._mind())
        self.table.chosen.connect(self._mind)
        self.table.play_wanted.connect(self.play)
        self.table.remove_wanted.connect(self.remove)
        self.table.menu_wanted.connect(self._open_menu)
        self._read()

    # What the window asks

    def show_download(self, download: int) -> bool:
        """Choose and show one download; False where it is not there."""
        self.table.choose([download])
        return self._model.row_of(download) >= 0

    def focus_first(self) -> bool:
        """Put the keyboard on the table, or on the next step where it is empty."""
        if self._stack.currentWidget() is self.empty:
            return self.empty.focus_button()
        if not self.table.chosen_rows():
            self.table.selectRow(max(self.table.currentIndex().row(), 0))
        self.table.setFocus()
        return True

    @property
    def status(self) -> str:
        """How many are under way and how fast, in words."""
        return self._status.text()

    @property
    def details(self) -> str:
        """All that is said of the one that is chosen, "" for none or several."""
        parts = (self._detail_title, self._detail_words, self._detail_facts)
        return "" if self._detail.isHidden() else "\n".join(part.text() for part in parts)

    # What is done to the chosen ones

    def play(self) -> None:
        """Play the first of the chosen that can be played."""
        ready = next((one for one in self.table.chosen_rows() if one.can_play), None)
        if ready is not None:
            self._fetching.play(ready.id)
        elif self.table.chosen_rows():
            self.notice.emit(self.tr("Not enough of it is here to play yet"))

    def toggle_pause(self) -> None:
        """Let the chosen rest; where none of them moves, go on with them or try them again."""
        chosen = self.table.chosen_rows()
        if any(one.can_pause for one in chosen):
            self._each(self._fetching.pause, lambda one: one.can_pause)
        else:
            self._each(self._fetching.resume, lambda one: one.can_resume)
            self._each(self._fetching.begin_again, lambda one: one.can_begin_again)

    def remove(self) -> None:
        """Cancel what is under way; take what is over out of the list. Kept files stay."""
        chosen = self.table.chosen_rows()
        self._each(self._fetching.cancel, lambda one: one.can_cancel)
        self._fetching.remove([one.id for one in chosen if not one.under_way])

    def toggle_giving(self) -> None:
        """Give the chosen to others; where all are given, no longer."""
        done = [one for one in self.table.chosen_rows() if one.state is DownloadState.DONE]
        give = not all(one.row.seeding for one in done)
        for one in done:
            self._fetching.seed(one.id, give)

    def open_folder(self) -> None:
        """Open the folder of the first chosen kept file, or the folder of all downloads."""
        kept = next((one for one in self.table.chosen_rows() if one.row.path), None)
        folder = Path(kept.row.path).parent if kept is not None else self._all_in()
        if not folder.is_dir():
            self.notice.emit(self.tr("There is no folder yet: it is made with the first download"))
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def show_in_library(self) -> None:
        """Show the first chosen that has become an Item in the library."""
        kept = next((one for one in self.table.chosen_rows() if one.item), None)
        if kept is not None:
            self.item_wanted.emit(kept.item)

    # Building

    def _build(self) -> None:
        as_page(self)
        heading = page_heading(self.title, self)
        self._status = status_line(self)
        self.play_button = icon_button(self._theme, "play", self.tr("Play"), self)
        self.pause_button = icon_button(self._theme, "pause", self.tr("Pause"), self)
        self.remove_button = icon_button(self._theme, "close", self.tr("Cancel"), self)
        self.give_button = icon_button(self._theme, "upload", self.tr("Give to others"), self)
        self.library_button = icon_button(self._theme, "library", self.tr("Show in the library"), self)
        self.folder_button = icon_button(self._theme, "folder", self.tr("Open the folder"), self)
        bar = QHBoxLayout()
        bar.setContentsMargins(Space.L, Space.M, Space.M, Space.XS)
        bar.setSpacing(Space.XS)
        bar.addWidget(heading)
        bar.addSpacing(Space.XS)
        bar.addWidget(self._status, 1)
        for button, act in (
            (self.play_button, self.play),
            (self.pause_button, self.toggle_pause),
            (self.remove_button, self.remove),
            (self.give_button, self.toggle_giving),
            (self.library_button, self.show_in_library),
            (self.folder_button, self.open_folder),
        ):
            button.clicked.connect(act)
            bar.addWidget(button)
        self.clear_button = QPushButton(self.tr("Clear the finished"), self)
        self.clear_button.clicked.connect(self._clear)
        bar.addWidget(self.clear_button)
        self.line = NetworkLine(self._network, self._theme, self)
        self.line.details_wanted.connect(self.peers_wanted)
        self.line.switch_wanted.connect(self.switch_wanted)
        line = QHBoxLayout()
        line.setContentsMargins(Space.L, 0, Space.L, Space.S)
        line.addWidget(self.line)
        self.empty = EmptyState(
            self._theme,
            "download",
            self.tr(
                "Nothing was downloaded yet. What you choose under Discover comes here, and then into your library."
            ),
            self.tr("Discover…"),
            parent=self,
        )
        self.empty.acted.connect(self.discover_wanted)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        views = QHBoxLayout()
        views.setContentsMargins(Space.S, 0, 0, 0)
        views.addWidget(self._stack)
        page = QVBoxLayout(self)
        page.setContentsMargins(0, 0, 0, 0)
        page.setSpacing(0)
        page.addLayout(bar)
        page.addLayout(line)
        page.addLayout(views, 1)
        page.addWidget(self._details())

    def _details(self) -> QWidget:
        """Below the table: everything about the one that is chosen, the reason why it was refused among it."""
        self._detail = QFrame(self)
        self._detail.setProperty("surface", "frame")
        self._detail.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._detail_title = ElidedLabel("", self._detail)
        self._detail_title.setFont(self._theme.font(bold=True))
        self._detail_words = QLabel(self._detail)
        self._detail_words.setTextFormat(Qt.TextFormat.PlainText)
        self._detail_words.setWordWrap(True)
        self._detail_words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._detail_words.setAccessibleName(self.tr("About this download"))
        self._detail_facts = ElidedLabel("", self._detail)
        self._detail_facts.setProperty("role", "small")
        column = QVBoxLayout(self._detail)
        column.setContentsMargins(Space.L, Space.S, Space.L, Space.S)
        column.setSpacing(2)
        for part in (self._detail_title, self._detail_words, self._detail_facts):
            column.addWidget(part)
        return self._detail

    # Inside

    def _read(self) -> None:
        chosen = [one.id for one in self.table.chosen_rows()]
        # What is under way stands first, the newest of it at the top.
        self._model.show_rows(sorted(self._fetching.all(), key=lambda one: not one.under_way))
        if chosen and not self.table.chosen_rows():
            self.table.choose(chosen)
        self._mind()

    def _take_change(self, download: int) -> None:
        fetched = self._fetching.get(download)
        if fetched is not None and self._model.show_row(fetched):
            self._mind()

    def _mind(self) -> None:
        """Buttons, words and the empty state as the chosen rows have it."""
        rows, chosen = self._fetching.all(), self.table.chosen_rows()
        self._stack.setCurrentWidget(self.table if rows else self.empty)
        moving = any(one.can_pause for one in chosen)
        self.play_button.setEnabled(any(one.can_play for one in chosen))
        self.pause_button.setEnabled(moving or any(one.can_resume or one.can_begin_again for one in chosen))
        failed = bool(chosen) and not any(one.under_way for one in chosen)
        icon, name = (
            ("pause", self.tr("Pause"))
            if moving or not self.pause_button.isEnabled()
            else ("refresh", self.tr("Try again"))
            if failed
            else ("download", self.tr("Go on"))
        )
        self._name(self.pause_button, icon, name)
        under_way = any(one.can_cancel for one in chosen)
        self.remove_button.setEnabled(bool(chosen))
        self._name(
            self.remove_button,
            "close" if under_way or not chosen else "remove",
            self.tr("Cancel") if under_way or not chosen else self.tr("Take out of the list"),
        )
        done = [one for one in chosen if one.state is DownloadState.DONE]
        given = bool(done) and all(one.row.seeding for one in done)
        self.give_button.setEnabled(bool(done) and self._network.on)
        self._name(
            self.give_button,
            "stop" if given else "upload",
            self.tr("Give no longer") if given else self.tr("Give to others"),
        )
        self.library_button.setEnabled(any(one.item for one in chosen))
        self.clear_button.setVisible(any(not one.under_way for one in rows))
        self._say_status(rows)
        self._say_details(chosen)

    def _say_details(self, chosen: Sequence[Fetched]) -> None:
        one = chosen[0] if len(chosen) == 1 else None
        self._detail.setVisible(one is not None)
        if one is None:
            return
        row = one.row
        self._detail_title.setText(" · ".join(part for part in (row.title, row.artist, row.album) if part))
        self._detail_words.setText(one_line(self._model.state_words(one)))
        licence = licence_words(row.licence) or self.tr("no licence named")
        publisher = self.tr("from {name}").format(name=row.peer_name) if row.peer_name else ""
        facts = (format_words(row.mime), amount(row.size), licence, publisher, row.path)
        self._detail_facts.setText(" · ".join(part for part in facts if part))

    def _say_status(self, rows: Sequence[Fetched]) -> None:
        moving = [one for one in rows if one.under_way]
        if not moving:
            self._status.setText("")
            return
        count = (
            self.tr("1 under way")
            if len(moving) == 1
            else self.tr("{count} under way").format(count=number(len(moving)))
        )
        rate = rate_words(sum(one.rate for one in moving if one.state is DownloadState.RUNNING))
        self._status.setText(" · ".join(part for part in (count, rate) if part))

    def _name(self, button: QToolButton, icon: str, name: str) -> None:
        if button.accessibleName() != name:
            self._theme.dress(button, icon)
            button.setAccessibleName(name)
            button.setToolTip(name)

    def _each(self, act: Callable[[int], None], may: Callable[[Fetched], bool]) -> None:
        for one in self.table.chosen_rows():
            if may(one):
                act(one.id)

    def _clear(self) -> None:
        self._fetching.remove([one.id for one in self._fetching.all() if not one.under_way])

    def _all_in(self) -> Path:
        chosen = self._settings.get(DOWNLOADS_FOLDER)
        return Path(chosen).expanduser() if chosen else self._folder

    def build_menu(self) -> QMenu:
        """What can be done with the chosen."""
        menu = QMenu(self)
        for button, icon, act, key in (
            (self.play_button, "play", self.play, "Return"),
            (self.pause_button, "pause", self.toggle_pause, ""),
            (self.remove_button, "close", self.remove, "Delete"),
            (self.give_button, "upload", self.toggle_giving, ""),
            (self.library_button, "library", self.show_in_library, ""),
            (self.folder_button, "folder", self.open_folder, ""),
        ):
            action = QAction(button.accessibleName(), menu)
            self._theme.dress(action, icon)
            action.setEnabled(button.isEnabled())
            if key:
                action.setShortcut(QKeySequence(key))
                action.setShortcutVisibleInContextMenu(True)
            action.triggered.connect(lambda _checked=False, act=act: act())
            menu.addAction(action)
        return menu

    def _open_menu(self, at: QPoint) -> None:
        menu = self.build_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)
