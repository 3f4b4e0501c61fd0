"""A fetched catalogue's files as the values that offers.db takes: all verified, whatever counts, nothing else.

Runs in a worker thread for the exchange, 60 ms for 1,000 items.
"""

from __future__ import annotations

from pathlib import Path

from app.errors import PeerError
from app.peers.cards import Card
from app.peers.vector_rows import digests
from app.peers.wire import read_catalogue
from app.store.offer_values import CatalogueShard, CatalogueSpace, TakenCatalogue, TakenOffer


def taken_catalogue(files: Path, card: Card, now: float) -> TakenCatalogue:
    """Verify the catalogue in `files` that `card` names. Raises PeerError with the reason for a refusal."""
    catalogue = read_catalogue(files, card.key)
    manifest = catalogue.manifest
    if manifest.seq > card.seq:
        raise PeerError("This catalogue is refused", "it is newer than the card that names it")
    vectors = digests(files, catalogue)
    return TakenCatalogue(
        card.key,
        card.seq,
        card.infohash,
        str(files),
        catalogue.size,
        tuple(CatalogueSpace(space.name, space.dimension) for space in manifest.spaces),
        tuple(CatalogueShard(shard.name, shard.items) for shard in manifest.shards),
        tuple(
            TakenOffer(
                row.offering.root,
                row.shard,
                row.row,
                row.offering.kind.value,
                row.offering.mime,
                row.offering.size,
                row.offering.duration,
                row.offering.title,
                row.offering.artist,
                row.offering.album,
                row.offering.tags,
                row.offering.year,
                row.offering.language,
                row.offering.licence,
                row.offering.width or None,
                row.offering.height or None,
                vectors.get((row.shard, row.row), 0),
            )
            for row in catalogue.rows
        ),
        now,
    )
