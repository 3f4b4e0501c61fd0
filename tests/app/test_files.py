"""Suffixes, atomic writing and safe joining."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.files import AUDIO_SUFFIXES, VIDEO_SUFFIXES, Kind, is_supported, kind_of, safe_join, write_atomically


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.mp3", Kind.TRACK),
        ("A.FLAC", Kind.TRACK),
        ("b.c.OpUs", Kind.TRACK),
        ("film.MKV", Kind.VIDEO),
        ("film.mp4", Kind.VIDEO),
        ("cover.jpg", None),
        ("mp3", None),
        (".mp3", None),
    ],
)
def test_the_suffix_decides(name: str, kind: Kind | None) -> None:
    assert kind_of(name) == kind
    assert kind_of(Path("folder.mp4") / name) == kind
    assert is_supported(name) is (kind is not None)


def test_the_two_lists_share_nothing() -> None:
    assert not AUDIO_SUFFIXES & VIDEO_SUFFIXES
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in AUDIO_SUFFIXES | VIDEO_SUFFIXES)


def test_writing_replaces_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    write_atomically(path, b"first")
    write_atomically(path, b"second, longer")
    assert path.read_bytes() == b"second, longer"
    assert list(tmp_path.iterdir()) == [path]
    if os.name == "posix":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kept"
    write_atomically(path, b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/../../x", "/etc/passwd", "a//b", "C:x", "a\\b", "a\0b"])
def test_names_that_escape_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match=r"plain relative|no name"):
        safe_join(tmp_path, name)


def test_no_name_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no name"):
        safe_join(tmp_path)


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "link").symlink_to(tmp_path)
    with pytest.raises(ValueError, match="leads out"):
        safe_join(tmp_path / "inside", "link", "secret")


@given(st.text())
def test_whatever_is_joined_lies_below(name: str) -> None:
    root = Path("/srv/bowerbird/files")
    try:
        joined = safe_join(root, name)
    except ValueError:
        return
    assert joined.is_relative_to(root)
    assert joined != root
