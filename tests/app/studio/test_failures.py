"""Errors as events: expected ones in their own words, bugs with their trace in the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import BowerbirdError, DiskFull, Locked, MediaError, NoEncoder, Refused, Unreachable, WrongFile
from app.protocol import Failed, Trouble
from app.studio.failures import told


def test_an_expected_error_speaks_for_itself() -> None:
    error = DiskFull("The disk is full", "Make room.", Path("/music"))
    assert told(error, "Indexing stopped", 7) == Failed(
        7, "The disk is full", "Make room.", "/music", Trouble.DISK_FULL
    )
    assert told(MediaError("Unreadable"), "Indexing stopped") == Failed(0, "Unreadable")


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (Unreachable("x"), Trouble.OFFLINE),
        (Refused("x"), Trouble.REFUSED),
        (WrongFile("x"), Trouble.WRONG_FILE),
        (NoEncoder("x"), Trouble.NO_ENCODER),
        (DiskFull("x"), Trouble.DISK_FULL),
        (Locked("x"), Trouble.BUSY),
    ],
)
def test_the_kind_of_failure_is_told_for_other_languages(error: BowerbirdError, trouble: Trouble) -> None:
    assert told(error, "Getting an encoder failed").trouble is trouble


@pytest.mark.allow_log_errors
def test_a_bug_is_named_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert told(KeyError("x"), "Indexing stopped") == Failed(0, "Indexing stopped", "KeyError: 'x'")
    assert caplog.records[0].exc_info
