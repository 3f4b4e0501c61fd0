"""One Offer as a row of Discover: what it is, the predicted score and why, what it costs, who has it, from whom.

A row paints itself; download, dislike and the menu are real buttons. It asks by signals and keeps no state but what
it shows. Everything an offer says of itself is text from outside and is painted as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QPushButton, QSizePolicy, QStyle, QToolTip, QWidget

from app.network_messages import DownloadState, OfferPick
from app.store.offer_values import OfferRow
from app.ui.covers import Covers
from app.ui.fetching import Fetched
from app.ui.found_words import offer_found_words
from app.ui.network_words import amount
from app.ui.offer_words import fetch_words, format_words, have_words, licence_words, publisher_words
from app.ui.pages.pick_view import PickView
from app.ui.reasons import reason_words
from app.ui.theme import RADIUS, Space, TextSize, Theme
from app.ui.widgets.elided_label import one_line, plain_tip
from app.ui.widgets.icon_button import icon_button
from app.ui.widgets.painting import paint_score
from app.ui.widgets.times import clock

COVER = 56
WIDE = 780
"""From this width on the facts stand beside the words, else below them."""
_LINE = 17
_SCORE = QSize(64, 6)
_BUTTON = 132
_NARROW_BUTTON = 112
_SMALL = 28


@dataclass(frozen=True, slots=True)
class Offered:
    """What a row shows. `fetched` is the download of the same file, None while there is none."""

    row: OfferRow
    pick: OfferPick
    fetched: Fetched | None = None
    scored: bool = True
    """False before the first rating: a score would say nothing."""


class OfferView(PickView):
    """`wanted` is the main button: fetch, play, or look at the download, whichever is next."""

    wanted = Signal()
    play_wanted = Signal()
    """Fetch it and play it while it arrives."""
    dismissed = Signal()
    explain_wanted = Signal(QPoint)
    menu_wanted = Signal(QPoint)
    moved = Signal(int)
    """An arrow key leaves it, up (-1) or down (1)."""

    def __init__(self, covers: Covers, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._covers, self._theme = covers, theme
        self._offered: Offered | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.button = QPushButton(self)
        self.button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.button.clicked.connect(self.wanted)
        self.dislike = icon_button(theme, "thumbs-down", self.tr("Never show this"), self)
        self.more = icon_button(theme, "more", self.tr("What can be done with this"), self)
        for button in (self.dislike, self.more):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.dislike.clicked.connect(self.dismissed)
        self.more.clicked.connect(lambda: self.menu_wanted.emit(self.more.mapToGlobal(self.more.rect().bottomLeft())))
        theme.changed.connect(self._dress)
        self._dress()

    # What it shows

    @property
    def offered(self) -> Offered | None:
        return self._offered

    @property
    def offer(self) -> int:
        """The offer it shows, 0 for none."""
        return self._offered.row.id if self._offered is not None else 0

    def show_offer(self, offered: Offered) -> None:
        """Show another offer, or the same one anew."""
        if offered == self._offered:
            return
        self._offered = offered
        row = offered.row
        self.setAccessibleName(one_line(", ".join(part for part in (row.title, row.artist) if part)))
        score = self.score_words if offered.scored else ""
        said = (score, self.reason, self.facts, self.where, self.progress_words)
        self.setAccessibleDescription(one_line(". ".join(words for words in said if words)))
        self._name_button()
        self._lay_out()
        self.update()

    @property
    def reason(self) -> str:
        """Why it is here: what its words say of the search, and of the taste."""
        if self._offered is None:
            return ""
        pick = self._offered.pick
        return " · ".join(words for words in (offer_found_words(pick.found_by), reason_words(pick.reason)) if words)

    @property
    def facts(self) -> str:
        """What the file is: "FLAC · 3:40 · 24.1 MB · CC BY 4.0"."""
        if self._offered is None:
            return ""
        row = self._offered.row
        licence = licence_words(row.licence) or self.tr("no licence named")
        picture = f"{row.width}×{row.height}" if row.width and row.height else ""
        length = clock(row.duration) if row.duration > 0 else ""
        parts = (format_words(row.mime), picture, length, amount(row.size), licence)
        return " · ".join(part for part in parts if part)

    @property
    def where(self) -> str:
        """From whom it is and who has it."""
        if self._offered is None:
            return ""
        row, others = self._offered.row, len(self._offered.pick.others)
        words = publisher_words(row.peer_name, row.rank, row.standing)
        return self.tr("{publisher}, and %n more", "", others).format(publisher=words) if others else words

    @property
    def have(self) -> str:
        row = self._offered.row if self._offered is not None else None
        return have_words(row.seeds, row.swarm_peers, row.checked_at) if row is not None else ""

    @property
    def progress_words(self) -> str:
        """How the download is, "" where there is none."""
        fetched = self._offered.fetched if self._offered is not None else None
        if fetched is not None:
            return fetch_words(fetched)
        return self.tr("You have this") if self._offered is not None and self._offered.pick.owned else ""

    @property
    def score_words(self) -> str:
        pick = self._offered.pick if self._offered is not None else None
        if pick is None:
            return ""
        return self.tr("Predicted: {score} of 100, give or take {deviation}").format(
            score=round(pick.score * 100), deviation=max(round(pick.deviation * 100), 1)
        )

    # Size

    def sizeHint(self) -> QSize:
        lines = 3 if self.width() >= WIDE else 5
        return QSize(480, max(COVER, lines * (_LINE + 1)) + 2 * Space.M)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.setFixedHeight(self.sizeHint().height())
        self._lay_out()

    # Qt's events

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._offered is None:
            return
        row, pick, tones = self._offered.row, self._offered.pick, self._theme.tones
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_ground(painter)
        cover = self._covers.pixmap("", f"{row.title}\n{row.artist}", COVER, self.devicePixelRatioF())
        painter.drawPixmap(self._mirrored(QRect(Space.M, Space.M, COVER, COVER)), cover)
        words, facts = self._columns()
        line = self._lines(words)
        if self._offered.scored:
            at = QRect(words.right() - _SCORE.width(), words.top() + 6, _SCORE.width(), _SCORE.height())
            paint_score(painter, QRectF(self._mirrored(at)), pick.score, pick.deviation, self.palette())
        title = QRect(line[0])
        title.setRight(words.right() - _SCORE.width() - Space.M)
        self._text(painter, title, row.title, TextSize.BODY, tones.text, bold=True)
        below = " · ".join(part for part in (row.artist, row.album, str(row.year) if row.year else "") if part)
        self._text(painter, line[1], below, TextSize.SMALL, tones.muted)
        self._text(painter, line[2], self.reason, TextSize.SMALL, tones.text, under=self.over_reason)
        if facts is None:
            self._text(painter, line[3], self.facts, TextSize.SMALL, tones.muted)
            # The last line goes on below the buttons.
            line[4].setRight(self.width() - Space.M)
            self._text(painter, line[4], f"{self.where} · {self.have}", TextSize.SMALL, tones.muted)
        else:
            for place, text in zip(self._lines(facts), (self.facts, self.have, self.where), strict=True):
                self._text(painter, place, text, TextSize.SMALL, tones.muted)
        self._paint_progress(painter)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.reason_rect.contains(event.position().toPoint()):
            self.explain_wanted.emit(self.mapToGlobal(self.reason_rect.bottomLeft()))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        by_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        self.menu_wanted.emit(self.mapToGlobal(self.rect().center()) if by_key else event.globalPos())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._meant(event):
            event.accept()
            return True
        if event.type() == QEvent.Type.ToolTip and self._offered is not None:
            row = self._offered.row
            score = self.score_words if self._offered.scored else ""
            lines = (row.title, row.artist, row.album, row.tags, score, self.reason, self.facts, self.have, self.where)
            tip = plain_tip("\n".join(one_line(line) for line in lines if line)).replace("\n", "<br>")
            QToolTip.showText(event.globalPos(), tip, self)  # type: ignore[attr-defined]
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match self._meant(event):
            case "want":
                self.wanted.emit()
            case "play":
                self.play_wanted.emit()
            case "dismiss":
                self.dismissed.emit()
            case "why":
                self.explain_wanted.emit(self.mapToGlobal(self.reason_rect.bottomLeft()))
            case "up":
                self.moved.emit(-1)
            case "down":
                self.moved.emit(1)
            case _:
                super().keyPressEvent(event)

    # Inside

    @property
    def reason_rect(self) -> QRect:
        """Where the reason stands; a click there opens the whole account."""
        return self._mirrored(self._lines(self._columns()[0])[2])

    def _meant(self, event: QKeyEvent) -> str:
        """What a key means over this row; "" for nothing."""
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if modifiers == Qt.KeyboardModifier.ShiftModifier:
            return "play" if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) else ""
        if modifiers == Qt.KeyboardModifier.ControlModifier:
            return "dismiss" if event.key() == Qt.Key.Key_D else ""
        if modifiers != Qt.KeyboardModifier.NoModifier:
            return ""
        return {
            Qt.Key.Key_Return: "want",
            Qt.Key.Key_Enter: "want",
            Qt.Key.Key_Delete: "dismiss",
            Qt.Key.Key_W: "why",
            Qt.Key.Key_Up: "up",
            Qt.Key.Key_Down: "down",
        }.get(Qt.Key(event.key()), "")

    def _columns(self) -> tuple[QRect, QRect | None]:
        """Where the words stand and, in a wide row, the facts beside them; before mirroring."""
        left = Space.M + COVER + Space.M
        right = self.width() - Space.M - self._block - Space.L
        whole = QRect(left, Space.M - 1, max(right - left, 40), self.height() - 2 * Space.M)
        if self.width() < WIDE:
            return whole, None
        beside = max(min(whole.width() * 2 // 5, 330), 230)
        words = whole.adjusted(0, 0, -beside - Space.XL, 0)
        return words, QRect(words.right() + Space.XL, whole.top(), beside, whole.height())

    def _lines(self, column: QRect) -> list[QRect]:
        count = 3 if self.width() >= WIDE else 5
        return [QRect(column.left(), column.top() + at * (_LINE + 1), column.width(), _LINE) for at in range(count)]

    @property
    def _block(self) -> int:
        """How wide the buttons are: side by side where there is room, else under each other."""
        return _BUTTON + 2 * _SMALL + Space.XS if self.width() >= WIDE else _NARROW_BUTTON

    def _lay_out(self) -> None:
        right, wide = self.width() - Space.M, self.width() >= WIDE
        width = min(max(self.button.sizeHint().width(), 92), _BUTTON if wide else _NARROW_BUTTON)
        self.button.setGeometry(self._mirrored(QRect(right - width, Space.M - 2, width, 30)))
        edge, top = (right - _BUTTON - Space.XS, Space.M - 1) if wide else (right, Space.M + 31)
        for at, button in enumerate((self.more, self.dislike)):
            button.setGeometry(self._mirrored(QRect(edge - (at + 1) * _SMALL, top, _SMALL, _SMALL)))

    def _mirrored(self, place: QRect) -> QRect:
        return QStyle.visualRect(self.layoutDirection(), self.rect(), place)

    def _name_button(self) -> None:
        offered = self._offered
        if offered is None:
            return
        fetched, cost = offered.fetched, amount(offered.row.size)
        state = fetched.state if fetched is not None else None
        if fetched is not None and fetched.can_play:
            icon, words, name = "play", self.tr("Play"), self.tr("Play")
        elif not offered.pick.owned and (state is None or state is DownloadState.CANCELLED):
            icon, words, name = "download", cost, self.tr("Download, {size}").format(size=cost)
        elif state is None or state is DownloadState.CANCELLED:
            icon, words, name = "play", self.tr("Play yours"), self.tr("Play yours")
        elif state in (DownloadState.REFUSED, DownloadState.FAILED):
            icon, words, name = "warning", self.tr("Details"), self.tr("Details of this download")
        else:
            icon, words, name = "download", self.tr("Details"), self.tr("Details of this download")
        self.button.setText(words)
        self.button.setAccessibleName(name)
        self.button.setToolTip(name)
        self._theme.dress(self.button, icon)
        self.button.setIconSize(QSize(16, 16))

    def _dress(self) -> None:
        self.update()

    def _paint_ground(self, painter: QPainter) -> None:
        tones, ground = self._theme.tones, QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.active:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tones.hover))
            painter.drawRoundedRect(ground, RADIUS, RADIUS)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(tones.accent), 2))
            painter.drawRoundedRect(ground, RADIUS, RADIUS)

    def _paint_progress(self, painter: QPainter) -> None:
        """Below the buttons: how the download is, in words and as a line."""
        words = self.progress_words
        if not words or self._offered is None:
            return
        tones, fetched = self._theme.tones, self._offered.fetched
        top = Space.M + (32 if self.width() >= WIDE else 58)
        place = QRect(self.width() - Space.M - self._block, top, self._block, 18)
        bad = fetched is not None and fetched.state in (DownloadState.REFUSED, DownloadState.FAILED)
        colour = tones.danger if bad else tones.muted
        self._text(painter, place, words, TextSize.SMALL, colour, trailing=True)
        if fetched is not None and fetched.under_way:
            line = QRect(place.right() - _BUTTON + 1, place.bottom() + 2, _BUTTON, 3)
            if self.width() < WIDE:
                left = self._columns()[0].left()
                line = QRect(left, self.height() - 9, self.width() - Space.M - left, 3)
            whole = QRectF(self._mirrored(line))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tones.hairline))
            painter.drawRoundedRect(whole, 1.5, 1.5)
            done = QRectF(whole)
            done.setWidth(max(whole.width() * fetched.share, 3))
            if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
                done.moveRight(whole.right())
            painter.setBrush(QColor(tones.accent))
            painter.drawRoundedRect(done, 1.5, 1.5)

    def _text(
        self,
        painter: QPainter,
        where: QRect,
        text: str,
        size: int,
        colour: str,
        *,
        bold: bool = False,
        under: bool = False,
        trailing: bool = False,
    ) -> None:
        font = self._theme.font(size, bold=bold, tabular=True)
        font.setUnderline(under)
        painter.setFont(font)
        painter.setPen(QColor(colour))
        shown = painter.fontMetrics().elidedText(one_line(text), Qt.TextElideMode.ElideRight, where.width())
        side = Qt.AlignmentFlag.AlignRight if trailing else Qt.AlignmentFlag.AlignLeft
        flags = Qt.AlignmentFlag.AlignVCenter | side | Qt.TextFlag.TextSingleLine
        painter.drawText(self._mirrored(where), flags, shown)
