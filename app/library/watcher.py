"""Tells when something changed below the library's folders, so that they are scanned again.

Used by the studio. One thread, around the `watchfiles` library; where the system's notices run out (inotify's
limit) or are not to be had (network shares), it looks for itself now and then.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import watchfiles

log = logging.getLogger(__name__)

DEBOUNCE = 1600
"""Milliseconds in which changes are gathered."""

_STEP = 200
_POLL = 30_000
_LOOK = 1.0
"""Seconds between looks at whether the folders are there."""

_NOISE = (".tmp", ".part", ".crdownload", ".db", ".db-wal", ".db-journal", ".log", ".lock", ".swp", "~")


class Watcher:
    """Watches folders and calls `on_change(folder)`, in its own thread, when something below one changed.

    A folder that is not there, or goes away, is looked for every second; `on_change` is called when it
    comes or goes. `start()` once; `stop()` returns within a second.
    """

    def __init__(self, folders: Iterable[Path], on_change: Callable[[Path], None], *, polling: bool = False) -> None:
        self._folders = sorted(set(folders))
        self._on_change = on_change
        self._polling = polling
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)
        self.ready = threading.Event()
        """Set when changes are being noticed: scan once after that, and nothing is missed."""

    def start(self) -> None:
        """Begin to watch."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _watch(self) -> None:
        """Watch what is there; begin anew whenever a folder comes or goes."""
        while not self._stop.is_set():
            there = self._there()
            try:
                if there:
                    self._notice(there)
                else:
                    self.ready.set()
                    self._stop.wait(_LOOK)
            except OSError as error:  # inotify's limit, or a file system without notices
                if self._polling:
                    log.warning("folders cannot be watched: %s", error)
                    self._stop.wait(_POLL / 1000)
                log.info("watching by looking now and then")
                self._polling = True
            for folder in set(there) ^ set(self._there()):
                self._tell(folder)

    def _there(self) -> list[Path]:
        return [folder for folder in self._folders if folder.is_dir()]

    def _notice(self, there: list[Path]) -> None:
        """Report changes until told to stop, or until a folder comes or goes."""
        changes = watchfiles.watch(
            *there,
            watch_filter=None,
            debounce=DEBOUNCE,
            step=_STEP,
            stop_event=self._stop,
            rust_timeout=int(_LOOK * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=self._polling or None,
            poll_delay_ms=_POLL,
            ignore_permission_denied=True,
        )
        for batch in changes:
            self.ready.set()  # the first batch, mostly an empty one: from now on nothing is missed
            touched = {folder for _, path in batch if not _noise(path) and (folder := _owner(path, there))}
            for folder in sorted(touched):
                self._tell(folder)
            if self._there() != there:
                return

    def _tell(self, folder: Path) -> None:
        if not self._stop.is_set():
            self._on_change(folder)


def _noise(path: str) -> bool:
    """Hidden files and what programs leave while they work."""
    name = path.replace("\\", "/").rpartition("/")[2]
    return name.startswith(".") or name.lower().endswith(_NOISE)


def _owner(path: str, folders: list[Path]) -> Path | None:
    """The innermost watched folder that holds a path."""
    holding = [folder for folder in folders if Path(path).is_relative_to(folder)]
    return max(holding, key=lambda folder: len(folder.parts)) if holding else None
