"""From what peers offer to features in the user's own basis: keeping LanceDB in step with offers.db, and projecting.

Used by the studio's offers thread, which takes one step at a time and answers questions between them: every function
here is a generator whose steps take at most some 50 ms. Offers are only projected; the basis is the own library's.
Every offer's vectors, features and likeness to our own depend on that offer alone, to the last bit: see
`models/row_features.py`.
"""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.store.database import Database
from app.store.offer_rows import OfferRows
from app.store.offer_table import OfferColumns, OfferTable, ShardPlace
from app.store.offer_vectors import OfferVectors
from app.studio.owned import OwnVectors
from app.studio.spaces import SpacesInUse, dimensions
from models.encoders.builtin_text import BuiltinTextEncoder
from models.encoders.item_text import item_text
from models.features import Basis
from models.int8 import Int8Vectors
from models.row_features import contribution, finished, missing
from models.types import F32, I64, Bool, Modality

log = logging.getLogger(__name__)

WRITTEN = 8_192
"""Rows given to LanceDB at a time."""
TEXTS = 512
STEP = 1_024
"""Rows of one step of the projection: some 20 ms."""

Steps = Generator[None, None, None]


@dataclass(frozen=True, slots=True, eq=False)
class OfferFeatures:
    """`ids` int64 `(n,)`, rising; `rows` float32 `(n, p)` in `basis`; `like` the own Item each nearly is, or 0."""

    ids: I64
    rows: F32
    like: I64
    basis: Basis | None


def nothing_in(basis: Basis | None) -> OfferFeatures:
    """The features of no offers."""
    width = basis.width if basis is not None else 1
    return OfferFeatures(np.zeros(0, np.int64), np.zeros((0, width), np.float32), np.zeros(0, np.int64), basis)


NO_FEATURES = nothing_in(None)


class Agreement:
    """Makes the tables `offers.<space>` hold exactly what offers.db names."""

    def __init__(self, vectors: OfferVectors, spaces: SpacesInUse, catalogues: Path) -> None:
        """`catalogues` is the folder that relative folders in offers.db are below."""
        self._vectors = vectors
        self._spaces = spaces
        self._catalogues = catalogues
        self._encoder: BuiltinTextEncoder | None = None

    def steps(self, database: Database, table: OfferTable) -> Steps:
        """Take out what is gone, put in what is missing. Raises the store's errors."""
        spaces = self._spaces.now
        columns, known = OfferColumns(database), dimensions(spaces)
        offered = columns.spaces()
        for space in self._vectors.spaces():
            if space not in spaces.all:
                self._vectors.drop(space)
        sent: dict[str, I64] = {}
        for space in spaces.all:
            modality = spaces.modality(space)
            wanted = table.ids[table.video] if modality is Modality.IMAGE else table.ids
            self._vectors.keep(space, wanted)
            # What nobody sends need not be looked for among all offers at every change.
            if modality is not Modality.TEXT and (space, known[space]) in offered:
                sent[space] = wanted
            yield
        yield from self._texts(OfferRows(database), spaces.text, table)
        absent = {space: np.setdiff1d(wanted, self._vectors.ids(space)) for space, wanted in sent.items()}
        every = np.unique(np.concatenate([np.zeros(0, np.int64), *absent.values()]))
        if len(every):
            yield from _Shards(self._vectors, known, self._catalogues).steps(columns.places(every), absent)

    def _texts(self, rows: OfferRows, space: str, table: OfferTable) -> Steps:
        """The vectors of the words are not sent: they are made here."""
        absent = np.setdiff1d(table.ids, self._vectors.ids(space))
        for start in range(0, len(absent), WRITTEN):
            batch = _Batch()
            for part in range(start, min(start + WRITTEN, len(absent)), TEXTS):
                if self._encoder is None:
                    self._encoder = BuiltinTextEncoder()
                stop = min(part + TEXTS, start + WRITTEN, len(absent))
                texts = rows.texts(absent[part:stop].tolist())
                words = [item_text(one.title, one.artist, one.album, one.genre.split("; "), one.year) for one in texts]
                found = Int8Vectors.of(self._encoder.encode(words))
                batch.add([one.id for one in texts], table, found)
                yield
            batch.write(self._vectors, space)
            yield


class _Shards:
    """Takes what is missing out of the catalogues' files; `dimensions` of the spaces in use."""

    def __init__(self, vectors: OfferVectors, dimensions: Mapping[str, int], catalogues: Path) -> None:
        self._vectors = vectors
        self._dimensions = dimensions
        self._catalogues = catalogues

    def steps(self, places: list[ShardPlace], absent: Mapping[str, I64]) -> Steps:
        """Write the vectors of the offers that each space lacks."""
        for space, wanted in absent.items():
            if not any(self._has(place, space) for place in places):
                continue
            batch = _Batch()
            for place in places:
                offers = np.array(place.offers, np.int64)
                chosen = np.isin(offers, wanted)
                if not chosen.any():
                    continue
                found = self._read(place, space, np.array(place.rows, np.int64)[chosen])
                if found is not None:
                    batch.put(offers[chosen], [place.peer.hex()] * int(chosen.sum()), found)
                if len(batch) >= WRITTEN:
                    batch.write(self._vectors, space)
                    batch = _Batch()
                yield
            batch.write(self._vectors, space)
            yield

    def _read(self, place: ShardPlace, space: str, rows: I64) -> Int8Vectors | None:
        """The vectors of some rows of a shard: rows of scale 0 where it has none of the space, None if unreadable."""
        dimension = self._dimensions[space]
        nothing = Int8Vectors(np.zeros((len(rows), dimension), np.int8), np.zeros(len(rows), np.float16))
        if not self._has(place, space):
            return nothing
        path = self._catalogues / place.folder / f"vectors.{space}.{place.shard}.i8"
        try:
            whole = Int8Vectors.read(path.read_bytes(), dimension)
            return Int8Vectors(whole.codes[rows], whole.scales[rows])
        except FileNotFoundError:
            return nothing  # not every shard has vectors of every space of its catalogue
        except (OSError, ValueError, IndexError) as problem:
            log.warning("vectors of a catalogue cannot be read: %s", type(problem).__name__)
            return None

    def _has(self, place: ShardPlace, space: str) -> bool:
        """Whether the catalogue has vectors of ours: another length under the same name is another thing."""
        return dict(place.spaces).get(space) == self._dimensions[space]


class _Batch:
    """Vectors on their way into LanceDB: few large writes instead of many small ones."""

    def __init__(self) -> None:
        self._ids: list[I64] = []
        self._peers: list[str] = []
        self._vectors: list[Int8Vectors] = []

    def __len__(self) -> int:
        return len(self._peers)

    def add(self, offers: list[int], table: OfferTable, vectors: Int8Vectors) -> None:
        at = table.positions(offers)
        self.put(np.array(offers, np.int64), [table.peers[peer].hex() for peer in table.peer[at]], vectors)

    def put(self, offers: I64, peers: list[str], vectors: Int8Vectors) -> None:
        self._ids.append(offers)
        self._peers += peers
        self._vectors.append(vectors)

    def write(self, store: OfferVectors, space: str) -> None:
        if not self._peers:
            return
        codes = np.concatenate([part.codes for part in self._vectors])
        scales = np.concatenate([part.scales for part in self._vectors])
        store.add(space, np.concatenate(self._ids), self._peers, Int8Vectors(codes, scales))


def project(
    vectors: OfferVectors, own: OwnVectors, compared: tuple[str, ...], basis: Basis | None, table: OfferTable, ids: I64
) -> Generator[None, None, OfferFeatures]:
    """The features of some offers (rising ids of `table`), and which own Items they are, by the spaces `compared`."""
    width = basis.width if basis is not None else 1
    sums = np.zeros((len(ids), width), np.float32)
    anything, like = np.zeros(len(ids), np.bool_), np.zeros(len(ids), np.int64)
    lengths = table.durations[table.positions(ids)]
    parts = {part.space: part for part in basis.spaces} if basis is not None else {}
    for space in [*parts, *(one for one in compared if one not in parts)]:
        seen = np.zeros(len(ids), np.bool_)
        for at, units, present in _units(vectors, space, ids):
            if basis is not None and space in parts and units.shape[1] == len(parts[space].mean):
                sums[at] += contribution(basis, parts[space], units, present)
                anything[at] |= present
                seen[at] = True
            if space in compared:
                found = own.find(space, units, present, lengths[at])
                like[at] = np.where(like[at] > 0, like[at], found)
            yield
        if basis is not None and space in parts:
            sums[~seen] += missing(basis, parts[space])
    return OfferFeatures(ids, finished(sums, anything), like, basis)


def _units(vectors: OfferVectors, space: str, ids: I64) -> Iterator[tuple[I64, F32, Bool]]:
    """Positions in `ids`, unit vectors and which rows have one, in steps."""
    if not len(ids):
        return
    for offers, found in vectors.batches(space, ids):
        at = np.minimum(np.searchsorted(ids, offers), len(ids) - 1)
        known = np.flatnonzero(ids[at] == offers)
        for start in range(0, len(known), STEP):
            rows = known[start : start + STEP]
            part = Int8Vectors(found.codes[rows], found.scales[rows])
            yield at[rows], part.unit(), part.present


def merged(old: OfferFeatures, new: OfferFeatures, ids: I64) -> OfferFeatures:
    """The features of exactly `ids` (rising), each from `new` where it is there, else from `old`."""
    rows = np.zeros((len(ids), new.rows.shape[1]), np.float32)
    like = np.zeros(len(ids), np.int64)
    for part in (old, new):
        if not len(part.ids):
            continue
        at = np.minimum(np.searchsorted(part.ids, ids), len(part.ids) - 1)
        here = part.ids[at] == ids
        rows[here], like[here] = part.rows[at[here]], part.like[at[here]]
    return OfferFeatures(ids, rows, like, new.basis)
