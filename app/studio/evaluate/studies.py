"""The studies that need no data set of their own shape: simulated listeners, the ablation, and the half-life of labels.

Called by `bowerbird evaluate`, which prints what comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path

from app.studio.evaluate import datasets, halflife, report, simulated
from app.studio.evaluate.protocol import few_shot
from models.baselines.base import Recommender
from models.baselines.ours import TasteRecommender
from models.evaluation.audience import Audience
from models.taste import Mix, TasteSettings

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a study is: listeners, songs of the simulated catalogue, seed, and which half of all listeners."""

    users: int = 180
    songs: int = 4_000
    seed: int = 0
    half: int | None = None


def simulated_audiences(folder: Path, *, users: int = 100, songs: int = 4_000, seed: int = 0) -> Iterator[Audience]:
    """Listeners with a hidden taste on the CC0 songs in `folder`: some who give stars, some who only show likes."""
    catalogue = simulated.spotify_songs(folder, count=songs)
    for implicit in (False, True):
        world = simulated.World(users=min(users, 100), labels=300, implicit=implicit)
        made = simulated.listeners(catalogue, world, seed=seed)
        yield replace(made, artists=catalogue.artists)


def ablation(folder: Path, shape: Shape, progress: Progress) -> Iterator[str]:
    """The taste network less one branch at a time, each branch alone, and the whole: a table per audience."""
    audiences = [
        datasets.lastfm(folder, users=shape.users, seed=shape.seed, half=shape.half),
        datasets.movielens(folder, users=shape.users, seed=shape.seed, half=shape.half),
        *simulated_audiences(folder, users=shape.users, songs=shape.songs, seed=shape.seed),
    ]
    for audience in audiences:
        counts = (5, 10, 20) if audience.name.startswith("lastfm") else (5, 10, 20, 50)
        results = few_shot(
            audience,
            _without_branches(),
            counts,
            seed=shape.seed,
            progress=partial(progress, f"ablation, {audience.name}"),
        )
        yield f"{audience.name}: {len(audience.features)} items, {len(audience.listeners)} listeners"
        yield report.tables(results, counts)
        yield from (f"GATE FAILED  {line}" for line in report.gates(results, counts))


def half_life(folder: Path, shape: Shape, progress: Progress) -> Iterator[str]:
    """How fast labels should fade: on MovieLens in the order of time, and on listeners whose taste drifts."""
    real = datasets.movielens(folder, users=shape.users * 4, seed=shape.seed, half=shape.half)
    found = halflife.areas(real, span=30.0)
    yield f"{real.name}: {len(found[max(found)])} listeners with at least 30 days"
    yield halflife.table(found)
    catalogue = simulated.spotify_songs(folder, count=shape.songs)
    for number, drift in enumerate((0.0, 0.5, 1.0), 1):
        progress("half-life", number, 4)
        world = simulated.World(users=min(shape.users, 60), labels=200, drift=drift, days=730.0)
        moved = simulated.listeners(catalogue, world, seed=shape.seed)
        yield f"\nsimulated listeners, {drift:.0%} of the taste replaced over two years"
        yield halflife.table(halflife.areas(moved, span=30.0))


def _without_branches() -> list[Recommender]:
    whole = TasteSettings()
    names = [field.name for field in fields(Mix) if getattr(whole.mix, field.name)]
    nothing = Mix(**{field.name: 0.0 for field in fields(Mix)})
    out: list[Recommender] = []
    for name in names:
        out.append(TasteRecommender(replace(whole, mix=replace(whole.mix, **{name: 0.0})), name=f"-{name}"))
    for name in names:
        out.append(TasteRecommender(replace(whole, mix=replace(nothing, **{name: 1.0})), name=f"={name}"))
    out.append(TasteRecommender(whole))
    return out
