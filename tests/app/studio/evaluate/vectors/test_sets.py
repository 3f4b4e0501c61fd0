"""The sets that are measured on: domains, no doubles, and a profile that is only read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.errors import BowerbirdError
from app.store.vectors import Vectors
from app.studio.evaluate.vectors import sets


def _tiny_folder(folder: Path) -> Path:
    (folder / "ml100k_u.item").write_bytes("1|Toy Story (1995)|x\n2|Amélie (2001)|x\n".encode("latin-1"))
    (folder / "lastfm_artists.dat").write_text("id\tname\turl\n1\tAir\tu\n2\tMoby\tu\n3\t \tu\n", encoding="utf-8")
    (folder / "Spotify_Youtube_reduced.csv").write_text(",Artist\n0,AIR\n1,Zaz\n2,Zaz\n", encoding="utf-8")
    return folder


def test_names_are_distinct_and_know_their_source(tmp_path: Path) -> None:
    found = sets.names(_tiny_folder(tmp_path), 0)
    assert found.titles == ("Toy Story (1995)", "Amélie (2001)", "Air", "Moby", "Zaz")
    assert found.labels.tolist() == ["film", "film", "artist (Last.fm)", "artist (Last.fm)", "artist (Spotify)"]
    assert found.old.tolist() == [True, True, False, False, False]
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, rtol=1e-5)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(BowerbirdError) as caught:
        sets.names(tmp_path, 0)
    assert caught.value.path == tmp_path / "ml100k_u.item"


def test_real_names(shared_data: Path) -> None:
    found = sets.names(shared_data, 500)
    assert len(found.vectors) == len(found.titles) == len(found.labels) == len(set(found.titles)) == 500
    assert found.old.sum() == 50


def test_synthetic_clusters_are_whole_and_repeatable() -> None:
    found, again = (sets.synthetic(1_000, dimension=32, clusters=50, seed=4) for _ in range(2))
    np.testing.assert_array_equal(found.vectors, again.vectors)
    assert not set(found.labels[found.old]) & set(found.labels[~found.old])
    assert 0.02 < found.old.mean() < 0.3
    one = found.vectors[found.labels == found.labels[0]]
    assert float((one @ one.T).mean()) > 0.5 > abs(float((one @ found.vectors[-1]).mean()))


def test_a_profile_is_read_and_left_alone(tmp_path: Path) -> None:
    vectors = Vectors(tmp_path / "profile" / "vectors")
    made = np.random.default_rng(0).standard_normal((30, 11)).astype(np.float32)
    vectors.add("builtin-audio-v1-0123456789abcdef", np.arange(1, 31), made)
    vectors.add("builtin-text-v1-0123456789abcdef", np.arange(1, 6), made[:5])
    vectors.close()
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "profile").rglob("*")}
    (found,) = sets.of_profile(tmp_path / "profile", tmp_path / "scratch")
    assert found.name == "builtin-audio"
    assert found.vectors.shape == (30, 11)
    assert found.old.sum() == 3
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "profile").rglob("*")} == before


def test_an_empty_profile_is_said(tmp_path: Path) -> None:
    with pytest.raises(BowerbirdError, match="No vectors"):
        list(sets.of_profile(tmp_path, tmp_path / "scratch"))
