"""Why an Item has the score it has: one sentence, then every part as a bar, and their sum.

Opened from now playing and from the menus of lists. Asks the studio; shows the answer or what went wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from app.protocol import Event, Explain, Explanation, Failed, Part, PartKind, Request
from app.ui.item_models.items_model import Lists
from app.ui.reasons import reason_words, translated
from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.icon_button import icon_button
from app.ui.widgets.score_bar import ScoreBar
from app.wording import GONE

_WIDTH = 400
_MOST_PARTS = 12
_SECOND = (PartKind.SPACE, PartKind.TYPICAL)
"""These take the same score apart a second time: they must not be counted with the rest."""
_WORTH_SAYING = 0.005
"""A smaller remainder would read 0.00."""


class Explainer(Protocol):
    """Whoever answers Explain: the studio's bridge."""

    def ask(self, make: Callable[[int], Request], answer: Callable[[Event], None]) -> int: ...


class PartBar(QWidget):
    """One summand as a bar from the middle: to the right for, to the left against."""

    def __init__(self, theme: Theme, share: float, parent: QWidget | None = None) -> None:
        """`share` is -1..1 of the largest part."""
        super().__init__(parent)
        self._theme = theme
        self._share = max(-1.0, min(share, 1.0))

    def sizeHint(self) -> QSize:
        return QSize(112, 14)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, 14)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, half = self.width() / 2, self.width() / 2 - 2
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("danger" if self._share < 0 else "muted"))
        length = max(abs(self._share) * half, 1.5)
        left = middle if self._share >= 0 else middle - length
        painter.drawRoundedRect(QRectF(left, self.height() / 2 - 3, length, 6), 2, 2)
        painter.setPen(self._theme.color("hairline"))
        painter.drawLine(QPoint(round(middle), 1), QPoint(round(middle), self.height() - 1))


class WhyPanel(QFrame):
    """A small panel that closes with Escape or a click elsewhere."""

    def __init__(self, studio: Explainer, lists: Lists, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self._studio, self._lists, self._theme = studio, lists, theme
        self._asked = 0
        self.setObjectName("why")
        self.setAccessibleName(self.tr("Why this score"))
        self.setFixedWidth(_WIDTH)
        self._title = ElidedLabel()
        self._title.setFont(theme.font(TextSize.TITLE, bold=True))
        self._sentence = _plain_label()
        self._score = ScoreBar(theme)
        self._number = _plain_label()
        self._number.setProperty("role", "muted")
        self._parts = QWidget()
        close = icon_button(theme, "close", self.tr("Close"), self)
        close.clicked.connect(self.close)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(close)
        score = QHBoxLayout()
        score.setSpacing(Space.S)
        score.addWidget(self._score)
        score.addWidget(self._number, 1)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(Space.L, Space.M, Space.M, Space.L)
        self._box.setSpacing(Space.S)
        self._box.addLayout(head)
        self._box.addWidget(self._sentence)
        self._box.addLayout(score)
        self._box.addWidget(self._parts)

    def show_for(self, item: int, at: QPoint) -> None:
        """Ask why `item` has its score and open near a point of the screen."""
        row = next(iter(self._lists.rows([item])), None)
        answer = self.expect(row.title if row else self.tr("Why this score"), at)
        self._studio.ask(lambda request: Explain(request, item), answer)

    def expect(self, title: str, at: QPoint) -> Callable[[object], None]:
        """Open near a point of the screen and wait; the studio's answer goes to what this returns."""
        self._title.setText(title)
        self._sentence.setText(self.tr("Asking the studio…"))
        self._score.hide()
        self._number.hide()
        self._show_parts((), 0.0)
        frame = f"QFrame#why {{ background: {self._theme.tones.surface};"
        self.setStyleSheet(f"{frame} border: 1px solid {self._theme.tones.hairline}; border-radius: 6px; }}")
        self._asked += 1
        question = self._asked
        self._place(at)
        self.show()
        return lambda event: self._take(question, event)

    def _take(self, question: int, event: object) -> None:
        if question != self._asked:
            return
        match event:
            case Explanation():
                self._sentence.setText(reason_words(event.reason))
                self._score.set_score(event.score, event.deviation)
                self._number.setText(self._score.words(event.score, event.deviation))
                self._score.show()
                self._number.show()
                self._show_parts(event.parts, event.total)
            case Failed():
                self._sentence.setText("\n".join(text for text in (event.title, event.detail) if text))
        if self.isVisible():
            self._place(self.pos())

    def _show_parts(self, parts: tuple[Part, ...], total: float) -> None:
        fresh = QWidget()
        grid = QGridLayout(fresh)
        grid.setContentsMargins(0, Space.XS, 0, 0)
        grid.setHorizontalSpacing(Space.S)
        grid.setVerticalSpacing(3)
        grid.setColumnStretch(0, 1)
        first = self._gathered([part for part in parts if part.kind not in _SECOND])
        second = self._compared(parts)
        largest = max((abs(part.amount) for part in (*first, *second)), default=1.0) or 1.0
        if first:
            self._add_sum(grid, first, largest, total)
        if second:
            heading = QLabel(self.tr("The same, by what was compared"))
            heading.setProperty("role", "small")
            heading.setContentsMargins(0, Space.S, 0, 2)
            heading.setMinimumHeight(TextSize.SMALL + Space.M + 6)
            grid.addWidget(heading, grid.rowCount(), 0, 1, 3)
            self._add_sum(grid, second, largest, total)
        self._box.replaceWidget(self._parts, fresh)
        self._parts.deleteLater()
        self._parts = fresh

    def _add_sum(self, grid: QGridLayout, parts: Sequence[Part], largest: float, total: float) -> None:
        """The parts under each other, a rule, and their sum."""
        for part in parts:
            line = grid.rowCount()
            label = ElidedLabel(self._words(part))
            if part.kind in (PartKind.TYPICAL, PartKind.REMAINDER):
                label.setProperty("role", "muted")
            grid.addWidget(label, line, 0)
            grid.addWidget(PartBar(self._theme, part.amount / largest), line, 1)
            grid.addWidget(self._amount(part.amount), line, 2)
        rule = QFrame()
        rule.setProperty("line", True)
        rule.setFixedHeight(1)
        line = grid.rowCount()
        grid.addWidget(rule, line, 0, 1, 3)
        total_label = QLabel(self.tr("Sum"))
        total_label.setFont(self._theme.font(bold=True))
        grid.addWidget(total_label, line + 1, 0)
        grid.addWidget(self._amount(total), line + 1, 2)

    def _compared(self, parts: Sequence[Part]) -> list[Part]:
        """The second account, largest first: what was compared, what every Item gets, and the remainder again."""
        spaces = sorted((part for part in parts if part.kind is PartKind.SPACE), key=lambda part: -abs(part.amount))
        peers = [part for part in parts if part.kind is PartKind.PEER]
        rest = [part for part in parts if part.kind is PartKind.REMAINDER and abs(part.amount) >= _WORTH_SAYING]
        typical = [part for part in parts if part.kind is PartKind.TYPICAL]
        return [*spaces, *typical, *peers, *rest] if spaces else []

    def _gathered(self, parts: Sequence[Part]) -> list[Part]:
        """The largest parts first, the remainder last; many small ones become one line, so that the sum holds."""
        rest = [part for part in parts if part.kind is PartKind.REMAINDER]
        named = (PartKind.ITEM, PartKind.PEER)
        items = sorted((part for part in parts if part.kind in named), key=lambda part: -abs(part.amount))
        kept = items if len(items) <= _MOST_PARTS else items[: _MOST_PARTS - 1]
        small = [*items[len(kept) :], *(part for part in parts if part.kind is PartKind.MORE)]
        if not small:
            return [*kept, *rest]
        count = sum(part.count or 1 for part in small)
        return [*kept, Part(PartKind.MORE, "", sum(part.amount for part in small), count=count), *rest]

    def _words(self, part: Part) -> str:
        """What one summand is called."""
        match part.kind:
            case PartKind.ITEM:
                return part.label or translated(GONE)
            case PartKind.MORE:
                return self.tr("%n smaller parts", "", part.count)
            case PartKind.SPACE:
                known = {
                    "audio": self.tr("Sound"),
                    "image": self.tr("Picture"),
                    "text": self.tr("Title, artist, genre"),
                }
                modality, _, encoder = part.label.partition(": ")
                if encoder and modality in known:
                    return self.tr("{what}, by {encoder}").format(what=known[modality], encoder=encoder)
                return next((words for key, words in known.items() if key in part.label), part.label)
            case PartKind.TYPICAL:
                return self.tr("what any item gets")
            case PartKind.PEER:
                return self.tr("{name}, whom you follow").format(name=part.label)
            case PartKind.REMAINDER:
                return self.tr("not attributed to anything")

    def _amount(self, amount: float) -> QLabel:
        label = QLabel(f"{amount:+.2f}".replace("-", "−"))
        label.setFont(self._theme.font(tabular=True))
        label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        return label

    def _place(self, at: QPoint) -> None:
        """Near the point, wholly on its screen."""
        self.adjustSize()
        screen = QGuiApplication.screenAt(at) or QGuiApplication.primaryScreen()
        room: QRect = screen.availableGeometry()
        left = min(at.x(), room.right() - self.width() - Space.S)
        top = min(at.y(), room.bottom() - self.height() - Space.S)
        self.move(max(left, room.left() + Space.S), max(top, room.top() + Space.S))


def _plain_label() -> QLabel:
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return label
