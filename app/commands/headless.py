"""`bowerbird headless`: keep a library scanned, indexed and scored without a window, on a NAS or a server.

With `--share` it is a peer as well: what is published is given to others, and what they publish is found and ranked.
"""

from __future__ import annotations

import argparse
import json
import queue
import signal
import threading
from contextlib import ExitStack
from pathlib import Path

from app.codec import Message
from app.commands.network_run import NetworkRun, network_for
from app.commands.publishing import share
from app.commands.scanning import take_in
from app.commands.studio_run import StudioRun, studio_for
from app.composition import open_library
from app.errors import ProcessError
from app.network_messages import (
    DownloadChanged,
    DownloadState,
    NetworkReady,
    NetworkState,
    OfferScoresChanged,
    PublicationChanged,
)
from app.paths import Profile
from app.protocol import Failed, JobEnded, Progress, Ready, Scan, ScoresChanged


def headless(profile: Profile, options: argparse.Namespace) -> int:
    """Run until SIGINT or SIGTERM; says what happens, a line at a time."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with ExitStack() as stack:
        run = stack.enter_context(studio_for(profile, watch=True))
        _tell(run.next(60.0), as_json=options.json)
        take_in(run, options.folders)
        run.tell(Scan())
        network = _go_on(stack, profile, run, options.folders, options) if options.share else None
        while not stop.is_set():
            _turn(run, network, as_json=options.json)
    return 0


def _go_on(
    stack: ExitStack, profile: Profile, run: StudioRun, folders: list[Path], options: argparse.Namespace
) -> NetworkRun:
    """Publish the folders that were named, and start the network process."""
    with open_library(profile) as database:
        share(database, folders, options.licence)
    network = stack.enter_context(network_for(profile, run.tell))
    network.tell(PublicationChanged())
    return network


def _turn(run: StudioRun, network: NetworkRun | None, *, as_json: bool) -> None:
    """Hand on and say what came within a moment."""
    try:
        event: Message = run.next(0.25)
    except ProcessError:
        pass
    else:
        if network is not None:
            network.from_studio(event)
        _tell(event, as_json=as_json)
    while network is not None:
        try:
            heard = network.events.get_nowait()
        except queue.Empty:
            return
        _tell(heard, as_json=as_json)


def _tell(event: Message, *, as_json: bool) -> None:
    line = _line(event)
    if line:
        print(json.dumps({"event": type(event).__name__, "text": line}) if as_json else line, flush=True)


def _line(event: Message) -> str:
    match event:
        case Ready():
            return f"ready; {event.healed} things healed" if event.healed else "ready"
        case Progress() if event.done % 100 == 0 and event.done:
            return f"{event.job.value}: {event.done} of {event.total}{f', {event.note}' if event.note else ''}"
        case JobEnded() if event.done:
            return f"{event.job.value}: {event.done} done, {event.failed} failed, {event.seconds:.0f} s"
        case ScoresChanged() if event.labels:
            return f"learned from {event.labels} ratings"
        case NetworkReady():
            return f"network on as {event.key}"
        case NetworkState():
            return (
                f"network: {event.peers} peers, {event.dht_nodes} DHT nodes, {event.catalogues} catalogues, "
                f"{event.published} items published{'; ' + event.problem if event.problem else ''}"
            )
        case OfferScoresChanged():
            return f"offers: {event.offers} ranked in {event.seconds:.1f} s"
        case DownloadChanged(state=DownloadState.DONE):
            return f"download {event.download}: done"
        case DownloadChanged(state=DownloadState.REFUSED | DownloadState.FAILED):
            return f"download {event.download}: {event.state.value}, {event.reason}"
        case Failed():
            return f"failed: {event.title} {event.detail}"
    return ""
