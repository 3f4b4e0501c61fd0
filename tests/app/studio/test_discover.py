"""Which offers a page of Discover shows: filters, one place for each file, and what strangers may have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from zlib import crc32

import numpy as np
import pytest

from app.network_messages import Discover, OfferPicks
from app.paths import RESOURCES, Profile
from app.protocol import NO_REASON, ReasonKind
from app.search_messages import FoundBy
from app.store.database import Database
from app.store.feedback import FeedbackRow
from app.store.item_values import FoundItem
from app.store.items import Items
from app.store.offer_rows import Dismissals
from app.store.offer_table import OfferColumns
from app.store.offer_vectors import OfferVectors
from app.store.peers import Peers
from app.studio.discover import Discovery, ScoredOffers
from app.studio.features import ItemFeatures
from app.studio.meaning import WordVectors
from app.studio.offer_features import OfferFeatures
from app.studio.offer_words import OfferWords
from app.studio.spaces import SpacesInUse, builtin_spaces
from app.studio.trainer import Trainer
from app.trust import PLACES_PER_STRANGER, stranger_places
from models.features import Basis, Block
from models.int8 import Int8Vectors
from tests.concepts import sight_of
from tests.factories import found_item
from tests.peers_catalogue import Offered, key_of, publish, root_of
from tests.searched import LEARNED, SIGHT, SOUND, Encoders

WIDTH = 24
Ask = Callable[..., OfferPicks]


@pytest.fixture
def database(profile: Profile) -> Iterator[Database]:
    publish(profile, "nobody", [])
    with Database.open(profile.library, RESOURCES / "migrations", offers=profile.offers) as opened:
        items = Items(opened)
        folder = items.add_folder("/music")
        batch: list[FoundItem] = [found_item(number, folder.id) for number in range(30)]
        items.save_found(batch)
        yield opened


@pytest.fixture
def discovery(database: Database) -> Callable[..., Discovery]:
    """Makes a Discovery in which the later an offer was published, the better it is."""

    def make(*, labels: int = 4, owned: Sequence[int] = (), words: OfferWords | None = None) -> Discovery:
        own = np.random.default_rng(0).standard_normal((30, WIDTH)).astype(np.float32)
        basis = Basis.fit([Block("sound", own, np.ones(30, bool))], width=WIDTH)
        rows = basis.project([Block("sound", own, np.ones(30, bool))])
        items = np.array(Items(database).present_ids(), np.int64)
        feedback = [
            FeedbackRow(number, items[number], "like" if number % 2 else "dislike", None, "user", "", 0.0)
            for number in range(labels)
        ]
        learned = Trainer().learn(ItemFeatures(items, rows, basis, {"sound": 30}), feedback, 1.0)
        table = OfferColumns(database).table()
        count = len(table)
        features = np.random.default_rng(1).standard_normal((count, basis.width)).astype(np.float32)
        features /= np.linalg.norm(features, axis=1, keepdims=True)
        discoveries = np.linspace(-2, 2, count).astype(np.float32)
        return Discovery(
            database,
            ScoredOffers(
                table,
                OfferFeatures(table.ids, features, np.zeros(count, np.int64), basis),
                discoveries,
                (discoveries / 4 + 0.5).astype(np.float32),
                np.full(count, 0.1, np.float32),
                np.array(owned or [0] * count, np.int64),
                learned,
            ),
            learned,
            words,
        )

    return make


def offers(peer: str, count: int, **given: object) -> list[Offered]:
    return [
        Offered(f"{peer} {number}", artist=f"{peer} artist {number}", **given)  # type: ignore[arg-type]
        for number in range(count)
    ]


def shown(database: Database, page: OfferPicks) -> list[str]:
    names = dict(database.all("SELECT id, title FROM offers.offers"))
    return [names[pick.offer] for pick in page.picks]


def peers_of(database: Database, page: OfferPicks) -> list[str]:
    return [title.rsplit(" ", 1)[0] for title in shown(database, page)]


def test_the_best_come_first_with_score_and_reason(
    profile: Profile, database: Database, discovery: Callable[..., Discovery]
) -> None:
    publish(profile, "ann", offers("ann", 40))
    Peers(database).follow(key_of("ann"))
    page = discovery().picks(Discover(9, 10))
    assert (page.request, page.total, page.labels, len(page.picks)) == (9, 40, 4, 10)
    assert {int(title.split()[1]) for title in shown(database, page)} <= set(range(20, 40))
    scores = [pick.score for pick in page.picks]
    assert max(scores) == scores[0] == 1.0
    assert {pick.reason.kind for pick in page.picks} <= {
        ReasonKind.BECAUSE,
        ReasonKind.ABSENT,
        ReasonKind.UNLIKE,
        ReasonKind.UNKNOWN,
    }
    assert all(pick.deviation == pytest.approx(0.1) for pick in page.picks)


def test_strangers_have_few_places_each_and_a_part_of_the_page_together(
    profile: Profile, database: Database, discovery: Callable[..., Discovery]
) -> None:
    publish(profile, "friend", offers("friend", 60))
    strangers = [f"stranger{number}" for number in range(12)]
    for name in strangers:  # published later: all of them score better
        publish(profile, name, offers(name, 30))
    Peers(database).follow(key_of("friend"))
    page = discovery().picks(Discover(1, 30))
    found = peers_of(database, page)
    assert len(found) == 30
    assert sum(name != "friend" for name in found) == stranger_places(30)
    assert max(found.count(name) for name in strangers) <= PLACES_PER_STRANGER


def test_strangers_fill_what_others_leave_but_none_has_more_than_its_places(
    profile: Profile, database: Database, discovery: Callable[..., Discovery]
) -> None:
    publish(profile, "friend", offers("friend", 2))
    for name in ("some", "others", "more"):
        publish(profile, name, offers(name, 30))
    Peers(database).follow(key_of("friend"))
    found = peers_of(database, discovery().picks(Discover(1, 12)))
    assert len(found) - 2 > stranger_places(12)
    assert sorted({name: found.count(name) for name in found}.items()) == [
        ("friend", 2),
        ("more", PLACES_PER_STRANGER),
        ("others", PLACES_PER_STRANGER),
        ("some", PLACES_PER_STRANGER),
    ]


def test_a_friend_of_a_friend_is_bounded_but_no_stranger(
    profile: Profile, database: Database, discovery: Callable[..., Discovery]
) -> None:
    publish(profile, "friend", offers("friend", 30))
    for name in ("near1", "near2", "near3"):
        publish(profile, name, offers(name, 30))
        Peers(database).follow(key_of(name))
        Peers(database).unfollow(key_of(name))
    Peers(database).follow(key_of("friend"))
    with database.transaction():
        database.execute("UPDATE peers SET followed_by = 1 WHERE followed = 0")
    found = peers_of(database, discovery().picks(Discover(1, 12)))
    assert sum(name != "friend" for name in found) > stranger_places(12)
    assert max(found.count(f"near{number}") for number in (1, 2, 3)) <= PLACES_PER_STRANGER


def test_one_publisher_can_be_asked_for(
    profile: Profile, database: Database, discovery: Callable[..., Discovery]
) -> None:
    publish(profile, "ann", offers("ann", 20))
    publish(profile, "ben", offers("ben", 20))
    page = discovery().picks(Discover(1, 15, peer=key_of("ann").hex()))
    assert set(peers_of(database, page)) == {"ann"}
    assert (len(page.picks), page.total) == (15, 20)
    assert discovery().picks(Discover(1, 15, peer="none such")).total == 0


def test_who_broke_its_word_is_shown_only_when_asked_for(
    profile: Profile, database: Database, discovery: Callable[..., Discovery]
) -> None:
    publish(profile, "liar", offers("liar", 5))
    publish(profile, "ann", offers("ann", 5))
    for name in ("liar", "ann"):
        Peers(database).follow(key_of(name))
    with database.transaction():
        database.execute("UPDATE peers SET followed = 0, broken = 9 WHERE key = ?", (key_of("liar"),))
    assert set(peers_of(database, discovery().picks(Discover(1, 9)))) == {"ann"}
    assert set(peers_of(database, discovery().picks(Discover(1, 9, peer=key_of("liar").hex())))) == {"liar"}


def test_a_file_of_several_peers_stands_once_by_the_one_trusted_most(
    profile: Profile, database: Database, discovery: Callable[..., Discovery]
) -> None:
    for name in ("stranger", "friend", "other"):
        publish(profile, name, [Offered(f"{name} x", root=root_of("one file")), Offered(f"{name} y", artist=name)])
    Peers(database).follow(key_of("friend"))
    page = discovery().picks(Discover(1, 9))
    assert sorted(shown(database, page)) == ["friend x", "friend y", "other y", "stranger y"]
    assert page.total == 4
    ids = {title: number for number, title in database.all("SELECT id, title FROM offers.offers")}
    pick = next(pick for pick in page.picks if pick.offer == ids["friend x"])
    assert set(pick.others) == {ids["stranger x"], ids["other x"]}
    assert all(not one.others for one in page.picks if one is not pick)
    # Filtered by another publisher, its own line stands.
    page = discovery().picks(Discover(1, 9, peer=key_of("other").hex()))
    assert sorted(shown(database, page)) == ["other x", "other y"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, {"song", "film", "big", "unfree"}),
        ({"kind": "track"}, {"song", "big", "unfree"}),
        ({"kind": "video"}, {"film"}),
        ({"largest": 1_000}, {"song", "film", "unfree"}),
        ({"licence": "free"}, {"song", "film", "big"}),
        ({"licence": "cc0"}, {"film"}),
        ({"search": "SO"}, {"song"}),
        ({"search": "son -so"}, set()),
        ({"blocked_words": ("song", "nothing")}, {"film", "big", "unfree"}),
        ({"blocked_words": ("son", "")}, {"song", "film", "big", "unfree"}),
        ({"followed_only": True}, {"song", "film", "big"}),
        ({"with_owned": True}, {"song", "film", "big", "unfree", "mine"}),
    ],
)
def test_filters(
    profile: Profile,
    database: Database,
    discovery: Callable[..., Discovery],
    filters: dict[str, object],
    expected: set[str],
) -> None:
    made = [
        Offered("song", size=900),
        Offered("film", kind="video", size=1_000, licence="CC0"),
        Offered("big", size=1_001),
        Offered("mine", licence="odd", size=5_000),
    ]
    publish(profile, "ann", made)
    publish(profile, "ben", [Offered("unfree", licence="all rights reserved", size=10)])
    Peers(database).follow(key_of("ann"))
    found = discovery(owned=[0, 0, 0, int(Items(database).present_ids()[3]), 0])
    page = found.picks(Discover(1, 20, **filters))  # type: ignore[arg-type]
    assert set(shown(database, page)) == expected
    assert page.total == len(expected)
    assert {pick.owned > 0 for pick in page.picks} == {name == "mine" for name in expected}


def test_what_was_dismissed_does_not_come_back(
    profile: Profile, database: Database, discovery: Callable[..., Discovery]
) -> None:
    publish(profile, "ann", [Offered("a", root=root_of("a")), Offered("b")])
    Dismissals(database).add(root_of("a"))
    assert shown(database, discovery().picks(Discover(1, 20))) == ["b"]


def test_what_is_ours_no_longer_is_offered_again(
    profile: Profile, database: Database, discovery: Callable[..., Discovery]
) -> None:
    publish(profile, "ann", [Offered("a")])
    item = int(Items(database).present_ids()[3])
    found = discovery(owned=[item])
    assert found.picks(Discover(1)).total == 0
    with database.transaction():
        database.execute("UPDATE items SET present = 0 WHERE id = ?", (item,))
    page = found.picks(Discover(1))
    assert [pick.owned for pick in page.picks] == [0]


def test_without_labels_the_spread_is_the_same_each_time_and_has_no_reason(
    profile: Profile, database: Database, discovery: Callable[..., Discovery]
) -> None:
    publish(profile, "ann", offers("ann", 40))
    Peers(database).follow(key_of("ann"))
    page = discovery(labels=0).picks(Discover(1, 10))
    assert len(page.picks) == 10
    assert {pick.reason for pick in page.picks} == {NO_REASON}
    assert page == discovery(labels=0).picks(Discover(1, 10))


def test_before_anything_is_scored_the_page_is_empty(database: Database) -> None:
    assert Discovery(database, None, None).picks(Discover(3)) == OfferPicks(3, (), 0, 0)
    assert Discovery(None, None, None).picks(Discover(3)) == OfferPicks(3, (), 0, 0)


# ----------------------------------------------------------------------------------------- words by meaning


@pytest.fixture
def words(profile: Profile) -> Iterator[tuple[OfferWords, OfferVectors, Encoders]]:
    """Words by the encoders made by hand (tests/concepts.py), and where the vectors of offers go."""
    vectors, encoders = OfferVectors(profile.vectors), Encoders(SOUND, SIGHT)
    spaces = SpacesInUse(replace(builtin_spaces(), learned=LEARNED))
    yield OfferWords(vectors, WordVectors(encoders), spaces), vectors, encoders
    vectors.close()


def heard(database: Database, vectors: OfferVectors, sounds: dict[str, str]) -> None:
    """Give the offers of some titles vectors of what they sound like, and all others of something else."""
    names = dict(database.all("SELECT id, title FROM offers.offers ORDER BY id"))
    # Noise by the title: the offers' numbers count on from the clock.
    rows = np.stack([sight_of(sounds.get(title, "loud"), crc32(title.encode())) for title in names.values()])
    ids = np.array(list(names), np.int64)
    vectors.add(LEARNED[0].name, ids, ["00"] * len(ids), Int8Vectors.of(rows))


def test_words_find_what_sounds_like_them_among_offers_and_say_why(
    profile: Profile,
    database: Database,
    discovery: Callable[..., Discovery],
    words: tuple[OfferWords, OfferVectors, Encoders],
) -> None:
    publish(profile, "ann", [*offers("ann", 60), Offered("Piano Blues", artist="Joe")])
    Peers(database).follow(key_of("ann"))
    heard(database, words[1], {"ann 7": "rain piano", "ann 9": "piano calm"})
    page = discovery(words=words[0]).picks(Discover(1, 10, search="piano"))
    assert shown(database, page)[0] == "Piano Blues"
    assert set(shown(database, page)[1:3]) == {"ann 7", "ann 9"}  # behind them, chance may put another
    assert [pick.found_by for pick in page.picks][:3] == [(FoundBy.WORDS,), (FoundBy.SOUND,), (FoundBy.SOUND,)]
    assert 3 <= page.total < 10
    assert all(pick.found_by == () for pick in discovery(words=words[0]).picks(Discover(2, 5)).picks)


def test_what_is_found_by_meaning_passes_the_same_filters(
    profile: Profile,
    database: Database,
    discovery: Callable[..., Discovery],
    words: tuple[OfferWords, OfferVectors, Encoders],
) -> None:
    publish(profile, "ann", offers("ann", 60))
    publish(profile, "eve", offers("eve", 60))
    Peers(database).block(key_of("eve"))
    heard(database, words[1], {"ann 7": "piano", "ann 8": "piano", "eve 7": "piano"})
    found = discovery(words=words[0])
    assert set(shown(database, found.picks(Discover(1, 10, search="piano")))[:2]) == {"ann 7", "ann 8"}
    assert not any(title.startswith("eve") for title in shown(database, found.picks(Discover(1, 50, search="piano"))))
    assert "ann 7" not in shown(database, found.picks(Discover(2, 10, search="piano -7")))
    assert shown(database, found.picks(Discover(2, 10, search="piano -7")))[0] == "ann 8"
    assert shown(database, found.picks(Discover(3, 10, search="piano", kind="video"))) == []
    blocked = found.picks(Discover(4, 10, search="piano", blocked_words=("8",)))
    assert shown(database, blocked)[0] == "ann 7"
    assert "ann 8" not in shown(database, blocked)


def test_without_a_ready_encoder_only_the_words_themselves_are_found(
    profile: Profile,
    database: Database,
    discovery: Callable[..., Discovery],
    words: tuple[OfferWords, OfferVectors, Encoders],
) -> None:
    publish(profile, "ann", offers("ann", 60))
    heard(database, words[1], {"ann 7": "piano"})
    words[2].held.clear()
    page = discovery(words=words[0]).picks(Discover(1, 10, search="piano"))
    assert page.picks == ()
    assert words[2].warmed == 1
    page = discovery(words=words[0]).picks(Discover(2, 10, search="ann 59"))
    assert [pick.found_by for pick in page.picks] == [(FoundBy.WORDS,)]
