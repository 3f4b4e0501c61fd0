"""Names of kept downloads: whatever a stranger wrote, a plain file in the folder; nothing is overwritten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.peers.downloading.safe_names import file_name, keep_file
from tests.factories import file_root

ROOT = file_root(1)


@pytest.mark.parametrize(
    ("artist", "title", "expected"),
    [
        ("Björk", "Jóga", "Björk - Jóga.flac"),
        ("", "Alone", "Alone.flac"),
        ("Only", "", "Only.flac"),
        ("", "", f"{ROOT.hex()[:16]}.flac"),
        ("../../etc", "passwd", "etc - passwd.flac"),
        ("a/b\\c", "d:e*f?", "a_b_c - d_e_f.flac"),
        ("", "CON", "_CON.flac"),
        ("", "com1", "_com1.flac"),
        ("", "nul.tar", "_nul.tar.flac"),
        ("", "trailing. . ", "trailing.flac"),
        ("", "-rf", "rf.flac"),
        ("", ".hidden", "hidden.flac"),
        ("", "~root", "root.flac"),
        ("", "a\u202egpj.exe", "agpj.exe.flac"),
        ("", "\0\n\t", f"{ROOT.hex()[:16]}.flac"),
        ("", "é" * 200, "é" * 70 + ".flac"),
    ],
)
def test_names(artist: str, title: str, expected: str) -> None:
    assert file_name(artist, title, ROOT, ".flac") == expected


@given(st.text(), st.text())
def test_any_words_give_a_plain_short_name(artist: str, title: str) -> None:
    name = file_name(artist, title, ROOT, ".opus")
    assert Path(name).name == name
    assert name.endswith(".opus")
    assert len(name) > len(".opus")
    assert name[0] not in ".-~ "
    assert len(name.encode()) <= 150
    assert not set(name) & set('<>:"/\\|?*\0')
    assert file_name(artist, title, ROOT, ".opus") == name


def test_nothing_is_overwritten_and_a_second_time_finds_the_first(tmp_path: Path) -> None:
    folder = tmp_path / "downloads"
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"1")
    two.write_bytes(b"2")
    first = keep_file(one, folder, "a.b.flac")
    assert keep_file(two, folder, "a.b.flac") == folder / "a.b (2).flac"
    assert keep_file(one, folder, "a.b.flac") == first
    assert (first.read_bytes(), (folder / "a.b (2).flac").read_bytes()) == (b"1", b"2")
    assert one.exists()


def test_a_link_at_the_place_is_not_followed(tmp_path: Path) -> None:
    source, victim = tmp_path / "source", tmp_path / "victim"
    source.write_bytes(b"new")
    folder = tmp_path / "downloads"
    folder.mkdir()
    (folder / "x.flac").symlink_to(victim)
    try:
        kept = keep_file(source, folder, "x.flac")
    except ValueError:  # the link leads out of the folder, which is refused
        assert not victim.exists()
        return
    assert kept != folder / "x.flac"
    assert not victim.exists()


def test_without_links_it_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    source = tmp_path / "source"
    source.write_bytes(b"song" * 1000)
    folder = tmp_path / "downloads"
    kept = keep_file(source, folder, "x.flac")
    assert kept.read_bytes() == source.read_bytes()
    assert keep_file(source, folder, "x.flac") == folder / "x (2).flac"
