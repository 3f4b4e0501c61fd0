"""One recommended item as a card: cover, title, artist, predicted score, one sentence why; what to do on hover.

Shelves of the For You page are rows of these. A card paints itself; its buttons exist only once it is hovered or
has the focus. It asks by signals and through `ItemActions`, and keeps no state but what it shows.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QDrag,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QApplication, QToolButton, QToolTip, QWidget

from app.protocol import Pick
from app.store.item_values import ItemRow
from app.ui.context_menu import ItemActions
from app.ui.covers import Covers
from app.ui.item_models.items_model import Dragged
from app.ui.pages.pick_view import PickView
from app.ui.reasons import reason_words
from app.ui.theme import RADIUS, Space, TextSize, Theme
from app.ui.widgets.elided_label import one_line, plain_tip
from app.ui.widgets.painting import heart_path, paint_opinion, paint_score, star_path

COVER = 152
PAD = 6
REASON_LINES = 3
CARD = QSize(COVER + 2 * PAD, COVER + 2 * PAD + 106)
"""Size of every card: a shelf never changes its height."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a card shows: the item and why it was picked."""

    row: ItemRow
    pick: Pick
    scored: bool = True
    """False before the first rating: a score would say nothing."""


class Card(PickView):
    """`play_wanted` when it is to be played; `moved(dx, dy)` when an arrow key leaves it."""

    play_wanted = Signal()
    moved = Signal(int, int)

    def __init__(
        self, actions: ItemActions, covers: Covers, theme: Theme, context: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._actions, self._covers, self._theme, self._context = actions, covers, theme, context
        self._shown: Shown | None = None
        self._dismissed = False
        self._pressed: QPoint | None = None
        self.buttons: list[QToolButton] = []
        self.setFixedSize(CARD)
        covers.loaded.connect(self._cover_loaded)
        theme.changed.connect(self.update)

    # What it shows

    @property
    def item(self) -> int:
        """The item it shows, 0 for none."""
        return int(self._shown.row.id) if self._shown is not None else 0

    @property
    def shown(self) -> Shown | None:
        return self._shown

    def show_pick(self, shown: Shown) -> None:
        """Show another item, or the same one anew."""
        if shown == self._shown:
            return
        if self._shown is None or shown.row.id != self._shown.row.id:
            self._dismissed = False
        self._shown = shown
        row, pick = shown.row, shown.pick
        spoken = ", ".join(part for part in (row.title, row.artist) if part)
        self.setAccessibleName(one_line(spoken))
        words = (self._score_words(pick) if shown.scored else "", one_line(reason_words(pick.reason)))
        self.setAccessibleDescription(". ".join(word for word in words if word))
        self._name_buttons()
        self.update()

    def show_feedback(self) -> None:
        """What the user thinks of the item changed."""
        self._name_buttons()
        self.update()

    # Qt's events

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._shown is None:
            return
        row, pick, tones = self._shown.row, self._shown.pick, self._theme.tones
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.active:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tones.hover))
            painter.drawRoundedRect(QRectF(self.rect()), RADIUS, RADIUS)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tones.accent), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        rated = self._actions.ratings.state(self.item)
        if self._dismissed or rated.liked < 0:
            painter.setOpacity(0.4)
        cover = self._covers.pixmap(row.cover, f"{row.title}\n{row.artist}", COVER, self.devicePixelRatioF())
        painter.drawPixmap(QPoint(PAD, PAD), cover)
        painter.setOpacity(1.0)
        if rated.liked or rated.stars:
            self._paint_badge(painter, rated.liked, rated.stars)
        current = self._actions.playback.current_item == row.id
        top = PAD + COVER + Space.S
        self._line(painter, top, row.title, TextSize.BODY, tones.accent if current else tones.text, bold=True)
        self._line(painter, top + 19, row.artist or row.album, TextSize.SMALL, tones.muted)
        if self._shown.scored:
            bar = QRectF(PAD, top + 40, 64, 6)
            paint_score(painter, bar, pick.score, pick.deviation, self.palette())
        self._paint_reason(painter, self.reason_rect, reason_words(pick.reason))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        start = self._pressed
        far = start is not None and (
            (event.position().toPoint() - start).manhattanLength() >= QApplication.startDragDistance()
        )
        if far and event.buttons() & Qt.MouseButton.LeftButton and self.item:
            self._pressed = None
            drag = QDrag(self)
            drag.setMimeData(Dragged((self.item,)).mime())
            drag.exec(Qt.DropAction.CopyAction)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position().toPoint()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        pressed, self._pressed = self._pressed, None
        where = event.position().toPoint()
        clicked = event.button() == Qt.MouseButton.LeftButton and pressed is not None
        if clicked and self.reason_rect.contains(where):
            self._explain()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if not self.reason_rect.contains(event.position().toPoint()):
            self.play_wanted.emit()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.item:
            by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
            at = self._point() if by_key else event.globalPos()
            self._actions.open_menu([self.item], at, self._context, self)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if self.item and self._actions.knows_key(event):
                event.accept()
                return True
        elif event.type() == QEvent.Type.ToolTip and self._shown is not None:
            row, pick = self._shown.row, self._shown.pick
            score = self._score_words(pick) if self._shown.scored else ""
            lines = (row.title, row.artist, row.album, score, reason_words(pick.reason))
            tip = plain_tip("\n".join(one_line(line) for line in lines if line)).replace("\n", "<br>")
            QToolTip.showText(event.globalPos(), tip, self)  # type: ignore[attr-defined]
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
        steps = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
        step = steps.get(Qt.Key(event.key()))
        if plain and step is not None:
            mirrored = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
            self.moved.emit(-step[0] if mirrored else step[0], step[1])
        elif plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.play_wanted.emit()
        elif plain and event.key() == Qt.Key.Key_N and self.item:
            self._not_now()
        elif not (self.item and self._actions.take_key(event, [self.item], self._context, self._point())):
            super().keyPressEvent(event)

    # Inside

    def show_active(self) -> None:
        """Show the buttons while the card is hovered or focused."""
        active = self.active
        if active and not self.buttons:
            self._make_buttons()
        for button in self.buttons:
            button.setVisible(active)
        self.update()

    def _make_buttons(self) -> None:
        acts = (
            (self.tr("Play"), self.play_wanted.emit),
            (self.tr("Like"), self._toggle_like),
            (self.tr("Dislike"), self._toggle_dislike),
            (self.tr("Not now"), self._not_now),
        )
        side, gap = 28, 6
        left = PAD + (COVER - len(acts) * side - (len(acts) - 1) * gap) // 2
        for place, (name, act) in enumerate(acts):
            button = QToolButton(self)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setAccessibleName(name)
            button.setToolTip(name)
            button.setGeometry(left + place * (side + gap), PAD + COVER - side - 8, side, side)
            button.setStyleSheet(
                "QToolButton { background: palette(base); border: none; border-radius: 14px; padding: 0; }"
                "QToolButton:hover { background: palette(highlight); }"
            )
            button.clicked.connect(act)
            self.buttons.append(button)
        self._name_buttons()

    def _name_buttons(self) -> None:
        if not self.buttons or not self.item:
            return
        liked = self._actions.ratings.state(self.item).liked
        icons = (
            "play",
            "heart-filled" if liked > 0 else "heart",
            "thumbs-down-filled" if liked < 0 else "thumbs-down",
            "clock",
        )
        for button, icon in zip(self.buttons, icons, strict=True):
            self._theme.dress(button, icon)
            button.setIconSize(QSize(18, 18))
        self.buttons[1].setToolTip(self.tr("Take back like") if liked > 0 else self.tr("Like"))
        self.buttons[2].setToolTip(self.tr("Take back dislike") if liked < 0 else self.tr("Dislike"))

    def _toggle_like(self) -> None:
        self._actions.toggle_like([self.item], self._context)

    def _toggle_dislike(self) -> None:
        disliked = self._actions.ratings.state(self.item).liked < 0
        (self._actions.clear if disliked else self._actions.dislike)([self.item], self._context)

    def _not_now(self) -> None:
        self._dismissed = True
        self.update()
        self._actions.later([self.item], self._context)

    def _explain(self) -> None:
        self._actions.explain.emit(self.item, self.mapToGlobal(self.reason_rect.bottomLeft()))

    def _point(self) -> QPoint:
        return self.mapToGlobal(self.rect().center())

    def _score_words(self, pick: Pick) -> str:
        return self.tr("Predicted: {score} of 100, give or take {deviation}").format(
            score=round(pick.score * 100), deviation=max(round(pick.deviation * 100), 1)
        )

    def _cover_loaded(self, cover: str) -> None:
        if self._shown is not None and self._shown.row.cover == cover:
            self.update()

    @property
    def reason_rect(self) -> QRect:
        """Where the reason stands; a click there opens the whole account."""
        return QRect(PAD, PAD + COVER + Space.S + 52, COVER, 46)

    def _line(self, painter: QPainter, top: int, text: str, size: int, colour: str, *, bold: bool = False) -> None:
        painter.setFont(self._theme.font(size, bold=bold))
        painter.setPen(QColor(colour))
        where = QRect(PAD, top, COVER, 18)
        shown = painter.fontMetrics().elidedText(one_line(text), Qt.TextElideMode.ElideRight, COVER)
        painter.drawText(where, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, shown)

    def _paint_reason(self, painter: QPainter, where: QRect, text: str) -> None:
        font = self._theme.font(TextSize.SMALL)
        font.setUnderline(self.over_reason)
        painter.setFont(font)
        painter.setPen(QColor(self._theme.tones.muted))
        metrics = painter.fontMetrics()
        for number, line in enumerate(wrapped(one_line(text), font_of=painter, width=where.width())):
            painter.drawText(
                QRect(where.left(), where.top() + number * metrics.height(), where.width(), metrics.height()),
                Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine,
                line,
            )

    def _paint_badge(self, painter: QPainter, liked: int, stars: float | None) -> None:
        """The user's own opinion on the cover's corner."""
        tones = self._theme.tones
        words = f"{stars:g}" if stars else ""
        painter.setFont(self._theme.font(TextSize.SMALL, bold=True, tabular=True))
        width = (18 if liked else 0) + (painter.fontMetrics().horizontalAdvance(words) + 18 if words else 0) + 6
        box = QRectF(PAD + COVER - width - 5, PAD + 5, width, 20)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tones.surface))
        painter.drawRoundedRect(box, 4, 4)
        left = box.left() + 4
        if liked > 0:
            painter.fillPath(heart_path(QRectF(left, box.top() + 4, 12, 12)), QColor(tones.accent))
        elif liked < 0:
            paint_opinion(painter, QRectF(left, box.top() + 4, 12, 12), liked, tones)
        left += 18 if liked else 0
        if words:
            painter.fillPath(star_path(QRectF(left, box.top() + 4, 12, 12).center(), 6), QColor(tones.accent))
            painter.setPen(QColor(tones.text))
            place = QRectF(left + 15, box.top(), width, box.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, words)


def wrapped(text: str, *, font_of: QPainter, width: int) -> list[str]:
    """Up to REASON_LINES lines of `text` in the painter's font; the last is shortened with an ellipsis."""
    layout = QTextLayout(text, font_of.font())
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    lines: list[str] = []
    layout.beginLayout()
    while len(lines) < REASON_LINES:
        line = layout.createLine()
        if not line.isValid():
            break
        line.setLineWidth(width)
        start = line.textStart()
        last = len(lines) == REASON_LINES - 1
        part = text[start:] if last else text[start : start + line.textLength()]
        lines.append(font_of.fontMetrics().elidedText(part.strip(), Qt.TextElideMode.ElideRight, width))
    layout.endLayout()
    return lines
