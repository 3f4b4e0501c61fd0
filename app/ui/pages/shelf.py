"""One row of cards with its heading: a shelf of the For You page.

Shows new picks in the cards that are already there, so that nothing flickers and scroll and focus stay; the card
under the pointer keeps its place until the pointer leaves.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEasingCurve, QPropertyAnimation, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.ui.context_menu import ItemActions
from app.ui.covers import Covers
from app.ui.pages.card import CARD, Card, Shown
from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.icon_button import icon_button

GAP = Space.S


class CardRow(QScrollArea):
    """The cards side by side; scrolled by its arrows, by wheel with Shift, and by moving the focus."""

    scrolled = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._inside = QWidget(self)
        self.setWidget(self._inside)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFixedHeight(CARD.height())
        self.viewport().setAutoFillBackground(False)
        self._inside.setAutoFillBackground(False)
        self._motion = QPropertyAnimation(self.horizontalScrollBar(), b"value", self)
        self._motion.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.horizontalScrollBar().valueChanged.connect(self.scrolled)

    @property
    def inside(self) -> QWidget:
        return self._inside

    def place(self, cards: Sequence[Card]) -> None:
        """Lay the cards out from the leading edge."""
        for number, card in enumerate(cards):
            card.move(number * (CARD.width() + GAP), 0)
        width = max(len(cards) * (CARD.width() + GAP) - GAP, 0)
        if self._inside.size() != QSize(width, CARD.height()):
            self._inside.resize(width, CARD.height())
        self.scrolled.emit()

    def step(self, direction: int) -> None:
        """Scroll by as many whole cards as fit, less one for orientation."""
        fits = max(self.viewport().width() // (CARD.width() + GAP), 1)
        self.glide(self.horizontalScrollBar().value() + direction * max(fits - 1, 1) * (CARD.width() + GAP))

    def glide(self, value: int) -> None:
        """Scroll there, within the time the theme allows for motion."""
        bar = self.horizontalScrollBar()
        value = min(max(value, bar.minimum()), bar.maximum())
        self._motion.stop()
        if self._theme.motion_ms <= 0:
            bar.setValue(value)
            return
        self._motion.setDuration(self._theme.motion_ms)
        self._motion.setStartValue(bar.value())
        self._motion.setEndValue(value)
        self._motion.start()

    def show_card(self, card: Card) -> None:
        """Scroll no more than needed to show the whole card."""
        left, right = card.x(), card.x() + card.width()
        value, width = self.horizontalScrollBar().value(), self.viewport().width()
        if left < value:
            self.glide(left)
        elif right > value + width:
            self.glide(right - width)

    def wheelEvent(self, event: QWheelEvent) -> None:
        sideways = event.angleDelta().x() or (
            event.angleDelta().y() if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0
        )
        if not sideways:
            # Up and down belong to the page.
            event.ignore()
            return
        bar = self.horizontalScrollBar()
        bar.setValue(bar.value() - sideways)
        event.accept()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scrolled.emit()


class ShelfView(QWidget):
    """Heading and cards. `left(direction, column)` when an arrow key leaves it upwards (-1) or downwards (1)."""

    left = Signal(int, int)

    def __init__(
        self,
        title: str,
        actions: ItemActions,
        covers: Covers,
        theme: Theme,
        context: str,
        *,
        extra: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._actions, self._covers, self._theme, self._context = actions, covers, theme, context
        self._cards: list[Card] = []
        self._shown: list[Shown] = []
        self._current = 0
        self._title = ElidedLabel(title, self)
        self._title.setFont(theme.font(TextSize.TITLE, bold=True))
        self.play_button = icon_button(theme, "play", self.tr("Play all of “{shelf}”").format(shelf=title), self)
        self.queue_button = icon_button(
            theme, "enqueue", self.tr("Add all of “{shelf}” to the queue").format(shelf=title), self
        )
        self._back = icon_button(theme, "chevron-left", self.tr("Earlier cards"), self)
        self._on = icon_button(theme, "chevron-right", self.tr("More cards"), self)
        self.row = CardRow(theme, self)
        head = QHBoxLayout()
        head.setSpacing(Space.XS)
        # The row's cards carry their own padding; the heading stands above their pictures.
        head.setContentsMargins(6, 0, 0, 0)
        head.addWidget(self._title, 1)
        if extra is not None:
            head.addWidget(extra)
        for button in (self.play_button, self.queue_button, self._back, self._on):
            head.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addLayout(head)
        column.addWidget(self.row)
        self.play_button.clicked.connect(lambda: self._actions.play(self.ids, 0, self._context))
        self.queue_button.clicked.connect(lambda: self._actions.enqueue(self.ids))
        self._back.clicked.connect(lambda: self.row.step(-1))
        self._on.clicked.connect(lambda: self.row.step(1))
        self.row.scrolled.connect(self._mind_arrows)

    @property
    def ids(self) -> list[int]:
        """The items shown, in order."""
        return [card.item for card in self._cards if not card.isHidden()]

    @property
    def cards(self) -> list[Card]:
        return [card for card in self._cards if not card.isHidden()]

    @property
    def title(self) -> str:
        return self._title.text()

    def set_title(self, title: str) -> None:
        self._title.setText(title)

    def show_picks(self, shown: Sequence[Shown]) -> None:
        """Show these; the card under the pointer stays as it is until the pointer leaves."""
        self._shown = list(shown)
        self._arrange()

    def show_feedback(self, ids: Sequence[int]) -> None:
        """What the user thinks of some items (none given: any) changed."""
        for card in self.cards:
            if not ids or card.item in ids:
                card.show_feedback()

    def focus_card(self, column: int) -> bool:
        """Give the focus to the card at `column`, or the last one before it; False where there is none."""
        cards = self.cards
        if not cards:
            return False
        self._focus(cards[min(max(column, 0), len(cards) - 1)])
        return True

    # Inside

    def _arrange(self) -> None:
        held = next((at for at, card in enumerate(self.cards) if card.hovered), -1)
        shown = self._shown
        if held >= 0:
            kept = self.cards[held]
            others = [one for one in shown if one.row.id != kept.item]
            same = next((one for one in shown if one.row.id == kept.item), kept.shown)
            if same is not None:
                shown = [*others[:held], same, *others[held:]]
        focused = next((card.item for card in self.cards if card.hasFocus()), 0)
        while len(self._cards) < len(shown):
            self._cards.append(self._make_card())
        for card, one in zip(self._cards, shown, strict=False):
            card.show_pick(one)
            card.show()
        for card in self._cards[len(shown) :]:
            card.hide()
        self.row.place(self.cards)
        cards = self.cards
        self._current = min(self._current, max(len(cards) - 1, 0))
        if focused and not any(card.hasFocus() and card.item == focused for card in cards):
            again = next((at for at, card in enumerate(cards) if card.item == focused), self._current)
            if cards:
                self._focus(cards[again])
        self._rove()

    def _make_card(self) -> Card:
        card = Card(self._actions, self._covers, self._theme, self._context, self.row.inside)
        card.play_wanted.connect(lambda: self._play_from(card))
        card.moved.connect(lambda dx, dy: self._move(card, dx, dy))
        card.left.connect(self._pointer_left)
        card.focused.connect(lambda: self._take_focus(card))
        return card

    def _play_from(self, card: Card) -> None:
        ids = self.ids
        if card.item in ids:
            self._actions.play(ids, ids.index(card.item), self._context)

    def _move(self, card: Card, dx: int, dy: int) -> None:
        cards = self.cards
        at = cards.index(card)
        if dy:
            # Up and down keep the place on the screen, however far either shelf is scrolled.
            x = card.x() - self.row.horizontalScrollBar().value()
            self.left.emit(dy, x)
        elif 0 <= at + dx < len(cards):
            self._focus(cards[at + dx])

    def column_at(self, x: int) -> int:
        """Which card stands nearest to `x` pixels from the row's visible edge."""
        return round((x + self.row.horizontalScrollBar().value()) / (CARD.width() + GAP))

    def _focus(self, card: Card) -> None:
        card.setFocus(Qt.FocusReason.OtherFocusReason)
        self.row.show_card(card)

    def _take_focus(self, card: Card) -> None:
        cards = self.cards
        if card in cards:
            self._current = cards.index(card)
            self._rove()

    def _rove(self) -> None:
        """Tab stops once per shelf, at the card that had the focus last."""
        for at, card in enumerate(self.cards):
            policy = Qt.FocusPolicy.StrongFocus if at == self._current else Qt.FocusPolicy.ClickFocus
            card.setFocusPolicy(policy)

    def _pointer_left(self) -> None:
        if [card.item for card in self.cards] != [one.row.id for one in self._shown]:
            self._arrange()

    def _mind_arrows(self) -> None:
        bar = self.row.horizontalScrollBar()
        scrolls = bar.maximum() > bar.minimum()
        for button, enabled in (
            (self._back, bar.value() > bar.minimum()),
            (self._on, bar.value() < bar.maximum()),
        ):
            button.setVisible(scrolls)
            button.setEnabled(enabled)
