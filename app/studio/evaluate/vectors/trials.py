"""What is compared: one Protocol for an index, brute force, the product's own store, LanceDB's, and the list of all.

Called by `measure.py`. A library that is not installed is skipped, and the report says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np

from app.store.vector_trials import LanceIndex, LanceTrial
from app.store.vectors import Vectors
from app.studio.evaluate.vectors import foreign
from models.evaluation.indexes import Metric, unit
from models.types import F32, I64

_SPACE = "trial-v1-0000000000000000"


class Trial(Protocol):
    """One index under test: rows are numbered 0, 1, ... in the order they come."""

    def build(self, vectors: F32) -> None:
        """Train on and store (n, d) vectors. Raises ValueError or RuntimeError where they are too few for it."""

    def insert(self, vectors: F32) -> None:
        """Add (m, d) vectors without training again."""

    def fold(self) -> None:
        """Do what the library offers for what was inserted; nothing where it offers nothing."""

    def search(self, query: F32, k: int) -> I64:
        """The numbers of the k nearest rows to a (d,) query, nearest first."""

    def stored(self) -> int:
        """Bytes on the disk."""

    def partitions(self) -> I64 | None:
        """Rows per partition (p,); None where there are none or the library does not tell."""

    def close(self) -> None:
        """Let go of everything."""


class Exact:
    """Brute force over float32 rows in memory: a matrix-vector product and a partial sort."""

    def __init__(self, folder: Path, metric: Metric = "cosine") -> None:
        self._file = folder / "vectors.npy"
        self._metric = metric
        self._rows = np.zeros((0, 0), np.float32)
        self._squares = np.zeros(0, np.float32)

    def build(self, vectors: F32) -> None:
        self._rows = unit(vectors) if self._metric == "cosine" else np.ascontiguousarray(vectors, np.float32)
        self._squares = np.square(self._rows).sum(axis=1)

    def insert(self, vectors: F32) -> None:
        self.build(np.concatenate([self._rows, vectors]))

    def fold(self) -> None:
        """Nothing to do."""

    def search(self, query: F32, k: int) -> I64:
        # A query's own length changes no order: by cosine it need not be divided out.
        near = self._rows @ query
        if self._metric == "l2":
            near = 2 * near - self._squares
        k = min(k, len(near))
        best = np.argpartition(-near, k - 1)[:k]
        return np.asarray(best[np.argsort(-near[best], kind="stable")], np.int64)

    def stored(self) -> int:
        np.save(self._file, self._rows)
        return self._file.stat().st_size

    def partitions(self) -> I64 | None:
        return None

    def close(self) -> None:
        self._rows = np.zeros((0, 0), np.float32)


class Product:
    """Bowerbird's own store as it is: exact in memory below 50,000 rows, IVF_RQ above; by cosine only."""

    def __init__(self, folder: Path, metric: Metric = "cosine") -> None:
        if metric != "cosine":
            raise ValueError("the product compares by cosine only")
        self._folder = folder
        self._vectors = Vectors(folder)
        self._count = 0

    def build(self, vectors: F32) -> None:
        self.insert(vectors)
        self._vectors.optimize()

    def insert(self, vectors: F32) -> None:
        ids = np.arange(self._count, self._count + len(vectors), dtype=np.int64)
        self._vectors.add(_SPACE, ids, vectors)
        self._count += len(vectors)

    def fold(self) -> None:
        self._vectors.optimize()

    def search(self, query: F32, k: int) -> I64:
        return self._vectors.search(_SPACE, query, k)[0]

    def stored(self) -> int:
        return sum(path.stat().st_size for path in self._folder.rglob("*") if path.is_file())

    def partitions(self) -> I64 | None:
        return None

    def close(self) -> None:
        self._vectors.close()


@dataclass(frozen=True, slots=True)
class Kind:
    """One way of indexing: its name in the report, the package it `needs` ("" for none), how it is made."""

    name: str
    make: Callable[[Path, Metric], Trial]
    needs: str = ""
    folds: bool = False


def _lance(kind: LanceIndex) -> Kind:
    def make(folder: Path, metric: Metric) -> Trial:
        return LanceTrial(folder, kind, metric)

    return Kind(f"Lance {kind.value}", make, folds=kind is not LanceIndex.FLAT)


EXACT = Kind("numpy exact", Exact)
PRODUCT = Kind("Bowerbird", Product, folds=True)
LANCE_RQ = _lance(LanceIndex.RQ)
FAISS = Kind("FAISS IVF-PQ + refine", foreign.Faiss, "faiss")
HNSWLIB = Kind("hnswlib", foreign.Hnswlib, "hnswlib")
KINDS = (
    EXACT,
    PRODUCT,
    _lance(LanceIndex.FLAT),
    LANCE_RQ,
    _lance(LanceIndex.PQ),
    _lance(LanceIndex.HNSW),
    FAISS,
    HNSWLIB,
    Kind("usearch i8", foreign.Usearch, "usearch.index"),
    Kind("ScaNN", foreign.Scann, "scann", folds=True),
    Kind("Milvus Lite HNSW", foreign.Milvus, "milvus_lite"),
)
"""Everything that is compared; brute force first, because ratios are to it."""


def missing(kind: Kind) -> str:
    """Why a kind cannot be tried here, "" when it can: its package is not installed or does not load."""
    if not kind.needs:
        return ""
    try:
        import_module(kind.needs)
    except ModuleNotFoundError as error:
        return f"not installed ({error.name})"
    except ImportError:
        return "installed, but does not load"
    return ""
