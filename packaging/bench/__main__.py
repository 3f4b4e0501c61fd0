"""Measures Bowerbird beside what else there is and prints one table: `dev.py bench [NAME ...]`.

Every measurement runs alone, one after the other; with names, only those. `dev.py bench --list` shows them.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from pathlib import Path

# Before numpy is loaded: figures are per core, and the measured processes inherit it.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

ROOT = Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(ROOT), str(ROOT / "tests")]

from table import Absent, cells, lines, machine  # noqa: E402

MEASUREMENTS = {
    "embedding": "the built-in audio encoder beside librosa's MFCC",
    "encoders": "the learned encoders beside plain loops of open_clip and transformers",
    "search": "a search by words over 100,000 Items, and its parts",
    "taste": "fitting and scoring beside scikit-learn",
    "lists": "filter, sort and search of 100,000 Items",
    "paint": "exec to first paint with 100,000 Items, and the memory of the window's process",
    "map": "arranging, reading and moving the map of a library",
    "rerank": "feedback to a new ranking of 100,000 Items, and the memory of the studio process",
    "offers": "what peers offer: stored, scored, on a page of Discover, and taken away again",
    "p2p": "a stranger's catalogue from the wire to the ranked list, updates, peers that meet, idle and busy processes",
    "gap": "the silence between two pieces beside a bare QMediaPlayer",
    "stutter": "the window's timer while the studio indexes",
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(MEASUREMENTS))
    parser.add_argument("--list", action="store_true", help="say what is measured")
    options = parser.parse_args()
    unknown = set(options.names) - set(MEASUREMENTS)
    if options.list or unknown:
        for name, about in MEASUREMENTS.items():
            print(f"{name:10} {about}")
        return 2 if unknown else 0
    print(machine(), flush=True)
    rows: list[tuple[str, ...]] = []
    unmet = 0
    for name in options.names or MEASUREMENTS:
        print(f"measuring {name} ...", flush=True)
        try:
            for row in importlib.import_module(f"measure_{name}").rows():
                rows.append(cells(row))
                unmet += row.met is False
        except (Absent, ImportError) as why:
            rows.append((name, "absent", str(why), "-", "-", "-"))
    print()
    print("\n".join(lines(rows)))
    print(f"\n{unmet} goal(s) not met" if unmet else "\nevery goal met that was measured")
    return 0


if __name__ == "__main__":
    sys.exit(main())
