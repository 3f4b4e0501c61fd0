"""The window as a process of its own: started from a shell, killed, started again, ended by a signal."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from app.paths import RESOURCES, Profile
from app.store.database import Database
from app.store.items import Items
from tests.studio_run import write_sound

pytestmark = [pytest.mark.journey, pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")]

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 90.0


def until(true: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def studio_runs(profile: Profile) -> bool:
    lock = FileLock(profile.root / "studio.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def tracks(profile: Profile) -> int:
    with Database.open(profile.library, RESOURCES / "migrations") as database:
        return Items(database).counts().tracks


@pytest.fixture
def start(profile: Profile) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts windows without a display; whatever still runs at the end is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def run(*words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "app", "--offscreen", "--profile", str(profile.root), *words]
        started.append(subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL))
        return started[-1]

    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def test_a_killed_window_takes_its_studio_along_and_starts_again(
    profile: Profile, tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    music = tmp_path / "music"
    music.mkdir()
    for number in range(3):
        write_sound(music / f"{number}.wav", pitch=200 + 50 * number, noise=0.1, seed=number)
    first = start(str(music))
    until(lambda: profile.library.exists() and studio_runs(profile) and tracks(profile) == 3, "the folder is taken in")
    first.send_signal(signal.SIGKILL)
    first.wait()
    # Nobody told the studio: it ends because its input closed.
    until(lambda: not studio_runs(profile), "the studio ends with the window")
    second = start()
    until(lambda: studio_runs(profile), "the studio runs again")
    assert tracks(profile) == 3
    second.send_signal(signal.SIGTERM)
    assert second.wait(timeout=60) == 0
    until(lambda: not studio_runs(profile), "the studio ends with the window")


def test_a_second_start_hands_its_folder_to_the_first(
    profile: Profile, tmp_path: Path, start: Callable[..., subprocess.Popen[bytes]]
) -> None:
    music = tmp_path / "music"
    music.mkdir()
    write_sound(music / "one.wav", pitch=300, noise=0.1)
    first = start()
    until(lambda: profile.library.exists() and studio_runs(profile), "the first window is up")
    second = start(str(music))
    assert second.wait(timeout=60) == 0
    until(lambda: tracks(profile) == 1, "the first takes the folder in")
    first.send_signal(signal.SIGINT)
    assert first.wait(timeout=60) == 0
    assert [path.name for path in music.iterdir()] == ["one.wav"]
