"""Opening, migrating, backing up, checking and restoring library.db; errors by whose fault they are."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app.errors import Corrupt, DiskFull, Locked, StoreError, TooNew
from app.store import database as database_module
from app.store.database import Database, backups_of, check, restore
from app.store.feedback import Feedback
from app.store.item_lists import ItemLists, ListQuery
from app.store.items import Items
from models.ids import ItemId
from tests.factories import MIGRATIONS, found_item, make_library, open_database


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_fresh_library_is_sound_and_safe(database: Database, tmp_path: Path) -> None:
    assert database.one("PRAGMA journal_mode") == ("wal",)
    assert database.one("PRAGMA synchronous") == (2,)
    assert database.one("PRAGMA foreign_keys") == (1,)
    assert database.one("PRAGMA user_version") == (len(list(MIGRATIONS.glob("*.sql"))),)
    assert database.problems() == []
    assert check(tmp_path / "library.db") == []
    assert not (tmp_path / "backups").exists()


def test_a_newer_library_is_left_untouched(tmp_path: Path) -> None:
    open_database(tmp_path).close()
    path = tmp_path / "library.db"
    with contextlib.closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA user_version = 99")
    before = _digest(path), sorted(tmp_path.iterdir())
    with pytest.raises(TooNew) as caught:
        open_database(tmp_path)
    assert caught.value.path == path
    assert (_digest(path), sorted(tmp_path.iterdir())) == before


def test_somebody_elses_database_is_left_untouched(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with contextlib.closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE theirs (x)")
    before = _digest(path)
    with pytest.raises(StoreError, match="not a library"):
        open_database(tmp_path)
    assert _digest(path) == before


def test_a_migration_backs_up_first_and_runs_whole_or_not_at_all(tmp_path: Path) -> None:
    migrations = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, migrations)
    with open_database(tmp_path) as database:
        make_library(database, 3)
    number = len(list(MIGRATIONS.glob("*.sql"))) + 1
    new = migrations / f"{number:03d}.sql"
    new.write_text("CREATE TABLE half (x INTEGER) STRICT;\nCREATE TABLE items (x);\n", encoding="utf-8")
    path = tmp_path / "library.db"
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        Database.open(path, migrations)
    with open_database(tmp_path) as database:
        assert database.one("SELECT count(*) FROM sqlite_schema WHERE name = 'half'") == (0,)
        assert database.one("SELECT count(*) FROM items") == (3,)

    new.write_text("CREATE TABLE whole (x INTEGER) STRICT;\n-- the end\n", encoding="utf-8")
    with Database.open(path, migrations) as database:
        assert database.one("PRAGMA user_version") == (number,)
        assert database.one("SELECT count(*) FROM whole") == (0,)
    newest = backups_of(path)[0]
    assert check(newest) == []
    with contextlib.closing(sqlite3.connect(newest)) as raw:
        assert raw.execute("PRAGMA user_version").fetchone() == (number - 1,)
        assert raw.execute("SELECT count(*) FROM items").fetchone() == (3,)
    with pytest.raises(TooNew):
        open_database(tmp_path)


def test_missing_migrations_are_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="incomplete"):
        Database.open(tmp_path / "library.db", tmp_path)


def test_only_the_newest_backups_are_kept(database: Database, tmp_path: Path) -> None:
    made = [database.backup() for _ in range(7)]
    assert backups_of(tmp_path / "library.db") == made[:1:-1]


def test_a_backup_is_made_when_it_is_due(database: Database, tmp_path: Path) -> None:
    first = database.backup_if_older(3600)
    assert first is not None
    assert database.backup_if_older(3600) is None
    os.utime(first, (0, 0))
    second = database.backup_if_older(3600)
    assert second is not None
    assert second != first


def test_a_backup_that_fails_leaves_nothing(database: Database, items: Items, tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("in the way")
    with pytest.raises(FileExistsError):
        database.backup()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with pytest.raises(sqlite3.OperationalError), database.transaction():
        database.backup(elsewhere)  # SQLite refuses within a transaction
    assert list(elsewhere.iterdir()) == []


def test_dangling_references_are_found(database: Database, items: Items) -> None:
    database.execute("PRAGMA foreign_keys = OFF")
    with database.transaction():
        database.execute("INSERT INTO positions VALUES (4711, 1, 1)")
    assert database.problems() == ["1 rows refer to something that is gone"]


def test_reading_an_old_library_without_writing_says_to_start_once(tmp_path: Path) -> None:
    open_database(tmp_path).close()
    migrations = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, migrations)
    (migrations / f"{len(list(MIGRATIONS.glob('*.sql'))) + 1:03d}.sql").write_text("CREATE TABLE more (x);\n")
    with pytest.raises(StoreError, match="up to date"):
        Database.open(tmp_path / "library.db", migrations, readonly=True)


def test_a_migration_cut_off_is_refused(tmp_path: Path) -> None:
    (tmp_path / "001.sql").write_text("CREATE TABLE a (x);\nCREATE TABLE b (x")
    with pytest.raises(StoreError, match="middle of a statement"):
        Database.open(tmp_path / "library.db", tmp_path)


@pytest.mark.parametrize("damage", [b"", b"\0" * 100_000, b"not a database at all" * 1000])
def test_a_damaged_library_is_named_and_restored(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "library.db"
    with open_database(tmp_path) as database:
        make_library(database, 5)
        Feedback(database).like(ItemId(1))
        backup = database.backup()
    path.write_bytes(damage)
    if damage:
        with pytest.raises(Corrupt, match="doctor"):
            open_database(tmp_path)
    assert check(path) != []
    assert restore(path) == backup
    with open_database(tmp_path) as database:
        assert database.problems() == []
        assert [row.kind for row in Feedback(database).effective()] == ["like"]
        assert len(ItemLists(database).ids(ListQuery())) == 5
    assert list(tmp_path.glob("library.db.damaged-*"))


def test_damage_in_the_middle_is_found(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    with open_database(tmp_path) as database:
        make_library(database, 400)
        database.backup()
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2 // 4096 * 4096)
        file.write(b"\xa5" * 8192)
    assert check(path) != []
    restore(path)
    assert check(path) == []


def test_without_a_sound_backup_nothing_is_changed(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(b"garbage" * 1000)
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "library-20260101-000000-v1.db").write_bytes(b"garbage too" * 1000)
    before = _digest(path)
    with pytest.raises(Corrupt, match="no sound backup"):
        restore(path)
    assert _digest(path) == before


def test_a_wrong_search_index_is_found_and_rebuilt(database: Database, items: Items) -> None:
    with database.transaction():
        database.execute("INSERT INTO items_text(items_text) VALUES ('delete-all')")
    assert database.problems() == ["the search index does not match the items"]
    assert ItemLists(database).ids(ListQuery(search="title")).tolist() == []
    database.rebuild_search()
    assert database.problems() == []
    assert len(ItemLists(database).ids(ListQuery(search="title"))) == 12


def test_a_full_disk_loses_nothing(database: Database, items: Items) -> None:
    Feedback(database).like(ItemId(1))
    used = database.one("PRAGMA page_count")
    assert used is not None
    database.execute(f"PRAGMA max_page_count = {used[0]}")
    with pytest.raises(DiskFull):
        items.save_found([found_item(number, title="long " * 200) for number in range(100, 200)])
    database.execute("PRAGMA max_page_count = 100000")
    assert database.problems() == []
    Feedback(database).stars(ItemId(1), 4)
    assert [row.kind for row in Feedback(database).effective()] == ["like", "stars"]


def test_another_programs_lock_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "BUSY_MS", 50)
    with open_database(tmp_path) as ours:
        with contextlib.closing(sqlite3.connect(tmp_path / "library.db", isolation_level=None)) as theirs:
            theirs.execute("BEGIN IMMEDIATE")
            with pytest.raises(Locked), ours.transaction():
                pass
        with ours.transaction():
            pass


def test_a_failed_block_is_rolled_back_whole(database: Database) -> None:
    def twice() -> None:
        with database.transaction():
            database.execute("INSERT INTO playlists (name, created_at, changed_at) VALUES ('a', 0, 0)")
            with database.transaction():
                database.execute("INSERT INTO playlists (name, created_at, changed_at) VALUES ('b', 0, 0)")
                raise KeyError("stop")

    with pytest.raises(KeyError):
        twice()
    assert database.one("SELECT count(*) FROM playlists") == (0,)
    with database.transaction():
        database.execute("INSERT INTO playlists (name, created_at, changed_at) VALUES ('c', 0, 0)")
    assert database.one("SELECT count(*) FROM playlists") == (1,)


def test_readonly_reads_and_never_writes(tmp_path: Path) -> None:
    with open_database(tmp_path) as database:
        make_library(database, 3)
    with open_database(tmp_path, readonly=True, scores=True) as database:
        assert len(ItemLists(database).ids(ListQuery())) == 3
        with pytest.raises(StoreError), database.transaction():
            database.execute("DELETE FROM items")


def test_many_first_starts_at_once_make_one_library(tmp_path: Path) -> None:
    errors: list[Exception] = []

    def start() -> None:
        try:
            with open_database(tmp_path, scores=True) as database:
                Feedback(database).effective()
        except Exception as error:  # noqa: BLE001 - told below
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert check(tmp_path / "library.db") == []


def test_the_sqlite_shell_can_read_check_and_copy_it(tmp_path: Path) -> None:
    """Nothing of ours (functions, collations) is needed: a plain connection writes, checks and dumps."""
    with open_database(tmp_path) as database:
        make_library(database, 20)
    script = (
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1])\n"
        "db.execute(\"UPDATE items SET title = 'x', title_key = 'x' WHERE id = 1\")\n"
        "db.commit()\n"
        "assert db.execute('PRAGMA integrity_check').fetchall() == [('ok',)]\n"
        "assert len(db.execute('SELECT * FROM standing').fetchall()) == 0\n"
        "copy = sqlite3.connect(sys.argv[1] + '.copy')\n"
        "db.backup(copy)\n"
        "assert copy.execute('SELECT count(*) FROM items').fetchone() == (20,)\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "library.db")], check=True, timeout=60)
