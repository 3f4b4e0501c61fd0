"""A thousand malformed files from the test suites of other programs, through the real pool: no crash, no hang."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pytest

from app.files import Kind, kind_of
from app.library.decoder import Decoded, DecodeFailed, DecodePool, DecodeTask
from app.library.scanner import Found, Stamp, scan

pytestmark = pytest.mark.media


def _files(folder: Path, *, every: int = 1) -> list[Path]:
    """Every n-th file, torrents and notes left out."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return [path for path in files if path.suffix not in (".torrent", ".md", ".txt")][::every]


def _decode(files: list[Path], pool: DecodePool) -> Counter[str]:
    """Decode all, whatever their suffix; how often each reason came up, "" for decoded ones."""
    tasks = [DecodeTask(number, path, kind_of(path) or Kind.TRACK) for number, path in enumerate(files)]
    reasons: Counter[str] = Counter()
    answered: set[int] = set()
    for result in pool.run(tasks):
        answered.add(result.task.item)
        if isinstance(result, DecodeFailed):
            assert result.reason.strip(), result.task.path
            assert not result.killed, (result.task.path, result.reason)
            reasons[result.reason] += 1
        else:
            assert isinstance(result, Decoded)
            reasons[""] += 1
    assert answered == set(range(len(files)))
    return reasons


def test_every_tenth_odd_file(shared_odd_media: Path, pool: DecodePool) -> None:
    reasons = _decode(_files(shared_odd_media, every=10), pool)
    assert reasons[""] > 20
    assert sum(reasons.values()) - reasons[""] > 20


@pytest.mark.journey
def test_all_odd_files(shared_odd_media: Path, pool: DecodePool, capsys: pytest.CaptureFixture[str]) -> None:
    reasons = _decode(_files(shared_odd_media), pool)
    with capsys.disabled():
        sys.stdout.write(f"\n{sum(reasons.values())} odd files, {reasons.pop('')} decoded\n")
        for reason, count in reasons.most_common():
            sys.stdout.write(f"{count:5d}  {reason}\n")
    assert len(reasons) < 20, "reasons are words for people, not one for each file"


def test_odd_files_that_failed_are_not_found_again(shared_odd_media: Path) -> None:
    found = [one for one in scan(shared_odd_media, {}) if isinstance(one, Found)]
    assert len(found) > 450
    failures = {str(one.path): Stamp(one.size, one.mtime_ns) for one in found}
    assert not [one for one in scan(shared_odd_media, {}, failures=failures) if isinstance(one, Found)]
