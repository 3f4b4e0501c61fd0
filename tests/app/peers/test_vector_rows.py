"""Vectors of catalogues row by row: the studio's export, blocks to publish, and numbers that change with the bytes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.errors import PeerError
from app.peers.cards import Card
from app.peers.catalogue_writer import Line, read_former, write_version
from app.peers.exchange.taking import taken_catalogue
from app.peers.torrents import CATALOGUE
from app.peers.vector_rows import VectorRows, digest_of, digests, read_export
from app.peers.wire import Manifest, Offering, read_catalogue
from models.int8 import Int8Vectors
from tests.factories import file_root
from tests.neighbours import AUDIO, IMAGE, export, unit

KEY = bytes(range(32))
SMALL = {AUDIO: 16, IMAGE: 24}


def lines(count: int, *, films: int = 0, **words: str) -> list[Line]:
    """Lines of Items 1.., the last `films` of them films."""
    made = []
    for number in range(1, count + 1):
        film = number > count - films
        mime = "video/webm" if film else "audio/flac"
        offering = Offering.of(file_root(number), 1000, mime, title=words.get(f"title{number}", f"Title {number}"))
        made.append(Line(number, offering, (AUDIO, IMAGE) if film else (AUDIO,)))
    return made


def vectors(folder: Path, items: list[tuple[int, str]]) -> dict[str, VectorRows]:
    folder.mkdir(exist_ok=True)
    return read_export(folder, export(folder, items, SMALL))


def test_an_export_is_read_back_and_what_lacks_a_vector_is_zeros(tmp_path: Path) -> None:
    rows = vectors(tmp_path, [(3, "track"), (5, "video")])
    assert rows.keys() == {AUDIO, IMAGE}
    assert 3 in rows[AUDIO]
    assert 3 not in rows[IMAGE]
    block = Int8Vectors.read(rows[IMAGE].block([3, 5]), 24)
    assert block.present.tolist() == [False, True]
    assert np.allclose(block.unit()[1], unit(5, 24), atol=0.01)


@pytest.mark.parametrize("damage", ["missing", "cut", "empty"])
def test_a_damaged_export_is_refused_with_a_reason(tmp_path: Path, damage: str) -> None:
    export(tmp_path, [(1, "track"), (2, "track")], SMALL)
    path = tmp_path / f"{AUDIO}.i8"
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[: 7 if damage == "cut" else 0])
    with pytest.raises(PeerError):
        read_export(tmp_path, [AUDIO])


def test_the_number_of_a_row_is_the_same_on_both_sides_and_changes_with_any_vector(tmp_path: Path) -> None:
    rows = vectors(tmp_path / "x", [(1, "track"), (2, "video"), (3, "video")])
    made = write_version(tmp_path, Manifest(KEY, 5), lines(3, films=2), rows, None)
    assert made is not None
    files = made.folder / CATALOGUE
    catalogue = read_catalogue(files, KEY)
    found = digests(files, catalogue)
    ours = {file_root(n): digest_of(n, {AUDIO: rows[AUDIO], IMAGE: rows[IMAGE]}) for n in (1, 2, 3)}
    assert {row.offering.root: found[row.shard, row.row] for row in catalogue.rows} == ours
    assert len(set(ours.values())) == 3
    assert digest_of(2, {AUDIO: rows[AUDIO]}) not in ours.values()
    taken = taken_catalogue(files, Card(KEY, 5, 1, made.torrent.infohash), 1.0)
    assert {offer.root: offer.vectors for offer in taken.offers} == ours


def test_a_version_is_the_same_bytes_each_time_and_none_where_nothing_changed(tmp_path: Path) -> None:
    rows = vectors(tmp_path / "x", [(n, "track") for n in range(1, 6)])
    first = write_version(tmp_path / "a", Manifest(KEY, 5), lines(5), rows, None)
    second = write_version(tmp_path / "b", Manifest(KEY, 5), list(reversed(lines(5))), rows, None)
    assert first is not None
    assert second is not None
    assert first.torrent == second.torrent
    former = read_former(first.folder, KEY, first.torrent.infohash)
    assert write_version(tmp_path / "a", Manifest(KEY, 6), lines(5), rows, former) is None
    third = write_version(tmp_path / "a", Manifest(KEY, 7, name="New"), lines(5), rows, former)
    assert third is not None
    same = [path.name for path in (third.folder / CATALOGUE).iterdir() if path.stat().st_nlink == 2]
    assert len(same) == 2


def test_a_taken_back_line_that_comes_again_stands_where_it_was(tmp_path: Path) -> None:
    rows = vectors(tmp_path / "x", [(n, "track") for n in range(1, 11)])
    former = None
    counts = []
    for seq, wanted in enumerate((lines(10), lines(10)[1:], lines(10)), 1):
        made = write_version(tmp_path, Manifest(KEY, seq), wanted, rows, former)
        assert made is not None
        former = read_former(made.folder, KEY, made.torrent.infohash)
        counts.append((len(made.manifest.shards), len(made.manifest.tombstones)))
    assert counts == [(1, 0), (1, 1), (1, 0)]


def test_what_was_begun_is_removed_when_it_cannot_be_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    rows = vectors(tmp_path / "x", [(1, "track")])
    monkeypatch.setattr("app.peers.catalogue_writer.write_atomically", full)
    with pytest.raises(OSError, match="space"):
        write_version(tmp_path / "a", Manifest(KEY, 5), lines(1), rows, None)
    assert list((tmp_path / "a").iterdir()) == []
