"""The two lanes of the whole suite: every test file runs in exactly one, and one failure is enough."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryFile

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "packaging"))

import suite  # noqa: E402


def test_every_test_file_is_in_exactly_one_lane() -> None:
    (waiting,), (computing, _) = suite.lanes("python")
    named = [word for word in waiting if word.startswith("tests")]
    assert all((ROOT / name).is_dir() for name in named)
    assert [word for word in computing if word.startswith("tests")] == ["tests"]
    assert [word.removeprefix("--ignore=") for word in computing if word.startswith("--ignore")] == named


def test_commands_run_up_to_the_first_that_fails() -> None:
    def says(word: str, status: int) -> list[str]:
        return [sys.executable, "-c", f"print({word!r}); raise SystemExit({status})"]

    with TemporaryFile() as output:
        assert suite.run([says("one", 0), says("two", 3), says("three", 0)], output) == 3
        output.seek(0)
        assert output.read().split() == [b"one", b"two"]
        assert suite.run([says("four", 0)], output) == 0
