"""The strip of a film's moments: on the stage, under pointer and keys."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QContextMenuEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from app.ui.film_strip import FilmStrip
from app.ui.main_window import MainWindow
from app.ui.video_stage import VideoStage
from tests.known_moments import COLOURS, know_moments, near
from tests.window import Rig

FILM = 13
ATS = [0.0, 20.0, 40.0, 60.0]


@pytest.fixture
def strip(rig: Rig, qtbot: QtBot) -> FilmStrip:
    made = FilmStrip(rig.tiles, rig.theme)
    qtbot.addWidget(made)
    made.resize(600, made.sizeHint().height())
    know_moments(rig, FILM, ATS)
    assert made.set_film(FILM)
    with qtbot.waitSignal(rig.tiles.loaded):
        made.show()
    return made


@pytest.fixture
def stage(rig: Rig) -> VideoStage:
    window: MainWindow = rig.window()
    window.resize(1100, 700)
    window.show()
    rig.playback.play_items([rig.ids[12]])
    rig.player.advance(1)
    window.video.show("large")
    assert window.video.stage is not None
    return window.video.stage


def test_every_tile_stands_in_its_place_and_a_click_goes_there(qtbot: QtBot, strip: FilmStrip) -> None:
    image = strip.grab().toImage()
    for number in range(len(ATS)):
        place = strip.place_of(number).center()
        assert near(image.pixelColor(place), COLOURS[number]) or number > 0  # the others are dimmed
        assert strip.number_at(place) == number
        with qtbot.waitSignal(strip.seek_wanted) as told:
            qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=place)
        assert told.args == [ATS[number]]
    assert strip.number_at(QPoint(590, 20)) == -1
    with qtbot.assertNotEmitted(strip.seek_wanted):
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(590, 20))


def test_the_running_scene_is_outlined(rig: Rig, strip: FilmStrip) -> None:
    def outlined() -> list[int]:
        image, accent = strip.grab().toImage(), rig.theme.tones.accent
        tops = [strip.place_of(number) for number in range(len(ATS))]
        return [n for n, place in enumerate(tops) if near(image.pixelColor(place.center().x(), place.top()), accent)]

    assert outlined() == [0]
    strip.set_position(45.0)
    assert (strip.running, outlined()) == (2, [2])


def test_keys_walk_and_choose(qtbot: QtBot, strip: FilmStrip) -> None:
    strip.setFocus()
    for key, number in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_End, 3), (Qt.Key.Key_Right, 3), (Qt.Key.Key_Left, 2)):
        qtbot.keyClick(strip, key)
        assert strip.chosen == number
    assert strip.accessibleDescription() == "Moment 3 of 4, at 0:40"
    with qtbot.waitSignal(strip.seek_wanted) as told:
        qtbot.keyClick(strip, Qt.Key.Key_Return)
    assert told.args == [40.0]
    strip.set_position(61.0)
    assert strip.chosen == 2, "the keys stay where they were put"


def test_the_menu_of_a_tile_asks_for_moments_like_it(qtbot: QtBot, strip: FilmStrip) -> None:
    at = strip.place_of(1).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, strip.mapToGlobal(at))
    QApplication.sendEvent(strip, event)
    menu = strip.findChild(QMenu)
    assert menu is not None
    go, similar = menu.actions()
    assert (go.text(), similar.text()) == ("Go to 0:20", "Similar moments")
    with qtbot.waitSignal(strip.similar_wanted) as told:
        similar.trigger()
    assert told.args == [FILM, 20.0]
    with qtbot.waitSignal(strip.seek_wanted) as sought:
        go.trigger()
    assert sought.args == [20.0]
    menu.close()


def test_a_long_film_is_scrolled(rig: Rig, qtbot: QtBot, strip: FilmStrip) -> None:
    know_moments(rig, FILM, [n * 3.0 for n in range(30)])
    strip.set_film(FILM)
    strip.clearFocus()
    assert strip.place_of(29).left() > strip.width()
    strip.set_position(80.0)
    assert strip.rect().contains(strip.place_of(26).center())
    before = strip.place_of(26).left()
    turned = QWheelEvent(
        QPointF(50, 20),
        QPointF(50, 20),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(strip, turned)
    assert strip.place_of(26).left() == before + 120
    strip.set_position(30.0)
    assert strip.place_of(26).left() == before + 120, "nothing moves away from under the pointer"
    QApplication.sendEvent(strip, QEvent(QEvent.Type.Leave))
    strip.set_position(0.0)
    assert strip.place_of(0).left() >= 0
    strip.set_position(45.0)
    strip.resize(240, strip.height())
    assert strip.rect().contains(strip.place_of(15).center())


def test_tall_films_have_narrow_tiles(rig: Rig, strip: FilmStrip) -> None:
    know_moments(rig, FILM, ATS, width=160, height=284)
    strip.set_film(FILM)
    assert strip.place_of(0).size() == QSize(40, 54)


def test_the_stage_has_the_strip_of_what_plays(rig: Rig, stage: VideoStage, qtbot: QtBot) -> None:
    assert stage.strip.isHidden(), "nothing is known of this film yet"
    know_moments(rig, rig.ids[12], ATS)
    assert not stage.strip.isHidden()
    assert stage.rect().contains(stage.strip.mapTo(stage, stage.strip.rect().bottomRight()))
    qtbot.mouseClick(stage.strip, Qt.MouseButton.LeftButton, pos=stage.strip.place_of(2).center())
    rig.player.advance(1)
    assert rig.playback.position == 41.0
    assert stage.strip.running == 2
    rig.playback.play_items(rig.ids[:1])
    rig.player.advance(1)
    assert stage.strip.isHidden()


def test_button_and_menu_ask_for_the_scene_that_is_seen(rig: Rig, stage: VideoStage, qtbot: QtBot) -> None:
    window = rig.windows[-1]
    know_moments(rig, rig.ids[12], ATS)
    rig.playback.seek(39.0)
    with qtbot.waitSignal(window.moments_wanted) as told:
        window.commands.action("similar-moments").trigger()
    assert told.args == [rig.ids[12], 20.0]
    with qtbot.waitSignal(window.moments_wanted) as told:
        stage.strip.similar_wanted.emit(rig.ids[12], 60.0)
    assert told.args == [rig.ids[12], 60.0]
    rig.playback.play_items(rig.ids[:1])
    assert not window.commands.action("similar-moments").isEnabled()
