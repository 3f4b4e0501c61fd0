"""`bowerbird headless`: keep a library scanned, indexed and scored without a window, on a NAS or a server."""

from __future__ import annotations

import argparse
import json
import signal
import threading

from app.commands.scanning import take_in
from app.commands.studio_run import studio_for
from app.errors import ProcessError
from app.paths import Profile
from app.protocol import Event, Failed, JobEnded, Progress, Ready, Scan, ScoresChanged


def headless(profile: Profile, options: argparse.Namespace) -> int:
    """Run until SIGINT or SIGTERM; says what happens, a line at a time."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with studio_for(profile, watch=True) as run:
        _tell(run.next(60.0), as_json=options.json)
        take_in(run, options.folders)
        run.tell(Scan())
        while not stop.is_set():
            try:
                event = run.next(0.5)
            except ProcessError:
                continue
            _tell(event, as_json=options.json)
    return 0


def _tell(event: Event, *, as_json: bool) -> None:
    line = _line(event)
    if line:
        print(json.dumps({"event": type(event).__name__, "text": line}) if as_json else line, flush=True)


def _line(event: Event) -> str:
    match event:
        case Ready():
            return f"ready; {event.healed} things healed" if event.healed else "ready"
        case Progress() if event.done % 100 == 0 and event.done:
            return f"{event.job.value}: {event.done} of {event.total}"
        case JobEnded() if event.done:
            return f"{event.job.value}: {event.done} done, {event.failed} failed, {event.seconds:.0f} s"
        case ScoresChanged() if event.labels:
            return f"learned from {event.labels} ratings"
        case Failed():
            return f"failed: {event.title} {event.detail}"
    return ""
