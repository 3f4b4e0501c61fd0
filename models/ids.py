"""Identities that the window's process needs, too: kept apart from the arrays so that it need not load numpy."""

from __future__ import annotations

from typing import NewType

ItemId = NewType("ItemId", int)
"""Row number of an Item in library.db; stable for the life of the library."""
