"""Errors as events: expected ones in their own words, bugs with their trace in the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import DiskFull
from app.protocol import Failed
from app.studio.failures import told


def test_an_expected_error_speaks_for_itself() -> None:
    error = DiskFull("The disk is full", "Make room.", Path("/music"))
    assert told(error, "Indexing stopped", 7) == Failed(7, "The disk is full", "Make room.", "/music")
    assert told(DiskFull("The disk is full"), "Indexing stopped") == Failed(0, "The disk is full")


@pytest.mark.allow_log_errors
def test_a_bug_is_named_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    assert told(KeyError("x"), "Indexing stopped") == Failed(0, "Indexing stopped", "KeyError: 'x'")
    assert caplog.records[0].exc_info
