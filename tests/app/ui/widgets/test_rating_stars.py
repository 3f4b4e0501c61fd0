"""Five stars, in halves."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from pytestqt.qtbot import QtBot

from app.ui.theme import Theme
from app.ui.widgets.painting import star_rects, stars_at
from app.ui.widgets.rating_stars import RatingStars


@pytest.fixture
def stars(qtbot: QtBot, theme: Theme) -> RatingStars:
    made = RatingStars(theme)
    qtbot.addWidget(made)
    made.resize(made.sizeHint())
    made.show()
    return made


def test_left_and_right_half_of_each_star() -> None:
    area = QRectF(3, 3, 100, 18)
    for number, place in enumerate(star_rects(area)):
        assert stars_at(area, place.left() + place.width() * 0.2) == number + 0.5
        assert stars_at(area, place.left() + place.width() * 0.8) == number + 1
    assert stars_at(area, 0) == 0.0
    assert stars_at(area, 500) == 5.0


def test_a_click_asks_and_changes_nothing_itself(qtbot: QtBot, stars: RatingStars) -> None:
    third = star_rects(QRectF(stars.rect()).adjusted(3, 3, -3, -3))[2]
    with qtbot.waitSignal(stars.rated) as asked:
        qtbot.mouseClick(stars, Qt.MouseButton.LeftButton, pos=QPoint(int(third.left()) + 2, 10))
    assert asked.args == [2.5]
    assert stars.stars == 0.0


def test_the_same_rating_again_takes_it_back(qtbot: QtBot, stars: RatingStars) -> None:
    stars.set_stars(2.5)
    third = star_rects(QRectF(stars.rect()).adjusted(3, 3, -3, -3))[2]
    with qtbot.waitSignal(stars.rated) as asked:
        qtbot.mouseClick(stars, Qt.MouseButton.LeftButton, pos=QPoint(int(third.left()) + 2, 10))
    assert asked.args == [0.0]


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        (Qt.Key.Key_Right, 3.5),
        (Qt.Key.Key_Left, 2.5),
        (Qt.Key.Key_5, 5.0),
        (Qt.Key.Key_0, 0.0),
        (Qt.Key.Key_Delete, 0.0),
        (Qt.Key.Key_End, 5.0),
    ],
)
def test_keys(qtbot: QtBot, stars: RatingStars, key: Qt.Key, wanted: float) -> None:
    stars.set_stars(3)
    with qtbot.waitSignal(stars.rated) as asked:
        qtbot.keyClick(stars, key)
    assert asked.args == [wanted]


def test_arrows_turn_round_where_writing_does(qtbot: QtBot, stars: RatingStars) -> None:
    stars.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    stars.set_stars(3)
    with qtbot.waitSignal(stars.rated) as asked:
        qtbot.keyClick(stars, Qt.Key.Key_Right)
    assert asked.args == [2.5]


def test_a_screen_reader_is_told_the_rating(stars: RatingStars) -> None:
    stars.set_stars(4.5)
    assert stars.accessibleName()
    assert "4.5" in stars.accessibleDescription()
    stars.set_stars(None)
    assert stars.accessibleDescription() == "Not rated"


def test_filled_stars_are_painted(qtbot: QtBot, theme: Theme) -> None:
    stars = RatingStars(theme)
    qtbot.addWidget(stars)
    stars.resize(stars.sizeHint())

    def inked() -> int:
        image = stars.grab().toImage()
        accent = theme.color("accent").rgb()
        return sum(image.pixel(x, y) == accent for x in range(image.width()) for y in range(image.height()))

    counts = []
    for value in (0.0, 2.0, 2.5, 5.0):
        stars.set_stars(value)
        counts.append(inked())
    assert counts[0] == 0
    assert counts == sorted(set(counts))
