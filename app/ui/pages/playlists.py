"""Playlists: their names at the left, the rows of the chosen one at the right. Everything done here can be undone.

Reads the store on the window's thread, changes through `PlaylistEdits`, acts on items through `ItemActions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.config import Settings
from app.errors import BowerbirdError
from app.store.item_lists import ListQuery, SortKey
from app.store.playlists import PlaylistRow
from app.ui.context_menu import ItemActions
from app.ui.item_models.columns import PLAYLIST_COLUMNS
from app.ui.item_models.items_model import Dragged, ItemsModel, Lists
from app.ui.pages.empty import EmptyState
from app.ui.pages.playlist_edits import PlaylistEdits
from app.ui.pages.playlist_files import Finder, Found, find_dropped, read_playlist, write_playlist
from app.ui.pages.playlist_names import PlaylistNames
from app.ui.pages.playlist_rows import PlaylistRows
from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.elided_label import ElidedLabel, one_line
from app.ui.widgets.icon_button import icon_button
from app.ui.widgets.page_parts import as_page, page_heading
from app.ui.widgets.times import about

NAMED_MISSING = 3
"""So many missing files are named; the rest is counted."""


class PlaylistsPage(QWidget):
    """`notice(text)` is a line for the window to say, `publish_wanted(playlist)` asks it for the preview."""

    notice = Signal(str)
    publish_wanted = Signal(int)

    def __init__(
        self,
        edits: PlaylistEdits,
        lists: Lists,
        finder: Finder,
        actions: ItemActions,
        settings: Settings,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.title = self.tr("Playlists")
        self.icon_name = "playlist"
        self._edits, self._finder, self._actions, self._theme = edits, finder, actions, theme
        self._search = ""
        self._current = 0
        self._stale = True
        self._after_move: list[int] = []
        self._model = ItemsModel(lists, PLAYLIST_COLUMNS, actions.ratings.pending, self)
        self.names = PlaylistNames(theme, self)
        self.rows = PlaylistRows(self._model, actions, settings, theme, self)
        self.empty = EmptyState(theme, "playlist", "", parent=self)
        self._build()
        self._connect()

    # What the window asks

    def set_search(self, text: str) -> None:
        """Show only the rows of the playlist that `text` finds."""
        self._search = text
        self._read_rows()

    def open_playlist(self, playlist: int, *, rename: bool = False) -> None:
        """Show one playlist, and let the user name it where that is wanted."""
        self._current = playlist
        self._read_names()
        if rename:
            self.names.edit_name(playlist)

    def new_playlist(self) -> None:
        """Make an empty one and let the user name it."""
        self._edits.create("")

    def import_file(self) -> None:
        """Let the user choose playlist files and take them in."""
        chosen, _ = QFileDialog.getOpenFileNames(
            self, self.tr("Import playlists"), "", self.tr("Playlists (*.m3u *.m3u8)")
        )
        for name in chosen:
            self.import_path(Path(name))

    def import_path(self, path: Path) -> None:
        """Take one playlist file in; what it names and the library lacks is reported."""
        try:
            found = read_playlist(path, self._finder)
        except BowerbirdError as error:
            self.notice.emit(": ".join(part for part in (path.name, error.title, error.detail) if part))
            return
        self._report(found)
        if found.items:
            self._edits.create(found.name or path.stem, found.items)

    def export_file(self) -> None:
        """Let the user choose where the shown playlist goes."""
        row = self._edits.find(self._current)
        if row is None:
            return
        start = "".join(letter if letter.isalnum() or letter in " -_." else "_" for letter in row.name)
        chosen, _ = QFileDialog.getSaveFileName(
            self, self.tr("Export playlist"), f"{start}.m3u8", self.tr("Playlist (*.m3u8)")
        )
        if chosen:
            self.export_path(Path(chosen))

    def export_path(self, path: Path) -> None:
        """Write the shown playlist to a file."""
        row = self._edits.find(self._current)
        if row is None:
            return
        try:
            write_playlist(path, row.name, self._edits.rows(row.id), self._finder)
        except BowerbirdError as error:
            self.notice.emit(": ".join(part for part in (error.title, error.detail) if part))
            return
        self.notice.emit(self.tr("“{playlist}” is written to {file}").format(playlist=row.name, file=path.name))

    @property
    def report(self) -> str:
        """What the last file or drop named and the library lacks; "" for nothing."""
        return self._missing.text()

    def focus_first(self) -> bool:
        """Put the keyboard on what was searched, else on the names, or on the next step where there are none."""
        if self._stack.currentWidget() is self.empty:
            return self.empty.focus_button()
        (self.rows if self._search and self._model.rowCount() else self.names).setFocus()
        return True

    # Inside

    def _build(self) -> None:
        as_page(self)
        self.setAcceptDrops(True)
        heading = page_heading(self.title, self)
        self._new = icon_button(self._theme, "add", self.tr("New playlist"), self)
        self._import = icon_button(self._theme, "upload", self.tr("Import playlists"), self)
        bar = QHBoxLayout()
        bar.setContentsMargins(Space.L, Space.M, Space.M, Space.S)
        bar.addWidget(heading)
        bar.addStretch(1)
        bar.addWidget(self._import)
        bar.addWidget(self._new)
        self._split = QSplitter(Qt.Orientation.Horizontal, self)
        self._split.setHandleWidth(1)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(self.names)
        self._split.addWidget(self._detail())
        self._split.setStretchFactor(1, 1)
        self._split.setSizes([190, 600])
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self._split)
        self._stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self._missing_line())
        column.addWidget(self._stack, 1)
        self.empty.say(self.tr("No playlists yet. Make one, or drag music here."), self.tr("New playlist"))

    def _detail(self) -> QWidget:
        detail = QWidget(self)
        self._name = ElidedLabel("", detail)
        self._name.setFont(self._theme.font(TextSize.TITLE, bold=True))
        self._count = QLabel(detail)
        self._count.setProperty("role", "muted")
        self._play = icon_button(self._theme, "play", self.tr("Play this playlist"), detail)
        self._queue = icon_button(self._theme, "enqueue", self.tr("Add this playlist to the queue"), detail)
        self._more = icon_button(self._theme, "more", self.tr("More for this playlist"), detail)
        head = QHBoxLayout()
        head.setContentsMargins(Space.M, 0, Space.M, Space.XS)
        head.setSpacing(Space.XS)
        head.addWidget(self._name, 1)
        head.addWidget(self._count)
        head.addSpacing(Space.S)
        for button in (self._play, self._queue, self._more):
            head.addWidget(button)
        self._hollow = EmptyState(
            self._theme, "playlist", self.tr("This playlist is empty. Drag tracks or files here."), parent=detail
        )
        self._inside = QStackedWidget(detail)
        self._inside.addWidget(self.rows)
        self._inside.addWidget(self._hollow)
        box = QVBoxLayout(detail)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(head)
        box.addWidget(self._inside, 1)
        return detail

    def _missing_line(self) -> QWidget:
        self._missing_box = QWidget(self)
        self._missing = QLabel(self._missing_box)
        self._missing.setAccessibleName(self.tr("What could not be found"))
        self._missing.setTextFormat(Qt.TextFormat.PlainText)
        self._missing.setWordWrap(True)
        self._missing.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        close = icon_button(self._theme, "close", self.tr("Close this report"), self._missing_box)
        close.clicked.connect(self._missing_box.hide)
        row = QHBoxLayout(self._missing_box)
        row.setContentsMargins(Space.L, 0, Space.M, Space.S)
        row.addWidget(self._missing, 1)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self._missing_box.hide()
        return self._missing_box

    def _connect(self) -> None:
        self._new.clicked.connect(lambda _checked=False: self.new_playlist())
        self._import.clicked.connect(self.import_file)
        self.empty.acted.connect(self.new_playlist)
        self._more.clicked.connect(
            lambda: self._menu_for(self._current, self._more.mapToGlobal(QPoint(0, self._more.height())))
        )
        self._play.clicked.connect(lambda: self._actions.play(list(self._model.ids), 0, "playlist"))
        self._queue.clicked.connect(lambda: self._actions.enqueue(list(self._model.ids)))
        self.names.chosen.connect(self._choose)
        self.names.opened.connect(self._play_playlist)
        self.names.renamed.connect(self._edits.rename)
        self.names.delete_wanted.connect(self._edits.delete)
        self.names.menu_wanted.connect(self._menu_for)
        self.names.items_dropped.connect(self._edits.append)
        self.names.files_dropped.connect(lambda playlist, paths: self._drop_files(playlist, paths, -1))
        self.rows.play_wanted.connect(lambda at: self._actions.play(list(self._model.ids), at, "playlist"))
        self.rows.rows_moved.connect(self._move_rows)
        self.rows.rows_removed.connect(lambda positions: self._edits.remove_rows(self._current, positions))
        self.rows.items_dropped.connect(lambda ids, at: self._edits.insert(self._current, ids, at))
        self.rows.files_dropped.connect(lambda paths, at: self._drop_files(self._current, paths, at))
        self._edits.changed.connect(self._take_change)
        self._edits.created.connect(self._take_created)
        self._actions.ratings.changed.connect(self._model.update_items)
        self._actions.playback.current_changed.connect(self._mark_current)
        remove = QAction(self._theme.icon("remove"), self.tr("Remove from this playlist"), self)
        remove.setShortcut(QKeySequence(Qt.Key.Key_Delete))
        remove.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        remove.triggered.connect(lambda: self.rows.rows_removed.emit(self.rows.selected_positions()))
        self.rows.extra_actions = [remove]

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._read_names()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        # The lists take drops themselves; here are the places where there is no list yet.
        carried = event.mimeData()
        if Dragged.read(carried) is not None or any(url.isLocalFile() for url in carried.urls()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()

    def dropEvent(self, event: QDropEvent) -> None:
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        carried = Dragged.read(event.mimeData())
        if carried is None:
            paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
            self._drop_files(self._current, paths, -1)
        elif self._current:
            self._edits.append(self._current, carried.ids)
        else:
            self._edits.create_with(carried.ids)

    def _take_change(self, _playlist: int) -> None:
        if self.isVisible():
            self._read_names()
        else:
            self._stale = True

    def _take_created(self, playlist: int, by_name: bool) -> None:
        if self.isVisible():
            self.open_playlist(playlist, rename=not by_name)
        else:
            self._current, self._stale = playlist, True

    def _read_names(self) -> None:
        self._stale = False
        playlists = self._edits.all()
        known = [row.id for row in playlists]
        if self._current not in known:
            self._current = known[0] if known else 0
        self.names.show_playlists(playlists, self._current)
        self._stack.setCurrentWidget(self._split if playlists else self.empty)
        self._read_rows()

    def _read_rows(self) -> None:
        row = self._edits.find(self._current)
        if row is None:
            self._model.show_ids(())
            return
        query = ListQuery(search=self._search, sort=SortKey.POSITION, playlist=row.id, absent=True)
        self.rows.reorder = not self._search
        if query == self._model.query:
            self.rows.refresh()
        else:
            self._model.set_query(query)
        if self._after_move:
            self.rows.select_positions(self._after_move)
            self._after_move = []
        self._describe(row)
        self._mark_current()

    def _describe(self, row: PlaylistRow) -> None:
        self._name.setText(row.name)
        parts = [self.tr("1 item") if row.count == 1 else self.tr("{count} items").format(count=row.count)]
        if row.duration > 0:
            parts.append(about(row.duration))
        self._count.setText(" · ".join(parts))
        if not len(self._model.ids):
            words = (
                self.tr("Nothing in this playlist matches “{text}”.").format(text=self._search[:80])
                if self._search
                else self.tr("This playlist is empty. Drag tracks or files here.")
            )
            self._hollow.say(words)
        self._inside.setCurrentWidget(self.rows if len(self._model.ids) else self._hollow)
        for button in (self._play, self._queue):
            button.setEnabled(bool(len(self._model.ids)))

    def _choose(self, playlist: int) -> None:
        if playlist != self._current:
            self._current = playlist
            self._read_rows()

    def _play_playlist(self, playlist: int) -> None:
        self._actions.play([int(item) for item in self._edits.rows(playlist)], 0, "playlist")

    def _move_rows(self, positions: list[int], to: int) -> None:
        start = to - sum(at < to for at in positions)
        self._after_move = list(range(start, start + len(positions)))
        self._edits.move_rows(self._current, positions, to)

    def _drop_files(self, playlist: int, paths: Sequence[Path], at: int) -> None:
        try:
            found = find_dropped(paths, self._finder)
        except BowerbirdError as error:
            self.notice.emit(": ".join(part for part in (error.title, error.detail) if part))
            return
        self._report(found)
        if not found.items:
            return
        if playlist:
            self._edits.insert(playlist, found.items, at)
        else:
            self._edits.create("", found.items)

    def _report(self, found: Found) -> None:
        """Say in words what a file or a drop named and the library does not have."""
        said = []
        if found.missing:
            named = ", ".join(one_line(Path(path).name) for path in found.missing[:NAMED_MISSING])
            more = len(found.missing) - NAMED_MISSING
            names = self.tr("{names} and {more} more").format(names=named, more=more) if more > 0 else named
            said.append(
                self.tr("{count} not in the library: {names}. Add their folder, then try again.").format(
                    count=len(found.missing), names=names
                )
            )
        if found.remote:
            said.append(self.tr("{count} are addresses on the internet and were left out.").format(count=found.remote))
        self._missing.setText(" ".join(said))
        self._missing_box.setVisible(bool(said))

    def _menu_for(self, playlist: int, at: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        acts = (
            ("play", self.tr("Play"), lambda: self._play_playlist(playlist)),
            ("enqueue", self.tr("Add to queue"), lambda: self._actions.enqueue(self._ids(playlist))),
            ("edit", self.tr("Rename"), lambda: self.names.edit_name(playlist)),
            ("download", self.tr("Export…"), lambda: self._export(playlist)),
            ("upload", self.tr("Publish…"), lambda: self.publish_wanted.emit(playlist)),
            ("trash", self.tr("Delete"), lambda: self._edits.delete(playlist)),
        )
        for icon, words, act in acts:
            action = menu.addAction(self._theme.icon(icon), words)
            action.triggered.connect(lambda _checked=False, act=act: act())
        menu.popup(at)

    def _ids(self, playlist: int) -> list[int]:
        return [int(item) for item in self._edits.rows(playlist)]

    def _export(self, playlist: int) -> None:
        self._choose(playlist)
        self.export_file()

    def _mark_current(self, _playable: object = None) -> None:
        self._model.set_current(self._actions.playback.current_item)
