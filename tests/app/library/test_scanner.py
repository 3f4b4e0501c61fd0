"""New, changed, gone, out of reach."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.files import Kind
from app.library.scanner import Found, Gone, Looked, Offline, Sight, Stamp, Unreadable, scan


def _make(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())


def _known(root: Path) -> dict[str, Stamp]:
    return {str(one.path): Stamp(one.size, one.mtime_ns) for one in scan(root, {}) if isinstance(one, Found)}


def _names(root: Path, sights: list[Sight], kind: type) -> list[str]:
    return [one.path.relative_to(root).as_posix() for one in sights if type(one) is kind]


def test_everything_is_new_the_first_time_and_nothing_the_second(tmp_path: Path) -> None:
    _make(tmp_path, "b/2.mp3", "b/1.flac", "a.MP4", "notes.txt", "b/cover.jpg")
    sights = list(scan(tmp_path, {}))
    assert _names(tmp_path, sights, Found) == ["a.MP4", "b/1.flac", "b/2.mp3"]
    assert [one.kind for one in sights if isinstance(one, Found)] == [Kind.VIDEO, Kind.TRACK, Kind.TRACK]
    assert all(one.new for one in sights if isinstance(one, Found))
    assert Looked(3, finished=True) in sights
    assert list(scan(tmp_path, _known(tmp_path))) == [Looked(3, finished=True)]


def test_changed_gone_and_back_again(tmp_path: Path) -> None:
    _make(tmp_path, "a.mp3", "b.mp3", "c.mp3")
    known = _known(tmp_path)
    (tmp_path / "a.mp3").write_bytes(b"longer than before")
    os.utime(tmp_path / "b.mp3", ns=(1, 1))
    (tmp_path / "c.mp3").unlink()
    sights = list(scan(tmp_path, known))
    assert _names(tmp_path, sights, Found) == ["a.mp3", "b.mp3"]
    assert not any(one.new for one in sights if isinstance(one, Found))
    assert _names(tmp_path, sights, Gone) == ["c.mp3"]

    stamp = known[str(tmp_path / "c.mp3")]
    known = {**_known(tmp_path), str(tmp_path / "c.mp3"): Stamp(stamp.size, stamp.mtime_ns, missing=True)}
    assert not _names(tmp_path, list(scan(tmp_path, known)), Gone)
    _make(tmp_path, "c.mp3")
    os.utime(tmp_path / "c.mp3", ns=(stamp.mtime_ns, stamp.mtime_ns))
    assert _names(tmp_path, list(scan(tmp_path, known)), Found) == ["c.mp3"]


def test_failures_are_not_tried_again_until_the_file_changes(tmp_path: Path) -> None:
    _make(tmp_path, "bad.mp3", "good.mp3")
    failures = {path: stamp for path, stamp in _known(tmp_path).items() if "bad" in path}
    assert _names(tmp_path, list(scan(tmp_path, {}, failures=failures)), Found) == ["good.mp3"]
    (tmp_path / "bad.mp3").write_bytes(b"mended")
    assert _names(tmp_path, list(scan(tmp_path, {}, failures=failures)), Found) == ["bad.mp3", "good.mp3"]


def test_hidden_and_system_folders_are_passed_over(tmp_path: Path) -> None:
    _make(tmp_path, ".trash/a.mp3", ".hidden.mp3", "lost+found/a.mp3", "$RECYCLE.BIN/a.mp3", "~$a.mp3", "ok/a.mp3")
    _make(tmp_path, "ringtones/.nomedia", "ringtones/a.mp3", "ringtones/below/a.mp3")
    assert _names(tmp_path, list(scan(tmp_path, {})), Found) == ["ok/a.mp3"]


def test_links_are_followed_once(tmp_path: Path) -> None:
    _make(tmp_path, "library/a/1.mp3", "elsewhere/2.mp3")
    library = tmp_path / "library"
    (library / "a" / "loop").symlink_to(library)
    (library / "b").symlink_to(tmp_path / "elsewhere")
    (library / "c").symlink_to(tmp_path / "elsewhere")
    (library / "dangling.mp3").symlink_to(tmp_path / "none.mp3")
    assert _names(library, list(scan(library, {})), Found) == ["a/1.mp3", "b/2.mp3"]


def test_a_missing_folder_is_offline_and_forgets_nothing(tmp_path: Path) -> None:
    _make(tmp_path, "drive/a.mp3")
    known = _known(tmp_path / "drive")
    (tmp_path / "drive").rename(tmp_path / "unplugged")
    assert list(scan(tmp_path / "drive", known)) == [Offline(tmp_path / "drive", "the folder is not there")]
    (tmp_path / "drive").touch()
    assert list(scan(tmp_path / "drive", known)) == [Offline(tmp_path / "drive", "this is not a folder")]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), "not allowed to look into the folder"),
        (OSError(107, "Transport endpoint is not connected"), "transport endpoint is not connected"),
        (OSError(5, "Input/output error"), "input/output error"),
    ],
)
def test_a_drive_that_went_away_is_offline(
    error: OSError, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _make(tmp_path, "a.mp3")
    known = _known(tmp_path)

    def refusing(_path: str | Path) -> object:
        raise error

    monkeypatch.setattr(os, "scandir", refusing)
    assert list(scan(tmp_path, known)) == [Offline(tmp_path, reason)]


def test_an_empty_mount_point_is_offline(tmp_path: Path) -> None:
    _make(tmp_path, "drive/a.mp3")
    drive = tmp_path / "drive"
    known = _known(drive)
    (drive / "a.mp3").unlink()
    (drive / "lost+found").mkdir()
    (sight,) = scan(drive, known)
    assert isinstance(sight, Offline)
    assert "plugged in" in sight.reason
    assert list(scan(drive, {})) == [Looked(0, finished=True)]


def test_a_folder_whose_last_song_was_deleted_is_not_offline(tmp_path: Path) -> None:
    _make(tmp_path, "album/a.mp3", "album/b.txt")
    known = _known(tmp_path)
    (tmp_path / "album" / "a.mp3").unlink()
    assert _names(tmp_path, list(scan(tmp_path, known)), Gone) == ["album/a.mp3"]


def test_what_lies_in_an_unreadable_folder_is_not_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _make(tmp_path, "a/1.mp3", "b/2.mp3", "b/c/3.mp3", "bc/4.mp3")
    known = _known(tmp_path)
    (tmp_path / "bc" / "4.mp3").unlink()
    real = os.scandir

    def refusing(path: str | Path) -> object:
        if str(path) == str(tmp_path / "b"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", refusing)  # root may read everything, so the refusal is played
    sights = list(scan(tmp_path, known))
    assert Unreadable(tmp_path / "b", "permission denied") in sights
    assert _names(tmp_path, sights, Gone) == ["bc/4.mp3"]


def test_a_cancelled_scan_forgets_nothing(tmp_path: Path) -> None:
    _make(tmp_path, "a.mp3", "b.mp3")
    known = {**_known(tmp_path), str(tmp_path / "gone.mp3"): Stamp(1, 1)}
    assert list(scan(tmp_path, known, cancelled=lambda: True)) == []


def test_progress_is_told_in_large_folders(tmp_path: Path) -> None:
    for number in range(2100):
        (tmp_path / f"{number}.mp3").touch()
    looked = [one for one in scan(tmp_path, {}) if isinstance(one, Looked)]
    assert looked == [Looked(1000), Looked(2000), Looked(2100, finished=True)]
