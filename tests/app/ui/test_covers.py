"""Covers: generated at once, the real one soon; never stretched; nothing kept that was not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage, QPixmap
from pytestqt.qtbot import QtBot

from app.ui.covers import CACHE_BYTES, Covers, generated, read_scaled

HASH = "ab" * 32


@pytest.fixture
def covers(tmp_path: Path, qtbot: QtBot) -> Iterator[Covers]:
    made = Covers(tmp_path)
    yield made
    made.close()


def paint(path: Path, width: int, height: int) -> None:
    """A picture whose left half is red and whose right half is blue."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    for x in range(width // 2, width):
        for y in range(height):
            image.setPixelColor(x, y, QColor("blue"))
    assert image.save(str(path), "PNG")


def test_the_same_title_has_the_same_picture_and_others_have_others() -> None:
    size = QSize(64, 64)
    one, again, other = (generated(title, size, dark=False) for title in ("Fire Place", "fire place", "Snow Drift"))
    assert one == again
    assert one != other
    assert generated("Fire Place", size, dark=True) != one


def test_a_lone_surrogate_in_a_title_is_no_trouble() -> None:
    assert not generated("\udcff", QSize(8, 8), dark=False).isNull()


def test_the_real_cover_takes_the_place_of_the_generated(covers: Covers, tmp_path: Path, qtbot: QtBot) -> None:
    paint(tmp_path / f"{HASH}.jpg", 200, 100)
    first = covers.pixmap(HASH, "title", 50, 2.0)
    assert (first.width(), first.devicePixelRatio()) == (100, 2.0)
    before = first.toImage()
    with qtbot.waitSignal(covers.loaded) as told:
        pass
    assert told.args == [HASH]
    after = covers.pixmap(HASH, "title", 50, 2.0).toImage()
    assert after != before
    # Cropped in the middle: the border between red and blue stays in the middle.
    assert after.pixelColor(20, 50).red() > 200
    assert after.pixelColor(80, 50).blue() > 200


def test_pictures_fill_their_place_without_being_stretched(tmp_path: Path) -> None:
    paint(tmp_path / "wide.png", 400, 100)
    image = read_scaled(tmp_path, "wide", QSize(60, 60))
    assert image.size() == QSize(60, 60)


@pytest.mark.parametrize("cover", ["", "gone", "../gone", "a/b"])
def test_what_is_not_there_stays_generated(tmp_path: Path, cover: str) -> None:
    assert read_scaled(tmp_path, cover, QSize(10, 10)).isNull()


def test_damaged_pictures_are_asked_for_once(covers: Covers, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / f"{HASH}.jpg").write_bytes(b"\xff\xd8\xff nonsense")
    covers.pixmap(HASH, "title", 20)
    qtbot.waitUntil(lambda: not covers.waiting)
    covers.pixmap(HASH, "title", 20)
    assert not covers.waiting


def test_the_cache_is_bounded(covers: Covers) -> None:
    side = 1024
    for number in range(CACHE_BYTES // (side * side * 4) + 4):
        assert isinstance(covers.pixmap("", str(number), side), QPixmap)
    assert covers.kept_bytes <= CACHE_BYTES
