"""Decoded files on their way into the stores: few large writes instead of many small ones.

Used by the thread that indexes. Vectors are written first, then what the window shows of them, the marks last: what
is not marked is decoded again.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from app.files import Kind
from app.library.decoder import Decoded, DecodeFailed, Result
from app.library.importer import keep_picture, keep_strip
from app.store.database import Database
from app.store.items import Items
from app.store.moment_vectors import MomentRows, MomentVectors, mark_of
from app.store.moments import ItemMoments, Moments
from app.store.vectors import Vectors
from app.studio.spaces import Spaces
from models.types import F32, ItemId, Modality

FLUSH_ITEMS = 64
FLUSH_SECONDS = 2.0


def store(items: Items, vectors: Vectors, space: str, ids: list[ItemId], rows: F32) -> None:
    """Vectors first, marks second; an all-zero row says nothing and only gets a silent mark."""
    alive = np.any(rows != 0, axis=1)
    numbers = np.asarray(ids, np.int64)
    if alive.any():
        vectors.add(space, numbers[alive], rows[alive])
    items.mark([(item, space) for item, kept in zip(ids, alive, strict=True) if kept])
    items.mark([(item, space) for item, kept in zip(ids, alive, strict=True) if not kept], silent=True)


class DecodedBatch:
    """Takes results as they come; `flush` writes what is there."""

    def __init__(self, database: Database, vectors: Vectors, spaces: Spaces, covers: Path) -> None:
        self._items = Items(database)
        self._moments = Moments(database)
        self._vectors = vectors
        self._moment_vectors = MomentVectors(vectors)
        self._image = spaces.image
        self._audio = spaces.audio
        self._covers = covers
        self._decoded: list[Decoded] = []
        self._began = time.monotonic()
        self.done = 0
        self.failed = 0

    @property
    def full(self) -> bool:
        return len(self._decoded) >= FLUSH_ITEMS or time.monotonic() - self._began > FLUSH_SECONDS

    def take(self, result: Result) -> None:
        """Keep a good result for the next flush; note a failure at once."""
        self.done += 1
        if isinstance(result, Decoded):
            self._decoded.append(result)
        elif isinstance(result, DecodeFailed):
            self.failed += 1
            self._fail(result)

    def _fail(self, failed: DecodeFailed) -> None:
        """Note the failure with the file's present stamp, so that it is not tried again until it changes."""
        path = failed.task.path
        try:
            stat = path.stat()
        except OSError:
            return
        self._items.record_failure(str(path), stat.st_size, stat.st_mtime_ns, "decode", failed.reason)

    def flush(self) -> int:
        """Write all; returns how many Items gained something to show (a picture, a length, moments)."""
        decoded, self._decoded, self._began = self._decoded, [], time.monotonic()
        self._write(self._audio, [one for one in decoded if one.task.modality is not Modality.IMAGE])
        self._write(self._image, decoded)
        self._write_moments([one for one in decoded if one.task.kind is Kind.VIDEO])
        return sum(self._describe(one) for one in decoded)

    def _write(self, space: str, decoded: list[Decoded]) -> None:
        ids: list[ItemId] = []
        rows: list[F32] = []
        silent: list[ItemId] = []
        for one in decoded:
            vector = next((part.vector for part in one.vectors if str(part.space) == space), None)
            if vector is None:
                silent.append(ItemId(one.task.item))
            else:
                ids.append(ItemId(one.task.item))
                rows.append(vector)
        if rows:
            store(self._items, self._vectors, space, ids, np.stack(rows))
        self._items.mark([(item, space) for item in silent], silent=True)

    def _write_moments(self, decoded: list[Decoded]) -> None:
        mark = mark_of(self._image)
        films: list[MomentRows] = []
        for one in decoded:
            found = [moment for moment in one.moments if str(moment.embedding.space) == self._image]
            if found:
                ats = np.array([moment.at for moment in found], np.float64)
                rows = np.stack([moment.embedding.vector for moment in found])
                films.append(MomentRows(ItemId(one.task.item), ats, rows))
        self._moment_vectors.add_many(self._image, films)
        for one in decoded:
            shown = ItemMoments(tuple(moment.at for moment in one.moments))
            if one.strip is not None:
                keep_strip(self._covers, one.strip)
                shown = ItemMoments(shown.ats, one.strip.key, one.strip.tile_width, one.strip.tile_height)
            self._moments.put(ItemId(one.task.item), shown)
        written = {film.item for film in films}
        self._items.mark([(item, mark) for item in written])
        silent = {ItemId(one.task.item) for one in decoded} - written
        self._items.mark([(item, mark) for item in silent], silent=True)

    def _describe(self, one: Decoded) -> bool:
        keep_picture(self._covers, one)
        cover = one.picture_key if one.picture else ""
        facts = one.facts
        if not cover and facts.kind is Kind.TRACK:
            return False
        self._items.describe(
            ItemId(one.task.item),
            cover=cover,
            width=facts.width,
            height=facts.height,
            duration=facts.duration or None,
        )
        return True
