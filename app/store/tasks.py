"""The databases for an event loop: one worker thread that does all of a process's store work, awaited from the loop.

The network process makes one. SQLite never runs on the loop itself, and writes come one after the other, in the order
in which they were asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from app.store.database import Database
from app.store.downloads import Downloads
from app.store.offers import Offers
from app.store.peers import Peers
from app.store.publications import Publications

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stores:
    """What stands open on the worker thread; to be used there alone."""

    database: Database
    peers: Peers
    offers: Offers
    publications: Publications
    downloads: Downloads


class StoreTasks:
    """`await run(lambda stores: ...)` does it on the worker thread. Opened at the first use, `close` at the end."""

    def __init__(self, open_database: Callable[[], Database], offers: Path) -> None:
        """`open_database` opens library.db (offers.db need not be attached); `offers` is where offers.db lies."""
        self._open_database = open_database
        self._offers = offers
        self._thread = ThreadPoolExecutor(1, "store")
        self._stores: Stores | None = None

    async def run(self, do: Callable[[Stores], T]) -> T:
        """Do it in its turn; returns its answer or raises its error. Once begun it is done even if nobody waits."""
        return await asyncio.wrap_future(self._thread.submit(self._do, do))

    async def close(self) -> None:
        """Do what was asked for before, then let the databases go."""
        await asyncio.wrap_future(self._thread.submit(self._close))
        self._thread.shutdown(wait=True)

    def _do(self, do: Callable[[Stores], T]) -> T:
        if self._stores is None:
            database = self._open_database()
            try:
                offers = Offers(self._offers)
            except BaseException:
                database.close()
                raise
            self._stores = Stores(database, Peers(database), offers, Publications(database), Downloads(database))
        return do(self._stores)

    def _close(self) -> None:
        if self._stores is not None:
            self._stores.offers.close()
            self._stores.database.close()
            self._stores = None
