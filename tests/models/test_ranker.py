"""What a list must keep: spacing, no repeats, no duplicates, diversity, penalties, determinism."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import ranker
from models.ranker import Candidates, RankSettings, Spacing
from models.types import I64

N = 400


def _candidates(seed: int = 0, artists: int = 60) -> Candidates:
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(N, 12))
    liked = np.zeros(N, bool)
    liked[:15] = True
    played = np.full(N, np.inf, np.float32)
    played[:100] = rng.uniform(0, 400, 100)
    return Candidates(
        discovery=rng.normal(size=N).astype(np.float32),
        rating=rng.random(N, np.float32),
        deviation=(0.3 * rng.random(N)).astype(np.float32),
        features=(rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32),
        artists=rng.integers(0, artists, N).astype(np.int64),
        played_days=played,
        skipped_days=np.full(N, np.inf, np.float32),
        liked=liked,
        allowed=np.ones(N, bool),
    )


def _gaps(artists: I64) -> int:
    """Smallest distance between two picks of one artist."""
    places: dict[int, int] = {}
    smallest = len(artists)
    for place, code in enumerate(artists.tolist()):
        if code in places:
            smallest = min(smallest, place - places[code])
        places[code] = place
    return smallest


@given(seed=st.integers(0, 40), heard=st.integers(0, 20))
@settings(max_examples=20, deadline=None)
def test_radio_never_repeats_and_keeps_artists_apart(seed: int, heard: int) -> None:
    candidates = _candidates(seed)
    before = np.arange(heard, dtype=np.int64) * 3
    session = list(before)
    while len(session) < heard + 50:
        session.append(int(ranker.radio_next(candidates, np.array(session, np.int64), 1)[0]))
    picked = np.array(session[heard:])
    assert len(set(session)) == heard + 50
    assert _gaps(candidates.artists[picked]) >= 5
    assert np.bincount(candidates.artists[picked]).max() <= 3


def test_a_list_at_once_is_spaced_like_one_built_step_by_step() -> None:
    candidates = _candidates(3)
    picked = ranker.you_will_love(candidates, 50)
    assert len(picked) == 50
    assert _gaps(candidates.artists[picked]) >= 5
    assert np.bincount(candidates.artists[picked]).max() <= 3
    assert not candidates.liked[picked].any()


def test_one_artist_still_fills_a_page_and_unknown_artists_are_not_spaced() -> None:
    alone = replace(_candidates(1), artists=np.zeros(N, np.int64))
    unknown = replace(alone, artists=np.full(N, ranker.UNKNOWN))
    first, second = ranker.you_will_love(alone, 20), ranker.you_will_love(unknown, 20)
    assert len(first) == 20
    np.testing.assert_array_equal(first, second)


def test_duplicates_appear_once() -> None:
    candidates = _candidates(2)
    features = candidates.features.copy()
    features[200:300] = features[100:200]
    discovery = candidates.discovery.copy()
    discovery[100:300] += 3
    picked = ranker.you_will_love(replace(candidates, features=features, discovery=discovery), 60)
    twins = {row % 100 for row in picked.tolist() if 100 <= row < 300}
    assert len(twins) == sum(100 <= row < 300 for row in picked.tolist())


def test_diversity_spreads_the_list_at_a_price() -> None:
    candidates = _candidates(4)
    features = candidates.features
    score = (features @ features[0]).astype(np.float32) * 3
    candidates = replace(candidates, discovery=score, liked=np.zeros(N, bool))
    spreads, values = [], []
    for diversity in (0.0, 0.2, 0.6):
        picked = ranker.you_will_love(candidates, 15, RankSettings(diversity, explore=0.0))
        rows = features[picked]
        spreads.append(1 - ((rows @ rows.T).sum() - 15) / (15 * 14))
        values.append(score[picked].mean())
    assert spreads[0] < spreads[1] < spreads[2]
    assert values[0] > values[1] > values[2]


def test_what_was_just_played_or_skipped_waits_and_comes_back() -> None:
    inf = np.array([np.inf], np.float32)
    at = np.array([0.0, 7.0, 14.0, 365.0], np.float32)
    played = ranker.penalty(at, np.repeat(inf, 4))
    np.testing.assert_allclose(played[:3], [2.0, 1.0, 0.5], rtol=1e-6)
    assert played[3] < 1e-6
    skipped = ranker.penalty(np.repeat(inf, 4), at)
    np.testing.assert_allclose(skipped[[0, 2]], [1.5, 0.75], rtol=1e-6)
    candidates = _candidates(5)
    best = int(ranker.you_will_love(candidates, 1)[0])
    days = candidates.skipped_days.copy()
    days[best] = 0.0
    assert best not in ranker.you_will_love(replace(candidates, skipped_days=days), 5)


def test_what_is_not_allowed_is_never_picked() -> None:
    candidates = _candidates(6)
    allowed = np.zeros(N, bool)
    allowed[50:80] = True
    candidates = replace(candidates, allowed=allowed)
    heard = np.array([1, 2], np.int64)
    for picked in (
        ranker.you_will_love(candidates, 50),
        ranker.something_different(candidates, 50),
        ranker.forgotten_favourites(candidates, 50),
        ranker.more_like(candidates, 60, 50),
        ranker.radio_next(candidates, heard, 50),
        ranker.similar(candidates.features, candidates.features[0], 50, allowed),
    ):
        assert allowed[picked].all()
    nothing = replace(candidates, allowed=np.zeros(N, bool))
    assert not len(ranker.you_will_love(nothing, 5))
    assert not len(ranker.something_different(nothing, 5))


def test_adventure_leads_further_from_what_is_liked() -> None:
    candidates = _candidates(7)
    near = ranker.nearest_like(candidates.features, candidates.liked)
    likeness = [
        near[ranker.something_different(candidates, 20, adventure=adventure)].mean() for adventure in (0.0, 0.5, 1.0)
    ]
    assert likeness[0] > likeness[1] > likeness[2]


def test_forgotten_favourites_are_liked_or_promising_and_long_unheard() -> None:
    candidates = _candidates(8)
    picked = ranker.forgotten_favourites(candidates, 30)
    assert len(picked)
    assert (candidates.played_days[picked] >= 60).all()
    assert (candidates.liked[picked] | (candidates.rating[picked] >= 0.75)).all()
    assert np.isfinite(candidates.played_days[picked][~candidates.liked[picked]]).all()


def test_more_like_is_near_and_leaves_out_the_item_itself() -> None:
    candidates = _candidates(9)
    picked = ranker.more_like(candidates, 17, 10)
    cosines = candidates.features @ candidates.features[17]
    assert 17 not in picked
    assert cosines[picked].mean() > np.quantile(cosines, 0.95)


def test_similar_is_plain_cosine_order() -> None:
    candidates = _candidates(10)
    cosines = candidates.features @ candidates.features[5]
    picked = ranker.similar(candidates.features, candidates.features[5], 12, candidates.allowed)
    np.testing.assert_array_equal(picked, np.argsort(-cosines)[:12])


def test_the_same_seed_gives_the_same_list_and_ties_do_not_follow_the_rows() -> None:
    candidates = replace(_candidates(11), discovery=np.zeros(N, np.float32), deviation=np.zeros(N, np.float32))
    one, again, other = (
        ranker.you_will_love(candidates, 20, RankSettings(seed=seed, spacing=Spacing(1, 50, 50))) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(one, again)
    assert set(one.tolist()) != set(other.tolist())


def test_likeness_to_likes_without_likes_and_with_many() -> None:
    candidates = _candidates(12)
    assert not ranker.nearest_like(candidates.features, np.zeros(N, bool)).any()
    all_liked = ranker.nearest_like(candidates.features, np.ones(N, bool), most=50)
    assert all_liked.max() == pytest.approx(1.0, abs=1e-5)
    assert (all_liked > 0.999).sum() == 50


def test_more_like_among_equals_falls_back_on_taste() -> None:
    candidates = _candidates(13)
    apart = np.zeros((N, N), np.float32)
    np.fill_diagonal(apart, 1.0)
    candidates = replace(candidates, features=apart)
    picked = ranker.more_like(candidates, 3, 5)
    assert set(picked.tolist()) <= set(np.argsort(-candidates.discovery)[:6].tolist())
    nobody = replace(candidates, allowed=np.zeros(N, bool))
    assert not len(ranker.more_like(nobody, 3, 5))


def test_columns_must_fit() -> None:
    with pytest.raises(ValueError, match="different lengths"):
        replace(_candidates(), rating=np.zeros(3, np.float32))
    with pytest.raises(ValueError, match="features"):
        replace(_candidates(), features=np.zeros((3, 2), np.float32))
