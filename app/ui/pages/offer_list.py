"""The rows of Discover under each other: shown anew without flicker, walked through by the arrow keys.

Rows are kept and used again; the one under the pointer keeps its place until the pointer leaves it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.ui.covers import Covers
from app.ui.fetching import Fetched
from app.ui.pages.offer_view import Offered, OfferView
from app.ui.theme import Space, Theme


class OfferList(QScrollArea):
    """Signals carry the offer's id; `explain_wanted` and `menu_wanted` also where on the screen."""

    # An offer's id needs more than the 32 bits of Qt's int.
    wanted = Signal(object)
    play_wanted = Signal(object)
    dismissed = Signal(object)
    explain_wanted = Signal(object, QPoint)
    menu_wanted = Signal(object, QPoint)
    more_wanted = Signal()

    def __init__(self, covers: Covers, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._covers, self._theme = covers, theme
        self._views: list[OfferView] = []
        self._offered: list[Offered] = []
        self._current = 0
        self._inside = QWidget(self)
        self._column = QVBoxLayout(self._inside)
        self._column.setContentsMargins(Space.XS, 0, Space.S, Space.L)
        self._column.setSpacing(2)
        self.more = QPushButton(self.tr("Show more"), self._inside)
        self.more.clicked.connect(self.more_wanted)
        self.more.hide()
        self.note = QLabel(self._inside)
        self.note.setProperty("role", "muted")
        self.note.setWordWrap(True)
        self.note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.note.setContentsMargins(Space.L, Space.M, Space.L, 0)
        self.note.hide()
        self._column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addWidget(self.note)
        self._column.addStretch(1)
        self.setWidget(self._inside)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setAutoFillBackground(False)
        self._inside.setAutoFillBackground(False)

    @property
    def views(self) -> list[OfferView]:
        """The rows that show, from top to bottom."""
        return [view for view in self._views if not view.isHidden()]

    @property
    def offered(self) -> list[Offered]:
        """What was given to show, in order."""
        return list(self._offered)

    def show_offers(self, offered: Sequence[Offered], *, more: bool = False, note: str = "") -> None:
        """Show these; with `more`, offer others below them; `note` is said at the end."""
        self._offered = list(offered)
        self.more.setVisible(more)
        self.note.setText(note)
        self.note.setVisible(bool(note))
        self._arrange()

    def show_download(self, fetched: Fetched) -> None:
        """A download is another than before: its row alone is shown anew."""
        for at, one in enumerate(self._offered):
            if one.row.root == fetched.row.root:
                self._offered[at] = replace(one, fetched=fetched)
        for view in self.views:
            if view.offered is not None and view.offered.row.root == fetched.row.root:
                view.show_offer(replace(view.offered, fetched=fetched))

    def focus_row(self, at: int) -> bool:
        """Put the keyboard on a row, the last one beyond the end; False where there is none."""
        views = self.views
        if not views:
            return False
        self._current = min(max(at, 0), len(views) - 1)
        self._rove()
        view = views[self._current]
        view.setFocus(Qt.FocusReason.OtherFocusReason)
        self.ensureWidgetVisible(view, 0, Space.S)
        return True

    def row_of(self, offer: int) -> int:
        """Where an offer stands, -1 where it does not."""
        return next((at for at, view in enumerate(self.views) if view.offer == offer), -1)

    # Inside

    def _arrange(self) -> None:
        views, shown = self.views, list(self._offered)
        held = next((at for at, view in enumerate(views) if view.hovered), -1)
        if held >= 0:
            offer = views[held].offer
            same = next((one for one in shown if one.row.id == offer), None)
            if same is not None:
                others = [one for one in shown if one is not same]
                shown = [*others[:held], same, *others[held:]]
        focused = next((view.offer for view in views if view.hasFocus()), 0)
        at = next((at for at, view in enumerate(views) if view.hasFocus()), -1)
        while len(self._views) < len(shown):
            self._views.append(self._make())
        for view, one in zip(self._views, shown, strict=False):
            view.show_offer(one)
            view.show()
        for view in self._views[len(shown) :]:
            view.hide()
        self._current = min(self._current, max(len(shown) - 1, 0))
        if focused:
            again = self.row_of(focused)
            self.focus_row(again if again >= 0 else at)
        self._rove()

    def _make(self) -> OfferView:
        view = OfferView(self._covers, self._theme, self._inside)
        view.wanted.connect(lambda: self.wanted.emit(view.offer))
        view.play_wanted.connect(lambda: self.play_wanted.emit(view.offer))
        view.dismissed.connect(lambda: self.dismissed.emit(view.offer))
        view.explain_wanted.connect(lambda at: self.explain_wanted.emit(view.offer, at))
        view.menu_wanted.connect(lambda at: self.menu_wanted.emit(view.offer, at))
        view.moved.connect(lambda step: self._move(view, step))
        view.focused.connect(lambda: self._take_focus(view))
        view.left.connect(self._pointer_left)
        self._column.insertWidget(len(self._views), view)
        return view

    def _move(self, view: OfferView, step: int) -> None:
        at = self.views.index(view) + step
        if 0 <= at < len(self.views):
            self.focus_row(at)
        elif at >= len(self.views) and not self.more.isHidden():
            self.more.setFocus(Qt.FocusReason.OtherFocusReason)

    def _take_focus(self, view: OfferView) -> None:
        if view in self.views:
            self._current = self.views.index(view)
            self._rove()

    def _rove(self) -> None:
        """Tab stops once, at the row that had the focus last."""
        for at, view in enumerate(self.views):
            policy = Qt.FocusPolicy.StrongFocus if at == self._current else Qt.FocusPolicy.ClickFocus
            view.setFocusPolicy(policy)

    def _pointer_left(self) -> None:
        if [view.offer for view in self.views] != [one.row.id for one in self._offered]:
            self._arrange()
