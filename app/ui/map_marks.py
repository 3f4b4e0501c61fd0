"""What is painted over the dots of the map: hearts and crosses, rings, and the names of regions.

Points in, strokes out; `map_canvas.py` knows which points those are.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter, QPainterPath, QPen

from app.store.map_layout import Region
from app.ui.theme import Space, Theme
from app.ui.widgets.elided_label import one_line
from app.ui.widgets.painting import paint_opinion

MOST_MARKS = 3_000
"""Hearts, crosses and rings drawn at a time."""
NAME_WIDTH = 170.0
SMALLEST = 9.0
"""Of hearts and crosses, in px, however small the dots."""
_ROUND = QPainter.RenderHint.Antialiasing


def regions_at(level: int, regions: Sequence[Region]) -> list[Region]:
    """Those to name at a level: its own, then larger ones called otherwise, by which one still knows one's way."""
    own = [region for region in regions if region.level == level]
    names = {region.name for region in own}
    for larger in range(level - 1, -1, -1):
        more = [region for region in regions if region.level == larger and region.name not in names]
        own += more
        names |= {region.name for region in more}
    return own


def paint_opinions(picture: QImage, marks: Sequence[tuple[QPointF, int]], radius: float, theme: Theme) -> None:
    """Hearts (1) and crosses (-1) in place of the dots one has spoken of; they become part of the picture."""
    size = max(2 * radius + 3, SMALLEST)
    within = QRectF(QPointF(), picture.deviceIndependentSize()).adjusted(-size, -size, size, size)
    painter = QPainter(picture)
    painter.setRenderHint(_ROUND)
    for at, liked in [mark for mark in marks if within.contains(mark[0])][:MOST_MARKS]:
        place = QRectF(at.x() - size / 2, at.y() - size / 2, size, size)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("surface"))
        painter.drawEllipse(place.adjusted(-2, -2, 2, 2))
        paint_opinion(painter, place, liked, theme.tones)
    painter.end()


def paint_rings(
    painter: QPainter,
    chosen: Sequence[QPointF],
    hover: QPointF | None,
    playing: QPointF | None,
    radius: float,
    theme: Theme,
) -> None:
    """A ring around what is chosen, a thin one around what is pointed at, a large one around what plays."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    halo, ring = QPainterPath(), QPainterPath()
    for at in chosen:
        ring.addEllipse(at, radius + 3.5, radius + 3.5)
        halo.addEllipse(at, radius + 2, radius + 2)
    painter.setPen(QPen(theme.color("surface"), 1.5))
    painter.drawPath(halo)
    painter.setPen(QPen(theme.color("text"), 1.5))
    painter.drawPath(ring)
    if hover is not None:
        painter.setPen(QPen(theme.color("text"), 1))
        painter.drawEllipse(hover, radius + 2.5, radius + 2.5)
    if playing is not None:
        for tone, width in (("surface", 5.0), ("accent", 2.5)):
            painter.setPen(QPen(theme.color(tone), width))
            painter.drawEllipse(playing, radius + 6, radius + 6)


def paint_names(
    painter: QPainter, named: Sequence[tuple[str, QPointF]], within: QRectF, font: QFont, theme: Theme
) -> None:
    """Names around their points, the first before the others where there is no room for all."""
    metrics = QFontMetricsF(font)
    taken: list[QRectF] = []
    under = QPen(theme.color("surface"), 4)
    under.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    for name, at in named:
        words = metrics.elidedText(one_line(name), Qt.TextElideMode.ElideRight, NAME_WIDTH)
        place = QRectF(0, 0, metrics.horizontalAdvance(words), metrics.height())
        place.moveCenter(at)
        if not within.contains(place) or any(place.intersects(other) for other in taken):
            continue
        taken.append(place.adjusted(-Space.S, -2, Space.S, 2))
        path = QPainterPath()
        path.addText(place.left(), place.top() + metrics.ascent(), font, words)
        painter.strokePath(path, under)
        painter.fillPath(path, theme.color("text"))
