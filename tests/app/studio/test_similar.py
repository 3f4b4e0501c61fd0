"""What sounds or looks like one Item: by the built-in encoder, and by a learned one beside it where that counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.protocol import PickedShelf, ReasonKind
from app.store.facts import ItemFacts
from app.store.vectors import Vectors
from app.studio.similar import Near, find_similar, together
from app.studio.spaces import LearnedSpace, builtin_spaces
from models.types import F32, I64, Modality

HEARS = LearnedSpace("tiny-clap-v1-fedcba9876543210", Modality.AUDIO, 2, "Tiny")
SPACES = replace(builtin_spaces(), learned=(HEARS,))
FACTS = {item: ItemFacts(item, f"Title {item}", f"Artist {item}", "", "", "track", 60.0) for item in range(1, 7)}


def ids(*items: int) -> I64:
    return np.array(items, np.int64)


def at(*degrees: float) -> F32:
    return np.stack([[np.cos(np.radians(one)), np.sin(np.radians(one))] for one in degrees]).astype(np.float32)


def near(cosines: dict[int, float], *known: int) -> Near:
    return Near(ids(*cosines), np.array(list(cosines.values()), np.float32), ids(*sorted({*cosines, *known})))


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[Vectors]:
    """Items 1 to 5 by sound, at rising angles from the first; to the learned encoder 5 is what 1 is, and 2 is not."""
    made = Vectors(tmp_path / "vectors")
    made.add(SPACES.audio, ids(1, 2, 3, 4, 5), at(0, 10, 20, 30, 40))
    made.add(HEARS.name, ids(1, 2, 3, 4, 5), at(0, 80, 60, 70, 1))
    made.add(SPACES.text, ids(1, 6), at(0, 5))
    yield made
    made.close()


def found(shelf: PickedShelf) -> dict[int, float]:
    return {pick.item: round(pick.score, 3) for pick in shelf.picks}


def test_the_built_in_encoder_alone_where_no_other_counts(vectors: Vectors) -> None:
    shelf = find_similar(vectors, SPACES, FACTS, 1, 3)
    assert found(shelf) == {2: 0.985, 3: 0.94, 4: 0.866}
    assert {pick.reason.kind for pick in shelf.picks} == {ReasonKind.SOUNDS}


def test_a_learned_encoder_that_counts_has_its_say_on_the_same_scale(vectors: Vectors) -> None:
    shelf = find_similar(vectors, SPACES, FACTS, 1, 9, {SPACES.audio, HEARS.name})
    # Built-in: 2 3 4 5; learned: 5 3 4 2.
    tens = [round(float(np.cos(np.radians(angle))), 3) for angle in (10, 20, 30, 40)]
    assert found(shelf) == pytest.approx(
        {3: tens[1], 2: (tens[0] + tens[3]) / 2, 5: (tens[0] + tens[3]) / 2, 4: tens[2]}, abs=2e-3
    )
    scores = [pick.score for pick in shelf.picks]
    assert scores == sorted(scores, reverse=True)


def test_what_the_learned_encoder_has_not_heard_is_compared_as_before(vectors: Vectors) -> None:
    vectors.delete(HEARS.name, ids(2))
    shelf = find_similar(vectors, SPACES, FACTS, 1, 9, [HEARS.name])
    assert found(shelf)[2] == 0.985
    vectors.delete(HEARS.name, ids(1))
    assert found(find_similar(vectors, SPACES, FACTS, 1, 9, [HEARS.name])) == found(
        find_similar(vectors, SPACES, FACTS, 1, 9)
    )


def test_by_its_words_where_it_was_never_heard(vectors: Vectors) -> None:
    shelf = find_similar(vectors, SPACES, FACTS, 6, 3, [HEARS.name])
    assert [(pick.item, pick.reason.kind) for pick in shelf.picks] == [(1, ReasonKind.READS)]
    assert find_similar(vectors, SPACES, FACTS, 99, 3, [HEARS.name]).picks == ()


def test_what_is_far_down_in_one_space_counts_there_as_its_last() -> None:
    items, likeness = together([near({1: 0.9, 2: 0.8}, 3), near({3: 0.2, 1: 0.1}, 2)])
    assert dict(zip(items.tolist(), likeness.tolist(), strict=True)) == pytest.approx({1: 0.85, 3: 0.85, 2: 0.8})
    assert items.tolist() == [1, 3, 2]


def test_nothing_near_is_nothing() -> None:
    assert together([near({}, 4)])[0].tolist() == []
    items, likeness = together([near({}, 4), near({7: 0.5})])
    assert (items.tolist(), likeness.tolist()) == ([7], [0.5])
