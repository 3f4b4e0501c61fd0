"""Long work as a strip."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QProgressBar, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from app.protocol import Cancel, Job, JobEnded, Pause, Progress, Resume
from app.ui.progress_strip import ProgressStrip
from app.ui.theme import Theme
from app.ui.widgets.elided_label import ElidedLabel
from tests.window import ListeningStudio


@pytest.fixture
def studio() -> ListeningStudio:
    return ListeningStudio()


@pytest.fixture
def strip(qtbot: QtBot, studio: ListeningStudio, theme: Theme) -> Iterator[ProgressStrip]:
    before = QLocale()
    QLocale.setDefault(QLocale("en_GB"))
    made = ProgressStrip(studio, theme)
    qtbot.addWidget(made)
    yield made
    QLocale.setDefault(before)


def words(strip: ProgressStrip) -> list[str]:
    return [label.text() for label in strip.findChildren(ElidedLabel)]


def press(strip: ProgressStrip, name: str) -> None:
    next(button for button in strip.findChildren(QToolButton) if button.accessibleName() == name).click()


def test_hidden_while_there_is_nothing_to_tell(strip: ProgressStrip) -> None:
    assert strip.isHidden()


def test_what_how_far_how_fast_how_long(strip: ProgressStrip) -> None:
    strip.show_progress(Progress(Job.INDEX, 412, 1300, 31.4, 1680.0, failed=3))
    assert words(strip) == ["Listening and looking  412 of 1,300  ·  31 a minute  ·  28 min left  ·  3 unreadable"]
    assert not strip.isHidden()


def test_an_encoder_comes_in_bytes(strip: ProgressStrip) -> None:
    strip.show_progress(Progress(Job.ENCODER, 212_000_000, 3_000_000_000, 246e6, 97.0, note="a/b"))
    assert words(strip) == ["Setting up an encoder  212.0 MB of 3.0 GB  ·  4.1 MB/s  ·  2 min left  ·  a/b"]
    bar = strip.findChild(QProgressBar)
    assert bar is not None
    assert bar.value() / bar.maximum() == pytest.approx(0.0707, abs=0.001)
    strip.show_progress(Progress(Job.ENCODER, 0, 0, 0.0, -1.0, note="a/b"))
    assert words(strip) == ["Setting up an encoder  ·  a/b"]


def test_what_is_not_known_is_not_told(strip: ProgressStrip) -> None:
    strip.show_progress(Progress(Job.SCAN, 8200, 0, 0.0, -1.0))
    assert words(strip) == ["Looking through folders  8,200"]


def test_pause_go_on_cancel(strip: ProgressStrip, studio: ListeningStudio) -> None:
    strip.show_progress(Progress(Job.INDEX, 1, 10, 0.0, -1.0))
    press(strip, "Pause")
    strip.show_progress(Progress(Job.INDEX, 1, 10, 0.0, -1.0, paused=True))
    assert "paused" in words(strip)[0]
    press(strip, "Go on")
    press(strip, "Cancel")
    assert studio.told == [Pause(Job.INDEX), Resume(Job.INDEX), Cancel(Job.INDEX)]


def test_each_job_has_its_line_until_it_ends(strip: ProgressStrip) -> None:
    strip.show_progress(Progress(Job.SCAN, 1, 2, 0.0, -1.0))
    strip.show_progress(Progress(Job.INDEX, 1, 2, 0.0, -1.0))
    strip.show_progress(Progress(Job.SCAN, 2, 2, 0.0, -1.0))
    assert strip.jobs == (Job.SCAN, Job.INDEX)
    strip.end(JobEnded(Job.SCAN, 2, 0, 1.0))
    assert strip.jobs == (Job.INDEX,)
    strip.end(JobEnded(Job.INDEX, 2, 0, 1.0))
    strip.end(JobEnded(Job.DEMO, 2, 0, 1.0))
    assert strip.isHidden()


def test_details(qtbot: QtBot, strip: ProgressStrip) -> None:
    strip.show_progress(Progress(Job.INDEX, 1, 2, 0.0, -1.0))
    with qtbot.waitSignal(strip.details_wanted):
        next(button for button in strip.findChildren(QPushButton) if button.text() == "Details").click()


def test_a_dead_studio_leaves_no_stale_progress(strip: ProgressStrip) -> None:
    strip.show_progress(Progress(Job.INDEX, 1, 2, 0.0, -1.0))
    strip.studio_lost("signal 9")
    assert strip.jobs == ()
    assert not strip.isHidden()
    strip.studio_ready()
    assert strip.isHidden()
