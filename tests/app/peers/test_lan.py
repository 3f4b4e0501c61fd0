"""Finding peers in the house, over real multicast where the machine carries it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time

import pytest

from app.errors import PeerError
from app.peers.ipv8_overlay import house_host
from app.peers.lan import GROUP, Lan, beacon, read_beacon


def test_a_beacon_says_a_port_and_nothing_else() -> None:
    assert read_beacon(beacon(20_500, 7)) == (20_500, 7)
    assert len(beacon(20_500, 7)) == 18
    assert read_beacon(beacon(0, 7)) is None
    assert read_beacon(beacon(20_500, 7) + b"x") is None
    assert read_beacon(b"x" + beacon(20_500, 7)[1:]) is None


HERE = "127.0.0.1"
"""Never a public address, as a machine's own may be, and nobody else in the house hears the test."""


def carries_multicast() -> bool:
    """Whether a datagram to the group comes back to this machine."""
    here = socket.inet_aton(HERE)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth,
        contextlib.suppress(OSError),
    ):
        ear.bind(("", 0))
        ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(GROUP) + here)
        ear.settimeout(1.0)
        mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
        mouth.sendto(b"?", (GROUP, ear.getsockname()[1]))
        return ear.recv(1) == b"?"
    return False


def test_two_in_a_house_hear_each_other_and_not_themselves() -> None:
    if not carries_multicast():
        pytest.skip("this machine carries no multicast: a datagram to the group did not come back")

    async def run() -> None:
        heard: dict[str, list[tuple[str, int]]] = {"one": [], "other": []}
        one = Lan(HERE, lambda: 20_501, lambda host, port: heard["one"].append((host, port)))
        other = Lan(HERE, lambda: 20_502, lambda host, port: heard["other"].append((host, port)), discoverable=False)
        await one.start()
        await other.start()
        end = time.monotonic() + 8
        while not heard["other"] and time.monotonic() < end:
            await asyncio.sleep(0.02)
        await one.close()
        await other.close()
        assert heard["other"]
        assert heard == {"one": [], "other": [(HERE, 20_501)] * len(heard["other"])}

    asyncio.run(run())


def test_beacons_from_the_internet_and_floods_are_not_followed() -> None:
    async def run() -> None:
        walked: list[tuple[str, int]] = []
        lan = Lan("", lambda: 1, lambda host, port: walked.append((host, port)))
        lan.datagram_received(beacon(5000, 1), ("8.8.8.8", 26_687))
        lan.datagram_received(b"noise" * 100, ("192.168.1.2", 26_687))
        assert walked == []
        for turn in range(500):
            lan.datagram_received(beacon(5000, turn), ("192.168.1.2", 26_687))
        assert len(walked) <= 40

    asyncio.run(run())


def test_an_address_that_is_not_here_is_said() -> None:
    async def run() -> None:
        lan = Lan("203.0.113.77", lambda: 1, lambda host, port: None)
        with pytest.raises(PeerError):
            await lan.start()
        await lan.close()

    asyncio.run(run())


def test_the_house_address_is_an_address() -> None:
    socket.inet_aton(house_host())
