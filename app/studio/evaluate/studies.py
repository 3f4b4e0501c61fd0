"""The studies that need no data set of their own shape: simulated listeners, the ablation, the mix, the half-life.

Called by `bowerbird evaluate`, which prints what comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path

import numpy as np

from app.studio.evaluate import datasets, halflife, report, simulated
from app.studio.evaluate.protocol import few_shot
from models.baselines.base import Recommender
from models.baselines.ours import TasteRecommender
from models.evaluation.audience import Audience
from models.taste import Mix, TasteSettings

Progress = Callable[[str, int, int], None]


USUAL_DOUBT = 3.0
"""A ratio of noise to signal as ridge regressions use it, in place of the one the labels tell."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a study is: listeners, songs of the simulated catalogue, seed, which half of all listeners, and how
    often each one's ratings are shuffled anew.
    """

    users: int = 180
    songs: int = 4_000
    seed: int = 0
    half: int | None = None
    draws: int = 1


def simulated_audiences(folder: Path, *, users: int = 100, songs: int = 4_000, seed: int = 0) -> Iterator[Audience]:
    """Listeners with a hidden taste on the CC0 songs in `folder`: some who give stars to what comes, some who only
    show likes, some who give stars to what they chose.
    """
    catalogue = simulated.spotify_songs(folder, count=songs)
    for implicit, choosy in ((False, False), (True, False), (False, True)):
        world = simulated.World(users=min(users, 100), labels=300, implicit=implicit, choosy=choosy)
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
            draws=shape.draws,
            progress=partial(progress, f"ablation, {audience.name}"),
        )
        yield f"{audience.name}: {len(audience.features)} items, {len(audience.listeners)} listeners"
        yield report.tables(results, counts)
        yield from (f"GATE FAILED  {line}" for line in report.gates(results, counts))


GRID: dict[str, tuple[float, ...]] = {
    "likes": (0.0, 0.5, 1.0, 2.0),
    "ramp": (0.0, 8.0, 16.0, 24.0, 32.0),
    "regression": (7.0, 10.0, 14.0, 20.0, 28.0, 40.0),
    "grudge": (0.0, 0.25, 0.5, 1.0),
    "energy": (0.0, 0.25, 0.5, 1.0),
    "separation": (0.01, 0.03, 0.1),
    "linear": (0.0, 0.5, 1.0),
    "sharpness": (1.0, 2.0, 4.0),
    "prior_strength": (3.0, 6.0, 12.0),
}
"""What the shipped values were chosen from, one at a time, the others as they ship."""


def mix(folder: Path, shape: Shape, progress: Progress) -> Iterator[str]:
    """What the branches should weigh, on simulated listeners alone: mean AUC, all-P@10 and RMSE over n = 5, 10, 20, 50.

    `worth`, by which the shipped values are chosen, is the mean of AUC + all-P@10 over the three kinds of listeners;
    the prior of the ratings does not move it and goes by the RMSE.
    """
    audiences = list(simulated_audiences(folder, users=shape.users, songs=shape.songs, seed=shape.seed))
    whole = TasteSettings()
    methods: list[Recommender] = [TasteRecommender(whole)]
    for name, values in GRID.items():
        for value in values:
            other = _weighing(whole, name, value)
            if other != whole:
                methods.append(TasteRecommender(other, name=f"{name} {value:g}"))
    yield f"{'':18}" + "".join(f"{audience.name:>22}" for audience in audiences) + f"{'worth':>8}"
    found: dict[str, list[tuple[float, ...]]] = {method.name: [] for method in methods}
    for audience in audiences:
        step = partial(progress, f"mix, {audience.name}")
        results = few_shot(audience, methods, (5, 10, 20, 50), seed=shape.seed, draws=shape.draws, progress=step)
        for method in methods:
            cells = [results[method.name, count] for count in (5, 10, 20, 50)]
            keys = ("auc", "all_p10") if audience.implicit else ("auc", "all_p10", "rmse")
            found[method.name].append(tuple(float(np.mean([np.nanmean(cell[key]) for cell in cells])) for key in keys))
    for name, pairs in found.items():
        worth = sum(sum(figures[:2]) for figures in pairs) / len(pairs)
        shown = (" ".join(f"{figure:.4f}" for figure in figures) for figures in pairs)
        yield f"{name:18}" + "".join(f"{part:>22}" for part in shown) + f"{worth:8.4f}"


def _weighing(whole: TasteSettings, name: str, value: float) -> TasteSettings:
    if name not in {field.name for field in fields(Mix)}:
        return replace(whole, **{name: value})  # type: ignore[arg-type]  # names come from GRID
    return replace(whole, mix=replace(whole.mix, **{name: value}))


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
    # Within the branches: what likeness is measured by, dislikes in the ramp, both halves of the kernel, and how sure
    # the labels are.
    out.append(TasteRecommender(replace(whole, energy=0.0), name="-metric"))
    out.append(TasteRecommender(replace(whole, grudge=0.0), name="-grudge"))
    out.append(TasteRecommender(replace(whole, linear=0.0), name="-linear"))
    out.append(TasteRecommender(replace(whole, linear=1.0), name="-bumps"))
    out.append(TasteRecommender(replace(whole, doubt=USUAL_DOUBT), name="-noise"))
    out.append(TasteRecommender(whole))
    return out
