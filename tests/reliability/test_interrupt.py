"""Ctrl+C in the terminal of `run -- --demo` reaches all our processes: none dies of it, each ends when it is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.config import Settings
from app.demo_swarm import DemoSwarm
from app.paths import Profile

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


@pytest.mark.skipif(os.name != "posix", reason="a console of Windows sends no SIGINT to a group")
def test_a_peer_of_the_demo_ends_in_order_after_an_interrupt(tmp_path: Path) -> None:
    profile = Profile.at(tmp_path / "own")
    profile.make()
    DemoSwarm(profile).prepare(Settings(profile.settings))
    root = next(path for path in sorted((profile.root / "neighbours").iterdir()) if path.is_dir())
    command = [sys.executable, "-m", "app", "demo-peer", "0", "--profile", str(root)]
    child = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT)
    try:
        deadline = time.monotonic() + PATIENCE
        while not any((root / "demo-library").rglob("*.*")):
            assert child.poll() is None, "it ended by itself"
            assert time.monotonic() < deadline, "it made nothing"
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=PATIENCE)  # closes its input: now it ends
        assert child.returncode == 0
        assert b"Traceback" not in said
        assert b"Fatal" not in said
    finally:
        child.kill()
        child.wait()
