"""What the index experiments find, as values: for the terminal, the JSON file and the page alike."""

from __future__ import annotations

from dataclasses import dataclass

from models.evaluation.indexes import Metric


@dataclass(frozen=True, slots=True)
class Setting:
    """What was measured on: `sort` says where the vectors come from, `cores` and `threads` what they ran on.

    `queries` is 0 where no index was asked.
    """

    name: str
    sort: str
    rows: int
    dimension: int
    queries: int
    k: int
    seed: int
    cores: int
    threads: str
    versions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One index: recall of the k nearest, latency of one query alone in ms, seconds and CPU seconds to build, disk.

    `ratio` is p50 over that of brute force in the same run. Where `skipped` says why, there are no figures.
    """

    name: str
    metric: Metric
    recall: float = 0.0
    p50: float = 0.0
    p95: float = 0.0
    ratio: float = 0.0
    build: float = 0.0
    build_cpu: float = 0.0
    bytes_per_vector: float = 0.0
    partitions: int | None = None
    imbalance: float | None = None
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class Stage:
    """One state of an index that was built on a tenth: `built`, `inserted`, `folded` in, `retrained` on everything."""

    name: str
    old_recall: float
    new_recall: float
    p50: float
    p95: float
    seconds: float
    partitions: int | None
    imbalance: float | None


@dataclass(frozen=True, slots=True)
class Insertion:
    """What inserting 90 % did to one index."""

    name: str
    stages: tuple[Stage, ...] = ()
    skipped: str = ""


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric on unit vectors and on vectors with lengths of their own.

    `agrees`: share of the exact k nearest by cosine that it finds too. `outcomes`: an index by that metric, on vectors
    with lengths of their own.
    """

    metric: Metric
    agrees_unit: float
    agrees_raw: float
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Dot:
    """One item on a map: place in 0..1, its cluster, and what it is called."""

    x: float
    y: float
    cluster: int
    title: str


@dataclass(frozen=True, slots=True)
class Clusters:
    """k-means clusters of one space: how compact they are, whether they agree with a label, and a map to look at.

    `silhouette` in -1..1 by cosine. `purity` by `label`, beside `base`, the share of the commonest label, and `rand`,
    the adjusted Rand index with it. `examples`: a few titles of each cluster.
    """

    space: str
    count: int
    silhouette: float
    label: str
    purity: float
    base: float
    rand: float
    sizes: tuple[int, ...]
    examples: tuple[tuple[str, ...], ...]
    method: str
    dots: tuple[Dot, ...]


@dataclass(frozen=True, slots=True)
class View:
    """One way of seeing songs: neighbours by the same artist at k, and in the k-means clusters' silhouette."""

    name: str
    sort: str
    same_artist: float
    silhouette: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two views of the same songs: adjusted Rand of their clusters, share of the k nearest they have in common."""

    first: str
    second: str
    rand: float
    overlap: float


@dataclass(frozen=True, slots=True)
class Near:
    """What each view says is near one song: the nearest songs' descriptions."""

    song: str
    by_view: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True)
class SongViews:
    """Sentences against weighted features; `chance_overlap` and `chance_artist` are what random neighbours would do."""

    songs: int
    artists: int
    clusters: int
    k: int
    encoder: str
    views: tuple[View, ...]
    agreements: tuple[Agreement, ...]
    chance_overlap: float
    chance_artist: float
    near: tuple[Near, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one run found; parts that do not belong to a set are empty."""

    setting: Setting
    outcomes: tuple[Outcome, ...] = ()
    insertions: tuple[Insertion, ...] = ()
    metrics: tuple[MetricRow, ...] = ()
    clusters: tuple[Clusters, ...] = ()
    songs: SongViews | None = None
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
