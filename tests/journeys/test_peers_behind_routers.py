"""The whole journey between two homes: two peers behind routers that translate addresses, one file wanted and had.

Real studios, real network processes, real media; each network process in a namespace of its own. All that the two are
told is one public node of the DHT. Needs root, network namespaces and nft; skipped, visibly, elsewhere.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.config import LISTEN_PORT, OVERLAY_PORT, Settings
from app.network_messages import (
    Download,
    DownloadChanged,
    DownloadStarted,
    DownloadState,
    NetworkState,
    Stream,
    StreamAt,
    TakenIn,
)
from app.store.items import Items
from models.ids import ItemId
from tests.journeys.test_peers import like
from tests.namespaces import Internet, Shape, missing
from tests.peer_run import PeerRun

PORT = 20_600
PUBLIC = ("203.0.113.30", "203.0.113.40")
TEN_MBIT = Shape(delay=0.025, rate=10e6 / 8)  # each home's link: 50 ms from home to home

pytestmark = [pytest.mark.journey, pytest.mark.media]
_WHY = missing()
if _WHY:
    pytestmark.append(pytest.mark.skip(reason=f"routers cannot be made here: {_WHY}"))


def home(root: Path, host: str, name: str, namespace: str) -> PeerRun:
    """A peer at `host` that knows one public node."""
    run = PeerRun(root, host, [(PUBLIC[0], PORT)], name, namespace=namespace)
    run.patience = 120.0
    settings = Settings(run.profile.settings)
    settings.set(LISTEN_PORT, PORT)
    settings.set(OVERLAY_PORT, PORT + 1)
    return run


@pytest.mark.parametrize("shape", [None, TEN_MBIT], ids=["fast", "10 Mbit/s, 50 ms"])
def test_from_one_home_to_another(shape: Shape | None, annas_profile: Path, shared_media: Path, tmp_path: Path) -> None:
    shutil.copytree(annas_profile, tmp_path / "anna")
    with contextlib.ExitStack() as stack:
        net = stack.enter_context(Internet(shape))
        # Two who happen to be on a public address: what the mainline DHT has millions of.
        for number, address in enumerate(PUBLIC):
            somebody = home(tmp_path / f"somebody {number}", address, "", net.public(address))
            stack.callback(somebody.close)
            somebody.start_network()
        anna = home(tmp_path / "anna", "10.0.1.2", "Anna", net.behind_router("203.0.113.10", "10.0.1"))
        bert = home(tmp_path / "bert", "10.0.2.2", "Bert", inside := net.behind_router("203.0.113.20", "10.0.2"))
        for run in (anna, bert):
            stack.callback(run.close)
            run.start_studio()
        bert.take_in((shared_media / "music" / "Tarush Singhal").resolve())
        like(bert, "lofi")
        anna.start_network()
        anna.wait(NetworkState, lambda state: state.published == 10)
        bert.start_network()

        best = max(bert.scored(10), key=lambda row: row.score or 0.0)
        assert best.peer.hex() == anna.key
        download = bert.ask(lambda number: Download(number, best.id), DownloadStarted).download
        url = bert.ask(lambda number: Stream(number, download), StreamAt).url
        # The player's end of it is in Bert's home, too.
        fetch = f"import urllib.request as u; print(u.urlopen({url!r}, timeout=100).read(4).decode())"
        command = ["ip", "netns", "exec", inside, sys.executable, "-c", fetch]
        played = subprocess.run(command, capture_output=True, text=True, timeout=110, check=True)
        assert played.stdout.strip() == "OggS"

        ended = bert.wait(DownloadChanged, lambda event: event.download == download and event.item > 0)
        assert ended.state is DownloadState.DONE
        with bert.database() as database:
            item = Items(database).item(ItemId(bert.wait(TakenIn).item))
        with anna.database() as database:
            (source,) = database.all("SELECT path FROM items WHERE title = ?", (best.title,))
        assert item is not None
        assert Path(item.path).read_bytes() == Path(source[0]).read_bytes()
        assert bert.failures() == []
