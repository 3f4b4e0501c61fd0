"""The library and the videos: everything there is, as a list or as covers, filtered by the window's search.

Two instances of one page. Reads the store on the window's thread; acts through `ItemActions`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from PySide6.QtCore import QLocale, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.config import LIBRARY_VIEW, VIDEOS_VIEW, Settings
from app.protocol import ItemsChanged, Job, JobEnded, Progress, ScoresChanged
from app.search_messages import Meaning
from app.store.item_lists import AlbumRow, ListQuery, SortKey
from app.store.item_values import Counts
from app.ui.bridge import StudioBridge
from app.ui.context_menu import ItemActions
from app.ui.covers import Covers
from app.ui.item_models import columns
from app.ui.item_models.albums_model import AlbumLists, AlbumsModel, album_query
from app.ui.item_models.columns import TRACK_COLUMNS, VIDEO_COLUMNS, Column, Layout
from app.ui.item_models.items_model import ItemsModel
from app.ui.pages.cover_grid import CoverGrid
from app.ui.pages.empty import EmptyState
from app.ui.pages.item_list import ItemList
from app.ui.pages.meaning_line import MeaningLine
from app.ui.theme import Space, Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.icon_button import icon_button

ALBUM_PICTURE = QSize(148, 148)
VIDEO_PICTURE = QSize(208, 117)
SETTLE_MS = 400
"""While files are being read, the list is read anew at most this often."""


class Counter(Protocol):
    """Who knows the sizes of the library."""

    def counts(self) -> Counts: ...


class LibraryPage(QWidget):
    """All items of one kind, "track" or "video"."""

    search_widens = True
    add_folder_wanted = Signal()
    search_cleared = Signal()
    """The page asks the window to empty the search field."""
    album_opened = Signal(str)
    found_wanted = Signal(str)
    """Show everything that these words find."""

    def __init__(
        self,
        kind: str,
        lists: AlbumLists,
        counter: Counter,
        studio: StudioBridge,
        actions: ItemActions,
        settings: Settings,
        covers: Covers,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.kind = kind
        self.title = self.tr("Library") if kind == "track" else self.tr("Videos")
        self.search_hint = self.tr("Words, artist:… year:… or rating:>=4; Return searches everything, also by meaning")
        self.icon_name = "library" if kind == "track" else "video"
        self._lists, self._counter, self._actions = lists, counter, actions
        self._settings, self._covers, self._theme = settings, covers, theme
        self._view_option = LIBRARY_VIEW if kind == "track" else VIDEOS_VIEW
        self._search = ""
        self._album: AlbumRow | None = None
        self._with_absent = False
        self._scanning = False
        self._stale = True
        shown = TRACK_COLUMNS if kind == "track" else VIDEO_COLUMNS
        self._model = ItemsModel(lists, shown, actions.ratings.pending, self)
        first = Layout.first(shown, Column.ARTIST if kind == "track" else Column.TITLE)
        name = "library" if kind == "track" else "videos"
        self.list = ItemList(self._model, actions, settings, theme, name=name, context=name, first=first, parent=self)
        self._albums = AlbumsModel(lists, self) if kind == "track" else None
        self.grid = CoverGrid(
            self._albums if self._albums is not None else self._model,
            covers,
            theme,
            ALBUM_PICTURE if kind == "track" else VIDEO_PICTURE,
            single_click=kind == "track",
            parent=self,
        )
        self.empty = EmptyState(theme, self.icon_name, "", parent=self)
        self.meaning = MeaningLine(kind, lists, studio, self)
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MS)
        self._settling.timeout.connect(self._reread)
        self._build()
        self._connect()
        studio.progressed.connect(self._take_progress)
        studio.job_ended.connect(self._take_end)
        studio.items_changed.connect(self._take_items_changed)
        studio.folders_changed.connect(self._take_items_changed)
        studio.scores_changed.connect(self._take_scores)

    # What the window asks

    def set_search(self, text: str) -> None:
        """Show what `text` finds, at once."""
        if text == self._search and not self._stale:
            return
        self._search = text
        self._album = None if text else self._album
        self.meaning.look(text)
        if self.isVisible():
            self._read()
        else:
            self._stale = True

    @property
    def count_words(self) -> str:
        """How many are shown, as the page says it."""
        return self._count.text()

    def show_as_grid(self) -> None:
        """Show covers and remember that."""
        self._choose_view("grid")

    def show_absent(self, shown: bool) -> None:
        """Show items in folders that are not connected, greyed."""
        self._absent_button.setChecked(shown)

    def open_album(self, album: AlbumRow) -> None:
        """Show the tracks of one album."""
        self._album = album
        self._read()
        self.list.scrollToTop()
        self.list.setFocus()
        self.album_opened.emit(album.album)

    def close_album(self) -> None:
        """Back to all albums, or all tracks."""
        self._album = None
        self._read()
        self._focus_view()

    def show_item(self, item: int) -> bool:
        """Show and choose one item in the list, whatever was searched; False where it is not there."""
        self._search, self._album = "", None
        self.meaning.look("")
        self.search_cleared.emit()
        self._show_as("list")
        self._read()
        return self.list.select_item(item)

    def focus_first(self) -> bool:
        """Put the keyboard on the rows or covers, or on the next step where there are none."""
        if self._stack.currentWidget() is self.empty:
            return self.empty.focus_button()
        self._focus_view()
        return True

    # Inside

    def _build(self) -> None:
        self.setProperty("surface", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._heading = QLabel(self.title, self)
        self._heading.setProperty("role", "heading")
        self._back = icon_button(self._theme, "chevron-left", self.tr("All albums"), self)
        self._album_title = ElidedLabel("", self)
        self._album_title.setProperty("role", "heading")
        self._count = ElidedLabel("", self)
        self._count.setProperty("role", "muted")
        self._play_all = icon_button(self._theme, "play", self.tr("Play all of these"), self)
        self._queue_all = icon_button(self._theme, "enqueue", self.tr("Add all of these to the queue"), self)
        self._as_list = self._view_button("list", self.tr("Show as a list"))
        self._as_grid = self._view_button(
            "grid", self.tr("Show as albums") if self.kind == "track" else self.tr("Show as pictures")
        )
        self._columns = icon_button(self._theme, "more", self.tr("Choose columns"), self)
        bar = QHBoxLayout()
        bar.setContentsMargins(Space.L, Space.M, Space.M, Space.S)
        bar.setSpacing(Space.S)
        bar.addWidget(self._back)
        bar.addWidget(self._heading)
        bar.addWidget(self._album_title, 1)
        bar.addWidget(self._count, 1)
        for button in (self._play_all, self._queue_all, self._as_list, self._as_grid, self._columns):
            bar.addWidget(button)
        self._stack = QStackedWidget(self)
        for view in (self.list, self.grid, self.empty):
            self._stack.addWidget(view)
        self._absent = QLabel(self)
        self._absent.setProperty("role", "small")
        self._absent_button = QPushButton(self.tr("Show them"), self)
        self._absent_button.setProperty("link", True)
        self._absent_button.setCheckable(True)
        self.absent_line = QWidget(self)
        line = QHBoxLayout(self.absent_line)
        line.setContentsMargins(Space.L, Space.XS, Space.M, Space.XS)
        line.addWidget(self._absent)
        line.addWidget(self._absent_button)
        line.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(bar)
        column.addWidget(self.meaning)
        views = QHBoxLayout()
        # The first column's text stands under the heading.
        views.setContentsMargins(Space.S, 0, 0, 0)
        views.addWidget(self._stack)
        column.addLayout(views, 1)
        column.addWidget(self.absent_line)
        self.absent_line.hide()
        self._show_as(self._settings.get(self._view_option))
        self._name_parts()

    def _connect(self) -> None:
        self._as_list.clicked.connect(lambda: self._choose_view("list"))
        self._as_grid.clicked.connect(lambda: self._choose_view("grid"))
        self._back.clicked.connect(self.close_album)
        self._columns.clicked.connect(self._open_columns)
        self._play_all.clicked.connect(lambda: self._actions.play(list(self._model.ids), 0, self._context))
        self._queue_all.clicked.connect(lambda: self._actions.enqueue(list(self._model.ids)))
        self._absent_button.toggled.connect(self._take_absent)
        self.empty.acted.connect(self._take_next_step)
        self.meaning.wanted.connect(self.found_wanted)
        self.meaning.changed.connect(self._name_parts)
        self.list.play_wanted.connect(self._play_from)
        self.grid.opened.connect(self._open_tile)
        self.grid.menu_wanted.connect(self._grid_menu)
        self.grid.key_pressed.connect(self._grid_key)
        self._model.counted.connect(lambda _count: self._name_parts())
        self._actions.ratings.changed.connect(self._model.update_items)
        self._actions.playback.current_changed.connect(self._mark_current)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._read()
        self.meaning.resume()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        leaves = event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Backspace)
        if leaves and self._album is not None:
            self.close_album()
            return
        super().keyPressEvent(event)

    @property
    def _context(self) -> str:
        return "album" if self._album is not None else "library" if self.kind == "track" else "videos"

    @property
    def _shows_albums(self) -> bool:
        return self._albums is not None and self._album is None and self._view == "grid"

    def _view_button(self, view: str, name: str) -> QToolButton:
        button = icon_button(self._theme, view, name, self)
        button.setCheckable(True)
        return button

    def _choose_view(self, view: str) -> None:
        self._album = None
        self._show_as(view)
        self._settings.set(self._view_option, view)
        self._read()
        self._focus_view()

    def _focus_view(self) -> None:
        view = self._stack.currentWidget()
        if view is not None:
            view.setFocus()

    def _show_as(self, view: str) -> None:
        self._view = view
        self._as_list.setChecked(view == "list")
        self._as_grid.setChecked(view == "grid")

    def _query(self) -> ListQuery:
        if self._album is not None:
            base = album_query(self._album)
        else:
            layout = self.list.layout_now()
            key = columns.SPECS[layout.sort].sort if layout.sort is not None else None
            base = ListQuery(
                kind=self.kind, search=self._search, sort=key or SortKey.TITLE, descending=layout.descending
            )
        return replace(base, absent=self._with_absent)

    def _read(self) -> None:
        self._stale = False
        if self._shows_albums and self._albums is not None:
            self._albums.show(self._search)
        else:
            query = self._query()
            if query == self._model.query:
                self.list.refresh()
            else:
                self._model.set_query(query)
        self._mark_current()
        self._name_parts()
        # Counting every item takes longer than reading the first rows: after the first paint.
        QTimer.singleShot(0, self, self._count_absent)

    def _take_items_changed(self, _event: ItemsChanged | None = None) -> None:
        """The library changed: read it anew soon."""
        self._covers.forget()
        if not self.isVisible():
            self._stale = True
        elif not self._settling.isActive():
            self._settling.start()

    def _take_progress(self, progress: Progress) -> None:
        if progress.job in (Job.SCAN, Job.DEMO) and not self._scanning:
            self._scanning = True
            self._name_parts()

    def _take_end(self, ended: JobEnded) -> None:
        if ended.job in (Job.SCAN, Job.DEMO):
            self._scanning = False
            self._name_parts()

    def _take_scores(self, _event: ScoresChanged) -> None:
        """A new ranking stands: show it, and follow it where the list is sorted by it."""
        query = self._model.query
        if query is not None and query.sort is SortKey.SCORE and self.isVisible():
            self.list.refresh()
        else:
            self._model.reread()

    def _reread(self) -> None:
        if self.isVisible():
            self._read()
        else:
            self._stale = True

    def _name_parts(self) -> None:
        """Say what is shown, and choose which view shows it."""
        in_album = self._album is not None
        albums = self._shows_albums
        count = self._albums.rowCount() if albums and self._albums is not None else len(self._model.ids)
        self._heading.setVisible(not in_album)
        self._back.setVisible(in_album)
        self._album_title.setVisible(in_album)
        if self._album is not None:
            whose = self._album.album_artist
            self._album_title.setText(f"{self._album.album} – {whose}" if whose else self._album.album)
        number = QLocale().toString(count)
        if albums:
            words = self.tr("1 album") if count == 1 else self.tr("{count} albums").format(count=number)
        elif self.kind == "track":
            words = self.tr("1 track") if count == 1 else self.tr("{count} tracks").format(count=number)
        else:
            words = self.tr("1 video") if count == 1 else self.tr("{count} videos").format(count=number)
        if self._search:
            words = self.tr("{count} found").format(count=words)
        self._count.setText(words if count else "")
        for button in (self._play_all, self._queue_all):
            button.setVisible(in_album)
        self._columns.setVisible(not albums and (self._view == "list" or in_album))
        if not count and not self._stale:
            self._say_empty()
            self._turn_to(self.empty)
        else:
            as_grid = albums or (self._albums is None and self._view == "grid")
            self._turn_to(self.grid if as_grid else self.list)

    def _turn_to(self, view: QWidget) -> None:
        """Show a view; where the keyboard was in the one before it, it comes along."""
        before, focus = self._stack.currentWidget(), QApplication.focusWidget()
        comes = before is not view and before is not None and focus is not None and before.isAncestorOf(focus)
        if comes:
            # Hidden first, the old view would hand the keyboard to any neighbour.
            self.setFocus()
        self._stack.setCurrentWidget(view)
        if comes:
            self.focus_first()

    def _say_empty(self) -> None:
        if self._search:
            words = self.tr("Nothing here matches “{text}”.").format(text=self._search[:80])
            if self.meaning.meaning is Meaning.NONE and not self.meaning.more:
                words += "\n" + self.tr("A learned encoder, from the settings, also finds what words mean.")
            step = self.meaning.words or self.tr("Clear the search")
            self.empty.say(words, step, "search")
        elif self._shows_albums and self._model_has_items():
            self.empty.say(self.tr("None of your tracks names an album."), self.tr("Show as a list"), "list")
        elif self._scanning:
            self.empty.say(self.tr("Looking through your folders…"), "", "refresh")
        elif self._only_absent():
            words = (
                self.tr("Your music is in folders that are not connected now.")
                if self.kind == "track"
                else self.tr("Your videos are in folders that are not connected now.")
            )
            self.empty.say(words, self.tr("Show what is there"), "folder")
        elif self.kind == "track":
            self.empty.say(
                self.tr("No music yet. Add a folder, and its tracks appear here within seconds."),
                self.tr("Add a folder…"),
                "music",
            )
        else:
            self.empty.say(self.tr("No videos yet. Add a folder that holds some."), self.tr("Add a folder…"), "video")

    def _model_has_items(self) -> bool:
        return len(self._lists.ids(ListQuery(kind=self.kind))) > 0

    def _only_absent(self) -> bool:
        """Whether all there is lies in folders that are not connected."""
        kind = ListQuery(kind=self.kind)
        return not len(self._lists.ids(kind)) and len(self._lists.ids(replace(kind, absent=True))) > 0

    def _take_next_step(self) -> None:
        if self._search and self.meaning.more:
            self.found_wanted.emit(self._search)
        elif self._search:
            self.search_cleared.emit()
            self.set_search("")
        elif self._shows_albums and self._model_has_items():
            self._choose_view("list")
        elif self._only_absent():
            self._choose_view("list")
            self.show_absent(True)
        else:
            self.add_folder_wanted.emit()

    def _count_absent(self) -> None:
        absent = self._counter.counts().masked
        self._absent.setText(
            self.tr("1 item is in a folder that is not connected.")
            if absent == 1
            else self.tr("{count} items are in folders that are not connected.").format(
                count=QLocale().toString(absent)
            )
        )
        self.absent_line.setVisible(absent > 0)
        if not absent and self._with_absent:
            self._absent_button.setChecked(False)

    def _take_absent(self, shown: bool) -> None:
        self._with_absent = shown
        self._absent_button.setText(self.tr("Hide them") if shown else self.tr("Show them"))
        self._read()

    def _open_columns(self) -> None:
        menu = self.list.column_menu(self)
        menu.popup(self._columns.mapToGlobal(QPoint(0, self._columns.height())))

    def _play_from(self, position: int) -> None:
        self._actions.play(list(self._model.ids), position, self._context)

    def _open_tile(self, position: int) -> None:
        if self._albums is None:
            self._play_from(position)
        elif (album := self._albums.album_at(position)) is not None:
            self.open_album(album)

    def _grid_ids(self) -> list[int]:
        positions = self.grid.selected_positions()
        if self._albums is None:
            return [self._model.ids[position] for position in positions if position < len(self._model.ids)]
        albums = [self._albums.album_at(position) for position in positions]
        return [item for album in albums if album is not None for item in self._albums.ids_of(album)]

    def _grid_menu(self, at: QPoint) -> None:
        if ids := self._grid_ids():
            self._actions.open_menu(ids, at, self._context, self.grid)

    def _grid_key(self, event: QKeyEvent) -> None:
        if self._actions.take_key(event, self._grid_ids(), self._context, self.grid.current_point()):
            event.accept()

    def _mark_current(self, _playable: object = None) -> None:
        self._model.set_current(self._actions.playback.current_item)
