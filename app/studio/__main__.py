"""The studio process: `python -m app.studio --profile DIR`. Reads requests on standard input, answers on output.

It ends when it is told to, or when its standard input closes (the window is gone).
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from pathlib import Path

from app.errors import BowerbirdError
from app.logs import start_logging
from app.paths import Profile
from app.pipe import Speaker, listen, take_over_stdout
from app.protocol import Failed

log = logging.getLogger("app.studio")

NICENESS = 10


def main(arguments: list[str] | None = None) -> int:
    """Run until told to end. The exit status is 0, or 3 when the profile cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m app.studio", description="The studio process of Bowerbird.")
    parser.add_argument("--profile", type=Path, required=True)
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args(arguments)
    profile = Profile.at(options.profile)
    speaker = Speaker(take_over_stdout())
    _be_nice()
    start_logging(profile.logs, "studio", verbose=options.verbose)

    from app.studio.service import Studio

    studio = Studio(profile, speaker.say)
    try:
        studio.start()
        listen(studio.handle)
    except BowerbirdError as error:
        speaker.say(Failed(0, error.title, error.detail, str(error.path or "")))
        log.warning("the studio cannot start: %s", error.title)
        return 3
    finally:
        studio.close()
        if studio.left:
            _leave()
    return 0


def _leave() -> None:
    """End at once: all is written, and Python's own end does not go together with a thread that imports a library."""
    log.info("ending before a network was done")
    logging.shutdown()
    sys.stderr.flush()
    os._exit(0)


def _be_nice() -> None:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    # A Ctrl+C in the terminal reaches the whole group; the window decides, and we end when it closes our input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


if __name__ == "__main__":
    sys.exit(main())
