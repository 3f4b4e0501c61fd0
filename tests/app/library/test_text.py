"""Cleaning of foreign text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.library.text import MAX_LENGTH, clean, joined


@pytest.mark.parametrize(
    ("dirty", "tidy"),
    [
        ("  Two   words ", "Two words"),
        ("a\0b\tc\nd", "a b c d"),
        ("safe\u202egpj.exe", "safegpj.exe"),
        ("\u2067mix\u2069ed", "mixed"),
        ("e\u0301tude", "\u00e9tude"),
        ("bell\x07", "bell"),
        ("lone \udc80", "lone \ufffd"),
        ("\U0001f469\u200d\U0001f3a4", "\U0001f469\u200d\U0001f3a4"),
        ("", ""),
    ],
)
def test_cleaning(dirty: str, tidy: str) -> None:
    assert clean(dirty) == tidy


@given(st.text(st.characters(), max_size=2000))
def test_clean_text_is_one_short_line_that_stays_clean(text: str) -> None:
    tidy = clean(text)
    assert len(tidy) <= MAX_LENGTH
    assert not any(unicodedata.category(sign) in ("Cc", "Cs") for sign in tidy)
    assert not set(tidy) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    assert unicodedata.is_normalized("NFC", tidy)
    assert clean(tidy) == tidy
    tidy.encode()


def test_several_values_become_one() -> None:
    assert joined(["Ada", " Bob ", "", "Ada"]) == "Ada; Bob"
    assert joined([]) == ""
