"""A catalogue on disk: written, read back whole, and of several lines for one file the last counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.errors import PeerError
from app.peers.evidence import ToldMessage, write_told
from app.peers.identity import Identity
from app.peers.wire import (
    EVIDENCE,
    Catalogue,
    Manifest,
    Offering,
    Row,
    ShardRef,
    SpaceRef,
    items_name,
    read_catalogue,
    vectors_name,
    write_items,
    write_manifest,
)
from models.int8 import Int8Vectors

ME = Identity(bytes(range(32)))
KEY = ME.key
SPACE = SpaceRef("a-v1-00000000", 8)


def offering(number: int, title: str = "") -> Offering:
    """An Offering with its own root."""
    return Offering.of(number.to_bytes(32, "big"), 1000 + number, "audio/mpeg", title=title or f"title {number}")


def put(folder: Path, shards: dict[str, list[Offering]], tombstones: tuple[bytes, ...] = ()) -> Catalogue:
    """Write a catalogue of KEY with one space and read it back."""
    refs = []
    for name, offerings in shards.items():
        vectors = np.eye(8, dtype=np.float32)[[offering.size % 8 for offering in offerings]]
        (folder / items_name(name)).write_bytes(write_items(offerings))
        (folder / vectors_name(SPACE.name, name)).write_bytes(Int8Vectors.of(vectors).write())
        refs.append(ShardRef(name, len(offerings), (SPACE.name,)))
    manifest = Manifest(KEY, 1, spaces=(SPACE,), shards=tuple(refs), tombstones=tombstones)
    (folder / "manifest.json").write_bytes(write_manifest(manifest))
    return read_catalogue(folder, KEY)


def test_a_catalogue_comes_back(tmp_path: Path) -> None:
    found = put(tmp_path, {"00000": [offering(1), offering(2)], "00003": [offering(3)]})
    assert found.rows == (Row("00000", 0, offering(1)), Row("00000", 1, offering(2)), Row("00003", 0, offering(3)))
    assert found.manifest.items == 3
    assert found.size == sum(path.stat().st_size for path in tmp_path.iterdir())


def test_the_last_line_of_a_root_counts_and_tombstones_take_away(tmp_path: Path) -> None:
    newer = replace(offering(1), title="renamed")
    found = put(tmp_path, {"00000": [offering(1), offering(2)], "00001": [newer, offering(3)]}, (offering(2).root,))
    assert found.rows == (Row("00001", 0, newer), Row("00001", 1, offering(3)))


def _remove(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _link(folder: Path) -> None:
    (folder / "items.00000.jsonl.z").rename(folder.parent / "elsewhere")
    (folder / "items.00000.jsonl.z").symlink_to(folder.parent / "elsewhere")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_remove("manifest.json"), "no manifest"),
        (_remove("items.00000.jsonl.z"), "no items"),
        (_remove("vectors.a-v1-00000000.00000.i8"), "is missing"),
        (_link, "no plain file"),
        (lambda folder: (folder / "more").mkdir(), "no plain file"),
        (lambda folder: (folder / "readme.txt").write_bytes(b"x"), "readme.txt"),
        (lambda folder: (folder / "items.00001.jsonl.z").write_bytes(b"x"), "does not name"),
        (lambda folder: (folder / "manifest.json").write_bytes(b"{}"), "manifest"),
        (lambda folder: (folder / "items.00000.jsonl.z").write_bytes(b"x" * 9), "unfolded"),
        (lambda folder: (folder / "vectors.a-v1-00000000.00000.i8").write_bytes(b"x" * 20), "vectors"),
        (lambda folder: [(folder / f"items.{n:05d}.jsonl.z").touch() for n in range(1, 2600)], "too many files"),
    ],
)
def test_a_damaged_folder_is_refused(tmp_path: Path, change: Callable[[Path], object], reason: str) -> None:
    folder = tmp_path / "catalogue"
    folder.mkdir()
    put(folder, {"00000": [offering(1), offering(2)]})
    change(folder)
    with pytest.raises(PeerError, match="refused") as caught:
        read_catalogue(folder, KEY)
    assert reason in caught.value.detail


def test_a_folder_that_is_gone_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(PeerError, match="cannot be read"):
        read_catalogue(tmp_path / "gone", KEY)


def test_the_caller_may_allow_less(tmp_path: Path) -> None:
    size = put(tmp_path, {"00000": [offering(1)]}).size
    assert read_catalogue(tmp_path, KEY, at_most=size).size == size
    with pytest.raises(PeerError, match="are allowed"):
        read_catalogue(tmp_path, KEY, at_most=size - 1)
    assert len(read_catalogue(tmp_path, KEY, most_items=1).rows) == 1
    with pytest.raises(PeerError, match="1 items, and 0 are allowed"):
        read_catalogue(tmp_path, KEY, most_items=0)
    with pytest.raises(PeerError, match="another peer"):
        read_catalogue(tmp_path, bytes(32))


def test_what_a_peer_tells_of_its_taste_comes_along(tmp_path: Path) -> None:
    put(tmp_path, {"00000": [offering(1)]})
    assert read_catalogue(tmp_path, KEY).told == ()
    told = (ToldMessage(1, 1, b"a taste"), ToldMessage(2, 2, b"votes"))
    (tmp_path / EVIDENCE).write_bytes(write_told(told, ME))
    assert read_catalogue(tmp_path, KEY).told == told


def test_what_another_signed_spoils_the_catalogue(tmp_path: Path) -> None:
    put(tmp_path, {"00000": [offering(1)]})
    (tmp_path / EVIDENCE).write_bytes(write_told([ToldMessage(1, 1, b"a taste")], Identity.new()))
    with pytest.raises(PeerError, match="not signed"):
        read_catalogue(tmp_path, KEY)
