"""Items: identity, moves, masks, marks, failures, tags."""

from __future__ import annotations

import pytest

from app.store.database import Database
from app.store.feedback import Feedback
from app.store.item_lists import ItemLists, ListQuery, SortKey
from app.store.item_values import Counts, Gains, MovedFile, SaveCounts
from app.store.items import Items
from models.ids import ItemId
from tests.factories import found_item

ONE, TWO = ItemId(1), ItemId(2)
SPACE = "audio-v1-0123456789abcdef"


def _shown(database: Database) -> list[int]:
    return ItemLists(database).ids(ListQuery(sort=SortKey.ADDED)).tolist()


def _file(items: Items, path: str) -> int:
    return items.known_files(1)[path].id


def test_what_was_found_is_kept_as_found(items: Items) -> None:
    found = found_item(
        77,
        title="Ein Stück",
        artist="Wer",
        album="Wo",
        album_artist="Alle",
        genre="a; b",
        year=1999,
        track_number=3,
        disc_number=2,
        duration=12.5,
        codec="flac",
        bitrate=900,
        sample_rate=44100,
        channels=2,
        width=10,
        height=20,
        licence="CC0",
        track_gain=-6.5,
        track_peak=0.9,
        cover="ab" * 32,
        rating=4.5,
    )
    assert items.save_found([found]) == SaveCounts(added=1)
    row = items.item_by_path(found.path)
    assert row is not None
    given = "title artist album album_artist genre year track_number disc_number duration codec bitrate"
    for name in (*given.split(), "sample_rate", "channels", "width", "height", "cover", "path", "kind"):
        assert getattr(row, name) == getattr(found, name)
    assert (row.stars, row.liked, row.present, row.score) == (4.5, 0, True, None)
    assert items.gains(row.id) == Gains(-6.5, 0.9, None, None)
    assert items.texts([row.id])[0].title == "Ein Stück"
    assert items.save_found([found]) == SaveCounts()


def test_retagging_keeps_the_item_and_its_ratings(database: Database, items: Items) -> None:
    Feedback(database).like(ONE)
    before = items.item(ONE)
    items.describe(ONE, cover="cd" * 32, width=5, height=6)
    assert items.save_found([found_item(0, title="Better", mtime_ns=5)]) == SaveCounts(changed=1)
    after = items.item(ONE)
    assert before is not None
    assert after is not None
    assert (after.title, after.liked, after.cover, after.width) == ("Better", 1, "cd" * 32, 5)
    assert after.added_at == before.added_at
    assert ItemLists(database).ids(ListQuery(search="better")).tolist() == [1]
    assert ItemLists(database).ids(ListQuery(search='"title 0"')).tolist() == []


def test_a_moved_file_keeps_its_item(database: Database, items: Items) -> None:
    Feedback(database).stars(ONE, 5)
    moved = found_item(0, path="/music/elsewhere/new name.flac")
    assert items.save_found([moved]) == SaveCounts(changed=0, moved=1)
    assert items.mark_missing([_file(items, "/music/000000.flac")]) == 0
    row = items.item(ONE)
    assert row is not None
    assert (row.path, row.present, row.stars) == (moved.path, True, 5)
    assert items.path_of(ONE) == moved.path


def test_a_move_told_by_the_scanner_replaces_what_lay_there(items: Items) -> None:
    number = _file(items, "/music/000000.flac")
    items.move_files([MovedFile(number, 1, "/music/000001.flac", 5, 6)])
    known = items.known_files(1)
    assert (known["/music/000001.flac"].id, known["/music/000001.flac"].item_id) == (number, 1)
    assert "/music/000000.flac" not in known
    assert items.path_of(ONE) == "/music/000001.flac"
    assert items.path_of(TWO) is None


def test_another_recording_at_the_same_place_is_another_item(database: Database, items: Items) -> None:
    Feedback(database).like(ONE)
    assert items.save_found([found_item(99, path="/music/000000.flac")]) == SaveCounts(added=1)
    old, new = items.item(ONE), items.item_by_path("/music/000000.flac")
    assert old is not None
    assert new is not None
    assert (old.present, old.liked, new.id, new.liked) == (False, 1, 13, 0)
    assert items.save_found([found_item(0)]) == SaveCounts(moved=1)
    assert items.item_by_path("/music/000000.flac") == items.item(ONE)
    assert 13 not in _shown(database)


def test_a_missing_file_masks_and_its_return_shows(database: Database, items: Items) -> None:
    number = _file(items, "/music/000000.flac")
    assert items.mark_missing([number]) == 1
    assert ONE not in _shown(database)
    assert items.known_files(1)["/music/000000.flac"].missing
    assert items.mark_found([number]) == 1
    assert ONE in _shown(database)


def test_an_unplugged_drive_masks_and_never_deletes(database: Database, items: Items) -> None:
    other = items.add_folder("/usb")
    items.save_found([found_item(50, other.id, root="/usb"), found_item(0, other.id, path="/usb/copy.flac")])
    Feedback(database).like(ItemId(13))
    assert items.set_online(1, False) == 12  # eleven masked, one played from its copy
    assert _shown(database) == [1, 13]
    assert items.path_of(ONE) == "/usb/copy.flac"
    assert items.counts() == Counts(2, 0, 0, 11, 0)
    assert items.set_online(other.id, False) == 2
    assert _shown(database) == []
    assert len(items.known_files(1)) == 12
    items.set_online(1, True)
    items.set_online(other.id, True)
    assert len(_shown(database)) == 13
    assert items.counts().masked == 0
    row = items.item(ItemId(13))
    assert row is not None
    assert row.liked == 1


def test_presence_is_mended_after_a_kill(database: Database, items: Items) -> None:
    with database.transaction():
        database.execute("UPDATE folders SET online = 0")
    assert len(_shown(database)) == 12
    assert items.refresh_presence() == 12
    assert items.refresh_presence() == 0
    assert _shown(database) == []


def test_a_removed_folder_leaves_memories(database: Database, items: Items) -> None:
    Feedback(database).like(ONE)
    items.mark([(ONE, SPACE)])
    items.record_failure("/music/bad.mp3", 1, 2, "tags", "broken")
    assert len(items.remove_folder(1)) == 12
    assert items.folders() == []
    assert items.failures() == []
    assert items.counts().masked == 12
    assert [row.kind for row in Feedback(database).effective()] == ["like"]
    again = items.add_folder("/music")
    items.save_found([found_item(0, again.id)])
    row = items.item(ONE)
    assert row is not None
    assert (row.present, row.liked) == (True, 1)
    assert items.remove_folder(12345) == []


def test_folders_in_folders(items: Items) -> None:
    assert items.add_folder("/music/").id == 1
    assert items.add_folder("/music/sub").id == 1
    assert items.add_folder("/musicals").id == 2
    above = items.add_folder("/")
    assert [folder.path for folder in items.folders()] == ["/"]
    assert len(items.known_files(above.id)) == 12
    assert items.counts().tracks == 12


def test_names_that_are_not_utf8_survive(database: Database, items: Items) -> None:
    path = "/music/\udcff\udc80.mp3"
    items.save_found([found_item(60, path=path, title="\udcff", artist="a\0b")])
    row = items.item_by_path(path)
    assert row is not None
    assert (row.path, row.title, row.artist) == (path, "?", "a b")
    assert path in items.known_files(1)
    items.record_failure(path, 1, 1, "decode", "no \udcff")
    failure = items.failure_for(path)
    assert failure is not None
    assert failure.path == path
    assert _shown(database)[-1] == row.id


def test_exact_duplicates_are_one_item_in_several_files(items: Items) -> None:
    assert items.same_files() == []
    items.save_found([found_item(3, path="/music/copy.flac")])
    (same,) = items.same_files()
    assert (same.id, same.paths) == (4, ("/music/000003.flac", "/music/copy.flac"))
    items.mark_missing([_file(items, "/music/copy.flac")])
    assert items.same_files() == []


def test_marks_say_what_is_to_be_encoded(database: Database, items: Items) -> None:
    Feedback(database).like(ItemId(5))
    items.save_found([found_item(70, kind="video")])
    order = [one.id for one in items.unmarked(SPACE)]
    assert order[:2] == [5, 13]
    assert len(order) == 13
    assert [one.id for one in items.unmarked(SPACE, "video")] == [13]
    assert len(items.unmarked(SPACE, limit=3)) == 3

    items.mark([(ItemId(5), SPACE), (ItemId(999), SPACE)])
    items.mark([(ItemId(6), SPACE)], silent=True)
    assert items.marked(SPACE) == {5}
    assert items.spaces() == [SPACE]
    assert items.counts().encoded == 2
    assert not {5, 6} & {one.id for one in items.unmarked(SPACE)}
    items.unmark([(ItemId(5), SPACE)])
    assert 5 in {one.id for one in items.unmarked(SPACE)}
    assert 6 not in {one.id for one in items.unmarked(SPACE)}


def test_what_failed_is_not_tried_until_it_changes(items: Items) -> None:
    found = found_item(0)
    items.record_failure(found.path, found.size, found.mtime_ns, "decode", "cut off")
    items.record_failure("/music/no.mp3", 1, 2, "tags", "empty")
    assert ONE not in {one.id for one in items.unmarked(SPACE)}
    assert {failure.path: failure.reason for failure in items.failures()} == {
        found.path: "cut off",
        "/music/no.mp3": "empty",
    }
    items.save_found([found])
    assert items.failure_for(found.path) is not None
    items.save_found([found_item(0, mtime_ns=99)])
    assert items.failure_for(found.path) is None
    assert ONE in {one.id for one in items.unmarked(SPACE)}
    assert items.clear_failures() == 1
    assert items.failures() == []


def test_absent_items_are_not_encoded(items: Items) -> None:
    items.set_online(1, False)
    assert items.unmarked(SPACE) == []
    assert items.present_ids() == []


def test_new_tags_make_the_words_out_of_date_and_a_new_cover_does_not(database: Database, items: Items) -> None:
    def tagged() -> float:
        row = database.one("SELECT tagged_at FROM items WHERE id = 1")
        assert row is not None
        return float(row[0])

    first = tagged()
    items.save_found([found_item(0, cover="ef" * 32)])
    assert tagged() == first
    items.save_found([found_item(0, title="Other")])
    assert tagged() > first


@pytest.mark.parametrize("kind", ["song", ""])
def test_only_tracks_and_videos(items: Items, kind: str) -> None:
    with pytest.raises(Exception, match="CHECK constraint"):
        items.save_found([found_item(80, kind=kind)])
