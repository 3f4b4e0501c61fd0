"""When a learned space takes part in the taste."""

from __future__ import annotations

from app.studio.joining import joined
from app.studio.spaces import LearnedSpace, Spaces
from models.types import Modality

HEARS = LearnedSpace("clap-v1-01234567", Modality.AUDIO, 8, "CLAP")
SEES = LearnedSpace("clip-v1-01234567", Modality.IMAGE, 8, "CLIP")
SPACES = Spaces("a", "i", "t", (HEARS, SEES))
BUILT_IN = ("a", "i", "t")


def test_the_built_in_ones_always_count() -> None:
    assert joined(SPACES, {}) == BUILT_IN
    assert joined(Spaces("a", "i", "t"), {"a": 5}) == BUILT_IN


def test_a_learned_one_joins_when_it_has_encoded_enough_of_its_own_modality() -> None:
    counts = {"a": 100, "i": 10, HEARS.name: 89, SEES.name: 9}
    assert joined(SPACES, counts) == (*BUILT_IN, SEES.name)
    assert joined(SPACES, counts | {HEARS.name: 90}) == (*BUILT_IN, HEARS.name, SEES.name)


def test_an_import_does_not_drive_it_out_but_being_far_behind_does() -> None:
    counts = {"a": 170, HEARS.name: 90}
    assert joined(SPACES, counts, {HEARS.name}) == (*BUILT_IN, HEARS.name)
    assert joined(SPACES, counts | {"a": 181}, {HEARS.name}) == BUILT_IN
    assert joined(Spaces("a", "i", "t"), counts, {HEARS.name}) == BUILT_IN, "it was removed"


def test_one_without_any_vector_says_nothing() -> None:
    assert joined(SPACES, {"a": 0, HEARS.name: 0}) == BUILT_IN
    assert joined(SPACES, {"a": 0, HEARS.name: 1}) == (*BUILT_IN, HEARS.name)
