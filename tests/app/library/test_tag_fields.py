"""What the dialects share: gains as numbers, and tags of no known dialect."""

from __future__ import annotations

import pytest

from app.library.tag_fields import EMPTY, decibels, read_fields


@pytest.mark.parametrize(
    ("text", "gain"),
    [("-7.25 dB", -7.25), ("+3,5dB", 3.5), (" 0 ", 0.0), ("-60", -60.0), ("61 dB", None), ("x", None), ("", None)],
)
def test_decibels(text: str, gain: float | None) -> None:
    assert decibels(text) == gain


def test_no_tags_and_unknown_tags_are_empty() -> None:
    assert read_fields(None) == EMPTY
    assert read_fields(object()) == EMPTY
