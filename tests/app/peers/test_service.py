"""The network process: what it opens, what it answers, what it notices, and what it leaves alone. Real processes."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.config import DISCOVERABLE, PROXY, UPLOAD_LIMIT, Settings
from app.network_messages import (
    AskCard,
    AskNetworkState,
    Block,
    CardText,
    Download,
    Follow,
    NetworkSettingsChanged,
    NetworkState,
    PeersChanged,
    Stream,
    Unblock,
    Unfollow,
)
from app.paths import RESOURCES
from app.peers.cards import decode_card, parse_card_text
from app.peers.identity import Identity
from app.processes import Child, network_command
from app.protocol import Done, Failed
from app.store.database import Database
from app.store.peers import Peers
from tests.peer_run import ROOT, PeerRun

HOST = "127.61.9.1"
FRIEND = Identity(b"f" * 32).key.hex()


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeerRun]:
    """A network process alone, without a studio, for tests that leave it as it was."""
    made = PeerRun(tmp_path_factory.mktemp("network") / "profile", HOST)
    made.start_network()
    yield made
    made.close()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[PeerRun]:
    """One to be changed."""
    made = PeerRun(tmp_path / "profile", "127.63.9.1")
    made.start_network()
    yield made
    made.close()


def sockets(pid: int) -> list[tuple[str, int]]:
    """Where a process listens or is bound, without what is connected."""
    return [tuple(one.laddr) for one in psutil.Process(pid).net_connections("inet") if not one.raddr]


def test_all_sockets_are_at_the_address_that_was_chosen(run: PeerRun) -> None:
    found = sockets(run.network_pid)
    assert {host for host, _ in found} == {HOST, "127.0.0.1"}
    (stream,) = [port for host, port in found if host == "127.0.0.1"]
    with socket.create_connection(("127.0.0.1", stream), 5) as guest:
        guest.sendall(b"GET /guess HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        assert b" 40" in guest.recv(200), "nobody gets anything without a token"


def test_with_the_network_off_the_whole_program_has_no_socket(tmp_path: Path) -> None:
    """Window, studio and all their children: no AF_INET or AF_INET6 socket, from the start to the end."""
    profile = tmp_path / "profile"
    command = [sys.executable, "-m", "app", "--offscreen", "--profile", str(profile)]
    program = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        deadline, studio_seen = time.monotonic() + 60, 0.0
        while not studio_seen or time.monotonic() < studio_seen + 2.0:
            assert time.monotonic() < deadline, "the studio did not start"
            assert program.poll() is None
            tree = [psutil.Process(program.pid), *psutil.Process(program.pid).children(recursive=True)]
            with contextlib.suppress(psutil.NoSuchProcess):
                assert [one for process in tree for one in process.net_connections("inet")] == []
            if not studio_seen and len(tree) > 1 and (profile / "vectors").is_dir():
                studio_seen = time.monotonic()
            time.sleep(0.05)
    finally:
        program.terminate()
        assert program.wait(30) == 0


def test_it_says_how_it_is_and_who_it_is(run: PeerRun) -> None:
    state = run.ask(AskNetworkState, NetworkState)
    assert (state.peers, state.catalogues, state.published, state.problem) == (0, 0, 0, "")
    card = decode_card(parse_card_text(run.ask(AskCard, CardText).text), by_hand=True)
    assert card.key.hex() == run.key
    assert card.host == HOST
    assert (HOST, card.port) in sockets(run.network_pid)


def test_following_and_blocking_are_written_and_answered(run: PeerRun) -> None:
    run.ask(lambda number: Follow(number, FRIEND), Done)
    assert stands(run) == (True, False)
    run.ask(lambda number: Unfollow(number, FRIEND), Done)
    assert stands(run) == (False, False)
    run.ask(lambda number: Block(number, FRIEND), Done)
    assert stands(run) == (False, True)
    run.ask(lambda number: Unblock(number, FRIEND), Done)
    assert stands(run) == (False, False)
    assert run.wait(PeersChanged)


def stands(run: PeerRun) -> tuple[bool, bool]:
    with run.database() as database:
        row = Peers(database).row(bytes.fromhex(FRIEND))
    return (row.followed, row.blocked) if row else (False, False)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda number: Follow(number, "nonsense"),
        lambda number: Follow(number, "bowerbird:aaaa"),
        lambda number: Block(number, "abc"),
        lambda number: Unfollow(number, "zz" * 32),
        lambda number: Download(number, 7),
        lambda number: Stream(number, 7),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_ends(run: PeerRun, wrong: object) -> None:
    answer = run.ask(wrong, Failed)  # type: ignore[arg-type]
    assert answer.title
    assert run.ask(AskNetworkState, NetworkState)


def test_what_the_command_line_does_is_noticed(run: PeerRun) -> None:
    since = run.mark()
    with Database.open(run.profile.library, RESOURCES / "migrations") as database:
        Peers(database).follow(bytes.fromhex(FRIEND), "Friend")
    run.wait(PeersChanged, since=since)
    since = run.mark()
    with Database.open(run.profile.library, RESOURCES / "migrations") as database:
        Peers(database).block(bytes.fromhex(FRIEND))
    run.wait(PeersChanged, since=since)
    assert stands(run) == (False, True)


def test_limits_change_at_once_and_a_proxy_starts_anew(fresh: PeerRun) -> None:
    before = set(sockets(fresh.network_pid))
    settings = Settings(fresh.profile.settings)
    settings.set(UPLOAD_LIMIT, 100)
    settings.set(DISCOVERABLE, False)
    fresh.tell(NetworkSettingsChanged())
    fresh.ask(AskNetworkState, NetworkState)
    assert set(sockets(fresh.network_pid)) == before
    # A proxy nobody answers at: nothing may go round it, so nothing listens at our own address any longer.
    settings.set(PROXY, "socks5://127.63.9.2:1080")
    fresh.tell(NetworkSettingsChanged())
    fresh.until(
        lambda: not [one for one in sockets(fresh.network_pid) if one[0] == "127.63.9.1"], "the overlay's silence"
    )
    assert fresh.ask(AskNetworkState, NetworkState).peers == 0
    settings.set(PROXY, "not a proxy")
    since = fresh.mark()
    fresh.tell(NetworkSettingsChanged())
    assert "network.proxy" in fresh.wait(Failed, since=since).title


def test_a_profile_has_one_network_process(run: PeerRun) -> None:
    said: list[object] = []
    came, died = threading.Event(), threading.Event()
    second = Child(
        network_command(run.profile.root), lambda message: (said.append(message), came.set()), lambda *_: died.set()
    )
    second.start()
    try:
        assert came.wait(30)
        assert isinstance(said[0], Failed)
        assert "already on" in said[0].title
        assert died.wait(30)
    finally:
        second.close()


def test_it_ends_when_its_input_closes(fresh: PeerRun) -> None:
    pid = fresh.network_pid
    fresh.stop_network()
    fresh.until(lambda: not psutil.pid_exists(pid), "the end")
    assert fresh.profile.identity.stat().st_mode & 0o077 == 0
