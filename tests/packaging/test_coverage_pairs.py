"""The coverage pairs: a missed line is named, and both files of every pair are there."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "packaging"))

import coverage_pairs  # noqa: E402

PAIRS = (("tests/test_a.py", "app/a.py"), ("tests/test_b.py", "app/b.py"))


def test_missed_lines_are_named() -> None:
    assert coverage_pairs.uncovered({"app/a.py": [], "app/b.py": [3, 7]}, PAIRS) == [
        "app/b.py: tests/test_b.py leaves out line 3, 7"
    ]


def test_module_that_was_never_imported_is_not_covered() -> None:
    assert coverage_pairs.uncovered({"app/a.py": []}, PAIRS) == ["app/b.py: never imported by tests/test_b.py"]


def test_fully_covered_says_nothing() -> None:
    assert coverage_pairs.uncovered({"app/a.py": [], "app/b.py": []}, PAIRS) == []


def test_files_of_all_pairs_are_there() -> None:
    assert [name for pair in coverage_pairs.PAIRS for name in pair if not (ROOT / name).is_file()] == []
