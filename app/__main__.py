"""The command line: `bowerbird` opens the window, `bowerbird COMMAND` works without one. `python -m app` is the same.

Only decides who gets the arguments; the window's libraries are not loaded for a command, nor the other way round.
"""

from __future__ import annotations

import multiprocessing
import sys

COMMANDS = frozenset((
    "scan", "recommend", "similar", "search", "rate", "export", "import", "doctor", "evaluate", "headless",
    "peers", "card", "follow", "unfollow", "block", "unblock", "publish", "discover", "encoders",
))  # fmt: skip
CHILDREN = ("decode-child", "studio", "network", "demo-peer")
"""Hidden commands by which a frozen bundle starts its own other processes."""


def main(arguments: list[str] | None = None) -> int:
    """Run the program; returns its exit status."""
    multiprocessing.freeze_support()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given and given[0] == "decode-child":
        from app.library.decode_child import main as decode

        decode()
        return 0
    if given and given[0] == "studio":
        from app.studio.__main__ import main as studio

        return studio(given[1:])
    if given and given[0] == "network":
        from app.peers.__main__ import main as network

        return network(given[1:])
    if given and given[0] == "demo-peer":
        from app.commands.demo_peer import main as demo_peer

        return demo_peer(given[1:])
    if _command_of(given) is not None:
        from app.cli import run

        return run(given)
    from app.start import open_window

    return open_window(given)


def _command_of(given: list[str]) -> str | None:
    """The first word that is no option and no option's value, where it is a command."""
    skip = False
    for word in given:
        if skip:
            skip = False
        elif word == "--profile":
            skip = True
        elif not word.startswith("-"):
            return word if word in COMMANDS else None
    return None


if __name__ == "__main__":
    sys.exit(main())
