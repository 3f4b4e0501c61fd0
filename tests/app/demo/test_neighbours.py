"""The demo's two other peers: invented, the same every time, unlike each other, and not the user's own demo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import mutagen

from app.demo.neighbours import neighbours
from app.demo.programme import pieces
from app.demo.writer import write_all


def test_the_same_every_time() -> None:
    assert neighbours() == neighbours()


def test_nobody_owns_what_another_does() -> None:
    first, second = neighbours()
    own = {piece.seed for piece in pieces()}
    seeds = [{piece.seed for piece in one.pieces} for one in (first, second)]
    assert not seeds[0] & seeds[1]
    assert not own & (seeds[0] | seeds[1])
    titles = [piece.title for one in (first, second) for piece in one.pieces]
    assert not set(titles) & {piece.title for piece in pieces()}
    assert first.name != second.name


def test_each_has_two_dozen_pieces_at_places_of_their_own() -> None:
    for one in neighbours():
        assert len(one.pieces) == 24
        assert len({piece.path for piece in one.pieces}) == 24
        assert {piece.suffix for piece in one.pieces} == {"flac", "mp3", "ogg", "opus"}
        assert all(20 <= piece.seconds <= 40 for piece in one.pieces)


def test_a_piece_becomes_a_file_with_its_tags(tmp_path: Path) -> None:
    piece = replace(neighbours()[0].pieces[0], seconds=2.0)
    told: list[tuple[int, int]] = []
    write_all([piece], tmp_path, lambda done, total: told.append((done, total)), lambda: False)
    assert told == [(1, 1)]
    (written,) = (path for path in tmp_path.rglob("*") if path.is_file())
    tags = mutagen.File(written)
    assert tags is not None
    assert tags["title"] == [piece.title]
    assert tags["artist"] == [piece.album.artist]
