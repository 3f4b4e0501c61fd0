"""Painting that widgets and delegates share: rating stars, hearts, the bar of a predicted score.

Pure drawing on a given painter; callers give colours or a palette. No state.
"""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPalette, QPen

from app.ui.tones import Tones

STARS = 5
STEPS = 5
_PITCH = 1.12
"""From one star to the next, in stars."""
_GAP = 2.0
"""Between two steps of the score, in px."""


def star_path(centre: QPointF, radius: float) -> QPainterPath:
    """A five-pointed star."""
    path = QPainterPath()
    for point in range(10):
        reach = radius if point % 2 == 0 else radius * 0.45
        angle = math.pi * point / 5 - math.pi / 2
        where = QPointF(centre.x() + reach * math.cos(angle), centre.y() + reach * math.sin(angle))
        if point == 0:
            path.moveTo(where)
        else:
            path.lineTo(where)
    path.closeSubpath()
    return path


def star_rects(rect: QRectF) -> list[QRectF]:
    """Where the five stars stand in `rect`: square, from its left edge, vertically centred."""
    side = min(rect.height(), rect.width() / (1 + _PITCH * (STARS - 1)))
    top = rect.center().y() - side / 2
    return [QRectF(rect.left() + index * side * _PITCH, top, side, side) for index in range(STARS)]


def stars_at(rect: QRectF, x: float) -> float:
    """How many stars, in halves, a pointer at `x` means; 0 before the first star."""
    places = star_rects(rect)
    if x < places[0].left():
        return 0.0
    share = (x - places[0].left()) / (places[0].width() * _PITCH * STARS)
    return min(max(math.ceil(share * STARS * 2) / 2, 0.5), float(STARS))


def paint_stars(painter: QPainter, rect: QRectF, stars: float, ink: QColor, empty: QColor) -> None:
    """Paint five stars in `rect`, `stars` of them (0..5 in halves) in `ink`, the rest in `empty`."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for index, place in enumerate(star_rects(rect)):
        share = min(max(stars - index, 0.0), 1.0)
        path = star_path(place.center(), place.width() / 2)
        painter.fillPath(path, empty)
        if share > 0:
            painter.save()
            painter.setClipRect(QRectF(place.x(), place.y(), place.width() * share, place.height()))
            painter.fillPath(path, ink)
            painter.restore()
    painter.restore()


def paint_score(painter: QPainter, rect: QRectF, score: float, deviation: float, palette: QPalette) -> None:
    """Paint a score of 0..1 in five steps: solid up to score - deviation, faded out at score + deviation."""
    path = QPainterPath()
    step = (rect.width() - _GAP * (STEPS - 1)) / STEPS
    for number in range(STEPS):
        left = rect.left() + number * (step + _GAP)
        path.addRoundedRect(QRectF(left, rect.top(), step, rect.height()), 1.5, 1.5)
    low, high = max(score - deviation, 0.0), min(score + deviation, 1.0)
    ink = QColor(palette.color(QPalette.ColorRole.PlaceholderText))
    clear = QColor(ink)
    clear.setAlpha(0)
    fade = QLinearGradient(rect.topLeft(), rect.topRight())
    fade.setColorAt(0.0, ink)
    fade.setColorAt(min(low, 0.998), ink)
    fade.setColorAt(min(max(high, low + 0.001), 0.999), clear)
    fade.setColorAt(1.0, clear)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.fillPath(path, palette.color(QPalette.ColorRole.Mid))
    painter.fillPath(path, fade)
    painter.restore()


def heart_path(rect: QRectF) -> QPainterPath:
    """A heart that fills `rect`."""

    def at(x: float, y: float) -> QPointF:
        return QPointF(rect.left() + x * rect.width(), rect.top() + y * rect.height())

    path = QPainterPath(at(0.5, 0.95))
    path.cubicTo(at(0.2, 0.68), at(0.02, 0.5), at(0.02, 0.29))
    path.cubicTo(at(0.02, 0.02), at(0.38, -0.02), at(0.5, 0.24))
    path.cubicTo(at(0.62, -0.02), at(0.98, 0.02), at(0.98, 0.29))
    path.cubicTo(at(0.98, 0.5), at(0.8, 0.68), at(0.5, 0.95))
    return path


def paint_opinion(painter: QPainter, rect: QRectF, liked: int, tones: Tones, *, offer: bool = False) -> None:
    """A heart for a like (1), a cross for a dislike (-1); for neither a faint heart where one is `offer`ed."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if liked < 0:
        painter.setPen(QPen(QColor(tones.accent), 1.6, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        inner = rect.adjusted(2, 2, -2, -2)
        painter.drawLine(inner.topLeft(), inner.bottomRight())
        painter.drawLine(inner.topRight(), inner.bottomLeft())
    elif liked > 0:
        painter.fillPath(heart_path(rect), QColor(tones.accent))
    elif offer:
        painter.setPen(QPen(QColor(tones.faint), 1))
        painter.drawPath(heart_path(rect))
    painter.restore()
