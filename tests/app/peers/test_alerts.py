"""Alerts on the loop, and waiting for something to change."""

from __future__ import annotations

import asyncio
import sys

import libtorrent as lt
import pytest

from app.peers.alerts import Alerts, Pulse
from tests.swarms import run, until


class Session:
    """Gives the alerts the test made up, through the same socket as libtorrent."""

    def __init__(self) -> None:
        self.alerts: list[object] = []
        self.fd = -1

    def set_alert_fd(self, fd: int) -> None:
        self.fd = fd

    def pop_alerts(self) -> list[object]:
        given, self.alerts = self.alerts, []
        return given

    def post(self, *alerts: object) -> None:
        self.alerts += alerts
        if sys.platform != "win32":
            import os

            os.write(self.fd, b"x")


class first_alert: ...


class second_alert: ...


def test_each_listener_hears_its_kind_until_it_stops() -> None:
    async def work() -> None:
        session, heard = Session(), []
        alerts = Alerts(session)
        alerts.start()
        off = alerts.on("first_alert", lambda alert: heard.append(("a", type(alert).__name__)))
        alerts.on("first_alert", lambda alert: heard.append(("b", type(alert).__name__)))
        session.post(first_alert(), second_alert())
        await until(lambda: len(heard) == 2, "both listeners")
        assert heard == [("a", "first_alert"), ("b", "first_alert")]
        off()
        off()  # twice is no error
        session.post(first_alert())
        await until(lambda: len(heard) == 3, "the other listener")
        alerts.stop()
        alerts.close()

    run(work())


@pytest.mark.allow_log_errors
def test_a_listener_with_a_bug_does_not_deafen_the_others() -> None:
    async def work() -> None:
        session, heard = Session(), []
        alerts = Alerts(session)
        alerts.start()
        alerts.on("first_alert", lambda _: 1 // 0)
        alerts.on("first_alert", heard.append)
        session.post(first_alert())
        await until(lambda: bool(heard), "the second listener")
        alerts.stop()
        alerts.close()

    run(work())


def test_a_real_session_wakes_the_loop() -> None:
    async def work() -> None:
        session = lt.session({"listen_interfaces": "127.5.9.1:0", "enable_dht": False, "alert_mask": 0x7FFFFFFF})
        heard: list[str] = []
        alerts = Alerts(session)
        alerts.start()
        alerts.on("session_stats_alert", lambda alert: heard.append(alert.what()))
        for count in range(1, 4):
            session.post_session_stats()
            await until(lambda: len(heard) == count, "the alert")  # noqa: B023 - awaited in the loop
        alerts.stop()
        del session
        alerts.close()

    run(work())


def test_a_pulse_wakes_all_who_wait_and_only_them() -> None:
    async def work() -> None:
        pulse = Pulse()
        waiting = [asyncio.ensure_future(pulse.next(5)) for _ in range(3)]
        await asyncio.sleep(0)
        assert pulse.awaited
        pulse.beat()
        assert await asyncio.gather(*waiting) == [True, True, True]
        assert not pulse.awaited
        assert await pulse.next(0.01) is False

    run(work())


def test_waiting_ends_when_it_becomes_true_or_says_what_it_waited_for() -> None:
    async def work() -> None:
        pulse, count = Pulse(), 0
        waiting = asyncio.ensure_future(pulse.until(lambda: count >= 2, 5, "two"))
        for _ in range(2):
            await asyncio.sleep(0)
            count += 1
            pulse.beat()
        await waiting
        with pytest.raises(TimeoutError, match="never"):
            await pulse.until(lambda: False, 0.01, "never")

    run(work())


def test_a_cancelled_waiter_is_forgotten() -> None:
    async def work() -> None:
        pulse = Pulse()
        waiting = asyncio.ensure_future(pulse.next())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not pulse.awaited

    run(work())
