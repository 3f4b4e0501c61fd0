"""The writer's thread: order, acknowledgement after the commit, errors, closing."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.errors import StoreError
from app.store.database import Database
from app.store.feedback import Feedback
from app.store.items import Items
from app.store.writer import WriteThread
from models.ids import ItemId
from tests.factories import make_library, open_database


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with open_database(tmp_path) as database:
        make_library(database, 3)
    return tmp_path


def test_work_is_done_in_order_and_told_after_the_commit(folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    reader = open_database(folder)

    def look(step: int) -> None:
        # On the writer's thread: a connection of its own, which sees only what is committed.
        with open_database(folder) as own:
            seen.append((step, Feedback(own).last_id()))

    writer = WriteThread(lambda: open_database(folder))
    for _ in range(5):
        writer.submit(lambda database: Feedback(database).like(ItemId(1)), look)
    assert writer.close()
    assert seen == [(step, step) for step in range(1, 6)]
    assert len(Feedback(reader).effective()) == 5
    reader.close()


def test_an_error_goes_to_whoever_asked_and_the_thread_lives_on(folder: Path) -> None:
    own: list[Exception] = []
    general: list[Exception] = []
    done: list[int] = []
    writer = WriteThread(lambda: open_database(folder), general.append)
    writer.submit(lambda database: Feedback(database).stars(ItemId(1), 9), done.append, own.append)
    writer.submit(lambda database: Feedback(database).stars(ItemId(1), 9), done.append)
    writer.submit(lambda database: Feedback(database).stars(ItemId(1), 4), done.append)
    writer.close()
    assert [type(error) for error in own + general] == [ValueError, ValueError]
    assert len(done) == 1


def test_a_library_that_opens_later_is_used_then(folder: Path) -> None:
    errors: list[Exception] = []
    done: list[int] = []
    tries: list[int] = []

    def opening() -> Database:
        tries.append(1)
        if len(tries) == 1:
            raise StoreError("not yet")
        return open_database(folder)

    writer = WriteThread(opening, errors.append)
    for _ in range(3):
        writer.submit(lambda database: Items(database).counts().tracks, done.append)
    writer.close()
    assert (len(errors), done) == (1, [3, 3])


@pytest.mark.allow_log_errors
def test_a_callback_that_raises_does_not_end_the_thread(folder: Path) -> None:
    done: list[int] = []

    def bad(_: int) -> None:
        raise RuntimeError("a bug")

    writer = WriteThread(lambda: open_database(folder))
    writer.submit(lambda database: Feedback(database).like(ItemId(1)), bad)
    writer.submit(lambda database: Feedback(database).like(ItemId(1)), done.append)
    writer.close()
    assert len(done) == 1


def test_closing_drains_and_then_refuses(folder: Path) -> None:
    started, go = threading.Event(), threading.Event()
    done: list[int] = []

    def slow(database: Database) -> int:
        started.set()
        assert go.wait(30)
        return 1

    writer = WriteThread(lambda: open_database(folder))
    writer.submit(slow, done.append)
    for _ in range(20):
        writer.submit(lambda database: Feedback(database).like(ItemId(1)), done.append)
    assert started.wait(30)
    assert not writer.close(seconds=0.01)
    with pytest.raises(StoreError, match="closing"):
        writer.submit(slow)
    go.set()
    assert writer.close()
    assert len(done) == 21
