"""One background thread that writes to the library, so that no commit ever waits on the window's thread.

The window's process makes one. A piece of work is a callable that takes the thread's own Database; its answer or
error goes to the callbacks, which run on the writer's thread (the bridge brings them to the window's).
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from app.errors import StoreError
from app.store.database import Database

log = logging.getLogger(__name__)

T = TypeVar("T")


def _ignore(_: object) -> None:
    pass


@dataclass(frozen=True, slots=True)
class _Work(Generic[T]):
    do: Callable[[Database], T]
    on_done: Callable[[T], None]
    on_error: Callable[[Exception], None]

    def run(self, database: Database) -> None:
        """Do it, then acknowledge: by then it is committed."""
        try:
            answer = self.do(database)
        except Exception as error:  # noqa: BLE001 - handed to whoever asked, not swallowed
            self.on_error(error)
        else:
            self.on_done(answer)

    def fail(self, error: Exception) -> None:
        self.on_error(error)


class WriteThread:
    """Work is done in the order it was submitted; `close` waits until all of it is.

    Without `close` what is still queued (and so was never acknowledged) is lost, but the process can end.
    """

    def __init__(
        self, open_database: Callable[[], Database], on_error: Callable[[Exception], None] | None = None
    ) -> None:
        """`on_error` hears of failed work that was submitted without an ear of its own."""
        self._open = open_database
        self._on_error = on_error or _log
        self._queue: queue.SimpleQueue[_Work[object] | None] = queue.SimpleQueue()
        self._closed = threading.Lock(), threading.Event()
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    def submit(
        self,
        do: Callable[[Database], T],
        on_done: Callable[[T], None] | None = None,
        on_error: Callable[[Exception], None] | None = None,
    ) -> None:
        """Queue `do`; `on_done` gets its answer after the commit, `on_error` the error. Raises StoreError if closed."""
        lock, closed = self._closed
        with lock:
            if closed.is_set():
                raise StoreError("Bowerbird is closing", "This was not saved.")
            work: _Work[T] = _Work(do, on_done or _ignore, on_error or self._on_error)
            self._queue.put(work)  # type: ignore[arg-type]  # the queue does not care what the answer is

    def close(self, seconds: float = 10.0) -> bool:
        """Take nothing more, do what is queued, end; False where that took longer than `seconds`."""
        lock, closed = self._closed
        with lock:
            if not closed.is_set():
                closed.set()
                self._queue.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        database: Database | None = None
        while (work := self._queue.get()) is not None:
            try:
                database = database or self._open()
            except Exception as error:  # noqa: BLE001 - the library cannot be opened: said for each work, tried again
                self._tell(work.fail, error)
                continue
            self._tell(work.run, database)
        if database is not None:
            database.close()

    def _tell(self, call: Callable[[T], None], argument: T) -> None:
        """A callback that raises is a bug, but must not end the thread that saves what the user does."""
        try:
            call(argument)
        except Exception:
            log.exception("a callback of the store's writer failed")


def _log(error: Exception) -> None:
    log.error("a write to the library failed: %s", type(error).__name__, exc_info=error)
