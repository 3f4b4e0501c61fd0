"""The network process: `python -m app.peers --profile DIR`. Reads requests on standard input, answers on output.

Exists only while the user has switched the network on: no process, no socket. It ends when it is told to, or when its
standard input closes (the window is gone). One event loop owns everything; a thread reads the input for it.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from app.codec import Message
from app.errors import BowerbirdError
from app.logs import start_logging
from app.paths import Profile
from app.pipe import Speaker, listen, take_over_stdout
from app.protocol import Failed

log = logging.getLogger("app.peers")

NICENESS = 5


def main(arguments: list[str] | None = None) -> int:
    """Run until told to end. The exit status is 0, or 3 when the network cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m app.peers", description="The network process of Bowerbird.")
    parser.add_argument("--profile", type=Path, required=True)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args(arguments)
    profile = Profile.at(options.profile)
    speaker = Speaker(take_over_stdout())
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    # A Ctrl+C in the terminal reaches the whole group; the window decides, and we end when it closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    start_logging(profile.logs, "network", verbose=options.verbose)
    try:
        asyncio.run(_run(profile, speaker))
    except BowerbirdError as error:
        speaker.say(Failed(0, error.title, error.detail, str(error.path or "")))
        log.warning("the network cannot be used: %s", error.title)
        return 3
    return 0


async def _run(profile: Profile, speaker: Speaker) -> None:
    from app.peers.service import Network

    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    network = Network(profile, speaker.say)

    def take(message: Message) -> None:
        loop.call_soon_threadsafe(network.handle, message)

    def read() -> None:
        try:
            listen(take)
        finally:
            loop.call_soon_threadsafe(ended.set)

    try:
        await network.start()
        threading.Thread(target=read, name="requests", daemon=True).start()
        await ended.wait()
    finally:
        await network.close()


if __name__ == "__main__":
    sys.exit(main())
