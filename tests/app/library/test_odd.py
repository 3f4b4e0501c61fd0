"""A thousand malformed files from the test suites of other programs, through the real pool: no crash, no hang."""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from app.files import Kind, kind_of
from app.library.decoder import Decoded, DecodeFailed, DecodePool, DecodeTask
from app.library.scanner import Found, Stamp, scan


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


@pytest.mark.media
def test_every_tenth_odd_file(shared_odd_media: Path, pool: DecodePool) -> None:
    reasons = _decode(_files(shared_odd_media, every=10), pool)
    assert reasons[""] > 20
    assert sum(reasons.values()) - reasons[""] > 20


@pytest.mark.media
@pytest.mark.journey
def test_all_odd_files(shared_odd_media: Path, pool: DecodePool, capsys: pytest.CaptureFixture[str]) -> None:
    reasons = _decode(_files(shared_odd_media), pool)
    with capsys.disabled():
        sys.stdout.write(f"\n{sum(reasons.values())} odd files, {reasons.pop('')} decoded\n")
        for reason, count in reasons.most_common():
            sys.stdout.write(f"{count:5d}  {reason}\n")
    assert len(reasons) < 20, "reasons are words for people, not one for each file"


@pytest.mark.media
def test_odd_files_that_failed_are_not_found_again(shared_odd_media: Path) -> None:
    found = [one for one in scan(shared_odd_media, {}) if isinstance(one, Found)]
    assert len(found) > 450
    failures = {str(one.path): Stamp(one.size, one.mtime_ns) for one in found}
    assert not [one for one in scan(shared_odd_media, {}, failures=failures) if isinstance(one, Found)]


@pytest.mark.parametrize("suffix", [".mp3", ".flac", ".ogg", ".m4a", ".wav", ".wma", ".mkv", ".mp4", ".avi", ".ts"])
def test_random_damage_is_answered(
    suffix: str, tmp_path: Path, tone: Callable[..., Path], film: Callable[..., Path], pool: DecodePool
) -> None:
    make = film if kind_of(f"a{suffix}") == Kind.VIDEO else tone
    whole = make(tmp_path / f"whole{suffix}", 2.0).read_bytes()
    rng = random.Random(suffix)
    files: list[Path] = []
    for number in range(12):
        content = bytearray(whole)
        # Damage mostly at the front, where the headers are.
        for _ in range(rng.choice((1, 4, 40, 400))):
            content[int(len(content) * rng.random() ** 4)] = rng.randrange(256)
        if number % 3 == 0:
            del content[rng.randrange(len(content)) :]
        files.append(tmp_path / f"{number}{suffix}")
        files[-1].write_bytes(content)
    reasons = _decode(files, pool)
    assert reasons[""] > 0
