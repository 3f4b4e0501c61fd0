"""Starts the observed window on a profile and reads what it saw; shared by the measurements of the window."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from table import Absent

from app.config import LAST_PAGE, Settings
from app.paths import Profile

OBSERVER = Path(__file__).with_name("observed_window.py")


@dataclass(frozen=True, slots=True)
class Seen:
    """Seconds from exec to the first paint and to a list with rows, MiB, and the gaps of a 10 ms timer in s."""

    first: float
    listed: float
    memory: float
    gaps: tuple[float, ...]


def run_window(profile: Profile, page: str, lasting: float, *arguments: str) -> Seen:
    """Open the window of `profile` on `page` in a process of its own. Raises Absent with what it said on failure."""
    Settings(profile.settings).set(LAST_PAGE, page)
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "BOWERBIRD_BENCH_BEGUN": repr(time.monotonic())}
    command = [sys.executable, str(OBSERVER), str(lasting), "--profile", str(profile.root), "--offscreen", *arguments]
    environ["PYTHONPATH"] = os.pathsep.join([str(OBSERVER.parents[2]), environ.get("PYTHONPATH", "")])
    try:
        ran = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, timeout=lasting + 120)
    except subprocess.TimeoutExpired:
        raise Absent("the window did not close in time") from None
    last = ran.stdout.strip().splitlines()[-1:] or [""]
    if ran.returncode or not last[0].startswith("{"):
        raise Absent("the window did not come up: " + " / ".join(ran.stderr.strip().splitlines()[-2:]))
    said = json.loads(last[0])
    return Seen(said["first"], said["listed"], said["memory"], tuple(said["gaps"]))
