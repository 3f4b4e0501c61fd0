"""Logging for every process: a rotating file in the profile, warnings on the terminal.

Called once by each process's entry file. Nothing at INFO or above names titles, paths or addresses of the user's.
"""

from __future__ import annotations

import logging
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def start_logging(folder: Path, process: str, *, verbose: bool = False) -> None:
    """Log to `folder/process.log` (1 MiB, three older ones kept) and warnings to standard error."""
    root = logging.getLogger()
    root.setLevel(logging.DEBUG if verbose else logging.INFO)
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setLevel(logging.DEBUG if verbose else logging.WARNING)
    terminal.setFormatter(logging.Formatter(FORMAT))
    root.addHandler(terminal)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = RotatingFileHandler(folder / f"{process}.log", maxBytes=2**20, backupCount=3, encoding="utf-8")
    except OSError as error:
        root.warning("no log file can be written: %s", error.strerror)
        return
    file.setFormatter(logging.Formatter(FORMAT))
    root.addHandler(file)
    logging.captureWarnings(True)
