"""The window's side of the studio process: questions are always answered, also when it is gone for good."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from app.protocol import Event, Failed, FindDuplicates
from app.ui.bridge import StudioBridge


def test_a_studio_that_cannot_be_started_answers_all_the_same(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.processes.RESTART_DELAYS", (0.0,))
    bridge = StudioBridge(["/nonexistent/program"])
    answers: list[Event] = []
    lost: list[str] = []
    bridge.lost.connect(lost.append)
    bridge.ask(FindDuplicates, answers.append)
    bridge.start()
    qtbot.waitUntil(lambda: bool(lost) and "not started again" in lost[-1])
    assert [type(answer) for answer in answers] == [Failed]
    number = bridge.ask(FindDuplicates, answers.append)
    qtbot.waitUntil(lambda: len(answers) == 2)
    last = answers[-1]
    assert isinstance(last, Failed)
    assert (last.request, last.title) == (number, "The studio process ended")
    assert "/nonexistent/program" in last.detail
    bridge.tell(FindDuplicates(9))
    bridge.close()
