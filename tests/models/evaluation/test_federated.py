"""Averaged networks learn what their peers share, count their bytes, and do not depend on chance."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.federated import Examples, FederationSettings, federated_average, fine_tuned
from models.evaluation.gossip import gossip_average

FEATURES = 6
SMALL = FederationSettings(hidden=8, rounds=8, steps=4, rate=0.02)


def peers(count: int = 5, seed: int = 0) -> list[Examples]:
    """Everybody likes what points along the first feature."""
    rng = np.random.default_rng(seed)
    out = []
    for number in range(count):
        rows = rng.normal(size=(12 + number, FEATURES)).astype(np.float32)
        out.append(Examples(rows, (rows[:, 0] > 0).astype(np.float32), np.ones(len(rows), np.float32)))
    return out


def likeness(scores: np.ndarray, features: np.ndarray) -> float:
    return float(np.corrcoef(scores, features[:, 0])[0, 1])


def fresh() -> np.ndarray:
    return np.random.default_rng(9).normal(size=(200, FEATURES)).astype(np.float32)


def test_the_average_learns_the_common_taste_and_counts_its_bytes() -> None:
    found = federated_average(peers(), SMALL)
    assert likeness(found.network.predict(fresh()), fresh()) > 0.6
    weights = FEATURES * 8 + 8 + 8 + 1
    assert found.bytes == 2 * SMALL.rounds * 4 * weights


def test_gossip_learns_it_too_and_everybody_has_a_network() -> None:
    found = gossip_average(peers(), SMALL)
    for peer in range(5):
        assert likeness(found.networks.predict(fresh(), peer), fresh()) > 0.5
    # Two of five pairs meet each round; each meeting carries two networks, sent once and received once.
    assert found.bytes == round(2 * 2 * 2 * SMALL.rounds * found.networks.bytes / 5)


def test_a_lone_peer_learns_alone() -> None:
    assert gossip_average(peers(1), SMALL).bytes == 0


def test_both_are_deterministic_under_a_seed() -> None:
    for run in (
        lambda seed: federated_average(peers(), SMALL, seed=seed).network,
        lambda seed: gossip_average(peers(), SMALL, seed=seed).networks,
    ):
        np.testing.assert_array_equal(run(1).predict(fresh()), run(1).predict(fresh()))
        assert (run(1).predict(fresh()) != run(2).predict(fresh())).any()


def test_peers_weigh_as_much_as_they_labelled() -> None:
    loud, quiet = peers(2)
    nothing = Examples(quiet.rows, 1 - quiet.targets, 0 * quiet.weights)
    with_nobody = federated_average([loud, nothing], SMALL).network.predict(fresh())
    np.testing.assert_allclose(with_nobody, federated_average([loud], SMALL).network.predict(fresh()), atol=1e-4)


def test_fine_tuning_follows_the_own_labels() -> None:
    common = federated_average(peers(), SMALL).network
    rows = fresh()[:40]
    own = Examples(rows, (rows[:, 1] > 0).astype(np.float32), np.ones(40, np.float32))
    tuned = fine_tuned(common, own, steps=60, rate=0.03).predict(fresh())
    before, after = (float(np.corrcoef(said, fresh()[:, 1])[0, 1]) for said in (common.predict(fresh()), tuned))
    assert after > before + 0.3
    none = Examples(rows[:0], own.targets[:0], own.weights[:0])
    np.testing.assert_array_equal(fine_tuned(common, none).predict(rows), common.predict(rows))


def test_nobody_cannot_average() -> None:
    for average in (federated_average, gossip_average):
        with pytest.raises(ValueError, match="no peers"):
            average([])
