"""LanceDB's indexes for experiments: any kind, any metric, in a folder of their own that is thrown away.

Called by the laboratory (`app/studio/evaluate/vectors`) alone; the product's vectors are in `vectors.py`, which has
one index and no choices. Stands in the store because LanceDB and its Arrow tables are known only here.
"""

from __future__ import annotations

import os
from datetime import timedelta
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import numpy as np

from models.types import F32, I64

REFINE = 10
"""Candidates compared exactly per answer wanted, for the quantized indexes."""
HNSW_BREADTH = 150
"""The graph's search list: LanceDB asks for at least k x REFINE."""
_NAME = "vectors"


class LanceIndex(StrEnum):
    """The kinds that are compared; partitions and codes as LanceDB chooses them."""

    FLAT = "flat"
    RQ = "IVF_RQ"
    PQ = "IVF_PQ"
    HNSW = "IVF_HNSW_SQ"


class LanceTrial:
    """One table with one index: float16 vectors padded to a multiple of 8, ids 0, 1, ... in the order given."""

    def __init__(self, folder: Path, kind: LanceIndex, metric: Literal["cosine", "dot", "l2"] = "cosine") -> None:
        os.environ.setdefault("LANCEDB_LOG", "error")
        os.environ.setdefault("LANCE_LOG", "error")
        os.environ.setdefault("LANCE_INCLUDE_VECTOR_CENTROIDS", "false")
        import lancedb
        import pyarrow as pa

        self._pa = pa
        self._folder = folder.absolute()
        self._kind = kind
        self._metric = metric
        self._db: Any = lancedb.connect(str(self._folder))
        self._table: Any = None
        self._count = 0

    def build(self, vectors: F32) -> None:
        """Store (n, d) vectors and train the index on them. Raises ValueError or RuntimeError on too few rows."""
        pa = self._pa
        padded = -(-vectors.shape[1] // 8) * 8
        schema = pa.schema([("item_id", pa.int64()), ("vector", pa.list_(pa.float16(), padded))])
        self._table = self._db.create_table(_NAME, schema=schema)
        self.insert(vectors)
        if self._kind is not LanceIndex.FLAT:
            self._table.create_index("vector", config=self._config())
            stats = self._table.index_stats("vector_idx")
            if stats is None or not stats.num_indexed_rows:
                # Without a word: searching then compares everything, and would be measured as the index.
                raise ValueError(f"LanceDB makes no such index of {len(vectors)} rows")

    def insert(self, vectors: F32) -> None:
        """Add (n, d) vectors behind the index: until `fold` they are compared exactly."""
        pa = self._pa
        schema = self._table.schema
        padded = schema.field("vector").type.list_size
        for start in range(0, len(vectors), 50_000):
            part = vectors[start : start + 50_000]
            wide = np.zeros((len(part), padded), np.float16)
            wide[:, : part.shape[1]] = part
            ids = np.arange(self._count, self._count + len(part), dtype=np.int64)
            values = pa.FixedSizeListArray.from_arrays(pa.array(wide.reshape(-1)), padded)
            self._table.add(pa.Table.from_arrays([pa.array(ids), values], schema=schema))
            self._count += len(part)

    def fold(self) -> None:
        """LanceDB's `optimize`: fold what was inserted into the index and drop old pieces."""
        self._table.optimize(cleanup_older_than=timedelta(milliseconds=1), delete_unverified=True)

    def search(self, query: F32, k: int) -> I64:
        """Ids of the k nearest to a (d,) query, nearest first."""
        wide = np.zeros(self._table.schema.field("vector").type.list_size, np.float32)
        wide[: len(query)] = query
        asked = self._table.search(wide, vector_column_name="vector").distance_type(self._metric).limit(k)
        if self._kind is not LanceIndex.FLAT:
            asked = asked.refine_factor(REFINE)
        if self._kind is LanceIndex.HNSW:
            asked = asked.ef(max(HNSW_BREADTH, k * REFINE))
        found = asked.select(["item_id", "_distance"]).to_arrow()
        return np.asarray(found["item_id"].to_numpy(), np.int64)

    def stored(self) -> int:
        """Bytes of everything on the disk: vectors and index."""
        return sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file())

    def indexed(self) -> int:
        """Bytes of the index alone."""
        return sum(path.stat().st_size for path in self._folder.rglob("_indices/**/*") if path.is_file())

    def partitions(self) -> I64 | None:
        """Rows per partition, over all pieces of the index; None for a flat table or where pylance is not installed.

        LanceDB itself does not tell them.
        """
        if self._kind is LanceIndex.FLAT or find_spec("lance") is None:
            return None
        stats = import_module("lance").dataset(str(self._folder / f"{_NAME}.lance")).stats.index_stats("vector_idx")
        sizes = [int(part["size"]) for piece in stats["indices"] for part in piece.get("partitions", ())]
        return np.array(sizes, np.int64) if sizes else None

    def close(self) -> None:
        """Let go of the table."""
        self._table = None
        self._db = None

    def _config(self) -> Any:
        from lancedb import index

        made = {LanceIndex.RQ: index.IvfRq, LanceIndex.PQ: index.IvfPq, LanceIndex.HNSW: index.HnswSq}[self._kind]
        return made(distance_type=self._metric)
