"""M3U and M3U8: what others wrote, and what is read back as it was written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import MediaError
from app.player.m3u import MOST_BYTES, Line, Playlist, decode, from_paths, parse, read, render, write

FOLDER = Path("/music/lists")


def paths(text: str) -> list[str]:
    return [str(line.path) for line in parse(text, FOLDER).lines]


def test_titles_lengths_and_a_name() -> None:
    text = "#EXTM3U\r\n#PLAYLIST:Evening\r\n#EXTINF:123, Ann - Song, live\r\n../a.mp3\r\n\r\n#EXTALB:x\r\nb.ogg\r\n"
    assert parse(text, FOLDER) == Playlist(
        (Line(Path("/music/a.mp3"), "Ann - Song, live", 123), Line(FOLDER / "b.ogg")), "Evening"
    )


@pytest.mark.parametrize(
    ("line", "path"),
    [
        ("a.mp3", "/music/lists/a.mp3"),
        ("/else/a.mp3", "/else/a.mp3"),
        ("..\\Ann\\a b.mp3", "/music/Ann/a b.mp3"),
        ("file:///else/a%20b%23.mp3", "/else/a b#.mp3"),
        ("file://localhost/else/a.mp3", "/else/a.mp3"),
        ("FILE:/else/a.mp3", "/else/a.mp3"),
        ("  a.mp3\t", "/music/lists/a.mp3"),
        ("a?b#c.mp3", "/music/lists/a?b#c.mp3"),
        ("Ann: Song.mp3", "/music/lists/Ann: Song.mp3"),
        ("C:\\Music\\a.mp3", "C:/Music/a.mp3"),
    ],
)
def test_paths_as_others_write_them(line: str, path: str) -> None:
    assert paths(line) == [path]


@pytest.mark.parametrize(
    "line", ["http://host/a.mp3", "HTTPS://host/a", "file://server/share/a.mp3", "rtsp://x/y", "a\0b.mp3"]
)
def test_addresses_elsewhere_are_counted_and_left_out(line: str) -> None:
    playlist = parse(f"#EXTINF:1,x\n{line}\nb.mp3\n", FOLDER)
    assert playlist.remote == 1
    assert playlist.lines == (Line(FOLDER / "b.mp3"),)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("12", 12), ("12.6", 13), ("-1", -1), ("-9", -1), ("x", -1), ("nan", -1), ("1e999", -1), ('7 tvg-id="1"', 7)],
)
def test_lengths_as_others_write_them(text: str, seconds: int) -> None:
    assert parse(f"#EXTINF:{text},t\na.mp3", FOLDER).lines[0].seconds == seconds


@pytest.mark.parametrize(
    "raw",
    ["ä.mp3".encode(), b"\xef\xbb\xbf" + "ä.mp3".encode(), "ä.mp3".encode("latin-1"), "ä.mp3".encode("utf-16")],
)
def test_encodings(raw: bytes) -> None:
    assert decode(raw) == "ä.mp3"


def test_a_backslash_in_a_name_that_is_there_is_kept(tmp_path: Path) -> None:
    odd = tmp_path / "a\\b.mp3"
    odd.touch()
    assert parse("a\\b.mp3", tmp_path).lines[0].path == odd


def test_files_are_written_relative_and_read_back(tmp_path: Path) -> None:
    inside, outside = tmp_path / "lists" / "sub" / "ä #1.mp3", tmp_path / "b.mp3"
    inside.parent.mkdir(parents=True)
    playlist = Playlist((Line(inside, "Ann – Ä", 61), Line(outside)), "Evening")
    file = tmp_path / "lists" / "x.m3u8"
    write(file, playlist)
    assert file.read_text("utf-8").splitlines() == [
        "#EXTM3U",
        "#PLAYLIST:Evening",
        "#EXTINF:61,Ann – Ä",
        "sub/ä #1.mp3",
        str(outside),
    ]
    assert read(file) == playlist
    write(file, playlist, relative=False)
    assert str(inside) in file.read_text("utf-8")
    assert read(file) == playlist
    assert [entry.name for entry in file.parent.iterdir() if entry.is_file()] == ["x.m3u8"]


def test_names_that_are_no_utf8_are_kept(tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"\xe4\xff.mp3")
    write(tmp_path / "x.m3u8", from_paths([odd]))
    assert (tmp_path / "x.m3u8").read_text("utf-8").endswith("/%E4%FF.mp3\n")
    assert read(tmp_path / "x.m3u8").lines[0].path == odd


def test_what_cannot_be_read_or_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        read(tmp_path / "gone.m3u")
    assert caught.value.path == tmp_path / "gone.m3u"
    huge = tmp_path / "huge.m3u"
    with huge.open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(MediaError, match="larger"):
        read(huge)
    with pytest.raises(MediaError):
        write(tmp_path / "no" / "x.m3u8", Playlist(()))


names = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=12).filter(
    lambda name: name not in (".", "..")
)
files = st.lists(names, min_size=1, max_size=4).map(lambda parts: Path("/" + "/".join(parts)))
titles = st.text(st.characters(exclude_categories=["Cs"]), max_size=20).map(lambda text: " ".join(text.split()))


@given(st.lists(st.tuples(files, titles, st.integers(-1, 10**6)), max_size=6), titles, st.none() | files)
def test_what_is_written_is_read_back(rows: list[tuple[Path, str, int]], name: str, folder: Path | None) -> None:
    lines = tuple(Line(path, title, seconds) for path, title, seconds in rows)
    text = render(Playlist(lines, name), folder)
    assert parse(decode(text.encode()), folder or Path("/elsewhere")) == Playlist(lines, name)


@given(st.binary(max_size=300))
def test_any_bytes_are_read(raw: bytes) -> None:
    for line in parse(decode(raw), FOLDER).lines:
        assert line.path.is_absolute() or line.path.drive or ":" in str(line.path)


def test_paths_become_lines() -> None:
    assert from_paths([Path("/a.mp3")], "x") == Playlist((Line(Path("/a.mp3")),), "x")
