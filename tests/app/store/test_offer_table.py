"""All offers as columns: read through a library.db with offers.db attached."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.paths import Profile
from app.store.database import Database
from app.store.item_values import FoundItem
from app.store.items import Items
from app.store.offer_table import OfferColumns
from app.store.peers import Peers
from app.studio.spaces import builtin_dimensions, builtin_spaces
from app.trust import Rank, Standing
from tests.factories import found_item, open_database
from tests.peers_catalogue import Offered, key_of, publish, root_of, withdraw

SPACE = builtin_spaces().audio
DIMENSION = builtin_dimensions()[SPACE]


def _open(profile: Profile) -> Database:
    return open_database(profile.root, offers=True)


def _offered() -> list[Offered]:
    return [
        Offered("One", {SPACE: np.ones(DIMENSION, np.float32)}, artist="Ann", duration=10.5, size=11, licence="CC0"),
        Offered("Two", artist="ANN", kind="video", tags=("Slow", "blue"), licence="secret"),
        Offered("Three", licence="CC0", root=root_of("shared")),
    ]


def test_columns_hold_every_offer(profile: Profile) -> None:
    publish(profile, "ann", _offered())
    publish(profile, "ben", [Offered("Three too", root=root_of("shared"))])
    with _open(profile) as database:
        table = OfferColumns(database).table()
        assert len(table) == 4
        assert (np.diff(table.ids) > 0).all()
        assert [table.peers[at] for at in table.peer] == [key_of("ann")] * 3 + [key_of("ben")]
        assert table.file[2] == table.file[3]
        assert table.files[table.file[2]] == root_of("shared")
        assert len(set(table.file.tolist())) == 3
        first = table.first_of_each_file()
        assert [table.files[table.file[row]] for row in first] == list(table.files)
        assert first[table.file[3]] == 2
        assert table.artist[0] == table.artist[1] != -1
        assert table.artist[2:].tolist() == [-1, -1]
        assert table.video.tolist() == [False, True, False, False]
        assert [table.licences[at] for at in table.licence] == ["CC0", "secret", "CC0", "CC-BY-4.0"]
        assert table.sizes[0] == 11
        assert table.durations[0] == 10.5
        asked = [int(table.ids[2]), 1, int(table.ids[0])]
        assert table.positions(asked).tolist() == [2, -1, 0]


def test_no_offers_are_an_empty_table(profile: Profile) -> None:
    publish(profile, "ann", _offered())
    withdraw(profile, "ann")
    with _open(profile) as database:
        columns = OfferColumns(database)
        table = columns.table()
        assert len(table) == 0
        assert table.positions([1, 2]).tolist() == [-1, -1]
        assert columns.places(np.array([1])) == []
        assert columns.holding([]) == []


def test_places_lead_to_the_rows_of_a_shard(profile: Profile) -> None:
    folder = publish(profile, "ann", _offered())
    with _open(profile) as database:
        columns = OfferColumns(database)
        ids = columns.table().ids
        places = columns.places(ids[1:])
        assert len(places) == 1
        assert (places[0].peer, places[0].folder, places[0].shard) == (key_of("ann"), str(folder), "00000")
        assert places[0].spaces == ((SPACE, DIMENSION),)
        assert (places[0].offers, places[0].rows) == (tuple(ids[1:].tolist()), (1, 2))


def test_the_spaces_of_all_catalogues_are_told_once_each(profile: Profile) -> None:
    heard = {SPACE: np.ones(DIMENSION, np.float32), "foreign-v1-0123456789abcdef": np.ones(8, np.float32)}
    publish(profile, "ann", _offered())
    publish(profile, "ben", [Offered("Both", heard)])
    with _open(profile) as database:
        columns = OfferColumns(database)
        assert columns.spaces() == {(SPACE, DIMENSION), ("foreign-v1-0123456789abcdef", 8)}
    withdraw(profile, "ann")
    withdraw(profile, "ben")
    with _open(profile) as database:
        assert OfferColumns(database).spaces() == frozenset()


def test_whole_words_are_found_without_case(profile: Profile) -> None:
    publish(profile, "ann", _offered())
    with _open(profile) as database:
        columns = OfferColumns(database)
        ids = columns.table().ids.tolist()
        assert columns.holding(["ONE", ""]) == [ids[0]]
        assert columns.holding(["ann", "blue"]) == ids[:2]
        assert columns.holding(["thre"]) == []


def test_trust_is_what_stands_in_the_library(profile: Profile) -> None:
    publish(profile, "ann", _offered())
    with _open(profile) as database:
        Peers(database).follow(key_of("ann"))
        Peers(database).block(key_of("ben"))
        columns = OfferColumns(database)
        found = columns.trust()
        assert (found[key_of("ann")].rank, found[key_of("ann")].standing) == (Rank.FOLLOWED, Standing.UNKNOWN)
        assert found[key_of("ben")].blocked
        assert key_of("cat") not in found
        assert columns.dismissed() == frozenset()


def test_own_files_are_published_or_kept_downloads(profile: Profile, tmp_path: Path) -> None:
    with _open(profile) as database:
        items = Items(database)
        folder = items.add_folder(str(tmp_path))
        batch: list[FoundItem] = [found_item(number, folder.id) for number in range(2)]
        items.save_found(batch)
        first, second = items.present_ids()
        with database.transaction():
            database.execute(
                "INSERT INTO published (item_id, path, size, mtime_ns, root) VALUES (?, 'x', 1, 1, ?)",
                (first, root_of("a")),
            )
            database.execute(
                "INSERT INTO downloads (root, peer, size, mime, title, state, item_id, added_at) "
                "VALUES (?, ?, 1, 'audio/mpeg', 't', 'done', ?, 0), (?, ?, 1, 'audio/mpeg', 't', 'running', NULL, 0)",
                (root_of("b"), key_of("ann"), second, root_of("c"), key_of("ann")),
            )
        assert OfferColumns(database).own_files() == {root_of("a"): first, root_of("b"): second}
