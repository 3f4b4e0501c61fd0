"""What an explanation says about labels and spaces is what they did."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.features import Basis, Block
from models.taste import Labels, Mix, Taste, TasteSettings
from models.taste_explain import Explanation, Part
from models.types import F32


def _library() -> tuple[list[Block], Basis, F32]:
    """Items whose sound has four styles and whose words are noise."""
    rng = np.random.default_rng(0)
    sound = rng.normal(size=(4, 20))[np.arange(240) % 4] + 0.2 * rng.normal(size=(240, 20))
    blocks = [
        Block("audio", sound.astype(np.float32), np.ones(240, bool)),
        Block("text", rng.normal(size=(240, 20)).astype(np.float32), np.ones(240, bool), 0.3),
    ]
    basis = Basis.fit(blocks, width=24)
    return blocks, basis, basis.project(blocks)


def _labels(rows: list[int], targets: list[float]) -> Labels:
    n = len(rows)
    return Labels(
        np.array(rows, np.int64), np.array(targets, np.float32), np.ones(n, np.float32), np.zeros(n, np.float32)
    )


def _one(blocks: list[Block], row: int) -> list[Block]:
    return [Block(b.space, b.vectors[row : row + 1], b.present[row : row + 1], b.weight) for b in blocks]


def test_the_space_that_carries_the_taste_gets_the_credit() -> None:
    blocks, basis, features = _library()
    taste = Taste.fit(features, _labels([0, 4, 8, 12, 1, 5], [1, 1, 1, 1, 0, 0]))
    audio = text = 0.0
    for row in range(100, 140, 4):
        split = basis.split(_one(blocks, row))[0]
        said = taste.explain(features[row], split)
        audio += said.spaces[0].amount
        text += said.spaces[1].amount
        assert sum(part.amount for part in said.spaces) + said.typical + said.remainder == pytest.approx(
            said.total, abs=1e-9
        )
    assert audio > 3 * abs(text)


def test_likes_of_the_same_style_lift_and_are_named_first() -> None:
    _, _, features = _library()
    taste = Taste.fit(features, _labels([0, 4, 1, 2, 3], [1, 1, 1, 0, 0]))
    said = taste.explain(features[100])
    assert {part.label for part in said.parts[:2]} == {0, 1}
    assert all(part.amount > 0 and part.likeness > 0.3 for part in said.parts[:2])


def test_in_a_linear_network_a_part_is_what_its_label_adds() -> None:
    """With one linear branch, taking a label away takes exactly its part (up to the common scale)."""
    _, _, features = _library()
    settings = replace(TasteSettings(), separation=0.0, mix=Mix(likes=1, ramp=0, regression=0))
    whole = Taste.fit(features, _labels([0, 4, 9], [1, 1, 1]), settings=settings)
    less = Taste.fit(features, _labels([0, 4], [1, 1]), settings=settings)
    row = features[100]
    kept = {part.label: part.amount for part in whole.explain(row).parts}
    alone = {part.label: part.amount for part in less.explain(row).parts}
    assert kept[0] / kept[1] == pytest.approx(alone[0] / alone[1], rel=1e-3)


@pytest.mark.parametrize("width", [8, 96])
@pytest.mark.parametrize("given", [False, True])
def test_with_a_prior_or_a_fold_the_sums_still_are_exact(width: int, given: bool) -> None:
    blocks, basis, features = _library()
    prior = features[7] / 2 if given else None
    settings = replace(TasteSettings(), width=width)
    labels = _labels([0, 4, 8, 1, 2, 3], [1, 1, 1, 0, 0, 0.5])
    taste = Taste.fit(features, labels, settings=settings, prior=prior)
    assert bool(len(taste.weights.fold)) == (width == 8)
    for row in (5, 100, 200):
        said = taste.explain(features[row], basis.split(_one(blocks, row))[0])
        assert said.total == pytest.approx(float(taste.score(features).discovery[row]), abs=1e-5)
        assert sum(part.amount for part in said.parts) + said.prior + said.remainder == pytest.approx(said.total)
        assert sum(part.amount for part in said.spaces) + said.typical + said.remainder == pytest.approx(said.total)
        assert said.unattributed < 1e-4
        assert bool(said.prior) == given


def test_no_labels_no_reasons() -> None:
    _, _, features = _library()
    said = Taste.fit(features, _labels([], [])).explain(features[0], features[:1])
    assert said.parts == ()
    assert said.total == said.remainder == said.unattributed == 0.0


def test_unattributed_is_the_share_of_all_absolute_contributions() -> None:
    said = Explanation(1.5, (Part(0, 2.0, 0.9), Part(1, -1.0, 0.1)), 0.5, (), 1.0)
    assert said.unattributed == pytest.approx(0.5 / 3.5)
