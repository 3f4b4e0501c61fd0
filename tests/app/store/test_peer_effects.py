"""What one peer brought, counted from the store."""

from __future__ import annotations

from pathlib import Path

from app.network_messages import DownloadState
from app.store.downloads import Downloads, WantedFile
from app.store.offers import Offers
from app.store.peer_effects import PeerEffect, PeerEffects
from tests.factories import file_root, open_database, peer_key, taken_catalogue, taken_offer

A, B = peer_key(1), peer_key(2)


def test_offers_downloads_and_evidence_are_counted_for_one_peer(tmp_path: Path) -> None:
    offers = Offers(tmp_path / "offers.db")
    offers.take(taken_catalogue(1, [taken_offer(1, size=10), taken_offer(2, size=5, kind="video")]))
    offers.take(taken_catalogue(2, 3))
    offers.close()
    with open_database(tmp_path, offers=True) as database:
        downloads = Downloads(database)
        for number, state in enumerate(
            (DownloadState.DONE, DownloadState.REFUSED, DownloadState.PAUSED, DownloadState.CANCELLED)
        ):
            row = downloads.add(WantedFile(file_root(number), A, 100 + number, "audio/flac", "Title"))
            downloads.set_state(row.id, state)
        database.execute("INSERT INTO evidence VALUES (?, 1, 1, x'00', 1.0)", (A,))
        effects = PeerEffects(database)
        assert effects.of(A) == PeerEffect(2, 1, 15, 1, 100, 1, 1, 1)
        assert effects.of(B).offers == 3
        assert effects.of(peer_key(3)) == PeerEffect()


def test_without_offers_at_hand_the_rest_is_counted(tmp_path: Path) -> None:
    with open_database(tmp_path) as database:
        assert PeerEffects(database).of(A) == PeerEffect()
