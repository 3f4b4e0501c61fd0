"""`bowerbird evaluate`: measure the taste network and its rivals; the laboratory is in `app/studio/evaluate`."""

from __future__ import annotations

import argparse
import sys
import time

from app.paths import Profile

EVERY = 10.0


def evaluate(profile: Profile, options: argparse.Namespace) -> int:
    """Print the report; status 1 when the measurement failed its gates. `options.rest` are the laboratory's own."""
    # Imported here: no other command should wait for the laboratory's libraries.
    from app.studio.evaluate.laboratory import Outlet, run

    return run(profile, options.rest, Outlet(lambda line: print(line, flush=True), _Hint().show))


class _Hint:
    """Progress on standard error: one line in place on a terminal, elsewhere a line every ten seconds."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._said = 0.0

    def show(self, text: str) -> None:
        if self._live:
            print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)
        elif text and time.monotonic() - self._said > EVERY:
            self._said = time.monotonic()
            print(text, file=sys.stderr, flush=True)
