"""What the ranker reads of every Item."""

from __future__ import annotations

from app.store.database import Database
from app.store.facts import Facts
from app.store.feedback import Feedback
from app.store.items import Items
from models.ids import ItemId
from tests.factories import found_item

SPACE = "text-v1-0123456789abcdef"


def test_present_items_in_order_of_their_ids(database: Database, items: Items) -> None:
    items.mark_missing([items.known_files(1)["/music/000003.flac"].id])
    found = Facts(database).present()
    assert [fact.id for fact in found] == [1, 2, 3, *range(5, 13)]
    assert (found[1].title, found[1].artist, found[1].album, found[1].kind) == (
        "Title 1",
        "Artist 1",
        "Album 1",
        "track",
    )
    assert found[1].duration == 101


def test_standings_follow_what_was_undone(database: Database, items: Items) -> None:
    times = iter(range(100, 200))
    feedback = Feedback(database, clock=lambda: float(next(times)))
    feedback.like(ItemId(1))
    feedback.played(ItemId(2), 1, 50)
    feedback.later(ItemId(3))
    feedback.stars(ItemId(4), 2.5)
    standings = {found.id: found for found in Facts(database).standings()}
    assert (standings[1].liked, standings[1].later) == (1, 0)
    assert (standings[2].play_count, standings[2].last_played) == (1, 101)
    assert standings[3].later == 102
    assert standings[4].stars == 2.5
    feedback.undo()
    feedback.undo()
    assert {found.id for found in Facts(database).standings()} == {1, 2}
    feedback.redo()
    assert {found.id for found in Facts(database).standings()} == {1, 2, 3}
    feedback.undo()
    assert {found.id for found in Facts(database).standings()} == {1, 2}


def test_only_new_words_make_a_vector_out_of_date(database: Database, items: Items) -> None:
    items.mark([(ItemId(item), SPACE) for item in range(1, 13)])
    assert Facts(database).retagged(SPACE) == []
    items.save_found([found_item(0, title="New"), found_item(1, cover="ab" * 32)])
    assert Facts(database).retagged(SPACE) == [1]
