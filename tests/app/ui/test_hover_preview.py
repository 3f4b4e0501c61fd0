"""What stands over the position slider while the pointer is on it: a film's scene, or only the time."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QToolTip
from pytestqt.qtbot import QtBot

from app.ui.hover_preview import HoverPreview
from app.ui.main_window import MainWindow
from app.ui.widgets.sliders import SeekSlider
from tests.known_moments import COLOURS, know_moments, near
from tests.window import Rig

ATS = [0.0, 20.0, 40.0, 60.0]


@pytest.fixture
def window(rig: Rig) -> MainWindow:
    made: MainWindow = rig.window()
    made.resize(1100, 700)
    made.show()
    rig.playback.play_items([rig.ids[12]])
    rig.player.advance(1)
    return made


def bar_of(window: MainWindow) -> SeekSlider:
    slider = window.player_bar.findChild(SeekSlider)
    assert slider is not None
    return slider


def preview_of(slider: SeekSlider) -> HoverPreview:
    assert isinstance(slider.preview, HoverPreview)
    return slider.preview


def point_at(slider: SeekSlider, share: float) -> None:
    """Move the pointer over the slider, no button pressed."""
    at = QPointF(slider.width() * share, slider.height() / 2)
    none = Qt.MouseButton.NoButton
    move = QMouseEvent(QEvent.Type.MouseMove, at, slider.mapToGlobal(at), none, none, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(slider, move)


def test_the_player_bar_shows_the_scene_under_the_pointer(rig: Rig, window: MainWindow, qtbot: QtBot) -> None:
    know_moments(rig, rig.ids[12], ATS)
    slider = bar_of(window)
    preview = preview_of(slider)
    with qtbot.waitSignal(rig.tiles.loaded):
        point_at(slider, 0.5)
        preview.grab()
    assert preview.isVisible()
    assert (preview.number, preview.parentWidget()) == (2, window)
    assert preview.seconds == pytest.approx(50, abs=1)
    assert near(preview.grab().toImage().pixelColor(preview.width() // 2, 40), COLOURS[2])
    assert preview.geometry().bottom() < slider.mapTo(window, QPoint()).y()
    point_at(slider, 0.001)
    assert (preview.number, preview.geometry().left() >= 0) == (0, True)
    point_at(slider, 0.999)
    assert window.rect().contains(preview.geometry())
    QApplication.sendEvent(slider, QEvent(QEvent.Type.Leave))
    assert not preview.isVisible()
    assert rig.playback.position == 1.0, "looking is not going there"


def test_the_stage_shows_it_above_the_strip_and_hides_it_with_the_controls(rig: Rig, window: MainWindow) -> None:
    know_moments(rig, rig.ids[12], ATS)
    window.video.show("large")
    stage = window.video.stage
    assert stage is not None
    slider = stage.findChild(SeekSlider)
    assert slider is not None
    point_at(slider, 0.3)
    preview = preview_of(slider)
    assert preview.isVisible()
    assert preview.geometry().bottom() < stage.strip.mapTo(window, QPoint()).y()
    window.video.leave()
    assert not preview.isVisible()


def test_without_tiles_there_is_the_time(rig: Rig, window: MainWindow, qtbot: QtBot) -> None:
    slider = bar_of(window)
    point_at(slider, 0.5)
    assert not preview_of(slider).isVisible()
    qtbot.waitUntil(lambda: QToolTip.text() in ("0:49", "0:50"))
    QToolTip.hideText()


def test_another_piece_takes_the_preview_away(rig: Rig, window: MainWindow) -> None:
    know_moments(rig, rig.ids[12], ATS)
    slider = bar_of(window)
    point_at(slider, 0.5)
    assert preview_of(slider).isVisible()
    rig.playback.play_items(rig.ids[:1])
    assert not preview_of(slider).isVisible()
