"""One window for each profile, also while another is just opening or closing."""

from __future__ import annotations

import threading
from pathlib import Path

from pytestqt.qtbot import QtBot

from app.single_instance import SingleInstance


def test_a_second_start_hands_its_folders_over(qtbot: QtBot, tmp_path: Path) -> None:
    first, second = SingleInstance(tmp_path), SingleInstance(tmp_path)
    assert first.begin([])
    first.listen()
    with qtbot.waitSignals([first.called, first.came]):
        assert not second.begin(["/music"])
    first.close()


def test_profiles_do_not_mind_each_other(qapp: object, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    first, second = SingleInstance(tmp_path), SingleInstance(tmp_path / "b")
    assert first.begin([])
    first.listen()
    assert second.begin([])
    first.close()
    second.close()


def test_a_start_waits_for_the_window_that_is_closing(qapp: object, tmp_path: Path) -> None:
    first, second = SingleInstance(tmp_path), SingleInstance(tmp_path)
    assert first.begin([])
    first.listen()
    first.stop_listening()
    # It is found no more, but still holds the profile: the next one begins when it has ended, not before.
    gone = threading.Event()

    def end() -> None:
        gone.set()
        first.close()

    timer = threading.Timer(0.3, end)
    timer.start()
    assert second.begin(["/music"])
    assert gone.is_set()
    timer.join()
    second.close()


def test_a_window_that_does_not_answer_is_not_waited_for_for_ever(qapp: object, tmp_path: Path) -> None:
    first, second = SingleInstance(tmp_path), SingleInstance(tmp_path)
    assert first.begin([])
    assert second.begin([], patience=0.0)
    first.close()
