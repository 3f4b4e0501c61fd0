"""Sliders of the player: one that goes where it is clicked, and the row that shows and moves the position."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QHideEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSlider,
    QHBoxLayout,
    QLabel,
    QSlider,
    QStyle,
    QStyleOptionSlider,
    QToolTip,
    QWidget,
)

from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.times import clock

_STEP_SECONDS = 5


class ClickSlider(QSlider):
    """A horizontal slider whose handle jumps to the pointer instead of stepping towards it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setAccessibleName(name)
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMouseTracking(True)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.isEnabled():
            # With the handle under the pointer Qt's own dragging takes over from there.
            self.setSliderDown(True)
            self.setSliderPosition(self.value_at(event.position().toPoint()))
            event.accept()
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self.setSliderPosition(self.value_at(event.position().toPoint()))
        else:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown() and event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(False)
        else:
            super().mouseReleaseEvent(event)

    def value_at(self, point: QPoint) -> int:
        """The value that stands under a point of this widget."""
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        style, control = self.style(), QStyle.ComplexControl.CC_Slider
        groove: QRect = style.subControlRect(control, option, QStyle.SubControl.SC_SliderGroove, self)
        handle: QRect = style.subControlRect(control, option, QStyle.SubControl.SC_SliderHandle, self)
        span = groove.width() - handle.width()
        at = point.x() - groove.left() - handle.width() // 2
        upside_down = bool(self.layoutDirection() == Qt.LayoutDirection.RightToLeft) != self.invertedAppearance()
        return QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), at, span, upside_down)


class Preview(Protocol):
    """Shows what is at a place of the slider, beside the pointer."""

    def show_at(self, slider: QWidget, x: int, seconds: float) -> bool:
        """Show what is at `seconds`, above `x` px of the slider; False where there is nothing to show."""

    def put_away(self) -> None: ...


class SeekSlider(ClickSlider):
    """The position in a piece, in milliseconds; what is under the pointer is in the preview or, as a time, the tip."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setProperty("seek", True)
        self.setSingleStep(_STEP_SECONDS * 1000)
        self.setPageStep(30_000)
        self.preview: Preview | None = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if self.maximum() > 0:
            at = event.position().toPoint()
            seconds = self.value_at(at) / 1000
            if self.preview is None or not self.preview.show_at(self, at.x(), seconds):
                QToolTip.showText(self.mapToGlobal(QPoint(at.x(), -28)), clock(seconds), self)

    def leaveEvent(self, event: QEvent) -> None:
        QToolTip.hideText()
        self._put_preview_away()
        super().leaveEvent(event)

    def hideEvent(self, event: QHideEvent) -> None:
        self._put_preview_away()
        super().hideEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        # A wheel that turns over the window by chance must not move the music.
        event.ignore()

    def _put_preview_away(self) -> None:
        if self.preview is not None:
            self.preview.put_away()


class SeekRow(QWidget):
    """Elapsed time, slider, length. `seek_wanted(seconds)` when the user lets go or steps with the keys."""

    seek_wanted = Signal(float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Time and loudness run from left to right in every script, as on every other player.
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self._elapsed, self._length = QLabel(), QLabel()
        self._slider = SeekSlider(self.tr("Position"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        for label, side in (
            (self._elapsed, Qt.AlignmentFlag.AlignRight),
            (self._length, Qt.AlignmentFlag.AlignLeft),
        ):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setFont(theme.font(TextSize.SMALL, tabular=True))
            label.setProperty("role", "small")
            label.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self._elapsed)
        row.addWidget(self._slider, 1)
        row.addWidget(self._length)
        self._slider.sliderMoved.connect(lambda at: self._say(at / 1000))
        self._slider.sliderReleased.connect(lambda: self.seek_wanted.emit(self._slider.value() / 1000))
        self._slider.actionTriggered.connect(self._stepped)
        self.set_duration(0.0)
        self.set_position(0.0)

    @property
    def slider(self) -> SeekSlider:
        return self._slider

    def set_duration(self, seconds: float) -> None:
        """How long the piece is; 0 while unknown."""
        self._slider.setRange(0, round(seconds * 1000))
        self._slider.setEnabled(seconds > 0)
        self._length.setText(clock(seconds) if seconds > 0 else "–:––")
        width = self._length.fontMetrics().horizontalAdvance(clock(max(seconds, 600)).replace("1", "0")) + 2
        self._elapsed.setMinimumWidth(width)
        self._length.setMinimumWidth(width)

    def set_position(self, seconds: float) -> None:
        """Where the piece is; a slider that is being dragged stays with the pointer."""
        if not self._slider.isSliderDown():
            self._slider.setValue(round(seconds * 1000))
            self._say(seconds)

    def _say(self, seconds: float) -> None:
        text = clock(seconds)
        if text != self._elapsed.text():
            self._elapsed.setText(text)
            self._slider.setAccessibleDescription(text)

    def _stepped(self, action: int) -> None:
        if action != QAbstractSlider.SliderAction.SliderMove.value:
            at = self._slider.sliderPosition() / 1000
            self._say(at)
            self.seek_wanted.emit(at)
