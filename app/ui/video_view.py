"""The moving picture, painted from the player's sink by any number of widgets, with its subtitle.

`VideoFeed` wraps the sink, `VideoView` paints it: small in the right panel, large on `video_stage.VideoStage`.
"""

from __future__ import annotations

from PySide6.QtCore import QObject, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QTextLayout,
    QTextOption,
)
from PySide6.QtMultimedia import QVideoFrame, QVideoSink
from PySide6.QtWidgets import QWidget

HIDE_MS = 2_500
"""So long after the last touch the controls and the pointer disappear."""


class VideoFeed(QObject):
    """The newest picture and subtitle of what plays, for everything that paints them."""

    changed = Signal()

    def __init__(self, sink: QVideoSink, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sink = sink
        sink.videoFrameChanged.connect(lambda _frame: self.changed.emit())
        sink.subtitleTextChanged.connect(lambda _text: self.changed.emit())

    @property
    def frame(self) -> QVideoFrame:
        return self._sink.videoFrame()

    @property
    def subtitle(self) -> str:
        return self._sink.subtitleText()

    @property
    def size(self) -> QSize:
        """Of the picture as it is shown; empty while there is none."""
        return self._sink.videoSize()


class VideoView(QWidget):
    """Paints the feed, never stretched, with its subtitle; `clicked` and `double_clicked` tell of the mouse."""

    clicked = Signal()
    double_clicked = Signal()

    def __init__(self, feed: VideoFeed, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._feed = feed
        self._covered = 0
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(self.tr("Video"))
        feed.changed.connect(self._refresh)

    def set_covered(self, height: int) -> None:
        """So much at the bottom lies under controls: subtitles stand above it."""
        if height != self._covered:
            self._covered = height
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, 180)

    def heightForWidth(self, width: int) -> int:
        size = self._feed.size
        return round(width * size.height() / size.width()) if size.width() > 0 else round(width * 9 / 16)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        frame = self._feed.frame
        if frame.isValid():
            options = QVideoFrame.PaintOptions()
            options.backgroundColor = QColor(Qt.GlobalColor.black)
            options.aspectRatioMode = Qt.AspectRatioMode.KeepAspectRatio
            options.paintFlags = QVideoFrame.PaintOptions.PaintFlag.DontDrawSubtitles
            frame.paint(painter, QRectF(self.rect()), options)
        text = self._feed.subtitle
        if text:
            paint_subtitle(painter, QRectF(self.rect()).adjusted(0, 0, 0, -self._covered), text)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit()

    def _refresh(self) -> None:
        if self.isVisible():
            self.update()


def paint_subtitle(painter: QPainter, area: QRectF, text: str) -> None:
    """Paint plain text, white with a dark edge, centred near the bottom of `area`, in at most half of it."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = QFont(painter.font())
    font.setPixelSize(int(min(max(area.height() / 17, 10), 44)))
    font.setWeight(QFont.Weight.DemiBold)
    option = QTextOption(Qt.AlignmentFlag.AlignHCenter)
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout = QTextLayout(text.strip()[:1000].replace("\n", "\u2028"), font)
    layout.setTextOption(option)
    layout.beginLayout()
    height, width = 0.0, area.width() * 0.9
    lines = []
    while (line := layout.createLine()).isValid() and height < area.height() / 2:
        line.setLineWidth(width)
        lines.append((line.textStart(), line.textLength(), line.naturalTextWidth(), height + line.ascent()))
        height += line.height()
    layout.endLayout()
    top = area.bottom() - height - max(area.height() * 0.04, 4)
    path = QPainterPath()
    for start, length, natural, baseline in lines:
        words = layout.text()[start : start + length].strip("\u2028 ")
        path.addText(area.center().x() - natural / 2, top + baseline, font, words)
    edge = QPen(QColor(0, 0, 0, 210), max(font.pixelSize() / 7, 2))
    edge.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(edge)
    painter.drawPath(path)
    painter.fillPath(path, Qt.GlobalColor.white)
    painter.restore()
