"""Downloads in library.db: their states, what is kept over a restart, what is forgotten."""

from __future__ import annotations

from app.network_messages import DownloadState
from app.store.database import Database
from app.store.downloads import Downloads, WantedFile
from app.store.items import Items
from app.store.peers import Peers
from tests.factories import file_root, peer_key

A = peer_key(1)


def _wanted(number: int, **given: object) -> WantedFile:
    fields: dict[str, object] = {"root": file_root(number), "peer": A, "size": 1000, "mime": "audio/flac", "title": "T"}
    return WantedFile(**{**fields, **given})  # type: ignore[arg-type]


def test_a_new_download_waits(database: Database) -> None:
    Peers(database).follow(A, "Anna")
    downloads = Downloads(database)
    row = downloads.add(_wanted(1, artist="A", duration=12.5))
    assert (row.state, row.done_bytes, row.under_way, row.finished_at) == (DownloadState.WAITING, 0, True, 0)
    assert (row.peer_name, row.artist, row.duration, row.item) == ("Anna", "A", 12.5, None)
    assert downloads.rows() == [row]
    assert downloads.row(99) is None


def test_a_file_under_way_or_kept_is_not_begun_twice(database: Database) -> None:
    downloads = Downloads(database)
    first = downloads.add(_wanted(1))
    assert downloads.add(_wanted(1, peer=peer_key(2))) == first
    downloads.keep(first.id, "/downloads/T.flac")
    assert downloads.add(_wanted(1)).id == first.id


def test_one_that_is_over_is_begun_again_under_a_new_number(database: Database) -> None:
    downloads = Downloads(database)
    first = downloads.add(_wanted(1))
    downloads.note(first.id, 500, 10, b"resume")
    downloads.set_state(first.id, DownloadState.CANCELLED)
    second = downloads.add(_wanted(1))
    assert second.id > first.id
    assert (second.state, second.done_bytes, downloads.resume_of(second.id)) == (DownloadState.WAITING, 0, None)
    assert downloads.row(first.id) is None


def test_progress_and_notes_of_the_swarm_are_kept(database: Database) -> None:
    downloads = Downloads(database)
    row = downloads.add(_wanted(1))
    downloads.note(row.id, 500, 10, b"resume")
    downloads.note(row.id, 600, 20)
    downloads.set_state(row.id, DownloadState.PAUSED)
    (found,) = downloads.under_way()
    assert (found.done_bytes, found.uploaded, found.state) == (600, 20, DownloadState.PAUSED)
    assert downloads.resume_of(row.id) == b"resume"


def test_the_end_is_dated_once_and_forgotten_when_it_goes_on(database: Database) -> None:
    downloads = Downloads(database)
    row = downloads.add(_wanted(1))
    downloads.set_state(row.id, DownloadState.FAILED, "The disk is full")
    ended = downloads.row(row.id)
    assert ended is not None
    assert (ended.reason, ended.under_way) == ("The disk is full", False)
    assert ended.finished_at > 0
    downloads.set_state(row.id, DownloadState.WAITING)
    again = downloads.row(row.id)
    assert again is not None
    assert (again.finished_at, again.reason) == (0, "")


def test_a_kept_file_has_its_path_its_item_and_may_be_given(database: Database, items: Items) -> None:
    downloads = Downloads(database)
    row = downloads.add(_wanted(1))
    downloads.note(row.id, 900, 0, b"resume")
    downloads.keep(row.id, "/downloads/\udcff.flac")
    downloads.set_item(row.id, 3)
    downloads.set_seeding(row.id, True)
    kept = downloads.row(row.id)
    assert kept is not None
    assert (kept.path, kept.item, kept.done_bytes, kept.seeding) == ("/downloads/\udcff.flac", 3, 1000, True)
    assert downloads.resume_of(row.id) is None
    assert downloads.seeding() == [kept]
    downloads.set_item(row.id, 12345)
    assert downloads.seeding()[0].item is None


def test_only_what_is_over_can_be_forgotten(database: Database) -> None:
    downloads = Downloads(database)
    one, two = downloads.add(_wanted(1)), downloads.add(_wanted(2))
    downloads.set_state(two.id, DownloadState.REFUSED, "Not what was promised")
    downloads.remove([one.id, two.id])
    assert [row.id for row in downloads.rows()] == [one.id]


def test_another_peers_promise_can_stand_for_it(database: Database) -> None:
    downloads = Downloads(database)
    row = downloads.add(_wanted(1))
    downloads.set_peer(row.id, peer_key(2))
    found = downloads.of_root(file_root(1))
    assert found is not None
    assert found.peer == peer_key(2)
