"""Garbage is collected on the window's thread only."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app.ui.collecting import collect_due, collect_here


class Knot:
    """Garbage only the collector can find."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    gc.disable()
    yield
    gc.unfreeze()
    gc.enable()


def test_only_the_windows_thread_collects(qtbot: QtBot) -> None:
    owner = QObject()
    where: list[int] = []
    collect_here(owner)
    gone = weakref.finalize(knot := Knot(), lambda: where.append(threading.get_ident()))
    del knot
    kept: list[list[int]] = []
    other = threading.Thread(target=lambda: kept.extend([number] for number in range(50_000)))
    other.start()
    other.join()
    assert len(kept) == 50_000
    assert gone.alive
    qtbot.waitUntil(lambda: bool(where), timeout=20_000)
    assert where == [threading.get_ident()]


def test_nothing_is_done_while_there_is_little() -> None:
    gc.collect()
    assert collect_due() == -1
    kept = [[number] for number in range(2_000)]
    assert collect_due() == 0
    assert len(kept) == 2_000
