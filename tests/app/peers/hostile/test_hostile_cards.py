"""Cards that somebody made to hurt: each refused with its reason, none with another error, none believed."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import PeerError
from app.peers import identity as identity_module
from app.peers.cards import MAX_CARD, Card, decode_card, encode_card
from app.peers.identity import Identity

ME = Identity(bytes(range(32)))
OTHER = Identity(bytes(range(1, 33)))
CARD = Card(ME.key, 7, 1_790_000_000, b"\x01" * 32, 10_000, ("a-v1-00000000", "b-v1-00000000"), "Ada")
GOOD = encode_card(CARD, ME)
HEAD = 3 + 32 + 8 + 8 + 4
CONTEXT = b"bowerbird card\n"


def signed(body: bytes) -> bytes:
    """A body of any bytes with a right signature: the attacker has a key, too."""
    return body + ME.sign(CONTEXT + body)


def card(
    magic: bytes = b"BB\x01",
    key: bytes = ME.key,
    seq: int = 7,
    time: int = 1_790_000_000,
    items: int = 1,
    infohash: bytes = b"\x01" * 32,
    previous: bytes = b"",
    name: bytes = b"",
    host: bytes = b"",
    port: int = 0,
    spaces: tuple[bytes, ...] = (),
    count: int | None = None,
    after: bytes = b"",
) -> bytes:
    """A signed card of the given parts, whatever they are."""
    body = magic + key + struct.pack(">QQI", seq, time, items)
    body += b"".join(bytes((len(part),)) + part for part in (infohash, previous, name, host))
    body += struct.pack(">HB", port, len(spaces) if count is None else count)
    return signed(body + b"".join(bytes((len(space),)) + space for space in spaces) + after)


def test_the_forger_of_these_tests_writes_cards_that_pass() -> None:
    assert decode_card(card(name=b"Ada", spaces=(b"a-v1-00000000",))).name == "Ada"


HOSTILE: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "0 bytes"),
    "one byte": (b"B", "1 bytes"),
    "a signature alone": (bytes(64), "64 bytes"),
    "too long": (card(after=bytes(1000)), "bytes"),
    "a megabyte": (bytes(2**20), "1048576 bytes"),
    "text": (b"{" + b'"a":1' * 40 + b"}", "no card"),
    "another format": (card(magic=b"XX\x01"), "no card"),
    "version 0": (card(magic=b"BB\x00"), "no card"),
    "a newer version": (card(magic=b"BB\x02"), "newer"),
    "cut by one byte": (GOOD[:-1], "."),
    "cut in the middle": (GOOD[:150], "."),
    "one byte more": (GOOD + b"\0", "."),
    "one byte more, signed": (card(after=b"\0"), "follows its end"),
    "a second card behind": (signed(GOOD[:-64] + GOOD), "follows its end"),
    "number zero": (card(seq=0), "number or time"),
    "largest number": (card(seq=2**64 - 1), "number or time"),
    "a number no double holds": (card(seq=2**53), "number or time"),
    "time zero": (card(time=0), "number or time"),
    "time without end": (card(time=2**63), "number or time"),
    "four thousand million items": (card(items=2**32 - 1), "too many"),
    "items without a catalogue": (card(infohash=b""), "without a catalogue"),
    "spaces without a catalogue": (card(infohash=b"", items=0, spaces=(b"a-v1-00000000",)), "without a catalogue"),
    "a version 1 infohash": (card(infohash=b"\x01" * 20), "infohash"),
    "an infohash of zeros": (card(infohash=bytes(32)), "infohash"),
    "an infohash too long": (card(infohash=b"\x01" * 33), "too long"),
    "a previous one of zeros": (card(previous=bytes(32)), "infohash"),
    "a name of 121 bytes": (card(name=b"x" * 121), "too long"),
    "a name of 41 letters": (card(name=b"x" * 41), "name"),
    "a name in bad UTF-8": (card(name=b"\xff\xfe"), "UTF-8"),
    "a name with half a character": (card(name=b"\xed\xa0\x80"), "UTF-8"),
    "a name with NUL": (card(name=b"Ada\0"), "name"),
    "a name with a line break": (card(name=b"Ada\nBob"), "name"),
    "a name turned around": (card(name="Ada\u202e".encode()), "name"),
    "a name with nothing visible": (card(name="\u200b\u3164".encode()), "name"),
    "a name of two alphabets": (card(name="p\u0430ypal".encode()), "name"),
    "a name of fancy letters": (card(name="\U0001d400da".encode()), "name"),
    "a name not composed": (card(name="Zoe\u0308".encode()), "name"),
    "an address spread by others": (card(host=b"192.0.2.1", port=22), "by hand"),
    "a port without a host": (card(port=22), "address"),
    "a host without a port": (card(host=b"192.0.2.1"), "address"),
    "a host of many forms": (card(host=b"192.000.002.001", port=22), "address"),
    "everybody as host": (card(host=b"255.255.255.255", port=22), "address"),
    "a group as host": (card(host=b"239.1.1.1", port=22), "address"),
    "a number as host": (card(host=b"2130706433", port=22), "address"),
    "a command as host": (card(host=b"a;reboot", port=22), "address"),
    "an address as URL": (card(host=b"http://a/b", port=80), "address"),
    "a host not in ASCII": (card(host="bücher.example".encode(), port=80), "ASCII"),
    "a space with a path": (card(spaces=(b"../../etc/passwd",)), "spaces"),
    "a space without digest": (card(spaces=(b"audio",)), "spaces"),
    "an empty space": (card(spaces=(b"",)), "spaces"),
    "a space in capitals": (card(spaces=(b"A-v1-00000000",)), "spaces"),
    "a space with a long name": (card(spaces=(b"a" * 60 + b"-v1-00000000",)), "spaces"),
    "a space twice": (card(spaces=(b"a-v1-00000000",) * 2), "spaces"),
    "spaces in disorder": (card(spaces=(b"b-v1-00000000", b"a-v1-00000000")), "spaces"),
    "nine spaces": (card(spaces=tuple(b"a-v1-%08x" % number for number in range(9))), "too many"),
    "255 spaces promised": (card(count=255), "too many"),
    "a space promised and not there": (card(count=1), "cut off"),
    "a part longer than the card": (signed(GOOD[:HEAD] + b"\x20" + b"\x01" * 31 + bytes(2)), "."),
    "signed by another": (GOOD[:-64] + OTHER.sign(CONTEXT + GOOD[:-64]), "signature"),
    "signed without its context": (GOOD[:-64] + ME.sign(GOOD[:-64]), "signature"),
    "a signature of zeros": (GOOD[:-64] + bytes(64), "signature"),
    "another peer's key": (card(key=OTHER.key), "signature"),
    "a key that is no point": (card(key=b"\xff" * 32), "signature"),
    "a changed number": (GOOD[:35] + struct.pack(">Q", 8) + GOOD[43:], "signature"),
}
WEAK = {
    f"a key anybody signs for {number}": key + GOOD[35:-64] for number, key in enumerate(sorted(identity_module._WEAK))
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_card_is_refused_with_its_reason(name: str) -> None:
    content, reason = HOSTILE[name]
    with pytest.raises(PeerError, match="This card is refused") as caught:
        decode_card(content)
    assert reason == "." or reason in caught.value.detail, caught.value.detail


@pytest.mark.parametrize("name", WEAK)
def test_a_key_of_small_order_names_nobody(name: str) -> None:
    body = b"BB\x01" + WEAK[name]
    for signature in (bytes(64), b"\x01" + bytes(63), body[3:35] + bytes(32)):
        with pytest.raises(PeerError, match="signature"):
            decode_card(body + signature)


def test_no_bit_of_a_card_can_be_changed() -> None:
    for place in range(len(GOOD) * 8):
        changed = bytearray(GOOD)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(PeerError):
            decode_card(bytes(changed))


def test_nothing_is_verified_that_is_not_well_formed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signature costs more than all other checks together: it must not be a stranger's to demand with any bytes."""

    def never(*_: bytes) -> bool:
        raise AssertionError("a signature was checked")

    monkeypatch.setattr("app.peers.cards.verify", never)
    for content, reason in HOSTILE.values():
        if reason != "signature":
            with pytest.raises(PeerError):
                decode_card(content)


def _is_card_or_refused(content: bytes) -> None:
    try:
        found = decode_card(content, by_hand=True)
    except PeerError:
        return
    assert encode_card(found, ME) == content  # ed25519 signatures are the same each time


@given(st.binary(max_size=MAX_CARD + 20))
def test_any_bytes_are_refused(content: bytes) -> None:
    _is_card_or_refused(content)


@given(st.binary(max_size=400))
def test_any_signed_rest_is_a_card_or_refused(rest: bytes) -> None:
    _is_card_or_refused(signed(GOOD[:HEAD] + rest))


@given(st.integers(0, 2**32), st.integers(1, 4))
def test_any_signed_change_is_a_card_or_refused(seed: int, changes: int) -> None:
    chance = random.Random(seed)
    body = bytearray(GOOD[:-64])
    edits: list[Callable[[], None]] = [
        lambda: body.__setitem__(chance.randrange(len(body)), chance.randrange(256)),
        lambda: body.insert(chance.randrange(len(body)), chance.randrange(256)),
        lambda: body.__delitem__(chance.randrange(len(body))),
    ]
    for _ in range(changes):
        chance.choice(edits)()
    _is_card_or_refused(signed(bytes(body)))
