"""What the window knows of a film's moments."""

from __future__ import annotations

import pytest

from app.store.database import Database
from app.store.items import Items
from app.store.moments import ItemMoments, Moments
from models.ids import ItemId

FILM = ItemMoments((0.0, 12.3, 60.5), "ab" * 32, 160, 90)


def test_what_is_put_is_there(items: Items, database: Database) -> None:
    moments = Moments(database)
    moments.put(ItemId(3), FILM)
    assert moments.of(ItemId(3)) == FILM
    assert moments.of(ItemId(4)) is None
    assert moments.of_many([ItemId(3), ItemId(4)]) == {3: FILM}


def test_what_is_put_again_takes_the_place_of_what_was(items: Items, database: Database) -> None:
    moments = Moments(database)
    moments.put(ItemId(3), FILM)
    moments.put(ItemId(3), ItemMoments((5.0,)))
    assert moments.of(ItemId(3)) == ItemMoments((5.0,), "", 0, 0)
    moments.put(ItemId(3), ItemMoments(()))
    assert moments.of(ItemId(3)) is None


def test_an_unknown_item_has_no_moments(items: Items, database: Database) -> None:
    moments = Moments(database)
    moments.put(ItemId(999), FILM)
    assert moments.of(ItemId(999)) is None


@pytest.mark.parametrize(
    ("seconds", "number"), [(0.0, 0), (12.2, 0), (12.3, 1), (60.0, 1), (60.5, 2), (1e6, 2), (-1.0, 0)]
)
def test_the_moment_that_is_on(seconds: float, number: int) -> None:
    assert FILM.number_at(seconds) == number


def test_before_the_first_moment_it_is_the_first() -> None:
    assert ItemMoments((10.0, 20.0)).number_at(3.0) == 0
