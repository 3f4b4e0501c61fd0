"""Foreign text: whatever comes in, one short visible line comes out, and cleaning it again changes nothing."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.peers import text_rules
from app.peers.text_rules import (
    MAX_NAME,
    MAX_NAME_BYTES,
    MAX_TAG,
    MAX_TAGS,
    MAX_TEXT,
    clean_name,
    clean_tags,
    clean_text,
)

# All of Unicode, with what is dangerous, invisible or combining made likely.
ODD = (
    "\u202e\u2066\u200b\u200d\u00ad\ufeff\ufe0f\u2028\u3000\u0301\u0327\u0338\u0e47\u1100\u1161\u11a8\u09c7\u09be\ud800"
    " \t\x00\x85"
)
TEXTS = st.text(st.characters(codec=None) | st.sampled_from(ODD), max_size=400)


@given(TEXTS)
def test_cleaned_text_is_clean(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert len(cleaned) <= MAX_TEXT
    assert unicodedata.normalize("NFC", cleaned) == cleaned
    assert cleaned == " ".join(cleaned.split())
    assert not {unicodedata.category(sign) for sign in cleaned} & {"Cc", "Cs", "Co", "Zl", "Zp"}
    cleaned.encode()


@given(TEXTS)
def test_cleaned_name_is_clean(text: str) -> None:
    name = clean_name(text)
    assert clean_name(name) == name
    assert len(name) <= MAX_NAME
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert unicodedata.normalize("NFKC", name) == name


@given(st.lists(TEXTS, max_size=30))
def test_cleaned_tags_are_clean(tags: list[str]) -> None:
    cleaned = clean_tags(tags)
    assert clean_tags(cleaned) == cleaned
    assert len(cleaned) == len(set(cleaned)) <= MAX_TAGS
    assert all(0 < len(tag) <= MAX_TAG for tag in cleaned)


@pytest.mark.parametrize("plane", range(17))
def test_the_short_way_says_the_same_as_the_long_one(plane: int, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = range(plane * 0x10000, (plane + 1) * 0x10000, 1 if plane == 0 else 31)
    texts = [f"a{chr(code)}b{chr(code)}" for code in codes]
    short = [(clean_text(text), clean_name(text)) for text in texts]
    monkeypatch.setattr(text_rules, "_is_clean", lambda *_: False)
    assert [(clean_text(text), clean_name(text)) for text in texts] == short


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Für Elise", "Für Elise"),
        ("Fu\u0308r Elise", "Für Elise"),
        ("Дорога домой", "Дорога домой"),
        ("夜に駆ける", "夜に駆ける"),
        ("song\u202egpj.exe", "songgpj.exe"),
        ("zero\u200bwidth\u2060", "zerowidth"),
        ("  two \t\r\n lines\u2028three ", "two lines three"),
        ("bell\x07and\x1b[31mred", "belland[31mred"),
        ("half \ud83d sign", "half sign"),
        ("private \ue000 use", "private use"),
        ("tag \U000e0041 sign", "tag sign"),
        ("filler\u3164", "filler"),
        ("\u0301\u0301start", "start"),
        ("e" + "\u0338" * 40, "e" + "\u0338" * 4),
        ("a \u0489b", "a b"),
        ("\u2800", ""),
        ("x" * 500, "x" * 200),
        ("x" * 199 + " y", "x" * 199),
        ("", ""),
    ],
)
def test_text(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Ada Lovelace", "Ada Lovelace"),
        ("Пётр Smith", "Пётр Smith"),
        ("\U0001d401\U0001d428\U0001d41b", "Bob"),
        ("Ａｎｎａ", "Anna"),
        ("p\u0430ypal", ""),
        ("\u0391lpha", ""),
        ("Ada", "Ada"),
        ("n" * 100, "n" * 40),
        ("😀" * 40, "😀" * 30),
    ],
)
def test_name(text: str, cleaned: str) -> None:
    assert clean_name(text) == cleaned


def test_a_long_text_is_cut_before_it_is_worked_on() -> None:
    assert len(clean_text("\u0301" * 10_000_000 + "a")) == 0
    assert clean_text("é" * 5_000_000, 10) == "é" * 10
