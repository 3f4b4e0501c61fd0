"""The whole suite in two lanes side by side, as `dev.py test` runs it when it is told nothing else.

Half of the suite waits: swarms for each other, windows for their processes, players for the end of a piece. The other
half computes. Side by side they take little longer than the longer of them. All that talks over sockets stays in one
lane, so no two swarms meet that should not. What is in no lane by name is in the computing one: no test is left out.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

PACKAGING = Path(__file__).resolve().parent
ROOT = PACKAGING.parent

WAITING = ("tests/app/peers", "tests/journeys", "tests/reliability")
"""Shown while it runs; the rest is shown when both lanes are through."""

Command = Sequence[str]


def lanes(python: str) -> tuple[tuple[Command, ...], tuple[Command, ...]]:
    """Return the commands of both lanes, each to be run one after the other: waiting, computing."""
    pytest = (python, "-m", "pytest")
    rest = (*pytest, "tests", *(f"--ignore={name}" for name in WAITING))
    return ((*pytest, *WAITING),), (rest, (python, str(PACKAGING / "coverage_pairs.py")))


def run(commands: Sequence[Command], output: BinaryIO | None) -> int:
    """Run commands one after the other up to the first that fails; return its status, or 0.

    They write to `output`, None for where we write ourselves.
    """
    for command in commands:
        status = subprocess.call(command, cwd=ROOT, stdout=output, stderr=None if output is None else subprocess.STDOUT)
        if status:
            return status
    return 0


def main() -> int:
    """Run both lanes; return 0 when both passed."""
    start = time.monotonic()
    waiting, computing = lanes(sys.executable)
    with tempfile.TemporaryFile() as said, ThreadPoolExecutor(1) as beside:
        other = beside.submit(run, computing, said)
        first = run(waiting, None)
        if not other.done():
            print("suite: this half is through, the other one computes on", flush=True)
        second = other.result()
        said.seek(0)
        print(said.read().decode("utf-8", "replace"), flush=True)
    failed = [", ".join(WAITING)] * bool(first) + ["the rest"] * bool(second)
    print(f"suite: {time.monotonic() - start:.0f} s;", "failed: " + "; ".join(failed) if failed else "all passed")
    return first or second


if __name__ == "__main__":
    sys.exit(main())
