"""Two peers behind routers that translate addresses meet through a third and give each other a file.

Needs root, network namespaces and nft; skipped, visibly, elsewhere.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.namespaces import Internet, Shape, missing

log = logging.getLogger(__name__)

TIMES = ("agreed_after", "first", "whole")
ROOT = Path(__file__).resolve().parents[2]
MIDDLE = "203.0.113.30"
PORT = 20_500
TEN_MBIT = Shape(delay=0.025, rate=10e6 / 8)  # each house's link: 50 ms from house to house

pytestmark = [pytest.mark.journey]
_WHY = missing()
if _WHY:
    pytestmark.append(pytest.mark.skip(reason=f"routers cannot be made here: {_WHY}"))


class Peer:
    """A process of `overlay_peer.py` in a namespace."""

    def __init__(self, namespace: str, host: str) -> None:
        self._process = subprocess.Popen(
            [
                "ip",
                "netns",
                "exec",
                namespace,
                sys.executable,
                str(ROOT / "tests/journeys/overlay_peer.py"),
                host,
                str(PORT),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        )
        self.said: list[dict[str, Any]] = []
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()
        self.key: str = self.wait(lambda line: "content_port" in line)["key"]

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.said.append(json.loads(line))

    def wait(self, which: Callable[[dict[str, Any]], bool], seconds: float = 40.0) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while True:
            for line in list(self.said):
                if which(line):
                    return line
            assert time.monotonic() < end, f"not said in time; said: {self.said[-10:]}"
            assert self._process.poll() is None, f"the peer ended: {self.said[-10:]}"
            time.sleep(0.02)

    def tell(self, name: str, given: Any = None) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({name: given}) + "\n")
        self._process.stdin.flush()

    def ask(self, name: str, given: Any = None, seconds: float = 40.0) -> dict[str, Any]:
        before = len([line for line in self.said if line.get("did") == name])
        self.tell(name, given)
        end = time.monotonic() + seconds
        while len(done := [line for line in self.said if line.get("did") == name]) <= before:
            assert time.monotonic() < end, f"{name} was not done in time; said: {self.said[-10:]}"
            time.sleep(0.02)
        return done[-1]

    def sees(self, other: Peer) -> bool:
        return any(peer[0] == other.key for peer in self.ask("look")["peers"])

    def close(self) -> None:
        if self._process.poll() is None:
            self.tell("stop")
        self._process.wait(15)
        self._reading.join(5)
        for end in (self._process.stdin, self._process.stdout):
            assert end is not None
            end.close()


@pytest.fixture
def peers() -> Iterator[list[Peer]]:
    made: list[Peer] = []
    yield made
    for each in made:
        each.close()


def until(true: Callable[[], bool], what: str, seconds: float = 40.0) -> float:
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + seconds, f"{what} did not come true"
        time.sleep(0.1)
    return time.monotonic() - began


def meet(net: Internet, peers: list[Peer], *, symmetric: bool = False) -> tuple[Peer, Peer, Peer]:
    """Put one peer in the open and two in houses; each of those knows only the first."""
    middle = Peer(net.public(MIDDLE), "")
    one = Peer(net.behind_router("203.0.113.10", "10.0.1", symmetric=symmetric), "10.0.1.2")
    other = Peer(net.behind_router("203.0.113.20", "10.0.2", symmetric=symmetric), "10.0.2.2")
    peers += [middle, one, other]
    for each in (one, other):
        each.ask("walk", [MIDDLE, PORT])
        each.ask("announce", 1)
    return middle, one, other


def give(net: Internet, giver: Peer, taker: Peer, tmp_path: Path, size: int) -> dict[str, Any]:
    source = tmp_path / "given" / "song.ogg"
    source.parent.mkdir()
    source.write_bytes(bytes(range(256)) * (size // 256))
    given = giver.ask("give", str(source))
    got = taker.ask("take", [giver.key, given["root"], given["size"], ".ogg", str(tmp_path / "taken")], seconds=60)
    assert got["agreed"], taker.said[-10:]
    assert Path(got["path"]).read_bytes() == source.read_bytes()
    return got


@pytest.mark.parametrize("shape", [None, TEN_MBIT], ids=["fast", "10 Mbit/s, 50 ms"])
def test_two_behind_routers_meet_and_one_gives_the_other_a_file(
    shape: Shape | None, peers: list[Peer], tmp_path: Path
) -> None:
    with Internet(shape) as net:
        middle, one, other = meet(net, peers)
        met = until(lambda: one.sees(other) and other.sees(one), "the two met")
        one.wait(lambda line: line.get("card") == other.key)
        other.wait(lambda line: line.get("card") == one.key)
        got = give(net, one, other, tmp_path, 2_000_000)
        log.info("met %.2f s, agreed %.2f s, first bytes %.2f s, all %.2f s", met, *(got[each] for each in TIMES))
        assert middle.ask("look")["reachable"] == "yes"
        for hidden in (one, other):
            assert hidden.ask("look")["reachable"] != "yes"
        for each in peers:
            each.close()


def test_behind_symmetric_routers_cards_and_wishes_go_through_the_third(peers: list[Peer], tmp_path: Path) -> None:
    with Internet() as net:
        _, one, other = meet(net, peers, symmetric=True)
        one.wait(lambda line: line.get("card") == other.key)
        other.wait(lambda line: line.get("card") == one.key)
        assert not one.sees(other)
        # A wish, too, goes through the third and is answered, although no connection can come of it.
        one.tell("take", [other.key, "11" * 32, 1_000_000, ".ogg", str(tmp_path)])
        other.wait(lambda line: line.get("wanted") == "11" * 32 and line.get("by") == one.key)
        one.wait(lambda line: "connect" in line)
        for each in peers:
            each.close()


def test_two_in_one_house_find_each_other_by_calling(peers: list[Peer]) -> None:
    with Internet() as net:
        for address in ("192.168.7.1", "192.168.7.2"):
            peers.append(Peer(net.public(address), address))
            peers[-1].ask("lan", address)
        one, other = peers
        until(lambda: one.sees(other) and other.sees(one), "the two met")
        for each in peers:
            each.close()
