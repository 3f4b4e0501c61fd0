"""A child process is started, spoken to, restarted when it dies, and ended."""

from __future__ import annotations

import os
import queue
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.codec import Message
from app.processes import Child
from app.protocol import AddFolder, Done, FindDuplicates, Ready

ECHO = """
import os, sys, time
from app.codec import decode, encode
from app.codec import Message
from app.protocol import AddFolder, Done, FindDuplicates, Ready, Shutdown
def say(m):
    sys.stdout.buffer.write(encode(m)); sys.stdout.buffer.flush()
say(Ready("echo", os.getpid(), 0, ()))
for line in sys.stdin.buffer:
    m = decode(line)
    if isinstance(m, Shutdown):
        break
    if isinstance(m, FindDuplicates):
        if m.request == 666:
            sys.stdout.write("not a message\\n"); sys.stdout.flush()
        say(Done(m.request))
        if m.request == 1300:
            time.sleep(600)
    if isinstance(m, AddFolder):
        say(Done(m.request))
"""


@pytest.fixture
def said() -> queue.Queue[Message]:
    return queue.Queue()


@pytest.fixture
def lost() -> queue.Queue[tuple[str, bool]]:
    return queue.Queue()


@pytest.fixture
def child(tmp_path: Path, said: queue.Queue[Message], lost: queue.Queue[tuple[str, bool]]) -> Iterator[Child]:
    script = tmp_path / "echo.py"
    script.write_text(ECHO)
    made = Child([sys.executable, str(script)], said.put, lambda reason, final: lost.put((reason, final)))
    yield made
    made.close()


@pytest.fixture(autouse=True)
def _our_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))


def test_it_answers_in_order(child: Child, said: queue.Queue[Message]) -> None:
    child.start()
    for number in range(100):
        child.send(FindDuplicates(number))
    said.get(timeout=20)
    assert [said.get(timeout=20) for _ in range(100)] == [Done(number) for number in range(100)]


def test_a_line_that_is_no_message_is_passed_over(child: Child, said: queue.Queue[Message]) -> None:
    child.start()
    said.get(timeout=20)
    child.send(FindDuplicates(666))
    assert said.get(timeout=20) == Done(666)


def test_a_killed_child_is_restarted_and_hears_what_waited(
    child: Child, said: queue.Queue[Message], lost: queue.Queue[tuple[str, bool]]
) -> None:
    child.start()
    said.get(timeout=20)
    first = child.pid
    os.kill(first, signal.SIGKILL)
    reason, final = lost.get(timeout=20)
    assert "9" in reason
    assert not final
    child.send(FindDuplicates(5))
    said.get(timeout=20)
    assert said.get(timeout=20) == Done(5)
    assert child.pid not in (0, first)


def test_what_a_dead_one_did_not_take_reaches_the_next_in_order(
    child: Child, said: queue.Queue[Message], lost: queue.Queue[tuple[str, bool]]
) -> None:
    child.start()
    said.get(timeout=20)
    child.send(FindDuplicates(1300))
    assert said.get(timeout=20) == Done(1300)
    # It reads no more; this is more than a pipe holds, so the rest waits here, one line of it half written.
    for number in range(100, 200):
        child.send(AddFolder(number, "x" * 5000))
    os.kill(child.pid, signal.SIGKILL)
    lost.get(timeout=20)
    assert isinstance(said.get(timeout=20), Ready)
    numbers = []
    while 199 not in numbers:
        answer = said.get(timeout=20)
        assert isinstance(answer, Done)
        numbers.append(answer.request)
    assert numbers == list(range(numbers[0], 200))
    assert len(numbers) > 50


def test_a_program_that_is_absent_is_given_up(
    lost: queue.Queue[tuple[str, bool]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.processes.RESTART_DELAYS", (0.0,))
    gone = Child(["/nonexistent/program"], lambda message: None, lambda reason, final: lost.put((reason, final)))
    gone.start()
    answers = [lost.get(timeout=20) for _ in range(5)]
    assert [final for _, final in answers] == [False] * 4 + [True]
    gone.close()


def test_close_ends_it(child: Child, said: queue.Queue[Message], lost: queue.Queue[tuple[str, bool]]) -> None:
    child.start()
    said.get(timeout=20)
    child.close()
    assert child.pid == 0
    assert lost.empty()
