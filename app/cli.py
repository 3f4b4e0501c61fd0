"""The commands that need no window: the library's, the network's, the laboratory's and the doctor.

They work on the same profile and the same studio as the window. Where the window is open, the studio is taken: then
rating and export still work, and `recommend` shows the ranking the window keeps. Prints for people, or with `--json`
one JSON object or array for scripts.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from app.commands import (
    discovering,
    doctor,
    encoders,
    evaluate,
    feedback,
    headless,
    listing,
    peers,
    publishing,
    scanning,
    searching,
)
from app.errors import BowerbirdError
from app.logs import start_logging
from app.paths import Profile

log = logging.getLogger(__name__)

Command = Callable[[Profile, argparse.Namespace], int]


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="bowerbird",
        description="A local-first player that learns your taste. Without a command: the window.",
    )
    where = "another place for library, vectors and settings"
    top.add_argument("--profile", type=Path, help=where)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Command, text: str, *, as_json: bool = True) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        # Also behind the command, where most people write it; given nowhere here, the one in front stands.
        made.add_argument("--profile", type=Path, default=argparse.SUPPRESS, help=where)
        if as_json:
            made.add_argument("--json", action="store_true", help="print JSON")
        return made

    scan = add("scan", scanning.scan, "take folders in, read tags, and give every item its vectors")
    scan.add_argument("folders", nargs="*", type=Path, metavar="DIR", help="none: all folders of the library")
    scan.add_argument("--no-vectors", action="store_true", help="only look and read tags")
    recommend = add("recommend", listing.recommend, "what you would love, with the reason")
    recommend.add_argument("-n", type=_count, default=10, metavar="N")
    recommend.add_argument("--kind", choices=("track", "video"), default="")
    similar = add("similar", listing.similar, "what sounds or looks like one file")
    similar.add_argument("path", type=Path, metavar="PATH")
    similar.add_argument("-n", type=_count, default=10, metavar="N")
    looked = add("search", searching.search, "what fits words, by tags and by what it sounds like and shows")
    looked.add_argument("words", nargs="+", metavar="WORDS", help="also artist:x, year:1990..1999; -word in quotes")
    looked.add_argument("-n", type=_count, default=10, metavar="N")
    looked.add_argument("--kind", choices=("track", "video"), default="")
    rate = add("rate", feedback.rate, "rate one file: 0 to 5 stars in halves, like, dislike or clear")
    rate.add_argument("path", type=Path, metavar="PATH")
    rate.add_argument("rating", metavar="STARS|like|dislike|clear")
    export = add("export", feedback.export, "write all feedback as JSON Lines", as_json=False)
    export.add_argument("file", type=Path, nargs="?", metavar="FILE", help="standard output when left out")
    take = add("import", feedback.import_, "take feedback in that was exported")
    take.add_argument("file", type=Path, nargs="?", metavar="FILE", help="standard input when left out")
    check = add("doctor", doctor.doctor, "versions, codecs, health of library and vectors")
    check.add_argument("--repair", action="store_true", help="mend what is wrong; a damaged file is set aside")
    encoders.add_options(
        add("encoders", encoders.encoders, "learned encoders: list, get, install, check or remove them")
    )
    # Its options are many and its own: the laboratory reads them.
    laboratory = commands.add_parser("evaluate", help="measure the taste network and its rivals", add_help=False)
    laboratory.set_defaults(run=evaluate.evaluate)
    alone = add("headless", headless.headless, "keep a library indexed without a window, until stopped")
    alone.add_argument("folders", nargs="*", type=Path, metavar="DIR")
    alone.add_argument("--share", action="store_true", help="be a peer: publish these DIRs, find what others publish")
    alone.add_argument("--licence", default="", help="with --share: of files whose tags name none, e.g. CC0-1.0")
    _add_network(add)
    return top


def _add_network(add: Callable[..., argparse.ArgumentParser]) -> None:
    add("peers", peers.peers, "the peers that are known, followed or blocked")
    add("card", peers.card, "your own card, for a friend to follow")
    for name, run, text in (
        ("follow", peers.follow, "follow a peer"),
        ("unfollow", peers.unfollow, "do not follow a peer any longer"),
        ("block", peers.block, "take all of a peer away and hear nothing from it again"),
        ("unblock", peers.unblock, "let a blocked peer be a stranger again"),
    ):
        add(name, run, text).add_argument("peer", metavar="CARD|FILE|KEY|NAME")
    publish = add("publish", publishing.publish, "let peers see folders or playlists; without any: what they see now")
    publish.add_argument("sources", nargs="*", metavar="DIR|PLAYLIST")
    publish.add_argument("--licence", default="", help="of files whose tags name none, e.g. CC0-1.0")
    publish.add_argument("--stop", action="store_true", help="show them to nobody any longer; without any: nothing")
    publish.add_argument("--preview", action="store_true", help="only show exactly what would leave")
    found = add("discover", discovering.discover, "what peers offer that you would love, with the reason")
    found.add_argument("search", nargs="?", default="", metavar="WORDS")
    found.add_argument("-n", type=_count, default=20, metavar="N")
    found.add_argument("--kind", choices=("track", "video"), default="")
    found.add_argument("--licence", default="", help='"free", or a word the licence must hold')
    found.add_argument("--followed", action="store_true", help="of followed peers only")
    found.add_argument("--peer", default="", metavar="KEY|NAME", help="of one peer only")


def run(arguments: list[str]) -> int:
    """Run one command. Exit status: 0 done, 1 failed (the reason is on standard error), 2 wrong arguments."""
    top = parser()
    options, rest = top.parse_known_args(arguments)
    if rest and options.command != "evaluate":
        top.error(f"unrecognized arguments: {' '.join(rest)}")
    options.rest = rest
    profile = Profile.at(options.profile) if options.profile else Profile.default()
    profile.make()
    start_logging(profile.logs, "command")
    command: Command = options.run
    try:
        return command(profile, options)
    except BowerbirdError as error:
        if getattr(options, "json", False):
            print(json.dumps({"error": error.title, "detail": error.detail, "path": str(error.path or "")}))
        print(f"bowerbird: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 10_000:
        raise argparse.ArgumentTypeError("1 to 10000")
    return number
