"""The window's side of the network process: it exists only while the network is on, and questions are always answered.

The child of these tests speaks the protocol and nothing else: no socket is opened.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.config import NETWORK, Settings
from app.network_messages import (
    FOR_STUDIO,
    AskNetworkState,
    CancelDownload,
    DownloadChanged,
    DownloadState,
    NetworkEvent,
    NetworkState,
    PauseDownload,
)
from app.protocol import Done, Failed
from app.ui.network import NetworkBridge

SPEAKER = """
import sys
from app.codec import decode, encode
from app.network_messages import *
from app.protocol import Failed, Shutdown

def say(message):
    sys.stdout.buffer.write(encode(message))
    sys.stdout.buffer.flush()

say(NetworkReady("1", 1, "ab" * 32))
for line in sys.stdin.buffer:
    match decode(line):
        case AskNetworkState(number):
            say(NetworkState(number, 7, 2, Reachable.YES, 1, 0, False, 0.0, 0.0, 0))
        case PauseDownload(download):
            say(DownloadChanged(download, DownloadState.PAUSED, 1, 2))
            say(OffersChanged())
            say(Failed(0, "No room"))
        case CancelDownload():
            sys.exit(3)
        case Shutdown():
            break
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path / "settings.toml")


@pytest.fixture
def bridge(settings: Settings, qapp: object) -> Iterator[NetworkBridge]:
    made = NetworkBridge([sys.executable, "-c", SPEAKER], settings)
    yield made
    made.close()


def test_while_it_is_off_there_is_no_process_and_questions_fail_at_once(bridge: NetworkBridge, qtbot: QtBot) -> None:
    bridge.start()
    answers: list[NetworkEvent | Done | Failed] = []
    bridge.ask(AskNetworkState, answers.append)
    assert answers == []
    qtbot.waitUntil(lambda: bool(answers))
    assert isinstance(answers[0], Failed)
    assert answers[0].title == "The network is off"
    bridge.tell(PauseDownload(1))
    assert bridge.pid == 0
    assert not bridge.on


def test_switched_on_it_answers_tells_and_hands_on(bridge: NetworkBridge, settings: Settings, qtbot: QtBot) -> None:
    bridge.start()
    switched: list[bool] = []
    changed: list[DownloadChanged] = []
    for_studio: list[FOR_STUDIO] = []
    failed: list[Failed] = []
    answers: list[NetworkEvent | Done | Failed] = []
    bridge.switched.connect(switched.append)
    bridge.download_changed.connect(changed.append)
    bridge.for_studio.connect(for_studio.append)
    bridge.failed.connect(failed.append)
    with qtbot.waitSignal(bridge.ready, timeout=20_000):
        bridge.set_on(True)
    assert switched == [True]
    assert settings.get(NETWORK)
    assert bridge.key == "ab" * 32
    with qtbot.waitSignal(bridge.offers_changed):
        bridge.tell(PauseDownload(5))
    bridge.ask(AskNetworkState, answers.append)
    qtbot.waitUntil(lambda: bool(answers))
    assert isinstance(answers[0], NetworkState)
    assert answers[0].dht_nodes == 7
    assert bridge.state == answers[0]
    assert changed == [DownloadChanged(5, DownloadState.PAUSED, 1, 2)]
    assert [type(message).__name__ for message in for_studio] == ["OffersChanged"]
    assert failed == [Failed(0, "No room")]


def test_switched_off_the_process_ends_and_on_again_another_begins(bridge: NetworkBridge, qtbot: QtBot) -> None:
    bridge.start()
    with qtbot.waitSignal(bridge.ready, timeout=20_000):
        bridge.set_on(True)
    first = bridge.pid
    assert first
    answers: list[NetworkEvent | Done | Failed] = []
    bridge.ask(AskNetworkState, answers.append)
    bridge.set_on(False)
    assert [type(answer) for answer in answers] == [Failed]
    assert bridge.pid == 0
    assert (bridge.key, bridge.state) == ("", None)
    # On again while the first is still ending: it waits for that.
    with qtbot.waitSignal(bridge.ready, timeout=20_000):
        bridge.set_on(True)
    assert bridge.pid not in (0, first)
    qtbot.wait(0)
    assert len(answers) == 1


def test_a_death_fails_what_waits_and_the_process_comes_again(bridge: NetworkBridge, qtbot: QtBot) -> None:
    bridge.start()
    with qtbot.waitSignal(bridge.ready, timeout=20_000):
        bridge.set_on(True)
    first = bridge.pid
    answers: list[NetworkEvent | Done | Failed] = []
    with qtbot.waitSignals([bridge.lost, bridge.ready], timeout=20_000):
        bridge.tell(CancelDownload(1))
        bridge.ask(AskNetworkState, answers.append)
    assert bridge.pid not in (0, first)
    qtbot.waitUntil(lambda: bool(answers))
