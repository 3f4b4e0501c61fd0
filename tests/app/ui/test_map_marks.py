"""What is painted over the dots: which regions are named, and that names, rings and hearts are where they should be."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication

from app.store.map_layout import Region
from app.ui.map_marks import paint_names, paint_opinions, paint_rings, regions_at
from app.ui.theme import Theme


@pytest.fixture
def picture() -> QImage:
    made = QImage(200, 100, QImage.Format.Format_ARGB32_Premultiplied)
    made.fill(Qt.GlobalColor.transparent)
    return made


def painted(picture: QImage, place: QRectF) -> int:
    """How many pixels there are not empty."""
    rect = place.toRect()
    across, down = range(rect.left(), rect.right()), range(rect.top(), rect.bottom())
    return sum(picture.pixelColor(x, y).alpha() > 0 for x in across for y in down)


def test_nearer_by_the_smaller_regions_come_first_and_others_keep_their_names() -> None:
    jazz, folk, ada = Region(0, 0, 0, "Jazz", 9), Region(0, 1, 1, "Folk", 8), Region(2, 0, 0, "Ada", 3)
    bop = Region(1, 0, 0, "Jazz", 4)
    everything = [jazz, folk, bop, ada]
    assert regions_at(0, everything) == [jazz, folk]
    assert regions_at(1, everything) == [bop, folk]
    assert regions_at(2, everything) == [ada, bop, folk]
    assert regions_at(2, []) == []


def test_names_do_not_lie_on_each_other_nor_beyond_the_edge(picture: QImage, qapp: QApplication) -> None:
    theme = Theme()
    painter = QPainter(picture)
    named = [("One", QPointF(50, 50)), ("Two", QPointF(52, 51)), ("Three\nlines", QPointF(199, 90))]
    paint_names(painter, named, QRectF(0, 0, 200, 100), theme.font(), theme)
    painter.end()
    left = painted(picture, QRectF(20, 30, 60, 40))
    assert left > 50
    assert painted(picture, QRectF(110, 60, 90, 40)) == 0
    alone = QImage(picture.size(), picture.format())
    alone.fill(Qt.GlobalColor.transparent)
    painter = QPainter(alone)
    paint_names(painter, named[:1], QRectF(0, 0, 200, 100), theme.font(), theme)
    painter.end()
    assert alone == picture


def test_rings_go_around_and_leave_the_dot(picture: QImage, qapp: QApplication) -> None:
    theme = Theme()
    painter = QPainter(picture)
    paint_rings(painter, [QPointF(30, 50)], QPointF(90, 50), QPointF(150, 50), 5.0, theme)
    painter.end()
    for x in (30, 90, 150):
        assert picture.pixelColor(x, 50).alpha() == 0
        assert painted(picture, QRectF(x - 16, 34, 32, 32)) > 20
    assert picture.pixelColor(150 + 11, 50) == QColor(theme.tones.accent)


def test_only_opinions_within_the_picture_are_painted(picture: QImage, qapp: QApplication) -> None:
    theme = Theme()
    paint_opinions(picture, [(QPointF(900, 900), 1)], 5.0, theme)
    assert painted(picture, QRectF(0, 0, 200, 100)) == 0
    paint_opinions(picture, [(QPointF(50, 50), 1), (QPointF(150, 50), -1)], 5.0, theme)
    assert painted(picture, QRectF(40, 40, 20, 20)) > 50
    assert painted(picture, QRectF(140, 40, 20, 20)) > 50
