"""Songs as sentences and as figures: what each view must and must not see."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.studio.evaluate.vectors import songs
from models.encoders.builtin_text import BuiltinTextEncoder


@pytest.fixture
def table(tmp_path: Path) -> songs.Songs:
    """Six artists with ten songs each; those of an artist sound alike, one row lacks a figure."""
    shuffle = np.random.default_rng(0)
    lines = [",Artist,Album_type," + ",".join(songs.WEIGHTS)]
    for artist in range(6):
        for _ in range(10):
            figures = [str(round(0.01 + artist * 0.16 + float(shuffle.random()) * 0.08, 4)) for _ in songs.WEIGHTS]
            lines.append(f"0,Artist {'ABCDEF'[artist] * 4},album,{','.join(figures)}")
    lines.append("0,Broken,album," + "," * (len(songs.WEIGHTS) - 1))
    (tmp_path / "Spotify_Youtube_reduced.csv").write_text("\n".join(lines), encoding="utf-8")
    return songs.songs(tmp_path, 0)


def test_rows_with_a_figure_missing_are_left_out(table: songs.Songs) -> None:
    assert len(table.artists) == 60
    assert "Broken" not in table.artists
    assert table.figures.shape == (60, len(songs.WEIGHTS))
    assert table.figure("Energy").min() < 0.1


def test_a_song_is_put_into_words(table: songs.Songs) -> None:
    assert "very calm" in table.described(0)
    assert "very energetic" in table.described(59)
    assert "sung" in table.described(0)
    assert "instrumental" in table.described(59)
    assert table.described(0).startswith("Album track: ")
    assert table.described(0).endswith("in C")


def test_distance_is_kept_by_the_angle(table: songs.Songs) -> None:
    rows = songs.weighted(table, [1.0] * len(songs.WEIGHTS))
    energy = table.figure("Energy")
    near = rows @ rows[0]
    calm, middle, loud = (
        near[energy < 0.1].mean(),
        near[(energy > 0.3) & (energy < 0.5)].mean(),
        near[energy > 0.8].mean(),
    )
    assert calm > middle > loud


def test_views_agree_where_they_must(table: songs.Songs) -> None:
    views = songs.spaces(table, BuiltinTextEncoder(), "n-grams")
    found = songs.compare(views, "n-grams", k=5, count=6)
    by_view = {view.name: view for view in found.views}
    # Songs of one artist have one name, and here sound alike too.
    assert by_view["sentence: name"].same_artist == 1.0
    assert by_view["weighted features"].same_artist > 0.9
    assert found.chance_artist == pytest.approx(9 / 59)
    assert len(found.agreements) == 6
    assert all(0 <= pair.overlap <= 1 for pair in found.agreements)
    assert max(pair.rand for pair in found.agreements) > 0.5


def test_a_song_is_not_its_own_neighbour() -> None:
    rows = np.ones((40, 3), np.float32)  # all equal: more of them than neighbours
    near = songs._others(rows, 10)
    assert near.shape == (40, 10)
    assert not (near == np.arange(40)[:, None]).any()
    different = np.random.default_rng(0).standard_normal((40, 8)).astype(np.float32)
    different /= np.linalg.norm(different, axis=1, keepdims=True)
    likeness = different @ different.T - 2 * np.eye(40)
    np.testing.assert_array_equal(songs._others(different, 10), np.argsort(-likeness, axis=1)[:, :10])


def test_whole_artists_are_chosen(shared_data: Path) -> None:
    some, every = songs.songs(shared_data, 200), songs.songs(shared_data, 0)
    assert 200 <= len(some.artists) < 220
    for artist in np.unique(some.artists):
        assert (some.artists == artist).sum() == (every.artists == artist).sum()
