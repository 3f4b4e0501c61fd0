"""The loaders read the real files whole, and nothing of a tested listener leaks into the features."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from app.studio.evaluate import datasets


@pytest.mark.media
def test_movielens_is_read_whole(shared_data: Path) -> None:
    audience = datasets.movielens(shared_data, users=40)
    assert audience.features.shape == (1682, 96)
    assert len(audience.listeners) == 40
    assert not audience.implicit
    for listener in audience.listeners:
        assert len(np.unique(listener.rows)) == len(listener.rows) >= 80
        assert set(np.unique(listener.targets)) <= {0.0, 0.25, 0.5, 0.75, 1.0}
        assert (np.diff(listener.days) >= 0).all()
        assert listener.days[0] == 0


@pytest.mark.media
def test_the_two_halves_share_no_listener(shared_data: Path) -> None:
    halves = [datasets.movielens(shared_data, users=60, half=half).listeners for half in (0, 1)]
    first, second = ({(tuple(one.rows), tuple(one.days)) for one in half} for half in halves)
    assert len(first) == len(second) == 60
    assert not first & second


@pytest.mark.media
def test_tags_of_tested_listeners_do_not_shape_the_features(shared_data: Path, tmp_path: Path) -> None:
    names = ("lastfm_artists.dat", "lastfm_user_artists.dat", "lastfm_user_taggedartists.dat")
    for name in names:
        shutil.copyfile(shared_data / name, tmp_path / name)
    before = datasets.lastfm(tmp_path, users=30)
    # Everything the tested listeners tagged goes; nothing may change.
    lines = (tmp_path / names[1]).read_text(encoding="utf-8").splitlines()[1:]
    counts: dict[int, int] = {}
    for line in lines:
        user = int(line.split("\t")[0])
        counts[user] = counts.get(user, 0) + 1
    eligible = [user for user in sorted(counts) if counts[user] >= 30]
    tested = {eligible[place] for place in np.random.default_rng(0).permutation(len(eligible))[:30]}
    tags = (tmp_path / names[2]).read_text(encoding="utf-8").splitlines()
    kept = [tags[0], *(line for line in tags[1:] if int(line.split("\t")[0]) not in tested)]
    assert len(kept) < len(tags)
    (tmp_path / names[2]).chmod(0o644)
    (tmp_path / names[2]).write_text("\n".join(kept) + "\n", encoding="utf-8")
    after = datasets.lastfm(tmp_path, users=30)
    np.testing.assert_array_equal(before.features, after.features)
    assert before.implicit
    assert all((listener.targets == 1).all() and len(listener.rows) >= 25 for listener in before.listeners)
