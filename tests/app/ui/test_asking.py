"""Asking while the user types: the newest question only, and again once what was missing is there."""

from __future__ import annotations

from typing import cast

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.encoder_messages import EncodersChanged, EncoderState
from app.protocol import Failed, Job, JobEnded, Ready, Request
from app.search_messages import Hits, Meaning, Search
from app.ui.asking import Asking, Question
from app.ui.bridge import StudioBridge
from tests.window import Rig

USED = EncoderState("clap", True, "", "", "", "", 1, True, True, used=True, encoded=5, wanted=9)
UNUSED = EncoderState("clap", True, "", "", "", "", 1, True, False)


@pytest.fixture
def page(qtbot: QtBot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    made.show()
    return made


@pytest.fixture
def asking(rig: Rig, page: QWidget) -> Asking:
    return Asking(cast("StudioBridge", rig.studio), page, 1)


def search(words: str) -> Question:
    return lambda request: Search(request, words)


def asked(rig: Rig) -> list[Request]:
    return [request for request, _answer in rig.studio.asked]


def test_only_the_newest_question_is_sent(rig: Rig, asking: Asking, qtbot: QtBot) -> None:
    for words in ("r", "ra", "rain"):
        asking.ask(search(words))
    assert asking.waits
    qtbot.waitUntil(lambda: asked(rig) == [Search(1, "rain")])


def test_an_answer_to_an_older_question_is_not_heard(rig: Rig, asking: Asking) -> None:
    heard: list[object] = []
    asking.answered.connect(heard.append)
    asking.ask(search("rain"), at_once=True)
    asking.ask(search("snow"), at_once=True)
    newest = Hits(2, (), Meaning.READY)
    rig.studio.asked[0][1](Hits(1, (), Meaning.READY))
    assert asking.waits
    rig.studio.asked[1][1](newest)
    assert heard == [newest]
    assert not asking.waits
    asking.ask(search("fog"), at_once=True)
    asking.stop()
    rig.studio.asked[2][1](Hits(3, (), Meaning.READY))
    assert heard == [newest]


def test_a_hidden_page_asks_when_it_is_shown(rig: Rig, asking: Asking, page: QWidget) -> None:
    page.hide()
    asking.ask(search("rain"), at_once=True)
    assert asked(rig) == []
    page.show()
    asking.resume()
    asking.resume()
    assert asked(rig) == [Search(1, "rain")]


@pytest.mark.parametrize(
    ("meaning", "state", "again"),
    [
        (Meaning.NONE, USED, True),
        (Meaning.NONE, UNUSED, False),
        (Meaning.LOADING, USED, True),
        (Meaning.EMPTY, USED, True),
        (Meaning.EMPTY, UNUSED, False),
        (Meaning.READY, USED, False),
    ],
)
def test_it_asks_again_once_an_encoder_helps(
    rig: Rig, asking: Asking, qtbot: QtBot, meaning: Meaning, state: EncoderState, again: bool
) -> None:
    asking.ask(search("rain"), at_once=True)
    rig.studio.asked[0][1](Hits(1, (), meaning))
    rig.studio.encoders_changed.emit(EncodersChanged(0, (state,), "cpu"))
    assert asking.waits is again
    if again:
        qtbot.waitUntil(lambda: asked(rig) == [Search(1, "rain"), Search(2, "rain")])


def test_it_asks_again_when_the_library_was_encoded(rig: Rig, asking: Asking, qtbot: QtBot) -> None:
    asking.ask(search("rain"), at_once=True)
    rig.studio.asked[0][1](Hits(1, (), Meaning.EMPTY))
    rig.studio.job_ended.emit(JobEnded(Job.INDEX, 1, 0, 1.0))
    assert not asking.waits
    rig.studio.job_ended.emit(JobEnded(Job.LEARNED, 1, 0, 1.0))
    qtbot.waitUntil(lambda: len(asked(rig)) == 2)


def test_it_asks_again_when_the_studio_is_back(rig: Rig, asking: Asking, qtbot: QtBot) -> None:
    told: list[Failed] = []
    asking.failed.connect(told.append)
    asking.ask(search("rain"), at_once=True)
    failure = Failed(1, "The studio process ended")
    rig.studio.asked[0][1](failure)
    assert told == [failure]
    rig.studio.ready.emit(Ready("1", 2, 0, ()))
    qtbot.waitUntil(lambda: len(asked(rig)) == 2)
