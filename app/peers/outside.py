"""What others wrote into the library while the network is on: the command line may follow, block and publish, too.

SQLite tells cheaply whether another connection wrote at all; only then is it looked what it was. Used by the service.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.store.tasks import Stores, StoreTasks


@dataclass(frozen=True, slots=True)
class Seen:
    """What is new since the last look. `publish`: what is published, or what is known of it, changed."""

    followed: frozenset[bytes] = frozenset()
    unfollowed: frozenset[bytes] = frozenset()
    blocked: frozenset[bytes] = frozenset()
    unblocked: frozenset[bytes] = frozenset()
    publish: bool = False


@dataclass(frozen=True, slots=True)
class _Picture:
    followed: frozenset[bytes]
    blocked: frozenset[bytes]
    publications: tuple[object, ...]


NOTHING = Seen()


class Outside:
    """Remembers what was last seen; `remember` first."""

    def __init__(self, stores: StoreTasks) -> None:
        self._stores = stores
        self._version = -1
        self._last = _Picture(frozenset(), frozenset(), ())

    async def remember(self) -> None:
        """Take what stands now as known: after every change that was made here."""
        self._version, self._last = await self._stores.run(_read)

    async def look(self) -> Seen:
        """What others changed since the last look."""
        version = await self._stores.run(_version)
        if version == self._version:
            return NOTHING
        last = self._last
        await self.remember()
        now = self._last
        return Seen(
            now.followed - last.followed,
            last.followed - now.followed - now.blocked,
            now.blocked - last.blocked,
            last.blocked - now.blocked - now.followed,
            now.publications != last.publications,
        )


def _version(stores: Stores) -> int:
    """A number that changes when another connection has written."""
    row = stores.database.one("PRAGMA data_version")
    return int(row[0]) if row else 0


def _read(stores: Stores) -> tuple[int, _Picture]:
    version = _version(stores)
    published = stores.database.one(
        "SELECT (SELECT group_concat(id || licence) FROM publications), (SELECT count(*) FROM kept_private), "
        "(SELECT total(item_id) FROM kept_private)"
    )
    publications: tuple[object, ...] = tuple(published or ())
    if published and published[0]:
        # What is said of the published Items comes from these; feedback does not enter.
        library = stores.database.one(
            "SELECT (SELECT count(*) FROM files WHERE missing = 0), (SELECT max(tagged_at) FROM items), "
            "(SELECT max(encoded_at) FROM marks), (SELECT count(*) FROM marks)"
        )
        publications += tuple(library or ())
    return version, _Picture(frozenset(stores.peers.followed()), stores.peers.blocked(), publications)
