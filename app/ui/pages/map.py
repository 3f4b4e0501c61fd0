"""Map: every Item a dot, near what is like it and coloured by how much the user would like it.

Reads the places the studio keeps in scores.db, and the lists for what a dot stands for; acts through `ItemActions`.
Words in the search field let what they match stand out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QObject, QPointF, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.map_messages import MakeMap
from app.protocol import Job, JobEnded, Progress
from app.store.item_lists import ListQuery
from app.store.map_layout import MapReading
from app.ui.bridge import StudioBridge
from app.ui.context_menu import ItemActions
from app.ui.covers import Covers
from app.ui.item_models.items_model import Lists
from app.ui.map_canvas import STEP, MapCanvas
from app.ui.map_card import MapCard
from app.ui.map_index import MapIndex
from app.ui.map_legend import MapLegend
from app.ui.network_words import number
from app.ui.pages.empty import EmptyState
from app.ui.theme import Space, Theme
from app.ui.widgets.icon_button import icon_button
from app.ui.widgets.page_parts import as_page, page_heading, status_line

FEW = 20
"""Items below which neighbourhoods say little."""
SETTLE_MS = 150
"""After a change, until the map is read again: changes come in groups."""
ON_THE_WAY = 40
"""Items played at most on the way from one to another."""
CONTEXT = "map"


class MapPage(QWidget):
    """The page; `add_folder_wanted` is its next step while there is nothing, `notice(text)` for the window to say."""

    notice = Signal(str)
    add_folder_wanted = Signal()

    def __init__(
        self,
        reading: MapReading,
        lists: Lists,
        studio: StudioBridge,
        actions: ItemActions,
        covers: Covers,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.title = self.tr("Map")
        self.icon_name = "map"
        self.search_hint = self.tr("Search on the map: what matches lights up")
        self._reading, self._lists, self._studio, self._actions = reading, lists, studio, actions
        self._theme = theme
        self._words = ""
        self._matching = 0
        self._stale = True
        self.canvas = MapCanvas(theme, self)
        self.card = MapCard(covers, theme, self.canvas)
        self.empty = EmptyState(theme, "map", "", parent=self)
        self._way = QAction(self.tr("Play the way from one to the other"), self)
        theme.dress(self._way, "shuffle")
        self._way.triggered.connect(self._play_way)
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MS)
        self._settling.timeout.connect(self._read)
        self._build()
        self.canvas.installEventFilter(self)
        self.canvas.hovered.connect(self._show_card)
        self.canvas.looked.connect(self.card.hide)
        self.canvas.chosen_changed.connect(self._tell_chosen)
        self.canvas.opened.connect(lambda item: actions.play([item], 0, CONTEXT))
        self.canvas.menu_wanted.connect(self._open_menu)
        self.canvas.path_drawn.connect(self._play_path)
        self.empty.acted.connect(self._take_next_step)
        actions.ratings.changed.connect(self._take_ratings)
        actions.playback.current_changed.connect(lambda _playable: self._mark_current())
        for signal in (studio.map_changed, studio.scores_changed, studio.items_changed, studio.folders_changed):
            signal.connect(self._outdate)
        studio.progressed.connect(self._take_progress)
        studio.job_ended.connect(self._take_end)

    @property
    def status(self) -> str:
        """The line that says how things stand."""
        return self._status.text()

    def set_search(self, text: str) -> None:
        """Let what these words match stand out; "" for nothing in particular."""
        self._words = text.strip()
        self._match()

    def show_item(self, item: int) -> bool:
        """Bring one Item into the middle; False where it is not on the map."""
        self._read()
        return self.canvas.show_item(item)

    def focus_first(self) -> bool:
        """Put the keyboard on the map, or on the next step while there is none."""
        if self._stack.currentWidget() is self.canvas:
            self.canvas.setFocus()
        elif not self.empty.focus_button():
            return False
        return True

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._read()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The keys that act on Items mean those chosen on the map, as they do in lists."""
        if watched is self.canvas and isinstance(event, QKeyEvent) and self.canvas.chosen:
            if event.type() == QEvent.Type.ShortcutOverride and self._actions.knows_key(event):
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress:
                at = self.canvas.point_of(self.canvas.chosen[-1]) or QPointF()
                point = self.canvas.mapToGlobal(at.toPoint())
                return self._actions.take_key(event, self.canvas.chosen, CONTEXT, point)
        return super().eventFilter(watched, event)

    # Inside

    def _build(self) -> None:
        as_page(self)
        heading = page_heading(self.title, self)
        self._status = status_line(self)
        nearer = icon_button(self._theme, "add", self.tr("Look from nearer"), self, tip=self.tr("Look from nearer (+)"))
        further = icon_button(
            self._theme, "remove", self.tr("Look from further away"), self, tip=self.tr("Look from further away (−)")
        )
        whole = icon_button(
            self._theme, "expand", self.tr("Show the whole map"), self, tip=self.tr("Show the whole map (Home)")
        )
        self._anew = icon_button(self._theme, "refresh", self.tr("Arrange the map anew"), self)
        nearer.clicked.connect(lambda: self.canvas.zoom(STEP))
        further.clicked.connect(lambda: self.canvas.zoom(1 / STEP))
        whole.clicked.connect(self.canvas.show_all)
        self._anew.clicked.connect(lambda: self._studio.tell(MakeMap()))
        self._buttons = (nearer, further, whole, self._anew)
        self.canvas.setToolTip("")
        self.canvas.setAccessibleDescription(
            self.tr("Arrow keys go from dot to dot, plus and minus look nearer or further, Return plays.")
        )
        head = QHBoxLayout()
        head.setContentsMargins(Space.L, Space.M, Space.M, Space.S)
        head.setSpacing(Space.S)
        head.addWidget(heading)
        head.addSpacing(Space.S)
        head.addWidget(self._status, 1)
        for button in self._buttons:
            head.addWidget(button)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.canvas)
        self._stack.addWidget(self.empty)
        self.legend = MapLegend(self._theme, self)
        below = QHBoxLayout()
        below.setContentsMargins(Space.L, Space.XS, Space.L, Space.S)
        below.addWidget(self.legend)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._stack, 1)
        column.addLayout(below)

    def _outdate(self, _event: object = None) -> None:
        self._stale = True
        if self.isVisible():
            self._settling.start()

    def _read(self) -> None:
        self._settling.stop()
        if not self._stale:
            return
        self._stale = False
        dots = self._reading.dots()
        self.canvas.show_dots(dots, self._reading.regions())
        for item in dots.ids[np.flatnonzero(dots.liked)].tolist():
            self._take_rating(item)
        self._mark_current()
        there = bool(len(dots))
        for part in (*self._buttons, self.legend):
            part.setVisible(there)
        if there:
            self._stack.setCurrentWidget(self.canvas)
        else:
            self._say_nothing()
        self._match()

    def _say_nothing(self) -> None:
        self.card.hide()
        if self._reading.encoded():
            self.empty.say(self.tr("The map is being arranged…"), self.tr("Arrange it now"))
        elif self._lists.ids(ListQuery()):
            self.empty.say(self.tr("Nothing has been listened to yet. The map appears by itself as soon as it has."))
        else:
            self.empty.say(
                self.tr("Here you will see your whole library, like beside like. Add a folder to begin."),
                self.tr("Add a folder…"),
            )
        self._stack.setCurrentWidget(self.empty)

    def _take_next_step(self) -> None:
        if self._reading.encoded():
            self._studio.tell(MakeMap())
        else:
            self.add_folder_wanted.emit()

    def _match(self) -> None:
        found = self._lists.ids(ListQuery(search=self._words)) if self._words else None
        self._matching = self.canvas.set_matching(found)
        self._say_status()

    def _say_status(self) -> None:
        count, chosen = len(self.canvas.dots), len(self.canvas.chosen)
        if not count:
            words = ""
        elif chosen > 1:
            words = self.tr("{count} chosen").format(count=number(chosen))
        elif self._words:
            words = self.tr("{found} of {count} match").format(found=number(self._matching), count=number(count))
        elif count < FEW:
            words = self.tr("{count} items: too few for the map to tell much").format(count=number(count))
        else:
            words = self.tr("{count} items. Drag with the right button to play along a line.").format(
                count=number(count)
            )
        self._status.setText(words)

    def _show_card(self, item: int, at: QPointF) -> None:
        row = next(iter(self._lists.rows([item])), None) if item else None
        if row is None:
            self.card.hide()
        else:
            self.card.show_row(row, self.canvas.point_of(item) or at)

    def _tell_chosen(self, items: Sequence[int]) -> None:
        """Say what is chosen, in words for who does not see it, and on the card for who walks by keys."""
        self._say_status()
        if not items:
            self.card.hide()
            return
        row = next(iter(self._lists.rows([items[-1]])), None)
        at = self.canvas.point_of(items[-1])
        if row is None or at is None or len(items) > 1:
            self.card.hide()
            return
        self.canvas.setAccessibleDescription(" – ".join(part for part in (row.title, row.artist) if part))
        self.card.show_row(row, at)

    def _open_menu(self, at: QPointF) -> None:
        items = list(self.canvas.chosen)
        if items:
            extra = [self._way] if len(items) == 2 else []
            self._actions.open_menu(items, self.canvas.mapToGlobal(at.toPoint()), CONTEXT, self.canvas, extra)

    def _play_path(self, items: Sequence[int]) -> None:
        self.canvas.choose(items)
        self._actions.play(items, 0, CONTEXT)
        self.notice.emit(self.tr("Playing along the line: {count}").format(count=number(len(items))))

    def _play_way(self) -> None:
        """Play from the first chosen Item to the second, through what lies between."""
        dots, chosen = self.canvas.dots, self.canvas.chosen
        if len(chosen) == 2:
            rows = np.searchsorted(dots.ids, chosen)
            (x, y), (to_x, to_y) = dots.places[rows].tolist()
            between = MapIndex(dots.places).along([(x, y), (to_x, to_y)], 0.05, ON_THE_WAY)
            ids = [item for item in dots.ids[between].tolist() if item not in chosen]
            self._play_path([chosen[0], *ids, chosen[1]])

    def _take_ratings(self, items: Sequence[int]) -> None:
        for item in items:
            self._take_rating(item)

    def _take_rating(self, item: int) -> None:
        self.canvas.set_liked(item, self._actions.ratings.state(item).liked)

    def _mark_current(self) -> None:
        self.canvas.set_playing(self._actions.playback.current_item)

    def _take_progress(self, progress: Progress) -> None:
        if progress.job is Job.MAP:
            self._anew.setEnabled(False)

    def _take_end(self, ended: JobEnded) -> None:
        if ended.job is Job.MAP:
            self._anew.setEnabled(True)
