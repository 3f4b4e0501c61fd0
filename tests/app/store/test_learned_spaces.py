"""The spaces of learned encoders in SQLite: which are in use, what they lack, and forgetting one."""

from __future__ import annotations

import pytest

from app.store.database import Database
from app.store.feedback import Feedback
from app.store.items import Items
from app.store.learned_spaces import STEP, Coverage, LearnedSpaces, SpaceRow
from models.types import ItemId, Modality
from tests.factories import found_item

SOUNDS, PICTURES = "clap-v1-0123456789abcdef", "clip-v1-0123456789abcdef"


@pytest.fixture
def learned(database: Database) -> LearnedSpaces:
    """Three tracks (the second has a cover), and a film."""
    items = Items(database)
    folder = items.add_folder("/music")
    items.save_found([found_item(n, folder.id, kind="video" if n == 3 else "track") for n in range(4)])
    items.describe(ItemId(2), cover="a" * 64)
    for number in (1, 3, 4):
        with database.transaction():
            database.execute("UPDATE items SET cover = '' WHERE id = ?", (number,))
    return LearnedSpaces(database)


def lacking(learned: LearnedSpaces, space: str, modality: Modality) -> set[int]:
    return {int(one.id) for one in learned.lacking(space, modality)}


def test_exactly_those_that_were_put_are_in_use(learned: LearnedSpaces) -> None:
    assert learned.rows() == ()
    rows = (SpaceRow(PICTURES, Modality.IMAGE, 512), SpaceRow(SOUNDS, Modality.AUDIO, 64))
    learned.put(rows)
    assert set(learned.rows()) == set(rows)
    assert learned.modalities() == {PICTURES: Modality.IMAGE, SOUNDS: Modality.AUDIO}
    learned.put(learned.rows())
    assert set(learned.rows()) == set(rows)
    learned.put(rows[:1])
    assert learned.rows() == rows[:1]


def test_sound_is_in_everything_and_pictures_in_films_and_covers(learned: LearnedSpaces) -> None:
    assert lacking(learned, SOUNDS, Modality.AUDIO) == {1, 2, 3, 4}
    assert lacking(learned, PICTURES, Modality.IMAGE) == {2, 4}
    assert {one.id: (one.kind, one.cover) for one in learned.lacking(PICTURES, Modality.IMAGE)} == {
        2: ("track", "a" * 64),
        4: ("video", ""),
    }
    assert learned.coverage(PICTURES, Modality.IMAGE) == Coverage(0, 2)


def test_what_is_marked_lacks_nothing_also_where_nothing_was_found(learned: LearnedSpaces, database: Database) -> None:
    Items(database).mark([(ItemId(1), SOUNDS)])
    Items(database).mark([(ItemId(2), SOUNDS)], silent=True)
    assert lacking(learned, SOUNDS, Modality.AUDIO) == {3, 4}
    assert learned.coverage(SOUNDS, Modality.AUDIO) == Coverage(2, 4)
    assert lacking(learned, PICTURES, Modality.IMAGE) == {2, 4}


def test_a_file_that_failed_is_not_wanted_until_it_changes(learned: LearnedSpaces, database: Database) -> None:
    path, size, mtime = database.all("SELECT path, size, mtime_ns FROM files WHERE item_id = 3")[0]
    Items(database).record_failure(path, size, mtime, "encode", "it is odd")
    assert lacking(learned, SOUNDS, Modality.AUDIO) == {1, 2, 4}
    assert learned.coverage(SOUNDS, Modality.AUDIO) == Coverage(0, 3)
    Items(database).record_failure(path, size, mtime - 1, "encode", "it is odd")
    assert lacking(learned, SOUNDS, Modality.AUDIO) == {1, 2, 3, 4}


def test_what_was_rated_comes_first(learned: LearnedSpaces, database: Database) -> None:
    Feedback(database).like(ItemId(3))
    assert learned.lacking(SOUNDS, Modality.AUDIO, 1)[0].id == 3


def test_a_track_with_other_tags_may_have_another_cover(learned: LearnedSpaces, database: Database) -> None:
    Items(database).mark([(ItemId(2), PICTURES), (ItemId(4), PICTURES)], at=1.0)
    assert learned.retagged(PICTURES) == [2], "a film is what it shows"
    Items(database).mark([(ItemId(2), PICTURES)])
    assert learned.retagged(PICTURES) == []


def test_forgetting_a_space_leaves_the_others(learned: LearnedSpaces, database: Database) -> None:
    items = Items(database)
    folder = items.add_folder("/more")
    items.save_found([found_item(n, folder.id, "/more") for n in range(10, STEP + 20)])
    ids = items.present_ids()
    items.mark([(item, SOUNDS) for item in ids])
    items.mark([(ItemId(4), PICTURES)])
    assert learned.forget(SOUNDS) == len(ids)
    assert learned.forget(SOUNDS) == 0
    assert items.spaces() == [PICTURES]
