"""The shared libraries Qt needs: what is missing is found, named, and installed only by root."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "packaging"))

import system_libraries as shared  # noqa: E402

GONE = shared.SystemLibrary("libbowerbird-nowhere.so.9", ("libnowhere9t64", "libnowhere9"))


class Tools:
    """Stands in for the system's package tools: notes what would be run."""

    def __init__(self, known: set[str], installs: bool) -> None:
        self.known = known
        self.installs = installs
        self.ran: list[list[str]] = []

    def run(self, command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
        self.ran.append(command)
        if command[:2] == ["apt-cache", "show"]:
            found = command[2] in self.known
            said = b"Package: " + command[2].encode() if found else b""
            return subprocess.CompletedProcess(command, 0 if found else 100, said)
        return subprocess.CompletedProcess(command, 0 if self.installs else 100)


def having(*tools: str) -> object:
    return lambda name: f"/usr/bin/{name}" if name in tools else None


def test_missing_library_is_found_and_a_present_one_is_not() -> None:
    libc = shared.SystemLibrary("libc.so.6", ("libc6",))
    if not sys.platform.startswith("linux"):
        pytest.skip("looks for a Linux library")
    assert shared.absent([libc, GONE]) == [GONE]


def test_newest_package_name_this_release_knows_is_taken() -> None:
    assert shared.package_of(GONE, lambda name: True) == "libnowhere9t64"
    assert shared.package_of(GONE, lambda name: name == "libnowhere9") == "libnowhere9"
    assert shared.package_of(GONE, lambda name: False) == "libnowhere9"


def test_nothing_is_said_or_done_when_all_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "absent", lambda libraries: [])
    said: list[str] = []
    shared.provide(True, said.append)
    assert said == []


@pytest.mark.parametrize(("window", "expected"), [(False, len(shared.OFFSCREEN)), (True, 16)])
def test_a_window_asks_for_more_than_offscreen(window: bool, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def absent(libraries: tuple[shared.SystemLibrary, ...]) -> list[shared.SystemLibrary]:
        asked.append(len(libraries))
        return []

    monkeypatch.setattr(shared, "absent", absent)
    shared.provide(window, lambda line: None)
    assert asked == [expected]


@pytest.mark.parametrize("installs", [True, False])
def test_root_on_debian_installs_and_says_what_apt_could_not(installs: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    tools = Tools({"libnowhere9"}, installs)
    monkeypatch.setattr(shared.subprocess, "run", tools.run)
    monkeypatch.setattr(shared.shutil, "which", having("apt-get"))
    monkeypatch.setattr(shared.os, "geteuid", lambda: 0)
    monkeypatch.setattr(shared, "OFFSCREEN", (GONE,))
    said: list[str] = []
    shared.provide(False, said.append)
    assert ["apt-get", "-qq", "-y", "--no-install-recommends", "install", "libnowhere9"] in tools.ran
    assert "could not provide" in said[-1]  # the library stays absent either way: it does not exist


def test_others_are_told_the_exact_command(monkeypatch: pytest.MonkeyPatch) -> None:
    tools = Tools({"libnowhere9t64"}, False)
    monkeypatch.setattr(shared.subprocess, "run", tools.run)
    monkeypatch.setattr(shared.shutil, "which", having("apt-get"))
    monkeypatch.setattr(shared.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shared, "OFFSCREEN", (GONE,))
    said: list[str] = []
    shared.provide(False, said.append)
    assert said[-1] == "install them with: sudo apt-get install libnowhere9t64"
    assert all(command[0] == "apt-cache" for command in tools.ran)


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        ("dnf", "sudo dnf install 'libbowerbird-nowhere.so.9()(64bit)'"),
        ("zypper", "sudo zypper install 'libbowerbird-nowhere.so.9()(64bit)'"),
        ("pacman", "your system's packages for libbowerbird-nowhere.so.9"),
    ],
)
def test_other_systems_resolve_the_soname(tool: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.shutil, "which", having(tool))
    assert shared.command_for([GONE]) == expected
