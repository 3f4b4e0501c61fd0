"""Torrents as we make them, and everything else refused."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import libtorrent as lt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import MediaError, PeerError
from app.peers.torrents import (
    CATALOGUE_PIECE,
    MAX_FILES,
    MAX_METADATA,
    catalogue_torrent,
    check_metadata,
    file_description,
    file_infohash,
    file_torrent,
    params_without_layers,
    read_torrent,
    verify_catalogue,
)
from tests.swarms import make_catalogue, make_song, noise


def test_a_catalogue_is_the_same_torrent_wherever_it_lies(tmp_path: Path) -> None:
    here = catalogue_torrent(make_catalogue(tmp_path / "Some Body's äöü" / "catalogue"))
    there = catalogue_torrent(make_catalogue(tmp_path / "elsewhere"))
    assert here == there
    assert b"Body" not in here.torrent
    loaded = lt.load_torrent_buffer(here.torrent)
    assert loaded.ti is not None
    assert loaded.ti.info_hashes().v2.to_bytes() == here.infohash
    assert not loaded.ti.info_hashes().has_v1()
    assert set(lt.bdecode(here.torrent)) == {b"info", b"piece layers"}  # no date, no tool's name, no comment


def test_libtorrent_hashes_a_catalogue_to_the_same_roots(tmp_path: Path) -> None:
    folder = make_catalogue(tmp_path / "catalogue", shards=2)
    made = lt.create_torrent(lt.list_files(str(folder)), CATALOGUE_PIECE, lt.create_torrent.v2_only)
    lt.set_piece_hashes(made, str(tmp_path))
    theirs = made.generate()
    ours = lt.bdecode(catalogue_torrent(folder).torrent)
    assert ours[b"info"] == theirs[b"info"]
    assert ours[b"piece layers"] == theirs[b"piece layers"]


def test_what_we_make_we_accept(tmp_path: Path) -> None:
    folder = make_catalogue(tmp_path / "catalogue")
    built = catalogue_torrent(folder, previous=[bytes(range(32))] * 20)
    assert read_torrent(built.torrent) == built
    assert verify_catalogue(built.info, folder) == built
    assert {line.name: line.size for line in check_metadata(built.info)} == {
        path.name: path.stat().st_size for path in folder.iterdir()
    }


def test_a_folder_with_something_else_in_it_is_never_announced(tmp_path: Path) -> None:
    folder = make_catalogue(tmp_path / "catalogue")
    (folder / "diary.txt").write_text("dear")
    with pytest.raises(PeerError):
        catalogue_torrent(folder)


def test_a_damaged_file_is_found_by_reading_it_again(tmp_path: Path) -> None:
    folder = make_catalogue(tmp_path / "catalogue")
    info = catalogue_torrent(folder).info
    path = folder / "vectors.builtin-audio.00000.i8"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(PeerError, match="damaged"):
        verify_catalogue(info, folder)


# ---------------------------------------------------------------------------- descriptions of others

LEAF = {b"": {b"length": 5, b"pieces root": bytes(range(32))}}


def described(**changes: Any) -> bytes:
    """A right description of a small catalogue, with some of its parts replaced (None: left out)."""
    parts: dict[bytes, Any] = {
        b"file tree": {b"manifest.json": LEAF},
        b"meta version": 2,
        b"name": b"catalogue",
        b"piece length": CATALOGUE_PIECE,
    }
    for name, value in changes.items():
        parts[name.replace("_", " ").encode()] = value
    return bytes(lt.bencode({name: value for name, value in parts.items() if value is not None}))


def leaf(**changes: Any) -> dict[bytes, Any]:
    parts = {b"length": 5, b"pieces root": bytes(range(32))}
    parts |= {name.replace("_", " ").encode(): value for name, value in changes.items()}
    return {b"": {name: value for name, value in parts.items() if value is not None}}


def test_the_small_description_is_right() -> None:
    assert [line.name for line in check_metadata(described())] == ["manifest.json"]


HOSTILE: dict[str, bytes] = {
    "no bytes": b"",
    "not bencoded": b"hello",
    "a list": b"le",
    "trailing bytes": described() + b"x",
    "keys out of order": b"d1:b1:x1:a1:xe",
    "a key twice": b"d1:a1:x1:a1:xe",
    "deeply nested": b"l" * 5_000 + b"e" * 5_000,
    "an overlong integer": described().replace(b"i2e", b"i02e"),
    "a huge integer": described().replace(b"i5e", b"i99999999999999999999999e"),
    "too long": described(name=b"x" * MAX_METADATA),
    "version 1": described(meta_version=1),
    "no version": described(meta_version=None),
    "another name": described(name=b"../../etc"),
    "a name of another type": described(name=[b"catalogue"]),
    "v1 pieces beside": described(pieces=bytes(20)),
    "v1 files beside": described(files=[{b"length": 1, b"path": [b"x"]}]),
    "private": described(private=1),
    "a source": described(source=b"tracker"),
    "a certificate": described(ssl_cert=b"x"),
    "collections": described(collections=[b"x"]),
    "pieces of 16 KiB": described(piece_length=16_384),
    "pieces of no power of two": described(piece_length=65_537),
    "negative pieces": described(piece_length=-1),
    "no files": described(file_tree={}),
    "files as a list": described(file_tree=[b"manifest.json"]),
    "too many files": described(
        file_tree={b"manifest.json": LEAF}
        | {b"vectors.a%d.%05d.i8" % (at // 90_000, at % 90_000): LEAF for at in range(MAX_FILES)}
    ),
    "no manifest": described(file_tree={b"items.00000.jsonl.z": LEAF}),
    "a large manifest": described(file_tree={b"manifest.json": leaf(length=65_537)}),
    "an empty manifest": described(file_tree={b"manifest.json": leaf(length=0)}),
    "a negative size": described(file_tree={b"manifest.json": leaf(length=-5)}),
    "a size as text": described(file_tree={b"manifest.json": leaf(length=b"5")}),
    "a huge file": described(file_tree={b"manifest.json": LEAF, b"items.00000.jsonl.z": leaf(length=2**62)}),
    "no root": described(file_tree={b"manifest.json": leaf(pieces_root=None)}),
    "a short root": described(file_tree={b"manifest.json": leaf(pieces_root=bytes(31))}),
    "a root of zeros": described(file_tree={b"manifest.json": leaf(pieces_root=bytes(32))}),
    "a symbolic link": described(file_tree={b"manifest.json": leaf(attr=b"l", symlink_path=[b"etc", b"passwd"])}),
    "a program": described(file_tree={b"manifest.json": leaf(attr=b"x")}),
    "a padding file": described(file_tree={b"manifest.json": leaf(attr=b"p")}),
    "a folder": described(file_tree={b"manifest.json": LEAF, b"folder": {b"items.00000.jsonl.z": LEAF}}),
    "a file that is a folder": described(file_tree={b"manifest.json": LEAF | {b"x": LEAF}}),
    "a leaf of another type": described(file_tree={b"manifest.json": {b"": b"x"}}),
    "similar of another type": described(similar=b"x" * 20),
    "similar of another length": described(similar=[b"x" * 32]),
    "too many similar": described(similar=[b"x" * 20] * 17),
} | {
    f"a file named {name!r}": described(file_tree={b"manifest.json": LEAF, name: LEAF})
    for name in (
        b"..",
        b".",
        b"../up",
        b"/etc/passwd",
        b"C:\\x",
        b"CON",
        b"manifest.json ",
        b"Manifest.json",
        b"manifest.json\x00",
        b"items.00000.jsonl.z.exe",
        b"items.0.jsonl",
        b"items.\xd9\xa0\xd9\xa0\xd9\xa0\xd9\xa0\xd9\xa0.jsonl",
        b"vectors..00000.i8",
        b"vectors.a/b.00000.i8",
        b"vectors." + b"a" * 101 + b".00000.i8",
        b"\xff\xfe",
        b"run.sh",
        b"song.mp3",
        b"\xe2\x80\xaemanifest.json",
    )
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_descriptions_are_refused_with_a_reason(name: str) -> None:
    with pytest.raises(PeerError) as raised:
        check_metadata(HOSTILE[name])
    assert raised.value.title


def test_a_catalogue_beyond_the_bound_is_refused(tmp_path: Path) -> None:
    info = catalogue_torrent(make_catalogue(tmp_path / "catalogue", size=200_000)).info
    total = sum(line.size for line in check_metadata(info))
    assert check_metadata(info, at_most=total)
    with pytest.raises(PeerError, match="too large"):
        check_metadata(info, at_most=total - 1)


@given(st.binary(max_size=300))
def test_noise_is_refused(content: bytes) -> None:
    for check in (check_metadata, read_torrent):
        with pytest.raises(PeerError):
            check(content)


@given(st.data())
def test_a_changed_byte_is_refused_or_another_right_catalogue(data: st.DataObject) -> None:
    info = bytearray(described(similar=[bytes(20)]))
    info[data.draw(st.integers(0, len(info) - 1))] = data.draw(st.integers(0, 255))
    try:
        lines = check_metadata(bytes(info))
    except PeerError:
        return
    assert [line.name for line in lines] == ["manifest.json"]
    assert 0 < lines[0].size <= 65_536


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (b"announce", b"http://127.0.0.1:80/announce"),
        (b"announce-list", [[b"udp://tracker:80"]]),
        (b"url-list", [b"http://127.0.0.1/"]),
        (b"httpseeds", [b"http://127.0.0.1/"]),
        (b"nodes", [[b"127.0.0.1", 22]]),
        (b"creation date", 1),
        (b"comment", b"x"),
    ],
)
def test_a_torrent_with_more_than_ours_is_refused(tmp_path: Path, part: bytes, value: Any) -> None:
    torrent = lt.bdecode(catalogue_torrent(make_catalogue(tmp_path / "catalogue")).torrent)
    with pytest.raises(PeerError, match="not a torrent of ours"):
        read_torrent(lt.bencode(torrent | {part: value}))


@pytest.mark.parametrize(
    "change", [lambda layer: layer[:-32], lambda layer: bytes(len(layer)), lambda layer: layer + bytes(32), lambda _: 5]
)
def test_wrong_hashes_of_pieces_are_refused(tmp_path: Path, change: Callable[[bytes], object]) -> None:
    torrent = lt.bdecode(catalogue_torrent(make_catalogue(tmp_path / "catalogue")).torrent)
    layers = torrent[b"piece layers"]
    root = next(iter(layers))
    for wrong in ({**layers, root: change(layers[root])}, {**layers, bytes(32): layers[root]}, {}):
        with pytest.raises(PeerError):
            read_torrent(lt.bencode({**torrent, b"piece layers": wrong}))


# ------------------------------------------------------------------------------------------ contents


def test_a_contents_infohash_follows_from_root_size_and_type(tmp_path: Path) -> None:
    song = make_song(tmp_path / "A Singer" / "A Song (private remix).mp3", size=300_000)
    built = file_torrent(song.path, song.root, song.size, ".mp3")
    assert built.infohash == file_infohash(song.root, song.size, ".mp3")
    assert b"Sing" not in built.torrent
    assert b"remix" not in built.torrent
    loaded = lt.load_torrent_buffer(built.torrent)
    assert loaded.ti is not None
    assert loaded.ti.info_hashes().v2.to_bytes() == built.infohash
    bare = params_without_layers(built.info)
    assert bare.ti.info_hashes().v2.to_bytes() == built.infohash
    assert (bare.trackers, bare.url_seeds) == ([], [])


def test_another_root_size_or_type_is_another_torrent() -> None:
    root = bytes(range(32))
    infohashes = {
        file_infohash(root, 5, ".mp3"),
        file_infohash(root, 6, ".mp3"),
        file_infohash(root, 5, ".flac"),
        file_infohash(root[::-1], 5, ".mp3"),
    }
    assert len(infohashes) == 4


def test_a_file_that_changed_is_not_given(tmp_path: Path) -> None:
    song = make_song(tmp_path / "song.mp3", size=300_000)
    song.path.write_bytes(noise(300_000, 99))
    with pytest.raises(MediaError, match="no longer"):
        file_torrent(song.path, song.root, song.size, ".mp3")


@pytest.mark.parametrize(
    ("root", "size", "extension"),
    [
        (bytes(31), 5, ".mp3"),
        (bytes(32), 5, ".mp3"),
        (bytes(range(32)), 0, ".mp3"),
        (bytes(range(32)), -1, ".mp3"),
        (bytes(range(32)), 2**40, ".mp3"),
        (bytes(range(32)), 5, "mp3"),
        (bytes(range(32)), 5, ".MP3"),
        (bytes(range(32)), 5, "./x"),
        (bytes(range(32)), 5, "." + "x" * 30),
        (bytes(range(32)), 5, ""),
    ],
)
def test_impossible_contents_are_refused(root: bytes, size: int, extension: str) -> None:
    with pytest.raises(PeerError):
        file_description(root, size, extension)


# ------------------------------------------------------------------------------------------ the odd ones


def test_every_odd_torrent_is_refused_with_a_reason(shared_odd_media: Path) -> None:
    files = sorted((shared_odd_media / "torrents").iterdir())
    assert len(files) >= 80
    for path in files:
        with pytest.raises(PeerError) as raised:
            read_torrent(path.read_bytes())
        assert raised.value.title, path


def test_the_description_of_every_odd_torrent_is_refused(shared_odd_media: Path) -> None:
    """What a peer would send after its magnet was resolved: the description alone."""
    seen = 0
    for path in sorted((shared_odd_media / "torrents").iterdir()):
        content = path.read_bytes()
        start = content.find(b"4:info")
        if start < 0:
            continue
        seen += 1
        for info in {content[start + 6 :], content[start + 6 : -1], _info_of(content)}:
            with pytest.raises(PeerError):
                check_metadata(info)
    assert seen >= 75


def _info_of(content: bytes) -> bytes:
    try:
        decoded = lt.bdecode(content)
        return bytes(lt.bencode(decoded[b"info"])) if isinstance(decoded, dict) and b"info" in decoded else b""
    except (RuntimeError, ValueError):
        return os.urandom(8)
