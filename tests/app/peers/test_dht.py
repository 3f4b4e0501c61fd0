"""Pointers and the small DHT client, on a DHT of real libtorrent sessions on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import libtorrent as lt
import pytest

from app.errors import PeerError
from app.peers.addresses import Scope
from app.peers.dht import SALT, Pointers, known_nodes
from app.peers.identity import Identity
from app.peers.krpc import LARGEST_VALUE, KrpcClient, SignedItem, target_of
from app.peers.place import Place
from app.peers.rendezvous import Rendezvous
from app.peers.swarm import Swarm

FIRST = 31  # the second number of our first address: other test files have others


async def until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while not true():
        assert asyncio.get_running_loop().time() < end, "it did not come true in time"
        await asyncio.sleep(0.02)


@dataclass
class Net:
    """Some swarms that know one another's DHT nodes, one of them first."""

    swarms: list[Swarm]

    def address(self, at: int) -> tuple[str, int]:
        return self.swarms[at].place.host, self.swarms[at].listen_port

    async def join(self, swarm: Swarm) -> None:
        swarm.session.add_dht_node(self.address(0))
        self.swarms.append(swarm)
        await until(lambda: bool(known_nodes(swarm.session)))

    async def client(self, host: str, via: int) -> KrpcClient:
        made = KrpcClient(host, lambda: known_nodes(self.swarms[via].session), Scope.MACHINE)
        await made.start()
        return made


async def swarm_at(number: int) -> Swarm:
    made = Swarm(Place(host=f"127.{number}.9.1"))
    await made.start()
    return made


def on_a_net(size: int, story: Callable[[Net], Awaitable[None]]) -> None:
    async def run() -> None:
        net = Net([await swarm_at(FIRST)])
        try:
            for more in range(1, size):
                await net.join(await swarm_at(FIRST + more))
            await story(net)
        finally:
            for swarm in net.swarms:
                await swarm.close()

    asyncio.run(run())


def signed(who: Identity, value: bytes, seq: int = 1) -> SignedItem:
    message = b"4:salt%d:%s3:seqi%de1:v%d:%s" % (len(SALT), SALT, seq, len(value), value)
    return SignedItem(who.key, SALT, seq, value, who.sign(message))


def test_a_card_put_is_got_elsewhere_and_the_newer_one_replaces_it() -> None:
    async def story(net: Net) -> None:
        who = Identity.new()
        assert await Pointers(net.swarms[1]).put(who, b"first card") > 0
        reader = Pointers(net.swarms[3])
        assert await reader.get(who.key) == (b"first card",)
        assert await Pointers(net.swarms[1]).put(who, b"second card") > 0
        assert b"second card" in await reader.get(who.key)
        item = reader.item(who.key)
        assert item is not None
        assert item.value == b"second card"
        assert item.seq == 2
        assert item.genuine()

    on_a_net(4, story)


def test_an_unknown_key_has_no_card() -> None:
    async def story(net: Net) -> None:
        assert await Pointers(net.swarms[2]).get(Identity.new().key, budget=1.5) == ()

    on_a_net(3, story)


def test_a_follower_keeps_the_pointer_of_a_dead_publisher_alive() -> None:
    async def story(net: Net) -> None:
        who = Identity.new()
        await Pointers(net.swarms[1]).put(who, b"the last card")
        follower = Pointers(net.swarms[2])
        await follower.get(who.key)
        item = follower.item(who.key)
        assert item is not None
        # The publisher goes, and with it every node that had the value.
        for _ in range(len(net.swarms)):
            await net.swarms.pop().close()
        net.swarms.append(await swarm_at(FIRST + 10))
        for more in (11, 12, 13):
            await net.join(await swarm_at(FIRST + more))
        assert await Pointers(net.swarms[3]).get(who.key, budget=1.5) == ()
        client = await net.client(f"127.{FIRST + 11}.9.1", via=1)
        assert await Pointers(net.swarms[1], client).keep([item]) == 1
        client.close()
        assert await Pointers(net.swarms[3]).get(who.key, budget=2.0) == (b"the last card",)

    on_a_net(4, story)


def test_putting_an_older_item_again_does_not_replace_a_newer() -> None:
    async def story(net: Net) -> None:
        who = Identity.new()
        client = await net.client(f"127.{FIRST}.9.1", via=0)
        assert await client.put(signed(who, b"new", 7)) > 0
        assert await client.put(signed(who, b"old", 3)) == 0
        assert (await client.search(who.key, SALT)).items[0].value == b"new"
        client.close()
        assert await Pointers(net.swarms[2]).get(who.key, budget=2.0) == (b"new",)

    on_a_net(3, story)


def test_an_item_nobody_signed_is_not_put() -> None:
    async def story(net: Net) -> None:
        client = await net.client(f"127.{FIRST}.9.1", via=0)
        good = signed(Identity.new(), b"value")
        for wrong in (
            replace(good, value=b"other"),
            replace(good, seq=2),
            replace(good, salt=b""),
            replace(good, key=Identity.new().key),
            replace(good, signature=bytes(64)),
            signed(Identity.new(), b"x" * (LARGEST_VALUE + 1)),
        ):
            with pytest.raises(PeerError):
                await client.put(wrong)
        assert await Pointers(net.swarms[0], client).keep([replace(good, seq=9)]) == 0
        client.close()

    on_a_net(2, story)


def test_a_card_too_large_for_the_dht_is_refused() -> None:
    async def story(net: Net) -> None:
        with pytest.raises(PeerError, match="does not fit"):
            await Pointers(net.swarms[0]).put(Identity.new(), b"x" * (LARGEST_VALUE + 1))

    on_a_net(1, story)


class LyingNode(asyncio.DatagramProtocol):
    """A DHT node that answers every question with `answers(question)`."""

    def __init__(self, answers: Callable[[dict[bytes, object]], list[bytes]]) -> None:
        self._answers = answers
        self.asked = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, content: bytes, address: tuple[str, int]) -> None:
        self.asked += 1
        for answer in self._answers(lt.bdecode(content)):  # type: ignore[arg-type]
            self._transport.sendto(answer, address)  # type: ignore[attr-defined]


ITEM = signed(Identity.new(), b"value")
_ID = b"2:id20:" + bytes(20)


def _reply(question: dict[bytes, object], fields: dict[bytes, object]) -> bytes:
    return lt.bencode({b"t": question[b"t"], b"y": b"r", b"r": {b"id": bytes(20), **fields}})  # type: ignore[dict-item]


LIES: dict[str, Callable[[dict[bytes, object]], list[bytes]]] = {
    "nothing": lambda q: [],
    "noise": lambda q: [b"\xff" * 1400, b"d", b"", b"i3e", b"le", b"l" * 1400, b"d1:t4:", b"d1:rd" + _ID],
    "other numbers": lambda q: [_reply({b"t": number.to_bytes(4, "big")}, {}) for number in range(200)],
    "fields of other types": lambda q: [
        lt.bencode({b"t": q[b"t"], b"y": b"r", b"r": [1, 2, 3]}),  # type: ignore[dict-item,list-item]
        lt.bencode({b"t": 7, b"y": b"r"}),
    ],
    "token and nodes of other types": lambda q: [_reply(q, {b"token": 5, b"nodes": 7, b"v": [1], b"seq": b"x"})],
    "a token too long": lambda q: [_reply(q, {b"token": b"t" * 1000})],
    "thousands of nodes": lambda q: [_reply(q, {b"nodes": (b"n" * 20 + b"\x7f\x63\x63\x63\x20\x00") * 50})],
    "nodes elsewhere": lambda q: [_reply(q, {b"nodes": b"n" * 20 + b"\x08\x08\x08\x08\x20\x00"})],
    "a forged item": lambda q: [
        _reply(q, {b"token": b"t", b"k": ITEM.key, b"seq": 9, b"sig": ITEM.signature, b"v": b"value"})
    ],
    "somebody else's item": lambda q: [
        _reply(q, {b"token": b"t", b"k": bytes(32), b"seq": 1, b"sig": ITEM.signature, b"v": ITEM.value})
    ],
    "a refusal": lambda q: [lt.bencode({b"t": q[b"t"], b"y": b"e", b"e": [203, b"no"]})],  # type: ignore[dict-item]
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lying_node_is_believed_nothing_and_costs_little(lie: str) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        made: tuple[asyncio.DatagramTransport, LyingNode] = await loop.create_datagram_endpoint(
            lambda: LyingNode(LIES[lie]), local_addr=(f"127.{FIRST}.9.2", 0)
        )
        transport, node = made
        at = transport.get_extra_info("sockname")
        client = KrpcClient(f"127.{FIRST}.9.1", lambda: [at], Scope.MACHINE)
        await client.start()
        found = await client.search(ITEM.key, ITEM.salt, budget=0.4)
        assert found.items == ()
        assert node.asked == 1
        assert all(near.address == at for near in found.nearest)
        client.close()
        transport.close()

    asyncio.run(run())


def test_a_client_that_is_closed_finds_nothing() -> None:
    async def run() -> None:
        client = KrpcClient(f"127.{FIRST}.9.1", lambda: [("127.0.0.1", 9999)], Scope.MACHINE)
        assert (await client.search(ITEM.key, ITEM.salt, budget=1.0)).nearest == ()
        await client.start()
        searching = asyncio.get_running_loop().create_task(client.search(ITEM.key, ITEM.salt, budget=20.0))
        await asyncio.sleep(0)
        client.close()
        assert (await asyncio.wait_for(searching, 5)).nearest == ()

    asyncio.run(run())


def test_the_target_is_that_of_bep_44() -> None:
    # The test vectors at the end of BEP 44.
    key = bytes.fromhex("77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548")
    assert target_of(key, b"").hex() == "4a533d47ec9c7d95b1ad75f576cffc641853b750"
    assert target_of(key, b"foobar").hex() == "411eba73b6f087ca51a3795d9c8c938d365e32c1"
    item = SignedItem(
        key,
        b"foobar",
        1,
        b"Hello World!",
        bytes.fromhex(
            "6834284b6b24c3204eb2fea824d82f88883a3d95e8b4a21b8c0ded553d17d17d"
            "df9a8a7104b1258f30bed3787e6cb896fca78c58f8e03b5f18f14951a87d9a08"
        ),
    )
    assert item.genuine()
    assert not replace(item, seq=2).genuine()


def test_who_is_discoverable_is_found_at_the_rendezvous_and_who_only_looks_is_not() -> None:
    async def story(net: Net) -> None:
        walked: dict[int, set[tuple[str, int]]] = {0: set(), 1: set(), 2: set()}
        meetings = [
            Rendezvous(
                net.swarms[at],
                lambda at=at: 20_000 + at,
                lambda host, port, at=at: walked[at].add((host, port)),
                lambda at=at: len(walked[at]),
                Scope.MACHINE,
                discoverable=at != 2,
            )
            for at in range(3)
        ]
        for each in meetings:
            each.start()
        shown = [(f"127.{FIRST + at}.9.1", 20_000 + at) for at in range(2)]
        await until(lambda: set(shown) <= walked[2] and shown[1] in walked[0] and shown[0] in walked[1])
        for each in meetings:
            await each.close()
        everywhere = set.union(*walked.values())
        assert (f"127.{FIRST + 2}.9.1", 20_002) not in everywhere

    on_a_net(3, story)
