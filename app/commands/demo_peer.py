"""A peer of the demo's own network: makes its library, publishes it, and gives it away until its input closes.

Hidden: `--demo` starts two of them. The studio runs only until the catalogue stands; then the network process alone
is left, which costs next to nothing.
"""

from __future__ import annotations

import argparse
import logging
import os
import queue
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from app.commands.network_run import NetworkRun, network_for
from app.commands.publishing import share
from app.commands.scanning import take_in
from app.commands.studio_run import StudioRun, studio_for
from app.composition import open_library
from app.demo.neighbours import Neighbour, neighbours
from app.demo.programme import LICENCE, Piece
from app.demo.writer import write_all
from app.errors import BowerbirdError, ProcessError
from app.logs import start_logging
from app.network_messages import AskNetworkState, NetworkState, PublicationChanged
from app.paths import Profile
from app.protocol import Scan

log = logging.getLogger(__name__)

NICENESS = 15
FIRST = 6
"""Pieces that are published before the rest is made: somebody is waiting for the first ones."""


def main(arguments: list[str]) -> int:
    """Run until the input closes. Exit status: 0, or 1 when it cannot be a peer (the log says why)."""
    parser = argparse.ArgumentParser(prog="bowerbird demo-peer")
    parser.add_argument("number", type=int, choices=range(len(neighbours())))
    parser.add_argument("--profile", type=Path, required=True)
    options = parser.parse_args(arguments)
    profile = Profile.at(options.profile)
    profile.make()
    start_logging(profile.logs, "demo-peer")
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    # A Ctrl+C in the terminal reaches the whole group; the window decides, and we end when it closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    stop = threading.Event()
    threading.Thread(target=_wait_for_end, args=(stop,), name="end", daemon=True).start()
    try:
        return _be(profile, neighbours()[options.number], stop)
    except BowerbirdError as error:
        log.warning("this peer of the demo ends: %s", error)
        return 1


def _wait_for_end(stop: threading.Event) -> None:
    sys.stdin.buffer.read()
    stop.set()


def _be(profile: Profile, neighbour: Neighbour, stop: threading.Event) -> int:
    folder = profile.demo.resolve()
    _make(neighbour.pieces[:FIRST], folder, stop)
    studios: list[StudioRun] = []
    with network_for(profile, lambda message: studios[0].tell(message) if studios else None) as network:
        if not stop.is_set() and not _stands(profile, len(neighbour.pieces)):
            with studio_for(profile) as run:
                studios.append(run)
                take_in(run, [folder])
                with open_library(profile) as database:
                    share(database, [folder], LICENCE)
                for some in (neighbour.pieces[:FIRST], neighbour.pieces):
                    _make(some, folder, stop)
                    run.tell(Scan())
                    network.tell(PublicationChanged())
                    _publish(run, network, len(some), stop)
                studios.clear()
        while not stop.wait(1.0):
            while not network.events.empty():
                network.events.get()
    return 0


def _make(pieces: Sequence[Piece], folder: Path, stop: threading.Event) -> None:
    write_all(pieces, folder, lambda *_: None, stop.is_set)


def _stands(profile: Profile, count: int) -> bool:
    """Whether the catalogue was published whole before."""
    with open_library(profile) as database:
        row = database.one("SELECT count(*) FROM published WHERE root IS NOT NULL")
    return row is not None and row[0] >= count and profile.published.is_dir()


def _publish(run: StudioRun, network: NetworkRun, count: int, stop: threading.Event) -> None:
    """Hand on what studio and network process have for each other until the catalogue stands."""
    while not stop.is_set():
        try:
            network.from_studio(run.next(0.2))
        except ProcessError:
            network.tell(AskNetworkState(1))
        while True:
            try:
                event = network.events.get_nowait()
            except queue.Empty:
                break
            if isinstance(event, NetworkState) and event.published >= count and not event.publishing:
                return
