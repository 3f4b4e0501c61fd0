"""`bowerbird scan`: take folders in, read tags, give every item its vectors, and say how it went."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from app.codec import Message
from app.commands.studio_run import StudioRun, studio_for
from app.errors import MediaError, ProcessError
from app.paths import RESOURCES, Profile
from app.protocol import AddFolder, Cancel, Done, Failed, Job, JobEnded, Progress, Scan
from app.store.database import Database
from app.store.items import Items


def scan(profile: Profile, options: argparse.Namespace) -> int:
    """Scan the given folders (or all) and wait until everything has its vectors."""
    with studio_for(profile) as run:
        take_in(run, options.folders)
        if not options.folders:
            run.tell(Scan())
        scanned = _wait(run, Job.SCAN, quiet=options.json)
        encoded = None
        if options.no_vectors:
            run.tell(Cancel(Job.INDEX))
            run.tell(Cancel(Job.LEARNED))
        else:
            while not run.studio.idle:
                encoded = _wait(run, Job.INDEX, quiet=options.json)
            _wait_for_learned(run, quiet=options.json)
    with Database.open(profile.library, RESOURCES / "migrations", readonly=True) as database:
        counts, failures = Items(database).counts(), Items(database).failures()
    if options.json:
        print(
            json.dumps(
                {
                    "tracks": counts.tracks,
                    "videos": counts.videos,
                    "encoded": counts.encoded,
                    "scan_seconds": round(scanned.seconds, 3),
                    "encode_seconds": round(encoded.seconds, 3) if encoded else None,
                    "failures": [{"path": f.path, "stage": f.stage, "reason": f.reason} for f in failures],
                }
            )
        )
        return 0
    print(f"{counts.tracks} tracks, {counts.videos} videos; {counts.encoded} have their vectors.")
    for failure in failures:
        print(f"  could not be read: {failure.path}: {failure.reason}")
    return 0


def take_in(run: StudioRun, folders: Sequence[Path]) -> None:
    """Add folders to the library. Raises MediaError for one that is none."""
    for folder in folders:
        if not folder.is_dir():
            raise MediaError("This is not a folder", "Give a folder with music or videos.", folder)
        run.ask(partial(AddFolder, path=str(folder.resolve())), Done)


def _wait(run: StudioRun, job: Job, *, quiet: bool) -> JobEnded:
    while True:
        event = run.next(3600.0)
        _show(event, job, quiet=quiet)
        if isinstance(event, JobEnded) and event.job is job:
            return event


def _wait_for_learned(run: StudioRun, *, quiet: bool) -> None:
    """Wait until what is there is encoded with the learned encoders; without any of them, not at all."""
    while not run.studio.learned_idle:
        with contextlib.suppress(ProcessError):  # nothing was to be said for a while
            _show(run.next(0.2), Job.LEARNED, quiet=quiet)


def _show(event: Message, job: Job, *, quiet: bool) -> None:
    match event:
        case JobEnded() if event.job is job and not quiet:
            print(file=sys.stderr)
        case Progress() if event.job is job and not quiet:
            left = f", {event.seconds_left / 60:.0f} min left" if event.seconds_left > 60 else ""
            note = f"  {event.note}" if event.note else ""
            line = f"\r{job.value} {event.done}/{event.total}  {event.rate:.0f}/min{left}{note}   "
            print(line, end="", file=sys.stderr, flush=True)
        case Failed() if event.request == 0:
            print(f"\nbowerbird: {event.title} {event.detail}", file=sys.stderr)
