"""A library.db of one's own for each test of the store."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.store.database import Database
from app.store.items import Items
from tests.factories import found_item, open_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with open_database(tmp_path, scores=True) as opened:
        yield opened


@pytest.fixture
def items(database: Database) -> Items:
    """Twelve Items (ids 1..12) in the folder /music."""
    items = Items(database)
    folder = items.add_folder("/music")
    items.save_found([found_item(number, folder.id) for number in range(12)])
    return items
