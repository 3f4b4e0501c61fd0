"""libtorrent's alerts on the event loop: who wants which kind, and waiting for something to become true.

A session wakes the loop through a socket (on Windows, whose loop cannot watch one, it is asked 20 times a second).
An alert object is valid only inside the callback it is handed to: copy what you need, keep nothing of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

log = logging.getLogger(__name__)

Heard = Callable[[Any], None]
"""Called with an alert, which must not outlive the call."""


class Alerts:
    """Hands the alerts of one session to those who asked for their kind, on the loop's thread."""

    def __init__(self, session: Any) -> None:
        self._session = session
        self._heard: dict[str, list[Heard]] = {}
        self._ours, self._theirs = socket.socketpair()
        self._poll: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to listen; called on the loop."""
        for end in (self._ours, self._theirs):
            end.setblocking(False)
        loop = asyncio.get_running_loop()
        if sys.platform == "win32":
            self._poll = loop.create_task(self._ask())
            return
        loop.add_reader(self._ours.fileno(), self._woken)
        # set_alert_notify, which calls Python from libtorrent's thread, can deadlock (arvidn/libtorrent #4638).
        self._session.set_alert_fd(self._theirs.fileno())
        self._drain()

    def stop(self) -> None:
        """Listen no longer; the session must be let go before `close`."""
        if self._poll is not None:
            self._poll.cancel()
        if self._ours.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._ours.fileno())
        self._heard.clear()
        self._session = None

    def close(self) -> None:
        """Close the sockets, after the session is gone that writes to them."""
        self._ours.close()
        self._theirs.close()

    def on(self, kind: str, heard: Heard) -> Callable[[], None]:
        """Call `heard` with every alert of the class named `kind` ("dht_put_alert"). Returns how to stop it."""
        self._heard.setdefault(kind, []).append(heard)

        def off() -> None:
            with contextlib.suppress(KeyError, ValueError):
                self._heard[kind].remove(heard)

        return off

    def _woken(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._ours.recv(4096):
                pass
        self._drain()

    def _drain(self) -> None:
        if self._session is None:
            return
        for alert in self._session.pop_alerts():
            for heard in tuple(self._heard.get(type(alert).__name__, ())):
                try:
                    heard(alert)
                except Exception:  # one listener's bug must not keep the others from hearing
                    log.exception("an alert was not handled: %s", type(alert).__name__)

    async def _ask(self) -> None:
        while True:
            self._drain()
            await asyncio.sleep(0.05)


class Pulse:
    """Wakes everybody who waits for something to change; they look for themselves what it was."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def awaited(self) -> bool:
        """Whether anybody waits."""
        return bool(self._waiting)

    def beat(self) -> None:
        """Something changed."""
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()

    async def next(self, patience: float | None = None) -> bool:
        """Wait for the next beat, at most `patience` seconds; whether it came."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            done, _ = await asyncio.wait((waiter,), timeout=patience)
            return bool(done)
        finally:
            self._waiting.discard(waiter)
            waiter.cancel()

    async def until(self, true: Callable[[], bool], patience: float, what: str) -> None:
        """Wait until `true()`; raises TimeoutError saying `what` was waited for when it stays false too long."""
        end = time.monotonic() + patience
        while not true():
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError(what)
            await self.next(left)
