"""The vectors of what peers offer, in LanceDB beside our own: one table `offers.<space>` for each space, int8.

Only the studio imports this, and it alone writes. Everything here can be made again from the catalogues' files: a
table that cannot be read is thrown away, and what is deleted is written over by `tidy`, so that nothing of a blocked
peer stays. lancedb is imported when an `OfferVectors` is made, not before. May touch its own tables only.

Storage: {offer_id int64, peer string (hex), codes int8[d padded with zeros to a multiple of 8], scale float16}, with
the true d in the schema's metadata. An offer without a vector has a row of scale 0: it was looked at.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from app.errors import Corrupt, ModelError
from app.store.vector_files import damaged_manifests, sync_newer, translated
from app.store.vectors import OFFERS
from models.int8 import Int8Vectors
from models.types import I64

ROWS = 8_192
"""Rows read at a time."""
FEW = 2_000
"""Up to so many offers are asked for by name; for more, the whole table is read."""

_SPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")


class OfferVectors:
    """All `offers.<space>` tables below `folder`. Every method may be called from any thread; they take turns."""

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("LANCEDB_LOG", "error")
        os.environ.setdefault("LANCE_LOG", "error")
        import lancedb
        import pyarrow as pa

        self._pa = pa
        self._folder = folder.absolute()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        damaged_manifests(self._folder)
        self._lock = threading.RLock()
        self._db: Any = lancedb.connect(str(self._folder))
        self._tables: dict[str, Any] = {}
        self._ids: dict[str, I64] = {}

    def close(self) -> None:
        """Let go of all tables."""
        with self._lock:
            self._tables.clear()
            self._ids.clear()
            self._db = None

    # -------------------------------------------------------------------------------------------- writing

    def add(self, space: str, ids: I64, peers: Sequence[str], vectors: Int8Vectors) -> None:
        """Add the vectors of (n,) offers that have none here yet; on disk when it returns.

        `peers` are their publishers' keys, hex. Raises ModelError where lengths differ or an offer is here already,
        DiskFull.
        """
        if not len(ids) == len(peers) == len(vectors):
            raise ModelError("Vectors do not fit their offers", f"{len(ids)}, {len(peers)} and {len(vectors)}")
        with self._lock, self._translated(space):
            table = self._table(space)
            if table is None:  # an empty table is false
                table = self._create(space, vectors.codes.shape[1])
            if self._dimension(table) != vectors.codes.shape[1]:
                raise ModelError("A vector has the wrong length", space)
            known = self.ids(space)
            together = np.union1d(known, ids)
            if len(together) != len(known) + len(ids):
                raise ModelError("An offer is given twice", space)
            with sync_newer(self._path(space)):
                table.add(self._arrow(table.schema, ids, peers, vectors))
            self._ids[space] = together

    def keep(self, space: str, wanted: I64) -> int:
        """Delete every offer that is not among `wanted`; returns how many. From the disk they go by `tidy`."""
        with self._lock, self._translated(space):
            gone = np.setdiff1d(self.ids(space), wanted)
            table = self._table(space)
            if table is None or not gone.size:
                return 0
            with sync_newer(self._path(space)):
                for start in range(0, len(gone), 5_000):
                    part = ",".join(map(str, gone[start : start + 5_000].tolist()))
                    table.delete(f"offer_id IN ({part})")
            self._ids[space] = np.setdiff1d(self.ids(space), gone)
            return len(gone)

    def tidy(self, space: str) -> None:
        """Write a table anew if it has deleted rows, and drop its old versions: nothing deleted stays on the disk."""
        with self._lock, self._translated(space):
            table = self._table(space)
            if table is None:
                return
            with sync_newer(self._path(space)):
                if self._has_deleted(table):
                    table = self._rewrite(space, table)
                # Nobody else has the table open, so nothing old need be kept (exactly 0 would be warned of).
                table.optimize(cleanup_older_than=timedelta(milliseconds=1), delete_unverified=True)

    def drop(self, space: str) -> None:
        """Delete a whole table, readable or not."""
        with self._lock:
            self._forget(space)
            shutil.rmtree(self._path(space), ignore_errors=True)

    # -------------------------------------------------------------------------------------------- reading

    def spaces(self) -> list[str]:
        """The spaces that have a table, by name."""
        with self._lock:
            found = (path.stem for path in self._folder.glob(f"{OFFERS}*.lance") if path.is_dir())
            return sorted(name.removeprefix(OFFERS) for name in found)

    def ids(self, space: str) -> I64:
        """The offers of a space, (n,) in rising order. Do not write to it."""
        with self._lock, self._translated(space):
            if space not in self._ids:
                table = self._table(space)
                found = [] if table is None else table.search().select(["offer_id"]).to_batches()
                parts = [batch.column("offer_id").to_numpy() for batch in found]
                self._ids[space] = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
            return self._ids[space]

    def batches(self, space: str, ids: I64 | None = None) -> Iterator[tuple[I64, Int8Vectors]]:
        """All vectors of a space (or those of some offers) with their offers, a few thousand at a time, in no order."""
        yield from self._read(space, ids)

    def vector(self, space: str, offer: int) -> Int8Vectors | None:
        """One offer's vector as a single row; None where it has none."""
        with self._lock:  # held throughout: another thread's `tidy` would take the files from under the reading
            for _, found in self._read(space, np.array([offer], np.int64)):
                if found.present.any():
                    return found
        return None

    def broken(self) -> list[str]:
        """The spaces whose table cannot be read to the end; `drop` them, and the studio makes them anew."""
        found = []
        for space in self.spaces():
            try:
                for _ in self.batches(space):
                    pass
            except Corrupt:
                found.append(space)
        return found

    # ----------------------------------------------------------------------------------------------- parts

    def _read(self, space: str, ids: I64 | None) -> Iterator[tuple[I64, Int8Vectors]]:
        columns = ["offer_id", "codes", "scale"]
        with self._lock, self._translated(space):
            table = self._table(space)
            if table is None or (ids is not None and not np.isin(ids, self.ids(space)).any()):
                return
            dimension = self._dimension(table)
            query = table.search().select(columns)
            if ids is not None and len(ids) <= FEW:
                query = query.where(f"offer_id IN ({','.join(map(str, ids.tolist()))})")
            source = query.to_batches(ROWS)
        while True:
            with self._lock, self._translated(space):
                batch = next(source, None)
            if batch is None:
                return
            numbers = batch.column("offer_id").to_numpy()
            codes = batch.column("codes").flatten().to_numpy().reshape(len(numbers), -1)[:, :dimension]
            scales = batch.column("scale").to_numpy(zero_copy_only=False)
            if ids is not None and len(ids) > FEW:
                chosen = np.isin(numbers, ids)
                numbers, codes, scales = numbers[chosen], codes[chosen], scales[chosen]
            if len(numbers):
                yield numbers, Int8Vectors(codes, scales)

    @contextlib.contextmanager
    def _translated(self, space: str) -> Iterator[None]:
        try:
            with translated(self._path(space)):
                yield
        except Corrupt:
            self._forget(space)
            raise

    def _path(self, space: str) -> Path:
        if not _SPACE.fullmatch(space):
            raise ModelError("Not the name of a space", space)
        return self._folder / f"{OFFERS}{space}.lance"

    def _table(self, space: str) -> Any | None:
        if space not in self._tables:
            if not self._path(space).is_dir():
                return None
            self._tables[space] = self._db.open_table(OFFERS + space)
        return self._tables[space]

    def _create(self, space: str, dimension: int) -> Any:
        pa = self._pa
        padded = -(-dimension // 8) * 8
        schema = pa.schema(
            [
                pa.field("offer_id", pa.int64(), nullable=False),
                pa.field("peer", pa.string(), nullable=False),
                pa.field("codes", pa.list_(pa.int8(), padded), nullable=False),
                pa.field("scale", pa.float16(), nullable=False),
            ],
            metadata={b"dimension": str(dimension).encode()},
        )
        with sync_newer(self._folder):
            self._tables[space] = self._db.create_table(OFFERS + space, schema=schema)
        self._ids[space] = np.zeros(0, np.int64)
        return self._tables[space]

    def _arrow(self, schema: Any, ids: I64, peers: Sequence[str], vectors: Int8Vectors) -> Any:
        pa = self._pa
        padded = schema.field("codes").type.list_size
        wide = np.zeros((len(ids), padded), np.int8)
        wide[:, : vectors.codes.shape[1]] = vectors.codes
        codes = pa.FixedSizeListArray.from_arrays(pa.array(wide.reshape(-1)), padded)
        columns = [pa.array(ids), pa.array(list(peers), pa.string()), codes, pa.array(vectors.scales)]
        return pa.Table.from_arrays(columns, schema=schema)

    def _dimension(self, table: Any) -> int:
        return int(table.schema.metadata[b"dimension"])

    def _has_deleted(self, table: Any) -> bool:
        return int(table.list_versions()[-1]["metadata"].get("total_deletion_file_rows", 0)) > 0

    def _rewrite(self, space: str, table: Any) -> Any:
        rows = table.to_arrow()
        self._tables[space] = self._db.create_table(OFFERS + space, rows, schema=table.schema, mode="overwrite")
        return self._tables[space]

    def _forget(self, space: str) -> None:
        self._tables.pop(space, None)
        self._ids.pop(space, None)
