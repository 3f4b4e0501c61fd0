"""`bowerbird evaluate`: reads its arguments, runs the evaluation or the study, and writes table, JSON and page.

Called by `app/commands/evaluate.py`, which alone prints: everything here goes through `say` and `hint`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import torch

from app.errors import BowerbirdError, MediaError, SettingsError
from app.files import write_atomically
from app.jobs import Rate
from app.paths import Profile
from app.studio.evaluate import page, personas, report, studies
from app.studio.evaluate.datasets import KINDS, NAMES, Sample, open_dataset, shared_folder
from app.studio.evaluate.evaluation import Asked, Protocol, evaluate
from app.studio.evaluate.own import library_audience
from app.studio.evaluate.report import Report
from models.evaluation.audience import Audience

USERS, USERS_AT_RADIO = 180, 60
ELSEWHERE = {"anchors": "anchors", "collaboration": "collaboration", "vectors": "vectors_lab"}
"""Studies that read their own arguments, and the module each lives in."""
STUDIES = ("simulated", "ablation", "mix", "halflife", "personas", *ELSEWHERE)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where words go: `say` a line of the result, `hint` a passing word on progress (replaced by the next)."""

    say: Say
    hint: Say


def parser() -> argparse.ArgumentParser:
    """The options of `bowerbird evaluate`."""
    made = argparse.ArgumentParser(
        prog="bowerbird evaluate",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measure the taste network and its rivals on a data set, or run one of the studies.\n\n"
        f"DATASET is {', '.join(NAMES)}, or the path of:\n{KINDS}\n\nor a study: {', '.join(STUDIES)}.\n"
        f"{', '.join(ELSEWHERE)} take options of their own: bowerbird evaluate vectors --help.",
    )
    made.add_argument("dataset", metavar="DATASET|STUDY")
    made.add_argument(
        "--protocol",
        type=Protocol,
        choices=list(Protocol),
        default=Protocol.FEW_SHOT,
        metavar="PROTOCOL",
        help=f"{', '.join(Protocol)} (default: few-shot)",
    )
    made.add_argument("--methods", type=_words, default=(), metavar="NAME,NAME", help="default: all that apply")
    made.add_argument("--counts", type=_counts, metavar="N,N", help="numbers of labels (default: 5,10,20,50)")
    made.add_argument(
        "--users", type=_positive, metavar="N", help=f"tested listeners (default: {USERS}; radio {USERS_AT_RADIO})"
    )
    made.add_argument("--seed", type=int, default=0, metavar="S")
    made.add_argument(
        "--draws",
        type=_positive,
        default=1,
        metavar="N",
        help="shuffle each listener's ratings N times and average: narrower intervals (few-shot, item-cold)",
    )
    made.add_argument(
        "--half",
        type=int,
        choices=(0, 1),
        help="tested listeners from one half of all: tune on one, report on the other",
    )
    made.add_argument("--json", type=Path, dest="json_file", metavar="FILE", help="write the report as JSON")
    made.add_argument("--html", type=Path, metavar="FILE", help="write the report as one HTML page")
    made.add_argument("--resume", action="store_true", help="go on where a killed run was")
    made.add_argument(
        "--data", type=Path, metavar="DIR", help="where named data sets are (default: shared/data beside the checkout)"
    )
    made.add_argument(
        "--items", type=Path, metavar="FILE", help="the items of a CSV of ratings: an id and columns of text or numbers"
    )
    made.add_argument("--songs", type=_positive, default=4_000, metavar="N", help="size of the simulated catalogue")
    made.add_argument(
        "--library", action="store_true", help="simulated: tastes hidden in the sound of the profile's own library"
    )
    made.add_argument(
        "--simulated", type=_positive, metavar="N", help="personas: on N simulated vectors, not the library's"
    )
    return made


def run(profile: Profile, arguments: Sequence[str], outlet: Outlet) -> int:
    """Do what the arguments ask; 0, or 1 when the measurement is not sound. Raises BowerbirdError, SystemExit."""
    torch.set_num_threads(1)
    if arguments and arguments[0] in ELSEWHERE:
        return _elsewhere(arguments[0], arguments[1:])
    asked = parser().parse_args(arguments)
    for target in (asked.json_file, asked.html):
        if target is not None and not target.absolute().parent.is_dir():
            raise SettingsError("The folder of the report does not exist", "Make it first.", target)
    progress = _Progress(outlet.hint)
    folder = asked.data or shared_folder()
    if (
        asked.dataset in ("simulated", "ablation", "mix", "halflife")
        and not asked.library
        and not (folder / "Spotify_Youtube_reduced.csv").is_file()
    ):
        raise MediaError("Simulated listeners need Spotify_Youtube_reduced.csv", "Say where it is with --data.", folder)
    users = asked.users or (USERS_AT_RADIO if asked.protocol is Protocol.RADIO else USERS)
    match asked.dataset:
        case "ablation" | "mix" | "halflife" as name:
            shape = studies.Shape(users, asked.songs, asked.seed, asked.half, asked.draws)
            study = {"ablation": studies.ablation, "mix": studies.mix, "halflife": studies.half_life}[name]
            return _print(study(folder, shape, progress.tell), outlet)
        case "personas":
            return _personas(profile, asked, progress, outlet)
        case "simulated" if asked.library:
            audiences = [library_audience(profile, users=users, seed=asked.seed)]
        case "simulated":
            audiences = list(studies.simulated_audiences(folder, users=users, songs=asked.songs, seed=asked.seed))
        case name:
            sample = Sample(users, asked.seed, asked.half)
            audiences = [open_dataset(name, sample, folder=asked.data, items=asked.items, profile=profile)]
    return _measure(audiences, profile, asked, progress, outlet)


def _measure(
    audiences: Sequence[Audience], profile: Profile, asked: argparse.Namespace, progress: _Progress, outlet: Outlet
) -> int:
    what = Asked(asked.protocol, asked.methods, asked.counts, asked.seed, asked.draws)
    reports: list[Report] = []
    for audience in audiences:
        made = evaluate(
            audience, what, folder=profile.cache / "evaluations", resume=asked.resume, progress=progress.tell
        )
        progress.clear()
        outlet.say(report.text(made))
        reports.append(made)
    if asked.json_file is not None:
        whole = [report.as_json(one).rstrip() for one in reports]
        _write(asked.json_file, whole[0] + "\n" if len(whole) == 1 else "[" + ",\n".join(whole) + "]\n")
    if asked.html is not None:
        _write(asked.html, page.page(reports))
    return 1 if any(one.gates for one in reports) else 0


def _personas(profile: Profile, asked: argparse.Namespace, progress: _Progress, outlet: Outlet) -> int:
    if asked.html is not None:
        raise SettingsError("The study of personas has no page", "It prints a table and writes --json.")
    catalogue = personas.catalogue_of(profile, simulated=asked.simulated, seed=asked.seed)
    study = personas.run_study(catalogue, people=asked.users or 30, seed=asked.seed, progress=progress.tell)
    progress.clear()
    outlet.say(personas.text(study))
    if asked.json_file is not None:
        _write(asked.json_file, personas.as_json(study))
    return 0


def _elsewhere(name: str, arguments: Sequence[str]) -> int:
    place = f"{__package__}.{ELSEWHERE[name]}"
    try:
        module = import_module(place)
    except ModuleNotFoundError as error:
        if error.name != place:
            raise
        raise BowerbirdError(f"The study {name} is not part of this version") from error
    return int(module.main(list(arguments)))


def _print(lines: Iterable[str], outlet: Outlet) -> int:
    sound = True
    for line in lines:
        outlet.say(line)
        sound = sound and not line.startswith("GATE FAILED")
    return 0 if sound else 1


def _write(path: Path, content: str) -> None:
    try:
        write_atomically(path, content.encode(), mode=0o644)
    except OSError as error:
        raise MediaError("The report cannot be written", str(error), path) from error


class _Progress:
    """Turns steps into a line with rate and time left."""

    def __init__(self, hint: Say) -> None:
        self._hint = hint
        self._what = ""
        self._first = 0
        self._rate = Rate()

    def tell(self, what: str, done: int, total: int) -> None:
        """`done` of `total` of something is done."""
        if what != self._what:
            self._what, self._first, self._rate = what, done, Rate()
        # What was there before this run began says nothing about its pace.
        self._rate.note(done - self._first)
        left = self._rate.seconds_left(total - self._first)
        pace = f", {self._rate.per_minute:.0f} a minute" if left > 0 else ""
        wait = f", {left / 60:.0f} min {left % 60:02.0f} s left" if left > 0 else ""
        self._hint(f"{what}: {done} of {total}{pace}{wait}")

    def clear(self) -> None:
        """Nothing is going on."""
        self._hint("")


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in (part.strip() for part in text.split(",")) if word)


def _counts(text: str) -> tuple[int, ...]:
    try:
        counts = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError as error:
        raise argparse.ArgumentTypeError("numbers joined by commas") from error
    if not counts or counts[0] < 1 or counts[-1] > 10_000:
        raise argparse.ArgumentTypeError("from 1 to 10000")
    return counts


def _positive(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 1_000_000:
        raise argparse.ArgumentTypeError("1 to 1000000")
    return number
