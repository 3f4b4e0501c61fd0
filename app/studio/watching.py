"""Folders watched for changes: a changed folder is scanned again. Thin; the watching is the library room's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from app.library.watcher import Watcher

READY_SECONDS = 5.0
"""Noticing begins within this time; a large tree on a slow disk may take longer, and is then scanned later."""


class Watching:
    """Watches the library's folders; `watch` replaces the list. Calls `rescan` with a folder's path."""

    def __init__(self, rescan: Callable[[str], None]) -> None:
        self._rescan = rescan
        self._watcher: Watcher | None = None
        self._folders: tuple[str, ...] = ()
        self._over = False
        self._lock = threading.Lock()

    def start(self) -> None:
        """Nothing to do until there are folders."""

    def watch(self, folders: Sequence[str]) -> None:
        """Watch these folders from now on, those that can be reached."""
        with self._lock:
            if self._over or tuple(folders) == self._folders:
                return
            self._stop()
            self._folders = tuple(folders)
            if folders:
                self._watcher = Watcher([Path(folder) for folder in folders], lambda folder: self._rescan(str(folder)))
                self._watcher.start()
                self._watcher.ready.wait(READY_SECONDS)

    def close(self) -> None:
        """Watch nothing any more."""
        with self._lock:
            self._over = True
            self._stop()

    def _stop(self) -> None:
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None
