"""Learning with a friend: told only when asked for, heard only when followed, named in the account, gone afterwards.

Two whole peers, real studios and network processes; the sounds are synthesised: chords and noise.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.config import TELL, Settings
from app.network_messages import (
    EvidenceChanged,
    EvidenceTold,
    Follow,
    NetworkSettingsChanged,
    NetworkState,
    PublicationChanged,
    Unfollow,
)
from app.protocol import (
    CompareRankings,
    Done,
    Explain,
    Explanation,
    FeedbackChanged,
    PartKind,
    Picks,
    RankedBy,
    RankingsCompared,
    Reason,
    ReasonKind,
    Recommend,
    ScoresChanged,
    Shelf,
)
from app.store.evidence import EvidenceRows
from app.store.feedback import Feedback
from app.store.item_lists import ItemLists, ListQuery
from models.ids import ItemId
from tests.peer_run import PeerRun, Router
from tests.studio_run import write_sound

pytestmark = pytest.mark.journey

ANNA, BERT = "127.11.9.1", "127.12.9.1"
EACH = 12


@pytest.fixture
def router() -> Iterator[Router]:
    made = Router("127.98.9.1")
    yield made
    made.close()


def library(folder: Path, seed: int) -> Path:
    """A dozen chords and a dozen noises, the same kinds for everybody, no two files the same."""
    folder.mkdir(parents=True)
    for number in range(EACH):
        pitch = 200.0 + 15 * number + seed
        write_sound(folder / f"calm {number}.wav", pitch=pitch, noise=0.02, seconds=2.5, seed=seed + number)
        write_sound(folder / f"noise {number}.wav", pitch=pitch, noise=0.9, seconds=2.5, seed=seed + 50 + number)
    return folder


def ids(run: PeerRun, words: str) -> list[ItemId]:
    with run.database() as database:
        return [ItemId(one) for one in ItemLists(database).ids(ListQuery(search=words))]


def scores(run: PeerRun) -> dict[int, float]:
    with run.database() as database:
        return dict(database.all("SELECT item_id, score FROM scores.scores"))


def test_a_friends_taste_is_heard_named_and_forgotten(tmp_path: Path, router: Router) -> None:
    with contextlib.ExitStack() as stack:
        anna = PeerRun(tmp_path / "anna", ANNA, [router.address], "Anna")
        bert = PeerRun(tmp_path / "bert", BERT, [router.address], "Bert")
        for run, seed in ((anna, 0), (bert, 1000)):
            stack.callback(run.close)
            run.start_studio()
            folder = library(run.profile.root.parent / f"music {seed}", seed)
            run.take_in(folder.resolve())
        music = (anna.profile.root.parent / "music 0").resolve()

        # The noise on what she tells is always the same: on one machine this test is one story.
        anna.profile.noise.write_bytes(bytes(range(32)))
        # Anna likes the calm and not the noise. Nothing of it leaves before she says so.
        since = anna.mark()
        with anna.database() as database:
            for item in ids(anna, "calm"):
                Feedback(database).like(item)
            for item in ids(anna, "noise"):
                Feedback(database).dislike(item)
        anna.tell_studio(FeedbackChanged())
        anna.wait(ScoresChanged, lambda event: event.labels == 2 * EACH, since)
        anna.publish(music)
        anna.start_network()
        assert anna.wait(EvidenceTold).messages == 0
        anna.tell(PublicationChanged())
        anna.wait(NetworkState, lambda state: state.published == 2 * EACH and not state.publishing)

        # Bert has said one thing only, and hears nothing yet, though he knows her catalogue.
        since = bert.mark()
        with bert.database() as database:
            Feedback(database).like(ids(bert, "calm")[0])
        bert.tell_studio(FeedbackChanged())
        bert.wait(ScoresChanged, lambda event: event.labels == 1, since)
        bert.start_network()
        bert.until(lambda: len(bert.offers()) == 2 * EACH, "Anna's catalogue")
        alone = scores(bert)

        Settings(anna.profile.settings).set(TELL, "taste")
        since = anna.mark()
        anna.tell(NetworkSettingsChanged())
        assert anna.wait(EvidenceTold, lambda event: event.messages > 0, since).messages == 1
        since = bert.mark()
        bert.ask(lambda number: Follow(number, anna.key), Done)
        bert.wait(EvidenceChanged, since=since)

        def heard() -> bool:
            with bert.database() as database:
                return bool(EvidenceRows(database).followed())

        bert.until(heard, "what Anna tells")
        bert.until(lambda: scores(bert) != alone, "a ranking with Anna's part")
        calm, noise = ids(bert, "calm")[-1], ids(bert, "noise")[-1]
        with_anna = scores(bert)
        assert with_anna[calm] - with_anna[noise] > alone[calm] - alone[noise] - 1e-6
        told = bert.ask_studio(lambda number: Explain(number, int(calm)), Explanation)
        (part,) = [part for part in told.parts if part.kind is PartKind.PEER]
        assert part.label == "Anna"
        assert part.amount > 0
        by_item = (PartKind.ITEM, PartKind.MORE, PartKind.PEER, PartKind.REMAINDER)
        assert sum(one.amount for one in told.parts if one.kind in by_item) == pytest.approx(told.total, abs=1e-3)

        # Ranked by her alone, most of it is calm (her word carries noise), with her name; it can be compared, too.
        asked = bert.ask_studio(lambda number: Recommend(number, (Shelf.LOVE,), 8, ranked_by=RankedBy.FOLLOWED), Picks)
        picks = asked.shelves[0].picks
        assert sum(pick.item in ids(bert, "calm") for pick in picks) > len(picks) / 2
        assert picks[0].reason == Reason(ReasonKind.FOLLOWED, ("Anna",))
        ways = bert.ask_studio(CompareRankings, RankingsCompared).accuracies
        assert RankedBy.FOLLOWED in {one.ranked_by for one in ways}

        # Unfollowed: as if she had never been heard. (Labels age by the seconds between two rankings.)
        since = bert.mark()
        bert.ask(lambda number: Unfollow(number, anna.key), Done)
        bert.wait(ScoresChanged, since=since)
        bert.until(lambda: scores(bert) == pytest.approx(alone, abs=1e-5), "the ranking of before")
        assert not heard()
        assert not [one for one in anna.failures() + bert.failures() if one.title]
