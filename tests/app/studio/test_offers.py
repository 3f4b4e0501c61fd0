"""What peers offer, through a real studio: scored by the taste, exactly forgotten, healed, and never learned from."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from app.network_messages import Discover, ExplainOffer, OfferPicks, OffersChanged, OfferScoresChanged
from app.paths import RESOURCES, Profile
from app.protocol import Explanation, Failed, FeedbackChanged, PartKind, ReasonKind
from app.store.database import Database
from app.store.feedback import Feedback
from app.store.item_lists import ItemLists, ListQuery
from app.store.offer_rows import OfferRows
from app.store.offer_vectors import OfferVectors
from app.store.peers import Peers
from app.store.vectors import Vectors
from app.studio.spaces import builtin_spaces
from models.ids import ItemId
from models.taste_file import from_bytes
from models.types import F32
from tests.peers_catalogue import Offered, key_of, publish, root_of, withdraw
from tests.studio_run import Run

SPACES = builtin_spaces()
Names = dict[str, ItemId]


def titles(profile: Profile) -> Names:
    with Database.open(profile.library, RESOURCES / "migrations") as database:
        lists = ItemLists(database)
        return {row.title: row.id for row in lists.rows([ItemId(one) for one in lists.ids(ListQuery())])}


def own_vector(profile: Profile, title: str) -> F32:
    vectors = Vectors(profile.vectors)
    try:
        found = vectors.vector_of(SPACES.audio, titles(profile)[title])
    finally:
        vectors.close()
    assert found is not None
    return found


def near(vector: F32, seed: int, noise: float = 0.7) -> F32:
    """A vector like another, but another recording."""
    away = np.random.default_rng(seed).standard_normal(len(vector)).astype(np.float32)
    mixed = vector / np.linalg.norm(vector) + noise * away / np.linalg.norm(away)
    return mixed / np.float32(np.linalg.norm(mixed))


@pytest.fixture
def some(indexed: Path) -> Callable[[str, int], list[Offered]]:
    """Offers of an invented peer, calm and noisy in turns."""
    kept = Profile.at(indexed)
    likes = {"calm": own_vector(kept, "calm 3"), "noise": own_vector(kept, "noise 3")}

    def make(peer: str, count: int) -> list[Offered]:
        made = []
        for number in range(count):
            style = ("calm", "noise")[number % 2]
            made.append(
                Offered(
                    f"{peer} {style} {number}",
                    {SPACES.audio: near(likes[style], hash_of(peer) + number)},
                    artist=f"{peer} artist {number % 5}",
                    tags=(style,),
                    duration=100.0 + number,
                )
            )
        return made

    return make


def hash_of(peer: str) -> int:
    return int.from_bytes(key_of(peer)[:4], "big")


@pytest.fixture
def started(indexed: Path, tmp_path: Path) -> Iterator[Callable[[str], Run]]:
    """Studios on copies of the profile with twelve sounds, each with three of them rated."""
    runs: list[Run] = []

    def start(name: str) -> Run:
        folder = tmp_path / name
        if not folder.exists():
            shutil.copytree(indexed, folder)
            with Database.open(folder / "library.db", RESOURCES / "migrations") as database:
                feedback, known = Feedback(database), titles(Profile.at(folder))
                feedback.like(known["calm 0"])
                feedback.like(known["calm 1"])
                feedback.dislike(known["noise 0"])
        run = Run(Profile.at(folder))
        runs.append(run)
        run.start()
        run.learned(3)
        return run

    yield start
    for run in runs:
        run.studio.close()


def scored(run: Run, offers: int) -> OfferScoresChanged:
    run.tell(OffersChanged())
    return run.wait(OfferScoresChanged, lambda event: event.offers == offers)


def rows_of(run: Run) -> dict[tuple[str, str], tuple[object, ...]]:
    """All that is derived of each offer, by publisher and title: scores, codes and scales to the bit."""
    vectors, profile = run.studio._offer_vectors, run.profile
    found: dict[tuple[str, str], tuple[object, ...]] = {}
    with Database.open(
        profile.library, RESOURCES / "migrations", scores=profile.scores, offers=profile.offers
    ) as database:
        lines = OfferRows(database).rows(list(OfferRows(database).ids()))
        assert set(vectors.spaces()) <= set(SPACES.all)
        for row in lines:
            parts: list[object] = [row.score, row.deviation, row.owned]
            for space in (SPACES.audio, SPACES.text):
                held = vectors.vector(space, row.id)
                parts.append(None if held is None else (held.codes.tobytes(), held.scales.tobytes()))
            found[row.peer.hex(), row.title] = tuple(parts)
        for space in vectors.spaces():
            assert set(vectors.ids(space).tolist()) <= {row.id for row in lines}
    return found


def features_of(run: Run) -> dict[str, bytes]:
    """The features of each offer in the studio's memory, to the bit."""
    held = run.studio._offers._scored
    assert held is not None
    files = [held.table.files[number] for number in held.table.file]
    return {root.hex(): row.tobytes() for root, row in zip(files, held.features.rows, strict=True)}


def own_scores(profile: Profile) -> list[tuple[float | None, float | None]]:
    with Database.open(profile.library, RESOURCES / "migrations", scores=profile.scores) as database:
        lists = ItemLists(database)
        return [(row.score, row.deviation) for row in lists.rows([ItemId(one) for one in lists.ids(ListQuery())])]


def test_offers_are_ranked_by_the_taste_with_a_reason(
    started: Callable[[str], Run], some: Callable[..., list[Offered]]
) -> None:
    run = started("one")
    publish(run.profile, "ann", some("ann", 20))
    with run.database() as database:
        Peers(database).follow(key_of("ann"))
    scored(run, 20)
    page = run.ask(lambda number: Discover(number, 5), OfferPicks)
    assert (page.total, page.labels, len(page.picks)) == (20, 3, 5)
    found = rows_of(run)
    with Database.open(run.profile.library, RESOURCES / "migrations", offers=run.profile.offers) as database:
        facts = OfferRows(database).facts([pick.offer for pick in page.picks])
    assert all("calm" in fact.title for fact in facts)
    assert page.picks[0].reason.kind is ReasonKind.BECAUSE
    assert "calm" in page.picks[0].reason.names[0]
    assert [pick.score for pick in page.picks] == [found[key_of("ann").hex(), fact.title][0] for fact in facts]
    calm = [float(str(parts[0])) for (_, title), parts in found.items() if "calm" in title]
    noise = [float(str(parts[0])) for (_, title), parts in found.items() if "noise" in title]
    assert min(calm) > max(noise)
    assert run.failures() == []


def test_a_like_scores_the_offers_anew(started: Callable[[str], Run], some: Callable[..., list[Offered]]) -> None:
    run = started("one")
    publish(run.profile, "ann", some("ann", 6))
    scored(run, 6)
    before = rows_of(run)
    with run.database() as database:
        Feedback(database).like(titles(run.profile)["noise 1"])
        Feedback(database).like(titles(run.profile)["noise 2"])
    run.tell(FeedbackChanged())
    run.learned(5)
    run.wait(OfferScoresChanged)
    after = rows_of(run)
    key = (key_of("ann").hex(), "ann noise 1")
    assert float(str(after[key][0])) > float(str(before[key][0]))
    assert after[key][3:] == before[key][3:]


def test_an_explanation_of_an_offer_sums_to_its_score(
    started: Callable[[str], Run], some: Callable[..., list[Offered]]
) -> None:
    run = started("one")
    publish(run.profile, "ann", some("ann", 6))
    with run.database() as database:
        Peers(database).follow(key_of("ann"))
    scored(run, 6)
    offer = run.ask(lambda number: Discover(number, 3), OfferPicks).picks[0].offer
    found = run.ask(lambda number: ExplainOffer(number, offer), Explanation)
    assert found.item == offer
    parts = [part for part in found.parts if part.kind not in (PartKind.SPACE, PartKind.TYPICAL)]
    assert sum(part.amount for part in parts) == pytest.approx(found.total, abs=1e-4)
    spaces = [part for part in found.parts if part.kind not in (PartKind.ITEM, PartKind.MORE)]
    assert sum(part.amount for part in spaces) == pytest.approx(found.total, abs=1e-4)
    assert "calm" in found.reason.names[0]
    assert run.ask(lambda number: ExplainOffer(number, 1), Failed).title == "Not analysed yet"


def test_blocking_a_peer_leaves_what_would_be_had_it_never_been_met(
    started: Callable[[str], Run], some: Callable[..., list[Offered]]
) -> None:
    met, never = started("met"), started("never")
    secret = some("bad", 300)
    publish(met.profile, "bad", secret)
    scored(met, 300)
    for run in (met, never):
        publish(run.profile, "ann", some("ann", 150))
    scored(met, 450)
    publish(met.profile, "worse", some("worse", 77))
    for run in (met, never):
        publish(run.profile, "ben", some("ben", 40))
    scored(met, 300 + 150 + 77 + 40)
    with met.database() as database:
        for name in ("bad", "worse"):
            Peers(database).block(key_of(name))
            withdraw(met.profile, name)
    for run in (met, never):
        scored(run, 190)
    assert features_of(met) == features_of(never)
    assert rows_of(met) == rows_of(never)
    assert own_scores(met.profile) == own_scores(never.profile)
    pages = [run.ask(lambda number: Discover(number, 30), OfferPicks).picks for run in (met, never)]
    assert [(pick.score, pick.reason) for pick in pages[0]] == [(pick.score, pick.reason) for pick in pages[1]]
    assert pages[0]
    codes = secret[0].vectors[SPACES.audio]
    met.studio.close()

    def holders(found: bytes) -> list[Path]:
        folder = met.profile.vectors
        return [file for file in folder.rglob("*") if file.is_file() and found in file.read_bytes()]

    assert len(codes)
    assert holders(key_of("ann").hex().encode())
    assert not holders(key_of("bad").hex().encode())
    assert not holders(key_of("worse").hex().encode())


def test_a_blocked_peer_is_not_shown_even_before_its_offers_are_gone(
    started: Callable[[str], Run], some: Callable[..., list[Offered]]
) -> None:
    run = started("one")
    publish(run.profile, "ann", some("ann", 5))
    scored(run, 5)
    assert run.ask(lambda number: Discover(number, 5), OfferPicks).picks
    with run.database() as database:
        Peers(database).block(key_of("ann"))
    page = run.ask(lambda number: Discover(number, 5), OfferPicks)
    assert (page.picks, page.total) == ((), 0)


def test_offers_never_change_the_own_basis_or_scores(
    started: Callable[[str], Run], some: Callable[..., list[Offered]]
) -> None:
    run = started("one")
    basis = from_bytes(run.profile.taste.read_bytes())[1]
    scores = own_scores(run.profile)
    publish(run.profile, "ann", some("ann", 200))
    scored(run, 200)
    run.studio.close()
    again = started("one")
    again.wait(OfferScoresChanged, lambda event: event.offers == 200)
    after = from_bytes(run.profile.taste.read_bytes())[1]
    assert basis is not None
    assert after is not None
    for name, array in basis.arrays().items():
        np.testing.assert_array_equal(after.arrays()[name], array)
    # The labels have aged by seconds since.
    for (score, deviation), (then, before) in zip(own_scores(run.profile), scores, strict=True):
        assert score == pytest.approx(then, abs=1e-4)
        assert deviation == pytest.approx(before, abs=1e-4)


def test_what_a_crash_left_apart_is_brought_together_at_the_next_start(
    started: Callable[[str], Run], some: Callable[..., list[Offered]]
) -> None:
    run = started("one")
    publish(run.profile, "ann", some("ann", 60))
    scored(run, 60)
    whole = rows_of(run)
    run.studio.close()
    # It died after offers.db had changed, and between two writes of its own.
    publish(run.profile, "ben", some("ben", 30))
    vectors = OfferVectors(run.profile.vectors)
    kept = vectors.ids(SPACES.audio)
    vectors.keep(SPACES.audio, kept[::2])
    vectors.keep(SPACES.text, kept[1:])
    lone = next(iter(vectors.batches(SPACES.audio)))[1]
    vectors.add(SPACES.audio, np.array([7]), ["cc" * 32], type(lone)(lone.codes[:1], lone.scales[:1]))
    vectors.close()
    again = started("one")
    again.wait(OfferScoresChanged, lambda event: event.offers == 90)
    healed = rows_of(again)
    assert {key: parts[3:] for key, parts in healed.items() if key in whole} == {
        key: parts[3:] for key, parts in whole.items()
    }
    assert len(healed) == 90
    assert all(parts[3] is not None and parts[4] is not None for parts in healed.values())


def test_a_damaged_table_is_made_anew_from_the_catalogues(
    started: Callable[[str], Run], some: Callable[..., list[Offered]]
) -> None:
    run = started("one")
    publish(run.profile, "ann", some("ann", 60))
    scored(run, 60)
    whole = rows_of(run)
    run.studio.close()
    for file in (run.profile.vectors / f"offers.{SPACES.audio}.lance" / "data").iterdir():
        file.write_bytes(file.read_bytes()[:80])
    again = started("one")
    again.wait(OfferScoresChanged, lambda event: event.offers == 60)
    assert {key: parts[3:] for key, parts in rows_of(again).items()} == {key: parts[3:] for key, parts in whole.items()}


def test_a_catalogue_that_cannot_be_read_costs_only_its_vectors(
    started: Callable[[str], Run], some: Callable[..., list[Offered]]
) -> None:
    run = started("one")
    folder = publish(run.profile, "ann", some("ann", 10))
    (folder / f"vectors.{SPACES.audio}.00000.i8").write_bytes(b"short")
    scored(run, 10)
    found = rows_of(run)
    assert {parts[3] for parts in found.values()} == {None}
    assert None not in {parts[4] for parts in found.values()}
    assert run.failures() == []


def test_what_the_user_has_is_told_and_left_out(
    started: Callable[[str], Run], some: Callable[..., list[Offered]]
) -> None:
    run = started("one")
    known = titles(run.profile)
    same = Offered("the same", {SPACES.audio: own_vector(run.profile, "calm 2")}, duration=4.2)
    longer = Offered("another length", {SPACES.audio: own_vector(run.profile, "calm 2")}, duration=9.0)
    file = Offered("the same file", {}, root=root_of("published"))
    publish(run.profile, "ann", [same, longer, file, *some("ann", 3)])
    with run.database() as database:
        Peers(database).follow(key_of("ann"))
        with database.transaction():
            database.execute(
                "INSERT INTO published (item_id, path, size, mtime_ns, root) VALUES (?, 'x', 1, 1, ?)",
                (known["noise 4"], root_of("published")),
            )
    scored(run, 6)
    owned = {title: parts[2] for (_, title), parts in rows_of(run).items()}
    assert owned["the same"] == known["calm 2"]
    assert owned["the same file"] == known["noise 4"]
    assert {title for title, item in owned.items() if item} == {"the same", "the same file"}
    assert run.ask(lambda number: Discover(number, 9), OfferPicks).total == 4
    page = run.ask(lambda number: Discover(number, 9, with_owned=True), OfferPicks)
    assert sorted(pick.owned for pick in page.picks if pick.owned) == sorted([known["calm 2"], known["noise 4"]])


def test_without_labels_there_is_a_spread_and_no_score(ready: Run, some: Callable[..., list[Offered]]) -> None:
    publish(ready.profile, "ann", some("ann", 20))
    with ready.database() as database:
        Peers(database).follow(key_of("ann"))
    scored(ready, 20)
    page = ready.ask(lambda number: Discover(number, 6), OfferPicks)
    assert (len(page.picks), page.labels) == (6, 0)
    with Database.open(ready.profile.library, RESOURCES / "migrations", offers=ready.profile.offers) as database:
        found = [fact.title.split()[1] for fact in OfferRows(database).facts([pick.offer for pick in page.picks])]
    assert {"calm", "noise"} == set(found)
    assert {parts[:2] for parts in rows_of(ready).values()} == {(None, None)}


def test_an_empty_library_still_shows_what_is_offered(run: Run) -> None:
    publish(run.profile, "ann", [Offered("one"), Offered("two")])
    scored(run, 2)
    page = run.ask(lambda number: Discover(number, 6), OfferPicks)
    assert len(page.picks) == 2


def test_nothing_is_offered_while_the_network_was_never_on(ready: Run) -> None:
    page = ready.ask(Discover, OfferPicks)
    assert (page.picks, page.total) == ((), 0)
    with ready.database() as database:
        Feedback(database).like(titles(ready.profile)["noise 1"])
    ready.tell(FeedbackChanged())
    ready.learned(1)
    ready.ask(Discover, OfferPicks)
    assert not any(isinstance(event, OfferScoresChanged) for event in ready.seen)
    assert not ready.profile.offers.exists()
    assert ready.failures() == []
