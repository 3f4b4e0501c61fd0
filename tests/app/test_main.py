"""Who gets the arguments, and what happens without a display."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.__main__ import COMMANDS, _command_of
from app.start import NO_DISPLAY, parser, profile_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["scan", "x"], "scan"),
        (["--profile", "p", "doctor"], "doctor"),
        (["--profile", "scan"], None),
        (["--demo"], None),
        (["music"], None),
        (["music", "scan"], None),
        ([], None),
        (["--offscreen", "recommend"], "recommend"),
    ],
)
def test_the_first_word_decides(words: list[str], command: str | None) -> None:
    assert _command_of(words) == command


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
def test_the_windows_help_names_every_command() -> None:
    words = parser().format_help()
    assert {word.strip(",.;") for word in words.split()} >= COMMANDS
    assert words.isascii(), "some terminals print nothing else"


def test_without_a_display_the_ways_out_are_named() -> None:
    bare = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    ended = subprocess.run(
        [sys.executable, "-m", "app"], cwd=ROOT, env=bare, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.strip() == NO_DISPLAY
    assert "--offscreen" in NO_DISPLAY
    assert "bowerbird headless" in NO_DISPLAY


def test_the_demo_has_a_profile_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOWERBIRD_PROFILE", str(tmp_path / "mine"))
    assert profile_of(None, demo=False).root == tmp_path / "mine"
    assert profile_of(None, demo=True).root == tmp_path / "mine-demo"
    assert profile_of(tmp_path / "given", demo=True).root == tmp_path / "given"
