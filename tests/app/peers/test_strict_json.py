"""Strict JSON: what is read is written the same way, and everything else is refused by a ValueError."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.peers.strict_json import dumps, fields, items, loads, text, whole

VALUES = st.recursive(
    st.integers(-(2**60), 2**60) | st.text(st.characters(codec="utf-8")) | st.booleans() | st.none(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_a_value_comes_back_equal(value: object) -> None:
    assert loads(dumps(value)) == value


@given(VALUES)
def test_another_way_to_write_it_is_refused(value: object) -> None:
    written = dumps(value)
    for other in (b" " + written, written + b"\n", json.dumps(value, indent=1).encode(), json.dumps(value).encode()):
        if other != written:
            with pytest.raises(ValueError, match="form"):
                loads(other)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[1,]",
        "1.0",
        "1e3",
        "-0",
        "01",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e999",
        "9" * 5000,
        '"\\u0041"',
        '"\\ud800"',
        '"\ud800"x',
        '"\\/"',
        '"tab\there"',
        '{"a":1,"a":1}',
        '{"a":1, "b":2}',
        "[1]\n",
        "[1]x",
        "\ufeff[1]",
        "true ",
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" * 500 + "]" * 499,
        "'a'",
    ],
    ids=lambda content: content[:12],
)
def test_not_the_one_form(content: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        loads(content.encode("utf-8", "surrogatepass"))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        value = loads(content)
    except ValueError:
        return
    assert dumps(value) == content


def test_fields_are_known_ordered_and_there() -> None:
    names = ("a", "b", "c")
    for right in ({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2}, {"a": 1}, {"a": 1, "c": 3}):
        assert fields(right, names, 1, "it") == right
    for wrong in ({}, {"b": 2}, {"b": 2, "a": 1}, {"a": 1, "d": 4}, [], None, "a", 1):
        with pytest.raises(ValueError, match="it"):
            fields(wrong, names, 1, "it")


def test_numbers_texts_and_lists_within_bounds() -> None:
    assert whole(3, 1, 3, "it") == 3
    assert text("abc", 3, "it") == "abc"
    assert items([1], 3, "it") == [1]
    for wrong in (0, 4, -1, True, "1", None, 1.0, [1], 10**400):
        with pytest.raises(ValueError, match="it is no number"):
            whole(wrong, 1, 3, "it")
    for odd in ("", "abcd", 1, None, ["a"]):
        with pytest.raises(ValueError, match="it is no text"):
            text(odd, 3, "it")
    for many in ([], [1] * 4, "ab", {"a": 1}, None):
        with pytest.raises(ValueError, match="it is no list"):
            items(many, 3, "it")
