"""Starts, watches and restarts our other processes, and carries messages to and from them. Knows no Qt.

The window and `bowerbird headless` both use it. A child speaks `app.protocol` over its standard input and output;
what it prints on standard error goes to ours. Reading, writing and watching happen on threads of this module, and
the callbacks are called on those threads.
"""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from app.codec import Message, ProtocolError, decode, encode
from app.protocol import Shutdown

log = logging.getLogger(__name__)

RESTART_DELAYS = (0.1, 1.0, 5.0, 15.0)
"""Seconds before each new start; a child that lived a minute starts again at the first."""

GIVE_UP_AFTER = 5
"""Early deaths in a row after which a child is left dead, and `on_lost` says so."""


def studio_command(profile: Path) -> list[str]:
    """The command line of the studio process for one profile."""
    return [sys.executable, "-m", "app.studio", "--profile", str(profile)]


def network_command(profile: Path) -> list[str]:
    """The command line of the network process for one profile."""
    return [sys.executable, "-m", "app.peers", "--profile", str(profile)]


class _Outbox:
    """Lines on their way to the child, in order. A line leaves only once it was written: what a death leaves stays."""

    def __init__(self) -> None:
        self._lines: deque[bytes] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, line: bytes) -> None:
        """Add a line; after `close` nothing is taken any more."""
        with self._changed:
            if not self._closed:
                self._lines.append(line)
                self._changed.notify_all()

    def close(self) -> None:
        """Nothing comes after what is here."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def wake(self) -> None:
        """Let `first` look again whether it is still wanted."""
        with self._changed:
            self._changed.notify_all()

    def first(self, unwanted: threading.Event) -> bytes | None:
        """Wait for a line and leave it in its place; None when all is written and closed, or it is `unwanted`."""
        with self._changed:
            self._changed.wait_for(lambda: self._lines or self._closed or unwanted.is_set())
            return self._lines[0] if self._lines and not unwanted.is_set() else None

    def written(self) -> None:
        """The first line is out."""
        with self._changed:
            self._lines.popleft()


class Child:
    """One child process. `send` never blocks; messages sent while it is down wait for the next start."""

    def __init__(
        self,
        command: Sequence[str],
        on_message: Callable[[Message], None],
        on_lost: Callable[[str, bool], None],
    ) -> None:
        """`on_lost(reason, final)` is called when it died unasked; `final` when it is not started again."""
        self._command = list(command)
        self._on_message = on_message
        self._on_lost = on_lost
        self._outbox = _Outbox()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._watch = threading.Thread(target=self._run, name="child-watch", daemon=True)

    @property
    def pid(self) -> int:
        """The process's number, 0 while none runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else 0

    def start(self) -> None:
        """Start it, and go on restarting it until `close`."""
        self._watch.start()

    def send(self, message: Message) -> None:
        """Hand over one message, in order."""
        self._outbox.put(encode(message))

    def close(self, timeout: float = 5.0) -> None:
        """Ask it to end, wait, and kill it where it does not."""
        if self._closing.is_set() or not self._watch.is_alive():
            return
        self._outbox.put(encode(Shutdown()))
        self._closing.set()
        self._outbox.close()
        self._watch.join(timeout)
        if self._watch.is_alive():
            with self._lock:
                if self._process is not None:
                    log.warning("a process did not end in time and was killed")
                    self._process.kill()
            self._watch.join(2.0)

    def _run(self) -> None:
        early_deaths = 0
        while not self._closing.is_set():
            born = time.monotonic()
            reason = self._live_once()
            if self._closing.is_set():
                return
            early_deaths = 0 if time.monotonic() - born > 60 else early_deaths + 1
            final = early_deaths >= GIVE_UP_AFTER
            log.warning("a process ended (%s)%s", reason, "; it stays down" if final else "")
            self._on_lost(reason, final)
            if final:
                return
            delay = RESTART_DELAYS[min(early_deaths, len(RESTART_DELAYS)) - 1 if early_deaths else 0]
            self._closing.wait(delay)

    def _live_once(self) -> str:
        """Start it and read until it ends; the answer says how it ended."""
        environment = dict(os.environ, PYTHONUNBUFFERED="1")
        try:
            with self._lock:
                self._process = process = subprocess.Popen(
                    self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
                )
        except OSError as error:
            return str(error)
        pipes = (process.stdin, process.stdout)
        dead = threading.Event()
        writer = threading.Thread(target=self._write, args=(process.stdin, dead), name="child-write", daemon=True)
        writer.start()
        for line in process.stdout or ():
            try:
                message = decode(line)
            except ProtocolError as error:
                log.warning("unreadable line from a process: %s", error)
                continue
            self._on_message(message)
        code = process.wait()
        dead.set()
        self._outbox.wake()
        writer.join(2.0)
        for pipe in pipes:
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        return f"exit code {code}" if code >= 0 else f"signal {-code}"

    def _write(self, pipe: IO[bytes] | None, dead: threading.Event) -> None:
        """Write what waits until the child is dead, or all is written after `close`; then close the pipe."""
        if pipe is None:
            return
        # An error means that it died while we wrote: the line waits for the next start.
        with contextlib.suppress(OSError):
            while (line := self._outbox.first(dead)) is not None:
                pipe.write(line)
                pipe.flush()
                self._outbox.written()
        if not dead.is_set():
            with contextlib.suppress(OSError):
                pipe.close()
