"""The window's side of the studio process: questions are always answered, also when it is gone for good."""

from __future__ import annotations

import sys

import pytest
from pytestqt.qtbot import QtBot

from app.codec import encode
from app.encoder_messages import EncodersChanged, ListEncoders
from app.network_messages import FOR_NETWORK, OfferScoresChanged, TakenIn
from app.protocol import Event, Failed, FindDuplicates, Ready
from app.search_messages import FindMoments, Hits, Meaning, Moments, Search
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


def test_what_the_network_is_to_hear_is_handed_on(qtbot: QtBot) -> None:
    said = encode(TakenIn(3, 4)) + encode(OfferScoresChanged(5, 0.1))
    bridge = StudioBridge([sys.executable, "-c", f"import sys; sys.stdout.buffer.write({said!r}); sys.stdin.read()"])
    handed: list[FOR_NETWORK] = []
    bridge.for_network.connect(handed.append)
    with qtbot.waitSignal(bridge.offer_scores_changed, timeout=20_000) as told:
        bridge.start()
    assert handed == [TakenIn(3, 4)]
    assert told.args == [OfferScoresChanged(5, 0.1)]
    bridge.close()


def test_what_the_studio_began_with_is_kept_for_later_pages(qtbot: QtBot) -> None:
    said = encode(Ready("1", 2, 0, ("builtin-audio-v1-0123456789abcdef",)))
    bridge = StudioBridge([sys.executable, "-c", f"import sys; sys.stdout.buffer.write({said!r}); sys.stdin.read()"])
    with qtbot.waitSignal(bridge.ready, timeout=20_000):
        bridge.start()
    assert bridge.spaces == ("builtin-audio-v1-0123456789abcdef",)
    bridge.close()


def test_encoders_are_told_to_who_asked_and_else_to_everybody(qtbot: QtBot) -> None:
    said = encode(EncodersChanged(1, (), "asked")) + encode(EncodersChanged(0, (), "unasked"))
    said += encode(Hits(2, (), Meaning.NONE)) + encode(Moments(3, ()))
    bridge = StudioBridge([sys.executable, "-c", f"import sys; sys.stdout.buffer.write({said!r}); sys.stdin.read()"])
    answers: list[Event] = []
    told: list[EncodersChanged] = []
    bridge.encoders_changed.connect(told.append)
    bridge.ask(ListEncoders, answers.append)
    bridge.ask(lambda request: Search(request, "rain"), answers.append)
    bridge.ask(lambda request: FindMoments(request, 1, 2.0), answers.append)
    bridge.start()
    qtbot.waitUntil(lambda: len(answers) == 3, timeout=20_000)
    assert answers == [EncodersChanged(1, (), "asked"), Hits(2, (), Meaning.NONE), Moments(3, ())]
    assert told == [EncodersChanged(0, (), "unasked")]
    bridge.close()
