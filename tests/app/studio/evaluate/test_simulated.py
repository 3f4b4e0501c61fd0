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
