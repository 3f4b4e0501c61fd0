"""What is told of a taste: signed lines that are read back exactly, and nothing else."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import PeerError
from app.peers.evidence import MOST_BODY, MOST_BYTES, MOST_MESSAGES, ToldMessage, read_told, write_told
from app.peers.identity import Identity

ME, OTHER = Identity(b"m" * 32), Identity(b"o" * 32)
TWO = (ToldMessage(3, 1, b"a taste"), ToldMessage(7, 2, b"votes"))


def test_what_is_signed_is_read() -> None:
    assert read_told(write_told(TWO, ME), ME.key) == TWO
    assert write_told(TWO[::-1], ME) == write_told(TWO, ME)
    assert read_told(b"", ME.key) == ()


def test_another_name_is_refused() -> None:
    with pytest.raises(PeerError, match="not signed"):
        read_told(write_told(TWO, OTHER), ME.key)


def lines() -> list[dict[str, object]]:
    return [json.loads(line) for line in write_told(TWO, ME).splitlines()]


def written(*told: object) -> bytes:
    return b"".join(json.dumps(one, sort_keys=True, separators=(",", ":")).encode() + b"\n" for one in told)


@pytest.mark.parametrize(
    "content",
    [
        b"x",
        b"\n",
        b"{}\n",
        b"[]\n",
        b"\xff\n",
        b"[" * 3000 + b"\n",
        b"x" * (MOST_BYTES + 1),
        written(*lines())[:-1],
        written(*reversed(lines())),
        written(lines()[0], lines()[0]),
        written(lines()[0] | {"seq": 4}),
        written(lines()[0] | {"seq": -1}),
        written(lines()[0] | {"seq": 2**60}),
        written(lines()[0] | {"seq": True}),
        written(lines()[0] | {"level": 2}),
        written(lines()[0] | {"level": 3}),
        written(lines()[0] | {"level": 1.0}),
        written(lines()[0] | {"body": "*"}),
        written(lines()[0] | {"body": None}),
        written(lines()[0] | {"sig": "AAAA"}),
        written(lines()[0] | {"surplus": 1}),
    ],
)
def test_what_is_not_of_its_form_is_refused(content: bytes) -> None:
    with pytest.raises(PeerError):
        read_told(content, ME.key)


def test_too_many_or_too_long_is_refused() -> None:
    with pytest.raises(PeerError, match="form"):
        read_told(write_told([ToldMessage(n, 1, b"x") for n in range(MOST_MESSAGES + 1)], ME), ME.key)
    with pytest.raises(PeerError, match="form"):
        read_told(write_told([ToldMessage(1, 1, b"x" * (MOST_BODY + 1))], ME), ME.key)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(content: bytes) -> None:
    if content:
        with pytest.raises(PeerError):
            read_told(content, ME.key)
