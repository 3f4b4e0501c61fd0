"""The databases for an event loop: one thread, in order, errors included."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from app.errors import Corrupt, StoreError
from app.store.tasks import Stores, StoreTasks
from tests.factories import open_database, peer_key


def test_work_is_done_in_order_on_one_other_thread(tmp_path: Path) -> None:
    async def work() -> None:
        stores = StoreTasks(lambda: open_database(tmp_path), tmp_path / "offers.db")
        threads: list[int] = []

        def follow(stores: Stores, number: int) -> int:
            threads.append(threading.get_ident())
            stores.peers.follow(peer_key(number))
            return len(stores.peers.followed())

        answers = await asyncio.gather(*(stores.run(lambda s, n=n: follow(s, n)) for n in range(5)))  # type: ignore[misc]
        assert answers == [1, 2, 3, 4, 5]
        assert len(set(threads)) == 1
        assert threads[0] != threading.get_ident()
        with pytest.raises(StoreError, match="gone"):
            await stores.run(_fail)
        assert await stores.run(lambda s: len(s.peers.followed())) == 5
        await stores.close()

    asyncio.run(work())


def _fail(_: Stores) -> None:
    raise StoreError("gone")


def test_what_was_begun_is_done_even_if_nobody_waits(tmp_path: Path) -> None:
    async def work() -> None:
        stores = StoreTasks(lambda: open_database(tmp_path), tmp_path / "offers.db")
        task = asyncio.ensure_future(stores.run(lambda s: s.peers.follow(peer_key(1))))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await stores.close()

    asyncio.run(work())
    with open_database(tmp_path) as database:
        assert database.one("PRAGMA user_version") is not None


def test_a_library_that_cannot_be_opened_is_tried_again(tmp_path: Path) -> None:
    async def work() -> None:
        broken = [True]

        def opened() -> object:
            if broken[0]:
                raise Corrupt("The library file is damaged")
            return open_database(tmp_path)

        stores = StoreTasks(opened, tmp_path / "offers.db")  # type: ignore[arg-type]
        with pytest.raises(Corrupt):
            await stores.run(lambda s: s.peers.followed())
        broken[0] = False
        assert await stores.run(lambda s: s.peers.followed()) == []
        await stores.close()
        await StoreTasks(lambda: open_database(tmp_path), tmp_path / "offers.db").close()

    asyncio.run(work())
