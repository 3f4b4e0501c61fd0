"""Simulated listeners whose tastes hide in the sound of a profile's own library."""

from __future__ import annotations

import numpy as np
import pytest

from app.errors import MediaError
from app.paths import Profile
from app.store.vectors import Vectors
from app.studio.evaluate.own import library_audience
from app.studio.spaces import builtin_spaces


def fill(profile: Profile, count: int) -> None:
    """Random unit vectors where a library's sound and words would be."""
    rng = np.random.default_rng(0)
    vectors = Vectors(profile.vectors)
    for space, dimension in ((builtin_spaces().audio, 860), (builtin_spaces().text, 512)):
        rows = rng.normal(size=(count, dimension)).astype(np.float32)
        vectors.add(space, np.arange(1, count + 1), rows / np.linalg.norm(rows, axis=1, keepdims=True))
    vectors.close()


def test_tastes_hide_in_the_library_s_sound(profile: Profile) -> None:
    fill(profile, 40)
    audience = library_audience(profile, users=3)
    assert "40 items" in audience.name
    assert len(audience.features) == 40
    assert len(audience.listeners) == 3
    again = library_audience(profile, users=3)
    for one, other in zip(audience.listeners, again.listeners, strict=True):
        np.testing.assert_array_equal(one.targets, other.targets)
        assert 0 <= one.targets.min() < one.targets.max() <= 1


def test_a_library_too_small_is_refused(profile: Profile) -> None:
    fill(profile, 12)
    with pytest.raises(MediaError, match="too small"):
        library_audience(profile)
