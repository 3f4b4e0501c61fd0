"""What comes to the overlay's socket from anybody: nothing raises, nothing is believed, and work stays bounded."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import PeerError
from app.peers import introductions
from app.peers.addresses import Scope, crowd_of, may_contact, scope_of
from app.peers.card_shelf import head_of
from app.peers.cards import Card, encode_card
from app.peers.identity import Identity
from app.peers.introductions import BODY, PREFIX, Gate, crypt_key, key_bin
from app.peers.ipv8_overlay import Ipv8Overlay
from app.peers.lan import beacon, read_beacon
from app.peers.overlay import OverlayPeer
from app.peers.overlay_messages import (
    LARGEST_DATAGRAM,
    Bye,
    CardMessage,
    Carried,
    Forward,
    Have,
    Number,
    Ping,
    Want,
    Wish,
    decode,
    encode,
)

HOST, LIAR = "127.81.9.1", "127.82.9.1"


@dataclass
class Ears:
    told: list[object] = field(default_factory=list)

    def card_came(self, card: bytes, via: bytes) -> None:
        self.told.append(card)

    def content_wanted(self, key: bytes, root: bytes) -> int:
        self.told.append(root)
        return 7000

    def connect_now(self, infohash: bytes, host: str, port: int) -> None:
        self.told.append((infohash, host, port))

    def peer_changed(self, peer: OverlayPeer) -> None:
        self.told.append(peer)


@dataclass
class Stage:
    """An overlay, and a liar with a socket and the wits to sign."""

    overlay: Ipv8Overlay
    ears: Ears
    liar: Ipv8Overlay
    identity: Identity
    socket: socket.socket
    read: list[bytes] = field(default_factory=list)

    def send(self, *datagrams: bytes) -> None:
        for datagram in datagrams:
            self.socket.sendto(datagram, (HOST, self.overlay.port))

    async def settle(self) -> None:
        """Wait until what was sent has been taken: a datagram of another socket comes after it."""
        before = self.overlay.traffic.received
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
            other.bind(("127.83.9.1", 0))
            end = time.monotonic() + 10
            while self.overlay.traffic.received == before:
                assert time.monotonic() < end
                other.sendto(PREFIX + b"\x00" * 30, (HOST, self.overlay.port))
                await asyncio.sleep(0.02)


def on_stage(story: Callable[[Stage], Awaitable[None]]) -> None:
    async def run() -> None:
        ears, read = Ears(), []

        def reading(card: bytes) -> object:
            read.append(card)
            return head_of(card)

        identity = Identity.new()
        overlay = Ipv8Overlay(Identity.new().overlay_secret(), HOST, 0, ears, reading, lambda: 7001)  # type: ignore[arg-type]
        liar = Ipv8Overlay(identity.overlay_secret(), LIAR, 0, Ears(), head_of, lambda: 7002)
        await overlay.start()
        await liar.start()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
            end.bind((LIAR, 0))
            try:
                await story(Stage(overlay, ears, liar, identity, end, read))
            finally:
                await liar.close()
                await overlay.close()

    asyncio.run(run())


async def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end
        await asyncio.sleep(0.01)


def forged(
    number: int, body: bytes, identity: Identity, *, crypt: bytes | None = None, key: bytes | None = None
) -> bytes:
    named = identity.key if key is None else key
    packed = b"LibNaCLPK:" + (crypt_key(named) if crypt is None else crypt) + named
    packet = PREFIX + bytes([number]) + struct.pack(">H", len(packed)) + packed + body
    return packet + identity.sign(packet)


SOMEBODY = Identity.new()
_INTRODUCTION = struct.pack(">Q", 5) + b"\x7f\x51\x09\x01\x20\x00" * 3 + b"\x01\x00\x07"
LIES: dict[str, bytes] = {
    "nothing": b"",
    "one byte": b"x",
    "the prefix alone": PREFIX,
    "prefix and number alone": PREFIX + b"\x01",
    "another community": b"\x00\x02" + b"c" * 20 + forged(1, b"n" * 8, SOMEBODY)[22:],
    "too large": forged(3, b"x" * 1200, SOMEBODY),
    "as large as UDP carries": PREFIX + b"\x01" + b"x" * 60_000,
    "an unknown number": forged(99, b"n" * 8, SOMEBODY),
    "a number of old protocols": forged(248, b"n" * 8, SOMEBODY),
    "an introduction of the new style": forged(234, b"n" * 40, SOMEBODY),
    "a ping too short": forged(1, b"n" * 7, SOMEBODY),
    "a ping too long": forged(1, b"n" * 9, SOMEBODY),
    "a ping signed by another": forged(1, b"n" * 8, SOMEBODY, key=Identity.new().key),
    "a ping whose signature is cut": forged(1, b"n" * 8, SOMEBODY)[:-1],
    "a ping with a foreign X25519 key": forged(1, b"n" * 8, SOMEBODY, crypt=b"c" * 32),
    "a key of small order": forged(1, b"n" * 8, SOMEBODY, key=b"\x01" + bytes(31), crypt=bytes(32)),
    "a key that is no point": forged(1, b"n" * 8, SOMEBODY, key=b"\xff" * 32, crypt=bytes(32)),
    "a key of another kind": PREFIX + b"\x01" + struct.pack(">H", 170) + b"-----BEGIN" + b"k" * 300,
    "a card from nobody known": forged(3, b"card", SOMEBODY),
    "names from nobody known": forged(4, b"d" * 8, SOMEBODY),
    "a goodbye from nobody known": forged(10, struct.pack(">Q", int(time.time())), SOMEBODY),
    "an answer nobody asked for": forged(7, b"n" * 8 + b"\x20\x00", SOMEBODY),
    "an introduction request cut short": forged(246, _INTRODUCTION[:9], SOMEBODY),
    "an introduction response of zeros": forged(245, bytes(60), SOMEBODY),
    "an introduction response cut short": forged(245, bytes(20), SOMEBODY),
    "an introduction not signed": forged(246, _INTRODUCTION, SOMEBODY)[:-64] + bytes(64),
    "a puncture not signed": forged(249, _INTRODUCTION, SOMEBODY)[:-64] + bytes(64),
    "a puncture request from nobody known": PREFIX
    + b"\xfa"
    + struct.pack(">Q", 5)
    + b"\x08\x08\x08\x08\x00\x35" * 2
    + b"\x00\x07",
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_changes_nothing(lie: str, caplog: pytest.LogCaptureFixture) -> None:
    async def story(stage: Stage) -> None:
        stage.send(LIES[lie])
        await stage.settle()
        assert stage.ears.told == []
        assert stage.overlay.peers() == ()
        assert stage.read == []
        stage.liar.walk_to(HOST, stage.overlay.port)  # and the overlay goes on as before
        await until(lambda: len(stage.overlay.peers()) == 1)

    on_stage(story)
    assert not [record for record in caplog.records if record.levelname in ("WARNING", "ERROR", "CRITICAL")]


def test_who_only_signs_but_does_not_answer_is_no_peer_and_gets_a_question_only() -> None:
    async def story(stage: Stage) -> None:
        stage.overlay.announce(encode_card(Card(SOMEBODY.key, 1, 1), SOMEBODY))
        stage.send(*(forged(1, bytes([turn]) * 8, SOMEBODY) for turn in range(20)))
        await stage.settle()
        assert stage.overlay.peers() == ()
        assert stage.ears.told == []
        # Twenty answers and one question; no cards, no names of cards.
        assert stage.overlay.traffic.sent <= 21 * 200

    on_stage(story)


def test_a_flood_of_strangers_costs_few_signature_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    checked = []
    verify = introductions.verify
    monkeypatch.setattr(introductions, "verify", lambda *given: checked.append(1) or verify(*given))

    async def story(stage: Stage) -> None:
        datagram = forged(1, b"n" * 8, SOMEBODY)
        for _ in range(40):
            stage.send(*[datagram] * 50)
            await asyncio.sleep(0)
        await stage.settle()
        assert len(checked) < 120

    on_stage(story)


def test_a_flood_of_wrong_cards_from_a_peer_is_read_a_few_times_and_then_not_at_all() -> None:
    async def story(stage: Stage) -> None:
        stage.liar.walk_to(HOST, stage.overlay.port)
        await until(lambda: len(stage.overlay.peers()) == 1 and len(stage.liar.peers()) == 1)
        told = len(stage.ears.told)
        for turn in range(300):
            stage.liar.post((HOST, stage.overlay.port), stage.liar.sealed(CardMessage(b"no card %d" % turn)))
        await stage.settle()
        assert 0 < len(stage.read) <= 5
        assert len(stage.ears.told) == told

    on_stage(story)


def test_a_card_that_is_sent_again_and_again_is_read_once() -> None:
    async def story(stage: Stage) -> None:
        stage.liar.walk_to(HOST, stage.overlay.port)
        await until(lambda: len(stage.overlay.peers()) == 1 and len(stage.liar.peers()) == 1)
        card = encode_card(Card(SOMEBODY.key, 1, 1), SOMEBODY)
        for _ in range(30):
            stage.liar.post((HOST, stage.overlay.port), stage.liar.sealed(CardMessage(card)))
        await until(lambda: card in stage.ears.told)
        await stage.settle()
        assert stage.read == [card]
        assert stage.ears.told.count(card) == 1

    on_stage(story)


def test_messages_of_a_peer_that_ask_too_much_are_borne() -> None:
    async def story(stage: Stage) -> None:
        stage.liar.walk_to(HOST, stage.overlay.port)
        await until(lambda: len(stage.overlay.peers()) == 1 and len(stage.liar.peers()) == 1)
        told = len(stage.ears.told)
        here = stage.overlay.port
        me = stage.identity.key
        names = tuple(random.randbytes(8) for _ in range(120))
        own = stage.liar.sealed(Wish(b"n" * 8, SOMEBODY.key, b"r" * 32, b"i" * 32, 80))
        for message in (
            Have(names),
            Want(names),
            Forward(me, own),
            Forward(SOMEBODY.key, own),
            Forward(me, b"noise"),
            Carried("8.8.8.8", 5000, own),
            Carried("127.0.0.1", 22, own),
            Carried("127.81.9.1", here, b"noise" * 50),
            Carried("127.81.9.1", here, stage.liar.sealed(Ping(b"n" * 8))),
            Wish(b"n" * 8, SOMEBODY.key, b"r" * 32, b"i" * 32, 7000),
            Bye(1),
        ):
            for _ in range(30):
                stage.liar.post((HOST, here), stage.liar.sealed(message))
        await stage.settle()
        assert len(stage.ears.told) == told
        assert len(stage.overlay.peers()) == 1

    on_stage(story)


def test_a_wish_is_done_once_however_often_it_is_repeated() -> None:
    async def story(stage: Stage) -> None:
        stage.liar.walk_to(HOST, stage.overlay.port)
        await until(lambda: len(stage.overlay.peers()) == 1 and len(stage.liar.peers()) == 1)
        holder = stage.liar.peers()[0].key
        wish = Wish(b"n" * 8, holder, b"r" * 32, b"i" * 32, 7002)
        for _ in range(10):
            stage.liar.post((HOST, stage.overlay.port), stage.liar.sealed(wish))
        await until(lambda: (b"i" * 32, LIAR, 7002) in stage.ears.told)
        await stage.settle()
        assert stage.ears.told.count(b"r" * 32) == 1
        assert stage.ears.told.count((b"i" * 32, LIAR, 7002)) == 1

    on_stage(story)


def test_a_port_that_is_taken_is_said_and_no_other_is_used() -> None:
    async def story(stage: Stage) -> None:
        other = Ipv8Overlay(Identity.new().overlay_secret(), HOST, stage.overlay.port, Ears(), head_of, lambda: 1)
        with pytest.raises(PeerError, match="port"):
            await other.start()
        await other.close()

    on_stage(story)


@given(number=st.integers(0, 255), body=st.binary(max_size=1100))
def test_any_body_is_a_message_or_refused(number: int, body: bytes) -> None:
    try:
        message = decode(number, body)
    except PeerError:
        return
    assert encode(message) == body
    assert len(body) + BODY + 64 <= LARGEST_DATAGRAM


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.tuples(st.sampled_from([*Number, 231, 232, 233, 234, 245, 246, 249, 250, 255]), st.binary(max_size=300)),
        max_size=20,
    )
)
def test_no_signed_noise_raises(noise: list[tuple[int, bytes]]) -> None:
    async def run() -> None:
        overlay = Ipv8Overlay(Identity.new().overlay_secret(), HOST, 0, Ears(), head_of, lambda: 1)
        await overlay.start()
        community = overlay._community
        assert community is not None
        for number, body in noise:
            community.on_packet(((LIAR, 5000), forged(int(number), body, SOMEBODY)))
        await overlay.close()

    asyncio.run(run())


def test_the_gate_forgets_nobody_it_must_remember_and_grows_not() -> None:
    gate = Gate(lambda address: address[0] == "127.1.9.1")
    passed = sum(gate.admits((f"10.{turn >> 8}.{turn & 255}.1", 5000), 1, 0.0) for turn in range(5000))
    assert passed == 300
    assert gate.admits(("127.1.9.1", 5000), 1, 0.0), "a peer is heard while strangers flood"
    assert not gate.admits(("10.9.9.9", 5000), 250, 100.0)
    assert gate.admits(("10.9.9.9", 5000), 1, 100.0)
    assert len(gate._hosts) <= 1024


def test_keys_are_written_as_ipv8_writes_them() -> None:
    key = Identity.new().key
    assert key_bin(key) == b"LibNaCLPK:" + crypt_key(key) + key


@pytest.mark.parametrize(
    ("host", "port", "told_by", "may"),
    [
        ("8.8.8.8", 5000, "9.9.9.9", True),
        ("8.8.8.8", 53, "9.9.9.9", False),
        ("8.8.8.8", 0, "9.9.9.9", False),
        ("192.168.1.1", 5000, "9.9.9.9", False),
        ("192.168.1.1", 5000, "10.0.0.2", True),
        ("100.64.0.1", 5000, "9.9.9.9", False),
        ("127.0.0.1", 5000, "9.9.9.9", False),
        ("127.0.0.1", 5000, "192.168.1.2", False),
        ("127.2.9.1", 5000, "127.1.9.1", True),
        ("8.8.8.8", 5000, "127.1.9.1", False),
        ("0.0.0.0", 5000, "9.9.9.9", False),
        ("255.255.255.255", 5000, "9.9.9.9", False),
        ("224.0.0.1", 5000, "9.9.9.9", False),
        ("169.254.1.1", 5000, "192.168.1.2", False),
        ("router.example", 5000, "9.9.9.9", False),
        ("::1", 5000, "9.9.9.9", False),
    ],
)
def test_addresses_of_a_wider_reach_than_who_tells_them_are_not_contacted(
    host: str, port: int, told_by: str, may: bool
) -> None:
    assert may_contact(host, port, told_by) is may


def test_crowds_are_of_the_internet_only() -> None:
    assert crowd_of("8.8.8.8") == "8.8.8"
    assert crowd_of("10.0.0.1") == crowd_of("127.1.9.1") == crowd_of("x") == ""
    assert scope_of("8.8.8.8") is Scope.PUBLIC


@given(st.binary(max_size=40))
def test_any_beacon_is_read_or_ignored(content: bytes) -> None:
    assert read_beacon(content) is None or beacon(*read_beacon(content)) == content  # type: ignore[misc]
