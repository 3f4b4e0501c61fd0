"""`bowerbird encoders`: which learned encoders there are, getting, installing, checking and removing them.

Only `get` uses the network. Prints for people, or with `--json` one JSON value for scripts.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from app.encoders.catalogue import KnownEncoder, find, read_catalogue
from app.encoders.families import FAMILIES
from app.encoders.hub import Hub
from app.encoders.installed import Installed, Tried, Vouched
from app.encoders.shelf import EncoderShelf, Place, Progress, Step
from app.errors import ModelError
from app.jobs import Cancelled, JobControl
from app.paths import Profile
from models.types import Modality

VOUCHED = {
    Vouched.PINNED: "the digest pinned in this program",
    Vouched.HUB: "the hub's own record at the first download",
    Vouched.HUB_GIT: "the hub's git record at the first download",
    Vouched.OWNER: "nobody but whoever gave the file",
}


def add_options(command: argparse.ArgumentParser) -> None:
    """The options of `bowerbird encoders`."""
    command.add_argument(
        "action",
        choices=("list", "get", "install", "check", "remove"),
        nargs="?",
        default="list",
        help="list: what there is (the default); get: download, or go on with it; install: from a folder or file, "
        "without any network; check: does it behave as trained, and how quick is it here; remove: delete its files",
    )
    command.add_argument(
        "name",
        nargs="?",
        default="",
        metavar="NAME|FOLDER|FILE",
        help='as "list" names it, "open_clip" or "clap" for the recommended ones, MODEL/TAG of open_clip\'s own list; '
        "install: where the files lie",
    )
    command.add_argument("--as", dest="called", default="", metavar="NAME", help="install: what to call it")
    command.epilog = (
        "Downloads come from https://huggingface.co, or from the mirror that the variable HF_ENDPOINT names; "
        "HTTPS_PROXY leads through a proxy. A Bowerbird that runs meanwhile notices within seconds."
    )


def encoders(profile: Profile, options: argparse.Namespace) -> int:
    """Run one of the five."""
    shelf = EncoderShelf(profile.encoders, read_catalogue())
    if options.action == "list":
        return _list(shelf, as_json=options.json)
    if options.action == "check" and not options.name:
        found = shelf.installed()
        if not found:
            raise ModelError("No encoder is installed", "bowerbird encoders get open_clip")
        return max([_check(shelf, one, as_json=options.json) for one in found])
    if not options.name:
        raise ModelError(f"Which encoder to {options.action}?", "bowerbird encoders list shows their names.")
    if options.action == "remove":
        shelf.remove(options.name)
        print(json.dumps({"removed": options.name}) if options.json else f"{options.name} is removed.")
        return 0
    if options.action == "check":
        return _check(shelf, shelf.find(options.name), as_json=options.json)
    installed = _get(shelf, options) if options.action == "get" else _install(shelf, options)
    return _check(shelf, installed, as_json=options.json)


def _get(shelf: EncoderShelf, options: argparse.Namespace) -> Installed:
    control = JobControl()
    try:
        return shelf.get(_known(options.name), Hub(), control, _progress(quiet=options.json))
    except (KeyboardInterrupt, Cancelled):
        print("\nWhat came is kept; the same command goes on.", file=sys.stderr)
        raise KeyboardInterrupt from None


def _install(shelf: EncoderShelf, options: argparse.Namespace) -> Installed:
    source, config = Path(options.name), b""
    alone = source.is_file() and not any(
        (source.parent / name).exists() for name in ("open_clip_config.json", "config.json")
    )
    if alone and options.called:
        from app.encoders.loading import configuration

        known = find(options.called, read_catalogue())
        config = configuration(known.name if known else options.called)
    return shelf.take(source, options.called, config, progress=_progress(quiet=options.json))


def _known(name: str) -> KnownEncoder:
    """Of our catalogue, else of open_clip's own list."""
    found = find(name, read_catalogue())
    if found is None:
        from app.encoders.loading import listed

        found = listed(name)
    return found


def _check(shelf: EncoderShelf, installed: Installed, *, as_json: bool) -> int:
    """Load it, let it match words with pictures or sounds, time it. Status 1 where it does not behave as trained."""
    from app.encoders.trial import try_out

    if not as_json:
        print(f"{installed.name}: loading and trying it ...", file=sys.stderr)
    tried, _ = try_out(installed)
    shelf.note(installed, tried)
    if as_json:
        print(json.dumps(_shown(Place(installed.name, None, shelf.find(installed.name)))))
    else:
        print(f"{installed.name}: {_told(installed, tried)}")
    return 0 if tried.trained else 1


def _told(installed: Installed, tried: Tried) -> str:
    if not tried.rate:
        return tried.said
    kind = "bfloat16" if tried.half else "float32"
    return (
        f"{tried.said} {tried.hits} of {tried.asked} nearest to their own words (chance {tried.chance:.4f}). "
        f"{_rate(installed, tried)} on {tried.device}, {kind}, {tried.threads} thread(s); {tried.memory_mib:.0f} MiB."
    )


def _rate(installed: Installed, tried: Tried) -> str:
    sees = FAMILIES[installed.family].modality is Modality.IMAGE
    return f"{tried.rate:.0f} {'pictures a second' if sees else 'x realtime'}"


def _list(shelf: EncoderShelf, *, as_json: bool) -> int:
    places = shelf.places()
    if as_json:
        print(json.dumps([_shown(place) for place in places]))
        return 0
    for place in places:
        known, installed = place.known, place.installed
        print(f"{place.name}{'  (default)' if known and known.default else ''}")
        if known:
            pin = f"revision {known.revision[:12]}" if known.revision else "the newest revision"
            print(f"    {known.adds}")
            print(
                f"    {known.size / 1e6:.0f} MB to download, {known.licence or 'licence unknown'}, {known.repo}, {pin}"
            )
        if installed:
            print(f"    installed: {installed.size / 1e6:.0f} MB, vouched for by {VOUCHED[installed.vouched]}")
            if installed.tried:
                print(f"    {_told(installed, installed.tried)}")
        elif place.arrived:
            print(f"    {place.arrived / 1e6:.0f} MB have arrived; `get` goes on")
        elif place.problem:
            print(f"    {place.problem}")
    return 0


def _shown(place: Place) -> dict[str, object]:
    known, installed = place.known, place.installed
    shown: dict[str, object] = {"name": place.name, "installed": installed is not None}
    if known:
        shown |= {key: value for key, value in asdict(known).items() if key not in ("name", "files")}
        shown["size"] = known.size
    if installed:
        shown |= {
            "family": installed.family, "repo": installed.repo, "revision": installed.revision,
            "licence": installed.licence, "bytes": installed.size, "folder": str(installed.folder),
            "files": [asdict(file) for file in installed.files],
            "tried": asdict(installed.tried) if installed.tried else None,
        }  # fmt: skip
    return shown | {"arrived": place.arrived, "problem": place.problem}


def _progress(*, quiet: bool) -> Progress:
    last = [0.0]

    def show(step: Step) -> None:
        now = time.monotonic()
        if not quiet and (now - last[0] > 0.2 or step.done == step.total):
            last[0] = now
            line = f"\r{step.doing} {step.done / 1e6:.0f}/{step.total / 1e6:.0f} MB  {step.file}          "
            print(line, end="\n" if step.done == step.total else "", file=sys.stderr, flush=True)

    return show
