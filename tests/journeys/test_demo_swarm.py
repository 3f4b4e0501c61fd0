"""The demo's own network as a newcomer meets it: two peers on this machine, a piece of theirs is fetched."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.config import Settings
from app.demo.neighbours import neighbours
from app.demo.programme import LICENCE
from app.demo_swarm import DemoSwarm
from app.network_messages import Download, DownloadChanged, DownloadStarted, DownloadState, TakenIn
from app.paths import Profile
from app.store.items import Items
from app.store.peers import Peers
from models.ids import ItemId
from tests.peer_run import ROOT, PeerRun

pytestmark = pytest.mark.journey


@pytest.fixture
def newcomer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PeerRun]:
    """Somebody who started the demo: studio and network process of their own, and the demo's two other peers."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    root = tmp_path / "demo"
    run = PeerRun(root, "")
    swarm = DemoSwarm(Profile.at(root))
    swarm.prepare(Settings(run.profile.settings))
    run.patience = 180.0
    try:
        with run:
            swarm.start()
            yield run
    finally:
        swarm.close()


def test_the_demos_peers_are_met_and_a_piece_of_theirs_is_kept(newcomer: PeerRun) -> None:
    newcomer.until(lambda: len({row.peer for row in newcomer.offers()}) == 2, "offers of both peers")
    ours = {(piece.title, piece.album.artist) for neighbour in neighbours() for piece in neighbour.pieces}
    offers = newcomer.offers()
    assert {(row.title, row.artist) for row in offers} <= ours
    assert {row.licence for row in offers} == {LICENCE}
    with newcomer.database() as database:
        assert {row.name for row in Peers(database).rows()} == {"Lyrebird", "Honeyguide"}
    wanted = min(offers, key=lambda row: row.size)
    download = newcomer.ask(lambda number: Download(number, wanted.id), DownloadStarted).download
    ended = newcomer.wait(DownloadChanged, lambda event: event.download == download and event.item > 0)
    assert ended.state is DownloadState.DONE
    taken = newcomer.wait(TakenIn)
    with newcomer.database() as database:
        item = Items(database).item(ItemId(taken.item))
        assert item is not None
        assert (item.title, item.artist) == (wanted.title, wanted.artist)
        assert Path(item.path).stat().st_size == wanted.size
    newcomer.until(lambda: len(newcomer.offers()) == len(ours), "what the peers made since")
    assert newcomer.failures() == []
