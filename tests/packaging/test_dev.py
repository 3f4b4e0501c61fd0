"""The command line of dev.py: which Pythons it takes, when it misses a display, what it hands on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "packaging"))

import dev  # noqa: E402


@pytest.mark.parametrize("version", [(3, 11), (3, 12), (3, 13)])
def test_supported_pythons_are_taken(version: tuple[int, int]) -> None:
    assert dev.refusal(version, "linux") is None


@pytest.mark.parametrize(
    ("version", "platform", "remedy"),
    [((3, 10), "linux", "apt install"), ((3, 14), "darwin", "brew"), ((2, 7), "win32", "winget")],
)
def test_others_are_refused_with_what_to_install(version: tuple[int, int], platform: str, remedy: str) -> None:
    said = dev.refusal(version, platform)
    assert said is not None
    assert f"{version[0]}.{version[1]}" in said
    assert remedy in said


@pytest.mark.parametrize(
    ("arguments", "environ", "platform", "lacks"),
    [
        ([], {}, "linux", True),
        (["--demo"], {}, "linux", True),
        (["play", "x.mp3"], {}, "linux", True),
        ([], {"DISPLAY": ":0"}, "linux", False),
        ([], {"WAYLAND_DISPLAY": "wayland-0"}, "linux", False),
        ([], {"QT_QPA_PLATFORM": "offscreen"}, "linux", False),
        (["headless"], {}, "linux", False),
        (["--json", "scan", "music"], {}, "linux", False),
        (["--profile", "scan"], {}, "linux", True),
        (["--profile", "there", "doctor"], {}, "linux", False),
        (["--help"], {}, "linux", False),
        ([], {}, "darwin", False),
        ([], {}, "win32", False),
    ],
)
def test_missing_display_is_noticed_only_for_a_window(
    arguments: list[str], environ: dict[str, str], platform: str, lacks: bool
) -> None:
    assert dev.lacks_display(arguments, environ, platform) is lacks


def test_arguments_after_the_dashes_are_handed_on() -> None:
    options, passed = dev.parse(["run", "--offscreen", "--", "--cuda", "scan"])
    assert options.offscreen
    assert not options.cuda
    assert passed == ["--cuda", "scan"]


def test_unknown_arguments_go_to_the_tool() -> None:
    options, passed = dev.parse(["test", "tests/models", "-k", "taste"])
    assert options.command == "test"
    assert passed == ["tests/models", "-k", "taste"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux is without a display")
def test_run_without_a_display_says_what_else_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    ran = subprocess.run(
        [sys.executable, ROOT / "packaging" / "dev.py", "run"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 2
    assert "--offscreen" in ran.stdout
    assert "bowerbird headless" in ran.stdout


def test_exit_status_of_the_child_is_ours() -> None:
    assert dev.call([sys.executable, "-c", "raise SystemExit(7)"], {}) == 7
