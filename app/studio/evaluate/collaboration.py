"""`bowerbird evaluate collaboration`: what learning with peers brings, costs and gives away, measured.

One process, no network: people of a research data set play each other's peers and send what the product would send.
Ratings stay where they are; nothing learned here ships. `run` gives a report, `main` prints it.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from app.files import write_atomically
from app.studio.evaluate import attacks
from app.studio.evaluate.collaboration_report import Cell, Duel, Report, text
from app.studio.evaluate.crowd import lastfm_crowd, movielens_crowd
from app.studio.evaluate.datasets import shared_folder
from app.studio.evaluate.lifts import ALONE, FEDERATED, FEDERATED_PRIOR, GOSSIPED, PROFILES, Lifts, Measured
from app.studio.evaluate.senders import Senders, Told
from models import metrics
from models.evidence import Projection

log = logging.getLogger(__name__)

FILES = {
    "movielens": ("ml100k_u.data", "ml100k_u.item"),
    "lastfm": ("lastfm_artists.dat", "lastfm_user_artists.dat", "lastfm_user_taggedartists.dat"),
}
DATASETS = tuple(FILES)
FOLLOWED = 20
ATTACKED = 60
"""People on whom attacks are tried: their differences are large, and it keeps the run short."""
FORGOTTEN_AMONG = 50


def run(
    folder: Path,
    *,
    dataset: str = "movielens",
    users: int = 180,
    seed: int = 0,
    deep: int = 30,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Measure on `users` people of a data set in `folder`, trained networks on the first `deep` of them.

    Everybody follows 20 random others. Deterministic under `seed`, but for the times. Raises ValueError for a
    data set it does not know, and OSError where its files are missing.
    """
    if dataset not in DATASETS:
        raise ValueError(f"collaboration: {dataset!r} is not one of {', '.join(DATASETS)}")
    start = time.perf_counter()
    implicit = dataset == "lastfm"
    crowd = (lastfm_crowd if implicit else movielens_crowd)(folder, users=users, seed=seed)
    senders = Senders(crowd, Projection.drawn(crowd.name, crowd.features.shape[1]), seed)
    # Nobody in Last.fm's file has more than 50 artists: 50 labels would leave nothing to test.
    counts = (5, 20) if implicit else (5, 20, 50)
    lifts = Lifts(senders, counts, FOLLOWED, deep, seed)
    measured = lifts.measure(progress)
    log.info("lifts measured on %d people", len(crowd.tested))
    some = crowd.tested[:ATTACKED]
    return Report(
        dataset=crowd.name,
        people=len(crowd.people),
        tested=len(crowd.tested),
        items=len(crowd.features),
        followed=FOLLOWED,
        seed=seed,
        cells=tuple(cells(measured)),
        duels=tuple(duels(measured)),
        attacks=tuple(attacks.attacks(lifts, some)),
        promotions=tuple(attacks.promotions(lifts, some)),
        reconstructions=tuple(attacks.reconstructions(senders, some)),
        forgetting=attacks.forgetting(senders, FORGOTTEN_AMONG),
        seconds=time.perf_counter() - start,
    )


def cells(measured: Sequence[Measured]) -> list[Cell]:
    """One cell for each way of learning alone, method and number of labels, with paired differences."""
    groups: dict[tuple[str, str, int], dict[int, Measured]] = {}
    for one in measured:
        groups.setdefault((one.own, one.method, one.labels), {})[one.person] = one
    out = []
    for (own, method, labels), found in groups.items():
        alone = groups[own, ALONE, labels]
        area = np.array([one.auc for one in found.values()])
        p10 = np.array([one.p10 for one in found.values()])
        area_alone = np.array([alone[person].auc for person in found])
        p10_alone = np.array([alone[person].p10 for person in found])
        out.append(
            Cell(
                own,
                method,
                labels,
                len(found),
                float(np.nanmean(area)),
                float(np.nanmean(p10)),
                metrics.bootstrap(area - area_alone),
                metrics.bootstrap(p10 - p10_alone),
                round(float(np.mean([one.bytes for one in found.values()]))),
            )
        )
    return out


def duels(measured: Sequence[Measured]) -> list[Duel]:
    """Taste vectors and votes against every averaged network and open profiles, on the people both were tried on."""
    groups: dict[tuple[str, int], dict[int, Measured]] = {}
    for one in measured:
        if one.own == "ridge":
            groups.setdefault((one.method, one.labels), {})[one.person] = one
    out = []
    for labels in dict.fromkeys(labels for _, labels in groups):
        for method in (str(Told.TASTE), str(Told.VOTES)):
            for other in (FEDERATED, FEDERATED_PRIOR, GOSSIPED, PROFILES):
                theirs, ours = groups.get((other, labels), {}), groups[method, labels]
                if theirs:
                    area = np.array([ours[person].auc - theirs[person].auc for person in theirs])
                    p10 = np.array([ours[person].p10 - theirs[person].p10 for person in theirs])
                    out.append(
                        Duel(method, other, labels, len(theirs), metrics.bootstrap(area), metrics.bootstrap(p10))
                    )
    return out


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from a shell; 0 when measured, 1 when forgetting was not exact, 2 for wrong arguments."""
    parser = argparse.ArgumentParser(prog="bowerbird evaluate collaboration", description=__doc__)
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of the data sets (default: shared/data)")
    parser.add_argument("--dataset", choices=DATASETS, action="append", help="none: both")
    parser.add_argument("--users", type=int, default=180)
    parser.add_argument("--deep", type=int, default=30, help="people on whom networks are averaged (slow)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, dest="json_file", metavar="FILE", help="write the report as JSON, too")
    asked = parser.parse_args(arguments)
    folder: Path = asked.data or shared_folder()
    if not folder.is_dir():
        parser.error(f"no folder {folder}")
    names = asked.dataset or DATASETS
    missing = [file for name in names for file in FILES[name] if not (folder / file).is_file()]
    if missing:
        parser.error(f"{folder} lacks {', '.join(missing)}")
    if asked.users < 1 or asked.deep < 0:
        parser.error("at least one user, and no negative numbers")
    torch.set_num_threads(1)
    reports = [
        run(folder, dataset=name, users=asked.users, seed=asked.seed, deep=asked.deep, progress=_progress)
        for name in names
    ]
    sys.stdout.write("\n".join(text(report) for report in reports))
    if asked.json_file is not None:
        write_atomically(asked.json_file, json.dumps([asdict(report) for report in reports], indent=1).encode())
    return 0 if all(report.forgetting.exact for report in reports) else 1


def _progress(done: int, total: int) -> None:
    if sys.stderr.isatty() or done == total:
        sys.stderr.write(f"\r{done}/{total} people" + ("\n" if done == total else ""))
        sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
