"""The vectors of all spaces in LanceDB: one table per space, derived, rebuildable from the files at any time.

Only the studio imports this, and it alone writes. lancedb is imported when a `Vectors` is made, not before (1.2 s).
May touch its own folder only. LanceDB makes no fsync, so each write is followed by ours: once a caller has marked
an Item in SQLite, its vector is on the disk. What a power cut or a kill has damaged is set aside by `heal`, and the
Items concerned are encoded again.

Storage: {item_id int64, origin string, vector float16[d padded with zeros to a multiple of 8]}; the true d is in
the schema's metadata. A vector of zeros has no direction and is never stored: `add` leaves it out and says so, and
the caller marks the Item as silent.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import Corrupt, ModelError, StoreError
from app.store.vector_files import damaged_manifests, set_aside, sync_newer, translated
from models.types import F32, I64, Bool, ItemId

log = logging.getLogger(__name__)

INDEX_FROM = 50_000
"""Rows from which a table gets an index; below, all are compared exactly."""
REWRITE_SHARE = 0.1
"""Share of deleted rows from which a table is written anew: LanceDB itself keeps them on the disk."""
RESIDENT_BYTES = 256 * 1024 * 1024
"""So much of the spaces searched lately is held, as float32; one that is larger alone as float16, four times slower to
search."""
OFFERS = "offers."
"""Tables so named hold what peers offer and are `offer_vectors.py`'s."""
MOMENTS = "moments."
"""Tables so named hold films' moments; their ids are `moment_vectors.py`'s."""

_SPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}")
_F16 = NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Healed:
    """What marks and vectors disagreed about, as (Item, space): marked without a vector, and the reverse.

    The former must be unmarked by the caller; the latter are deleted already. `set_aside` names what was damaged.
    """

    missing_vectors: tuple[tuple[ItemId, str], ...]
    orphan_vectors: tuple[tuple[ItemId, str], ...]
    set_aside: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many differences there were."""
        return len(self.missing_vectors) + len(self.orphan_vectors)


@dataclass(frozen=True, slots=True, eq=False)
class _Resident:
    """A small space in memory for exact search: ids (n,), unit vectors (n, d), float32 or float16."""

    ids: I64
    vectors: F32 | _F16


class Vectors:
    """All spaces below `folder`. Every method may be called from any thread; they take turns."""

    def __init__(self, folder: Path) -> None:
        os.environ.setdefault("LANCEDB_LOG", "error")
        os.environ.setdefault("LANCE_LOG", "error")
        import lancedb
        import pyarrow as pa

        self._pa = pa
        self._folder = folder.absolute()
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock = threading.RLock()
        self._set_aside = damaged_manifests(self._folder)
        self._db: Any = lancedb.connect(str(self._folder))
        self._tables: dict[str, Any] = {}
        self._ids: dict[str, I64] = {}
        self._residents: dict[str, _Resident] = {}
        """Small spaces in memory, that searched last at the end."""
        self._changes: dict[str, int] = {}

    def close(self) -> None:
        """Let go of all tables."""
        with self._lock:
            self._tables.clear()
            self._ids.clear()
            self._residents.clear()
            self._db = None

    # -------------------------------------------------------------------------------------------- writing

    def add(self, space: str, ids: I64, vectors: F32, origin: str = "own") -> Bool:
        """Add or replace (n,) ids with (n, d) vectors, d <= padded; returns (n,) which were stored (zeros are not).

        On disk when it returns. Give a thousand or more at a time where there are that many. Raises ModelError on
        NaN, infinity, or a dimension that is not the space's; then nothing was stored. Raises DiskFull.
        """
        if vectors.ndim != 2 or ids.shape != (len(vectors),):
            raise ModelError("Vectors do not fit their items", f"{ids.shape} and {vectors.shape}")
        with np.errstate(over="ignore"):
            halves = np.asarray(vectors, np.float32).astype(np.float16)
        if not np.isfinite(halves).all():
            raise ModelError("An encoder gave a vector that holds no numbers", space)
        stored: Bool = np.asarray(halves.any(axis=1), bool)
        # Of an Item given twice the last vector counts, as if they had come one after the other.
        last = np.zeros(len(ids), bool)
        last[len(ids) - 1 - np.unique(ids[::-1], return_index=True)[1]] = True
        chosen = stored & last
        with self._lock, self._translated(space):
            silent = np.intersect1d(ids[last & ~stored], self.ids(space))
            if silent.size:
                self.delete(space, silent)
            if chosen.any():
                self._write(space, ids[chosen].astype(np.int64), halves[chosen], origin)
        return stored

    def _write(self, space: str, ids: I64, halves: _F16, origin: str) -> None:
        table = self._table(space)
        if table is None:  # an empty table is false
            table = self._create(space, halves.shape[1])
        if self._dimension(table) != halves.shape[1]:
            raise ModelError(
                "A vector has the wrong length",
                f"{halves.shape[1]} instead of {self._dimension(table)} in {space}",
            )
        with sync_newer(self._folder / f"{space}.lance"):
            rows = self._arrow(table.schema, ids, halves, origin)
            known = self.ids(space)
            if np.isin(ids, known, assume_unique=True).any():
                table.merge_insert("item_id").when_matched_update_all().when_not_matched_insert_all().execute(rows)
            else:
                table.add(rows)
        self._ids[space] = np.union1d(known, ids)
        self._changed(space)

    def delete(self, space: str, ids: I64) -> None:
        """Delete the vectors of some Items. They are gone from every answer at once, from the disk by `optimize`."""
        with self._lock, self._translated(space):
            table = self._table(space)
            gone = np.intersect1d(ids, self.ids(space))
            if table is None or not gone.size:
                return
            with sync_newer(self._folder / f"{space}.lance"):
                for start in range(0, len(gone), 5000):
                    part = ",".join(map(str, gone[start : start + 5000].tolist()))
                    table.delete(f"item_id IN ({part})")
            self._ids[space] = np.setdiff1d(self.ids(space), gone)
            self._changed(space)

    def optimize(self, *, rewrite: bool = False) -> None:
        """Fold small pieces together, index what is large, drop what is old. After each bulk import.

        With `rewrite`, or where a tenth of the rows is deleted, tables are written anew, so that nothing deleted
        stays on the disk.
        """
        for space in self.tables():
            with self._lock, self._translated(space):
                table = self._table(space)
                if table is None:
                    continue
                with sync_newer(self._folder / f"{space}.lance"):
                    if rewrite or self._deleted_share(table) >= REWRITE_SHARE:
                        table = self._rewrite(space, table)
                    self._index(table)
                    # Nobody else has the tables open, so nothing old need be kept (exactly 0 would be warned of).
                    table.optimize(cleanup_older_than=timedelta(milliseconds=1), delete_unverified=True)

    def drop(self, space: str) -> None:
        """Delete a whole space."""
        with self._lock, self._translated(space):
            if self._table(space) is not None:
                self._db.drop_table(space)
            self._forget(space)

    # -------------------------------------------------------------------------------------------- reading

    def spaces(self) -> list[str]:
        """The spaces that have a table of Items, by name."""
        return [space for space in self.tables() if not space.startswith(MOMENTS)]

    def tables(self) -> list[str]:
        """The spaces, and the tables of moments."""
        with self._lock:
            found = (path.stem for path in self._folder.glob("*.lance") if path.is_dir())
            return sorted(table for table in found if not table.startswith(OFFERS))

    def count(self, space: str) -> int:
        """How many vectors a space has."""
        return len(self.ids(space))

    def revision(self, space: str) -> int:
        """A number that is another after every change of a space: whoever holds its vectors sees that they are old."""
        with self._lock:
            return self._changes.get(space, 0)

    def ids(self, space: str) -> I64:
        """The Items of a space, (n,) in rising order. Do not write to it."""
        with self._lock, self._translated(space):
            if space not in self._ids:
                table = self._table(space)
                found = [] if table is None else table.search().select(["item_id"]).to_batches()
                parts = [batch.column("item_id").to_numpy() for batch in found]
                self._ids[space] = np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
            return self._ids[space]

    def matrix(self, space: str) -> tuple[I64, F32]:
        """All of a space: (n,) ids in rising order and (n, d) float32 vectors as they were added, in half precision."""
        ids, halves = self._read(space)
        return ids, halves.astype(np.float32)

    def halves(self, space: str) -> tuple[I64, _F16]:
        """The same as `matrix` in half the memory: float16, as it is stored."""
        return self._read(space)

    def vector_of(self, space: str, item: ItemId) -> F32 | None:
        """One Item's vector (d,), None where it has none."""
        with self._lock, self._translated(space):
            table = self._table(space)
            ids = self.ids(space)
            at = int(np.searchsorted(ids, item))
            if table is None or at == len(ids) or ids[at] != item:
                return None
            found = table.search().where(f"item_id = {int(item)}").select(["vector"]).to_arrow()
            halves = found.column("vector").combine_chunks().flatten().to_numpy(zero_copy_only=False)
            return np.asarray(halves[: self._dimension(table)], np.float32)

    def between(self, space: str, first: int, last: int) -> tuple[I64, F32]:
        """The vectors of ids in a range, ends included: (m,) ids in rising order and (m, d) float32."""
        with self._lock, self._translated(space):
            table = self._table(space)
            ids = self.ids(space)
            if table is None or not np.any((ids >= first) & (ids <= last)):
                return np.zeros(0, np.int64), np.zeros((0, 0 if table is None else self._dimension(table)), np.float32)
            where = f"item_id >= {int(first)} AND item_id <= {int(last)}"
            found = table.search().where(where).select(["item_id", "vector"]).to_arrow()
            numbers = found.column("item_id").to_numpy()
            flat = found.column("vector").combine_chunks().flatten().to_numpy(zero_copy_only=False)
            order = np.argsort(numbers)
            rows = flat.reshape(len(numbers), -1)[:, : self._dimension(table)]
            return numbers[order], np.asarray(rows[order], np.float32)

    def search(self, space: str, vector: F32, k: int) -> tuple[I64, F32]:
        """The k nearest to a (d,) vector by cosine: ids and similarities (<= 1), nearest first.

        Exact below 50,000 rows; from there through the index. A vector of zeros is near nothing. Raises ModelError
        on NaN or a wrong length.
        """
        if not np.isfinite(vector).all():
            raise ModelError("The vector to search for holds no numbers", space)
        nothing = np.zeros(0, np.int64), np.zeros(0, np.float32)
        norm = float(np.linalg.norm(vector))
        with self._lock, self._translated(space):
            table = self._table(space)
            if table is None or norm == 0 or k <= 0 or not self.count(space):
                return nothing
            if vector.shape != (self._dimension(table),):
                raise ModelError("The vector to search for has the wrong length", f"{vector.shape} in {space}")
            query = (vector / norm).astype(np.float32)
            if self.count(space) < INDEX_FROM:
                return self._exact(space, query, k)
            return self._indexed(table, query, k)

    # ---------------------------------------------------------------------------------------------- health

    def heal(self, marked: Mapping[str, Set[int]]) -> Healed:
        """Compare with the Items marked in SQLite, space by space, and make the vectors agree.

        Vectors without a mark are deleted (an id may have come to name another Item, where an older library.db was
        restored); marks without a vector are told, for the caller to take back. Tables that cannot be read are set
        aside. Spaces that are not in `marked` are left alone, and so are tables of moments, whose ids are no Items.
        """
        missing: list[tuple[ItemId, str]] = []
        orphans: list[tuple[ItemId, str]] = []
        aside = [path.name for path in self._set_aside]
        for space, items in marked.items():
            if space.startswith(MOMENTS):
                continue
            with self._lock:
                try:
                    present = self.ids(space)
                except Corrupt as error:
                    log.warning("a vector table cannot be read and is set aside: %s", error.__cause__)
                    aside.append(self.put_away(space))
                    present = np.zeros(0, np.int64)
                wanted = np.fromiter(items, np.int64, len(items))
                surplus = np.setdiff1d(present, wanted)
                self.delete(space, surplus)
            missing += [(ItemId(item), space) for item in np.setdiff1d(wanted, present).tolist()]
            orphans += [(ItemId(item), space) for item in surplus.tolist()]
        self._set_aside = []
        return Healed(tuple(missing), tuple(orphans), tuple(aside))

    def check(self) -> list[str]:
        """Read everything; returns what is wrong, empty when all is sound. Slow for large libraries."""
        problems = [f"{path.name} was damaged and is set aside" for path in self._set_aside]
        for space in self.tables():
            try:
                _, halves = self._read(space)
            except Corrupt as error:
                problems.append(f"{space}: {error.title}")
                continue
            if not np.isfinite(halves).all():
                problems.append(f"{space}: holds vectors that are no numbers")
        return problems

    def put_away(self, space: str) -> str:
        """Set a table aside that cannot be read; returns what it is called now."""
        with self._lock:
            self._forget(space)
            return set_aside(self._folder / f"{space}.lance").name

    def repair(self) -> list[str]:
        """Set aside every table that cannot be read to the end; returns their spaces. `heal` then finds the marks."""
        broken = []
        for space in self.tables():
            try:
                self._read(space)
            except Corrupt:
                self.put_away(space)
                broken.append(space)
        return broken

    # ----------------------------------------------------------------------------------------------- parts

    @contextmanager
    def _translated(self, space: str) -> Iterator[None]:
        """LanceDB's errors as the store's; the table at fault is opened anew the next time."""
        try:
            with translated(self._folder / f"{space}.lance"):
                yield
        except StoreError:
            self._forget(space)
            raise

    def _table(self, space: str) -> Any | None:
        if not _SPACE.fullmatch(space):
            raise ModelError("Not the name of a space", space)
        if space not in self._tables:
            if not (self._folder / f"{space}.lance").is_dir():
                return None
            self._tables[space] = self._db.open_table(space)
        return self._tables[space]

    def _create(self, space: str, dimension: int) -> Any:
        pa = self._pa
        padded = -(-dimension // 8) * 8  # IVF_RQ wants a multiple of 8
        schema = pa.schema(
            [
                pa.field("item_id", pa.int64(), nullable=False),
                pa.field("origin", pa.string(), nullable=False),
                pa.field("vector", pa.list_(pa.float16(), padded), nullable=False),
            ],
            metadata={b"dimension": str(dimension).encode()},
        )
        with sync_newer(self._folder):
            self._tables[space] = self._db.create_table(space, schema=schema)
        self._ids[space] = np.zeros(0, np.int64)
        return self._tables[space]

    def _arrow(self, schema: Any, ids: I64, halves: _F16, origin: str) -> Any:
        pa = self._pa
        padded = schema.field("vector").type.list_size
        wide = np.zeros((len(ids), padded), np.float16)
        wide[:, : halves.shape[1]] = halves
        values = pa.FixedSizeListArray.from_arrays(pa.array(wide.reshape(-1)), padded)
        return pa.Table.from_arrays([pa.array(ids), pa.array([origin] * len(ids)), values], schema=schema)

    def _dimension(self, table: Any) -> int:
        return int(table.schema.metadata[b"dimension"])

    def _read(self, space: str) -> tuple[I64, _F16]:
        with self._lock, self._translated(space):
            table = self._table(space)
            if table is None:
                return np.zeros(0, np.int64), np.zeros((0, 0), np.float16)
            dimension = self._dimension(table)
            ids, parts = [], []
            for batch in table.search().select(["item_id", "vector"]).to_batches():
                values = batch.column("vector")
                flat = values.flatten().to_numpy(zero_copy_only=False)
                ids.append(batch.column("item_id").to_numpy())
                parts.append(flat.reshape(len(values), -1)[:, :dimension])
            if not ids:
                return np.zeros(0, np.int64), np.zeros((0, dimension), np.float16)
            together = np.concatenate(ids)
            order = np.argsort(together)
            places, halves = np.argsort(order), np.empty((len(together), dimension), np.float16)
            end = len(together)
            while parts:  # each is let go once it is copied: all of them twice would be a lot of memory
                part = parts.pop()
                halves[places[end - len(part) : end]] = part
                end -= len(part)
            return together[order], halves

    def _exact(self, space: str, query: F32, k: int) -> tuple[I64, F32]:
        held = self._held(space)
        if held.vectors.dtype == np.float32:
            likeness = np.asarray(held.vectors @ query, np.float32)
        else:  # a wide copy of a piece at a time: numpy multiplies halves slowly
            likeness = np.empty(len(held.ids), np.float32)
            for start in range(0, len(likeness), 4096):
                likeness[start : start + 4096] = held.vectors[start : start + 4096].astype(np.float32) @ query
        count = min(k, len(likeness))
        best = np.argpartition(-likeness, count - 1)[:count]
        best = best[np.lexsort((held.ids[best], -likeness[best]))]
        return held.ids[best], np.minimum(likeness[best], 1.0)

    def _held(self, space: str) -> _Resident:
        held = self._residents.pop(space, None)
        if held is None:
            ids, halves = self._read(space)
            full = halves.astype(np.float32)
            full /= np.linalg.norm(full, axis=1, keepdims=True)
            held = _Resident(ids, full if full.nbytes <= RESIDENT_BYTES else full.astype(np.float16))
        size = held.vectors.nbytes + sum(one.vectors.nbytes for one in self._residents.values())
        for other in list(self._residents):
            if size > RESIDENT_BYTES:
                size -= self._residents.pop(other).vectors.nbytes
        self._residents[space] = held
        return held

    def _indexed(self, table: Any, query: F32, k: int) -> tuple[I64, F32]:
        wide = np.zeros(table.schema.field("vector").type.list_size, np.float32)
        wide[: len(query)] = query
        found = (
            table.search(wide, vector_column_name="vector")
            .distance_type("cosine")
            .refine_factor(10)
            .limit(k)
            .select(["item_id", "_distance"])
            .to_arrow()
        )
        return found["item_id"].to_numpy(), (1.0 - found["_distance"].to_numpy()).astype(np.float32)

    def _index(self, table: Any) -> None:
        if table.count_rows() < INDEX_FROM or table.list_indices():
            return
        from lancedb.index import IvfRq

        table.create_index("vector", config=IvfRq(distance_type="cosine"))

    def _deleted_share(self, table: Any) -> float:
        newest = table.list_versions()[-1]["metadata"]
        return int(newest.get("total_deletion_file_rows", 0)) / max(1, int(newest.get("total_data_file_rows", 0)))

    def _rewrite(self, space: str, table: Any) -> Any:
        rows = table.to_arrow()
        self._tables[space] = self._db.create_table(space, rows, schema=table.schema, mode="overwrite")
        return self._tables[space]

    def _forget(self, space: str) -> None:
        self._tables.pop(space, None)
        self._ids.pop(space, None)
        self._changed(space)

    def _changed(self, space: str) -> None:
        self._residents.pop(space, None)
        self._changes[space] = self._changes.get(space, 0) + 1
