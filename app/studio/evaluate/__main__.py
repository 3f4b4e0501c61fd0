"""`python -m app.studio.evaluate lastfm|movielens|simulated|ablation|halflife`: measure the taste network.

Runs alone in a shell, reads a folder of data sets (`../shared/data` by default) and prints tables; writes
nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import torch

from app.studio.evaluate import datasets, halflife, report, simulated
from app.studio.evaluate.datasets import Audience
from app.studio.evaluate.protocol import few_shot
from models.baselines.base import Recommender
from models.baselines.neighbours import Cosine, Neighbours
from models.baselines.ours import TasteRecommender
from models.baselines.regressions import Perceptron, Ridge
from models.taste import Mix, TasteSettings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one evaluation; 0, or 1 when the measurement itself fails its gates."""
    parser = argparse.ArgumentParser(prog="python -m app.studio.evaluate", description=__doc__)
    parser.add_argument("what", choices=("lastfm", "movielens", "simulated", "ablation", "halflife"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--users", type=int, default=180)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--songs", type=int, default=4_000, help="size of the simulated catalogue")
    parser.add_argument("--half", type=int, choices=(0, 1), help="only one half of the listeners")
    asked = parser.parse_args(arguments)
    if not asked.data.is_dir():
        parser.error(f"no folder {asked.data}")
    torch.set_num_threads(1)
    if asked.what == "halflife":
        return _half_life(asked)
    wrong: list[str] = []
    for audience in _audiences(asked):
        counts = (5, 10, 20) if audience.name.startswith("lastfm") else (5, 10, 20, 50)
        methods = _without_branches() if asked.what == "ablation" else _rivals()
        results = few_shot(audience, methods, counts, seed=asked.seed, progress=_progress)
        tested = len(next(iter(results.values()))["auc"])
        _say(f"\n{audience.name}: {len(audience.features)} items, {tested} listeners")
        _say(report.tables(results, counts))
        wrong += report.gates(results, counts)
    for line in wrong:
        _say(f"GATE FAILED  {line}")
    return 1 if wrong else 0


def _audiences(asked: argparse.Namespace) -> list[Audience]:
    made: list[Audience] = []
    if asked.what in ("lastfm", "ablation"):
        made.append(datasets.lastfm(asked.data, users=asked.users, seed=asked.seed, half=asked.half))
    if asked.what in ("movielens", "ablation"):
        made.append(datasets.movielens(asked.data, users=asked.users, seed=asked.seed, half=asked.half))
    if asked.what in ("simulated", "ablation"):
        songs = simulated.spotify_songs(asked.data, count=asked.songs)
        for implicit in (False, True):
            world = simulated.World(users=min(asked.users, 100), labels=300, implicit=implicit)
            made.append(simulated.listeners(songs, world, seed=asked.seed))
    return made


def _rivals() -> list[Recommender]:
    return [Cosine(), Neighbours(), Ridge(), Perceptron(), TasteRecommender()]


def _without_branches() -> list[Recommender]:
    """The taste network less one branch at a time, each branch alone, and the whole."""
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


def _half_life(asked: argparse.Namespace) -> int:
    real = datasets.movielens(asked.data, users=asked.users * 4, seed=asked.seed, half=asked.half)
    found = halflife.areas(real, span=30.0)
    _say(f"{real.name}: {len(found[max(found)])} listeners with at least 30 days")
    _say(halflife.table(found))
    songs = simulated.spotify_songs(asked.data, count=asked.songs)
    for drift in (0.0, 0.5, 1.0):
        world = simulated.World(users=min(asked.users, 60), labels=200, drift=drift, days=730.0)
        moved = simulated.listeners(songs, world, seed=asked.seed)
        _say(f"\nsimulated listeners, {drift:.0%} of the taste replaced over two years")
        _say(halflife.table(halflife.areas(moved, span=30.0)))
    return 0


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty() or done == total:
        sys.stderr.write(f"\r{done}/{total} listeners" + ("\n" if done == total else ""))
        sys.stderr.flush()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
