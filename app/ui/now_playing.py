"""The right panel: the cover or the picture of what plays, what it is, why it was picked, what the user thinks.

Below it stands the queue. The sentence of "why" comes from the queue's row or, asked once per piece, from the
studio; a click opens the whole account.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from app.player.playable import Playable
from app.protocol import Event, Explain, Explanation
from app.store.item_values import ItemRow
from app.ui.covers import Covers
from app.ui.item_models.items_model import Lists
from app.ui.playback import Playback
from app.ui.queue_view import QueueView
from app.ui.ratings import Ratings
from app.ui.reasons import reason_words
from app.ui.theme import Space, TextSize, Theme
from app.ui.video_view import VideoFeed, VideoView
from app.ui.why_panel import Explainer
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.like_buttons import LikeButtons
from app.ui.widgets.rating_stars import RatingStars
from app.ui.widgets.score_bar import ScoreBar

_CONTEXT = "now-playing"
_MOST_COVER = 320
_WORDS = 310
"""What the words below the picture and three rows of the queue need, in px."""


class CoverView(QWidget):
    """The cover of one Item, square, as large as it may be; a quiet note while nothing plays."""

    clicked = Signal()

    def __init__(self, covers: Covers, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._covers, self._theme = covers, theme
        self._cover, self._seed = "", ""
        self.setAccessibleName(self.tr("Cover"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        covers.loaded.connect(self._on_loaded)
        theme.changed.connect(self.update)

    def set_cover(self, cover: str, seed: str) -> None:
        """Show the cover of this hash, generated from `seed` where there is none; "" and "" for nothing."""
        self._cover, self._seed = cover, seed
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width(), self.height())
        left, top = (self.width() - side) // 2, (self.height() - side) // 2
        if self._seed:
            picture = self._covers.pixmap(self._cover, self._seed, side, self.devicePixelRatioF())
            painter.drawPixmap(QPoint(left, top), picture)
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("hover"))
        painter.drawRoundedRect(left, top, side, side, 6, 6)
        note = self._theme.pixmap("music", 48, "faint", self.devicePixelRatioF())
        painter.drawPixmap(QPoint(left + side // 2 - 24, top + side // 2 - 24), note)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit()

    def _on_loaded(self, cover: str) -> None:
        if cover == self._cover:
            self.update()


class NowPlaying(QWidget):
    """`explain_wanted(item, point)` asks for the account of a score, `large_video_wanted` for the stage."""

    explain_wanted = Signal(int, QPoint)
    large_video_wanted = Signal()
    full_screen_wanted = Signal()
    cover_clicked = Signal()

    def __init__(
        self,
        playback: Playback,
        ratings: Ratings,
        lists: Lists,
        covers: Covers,
        studio: Explainer,
        feed: VideoFeed,
        queue: QueueView,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._playback, self._ratings, self._lists, self._studio = playback, ratings, lists, studio
        self._theme = theme
        self.setProperty("surface", "frame")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._cover = CoverView(covers, theme)
        self._video = VideoView(feed)
        self._video.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._title, self._artist, self._album = ElidedLabel(), ElidedLabel(), ElidedLabel()
        self._title.setFont(theme.font(TextSize.TITLE, bold=True))
        self._album.setProperty("role", "muted")
        self._why = WhyLine(theme)
        self._score = ScoreBar(theme)
        self._likes, self._stars = LikeButtons(theme), RatingStars(theme)
        self.queue = queue
        self._large = False
        self._asked: tuple[int, float | None] = (0, None)
        self._lay_out()
        self._connect(feed)
        self._show_current(playback.current)

    def _lay_out(self) -> None:
        opinion = QHBoxLayout()
        opinion.setSpacing(Space.S)
        opinion.addWidget(self._likes)
        opinion.addWidget(self._stars)
        opinion.addStretch(1)
        opinion.addWidget(self._score)
        self._opinion = QWidget()
        self._opinion.setLayout(opinion)
        opinion.setContentsMargins(0, 0, 0, 0)
        top = QVBoxLayout()
        top.setContentsMargins(Space.M, Space.M, Space.M, Space.S)
        top.setSpacing(2)
        top.addWidget(self._cover)
        top.addWidget(self._video)
        top.addSpacing(Space.S)
        for part in (self._title, self._artist, self._album, self._why, self._opinion):
            top.addWidget(part)
        line = QFrame()
        line.setProperty("line", True)
        line.setFixedHeight(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addLayout(top)
        box.addWidget(line)
        box.addWidget(self.queue, 1)

    def _connect(self, feed: VideoFeed) -> None:
        ratings = self._ratings
        self._playback.current_changed.connect(self._show_current)
        self._likes.wanted.connect(lambda liked: self._say(lambda item: ratings.want((item,), liked, _CONTEXT)))
        self._stars.rated.connect(lambda stars: self._say(lambda item: ratings.stars((item,), stars, _CONTEXT)))
        ratings.changed.connect(self._show_rating)
        self._why.clicked.connect(self._explain)
        self._video.clicked.connect(self.large_video_wanted)
        self._video.double_clicked.connect(self.full_screen_wanted)
        self._cover.clicked.connect(self.cover_clicked)
        feed.changed.connect(self._mind_size)
        self._picture = QSize()
        self._feed = feed

    def refresh(self) -> None:
        """What plays was retagged, or scored anew."""
        self._show_current(self._playback.current)

    def set_shown_large(self, large: bool) -> None:
        """While the video stands elsewhere, the cover takes its place here."""
        self._large = large
        current = self._playback.current
        self._place_picture(current is not None and current.is_video)

    def _place_picture(self, video: bool) -> None:
        self._video.setVisible(video and not self._large)
        self._cover.setVisible(not video or self._large)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """A square cover that leaves the queue its half of a low window."""
        width = self.width() - 2 * Space.M
        room = max(self.height() - _WORDS, 48)
        self._cover.setFixedHeight(min(width, _MOST_COVER, room, round(self.height() * 0.38)))
        self._video.setFixedHeight(min(self._video.heightForWidth(width), room, round(self.height() * 0.45)))

    def _mind_size(self) -> None:
        if self._feed.size != self._picture:
            self._picture = self._feed.size
            self._fit()

    def _show_current(self, playable: Playable | None) -> None:
        item = self._playback.current_item
        row = next(iter(self._lists.rows([item])), None) if item else None
        video = playable is not None and playable.is_video
        self._place_picture(video)
        self._opinion.setVisible(item > 0)
        title = playable.title if playable is not None else self.tr("Nothing plays")
        self._title.setText(title)
        self._artist.setText(playable.artist if playable is not None else "")
        self._album.setText(_album(playable, row))
        self._artist.setVisible(bool(self._artist.text()))
        self._album.setVisible(bool(self._album.text()))
        seed = f"{title} {playable.artist}" if playable is not None else ""
        self._cover.set_cover(row.cover if row is not None else "", seed)
        self._show_why(item, row)
        self._show_rating(())

    def _show_why(self, item: int, row: ItemRow | None) -> None:
        queued = self._playback.queue.playing
        reason = queued.reason if queued is not None else ""
        scored = row is not None and row.score is not None
        self._score.setVisible(scored)
        if row is not None:
            self._score.set_score(row.score, row.deviation)
        asking = (item, row.score if row is not None else None)
        if reason or asking != self._asked:
            self._why.set_words(reason)
        self._why.setVisible(bool(reason) or scored)
        # While files are being read the window refreshes often; the studio is asked again only for a new score.
        if scored and not reason and asking != self._asked:
            self._asked = asking
            self._studio.ask(lambda request: Explain(request, item), lambda event: self._take_why(item, event))

    def _take_why(self, item: int, event: Event) -> None:
        if isinstance(event, Explanation) and item == self._playback.current_item:
            self._why.set_words(reason_words(event.reason))

    def _show_rating(self, ids: tuple[int, ...]) -> None:
        item = self._playback.current_item
        if item and (not ids or item in ids):
            rated = self._ratings.state(item)
            self._likes.set_liked(rated.liked)
            self._stars.set_stars(rated.stars)

    def _say(self, act: Callable[[int], None]) -> None:
        if item := self._playback.current_item:
            act(item)

    def _explain(self) -> None:
        if item := self._playback.current_item:
            self.explain_wanted.emit(item, self._why.mapToGlobal(QPoint(0, self._why.height() + 2)))


class WhyLine(QPushButton):
    """One sentence on up to two lines that opens the whole account."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._words = ""
        self.setFlat(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedHeight(36)
        self.set_words("")

    def set_words(self, words: str) -> None:
        """The sentence; "" while it is not known."""
        self._words = words
        self.setAccessibleName(words or self.tr("Why this score"))
        self.setToolTip(self.tr("Show every part of the score"))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._theme.font(TextSize.SMALL))
        painter.setPen(self._theme.color("text" if self.underMouse() else "muted"))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextWordWrap
        area = self.rect().adjusted(0, 2, -2, -2)
        words = self._words or self.tr("Why this score?")
        painter.drawText(area, flags, _two_lines(painter, words, area.width()))
        if self.hasFocus():
            painter.setPen(self._theme.color("accent"))
            painter.drawRoundedRect(self.rect().adjusted(0, 0, -1, -1), 4, 4)


def _two_lines(painter: QPainter, words: str, width: int) -> str:
    """`words` shortened so that it fits two lines of `width`."""
    metrics = painter.fontMetrics()
    if metrics.horizontalAdvance(words) <= width:
        return words
    shown = metrics.elidedText(words, Qt.TextElideMode.ElideRight, round(width * 1.85))
    return str(shown)


def _album(playable: Playable | None, row: ItemRow | None) -> str:
    if playable is None or not playable.album:
        return ""
    return f"{playable.album} ({row.year})" if row is not None and row.year else playable.album
