"""The pool with children that misbehave: it answers for every task, and quickly lets go."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app.files import Kind
from app.library.decoder import Decoded, DecodeFailed, DecodePool, DecodeTask, Sampled, Work
from models.types import Modality

CHILD = """
import json, os, signal, sys, time
print('"ready"', flush=True)
facts = dict(kind="track", duration=1.0, codec="", bitrate=None, sample_rate=None, channels=None, width=None,
             height=None, title="", artist="", album="")
for line in sys.stdin:
    name = os.path.basename(json.loads(line)["path"])
    if name == "hang":
        time.sleep(3600)
    if name == "spin":
        while True:
            pass
    if name == "crash":
        import resource
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # leaves no core in the checkout
        os.kill(os.getpid(), getattr(signal, "SIGSEGV"))
    if name == "ended":
        os.kill(os.getpid(), signal.SIGTERM)
    if name == "ended-once" and not os.path.exists(json.loads(line)["path"]):
        open(json.loads(line)["path"], "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    if name == "leave":
        sys.exit(3)
    if name == "lie":
        print("[]", flush=True)
        continue
    if name == "flood":
        sys.stdout.write("x" * 9_000_000)
        sys.stdout.flush()
    if name == "fail":
        print(json.dumps({"failed": "no sound"}), flush=True)
        continue
    if name == "slow":
        time.sleep(0.2)
    print(json.dumps(dict(vectors=[], facts=dict(facts, title=str(os.getpid())), picture="", picture_key="",
                          note="", moments=[], strip=[])), flush=True)
"""


RAW_CHILD = """
import json, os, sys, time
print('"ready"', flush=True)
for line in sys.stdin:
    name = os.path.basename(json.loads(line)["path"])
    if name == "fail":
        print(json.dumps({"failed": "no sound"}), flush=True)
        continue
    samples = 2_000_000 if name == "huge" else 1000
    print(json.dumps(dict(clips=[samples, 12], frames=[], note="")), flush=True)
    if name == "huge":
        continue
    sys.stdout.buffer.write(b"\\1" * 2000 + b"\\2" * (10 if name in ("stall", "end") else 24))
    sys.stdout.flush()
    if name == "stall":
        time.sleep(3600)
    if name == "end":
        sys.exit(4)
    if name == "more":
        print("[]", flush=True)
"""


@contextmanager
def _pool(children: int = 1, time_limit: float = 30.0, code: str = CHILD) -> Iterator[DecodePool]:
    pool = DecodePool(children, time_limit, command=lambda: [sys.executable, "-c", code])
    try:
        yield pool
    finally:
        pool.close()


def _tasks(*names: str) -> list[DecodeTask]:
    return [DecodeTask(number, Path("/x") / name, Kind.TRACK) for number, name in enumerate(names)]


def test_every_task_has_one_result_and_children_live_on() -> None:
    with _pool(2) as pool:
        results = list(pool.run(_tasks(*["ok"] * 20)))
        more = list(pool.run(_tasks(*["ok"] * 20)))
    assert sorted(one.task.item for one in results) == list(range(20))
    pids = {one.facts.title for one in results + more if isinstance(one, Decoded)}
    assert 1 <= len(pids) <= 2


@pytest.mark.parametrize(
    ("name", "reason", "killed"),
    [
        ("fail", "no sound", False),
        ("crash", "crashed (SIGSEGV)", True),
        ("leave", "exit code 3", True),
        ("lie", "makes no sense", True),
        ("flood", "makes no sense", True),
        ("ended", "by the system, twice", True),
        ("hang", "more than 0.5 s", True),
        ("spin", "more than 0.5 s", True),
    ],
)
def test_a_bad_file_costs_only_its_child(name: str, reason: str, killed: bool) -> None:
    with _pool(time_limit=0.5) as pool:
        before, bad, after = pool.run(_tasks("ok", name, "ok"))
    assert isinstance(before, Decoded)
    assert isinstance(after, Decoded)
    assert isinstance(bad, DecodeFailed)
    assert reason in bad.reason
    assert bad.killed is killed
    assert (before.facts.title == after.facts.title) is not killed


def _raw_tasks(*names: str) -> list[DecodeTask]:
    return [replace(task, work=Work.SAMPLE, modality=Modality.AUDIO, rate=100) for task in _tasks(*names)]


def test_raw_bytes_follow_their_line() -> None:
    with _pool(code=RAW_CHILD) as pool:
        good, failed, again = pool.run(_raw_tasks("ok", "fail", "ok"))
    assert failed == DecodeFailed(failed.task, "no sound")
    for result in (good, again):
        assert isinstance(result, Sampled)
        assert [clip.samples.shape for clip in result.clips] == [(1000,), (12,)]
        assert np.allclose(result.clips[1].samples, 0x0202 / 32_767)


@pytest.mark.parametrize(
    ("name", "reason"),
    [("huge", "makes no sense"), ("stall", "more than 0.5 s"), ("end", "exit code 4"), ("more", "makes no sense")],
)
def test_a_child_that_promises_what_it_does_not_give_is_ended(name: str, reason: str) -> None:
    with _pool(time_limit=0.5, code=RAW_CHILD) as pool:
        # Who says more than its answer is found out with the next file.
        *_, bad, after = pool.run(_raw_tasks(name, "fail", "ok") if name == "more" else _raw_tasks(name, "ok"))
    assert isinstance(bad, DecodeFailed)
    assert reason in bad.reason
    assert bad.killed
    assert isinstance(after, Sampled)


def test_a_file_is_not_blamed_for_an_end_from_outside(tmp_path: Path) -> None:
    with _pool() as pool:
        (result,) = pool.run([DecodeTask(1, tmp_path / "ended-once", Kind.TRACK)])
    assert isinstance(result, Decoded)


def test_tasks_are_drawn_only_as_needed() -> None:
    drawn = itertools.count()
    with _pool(2) as pool:
        tasks = (DecodeTask(next(drawn), Path("/x/ok"), Kind.TRACK) for _ in range(1000))
        results = pool.run(tasks)
        next(results)
        assert next(drawn) < 12
        results.close()


def test_cancelling_drops_even_a_hanging_file() -> None:
    cancelled = threading.Event()
    results: list[object] = []
    with _pool(time_limit=3600.0) as pool:
        run = pool.run(_tasks("ok", "hang", *["ok"] * 50), cancelled=cancelled.is_set)
        results.append(next(run))
        cancelled.set()
        # The file would hang for ever and is given an hour: only the cancelling can end this.
        results += run
        assert len(results) == 1
        assert len(list(pool.run(_tasks("ok")))) == 1  # the pool can be used again


def test_abandoning_the_results_frees_the_pool() -> None:
    with _pool(time_limit=3600.0) as pool:
        run = pool.run(_tasks("ok", "hang"))
        next(run)
        run.close()
        assert isinstance(next(pool.run(_tasks("ok"))), Decoded)


def test_a_pause_finishes_what_is_under_way_and_begins_nothing() -> None:
    paused = threading.Event()
    with _pool() as pool:
        run = pool.run(_tasks(*["slow"] * 6), paused=paused.is_set)
        done = [next(run)]
        paused.set()
        waiter = threading.Thread(target=lambda: done.extend(run))
        waiter.start()
        deadline = time.monotonic() + 20
        while len(done) < 2 and time.monotonic() < deadline:  # one was handed over before the pause
            time.sleep(0.01)
        waiter.join(0.6)
        assert waiter.is_alive()
        assert len(done) < 6
        paused.clear()
        waiter.join(20)
        assert len(done) == 6


def test_a_child_that_does_not_start_is_a_fault_of_ours() -> None:
    with _pool(code="raise SystemExit(5)") as pool, pytest.raises(RuntimeError, match="did not start"):
        list(pool.run(_tasks("ok")))


def test_a_rested_pool_works_on_with_new_children() -> None:
    with _pool() as pool:
        first, second = (_pid(pool), _pid(pool))
        pool.rest()
        assert first == second != _pid(pool)


def _pid(pool: DecodePool) -> str:
    (result,) = pool.run(_tasks("ok"))
    assert isinstance(result, Decoded)
    return result.facts.title


def test_a_closed_pool_says_so() -> None:
    with _pool() as pool:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        next(pool.run(_tasks("ok")))
    with pytest.raises(ValueError, match="at least one"):
        DecodePool(children=0)
