"""Moments of films that look like one moment of a film: a page the window opens from the stage and its strip.

Asks the studio; a click plays a film from the moment it shows; every moment leads on to those like it, and back.
"""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.encoder_messages import EncodersChanged
from app.protocol import Event, Failed, ItemsChanged
from app.search_messages import FindMoments, MomentHit, Moments
from app.ui.bridge import StudioBridge
from app.ui.context_menu import ItemActions
from app.ui.film_tiles import FilmTiles, tile_name
from app.ui.item_models.items_model import Lists
from app.ui.item_models.moments_model import MomentsModel
from app.ui.pages.cover_grid import CoverGrid
from app.ui.pages.empty import EmptyState
from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.icon_button import icon_button
from app.ui.widgets.page_parts import as_page, status_line
from app.ui.widgets.times import clock

PICTURE = QSize(208, 117)
HEAD = QSize(114, 64)
COUNT = 24
_CONTEXT = "moments"


class MomentsPage(QWidget):
    """`open_moments(item, seconds)` asks and shows; `back_wanted` is the button that leaves."""

    back_wanted = Signal()

    def __init__(
        self,
        studio: StudioBridge,
        lists: Lists,
        actions: ItemActions,
        tiles: FilmTiles,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.title = self.tr("Similar moments")
        self.icon_name = "similar"
        self._studio, self._lists, self._actions = studio, lists, actions
        self._tiles, self._theme = tiles, theme
        self._about = (0, 0.0)
        """The film and the second that the page is about."""
        self._before: list[tuple[int, float]] = []
        self._seed = ""
        self._asked = 0
        self.model = MomentsModel(lists, tiles, self)
        self.grid = CoverGrid(self.model, tiles, theme, PICTURE, single_click=True, parent=self)
        self.grid.setAccessibleName(self.title)
        self.empty = EmptyState(theme, "video", "", parent=self)
        self._build()
        self.grid.opened.connect(self.play)
        self.grid.menu_wanted.connect(self._open_menu)
        self.grid.key_pressed.connect(self._take_key)
        self.empty.acted.connect(self._ask)
        actions.playback.current_changed.connect(lambda _playable: self._mark_current())
        tiles.loaded.connect(lambda _picture: self._draw_head())
        tiles.changed.connect(self._draw_head)
        theme.changed.connect(self._draw_head)
        studio.items_changed.connect(self._take_items)
        studio.encoders_changed.connect(self._take_encoders)

    def open_moments(self, item: int, seconds: float) -> None:
        """Show what looks like this moment of a film."""
        self._before.clear()
        self._show(item, seconds)

    def play(self, position: int) -> None:
        """Play the film of a tile from its moment."""
        one = self.model.at(position)
        if one is not None:
            self._actions.playback.play_from(one.hit.item, one.hit.at, _CONTEXT)

    def look_further(self, position: int) -> None:
        """Show what looks like the moment of a tile; "back" comes back from there."""
        one = self.model.at(position)
        if one is not None:
            self._before.append(self._about)
            self._show(one.hit.item, one.hit.at)

    def go_back(self) -> None:
        """To the moment that was looked at before, else to the page before."""
        if self._before:
            self._show(*self._before.pop())
        else:
            self.back_wanted.emit()

    @property
    def heading(self) -> str:
        return self._heading.text()

    @property
    def below(self) -> str:
        """The film and the time that the page is about."""
        return self._below.text()

    def focus_first(self) -> bool:
        """Put the keyboard on the tiles; while the answer is on its way it waits on the page."""
        if self._stack.currentWidget() is self.grid:
            self.grid.setFocus()
        elif not self.empty.focus_button():
            self.setFocus()
        return True

    def build_menu(self, position: int, at: QPoint) -> QMenu | None:
        """What can be done with a tile: go there, look further, and what can be done with its film."""
        one = self.model.at(position)
        if one is None:
            return None
        menu = self._actions.build_menu([one.hit.item], at, _CONTEXT, self)
        go = QAction(self._theme.icon("play"), self.tr("Play from {time}").format(time=clock(one.hit.at)), menu)
        go.triggered.connect(lambda: self.play(position))
        further = QAction(self._theme.icon("similar"), self.tr("Similar moments"), menu)
        further.triggered.connect(lambda: self.look_further(position))
        first = menu.actions()[0]
        # Return plays a tile from its moment; the key is shown where it belongs.
        go.setShortcut(first.shortcut())
        go.setShortcutContext(first.shortcutContext())
        go.setShortcutVisibleInContextMenu(True)
        first.setShortcut(QKeySequence())
        menu.insertActions(first, [go, further])
        menu.insertSeparator(first)
        return menu

    # Inside

    def _build(self) -> None:
        as_page(self)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        back = icon_button(self._theme, "chevron-left", self.tr("Back"), self)
        back.clicked.connect(self.go_back)
        self._picture = QLabel(self)
        self._picture.setFixedSize(HEAD)
        self._heading = ElidedLabel(self.tr("Moments like this one"), self)
        self._heading.setFont(self._theme.font(TextSize.HEADING, bold=True))
        self._below = status_line(self)
        self._play = icon_button(self._theme, "play", self.tr("Play from this moment"), self)
        self._play.clicked.connect(lambda: self._actions.playback.play_from(*self._about, _CONTEXT))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self._heading)
        words.addWidget(self._below)
        words.addStretch(1)
        head = QHBoxLayout()
        head.setContentsMargins(Space.S, Space.S, Space.M, Space.M)
        head.setSpacing(Space.M)
        head.addWidget(back)
        head.addWidget(self._picture)
        head.addLayout(words, 1)
        head.addWidget(self._play)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.grid)
        self._stack.addWidget(self.empty)
        views = QHBoxLayout()
        views.setContentsMargins(Space.S, 0, 0, 0)
        views.addWidget(self._stack)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addLayout(views, 1)
        self._play.setEnabled(False)
        self._say(self.tr("Choose “Similar moments” while a film plays."))

    def _show(self, item: int, seconds: float) -> None:
        self._about = (item, seconds)
        row = next(iter(self._lists.rows([item])), None)
        self._seed = f"{row.title}\n{row.artist}" if row else ""
        title = row.title if row is not None else ""
        self._below.setText(" · ".join(part for part in (clock(seconds), title) if part))
        self._play.setEnabled(row is not None)
        self._draw_head()
        self._ask()

    def _ask(self) -> None:
        item, seconds = self._about
        if not item:
            return
        self._asked += 1
        asked = self._asked
        self._say(self.tr("Comparing with the moments of every film…"))
        self._studio.ask(
            lambda request: FindMoments(request, item, seconds, COUNT), lambda event: self._take(asked, event)
        )

    def _take(self, asked: int, event: Event) -> None:
        if asked != self._asked:
            return
        match event:
            case Moments():
                self._show_moments(event.moments)
            case Failed():
                words = event.title or event.detail
                self._say(words if self._looked_at else self._not_yet(), self.tr("Try again"))

    def _show_moments(self, moments: tuple[MomentHit, ...]) -> None:
        self.model.show(moments)
        self._mark_current()
        if not self.model.shown:
            nothing = self.tr("No other moment in your films looks like this one.")
            self._say(nothing if self._looked_at else self._not_yet(), self.tr("Try again"))
            return
        waiting = self.hasFocus() or self.empty.button.hasFocus()
        self._stack.setCurrentWidget(self.grid)
        self.grid.scrollToTop()
        self.grid.setCurrentIndex(self.model.index(0))
        self.grid.clearSelection()
        if waiting:
            self.grid.setFocus()

    @property
    def _looked_at(self) -> bool:
        return self._tiles.moments(self._about[0]) is not None

    def _not_yet(self) -> str:
        return self.tr("This film has not been looked at yet. Try again in a moment.")

    def _say(self, words: str, button: str = "") -> None:
        waiting = self.grid.hasFocus()
        self.empty.say(words, button)
        self._stack.setCurrentWidget(self.empty)
        if waiting:
            self.setFocus()

    def _take_items(self, _event: ItemsChanged) -> None:
        """Films were looked at in the meantime: one that had nothing to show asks again."""
        if self.isVisible() and self._about[0] and not self.model.shown and not self.empty.button.isHidden():
            self._ask()

    def _take_encoders(self, _event: EncodersChanged) -> None:
        """An encoder came or went, and moments are compared by other vectors."""
        if self.isVisible() and self._about[0]:
            self._ask()

    def _open_menu(self, at: QPoint) -> None:
        menu = self.build_menu(self.grid.currentIndex().row(), at)
        if menu is not None:
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(at)

    def _take_key(self, event: QKeyEvent) -> None:
        one = self.model.at(self.grid.currentIndex().row())
        if event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Back):
            self.go_back()
            event.accept()
        elif one is not None and self._actions.take_key(event, [one.hit.item], _CONTEXT, self.grid.current_point()):
            event.accept()

    def _mark_current(self) -> None:
        self.model.set_current(self._actions.playback.current_item)

    def _draw_head(self) -> None:
        item, seconds = self._about
        film = self._tiles.moments(item)
        self._picture.setVisible(bool(item))
        if item:
            name = tile_name(item, film.nearest(seconds)) if film is not None else ""
            self._picture.setPixmap(self._tiles.pixmap(name, self._seed, HEAD, self.devicePixelRatioF()))
