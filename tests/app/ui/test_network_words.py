"""What the network's figures mean, in words."""

from __future__ import annotations

from dataclasses import replace

from pytestqt.qtbot import QtBot

from app.network_messages import NetworkState, Reachable
from app.ui.network_words import ago, amount, health, key_words

STATE = NetworkState(0, 212, 4, Reachable.YES, 3, 12, False, 0.0, 0.0, 0)


def test_how_the_network_is(qtbot: QtBot) -> None:
    assert health(False, STATE).line.startswith("The network is off")
    assert health(True, None).line == "The network is starting…"
    well = health(True, STATE)
    assert well.line == "In touch: 4 peers heard of lately, 212 nodes of the public directory."
    assert well.more == ("Others can reach this machine.", "You publish 12 items.")
    assert not well.trouble
    alone = health(True, replace(STATE, peers=0))
    assert "no other Bowerbird" in alone.line
    assert "212" in alone.line
    assert health(True, replace(STATE, peers=0, dht_nodes=0)).line == "Looking for a first contact…"
    assert "1 peer heard of" in health(True, replace(STATE, peers=1)).line


def test_what_is_wrong_comes_first_and_is_marked(qtbot: QtBot) -> None:
    wrong = health(True, replace(STATE, problem="Port 6881 is taken: choose another."))
    assert wrong.line == "Port 6881 is taken: choose another."
    assert wrong.trouble


def test_what_is_under_way_is_said(qtbot: QtBot) -> None:
    busy = health(
        True, replace(STATE, reachable=Reachable.NO, publishing=True, download_rate=20_500.0, upload_rate=3_000.0)
    )
    assert busy.more[0].startswith("Others cannot begin to talk to this machine")
    assert busy.more[1] == "Your catalogue is being made."
    assert busy.more[2] == "20.5 kB/s in, 3.0 kB/s out."
    assert "You publish nothing." in health(True, replace(STATE, published=0)).more


def test_sizes_times_and_keys(qtbot: QtBot) -> None:
    assert amount(862) == "862 bytes"
    assert amount(4_100_000) == "4.1 MB"
    assert amount(-1) == "0 bytes"
    assert ago(0.0) == "never"
    assert ago(1000.0, 1060.0) == "now"
    assert ago(1000.0, 1720.0) == "12 min ago"
    assert key_words("0123456789abcdef") == "01234567 89abcdef"
