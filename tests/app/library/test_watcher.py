"""Changes below watched folders are told, with the folder they happened in."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import watchfiles

from app.library import watcher
from app.library.watcher import Watcher

PATIENCE = 20.0


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watcher, "DEBOUNCE", 100)
    monkeypatch.setattr(watcher, "_STEP", 50)
    monkeypatch.setattr(watcher, "_LOOK", 0.2)
    monkeypatch.setattr(watcher, "_POLL", 100)


@contextmanager
def _watching(*folders: Path, polling: bool = False) -> Iterator[queue.Queue[Path]]:
    told: queue.Queue[Path] = queue.Queue()
    watching = Watcher(folders, told.put, polling=polling)
    watching.start()
    assert watching.ready.wait(PATIENCE)
    try:
        yield told
    finally:
        ending = threading.Thread(target=watching.stop, daemon=True)
        ending.start()
        ending.join(PATIENCE)
        assert not ending.is_alive()


@pytest.mark.parametrize("polling", [False, True])
def test_the_folder_of_a_change_is_told(tmp_path: Path, polling: bool) -> None:
    for name in ("a", "b/deep"):
        (tmp_path / name).mkdir(parents=True)
    with _watching(tmp_path / "a", tmp_path / "b", polling=polling) as told:
        (tmp_path / "b" / "deep" / "song.mp3").write_bytes(b"x")
        assert told.get(timeout=PATIENCE) == tmp_path / "b"


def test_new_folders_renames_and_deletions_count(tmp_path: Path) -> None:
    with _watching(tmp_path) as told:
        (tmp_path / "new").mkdir()
        assert told.get(timeout=PATIENCE) == tmp_path
        (tmp_path / "new").rename(tmp_path / "newer")
        assert told.get(timeout=PATIENCE) == tmp_path
        (tmp_path / "newer").rmdir()
        assert told.get(timeout=PATIENCE) == tmp_path


@pytest.mark.parametrize("name", [".hidden", "a.part", "b.crdownload", "library.db-wal", "c.mp3~", "D.TMP"])
def test_noise_is_not_told(tmp_path: Path, name: str) -> None:
    with _watching(tmp_path / "a", tmp_path / "b") as told:
        assert told.empty()
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    with _watching(tmp_path / "a", tmp_path / "b") as told:
        (tmp_path / "a" / name).write_bytes(b"x")
        (tmp_path / "b" / "real.mp3").write_bytes(b"x")
        assert told.get(timeout=PATIENCE) == tmp_path / "b"  # the noise, which came first, was not told
        assert told.empty()


def test_a_folder_that_comes_and_goes_is_told(tmp_path: Path) -> None:
    drive = tmp_path / "drive"
    with _watching(drive) as told:
        drive.mkdir()
        assert told.get(timeout=PATIENCE) == drive
        until = time.monotonic() + PATIENCE
        while told.empty() and time.monotonic() < until:  # once it is watched, changes in it are seen
            (drive / "song.mp3").write_bytes(str(time.monotonic()).encode())
            time.sleep(0.05)
        assert told.get(timeout=PATIENCE) == drive
        (drive / "song.mp3").unlink()
        drive.rmdir()
        assert told.get(timeout=PATIENCE) == drive


def test_without_system_notices_it_looks_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = watchfiles.watch

    def limited(*paths: Path, force_polling: bool | None = None, **options: object) -> object:
        if not force_polling:
            raise OSError(28, "OS file watch limit reached")
        return real(*paths, force_polling=True, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(watchfiles, "watch", limited)
    with _watching(tmp_path) as told:
        (tmp_path / "song.mp3").write_bytes(b"x")
        assert told.get(timeout=PATIENCE) == tmp_path


def test_no_folders_is_no_trouble() -> None:
    with _watching():
        pass
