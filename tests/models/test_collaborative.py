"""Peers' evidence is bounded, adds up to the score it explains, and can be forgotten to the bit."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.collaborative import (
    Contribution,
    Evidence,
    Pooled,
    VoteRule,
    combine,
    explain,
    source_weights,
    standard,
)
from models.evidence import FEWEST, MOST_MESSAGES, WIDTH, Message, TasteMessage, VoteMessage
from models.taste import Labels

ITEMS = tuple(hashlib.sha256(str(number).encode()).digest() for number in range(60))
ROWS = {item: row for row, item in enumerate(ITEMS[:50])}
SOURCES = (b"anna", b"bert", b"cleo", b"dora")


def _catalogue() -> np.ndarray:
    rows = np.random.default_rng(0).normal(size=(50, WIDTH)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


CATALOGUE = _catalogue()
OWN = np.random.default_rng(1).normal(size=50).astype(np.float32)


def taste(seq: int, seed: int, loud: float = 1.0) -> TasteMessage:
    vector = loud * np.random.default_rng(seed).normal(size=WIDTH) / 6
    return TasteMessage("p", seq, 0, 4.0, FEWEST, tuple(vector.tolist()))


def votes(seq: int, seed: int) -> VoteMessage:
    rng = np.random.default_rng(seed)
    chosen = rng.choice(len(ITEMS), FEWEST, replace=False)
    ups = rng.random(FEWEST) < 0.6
    up, down = (tuple(sorted(ITEMS[int(row)] for row in chosen[ups == way])) for way in (True, False))
    return VoteMessage(seq, 0, 2.0, up, down)


MESSAGES = st.builds(
    lambda kind, seq, seed: (taste if kind else votes)(seq, seed), st.booleans(), st.integers(0, 5), st.integers(0, 9)
)
CONTRIBUTIONS = st.lists(st.builds(Contribution, st.sampled_from(SOURCES), MESSAGES), max_size=14)


def pool(evidence: Evidence, followed: tuple[bytes, ...] = SOURCES) -> Pooled:
    return evidence.pool(followed, CATALOGUE, ROWS, "p")


def bits(evidence: Evidence, followed: tuple[bytes, ...] = SOURCES) -> tuple[bytes, ...]:
    pooled = pool(evidence, followed)
    scored = [combine(OWN, 5, pooled, CATALOGUE, rule=rule).total.tobytes() for rule in VoteRule]
    return (*pooled.sources, pooled.tastes.tobytes(), pooled.columns().tobytes(), *scored)


@settings(max_examples=80, deadline=None)
@given(CONTRIBUTIONS, st.sampled_from(SOURCES), st.data())
def test_forgetting_is_never_having_followed_in_any_order(
    sent: list[Contribution], gone: bytes, data: st.DataObject
) -> None:
    arrived = data.draw(st.permutations(sent))
    never = Evidence.of(one for one in sent if one.source != gone)
    forgotten = Evidence.of(arrived).forget(gone)
    assert forgotten == never
    assert bits(forgotten) == bits(never)
    assert gone not in forgotten.sources
    # Unfollowed, but not yet deleted: no influence either.
    others = tuple(source for source in SOURCES if source != gone)
    assert bits(Evidence.of(arrived), others) == bits(never)


@settings(max_examples=40, deadline=None)
@given(CONTRIBUTIONS, st.data())
def test_a_repeated_message_changes_nothing(sent: list[Contribution], data: st.DataObject) -> None:
    once = Evidence.of(sent)
    assert Evidence.of(data.draw(st.permutations([*sent, *sent]))) == once


@pytest.mark.parametrize("backwards", [False, True])
def test_the_newest_messages_stay_whatever_came_first(backwards: bool) -> None:
    numbers = range(MOST_MESSAGES + 9)
    order = reversed(numbers) if backwards else numbers
    held = Evidence.of(Contribution(b"anna", taste(seq, seq)) for seq in order)
    held = held.receive(b"bert", taste(0, 0))
    assert [one.message.seq for one in held.contributions if one.source == b"anna"] == list(numbers)[-MOST_MESSAGES:]
    assert held.sources == (b"anna", b"bert")


def test_the_newest_vote_on_an_item_counts() -> None:
    up, down = (
        VoteMessage(1, 0, 2.0, tuple(sorted(ITEMS[:20])), ()),
        VoteMessage(2, 0, 2.0, (), tuple(sorted(ITEMS[10:30]))),
    )
    for order in ((up, down), (down, up)):
        pooled = pool(Evidence.of(Contribution(b"anna", message) for message in order))
        assert dict(zip(pooled.places.tolist(), pooled.signs.tolist(), strict=True)) == {
            **dict.fromkeys(range(10), 1.0),
            **dict.fromkeys(range(10, 30), -1.0),
        }


def test_loudness_buys_nothing() -> None:
    quiet, loud = (Evidence().receive(b"anna", taste(0, 3, loudness)) for loudness in (1.0, 50.0))
    np.testing.assert_allclose(pool(quiet).tastes, pool(loud).tastes, atol=1e-6)
    assert np.linalg.norm(pool(loud).tastes[0]) == pytest.approx(1.0, abs=1e-6)
    crowd = Evidence.of(Contribution(source, taste(0, seed)) for seed, source in enumerate(SOURCES))
    assert np.linalg.norm(pool(crowd).taste) <= 1 + 1e-6


def test_messages_of_another_projection_and_unknown_items_are_passed_over() -> None:
    other = replace(taste(0, 1), projection="q")
    unknown = VoteMessage(1, 0, 2.0, tuple(sorted(hashlib.sha256(b"%d" % n).digest() for n in range(900, 930))), ())
    pooled = pool(Evidence().receive(b"anna", other).receive(b"anna", unknown))
    assert pooled.sources == (b"anna",)
    assert not pooled.tastes.any()
    assert not len(pooled.places)
    assert combine(OWN, 5, pooled, CATALOGUE).total.tobytes() == standard(OWN).tobytes()


def test_without_evidence_the_own_score_stands() -> None:
    combined = combine(OWN, 3, pool(Evidence()), CATALOGUE)
    np.testing.assert_array_equal(combined.total, standard(OWN))
    assert not combined.taste.any()
    assert not combined.votes.any()


def test_a_message_that_breaks_a_limit_is_not_kept() -> None:
    with pytest.raises(ValueError, match="labels"):
        Evidence().receive(b"anna", replace(taste(0, 0), labels=3))


def test_the_score_is_the_published_formula() -> None:
    sent: list[Message] = [votes(0, seed) for seed in range(4)]
    pooled = pool(Evidence.of(map(Contribution, SOURCES, sent)))
    total, count = np.zeros(50), np.zeros(50)
    for message in sent:
        assert isinstance(message, VoteMessage)
        for items, sign in ((message.up, 1), (message.down, -1)):
            known = [ROWS[item] for item in items if item in ROWS]
            total[known] += sign
            count[known] += 1
    likeness = CATALOGUE @ pooled.taste
    taste_part = 10 / (10 + 20) * (likeness - likeness.mean()) / likeness.std()
    expected = (OWN - OWN.mean()) / OWN.std() + taste_part + 2 * total / (count + 2)
    np.testing.assert_allclose(combine(OWN, 20, pooled, CATALOGUE).total, expected, atol=1e-5)
    supported = combine(OWN, 20, pooled, CATALOGUE, rule=VoteRule.SUPPORT).votes
    np.testing.assert_allclose(supported, total / np.sqrt(count + 2), atol=1e-5)


@settings(max_examples=40, deadline=None)
@given(CONTRIBUTIONS, st.integers(0, 100), st.integers(0, 49), st.sampled_from(VoteRule), st.booleans())
def test_the_explanation_sums_to_the_score(
    sent: list[Contribution], labels: int, row: int, rule: VoteRule, weighted: bool
) -> None:
    pooled = pool(Evidence.of(sent))
    weights = np.linspace(-1, 1, len(pooled.sources)).astype(np.float32) if weighted else None
    combined = combine(OWN, labels, pooled, CATALOGUE, weights, rule=rule)
    shares = explain(row, labels, pooled, CATALOGUE, weights, rule=rule)
    assert sum(share.taste for share in shares) == pytest.approx(combined.taste[row], abs=1e-4)
    assert sum(share.vote for share in shares) == pytest.approx(combined.votes[row], abs=1e-4)
    assert {share.source for share in shares} <= set(pooled.sources)


def test_who_is_right_about_me_is_believed_more() -> None:
    liked = np.arange(20) % 2 == 0
    right = VoteMessage(
        0,
        0,
        2.0,
        tuple(sorted(np.array(ITEMS, object)[:20][liked])),
        tuple(sorted(np.array(ITEMS, object)[:20][~liked])),
    )
    wrong = replace(right, up=right.down, down=right.up)
    pooled = pool(Evidence().receive(b"anna", right).receive(b"bert", wrong))
    ones = np.ones(20, np.float32)
    labels = Labels(np.arange(20, dtype=np.int64), liked.astype(np.float32), ones, 0 * ones)
    first, second = source_weights(CATALOGUE, labels, pooled)
    assert first > 0 > second
    none = labels.take(np.zeros(0, np.int64))
    assert not source_weights(CATALOGUE, none, pooled).any()
