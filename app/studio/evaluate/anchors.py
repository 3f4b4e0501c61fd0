"""Published figures, computed again by our own readers, models and metrics: `bowerbird evaluate anchors`.

Cornac (Salah, Truong & Lauw, JMLR 2020) prints the figures of its documented example on MovieLens-100k: ratings
split at random 80 to 20 by seed 123, what the training part does not know left out of the test, each metric
averaged over people (not over ratings, which gives a higher RMSE), likes from four stars. The study runs the same
split, settings and starting values. Biased factors and PMF then must agree to the last published digit, since they
take the ratings in the same order; BPR draws other pairs, in batches, and may differ in the third digit. Called by
`laboratory`; reads one file, writes nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from app.errors import MediaError
from app.studio.evaluate.datasets import shared_folder
from models import metrics
from models.baselines.bpr import Bpr
from models.baselines.factors import BiasedFactors, Completion, ProbabilisticFactors
from models.baselines.population import Ratings
from models.types import F32, I64

FILES = ("u.data", "ml100k_u.data")
SEED = 123
LIKED = 4
"""Stars from which Cornac's example counts a rating as a like."""
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class AnchorRow:
    """One figure: `name` of method and metric, `published` by Cornac to four digits, `ours`, and by how much the two
    may differ before something is wrong.
    """

    name: str
    published: float
    ours: float
    tolerance: float

    @property
    def agrees(self) -> bool:
        """Whether the difference is within the tolerance."""
        return abs(self.ours - self.published) <= self.tolerance


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """The training part, in the order Cornac draws it, and the test: users, items and stars, all `(t,)`."""

    train: Ratings
    users: I64
    items: I64
    stars: F32


def anchors(folder: Path, progress: Progress | None = None) -> list[AnchorRow]:
    """Train the three models on MovieLens-100k in `folder` and measure them: some seconds.

    `progress` hears what is going on, how many models are done and of how many. Raises MediaError without the file.
    """
    parts = split(folder)
    said = parts.train
    made: list[AnchorRow] = []
    models: tuple[tuple[str, Completion, tuple[float, float, float]], ...] = (
        ("MF", BiasedFactors(said, shuffle=False, seed=SEED), (0.7430, 0.8998, 0.7445)),
        ("PMF", ProbabilisticFactors(said, shuffle=False, seed=SEED), (0.7534, 0.9138, 0.7744)),
    )
    for done, (name, model, published) in enumerate(models):
        if progress is not None:
            progress("Cornac's models", done, len(models) + 1)
        made += completion(parts, name, model, published)
    if progress is not None:
        progress("Cornac's models", len(models), len(models) + 1)
    # The example counts whatever was rated as chosen.
    seen = Ratings(said.users, said.items, np.ones(len(said), np.float32), said.people, said.catalogue)
    bpr = Bpr(seen, epochs=200, rate=0.001, seed=SEED).train(_nothing(said))
    order = np.stack([bpr.order(user) for user in range(said.people)])
    made.append(AnchorRow("BPR AUC", 0.8695, _area(parts, order), 2e-3))
    if progress is not None:
        progress("Cornac's models", len(models) + 1, len(models) + 1)
    return made


def completion(parts: Split, name: str, model: Completion, published: tuple[float, float, float]) -> list[AnchorRow]:
    """MAE, RMSE and AUC of one model of ratings, beside what is `published` in that order."""
    model.train(_nothing(parts.train))
    stars = np.clip(1 + 4 * model.expect(parts.users, parts.items), 1, 5).astype(np.float32)
    ours = (*_errors(parts, stars), _area(parts, _everything(model, parts.train)))
    # Half a unit of the fourth digit, and what single precision adds.
    return [
        AnchorRow(f"{name} {metric}", known, value, 0.6e-4)
        for metric, known, value in zip(("MAE", "RMSE", "AUC"), published, ours, strict=True)
    ]


def _nothing(said: Ratings) -> F32:
    """Features of a catalogue of which nothing is known but the ratings."""
    return np.zeros((said.catalogue, 1), np.float32)


def table(rows: Sequence[AnchorRow]) -> str:
    """The rows as text."""
    lines = [f"{'MovieLens-100k':<16}{'published':>10}{'ours':>10}{'apart':>10}"]
    for row in rows:
        verdict = "" if row.agrees else "  DISAGREES"
        lines.append(
            f"{row.name:<16}{row.published:>10.4f}{row.ours:>10.4f}{row.ours - row.published:>+10.4f}{verdict}"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Print the table; 1 when a figure disagrees."""
    parser = argparse.ArgumentParser(
        prog="bowerbird evaluate anchors",
        description="Compute Cornac's published figures on MovieLens-100k with our own models and metrics.",
    )
    parser.add_argument("--data", type=Path, metavar="DIR", help=f"folder with {' or '.join(FILES)}")
    asked = parser.parse_args(arguments)
    rows = anchors(asked.data or shared_folder(), _hint if sys.stderr.isatty() else None)
    sys.stdout.write(table(rows) + "\n")
    return 0 if all(row.agrees for row in rows) else 1


def _hint(what: str, done: int, total: int) -> None:
    sys.stderr.write(f"\r\x1b[K{what}: {done} of {total}" if done < total else "\r\x1b[K")
    sys.stderr.flush()


def _read(folder: Path) -> np.ndarray:
    """User, item and stars of every line `(100000, 3)`, in the order of the file: the split depends on it."""
    path = next((folder / name for name in FILES if (folder / name).is_file()), None)
    if path is None:
        raise MediaError(
            "MovieLens-100k is not here", f"Looked for {' and '.join(FILES)}. Say where with --data.", folder
        )
    try:
        return np.loadtxt(path, np.int64, usecols=(0, 1, 2))
    except (ValueError, UnicodeDecodeError) as error:
        raise MediaError("The ratings cannot be read", str(error), path) from error


def split(folder: Path) -> Split:
    """Cornac's split of the ratings in `folder`. Raises MediaError without them."""
    ratings = _read(folder)
    order = np.random.RandomState(SEED).permutation(len(ratings))
    cut = len(ratings) - int(np.ceil(0.2 * len(ratings)))
    train, test = ratings[order[:cut]], ratings[order[cut:]]
    # Numbered by first appearance, as Cornac does: the starting values belong to the numbers.
    people, items = (
        {int(number): place for place, number in enumerate(dict.fromkeys(train[:, side].tolist()))} for side in (0, 1)
    )
    known = np.array([int(line[0]) in people and int(line[1]) in items for line in test])
    test = test[known]
    said = Ratings(
        np.array([people[number] for number in train[:, 0].tolist()]),
        np.array([items[number] for number in train[:, 1].tolist()]),
        ((train[:, 2] - 1) / 4).astype(np.float32),
        len(people),
        len(items),
    )
    return Split(
        said,
        np.array([people[number] for number in test[:, 0].tolist()]),
        np.array([items[number] for number in test[:, 1].tolist()]),
        test[:, 2].astype(np.float32),
    )


def _everything(model: Completion, said: Ratings) -> F32:
    """Targets of everybody for everything, `(people, catalogue)`."""
    users, items = np.divmod(np.arange(said.people * said.catalogue), said.catalogue)
    return model.expect(users, items).reshape(said.people, said.catalogue)


def _errors(parts: Split, stars: F32) -> tuple[float, float]:
    """Mean absolute error and RMSE, each averaged over people."""
    absolute, squared = [], []
    for user in np.unique(parts.users):
        here = parts.users == user
        absolute.append(float(np.abs(stars[here].astype(np.float64) - parts.stars[here]).mean()))
        squared.append(metrics.rmse(stars[here], parts.stars[here]))
    return float(np.mean(absolute)), float(np.mean(squared))


def _area(parts: Split, order: F32) -> float:
    """Area under the curve of test likes among all items but the likes of the training part, averaged over people."""
    train, areas = parts.train.likes(), []
    for user in np.unique(parts.users[parts.stars >= LIKED]):
        liked = np.zeros(parts.train.catalogue, bool)
        liked[parts.items[(parts.users == user) & (parts.stars >= LIKED)]] = True
        asked = np.ones(parts.train.catalogue, bool)
        asked[train.items[train.users == user]] = False
        areas.append(metrics.auc(order[user, asked], liked[asked]))
    return float(np.mean(areas))
