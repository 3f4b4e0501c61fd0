"""What is published: folders and playlists, what is kept back, the preview, and what the catalogue holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.store.database import Database
from app.store.feedback import Feedback
from app.store.items import Items
from app.store.learned_spaces import LearnedSpaces, SpaceRow
from app.store.playlists import Playlists
from app.store.publications import Publications, PublishedRow, Source, leaves
from models.ids import ItemId
from models.types import Modality
from tests.factories import file_root, found_item, open_database

AUDIO, IMAGE, TEXT = (
    "builtin-audio-v1-0123456789abcdef",
    "builtin-image-v1-0123456789abcdef",
    "builtin-text-v1-01234567",
)
FREE = "CC BY 4.0"


@pytest.fixture
def publications(database: Database) -> Publications:
    """Folder 1 has the Items 1..6, folder 2 the Items 7..9 (a video among them) and a second copy of Item 1."""
    items = Items(database)
    one, two = items.add_folder("/music"), items.add_folder("/films")
    items.save_found([found_item(n, one.id, genre="Jazz; Cool", licence=FREE if n < 3 else "") for n in range(6)])
    items.save_found([found_item(n, two.id, "/films", kind="video" if n == 8 else "track") for n in range(6, 9)])
    items.save_found([found_item(0, two.id, "/films", path="/films/copy.flac", licence=FREE, genre="Jazz; Cool")])
    items.mark([(ItemId(1), AUDIO), (ItemId(1), IMAGE), (ItemId(1), TEXT), (ItemId(9), AUDIO), (ItemId(9), IMAGE)], 1.0)
    return Publications(database)


def test_nothing_is_published_by_default(publications: Publications) -> None:
    assert publications.rows() == []
    assert publications.wanted() == []
    assert publications.published() == []


def test_a_folder_gives_its_items_in_order_with_their_words(publications: Publications) -> None:
    number = publications.add_folder(1, "mine")
    wanted = publications.wanted()
    assert [item.item for item in wanted] == [1, 2, 3, 4, 5, 6]
    first = wanted[0]
    assert (first.path, first.size, first.title, first.tags) == (
        "/music/000000.flac",
        1000,
        "Title 0",
        ("Jazz", "Cool"),
    )
    assert [item.licence for item in wanted] == [FREE, FREE, FREE, "mine", "mine", "mine"]
    (row,) = publications.rows()
    assert (row.id, row.folder_id, row.playlist_id, row.name, row.items) == (number, 1, None, "/music", 6)


def test_the_file_of_an_item_is_the_one_in_the_published_folder(publications: Publications) -> None:
    publications.add_folder(2)
    assert [item.path for item in publications.wanted()] == [
        "/films/copy.flac",
        *(f"/films/00000{n}.flac" for n in (6, 7, 8)),
    ]


def test_sources_overlap_without_doubles_and_the_first_says_the_licence(
    publications: Publications, database: Database
) -> None:
    playlist = Playlists(database).create("best", [ItemId(5), ItemId(8), ItemId(5)])
    publications.add_playlist(playlist, "first")
    publications.add_folder(1, "second")
    found = {item.item: item.licence for item in publications.wanted()}
    assert found == {1: FREE, 2: FREE, 3: FREE, 4: "second", 5: "first", 6: "second", 8: "first"}
    assert [(row.name, row.items) for row in publications.rows()] == [("best", 2), ("/music", 6)]


def test_kept_back_missing_and_absent_items_are_not_given(publications: Publications, database: Database) -> None:
    publications.add_folder(1)
    publications.keep_private([ItemId(2), ItemId(2)])
    files = Items(database).known_files(1)
    Items(database).mark_missing([files["/music/000002.flac"].id])
    assert [item.item for item in publications.wanted()] == [1, 4, 5, 6]
    assert publications.rows()[0].items == 4
    publications.allow([ItemId(2)])
    assert publications.preview([1]).items[1].item == 2


def test_unplugging_a_drive_takes_nothing_back(publications: Publications, database: Database) -> None:
    publications.add_folder(1)
    Items(database).set_online(1, False)
    assert [(item.item, item.online) for item in publications.wanted()] == [(n, False) for n in range(1, 7)]
    assert publications.preview([1]).items == ()
    assert publications.rows()[0].items == 1  # the Item with a copy elsewhere


def test_publishing_again_replaces_the_licence_and_removing_ends_it(
    publications: Publications, database: Database
) -> None:
    number = publications.add_folder(1, "a")
    assert publications.add_folder(1, "b") == number
    assert publications.rows()[0].licence == "b"
    publications.set_licence(number, "c")
    assert publications.wanted()[-1].licence == "c"
    publications.remove(number)
    assert publications.rows() == []
    publications.add_folder(2)
    publications.remove_all()
    assert publications.wanted() == []
    publications.add_folder(2)
    Items(database).remove_folder(2)
    assert publications.rows() == []


def test_the_preview_is_exactly_what_will_be_given(publications: Publications) -> None:
    publications.keep_private([ItemId(4)])
    preview = publications.preview([1, 2])
    publications.add_folder(1)
    publications.add_folder(2)
    assert [row.item for row in preview.items if not row.private] == [item.item for item in publications.wanted()]
    assert [row.item for row in preview.items if row.private] == [4]
    assert {row.item: row.spaces for row in preview.items if row.spaces} == {1: (AUDIO,), 9: (AUDIO, IMAGE)}
    assert (preview.unfree, preview.unencoded, preview.kept_private) == (5, 6, 1)
    assert preview.bytes == 8 * 90 + 2 * 862 + 1545
    assert preview.file_bytes == sum(item.size for item in publications.wanted())
    assert preview.items[0].file_name == "000000.flac"


def test_only_what_was_listened_to_or_looked_at_is_encoded(publications: Publications, database: Database) -> None:
    Items(database).mark([(ItemId(2), TEXT)], 1.0)
    assert publications.encoded() == {1, 9}


def test_words_are_never_sent_and_pictures_of_films_only() -> None:
    assert [leaves(space, "track") for space in (AUDIO, IMAGE, TEXT)] == [True, False, False]
    assert [leaves(space, "video") for space in (AUDIO, IMAGE, TEXT)] == [True, True, False]


def test_learned_vectors_leave_by_what_they_are_of_whatever_they_are_called(
    publications: Publications, database: Database
) -> None:
    # Two names that say the opposite of what they are; and one of an encoder that is not in use any longer.
    hears, sees, gone = "clip-of-sounds-v1-01234567", "audio-of-pictures-v1-01234567", "clap-v1-01234567"
    Items(database).mark([(ItemId(number), space) for number in (1, 9) for space in (hears, sees, gone)], 1.0)
    assert not any(leaves(space, "video") for space in (hears, sees, gone))
    LearnedSpaces(database).put([SpaceRow(hears, Modality.AUDIO, 64), SpaceRow(sees, Modality.IMAGE, 512)])
    learned = publications.learned()
    assert [leaves(space, "track", learned) for space in (hears, sees, gone)] == [True, False, False]
    assert [leaves(space, "video", learned) for space in (hears, sees, gone)] == [True, True, False]
    preview = publications.preview(folders=[1, 2])
    assert {row.item: row.spaces for row in preview.items if row.spaces} == {
        1: (AUDIO, hears),
        9: (sees, AUDIO, IMAGE, hears),
    }
    assert preview.bytes == 9 * 90 + 2 * 862 + 1545 + 2 * 66 + 514
    assert publications.encoded() == {1, 9}


def test_feedback_changes_nothing_of_what_is_given(publications: Publications, database: Database) -> None:
    publications.add_folder(1)
    before = publications.wanted()
    feedback = Feedback(database)
    for item in (1, 2, 3):
        feedback.like(ItemId(item))
        feedback.played(ItemId(item), 1.0, 100.0, "library")
    assert publications.wanted() == before


def test_what_the_catalogue_holds_is_noted_and_found_by_its_root(publications: Publications) -> None:
    rows = [
        PublishedRow(ItemId(n), f"/music/{n}", 10, 20, file_root(n) if n < 3 else None, "audio/flac", "")
        for n in (1, 2, 3)
    ]
    publications.put([*rows, PublishedRow(ItemId(999), "/gone", 1, 1, None)])
    assert publications.published() == rows
    assert publications.count_published() == 2
    assert publications.published_file(file_root(2)) == rows[1]
    assert publications.published_file(file_root(3)) is None
    publications.take_back([ItemId(1)])
    assert [row.item for row in publications.published()] == [2, 3]


def test_a_path_that_is_no_text_stays_what_it_is(tmp_path: Path) -> None:
    with open_database(tmp_path) as database:
        items = Items(database)
        folder = items.add_folder("/music")
        items.save_found([found_item(1, folder.id, path="/music/\udcff.flac")])
        publications = Publications(database)
        publications.add_folder(folder.id)
        (wanted,) = publications.wanted()
        assert wanted.path == "/music/\udcff.flac"
        publications.put([PublishedRow(wanted.item, wanted.path, 1, 1, None)])
        assert publications.published()[0].path == wanted.path


def test_choosing_replaces_what_was_chosen_and_keeps_what_stays(publications: Publications, database: Database) -> None:
    playlist = Playlists(database).create("Mine", [ItemId(1)])
    publications.choose([Source(1, False, "one"), Source(playlist, True)])
    first = {(row.folder_id, row.playlist_id): row.id for row in publications.rows()}
    publications.choose([Source(2, False), Source(1, False, "other"), Source(99, False), Source(99, True)])
    rows = publications.rows()
    assert [(row.folder_id, row.licence) for row in rows] == [(1, "other"), (2, "")]
    assert rows[0].id == first[1, None]
    publications.choose([])
    assert publications.rows() == []


def test_a_preview_of_sources_with_licences_of_their_own(publications: Publications) -> None:
    preview = publications.preview_of([Source(1, False, "CC0 1.0"), Source(2, False, "")])
    assert [row.licence for row in preview.items] == [FREE] * 3 + ["CC0 1.0"] * 3 + [""] * 3
    assert preview.unfree == 3
