"""Cards: one Card, one form in bytes; as text for a friend; and a peer that says two things with one number."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import PeerError
from app.peers import cards
from app.peers.cards import MAX_CARD, MAX_HOST, Card, card_text, decode_card, encode_card, forked, parse_card_text
from app.peers.catalogue import MAX_ITEMS, MAX_SEQ
from app.peers.identity import Identity
from app.peers.text_rules import clean_name

ME = Identity(bytes(range(32)))
SPACE = "builtin-audio-v1-fa22c9e3f594f2d4"
FULL = Card(
    ME.key, 7, 1_790_000_000, b"\x01" * 32, 10_000, (SPACE,), "Ada", "peer.example.org", 6881, previous=b"\x02" * 32
)
HASHES = st.binary(min_size=32, max_size=32).filter(any)
SPACES = st.lists(
    st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}-v[1-9][0-9]?-[0-9a-f]{8,16}", fullmatch=True), max_size=8
)
HOSTS = st.sampled_from(
    ["", "127.3.9.1", "10.0.0.7", "2001:db8::1", "fd00::2", "peer.example.org", "localhost", "a-b.c"]
) | st.ip_addresses(v=4, network="192.168.0.0/16").map(str)


@st.composite
def _cards(draw: st.DrawFn) -> Card:
    infohash = draw(st.just(b"") | HASHES)
    host = draw(HOSTS)
    return Card(
        ME.key,
        draw(st.integers(1, MAX_SEQ)),
        draw(st.integers(1, cards.MAX_TIME)),
        infohash,
        draw(st.integers(0, MAX_ITEMS)) if infohash else 0,
        tuple(sorted(set(draw(SPACES)))) if infohash else (),
        clean_name(draw(st.text(max_size=60))),
        host,
        draw(st.integers(1, 65535)) if host else 0,
        draw(st.just(b"") | HASHES),
    )


@given(_cards())
def test_a_card_comes_back_equal_as_bytes_and_as_text(card: Card) -> None:
    content = encode_card(card, ME)
    assert len(content) <= MAX_CARD
    assert decode_card(content, by_hand=True) == card
    assert encode_card(card, ME) == content
    text = card_text(content)
    assert parse_card_text(text) == content
    assert parse_card_text(f"\n <{text.upper()[:100]}\r\n\t{text.upper()[100:]}> ") == content


def test_the_longest_card_fits_and_its_text_fits_a_code() -> None:
    spaces = tuple(f"{'x' * 44}-v1-{number:08x}" for number in range(8))
    longest = Card(
        ME.key, MAX_SEQ, cards.MAX_TIME, b"\xff" * 32, MAX_ITEMS, spaces, "😀" * 30, "h" * 60 + "." + "h" * 39, 65535,
        b"\xff" * 32,
    )  # fmt: skip
    assert all(len(space) == 56 for space in spaces)
    assert len(longest.host) == MAX_HOST
    content = encode_card(longest, ME)
    assert len(content) == 866
    assert decode_card(content, by_hand=True) == longest
    # A QR code of the lowest correction level holds 4,296 letters and digits.
    assert len(card_text(content)) == 1396


def test_only_a_card_by_hand_may_name_an_address() -> None:
    content = encode_card(FULL, ME)
    assert decode_card(content, by_hand=True).host == "peer.example.org"
    with pytest.raises(PeerError, match="by hand"):
        decode_card(content)


def test_a_card_is_signed_by_its_own_peer_alone() -> None:
    with pytest.raises(PeerError, match="another peer's"):
        encode_card(FULL, Identity.new())


@pytest.mark.parametrize(
    "change",
    [
        {"seq": 0},
        {"seq": MAX_SEQ + 1},
        {"time": 0},
        {"time": cards.MAX_TIME + 1},
        {"infohash": b"\x01" * 31},
        {"infohash": bytes(32)},
        {"infohash": b""},
        {"infohash": b"", "items": 0},
        {"previous": bytes(32)},
        {"previous": b"\x01"},
        {"items": -1},
        {"items": MAX_ITEMS + 1},
        {"spaces": ("b-v1-00000000", "a-v1-00000000")},
        {"spaces": ("a-v1-00000000",) * 2},
        {"spaces": ("Audio",)},
        {"spaces": tuple(f"a-v1-{number:08x}" for number in range(9))},
        {"name": "two  blanks"},
        {"name": "n" * 41},
        {"name": "\ud800"},
        {"host": ""},
        {"port": 0},
        {"port": 65536},
        {"host": "a" * 101},
        {"host": "-a.example"},
        {"host": "Example.org"},
        {"host": "exämple.org"},
        {"host": "a..b"},
        {"host": "1.2.3"},
        {"host": "0x7f000001"},
        {"host": "010.0.0.1"},
        {"host": "0.0.0.0"},
        {"host": "224.0.0.1"},
        {"host": "255.255.255.255"},
        {"host": "::"},
        {"host": "2001:DB8::1"},
        {"host": "fe80::1%eth0"},
        {"host": "a b"},
    ],
    ids=str,
)
def test_what_no_card_may_say_is_not_signed(change: dict[str, object]) -> None:
    with pytest.raises(PeerError, match="cannot be signed"):
        encode_card(replace(FULL, **change), ME)


def test_a_fork_is_two_cards_with_one_number() -> None:
    assert not forked(FULL, FULL)
    assert forked(FULL, replace(FULL, infohash=b"\x09" * 32))
    assert not forked(FULL, replace(FULL, time=FULL.time + 1))
    assert forked(FULL, replace(FULL, name="Eve"))
    assert not forked(FULL, replace(FULL, seq=8, infohash=b"\x09" * 32))
    assert not forked(FULL, replace(FULL, host="", port=0))
    assert not forked(FULL, replace(FULL, key=b"\x01" * 32))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "magnet:?xt=urn:btmh:1220" + "00" * 32,
        "bowerbird:",
        "bowerbird:a",
        "bowerbird:ab",  # one byte has two spare bits, and here they are not zero
        "bowerbird:abc",
        "bowerbird:0189",
        "bowerbird:ääää",
        "bowerbird:\ud800aaa",
        "bowerbird:bowerbird:aaaaaaaa",
        "bowerbird:" + "a" * 8 * 200,
        "bowerbird:" + "a" * 30_000,
    ],
)
def test_other_text_is_no_card(text: str) -> None:
    with pytest.raises(PeerError):
        decode_card(parse_card_text(text))


@given(st.text(max_size=300) | st.text("abcdefghijklmnop234567= ", max_size=300).map(lambda text: "bowerbird:" + text))
def test_any_text_is_a_card_or_refused(text: str) -> None:
    try:
        content = parse_card_text(text)
    except PeerError:
        return
    assert parse_card_text(card_text(content)) == content
