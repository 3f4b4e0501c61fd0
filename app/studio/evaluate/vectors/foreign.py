"""Other libraries' indexes behind the laboratory's Protocol, each with the settings its makers advise for its size.

Called through `trials.py` where the package is installed; none of them is a dependency of the product. Each takes the
folder it may write to and a metric, and numbers rows 0, 1, ... in the order they come.
"""

from __future__ import annotations

import math
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from models.evaluation.indexes import Metric, unit
from models.types import F32, I64

REFINE = 10
"""Candidates compared exactly per answer wanted, as for LanceDB's quantized indexes."""


def _lists(count: int) -> int:
    """Partitions for `count` rows: the square root, as FAISS and ScaNN advise."""
    return max(1, round(math.sqrt(count)))


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


class Faiss:
    """IVF with product quantization, an eighth of sqrt(n) partitions probed, 10 k candidates refined exactly.

    Source: Jegou et al., "Product Quantization for Nearest Neighbor Search", PAMI 2011. Eight dimensions a code byte.
    """

    def __init__(self, folder: Path, metric: Metric = "cosine") -> None:
        self._faiss: Any = import_module("faiss")
        self._file = folder / "index.faiss"
        self._metric = metric
        self._inner: Any = None
        self._index: Any = None

    def build(self, vectors: F32) -> None:
        if len(vectors) < 256:
            raise ValueError("256 rows at least for a code book")
        faiss, width = self._faiss, -(-vectors.shape[1] // 8) * 8
        kind = faiss.METRIC_L2 if self._metric == "l2" else faiss.METRIC_INNER_PRODUCT
        coarse = faiss.IndexFlatL2(width) if self._metric == "l2" else faiss.IndexFlatIP(width)
        lists = _lists(len(vectors))
        self._inner = faiss.IndexIVFPQ(coarse, width, lists, width // 8, 8, kind)
        self._inner.cp.min_points_per_centroid = self._inner.pq.cp.min_points_per_centroid = 1
        self._inner.nprobe = max(1, lists // 8)
        self._index = faiss.IndexRefineFlat(self._inner)
        self._index.k_factor = REFINE
        ready = self._ready(vectors)
        self._index.train(ready)
        self._index.add(ready)

    def insert(self, vectors: F32) -> None:
        self._index.add(self._ready(vectors))

    def fold(self) -> None:
        """Nothing to do: FAISS keeps its partitions."""

    def search(self, query: F32, k: int) -> I64:
        return np.asarray(self._index.search(self._ready(query[None]), k)[1][0], np.int64)

    def stored(self) -> int:
        self._faiss.write_index(self._index, str(self._file))
        return self._file.stat().st_size

    def partitions(self) -> I64 | None:
        inverted = self._inner.invlists
        return np.array([inverted.list_size(place) for place in range(self._inner.nlist)], np.int64)

    def close(self) -> None:
        self._index = self._inner = None

    def _ready(self, vectors: F32) -> F32:
        wide = np.zeros((len(vectors), -(-vectors.shape[1] // 8) * 8), np.float32)
        wide[:, : vectors.shape[1]] = unit(vectors) if self._metric == "cosine" else vectors
        return wide


class Hnswlib:
    """A navigable small-world graph over float32 vectors: M 16, ef 200 both ways.

    Source: Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using HNSW graphs", 2018.
    """

    def __init__(self, folder: Path, metric: Metric = "cosine") -> None:
        self._library: Any = import_module("hnswlib")
        self._file = folder / "index.hnsw"
        self._metric = {"cosine": "cosine", "dot": "ip", "l2": "l2"}[metric]
        self._index: Any = None

    def build(self, vectors: F32) -> None:
        self._index = self._library.Index(space=self._metric, dim=vectors.shape[1])
        self._index.init_index(max_elements=len(vectors), M=16, ef_construction=200, random_seed=0)
        self._index.set_ef(200)
        self._index.add_items(vectors)

    def insert(self, vectors: F32) -> None:
        held = self._index.get_current_count()
        self._index.resize_index(held + len(vectors))
        self._index.add_items(vectors, np.arange(held, held + len(vectors)))

    def fold(self) -> None:
        """Nothing to do: a graph grows."""

    def search(self, query: F32, k: int) -> I64:
        return np.asarray(self._index.knn_query(query, k)[0][0], np.int64)

    def stored(self) -> int:
        self._index.save_index(str(self._file))
        return self._file.stat().st_size

    def partitions(self) -> I64 | None:
        return None

    def close(self) -> None:
        self._index = None


class Usearch:
    """A graph over 8-bit vectors, otherwise with the library's own settings."""

    def __init__(self, folder: Path, metric: Metric = "cosine") -> None:
        self._library: Any = import_module("usearch.index")
        self._file = folder / "index.usearch"
        self._metric = {"cosine": "cos", "dot": "ip", "l2": "l2sq"}[metric]
        self._index: Any = None

    def build(self, vectors: F32) -> None:
        self._index = self._library.Index(ndim=vectors.shape[1], metric=self._metric, dtype="i8")
        self.insert(vectors)

    def insert(self, vectors: F32) -> None:
        held = len(self._index)
        self._index.add(np.arange(held, held + len(vectors)), vectors)

    def fold(self) -> None:
        """Nothing to do: a graph grows."""

    def search(self, query: F32, k: int) -> I64:
        return np.asarray(self._index.search(query, k).keys, np.int64)

    def stored(self) -> int:
        self._index.save(str(self._file))
        return self._file.stat().st_size

    def partitions(self) -> I64 | None:
        return None

    def close(self) -> None:
        self._index = None


class Scann:
    """Partitions and anisotropic codes of two dimensions, an eighth of the partitions probed, 10 k refined exactly.

    Source: Guo et al., "Accelerating Large-Scale Inference with Anisotropic Vector Quantization", ICML 2020. `fold` is
    its `rebalance`.
    """

    def __init__(self, folder: Path, metric: Metric = "cosine") -> None:
        self._library: Any = import_module("scann").scann_ops_pybind
        self._folder = folder
        self._metric = metric
        self._searcher: Any = None
        self._lists = 0

    def build(self, vectors: F32) -> None:
        if len(vectors) < 256:
            raise ValueError("256 rows at least for a code book")
        lists = self._lists = _lists(len(vectors))
        kind = "squared_l2" if self._metric == "l2" else "dot_product"
        plan = self._library.builder(self._ready(vectors), 10, kind).tree(
            num_leaves=lists, num_leaves_to_search=max(1, lists // 8), training_sample_size=len(vectors)
        )
        plan = plan.score_ah(2, anisotropic_quantization_threshold=0.2).reorder(10 * REFINE)
        self._searcher = plan.build(docids=[str(row) for row in range(len(vectors))])
        self._searcher.initialize_health_stats()

    def insert(self, vectors: F32) -> None:
        held = self._searcher.size()
        names = [str(row) for row in range(held, held + len(vectors))]
        self._searcher.upsert(names, self._ready(vectors), batch_size=256)

    def fold(self) -> None:
        self._searcher.rebalance()

    def search(self, query: F32, k: int) -> I64:
        return np.array([int(name) for name in self._searcher.search(self._ready(query[None])[0], k)[0]], np.int64)

    def stored(self) -> int:
        self._searcher.serialize(str(self._folder))
        # Its names of rows are ours only because it needs some for inserting: other libraries write none.
        return _size(self._folder) - (self._folder / "scann_docids.pkl").stat().st_size

    def partitions(self) -> I64 | None:
        # It tells only averages; which partition each row is in stands in what it writes.
        self._searcher.serialize(str(self._folder))
        return np.bincount(np.load(self._folder / "datapoint_to_token.npy"), minlength=self._lists).astype(np.int64)

    def close(self) -> None:
        self._searcher = None

    def _ready(self, vectors: F32) -> F32:
        return unit(vectors) if self._metric == "cosine" else vectors


class Milvus:
    """Milvus's engine inside the process, without its server: HNSW (M 16, ef 200) built when a collection is loaded."""

    def __init__(self, folder: Path, metric: Metric = "cosine") -> None:
        self._library: Any = import_module("milvus_lite")
        self._folder = folder
        self._metric = {"cosine": "COSINE", "dot": "IP", "l2": "L2"}[metric]
        self._db: Any = self._library.MilvusLite(str(folder))
        self._rows: Any = None
        self._count = 0

    def build(self, vectors: F32) -> None:
        kinds, field = self._library.DataType, self._library.FieldSchema
        fields = [
            field("id", kinds.INT64, is_primary=True),
            field("vector", kinds.FLOAT_VECTOR, dim=vectors.shape[1]),
        ]
        self._rows = self._db.create_collection("trial", self._library.CollectionSchema(fields=fields))
        self._add(vectors)
        how = {"M": 16, "efConstruction": 200}
        self._rows.create_index("vector", {"index_type": "HNSW", "metric_type": self._metric, "params": how})
        self._rows.load()

    def insert(self, vectors: F32) -> None:
        self._add(vectors)
        self._rows.load()

    def fold(self) -> None:
        """Nothing to do: each insert makes pieces of its own, with an index each."""

    def search(self, query: F32, k: int) -> I64:
        found = self._rows.search([query.tolist()], k, self._metric, output_fields=[], search_params={"ef": 200})
        return np.array([hit["id"] for hit in found[0]], np.int64)

    def stored(self) -> int:
        return _size(self._folder)

    def partitions(self) -> I64 | None:
        return None

    def close(self) -> None:
        self._db.close()

    def _add(self, vectors: F32) -> None:
        for start in range(0, len(vectors), 5_000):
            part = vectors[start : start + 5_000].tolist()
            self._rows.insert([{"id": self._count + row, "vector": values} for row, values in enumerate(part)])
            self._count += len(part)
        self._rows.flush()
