"""The demo's own network: two more peers on this machine, so that there is something to discover without any network.

Each is a process of its own (`demo-peer`) with its own profile below the demo's, on an address that never leaves this
machine; it ends when our end of its pipe closes, however we end. Made by start-up, only for `--demo`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass

from app.config import BOOTSTRAP, LISTEN_HOST, LISTEN_PORT, NETWORK, PEER_NAME, Settings
from app.demo.neighbours import neighbours
from app.paths import Profile

log = logging.getLogger(__name__)

FIRST_PORT = 46_900
TRIES = 50
SECONDS_TO_END = 5.0


@dataclass(frozen=True, slots=True)
class Seat:
    """Where one peer of the demo listens."""

    host: str
    port: int


class DemoSwarm:
    """`prepare` the settings before the window is made, `start` after the first paint, `close` at the end."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._peers = [profile.root / "neighbours" / neighbour.name.lower() for neighbour in neighbours()]
        self._seats = seats(1 + len(self._peers))
        self._children: list[subprocess.Popen[bytes]] = []
        self._ending = threading.Event()
        self._lock = threading.Lock()

    def prepare(self, settings: Settings) -> None:
        """Put the demo's profile into the demo's own network, and switch it on the first time."""
        first = not (self._profile.root / "neighbours").is_dir()
        seat(settings, self._seats, 0)
        if first:
            # Nothing can leave this machine, and a newcomer is to see what it is like.
            settings.set(NETWORK, True)
        for number, (root, neighbour) in enumerate(zip(self._peers, neighbours(), strict=True), 1):
            root.mkdir(parents=True, exist_ok=True, mode=0o700)
            theirs = Settings(Profile.at(root).settings)
            seat(theirs, self._seats, number)
            theirs.set(PEER_NAME, neighbour.name)
            theirs.set(NETWORK, True)

    def start(self) -> None:
        """Start the peers; returns at once."""
        with self._lock:
            if self._ending.is_set():
                return
            for number, root in enumerate(self._peers):
                command = [sys.executable, "-m", "app", "demo-peer", str(number), "--profile", str(root)]
                try:
                    made = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
                except OSError as error:
                    log.warning("a peer of the demo cannot be started: %s", error)
                    return
                self._children.append(made)

    def close(self) -> None:
        """End the peers, and wait for them a little."""
        with self._lock:
            self._ending.set()
            children, self._children = self._children, []
        for child in children:
            with contextlib.suppress(OSError):
                if child.stdin is not None:
                    child.stdin.close()
        for child in children:
            try:
                child.wait(SECONDS_TO_END)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def seat(settings: Settings, places: list[Seat], own: int) -> None:
    """Write where a peer listens, and that it asks the others first."""
    settings.set(LISTEN_HOST, places[own].host)
    settings.set(LISTEN_PORT, places[own].port)
    others = [place for number, place in enumerate(places) if number != own]
    settings.set(BOOTSTRAP, " ".join(f"{place.host}:{place.port}" for place in others))


def seats(count: int) -> list[Seat]:
    """Free addresses on this machine: 127.N.9.1 each, or ports of 127.0.0.1 where there is only that (macOS)."""
    hosts = [f"127.{number}.9.1" for number in range(1, count + 1)]
    if not all(_free(host, 0) for host in hosts):
        hosts = ["127.0.0.1"] * count
    found: list[Seat] = []
    # Another demo may be running: the process number sends two of them to different ports.
    start = FIRST_PORT + os.getpid() % 2_000
    for host in hosts:
        taken = {place.port for place in found if place.host == host}
        free = (port for port in range(start, start + TRIES) if port not in taken and _free(host, port))
        found.append(Seat(host, next(free, start)))
    return found


def _free(host: str, port: int) -> bool:
    try:
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(socket.AF_INET, kind) as tried:
                tried.bind((host, port))
    except OSError:
        return False
    return True
