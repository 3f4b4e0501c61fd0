"""The codec between the processes: everything it writes it reads back, everything else it refuses."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.codec import MAX_LINE, Message, ProtocolError, decode, encode
from app.protocol import Cancel, Job, Pick, PickedShelf, Picks, Ready, Reason, ReasonKind, ScoresChanged, Shelf

KINDS = get_args(Message)


def _values(kind: Any) -> st.SearchStrategy[Any]:
    if kind is int:
        return st.integers(-(2**53), 2**53)
    if kind is float:
        return st.floats(allow_nan=False, allow_infinity=False)
    if kind is bool:
        return st.booleans()
    if kind is str:
        return st.text() | st.just("odd name \udcff.mp3")
    if get_origin(kind) is tuple:
        return st.lists(_values(get_args(kind)[0]), max_size=3).map(tuple)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return st.sampled_from(list(kind))
    return st.builds(kind, **{name: _values(hint) for name, hint in get_type_hints(kind).items()})


@given(st.one_of([_values(kind) for kind in KINDS]))
def test_every_message_comes_back_equal(message: Message) -> None:
    line = encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert decode(line) == message


@given(st.binary(max_size=200))
def test_foreign_bytes_raise_only_protocol_errors(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(line)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from([k.__name__ for k in KINDS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_foreign_json_is_refused_or_a_real_message(value: object) -> None:
    try:
        message = decode(json.dumps(value).encode())
    except ProtocolError:
        return
    assert decode(encode(message)) == message


@pytest.mark.parametrize(
    "line",
    [
        b'["Nothing",{}]',
        b'["Scan",{"path":1}]',
        b'["Scan",{"path":"","more":1}]',
        b'["Cancel",{"job":"sleep"}]',
        b'["Cancel",{}]',
        b'["Cancel",[]]',
        b'["Picks",{"request":1,"labels":1,"shelves":{}}]',
        b'["AddFolder",{"request":true,"path":""}]',
        b'["Picks",{"request":1,"labels":1,"shelves":[{"shelf":"love"}]}]',
        b"[" * 100_000,
    ],
)
def test_wrong_messages_are_refused(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(line)


def test_a_line_beyond_the_limit_is_refused_on_both_sides() -> None:
    with pytest.raises(ProtocolError):
        encode(Ready("x" * MAX_LINE, 1, 0, ()))
    with pytest.raises(ProtocolError):
        decode(b" " * (MAX_LINE + 1))


def test_nested_values_keep_their_types() -> None:
    message = Picks(
        7,
        (PickedShelf(Shelf.LOVE, (Pick(1, 0.5, 0.1, Reason(ReasonKind.NEAR, ("warm",))),), about=2),),
        labels=4,
    )
    back = decode(encode(message))
    assert isinstance(back, Picks)
    assert isinstance(back.shelves[0].shelf, Shelf)
    assert back.shelves[0].picks[0].reason.names == ("warm",)
    assert back.shelves[0].picks[0].reason.kind is ReasonKind.NEAR
    assert decode(encode(Cancel(Job.SCAN))) == Cancel(Job.SCAN)


def test_a_whole_number_may_stand_for_a_fraction() -> None:
    assert decode(b'["ScoresChanged",{"labels":1,"seconds":2}]') == ScoresChanged(1, 2.0)
