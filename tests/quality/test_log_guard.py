"""The guards of conftest.py: a logged error fails its test, unless that asked for it; Qt never speaks to nobody."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LOGS_AN_ERROR = """import logging
import pytest

def test_silent_failure():
    logging.getLogger("app.somewhere").error("the disk is on fire")

@pytest.mark.allow_log_errors
def test_expected():
    logging.getLogger("app.somewhere").error("expected")

def test_warning():
    logging.getLogger("app.somewhere").warning("warm")
"""


def test_logged_error_fails_only_the_test_that_did_not_ask(tmp_path: Path) -> None:
    (tmp_path / "test_sample.py").write_text(LOGS_AN_ERROR)
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    options = ["-q", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml"), f"--rootdir={ROOT}"]
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3 passed, 1 error" in ran.stdout, ran.stdout + ran.stderr
    assert "the disk is on fire" in ran.stdout
    assert "ERROR" in ran.stdout
    assert "test_silent_failure" in ran.stdout


def test_there_is_a_message_handler_below_the_one_of_pytest_qt(request: pytest.FixtureRequest) -> None:
    assert callable(request.node.qt_log_capture._previous_handler)
