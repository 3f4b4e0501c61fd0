"""Opening the library again in one thread must not cancel the locks that another thread of the process holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from app.paths import RESOURCES, Profile
from app.store.database import Database
from app.store.playlists import Playlists

VISITOR = """
import sys
from pathlib import Path
from app.paths import RESOURCES
from app.store.database import Database
from app.store.playlists import Playlists
with Database.open(Path(sys.argv[1]), RESOURCES / "migrations") as database:
    print(len(Playlists(database).all()))
"""


def visit(path: Path) -> int:
    """How many playlists another process sees; when it closes, it is not the last one."""
    return int(subprocess.run([sys.executable, "-c", VISITOR, str(path)], check=True, capture_output=True).stdout)


def test_a_second_connection_keeps_the_first_one_s_locks(profile: Profile) -> None:
    with Database.open(profile.library, RESOURCES / "migrations") as first:
        Playlists(first).create("one")
        with Database.open(profile.library, RESOURCES / "migrations") as second:
            assert len(Playlists(second).all()) == 1
        assert visit(profile.library) == 1
        Playlists(first).create("two")
        assert visit(profile.library) == 2
    with Database.open(profile.library, RESOURCES / "migrations") as again:
        assert len(Playlists(again).all()) == 2
