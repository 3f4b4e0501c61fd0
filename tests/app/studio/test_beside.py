"""Work that nothing can end: done on another thread, and not waited for once the studio ends."""

from __future__ import annotations

import threading

import pytest

from app.studio.beside import Beside, Ending

PATIENCE = 10.0


def test_what_it_gives_and_what_it_raises_come_back() -> None:
    beside = Beside()
    assert beside.do(lambda: threading.current_thread().name) == "beside"
    with pytest.raises(TimeoutError, match="mine"):
        beside.do(lambda: (_ for _ in ()).throw(TimeoutError("mine")))


def test_who_waits_stops_waiting_when_all_ends() -> None:
    beside, began, go_on = Beside(), threading.Event(), threading.Event()
    heard: list[str] = []

    def work() -> None:
        began.set()
        assert go_on.wait(PATIENCE)

    def wait_for_it() -> None:
        try:
            beside.do(work)
        except Ending as ending:
            heard.append(ending.title)

    waiting = threading.Thread(target=wait_for_it)
    waiting.start()
    assert began.wait(PATIENCE)
    beside.end()
    waiting.join(PATIENCE)
    assert heard == ["Bowerbird is being closed"]
    left = [beside.left]
    go_on.set()
    for thread in beside._threads:
        thread.join(PATIENCE)
    left.append(beside.left)
    assert left == [True, False], "it is still at it, though nobody waits"
    with pytest.raises(Ending):
        beside.do(work)
