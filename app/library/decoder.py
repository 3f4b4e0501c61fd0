"""The pool of decode children: feeds them files, ends those that hang, and starts new ones.

Used by one thread of the studio. A child (`decode_child.py`) decodes and encodes one file at a time; a bad
file costs at most its child. Nothing of a media file is parsed in this process.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

from app.library.decode_messages import (
    MAX_ANSWER,
    BadAnswer,
    Decoded,
    DecodeFailed,
    DecodeTask,
    Result,
    Sampled,
    Work,
    read_answer,
    task_line,
)
from app.library.raw_answers import raw_size, read_sampled

log = logging.getLogger(__name__)

__all__ = ["DecodeFailed", "DecodePool", "DecodeTask", "Decoded", "Result", "Sampled", "Work"]

_ROOT = Path(__file__).resolve().parents[2]
START_LIMIT = 60.0
"""Seconds a child may take to start: it imports NumPy, SciPy and PyAV, perhaps from a cold disk."""


def child_command() -> list[str]:
    """How to start a decode child: this Python, or in a frozen bundle the program itself with a hidden
    command."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "decode-child"]
    return [sys.executable, "-m", "app.library.decode_child"]


class DecodePool:
    """Decodes files in `children` processes at once.

    time_limit: wall seconds for one file; memory_limit: bytes that a child may take beyond what its libraries
    need. Children start with the first task, live for many files, and end with `close()`.
    """

    def __init__(
        self,
        children: int = 2,
        time_limit: float = 30.0,
        memory_limit: int = 1024 * 1024 * 1024,
        command: Callable[[], list[str]] = child_command,
    ) -> None:
        if children < 1:
            raise ValueError("a pool needs at least one child")
        self._workers = [_Worker(command, time_limit, memory_limit) for _ in range(children)]
        self._closed = False

    def run(
        self,
        tasks: Iterable[DecodeTask],
        cancelled: Callable[[], bool] = lambda: False,
        paused: Callable[[], bool] = lambda: False,
    ) -> Iterator[Result]:
        """Decode all tasks and yield each result as it is ready, in any order; one result for each task.

        `tasks` is drawn from lazily, in this thread, at most two ahead for each child. `cancelled` and
        `paused` are asked every 0.1 s: cancelled, the files at hand are dropped within a second; paused,
        they are finished and no more are begun.
        """
        if self._closed:
            raise RuntimeError("the pool is closed")
        waiting: queue.SimpleQueue[DecodeTask | None] = queue.SimpleQueue()
        results: queue.SimpleQueue[Result | BaseException | None] = queue.SimpleQueue()
        threads = [
            threading.Thread(target=worker.work, args=(waiting, results), name="decode", daemon=True)
            for worker in self._workers
        ]
        for thread in threads:
            thread.start()
        try:
            yield from self._feed(iter(tasks), waiting, results, cancelled, paused)
        finally:
            for worker in self._workers:
                worker.drop()
            for _ in threads:
                waiting.put(None)
            for thread in threads:
                thread.join()
            for worker in self._workers:
                worker.dropping = False

    def _feed(
        self,
        tasks: Iterator[DecodeTask],
        waiting: queue.SimpleQueue[DecodeTask | None],
        results: queue.SimpleQueue[Result | BaseException | None],
        cancelled: Callable[[], bool],
        paused: Callable[[], bool],
    ) -> Iterator[Result]:
        under_way, more = 0, True
        while not cancelled():
            while more and under_way < 2 * len(self._workers) and not paused():
                task = next(tasks, None)
                if task is None:
                    more = False
                else:
                    waiting.put(task)
                    under_way += 1
            if not under_way and not more:
                return
            try:
                result = results.get(timeout=0.1)
            except queue.Empty:
                continue
            under_way -= 1
            if isinstance(result, BaseException):
                raise result
            if result is not None:
                yield result

    def rest(self) -> None:
        """End the children while there is nothing to do, for their memory; the next task starts new ones."""
        for worker in self._workers:
            worker.end()

    def close(self) -> None:
        """End the children. The pool cannot be used afterwards."""
        self._closed = True
        for worker in self._workers:
            worker.end()


class _Worker:
    """One child and the thread that talks to it."""

    def __init__(self, command: Callable[[], list[str]], time_limit: float, memory_limit: int) -> None:
        self._command = command
        self._time_limit = time_limit
        self._memory_limit = memory_limit
        self._child: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._busy = False
        self._overdue = False
        self.dropping = False

    def work(
        self,
        waiting: queue.SimpleQueue[DecodeTask | None],
        results: queue.SimpleQueue[Result | BaseException | None],
    ) -> None:
        """Until told to stop (None): take a task, hand it to the child, pass its answer on."""
        while (task := waiting.get()) is not None:
            if self.dropping:
                results.put(None)
                continue
            try:
                results.put(self._decode(task))
            except BaseException as error:  # noqa: BLE001 - a bug here must reach the caller's thread, not vanish
                results.put(error)

    def drop(self) -> None:
        """Drop the file at hand, and those that wait: nobody asks for them any more."""
        with self._lock:
            self.dropping = True
            if self._busy and self._child is not None:
                self._child.kill()

    def end(self) -> None:
        """End the child: it leaves when its input closes, and is killed where it does not within a second."""
        with self._lock:
            child, self._child = self._child, None
        if child is None:
            return
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                _close(pipe)
        try:
            child.wait(1.0)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _decode(self, task: DecodeTask) -> Result | None:
        """One answer. A child that somebody outside ended says nothing of the file: that file is tried again, once."""
        result, outside = self._try(task)
        if outside and not self.dropping:
            result, _ = self._try(task)
        return None if self.dropping and isinstance(result, DecodeFailed) else result

    def _try(self, task: DecodeTask) -> tuple[Result, bool]:
        """The answer, and whether it is a child's end for which the file may not be to blame."""
        began = time.monotonic()
        child = self._child
        if child is None or child.poll() is not None:
            self.end()
            child = self._start()
        line, raw = self._exchange(child, task_line(task), self._time_limit, raw=task.work is Work.SAMPLE)
        if line.endswith(b"\n"):
            seconds = time.monotonic() - began
            try:
                if task.work is Work.SAMPLE:
                    return read_sampled(line, raw, task, seconds), False
                return read_answer(line, task, seconds), False
            except BadAnswer as error:
                log.warning("a decode child gave a bad answer: %s", error)
        child.kill()  # without effect on one that is ending already
        code = child.wait()
        self.end()
        if self._overdue:
            return DecodeFailed(task, f"decoding took more than {self._time_limit:g} s", killed=True), False
        if line:
            return DecodeFailed(task, "the decoder gave an answer that makes no sense", killed=True), False
        return DecodeFailed(task, _why_ended(code), killed=True), -code in _FROM_OUTSIDE

    def _start(self) -> subprocess.Popen[bytes]:
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "MKL_NUM_THREADS": "1",
            "HF_HUB_OFFLINE": "1",
            "BOWERBIRD_DECODE_MEMORY": str(self._memory_limit),
            "BOWERBIRD_DECODE_SECONDS": str(self._time_limit),
        }
        child = subprocess.Popen(
            self._command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env=environment,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._child = child
        greeting, _ = self._exchange(child, b"", START_LIMIT)
        if greeting != b'"ready"\n' and not self.dropping:
            child.kill()
            code = child.wait()
            self.end()
            raise RuntimeError(f"a decode child did not start (exit code {code}, said {greeting[:80]!r})")
        return child

    def _exchange(
        self, child: subprocess.Popen[bytes], line: bytes, limit: float, *, raw: bool = False
    ) -> tuple[bytes, bytes]:
        """Send a line and wait for one, and with `raw` for the bytes that it promises.

        The line is empty or half where the child ended or was ended before all had come.
        """

        def overdue() -> None:
            self._overdue = True
            child.kill()

        assert child.stdin is not None
        assert child.stdout is not None
        watchdog = threading.Timer(limit, overdue)
        watchdog.daemon = True
        with self._lock:
            if self.dropping:
                return b"", b""
            self._busy, self._overdue = True, False
        watchdog.start()
        try:
            child.stdin.write(line)
            child.stdin.flush()
            answer = child.stdout.readline(MAX_ANSWER)
            wanted = raw_size(answer) if raw else 0
            body = child.stdout.read(wanted) if wanted else b""
            return (answer, body) if len(body) == wanted else (b"", b"")
        except (OSError, ValueError):  # the child ended, or its pipes were closed under us
            return b"", b""
        finally:
            watchdog.cancel()
            with self._lock:
                self._busy = False


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except OSError:  # what was buffered cannot reach a child that ended
        log.debug("a decode child ended before its last line")


_FROM_OUTSIDE = tuple(
    int(getattr(signal, name)) for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGKILL") if hasattr(signal, name)
)


def _why_ended(code: int) -> str:
    if os.name != "posix" or code >= 0:
        return f"the decoder ended unexpectedly (exit code {code})"
    if -code == signal.SIGXCPU:
        return "decoding took too much processor time"
    if -code in _FROM_OUTSIDE:
        return "decoding was ended by the system, twice (out of memory?)"
    return f"the decoder crashed ({signal.Signals(-code).name})"
