"""The list of what a search found: tracks and films mixed, with why; a film opens at the moment that was found.

The pages Found and Similar show it. Plays through `ItemActions` and the playback it holds.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from app.config import Settings
from app.search_messages import Hit
from app.ui.context_menu import ItemActions
from app.ui.item_models.columns import FOUND_COLUMNS, Column, Layout, Placed
from app.ui.item_models.items_model import ItemsModel, Lists
from app.ui.pages.item_list import ItemList
from app.ui.theme import Theme
from app.ui.widgets.times import clock

_SHOWN = frozenset({Column.TITLE, Column.ARTIST, Column.FOUND_BY, Column.TIME, Column.STARS})


class FoundList(ItemList):
    """`name` is what its columns are remembered by, and what feedback from it is recorded with."""

    def __init__(
        self,
        lists: Lists,
        actions: ItemActions,
        settings: Settings,
        theme: Theme,
        *,
        name: str,
        parent: QWidget | None = None,
    ) -> None:
        model = ItemsModel(lists, FOUND_COLUMNS, actions.ratings.pending)
        first = Layout.first(FOUND_COLUMNS)
        placed = tuple(Placed(p.column, p.width, p.column in _SHOWN) for p in first.placed)
        super().__init__(model, actions, settings, theme, name=name, context=name, first=Layout(placed), parent=parent)
        model.setParent(self)
        self._acting, self._place = actions, name
        self._from_moment = QAction(self)
        self._from_moment.setIcon(theme.icon("play"))
        self._from_moment.setVisible(False)
        self._from_moment.triggered.connect(lambda: self.play_from(self.currentIndex().row()))
        self.extra_actions.append(self._from_moment)
        self.play_wanted.connect(self.play_from)
        self.selectionModel().selectionChanged.connect(lambda _new, _old: self._name_moment())
        actions.ratings.changed.connect(model.update_items)
        actions.playback.current_changed.connect(lambda _current: self._mark_current())

    @property
    def ids(self) -> list[int]:
        """What is shown, best first."""
        return list(self.items_model.ids)

    def show_hits(self, hits: Sequence[Hit]) -> None:
        """Show these, best first; the one that was chosen stays chosen where it is still among them."""
        chosen = self.selected_ids()
        self.items_model.show_hits(hits)
        self.select_positions([at for at in map(self.items_model.position_of, chosen) if at >= 0])
        if not self.selectionModel().hasSelection():
            self.scrollToTop()
        self._mark_current()
        self._name_moment()

    def play_from(self, position: int) -> None:
        """Play what stands there: a film from the moment that was found, else all from there on."""
        row = self.items_model.item_at(position)
        hit = self.items_model.hit_of(row.id) if row is not None else None
        if hit is not None and hit.at >= 0:
            self._acting.playback.play_from(hit.item, hit.at, self._place)
        else:
            self._acting.play(self.ids, position, self._place)

    def play_all(self) -> None:
        self._acting.play(self.ids, 0, self._place)

    def enqueue_all(self) -> None:
        self._acting.enqueue(self.ids)

    # Inside

    def _name_moment(self) -> None:
        ids = self.selected_ids()
        hit = self.items_model.hit_of(ids[0]) if len(ids) == 1 else None
        at = hit.at if hit is not None else -1.0
        self._from_moment.setVisible(at >= 0)
        self._from_moment.setText(self.tr("Play from {time}").format(time=clock(at)))

    def _mark_current(self) -> None:
        self.items_model.set_current(self._acting.playback.current_item)
