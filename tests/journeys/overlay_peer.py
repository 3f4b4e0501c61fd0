"""One peer for the journeys through routers: a real overlay and a real swarm, driven by JSON lines on stdin.

Commands: {"walk": [host, port]}, {"announce": n}, {"give": path}, {"take": [key, root, size, extension, folder]},
{"lan": host}, {"look": null}, {"stop": null}. It answers every command, and tells of cards and connects, by JSON lines
on stdout.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from app.errors import PeerError
from app.peers.card_shelf import head_of
from app.peers.cards import Card, encode_card
from app.peers.identity import Identity
from app.peers.ipv8_overlay import Ipv8Overlay
from app.peers.lan import Lan
from app.peers.overlay import OverlayPeer
from app.peers.place import Place
from app.peers.roots import file_root
from app.peers.swarm import Swarm
from app.peers.torrents import file_infohash

LANS: list[Lan] = []


def say(**what: Any) -> None:
    sys.stdout.write(json.dumps({"at": time.monotonic(), **what}) + "\n")
    sys.stdout.flush()


class Ears:
    """Gives everything the swarm has."""

    def __init__(self, swarm: Swarm) -> None:
        self._swarm = swarm

    def card_came(self, card: bytes, via: bytes) -> None:
        say(card=head_of(card).key.hex(), seq=head_of(card).seq, via=via.hex())

    def content_wanted(self, key: bytes, root: bytes) -> int:
        say(wanted=root.hex(), by=key.hex())
        return self._swarm.listen_port

    def connect_now(self, infohash: bytes, host: str, port: int) -> None:
        say(connect=infohash.hex(), host=host, port=port)
        try:
            self._swarm.connect(infohash, host, port)
        except PeerError as error:
            say(refused=str(error))

    def peer_changed(self, peer: OverlayPeer) -> None:
        say(peer=peer.key.hex(), host=peer.host, port=peer.port)


async def obey(name: str, given: Any, identity: Identity, overlay: Ipv8Overlay, swarm: Swarm) -> dict[str, Any]:
    match name:
        case "walk":
            overlay.walk_to(*given)
        case "announce":
            overlay.announce(encode_card(Card(identity.key, given, 1_700_000_000), identity))
        case "give":
            path = Path(given)
            root = file_root(path)
            await swarm.seed_content(path, root, path.stat().st_size, path.suffix)
            return {"root": root.hex(), "size": path.stat().st_size}
        case "take":
            key, root, size, extension, folder = given
            content = bytes.fromhex(root)
            transfer = await swarm.download(content, size, extension, Path(folder))
            began = time.monotonic()
            agreed = await overlay.ask_content(bytes.fromhex(key), content, file_infohash(content, size, extension))
            agreed_after = time.monotonic() - began
            if not agreed:
                return {"agreed": False}
            while not transfer.progress.done:
                await asyncio.sleep(0.02)
            first = time.monotonic() - began
            path = await asyncio.wait_for(transfer.wait_complete(), 60)
            return {
                "agreed": True,
                "agreed_after": agreed_after,
                "first": first,
                "whole": time.monotonic() - began,
                "path": str(path),
            }
        case "lan":
            lan = Lan(given, lambda: overlay.port, overlay.walk_to)
            await lan.start()
            LANS.append(lan)
        case "look":
            peers = [[peer.key.hex(), peer.host, peer.port] for peer in overlay.peers()]
            return {"peers": peers, "reachable": overlay.reachable.value, "sent": overlay.traffic.sent}
    return {}


async def main(host: str, port: int) -> None:
    identity = Identity.new()
    swarm = Swarm(Place(host=host, port=port + 1))
    await swarm.start()
    overlay = Ipv8Overlay(
        identity.overlay_secret(),
        host,
        port,
        Ears(swarm),
        head_of,
        lambda: swarm.listen_port,
        punch=lambda host, port: swarm.session.add_dht_node((host, port)),
    )
    await overlay.start()
    say(key=identity.key.hex(), port=overlay.port, content_port=swarm.listen_port)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    under_way: set[asyncio.Task[None]] = set()

    async def do(line: bytes) -> None:
        ((name, given),) = json.loads(line).items()
        say(did=name, **await obey(name, given, identity, overlay, swarm))

    while (line := await reader.readline()) and b"stop" not in line:
        task = loop.create_task(do(line))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    for task in under_way:
        task.cancel()
    for lan in LANS:
        await lan.close()
    await overlay.close()
    await swarm.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
