"""library.db: opening, migrating, backing up, checking, restoring, and transactions.

Every other module of the store takes an open `Database`; each thread opens one of its own, which is cheap. Here
alone SQLite's errors become the store's. May touch the database file, its folder's `backups` and nothing else.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from app.errors import Corrupt, DiskFull, Locked, StoreError, TooNew
from app.store import derived

log = logging.getLogger(__name__)

APPLICATION_ID = 0x424F5752
""""BOWR", in the header of library.db."""
BUSY_MS = 10_000
KEPT_BACKUPS = 5

Row = tuple[Any, ...]
Parameters = Sequence[Any]

_text = functools.partial(str, encoding="utf-8", errors="surrogateescape")


@contextlib.contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about a damaged, locked or full database into the store's. Ours stay bugs."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise Locked("Another program is using the library", "Close it and try again.", path) from error
        if code == sqlite3.SQLITE_FULL:
            raise DiskFull("The disk is full", "Nothing was lost. Free some space and try again.", path) from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            remedy = "Run `bowerbird doctor --repair`: it sets the file aside and restores the newest backup."
            raise Corrupt("The library file is damaged", remedy, path) from error
        if code == sqlite3.SQLITE_IOERR and "full" in str(error):
            raise DiskFull("The disk is full", "Free some space and try again.", path) from error
        if code in (
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_READONLY,
            sqlite3.SQLITE_PERM,
            sqlite3.SQLITE_IOERR,
        ):
            raise StoreError("The library file cannot be used", str(error), path) from error
        raise


class Database:
    """One open connection to library.db, for one thread. `execute`, `all`, `one` read; writing needs `transaction`."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection
        self._depth = 0

    @classmethod
    def open(
        cls,
        path: Path,
        migrations: Path,
        *,
        readonly: bool = False,
        scores: Path | None = None,
        offers: Path | None = None,
    ) -> Database:
        """Open library.db, made or migrated where needed (a backup first), with scores.db and offers.db if given.

        Raises TooNew (file untouched), Locked, Corrupt, DiskFull, or StoreError where it cannot be opened at all.
        """
        known = numbered(migrations)
        _refuse_newer(path, known[-1][0])
        with translated(path):
            connection = connect(path, readonly=readonly)
            database = cls(path, connection)
            try:
                if not readonly:
                    database._prepare(known)
                elif int(database._pragma("user_version")) != known[-1][0]:
                    raise StoreError("The library has to be brought up to date first", "Start Bowerbird once.", path)
                if scores is not None:
                    database._attach("scores", scores, make_scores, derived.SCORES + derived.OFFER_SCORES + derived.MAP)
                if offers is not None:
                    database._attach("offers", offers, make_offers, derived.OFFERS)
            except BaseException:
                connection.close()
                raise
        return database

    # ------------------------------------------------------------------------------------ reading, writing

    def execute(self, sql: str, parameters: Parameters = ()) -> sqlite3.Cursor:
        """Run one statement. Raises the store's errors."""
        with translated(self.path):
            return self._connection.execute(sql, parameters)

    def run_many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Run one statement for each of `rows`."""
        with translated(self.path):
            self._connection.executemany(sql, rows)

    def all(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """All rows of a query."""
        with translated(self.path):
            return self._connection.execute(sql, parameters).fetchall()

    def one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """The first row of a query, or None."""
        with translated(self.path):
            row: Row | None = self._connection.execute(sql, parameters).fetchone()
            return row

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, on disk when the block has ended. Keep it under 20 ms; inside another it joins that one."""
        if self._depth:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
            return
        self.execute("BEGIN IMMEDIATE")
        self._depth = 1
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                # SQLite has already rolled back after some errors (a full disk), and then there is nothing to do.
                self._connection.execute("ROLLBACK")
            raise
        finally:
            self._depth = 0

    @property
    def changes(self) -> int:
        """How many rows this connection has written so far."""
        return self._connection.total_changes

    def close(self) -> None:
        """Close the connection. A second time does nothing."""
        self._connection.close()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ------------------------------------------------------------------------------------------- safety

    def backup(self, folder: Path | None = None) -> Path:
        """Write a compact copy to `folder` (default: `backups` beside the database) and keep the newest five."""
        folder = folder or self.path.parent / "backups"
        folder.mkdir(parents=True, exist_ok=True)
        version = int(self._pragma("user_version"))
        seconds, parts = divmod(time.time_ns(), 10**9)
        stamp = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime(seconds))}-{parts:09d}"
        target = folder / f"{self.path.stem}-{stamp}-v{version}.db"
        part = target.with_suffix(".part")
        part.unlink(missing_ok=True)
        try:
            self.execute("VACUUM INTO ?", (str(part),))
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _sync(part)
        part.replace(target)
        _sync(folder)
        for old in backups_of(self.path, folder)[KEPT_BACKUPS:]:
            old.unlink(missing_ok=True)
        return target

    def backup_if_older(self, seconds: float = 3 * 86_400, folder: Path | None = None) -> Path | None:
        """Write a backup unless the newest is younger than that; None where it is. Others may write meanwhile."""
        newest = next(iter(backups_of(self.path, folder)), None)
        if newest is not None and time.time() - newest.stat().st_mtime < seconds:
            return None
        return self.backup(folder)

    def problems(self) -> list[str]:
        """What SQLite's own checks find wrong: the pages, the references, the search index. Empty = sound."""
        found: list[str] = []
        try:
            found += [str(row[0]) for row in self.all("PRAGMA integrity_check") if row[0] != "ok"]
            broken = len(self.all("PRAGMA foreign_key_check"))
            if broken:
                found.append(f"{broken} rows refer to something that is gone")
        except StoreError as error:
            return [error.title]
        try:
            with self.transaction():
                self.execute("INSERT INTO items_text(items_text, rank) VALUES ('integrity-check', 1)")
        except StoreError:
            found.append("the search index does not match the items")
        return found

    def rebuild_search(self) -> None:
        """Make the search index anew from the items."""
        with self.transaction():
            self.execute("INSERT INTO items_text(items_text) VALUES ('rebuild')")

    # ------------------------------------------------------------------------------------------ opening

    def _pragma(self, name: str) -> Any:
        row = self.one(f"PRAGMA {name}")
        return row[0] if row else 0

    def _prepare(self, known: list[tuple[int, Path]]) -> None:
        version, application = int(self._pragma("user_version")), int(self._pragma("application_id"))
        if application == 0 and self._holds_tables():
            # Another first start may have made the tables since: they come together with the number.
            application = int(self._pragma("application_id"))
            foreign = application != APPLICATION_ID
        else:
            foreign = application not in (0, APPLICATION_ID)
        if foreign:
            raise StoreError("This is not a library of Bowerbird's", "Move the file away.", self.path)
        self._use_wal()
        if version == known[-1][0]:
            return
        if version:
            log.info("bringing the library from version %d to %d", version, known[-1][0])
            self.backup()
        for number, file in known:
            self._migrate(number, file)

    def _use_wal(self) -> None:
        # The change to WAL wants the file alone and does not wait for it; two first starts may meet here.
        deadline = time.monotonic() + BUSY_MS / 1000
        while self._pragma("journal_mode") != "wal":
            try:
                self.execute("PRAGMA journal_mode = WAL")
            except Locked:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def _holds_tables(self) -> bool:
        return self.one("SELECT 1 FROM sqlite_schema LIMIT 1") is not None

    def _migrate(self, number: int, file: Path) -> None:
        with self.transaction():
            if int(self._pragma("user_version")) >= number:
                return
            for statement in _statements(file.read_text(encoding="utf-8")):
                self.execute(statement)
            self.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self.execute(f"PRAGMA user_version = {number}")

    def _attach(self, name: str, path: Path, make: Callable[[Path], None], schema: str) -> None:
        """Attach a derived file for reading; where it cannot be used, an empty one in memory."""
        try:
            make(path)
            self._connection.execute(f"ATTACH ? AS {name}", (f"{path.absolute().as_uri()}?mode=ro",))
            self._connection.execute(f"SELECT 1 FROM {name}.{name} LIMIT 1").fetchone()
        except sqlite3.Error as error:
            log.warning("%s cannot be read: %s", path.name, error)
            with contextlib.suppress(sqlite3.Error):
                self._connection.execute(f"DETACH {name}")
            self._connection.execute(f"ATTACH ':memory:' AS {name}")
            self._connection.executescript(schema.format(schema=name))


def connect(path: Path, *, readonly: bool = False, synchronous: str = "FULL") -> sqlite3.Connection:
    """A bare connection with the store's settings: explicit transactions, waiting, foreign keys, own path bytes."""
    uri = f"{path.absolute().as_uri()}?mode={'ro' if readonly else 'rwc'}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=BUSY_MS / 1000)
    try:
        connection.text_factory = _text
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -16000")
        connection.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        connection.close()
        raise
    return connection


def make_scores(path: Path) -> None:
    """Create an empty scores.db where there is none."""
    _make(path, (derived.SCORES + derived.OFFER_SCORES + derived.MAP).format(schema="main"))


def make_offers(path: Path) -> None:
    """Create an empty offers.db where there is none. Its ids begin at the clock's, so that none ever comes twice."""
    first = time.time_ns() // 1_000_000
    _make(
        path,
        f"{derived.OFFERS.format(schema='main')} INSERT INTO sqlite_sequence (name, seq) SELECT 'offers', {first} "
        "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence);"
        f"PRAGMA application_id = {derived.OFFERS_ID};",
    )


def _make(path: Path, script: str) -> None:
    if path.exists() and path.stat().st_size:
        return
    connection = connect(path, synchronous="NORMAL")
    try:
        deadline = time.monotonic() + BUSY_MS / 1000
        while connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            try:
                connection.execute("PRAGMA journal_mode = WAL")
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)  # another process makes it, too
        if connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone() is None:
            connection.executescript(f"BEGIN IMMEDIATE; {script} COMMIT;")
    finally:
        connection.close()


def numbered(migrations: Path) -> list[tuple[int, Path]]:
    """The migration files `NNN.sql` in order."""
    found = sorted((int(file.stem), file) for file in migrations.glob("[0-9][0-9][0-9].sql"))
    if not found or [number for number, _ in found] != list(range(1, len(found) + 1)):
        raise StoreError("The installation is incomplete: migrations are missing", "Install again.", migrations)
    return found


def backups_of(path: Path, folder: Path | None = None) -> list[Path]:
    """The backups of a database, newest first."""
    folder = folder or path.parent / "backups"
    return sorted(folder.glob(f"{path.stem}-*-v*.db"), reverse=True)


def check(path: Path) -> list[str]:
    """What is wrong with a database file; empty when it is sound. Does not change it."""
    try:
        with translated(path):
            connection = connect(path, readonly=True)
            try:
                found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check") if row[0] != "ok"]
                if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                    found.append("not a library of Bowerbird's")
                return found
            finally:
                connection.close()
    except StoreError as error:
        return [f"{error.title} ({error.detail})"]


def restore(path: Path, folder: Path | None = None) -> Path:
    """Set a damaged library aside and put the newest sound backup in its place; returns which one.

    Nothing may have the library open. Raises Corrupt where no backup is sound; then nothing was changed.
    """
    for backup in backups_of(path, folder):
        if check(backup):
            continue
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
        for suffix in ("", "-wal", "-shm"):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.replace(part.with_name(f"{path.name}.damaged-{stamp}{suffix}"))
        copy = path.with_name(path.name + ".part")
        copy.write_bytes(backup.read_bytes())
        _sync(copy)
        copy.replace(path)
        _sync(path.parent)
        return backup
    raise Corrupt("The library is damaged and there is no sound backup", "Move it away to start afresh.", path)


def _refuse_newer(path: Path, newest: int) -> None:
    """Raise TooNew before SQLite gets to write anything.

    Asked through SQLite, never by opening the file ourselves: closing it would drop every lock that this process
    holds on it (POSIX), another process would take itself for the last one, and delete the log we still write to.
    See "How To Corrupt An SQLite Database File", section 2.2.
    """
    if not path.exists():
        return
    with translated(path):
        # Immutable: no lock, no log, no shared memory; only the header as it lies on the disk.
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)
        try:
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            application = int(connection.execute("PRAGMA application_id").fetchone()[0])
        finally:
            connection.close()
    if application == APPLICATION_ID and version > newest:
        raise TooNew("The library was written by a newer Bowerbird", "Install the newer version again.", path)


def _statements(script: str) -> Iterator[str]:
    """The single statements of a script (SQLite knows where a trigger's body ends)."""
    statement = ""
    for line in script.splitlines(keepends=True):
        if not statement and (not line.strip() or line.lstrip().startswith("--")):
            continue
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        raise StoreError("A migration ends in the middle of a statement")


def _sync(path: Path) -> None:
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot fsync a folder and does not need it for a rename
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
