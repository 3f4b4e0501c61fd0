"""What can be done with items, the same everywhere: the context menu, its keys, and the words said afterwards.

Every page that shows items gets the one `ItemActions`; the window listens to its signals. Plays, rates and fills
playlists through the collaborators it is given; opens the folder of a file in the desktop's own way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from app.store.item_values import ItemRow
from app.ui.playback import Playback
from app.ui.ratings import Ratings
from app.ui.theme import Theme
from app.ui.widgets.elided_label import one_line
from models.ids import ItemId

MOST_PLAYLISTS = 30
"""Playlists offered in the menu, newest change first; all of them are on the playlists page."""


MOST_DIRECTING = 200
"""The mean of more than these is like everything."""


class ItemReader(Protocol):
    """What is asked of the store about single items."""

    def item(self, item: ItemId) -> ItemRow | None: ...

    def path_of(self, item: ItemId) -> str | None: ...


class PlaylistChoice(Protocol):
    """The playlists as the menu needs them."""

    def names(self) -> Sequence[tuple[int, str]]:
        """(id, name), the newest change first."""

    def append(self, playlist: int, ids: Sequence[int]) -> None: ...

    def create_with(self, ids: Sequence[int]) -> None:
        """Make a new playlist of these items and let the user name it."""


class ItemActions(QObject):
    """Acts on items. `context` names where from ("library", "for-you"), for the record of feedback."""

    show_similar = Signal(int)
    show_directed = Signal(object)
    """More like all of these (a tuple of ids), to be turned by words and other items."""
    explain = Signal(int, QPoint)
    """Why an item has its score; the point is where on the screen to show it."""
    show_properties = Signal(int)
    notice = Signal(str)

    def __init__(
        self,
        playback: Playback,
        ratings: Ratings,
        items: ItemReader,
        playlists: PlaylistChoice,
        theme: Theme,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self.playback = playback
        self.ratings = ratings
        self._items = items
        self._playlists = playlists
        self._theme = theme

    # ------------------------------------------------------------------------------------------ the menu

    def open_menu(
        self, ids: Sequence[int], at: QPoint, context: str, parent: QWidget, extra: Iterable[QAction] = ()
    ) -> QMenu:
        """Show the menu for `ids` at a point of the screen; it deletes itself when closed."""
        menu = self.build_menu(ids, at, context, parent, extra)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(at)
        return menu

    def build_menu(
        self, ids: Sequence[int], at: QPoint, context: str, parent: QWidget, extra: Iterable[QAction] = ()
    ) -> QMenu:
        """The menu for `ids`; `extra` actions stand at its end."""
        menu = QMenu(parent)
        chosen = list(ids)
        first = self._items.item(ItemId(chosen[0])) if chosen else None
        one = first if len(chosen) == 1 else None
        self._add(menu, "play", self.tr("Play"), lambda: self.play(chosen, 0, context), "Return")
        self._add(menu, "play-next", self.tr("Play next"), lambda: self.play_next(chosen))
        self._add(menu, "enqueue", self.tr("Add to queue"), lambda: self.enqueue(chosen), "Q")
        menu.addMenu(self._playlist_menu(menu, chosen))
        menu.addSeparator()
        opinion = self.ratings.state(one.id).liked if one is not None else 0
        liked, disliked = opinion > 0, opinion < 0
        self._add(
            menu,
            "heart-filled" if liked else "heart",
            self.tr("Take back like") if liked else self.tr("Like"),
            lambda: self.clear(chosen, context) if liked else self.like(chosen, context),
            "Ctrl+L",
        )
        self._add(
            menu,
            "thumbs-down-filled" if disliked else "thumbs-down",
            self.tr("Take back dislike") if disliked else self.tr("Dislike"),
            lambda: self.clear(chosen, context) if disliked else self.dislike(chosen, context),
            "Ctrl+D",
        )
        menu.addMenu(self._stars_menu(menu, chosen, context))
        self._add(menu, "clock", self.tr("Not now"), lambda: self.later(chosen, context), "N")
        menu.addSeparator()
        if one is not None:
            self._add(menu, "similar", self.tr("More like this"), lambda: self.show_similar.emit(one.id), "S")
            self._add(menu, "info", self.tr("Why this score"), lambda: self.explain.emit(one.id, at), "W")
            menu.addSeparator()
            folder = self._add(menu, "folder", self.tr("Show in folder"), lambda: self.show_folder(one.id))
            folder.setEnabled(one.present and self._items.path_of(one.id) is not None)
            self._add(menu, "edit", self.tr("Properties"), lambda: self.show_properties.emit(one.id), "Alt+Return")
            menu.addSeparator()
        elif 1 < len(chosen) <= MOST_DIRECTING:
            words = self.tr("More like these, but…")
            self._add(menu, "similar", words, lambda: self.show_directed.emit(tuple(chosen)), "S")
            menu.addSeparator()
        self._add(menu, "undo", self.tr("Undo"), self.ratings.undo, "Ctrl+Z")
        additions = list(extra)
        if additions:
            menu.addSeparator()
            menu.addActions(additions)
        return menu

    def take_key(self, event: QKeyEvent, ids: Sequence[int], context: str, at: QPoint) -> bool:
        """Act on a key pressed over these items; False where the key means nothing here."""
        act = self._meaning(event, ids, context, at) if ids else None
        if act is not None:
            act()
        return act is not None

    def knows_key(self, event: QKeyEvent) -> bool:
        """Whether `take_key` would act: lists claim these before the window's shortcuts see them."""
        return self._meaning(event, (0,), "", QPoint()) is not None

    # ------------------------------------------------------------------------------------------ the deeds

    def play(self, ids: Sequence[int], start: int, context: str) -> None:
        if ids:
            self.playback.play_items(ids, start, context)

    def play_next(self, ids: Sequence[int]) -> None:
        self.playback.play_next(ids)
        self.notice.emit(self.tr("Plays next: {count}").format(count=len(ids)))

    def enqueue(self, ids: Sequence[int]) -> None:
        self.playback.enqueue(ids)
        self.notice.emit(self.tr("Added to the queue: {count}").format(count=len(ids)))

    def like(self, ids: Sequence[int], context: str) -> None:
        self.ratings.like(ids, context)

    def dislike(self, ids: Sequence[int], context: str) -> None:
        self.ratings.dislike(ids, context)

    def clear(self, ids: Sequence[int], context: str) -> None:
        self.ratings.clear(ids, context)

    def stars(self, ids: Sequence[int], value: float, context: str) -> None:
        self.ratings.stars(ids, value, context)

    def later(self, ids: Sequence[int], context: str) -> None:
        self.ratings.later(ids, context)

    def toggle_like(self, ids: Sequence[int], context: str) -> None:
        """Like them all; when all are liked already, take it back."""
        if all(self.ratings.state(item).liked > 0 for item in ids):
            self.clear(ids, context)
        else:
            self.like(ids, context)

    def show_folder(self, item: int) -> None:
        """Open the folder that holds the item's file."""
        path = self._items.path_of(ItemId(item))
        folder = Path(path).parent if path else None
        if folder is None or not folder.is_dir():
            self.notice.emit(self.tr("The folder of this file is not connected"))
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    # ------------------------------------------------------------------------------------------ inside

    def _meaning(self, event: QKeyEvent, ids: Sequence[int], context: str, at: QPoint) -> Callable[[], None] | None:
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key = event.key()
        one = ids[0] if len(ids) == 1 else None
        if modifiers == Qt.KeyboardModifier.NoModifier:
            if Qt.Key.Key_0 <= key <= Qt.Key.Key_5:
                return lambda: self.stars(ids, float(key - Qt.Key.Key_0), context)
            match key:
                case Qt.Key.Key_N:
                    return lambda: self.later(ids, context)
                case Qt.Key.Key_Q:
                    return lambda: self.enqueue(ids)
                case Qt.Key.Key_S if one is not None:
                    return lambda: self.show_similar.emit(one)
                case Qt.Key.Key_S if len(ids) <= MOST_DIRECTING:
                    return lambda: self.show_directed.emit(tuple(ids))
                case Qt.Key.Key_W if one is not None:
                    return lambda: self.explain.emit(one, at)
        if modifiers == Qt.KeyboardModifier.ControlModifier:
            match key:
                case Qt.Key.Key_L:
                    return lambda: self.toggle_like(ids, context)
                case Qt.Key.Key_D:
                    return lambda: self.dislike(ids, context)
        alt_return = modifiers == Qt.KeyboardModifier.AltModifier and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if alt_return and one is not None:
            return lambda: self.show_properties.emit(one)
        return None

    def _playlist_menu(self, menu: QMenu, ids: list[int]) -> QMenu:
        under = QMenu(self.tr("Add to playlist"), menu)
        under.setIcon(self._theme.icon("playlist"))
        self._add(under, "add", self.tr("New playlist"), lambda: self._playlists.create_with(ids))
        names = list(self._playlists.names())[:MOST_PLAYLISTS]
        if names:
            under.addSeparator()
        for playlist, name in names:
            # An ampersand in a name is a letter, not a shortcut.
            shown = one_line(name)[:60].replace("&", "&&")
            under.addAction(shown).triggered.connect(
                lambda _checked=False, playlist=playlist: self._playlists.append(playlist, ids)
            )
        return under

    def _stars_menu(self, menu: QMenu, ids: list[int], context: str) -> QMenu:
        under = QMenu(self.tr("Rate"), menu)
        under.setIcon(self._theme.icon("star"))
        for halves in range(10, 0, -1):
            stars = halves / 2
            words = self.tr("{stars} stars").format(stars=f"{stars:g}") if stars != 1 else self.tr("1 star")
            key = f"{stars:g}" if stars == int(stars) else ""
            self._add(under, "", words, partial(self.stars, ids, stars, context), key)
        under.addSeparator()
        self._add(under, "", self.tr("No rating"), lambda: self.stars(ids, 0.0, context), "0")
        return under

    def _add(self, menu: QMenu, icon: str, words: str, act: Callable[[], object], key: str = "") -> QAction:
        action = menu.addAction(words)
        if icon:
            action.setIcon(self._theme.icon(icon))
        if key:
            action.setShortcut(QKeySequence(key))
            # Shown only: the list itself acts on the key, whether or not the menu was ever opened.
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.setShortcutVisibleInContextMenu(True)
        action.triggered.connect(lambda _checked=False: act())
        return action
