"""Pausing, cancelling and measuring work."""

from __future__ import annotations

import threading

import pytest

from app.jobs import Cancelled, JobControl, Rate


def test_step_raises_once_cancelled() -> None:
    control = JobControl()
    control.step()
    control.cancel()
    assert control.cancelled
    with pytest.raises(Cancelled):
        control.step()


def test_paused_work_waits_and_goes_on() -> None:
    control = JobControl()
    control.pause()
    assert control.paused
    done = threading.Event()

    def work() -> None:
        control.step()
        done.set()

    thread = threading.Thread(target=work)
    thread.start()
    assert not done.wait(0.05)
    control.resume()
    assert done.wait(5)
    thread.join()
    assert not control.paused


def test_cancelling_ends_paused_work() -> None:
    control = JobControl()
    control.pause()
    ended = threading.Event()

    def work() -> None:
        with pytest.raises(Cancelled):
            control.step()
        ended.set()

    thread = threading.Thread(target=work)
    thread.start()
    control.cancel()
    assert ended.wait(5)
    thread.join()


def test_the_rate_is_of_the_last_minute() -> None:
    now = 0.0
    rate = Rate(lambda: now)
    assert rate.per_minute == 0
    assert rate.seconds_left(10) == -1
    for second in range(1, 200):
        now = float(second)
        rate.note(second * (1 if second < 100 else 2) - (0 if second < 100 else 100))
    assert rate.per_minute == pytest.approx(120, rel=0.05)
    assert rate.seconds_left(498) == pytest.approx((498 - 298) / 2, rel=0.05)


def test_what_was_done_before_is_no_speed() -> None:
    now = [0.0]
    rate = Rate(lambda: now[0])
    rate.begin(600)
    now[0] = 30.0
    rate.note(606)
    assert rate.per_minute == 12.0
    assert rate.seconds_left(612) == 30.0
