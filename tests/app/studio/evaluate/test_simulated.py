"""Simulated listeners have the taste they are given, and half-lives matter to those who drift."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from app.studio.evaluate import halflife, simulated
from app.studio.evaluate.protocol import few_shot
from models.baselines.ours import TasteRecommender


@pytest.fixture(scope="module")
def songs(request: pytest.FixtureRequest) -> simulated.Songs:
    folder: Path = request.getfixturevalue("shared_data")
    return simulated.spotify_songs(folder, count=1_200)


@pytest.mark.media
@pytest.mark.parametrize("implicit", [False, True])
def test_a_simulated_taste_is_found(songs: simulated.Songs, implicit: bool) -> None:
    audience = simulated.listeners(songs, simulated.World(users=15, labels=120, implicit=implicit))
    assert len(audience.listeners) == 15
    results = few_shot(audience, [TasteRecommender()], (20,))
    found, chance = results["taste", 20]["auc"].mean(), results["shuffled", 20]["auc"].mean()
    assert found > 0.6
    assert found > chance + 0.08


@pytest.mark.media
def test_fading_pays_for_those_who_drift_and_costs_those_who_do_not(songs: simulated.Songs) -> None:
    gains = []
    for drift in (0.0, 1.0):
        world = simulated.World(users=30, labels=200, drift=drift, days=730.0)
        found = halflife.areas(simulated.listeners(songs, world), span=30.0, half_lives=(180.0, 1e9))
        assert "none" in halflife.table(found)
        gains.append(np.nanmean(found[180.0] - found[1e9]))
    assert gains[1] > gains[0]
    assert gains[1] > 0


@pytest.mark.media
def test_those_who_choose_rate_what_is_famous_and_suits_them(songs: simulated.Songs) -> None:
    chosen = simulated.listeners(songs, simulated.World(users=15, labels=120, choosy=True))
    assert np.mean([songs.fame[one.rows].mean() for one in chosen.listeners]) > songs.fame.mean() + 0.3
    assert np.mean([(one.targets >= 0.65).mean() for one in chosen.listeners]) > 0.45
    results = few_shot(chosen, [TasteRecommender()], (20,))
    assert results["taste", 20]["auc"].mean() > results["shuffled", 20]["auc"].mean() + 0.05
    unknown = simulated.Songs(songs.features, songs.hidden, songs.artists)
    with pytest.raises(ValueError, match="known"):
        simulated.listeners(unknown, simulated.World(users=1, choosy=True))


def test_tastes_hide_in_the_sound_of_a_library() -> None:
    rng = np.random.default_rng(0)
    styles = rng.normal(size=(5, 40))
    sound = (styles[np.arange(120) % 5] + 0.3 * rng.normal(size=(120, 40))).astype(np.float32)
    ids = np.arange(10, 130)
    # Words are known of every other item only, in another order.
    words = (ids[::-2].copy(), rng.normal(size=(60, 16)).astype(np.float32))
    library = simulated.library_songs((ids, sound), [("text", *words)])
    assert library.features.shape == (120, 96)
    assert library.hidden.shape == (120, 9)
    assert np.isfinite(library.hidden).all()
    results = few_shot(simulated.listeners(library, simulated.World(users=25, labels=120)), [TasteRecommender()], (20,))
    assert results["taste", 20]["auc"].mean() > results["shuffled", 20]["auc"].mean() + 0.08
    with pytest.raises(ValueError, match="too small"):
        simulated.library_songs((ids[:5], sound[:5]))
