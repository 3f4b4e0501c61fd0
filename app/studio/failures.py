"""Errors on their way to the window. Each thread of the studio catches what its work raises, tells it, and lives."""

from __future__ import annotations

import logging

from app.errors import BowerbirdError, DiskFull, Locked, NoEncoder, Refused, Unreachable, WrongFile
from app.protocol import Failed, Trouble

log = logging.getLogger(__name__)

_TROUBLES = {
    Unreachable: Trouble.OFFLINE,
    Refused: Trouble.REFUSED,
    WrongFile: Trouble.WRONG_FILE,
    NoEncoder: Trouble.NO_ENCODER,
    DiskFull: Trouble.DISK_FULL,
    Locked: Trouble.BUSY,
}


def told(error: Exception, title: str, request: int = 0) -> Failed:
    """An error as an event: an expected one in its own words, a bug under `title`, logged with its traceback."""
    if isinstance(error, BowerbirdError):
        log.warning("%s: %s", title, error.title)
        return Failed(
            request, error.title, error.detail, str(error.path or ""), _TROUBLES.get(type(error), Trouble.OTHER)
        )
    log.error("a bug: %s", title, exc_info=error)
    return Failed(request, title, f"{type(error).__name__}: {error}")
