"""The picture, its subtitle, and the controls that hide."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtMultimedia import QVideoFrame
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

from app.ui import video_stage
from app.ui.main_window import MainWindow
from app.ui.video_stage import VideoStage
from app.ui.video_view import VideoView, paint_subtitle
from tests.window import Rig


def show_frame(rig: Rig, colour: str = "#2060c0", size: QSize | None = None) -> None:
    picture = QImage(size or QSize(320, 180), QImage.Format.Format_ARGB32)
    picture.fill(QColor(colour))
    rig.sink.setVideoFrame(QVideoFrame(picture))


@pytest.fixture
def stage(qtbot: QtBot, rig: Rig) -> VideoStage:
    window: MainWindow = rig.window()
    window.resize(1100, 700)
    window.show()
    rig.playback.play_items([rig.ids[12]])
    rig.player.advance(1)
    window.video.show("large")
    assert window.video.stage is not None
    return window.video.stage


def test_the_picture_is_painted_and_never_stretched(qtbot: QtBot, rig: Rig) -> None:
    view = VideoView(rig.feed)
    qtbot.addWidget(view)
    view.resize(200, 200)
    show_frame(rig)
    image = view.grab().toImage()
    middle, above = image.pixelColor(100, 100), image.pixelColor(100, 10)
    assert abs(middle.blue() - 0xC0) < 12
    assert abs(middle.red() - 0x20) < 12
    assert above.name() == "#000000"
    assert view.heightForWidth(320) == 180


def test_a_tall_picture_asks_for_its_height(rig: Rig, qtbot: QtBot) -> None:
    view = VideoView(rig.feed)
    qtbot.addWidget(view)
    show_frame(rig, size=QSize(90, 160))
    assert view.heightForWidth(90) == 160


def test_subtitles_stand_over_the_picture(qtbot: QtBot, rig: Rig) -> None:
    view = VideoView(rig.feed)
    qtbot.addWidget(view)
    view.resize(640, 360)
    show_frame(rig)

    def white() -> list[int]:
        image = view.grab().toImage()
        return [y for y in range(image.height()) for x in range(0, 640, 2) if image.pixelColor(x, y).lightness() > 250]

    assert white() == []
    rig.sink.setSubtitleText("<i>plain</i>\nsecond line")
    rows = white()
    assert min(rows) > 250
    view.set_covered(100)
    assert max(white()) < 260, "controls must not hide the words"


def test_endless_subtitles_stay_in_the_lower_half() -> None:
    image = QImage(400, 300, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    paint_subtitle(painter, QRectF(0, 0, 400, 300), "word " * 2000)
    painter.end()
    upper = [image.pixelColor(x, y).lightness() for x in range(0, 400, 4) for y in range(0, 120, 2)]
    assert max(upper) == 0


def test_controls_hide_and_come_back(qtbot: QtBot, stage: VideoStage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.hide_soon(10)
    qtbot.waitUntil(lambda: not stage.controls_shown)
    stage.setFocus()
    qtbot.keyClick(stage, Qt.Key.Key_Shift)
    assert stage.controls_shown
    assert video_stage.HIDE_MS > 1000


def test_only_what_can_be_chosen_has_a_button(rig: Rig, stage: VideoStage) -> None:
    def names() -> set[str]:
        return {
            button.accessibleName()
            for button in stage.findChildren(QToolButton)
            if button.isVisibleTo(stage) and button.accessibleName()
        }

    assert {"Sound track", "Subtitles"} <= names()
    rig.playback.play_items(rig.ids[:1])
    rig.player.advance(1)
    rig.player.events.tracks.tell()
    assert not {"Sound track", "Subtitles"} & names()


def test_a_narrow_stage_keeps_the_buttons_that_are_needed_most(rig: Rig, stage: VideoStage, qtbot: QtBot) -> None:
    window = rig.windows[-1]
    window.resize(720, 480)
    row = [button for button in stage.findChildren(QToolButton) if button.isVisibleTo(stage)]
    assert len(row) == 4
    qtbot.waitUntil(lambda: all(button.width() >= button.minimumSizeHint().width() for button in row))
    for button in row:
        assert stage.rect().contains(button.mapTo(stage, button.rect().bottomRight()))
    window.resize(1100, 700)
    assert len([button for button in stage.findChildren(QToolButton) if button.isVisibleTo(stage)]) == 8


def test_a_click_pauses_and_a_double_click_fills_the_screen(qtbot: QtBot, rig: Rig, stage: VideoStage) -> None:
    view = stage.findChild(VideoView)
    assert view is not None
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not rig.playback.playing)
    rig.playback.toggle()
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(stage.full_screen_wanted):
        qtbot.mouseDClick(view, Qt.MouseButton.LeftButton)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton)
    assert rig.playback.playing
