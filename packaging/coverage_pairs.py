"""Pairs of a test file and the module it must cover to the last line; a missed line fails `dev.py test`.

One number for a whole project hides where the holes are; a list of pure modules at 100 % does not (the idea
is qutebrowser's). `dev.py test` runs this, too. Lines marked `pragma: no cover` and type-checking
blocks do not count. To add a pair, write it here; the script fails when either file is gone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# (test file, module that only it must cover completely)
PAIRS = (
    ("tests/app/studio/test_accuracy.py", "app/studio/accuracy.py"),
    ("tests/app/studio/test_failures.py", "app/studio/failures.py"),
    ("tests/app/studio/test_labelling.py", "app/studio/labelling.py"),
    ("tests/app/studio/test_reasons.py", "app/studio/reasons.py"),
    ("tests/app/test_codec.py", "app/codec.py"),
    ("tests/app/test_codec.py", "app/protocol.py"),
    ("tests/app/test_config.py", "app/config.py"),
    ("tests/app/test_jobs.py", "app/jobs.py"),
    ("tests/app/test_wording.py", "app/wording.py"),
    ("tests/app/player/test_m3u.py", "app/player/m3u.py"),
    ("tests/app/player/test_subtitles.py", "app/player/subtitles.py"),
    ("tests/app/studio/test_crowds.py", "app/studio/crowds.py"),
    ("tests/app/studio/test_exporting.py", "app/studio/exporting.py"),
    ("tests/app/studio/test_full_batches.py", "app/studio/full_batches.py"),
    ("tests/app/studio/test_joining.py", "app/studio/joining.py"),
    ("tests/app/studio/test_judging.py", "app/studio/judging.py"),
    ("tests/app/studio/test_likeness.py", "app/studio/likeness.py"),
    ("tests/app/studio/test_meaning.py", "app/studio/meaning.py"),
    ("tests/app/studio/test_owned.py", "app/studio/owned.py"),
    ("tests/app/store/test_learned_spaces.py", "app/store/learned_spaces.py"),
    ("tests/app/store/test_offer_table.py", "app/store/offer_table.py"),
    ("tests/models/test_row_features.py", "models/row_features.py"),
    ("tests/models/test_gate.py", "models/gate.py"),
    ("tests/models/test_map_layout.py", "models/map_layout.py"),
    ("tests/app/studio/test_map_regions.py", "app/studio/map_regions.py"),
    ("tests/app/ui/test_map_index.py", "app/ui/map_index.py"),
    ("tests/app/ui/test_map_marks.py", "app/ui/map_marks.py"),
    ("tests/app/ui/test_map_raster.py", "app/ui/map_raster.py"),
    ("tests/models/test_taste_explain.py", "models/taste_explain.py"),
    ("tests/app/library/test_tag_ratings.py", "app/library/tag_ratings.py"),
    ("tests/app/library/test_text.py", "app/library/text.py"),
    ("tests/app/player/test_listening.py", "app/player/listening.py"),
    ("tests/app/player/test_queue.py", "app/player/queue.py"),
    ("tests/app/player/test_replaygain.py", "app/player/replaygain.py"),
    ("tests/app/peers/hostile/test_hostile_cards.py", "app/peers/cards.py"),
    ("tests/app/peers/hostile/test_hostile_manifests.py", "app/peers/manifest.py"),
    ("tests/app/peers/hostile/test_hostile_catalogues.py", "app/peers/shard_files.py"),
    ("tests/app/peers/test_cards.py", "app/peers/cards.py"),
    ("tests/app/peers/test_catalogue.py", "app/peers/catalogue.py"),
    ("tests/app/peers/test_file_names.py", "app/peers/file_names.py"),
    ("tests/app/peers/test_identity.py", "app/peers/identity.py"),
    ("tests/app/peers/test_manifest.py", "app/peers/manifest.py"),
    ("tests/app/peers/test_mime.py", "app/peers/mime.py"),
    ("tests/app/peers/test_shard_files.py", "app/peers/shard_files.py"),
    ("tests/app/peers/test_strict_json.py", "app/peers/strict_json.py"),
    ("tests/app/peers/test_text_rules.py", "app/peers/text_rules.py"),
    ("tests/app/peers/test_wire.py", "app/peers/wire.py"),
    ("tests/app/store/test_search.py", "app/store/search.py"),
    ("tests/app/store/test_word_search.py", "app/store/search.py"),
    ("tests/app/store/test_word_search.py", "app/store/word_search.py"),
    ("tests/app/store/test_text.py", "app/store/text.py"),
    ("tests/app/encoders/test_catalogue.py", "app/encoders/catalogue.py"),
    ("tests/models/encoders/test_pooling.py", "models/encoders/pooling.py"),
    ("tests/models/encoders/test_device.py", "models/encoders/device.py"),
    ("tests/models/encoders/test_trained.py", "models/encoders/trained.py"),
    ("tests/models/encoders/test_weights.py", "models/encoders/weights.py"),
    ("tests/models/encoders/test_word_tower.py", "models/encoders/word_tower.py"),
    ("tests/models/test_directions.py", "models/directions.py"),
    ("tests/models/test_mixing.py", "models/mixing.py"),
    ("tests/models/test_nearest.py", "models/nearest.py"),
    ("tests/models/test_spelling.py", "models/spelling.py"),
    ("tests/models/test_metrics.py", "models/metrics.py"),
    ("tests/models/test_ranker.py", "models/ranker.py"),
    ("tests/packaging/test_system_libraries.py", "packaging/system_libraries.py"),
)


def uncovered(measured: dict[str, list[int]], pairs: tuple[tuple[str, str], ...]) -> list[str]:
    """Return one line per pair whose module has missed lines or was never imported.

    `measured` maps a module's path to the numbers of its lines that were not run.
    """
    said = []
    for test, module in pairs:
        lines = measured.get(module)
        if lines is None:
            said.append(f"{module}: never imported by {test}")
        elif lines:
            said.append(f"{module}: {test} leaves out line {', '.join(map(str, lines))}")
    return said


def measure(pairs: tuple[tuple[str, str], ...]) -> dict[str, list[int]]:
    """Run the pairs' tests under coverage; return the missed lines of every module by its path.

    Raises SystemExit with pytest's output when the tests themselves fail.
    """
    with tempfile.TemporaryDirectory() as folder:
        record, report = Path(folder) / "record", Path(folder) / "report.json"
        settings = Path(folder) / "coveragerc"
        names = "\n    ".join(module for _, module in pairs)
        settings.write_text(
            f"[run]\ndata_file = {record}\ninclude =\n    {names}\n"
            "[report]\nexclude_also =\n    if TYPE_CHECKING:\n    ^\\s*\\.\\.\\.$\n"
        )
        coverage = [sys.executable, "-m", "coverage"]
        tests = sorted({test for test, _ in pairs})
        ran = subprocess.run(
            [
                *coverage,
                "run",
                f"--rcfile={settings}",
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                *tests,
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            sys.exit(ran.stdout + ran.stderr)
        subprocess.run(
            [*coverage, "json", "-q", f"--rcfile={settings}", "-o", report],
            cwd=ROOT,
            check=True,
            capture_output=True,
        )
        files = json.loads(report.read_text())["files"]
    return {Path(name).as_posix(): found["missing_lines"] for name, found in files.items()}


def main() -> int:
    """Check every pair; return 1 when one is not covered."""
    gone = [name for pair in PAIRS for name in pair if not (ROOT / name).is_file()]
    if gone:
        print("coverage pairs name files that are gone:", ", ".join(gone))
        return 1
    said = uncovered(measure(PAIRS), PAIRS)
    print("\n".join(said) if said else f"coverage: {len(PAIRS)} pairs, every line run")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
