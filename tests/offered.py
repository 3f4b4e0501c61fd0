"""What others offer, for tests of the window: catalogues in a rig's offers.db, the page that shows them, downloads.

The network process and the studio are not the subject: a test answers in their place, with the store's own rows.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import cast

from app.network_messages import DownloadState, NetworkState, OfferPick, OfferPicks, Reachable
from app.protocol import Failed, Reason, ReasonKind
from app.store.downloads import DownloadRow, Downloads, WantedFile
from app.store.offer_rows import OfferRows
from app.store.offer_values import OfferRow, TakenOffer
from app.store.offers import Offers
from app.store.peers import Peers
from app.ui.bridge import StudioBridge
from app.ui.network import NetworkBridge
from app.ui.pages.discover import DiscoverPage
from app.ui.pages.downloads import DownloadsPage
from app.ui.pages.offer_deeds import OfferDeeds
from app.ui.pages.peer_deeds import PeerDeeds
from tests.factories import peer_key, taken_catalogue, taken_offer
from tests.window import Rig

GOOD = NetworkState(0, 84, 5, Reachable.YES, 3, 0, False, 0.0, 0.0, 0)


def offer(rig: Rig, peers: int = 2, each: int = 3) -> list[OfferRow]:
    """Catalogues of some peers (the first is followed), with different files; their offers in order."""
    known = Peers(rig.database)
    with contextlib.closing(Offers(rig.folder / "offers.db")) as offers:
        for peer in range(1, peers + 1):
            known.card_came(peer_key(peer), 1, b"card", f"Peer {peer}")
            lines = [taken_offer(peer * 100 + at, row=at) for at in range(each)]
            offers.take(taken_catalogue(peer, lines))
    known.follow(peer_key(1))
    return rows(rig)


def offer_these(rig: Rig, peer: int, lines: Sequence[TakenOffer]) -> list[OfferRow]:
    """One peer's catalogue of these lines; all offers in order."""
    Peers(rig.database).card_came(peer_key(peer), 1, b"card", f"Peer {peer}")
    with contextlib.closing(Offers(rig.folder / "offers.db")) as offers:
        offers.take(taken_catalogue(peer, lines))
    return rows(rig)


def take_back(rig: Rig, peer: int) -> None:
    """A peer's catalogue is gone."""
    with contextlib.closing(Offers(rig.folder / "offers.db")) as offers:
        offers.drop(peer_key(peer))


def rows(rig: Rig) -> list[OfferRow]:
    """All offers in the order of their ids."""
    reading = OfferRows(rig.database)
    return reading.rows(reading.ids())


def discover_page(rig: Rig) -> DiscoverPage:
    """The page on the rig's parts."""
    network, peers = cast("NetworkBridge", rig.network), Peers(rig.database)
    peer_deeds = PeerDeeds(network, rig.writes, rig.undo)
    deeds = OfferDeeds(rig.fetching, peers, peer_deeds, rig.actions, rig.writes, rig.undo, rig.theme)
    return DiscoverPage(
        cast("StudioBridge", rig.studio),
        network,
        OfferRows(rig.database),
        peers,
        deeds,
        rig.lists,
        rig.settings,
        rig.covers,
        rig.theme,
    )


def downloads_page(rig: Rig) -> DownloadsPage:
    network = cast("NetworkBridge", rig.network)
    return DownloadsPage(rig.fetching, network, rig.settings, rig.folder / "downloads", rig.theme)


def picks_of(offers: Sequence[OfferRow], labels: int = 9, total: int = -1) -> OfferPicks:
    """An answer that picks these, the first for a reason."""
    picks = tuple(
        OfferPick(
            one.id,
            max(0.9 - 0.1 * at, 0.1),
            0.1,
            Reason(ReasonKind.BECAUSE, ("Rain",)) if not at else Reason(ReasonKind.UNKNOWN),
        )
        for at, one in enumerate(offers)
    )
    return OfferPicks(0, picks, len(offers) if total < 0 else total, labels)


def answer(rig: Rig, event: OfferPicks | Failed) -> None:
    """Answer the last question about offers."""
    _question, told = rig.studio.asked_of_offers[-1]
    told(event)


def download(rig: Rig, one: OfferRow, state: DownloadState = DownloadState.RUNNING, reason: str = "") -> DownloadRow:
    """A download of an offer, as the network process keeps it; the window has read it."""
    store = Downloads(rig.database)
    made = store.add(
        WantedFile(one.root, one.peer, one.size, one.mime, one.title, one.artist, one.album, one.licence, one.duration)
    )
    store.set_state(made.id, state, reason)
    rig.fetching.read()
    row = store.row(made.id)
    assert row is not None
    return row
