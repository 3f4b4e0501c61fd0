"""Evidence as bytes: one form, read back exactly, and nothing else is read."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evidence import LATEST, WIDTH, Message, TasteMessage, VoteMessage
from models.evidence_file import MOST_BYTES, from_bytes, to_bytes

TASTE = TasteMessage("space/0123456789abcdef", 3, 20_000, 4.0, 25, tuple(float(n) / 64 for n in range(WIDTH)))
VOTES = VoteMessage(
    4, 20_001, 2.0, tuple(bytes([n]) * 32 for n in range(12)), tuple(bytes([n]) * 32 for n in range(50, 60))
)


@pytest.mark.parametrize("message", [TASTE, VOTES])
def test_what_is_written_is_read(message: Message) -> None:
    content = to_bytes(message)
    assert from_bytes(content) == message
    assert to_bytes(from_bytes(content)) == content


def test_sizes_are_those_of_the_notes() -> None:
    assert len(to_bytes(TASTE)) < 207
    assert len(to_bytes(VOTES)) < 1200


@given(st.binary(max_size=300))
def test_foreign_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="evidence:"):
        from_bytes(content)


@given(st.lists(st.floats(-100, 100, width=16), min_size=WIDTH, max_size=WIDTH), st.integers(0, LATEST))
def test_any_vector_of_half_numbers_survives(values: list[float], seq: int) -> None:
    message = TasteMessage("b", seq, 1, 4.0, 20, tuple(values))
    read = from_bytes(to_bytes(message))
    assert isinstance(read, TasteMessage)
    assert np.array_equal(read.vector, message.vector)


def changed(message: Message, **fields: Any) -> bytes:
    told = json.loads(to_bytes(message)) | fields
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        "\u00e9".encode(),
        b"x" * (MOST_BYTES + 1),
        changed(TASTE, v=2),
        changed(TASTE, seq=-1),
        changed(TASTE, seq=2**60),
        changed(TASTE, seq=True),
        changed(TASTE, seq=1.0),
        changed(TASTE, day="x"),
        changed(TASTE, eps=4),
        changed(TASTE, eps=0.0),
        changed(TASTE, eps=float("inf")),
        changed(TASTE, eps=float("nan")),
        changed(TASTE, n=19),
        changed(TASTE, n=10**6),
        changed(TASTE, a="AAAA"),
        changed(TASTE, a="*" * 88),
        changed(TASTE, a=5),
        changed(TASTE, a=base64.urlsafe_b64encode(np.full(WIDTH, np.nan, "<f2").tobytes()).decode()),
        changed(TASTE, basis=None),
        changed(TASTE, basis="x" * 201),
        changed(TASTE, surplus=1),
        changed(VOTES, up=""),
        changed(VOTES, up="AAAA"),
        changed(VOTES, down=json.loads(to_bytes(VOTES))["up"]),
        json.dumps(json.loads(to_bytes(VOTES))).encode(),
        b"[" * 5000,
    ],
)
def test_what_is_not_of_its_form_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match="evidence:"):
        from_bytes(content)
