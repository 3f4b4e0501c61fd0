"""Fixtures for pages: the store's items, the edits of playlists, and what every page has to fulfil."""

from __future__ import annotations

import pytest

from app.store.items import Items
from app.ui.pages.playlist_edits import PlaylistEdits
from tests.window import Rig


@pytest.fixture
def items(rig: Rig) -> Items:
    """The store as the window's thread reads it; tests also write with it."""
    return Items(rig.database)


@pytest.fixture
def edits(rig: Rig) -> PlaylistEdits:
    return PlaylistEdits(rig.database, rig.writes, rig.undo)
