"""Tiles of films: cut where they stand, read off the window's thread, and never from a strip that does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSize, QThread
from PySide6.QtGui import QColor, QImage, QPixmap
from pytestqt.qtbot import QtBot

from app.store.moments import Moments
from app.ui import film_tiles
from app.ui.film_tiles import FilmMoments, read_strip, tile_name
from models.ids import ItemId
from tests.known_moments import COLOURS, know_moments, near, strip_of
from tests.window import Rig

FILM = 13
SIZE = QSize(80, 45)


def middle(pixmap: QPixmap) -> QColor:
    image = pixmap.toImage()
    return image.pixelColor(image.width() // 2, image.height() // 2)


def read(rig: Rig, qtbot: QtBot, item: int = FILM) -> None:
    with qtbot.waitSignal(rig.tiles.loaded):
        assert rig.tiles.tile(item, 0, SIZE) is None


def test_each_moment_has_its_own_tile(rig: Rig, qtbot: QtBot) -> None:
    know_moments(rig, FILM, [0.0, 10.0, 25.0])
    read(rig, qtbot)
    for number in range(3):
        tile = rig.tiles.tile(FILM, number, SIZE, 2.0)
        assert tile is not None
        assert (tile.size(), tile.devicePixelRatio()) == (SIZE * 2, 2.0)
        assert near(middle(tile), COLOURS[number])
    assert rig.tiles.tile(FILM, 3, SIZE) is None
    assert rig.tiles.tile(FILM, -1, SIZE) is None


def test_a_tile_is_cropped_and_not_stretched(rig: Rig, qtbot: QtBot) -> None:
    strip = strip_of(1)
    for x in range(40):
        for y in range(90):
            strip.setPixelColor(x, y, QColor("#ffffff"))
            strip.setPixelColor(159 - x, y, QColor("#ffffff"))
    know_moments(rig, FILM, [0.0], strip)
    read(rig, qtbot)
    tile = rig.tiles.tile(FILM, 0, QSize(60, 90))
    assert tile is not None
    image = tile.toImage()
    assert near(image.pixelColor(2, 45), COLOURS[0])
    assert near(image.pixelColor(57, 45), COLOURS[0])


def test_grids_ask_by_name_and_get_something_at_once(rig: Rig, qtbot: QtBot) -> None:
    know_moments(rig, FILM, [0.0, 10.0])
    with qtbot.waitSignal(rig.tiles.loaded):
        assert rig.tiles.pixmap(tile_name(FILM, 1), "A film", SIZE).size() == SIZE
    assert near(middle(rig.tiles.pixmap(tile_name(FILM, 1), "A film", SIZE)), COLOURS[1])
    generated = rig.covers.pixmap("", "A film", SIZE).toImage()
    for name in ("", "7", "x.1", "1.x", f"{FILM}.9", "../1.1"):
        assert rig.tiles.pixmap(name, "A film", SIZE).toImage() == generated


def test_what_has_no_moments_is_asked_for_once_and_again_when_items_changed(rig: Rig) -> None:
    asked: list[int] = []

    class Reader(Moments):
        def of(self, item: ItemId) -> None:
            asked.append(item)

    tiles = film_tiles.FilmTiles(Reader(rig.database), rig.folder / "covers", rig.covers)
    assert [tiles.moments(item) for item in (FILM, FILM, 0, -4)] == [None] * 4
    assert asked == [FILM]
    told: list[bool] = []
    tiles.changed.connect(lambda: told.append(True))
    tiles.forget()
    tiles.moments(FILM)
    assert (asked, told) == ([FILM, FILM], [True])
    tiles.close()


def test_reading_is_done_elsewhere(rig: Rig, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[QThread] = []

    def reading(folder: Path, moments: FilmMoments) -> QImage:
        threads.append(QThread.currentThread())
        return read_strip(folder, moments)

    monkeypatch.setattr(film_tiles, "read_strip", reading)
    know_moments(rig, FILM, [0.0])
    read(rig, qtbot)
    assert len(threads) == 1
    assert threads[0] is not QThread.currentThread()


def test_kept_strips_are_bounded(rig: Rig, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film_tiles, "STRIP_BYTES", 2 * 160 * 90 * 4)
    for item in (1, 2, 3):
        know_moments(rig, item, [0.0])
        read(rig, qtbot, item)
    assert rig.tiles.tile(3, 0, SIZE) is not None
    read(rig, qtbot, 1)


@pytest.mark.parametrize("spoilt", ["missing", "no picture", "png", "too narrow", "too many", "huge", "path"])
def test_a_strip_that_does_not_fit_is_not_shown(rig: Rig, spoilt: str) -> None:
    kept = know_moments(rig, FILM, [0.0, 10.0])
    path = rig.folder / "covers" / f"{kept.picture}.jpg"
    moments = FilmMoments(FILM, kept.ats, kept.picture, kept.tile_width, kept.tile_height)
    assert read_strip(rig.folder / "covers", moments).size() == QSize(320, 90)
    match spoilt:
        case "missing":
            path.unlink()
        case "no picture":
            path.write_bytes(b"<html>" * 100)
        case "png":
            assert strip_of(2).save(str(path), "PNG")
        case "too narrow":
            assert strip_of(1).save(str(path), "JPEG")
        case "too many":
            moments = FilmMoments(FILM, (0.0,) * 65, kept.picture, 2, 90)
        case "huge":
            moments = FilmMoments(FILM, (0.0,), kept.picture, 100_000, 90)
        case "path":
            moments = FilmMoments(FILM, kept.ats, "../covers/" + kept.picture, 160, 90)
    assert read_strip(rig.folder / "covers", moments).isNull()


def test_an_unreadable_strip_is_read_once(rig: Rig, qtbot: QtBot) -> None:
    kept = know_moments(rig, FILM, [0.0])
    (rig.folder / "covers" / f"{kept.picture}.jpg").write_bytes(b"no picture")
    told: list[str] = []
    rig.tiles.loaded.connect(told.append)
    assert rig.tiles.tile(FILM, 0, SIZE) is None
    qtbot.waitUntil(lambda: rig.tiles.reading == 0)
    assert rig.tiles.tile(FILM, 0, SIZE) is None
    assert (rig.tiles.reading, told) == (0, [])


def test_times_find_their_moment() -> None:
    film = FilmMoments(1, (5.0, 10.0, 30.0), "", 160, 90)
    assert [film.running(at) for at in (0.0, 5.0, 9.9, 10.0, 29.0, 500.0)] == [0, 0, 0, 1, 1, 2]
    assert [film.nearest(at) for at in (0.0, 7.4, 7.6, 21.0, 500.0)] == [0, 0, 1, 2, 2]
    assert film.fitted(160, 160) == QSize(160, 90)
    assert FilmMoments(1, (0.0,), "a", 160, 284).fitted(160, 142) == QSize(80, 142)
