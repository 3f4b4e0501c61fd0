"""The studio as a whole: real files, real decode children, real SQLite and LanceDB."""

from __future__ import annotations

import shutil
import wave
from pathlib import Path

import numpy as np
import pytest

from app.errors import Locked
from app.paths import Profile
from app.protocol import (
    AddFolder,
    CompareRankings,
    ContinueRadio,
    Done,
    Duplicates,
    Explain,
    Explanation,
    Failed,
    FeedbackChanged,
    FindDuplicates,
    FindSimilar,
    Job,
    JobEnded,
    PartKind,
    Pick,
    Picks,
    RankedBy,
    RankingsCompared,
    Ready,
    ReasonKind,
    Recommend,
    RemoveFolder,
    Scan,
    Shelf,
)
from app.store.feedback import Feedback
from app.store.item_lists import ItemLists, ListQuery, SortKey
from app.store.items import Items
from app.store.vectors import Vectors
from app.studio.service import Studio
from app.studio.spaces import builtin_spaces
from models.ids import ItemId
from tests.studio_run import Run, write_sound


def titles(run: Run) -> dict[str, ItemId]:
    with run.database() as database:
        lists = ItemLists(database)
        return {row.title: row.id for row in lists.rows([ItemId(one) for one in lists.ids(ListQuery())])}


def names(run: Run, picks: tuple[Pick, ...]) -> list[str]:
    back = {number: title for title, number in titles(run).items()}
    return [back[ItemId(pick.item)] for pick in picks]


def quieter(source: Path, target: Path) -> None:
    """The same recording at half the level: other bytes, the same sound."""
    with wave.open(str(source)) as original, wave.open(str(target), "wb") as copy:
        copy.setparams(original.getparams())
        samples = np.frombuffer(original.readframes(original.getnframes()), "<i2")
        copy.writeframes((samples // 2).astype("<i2").tobytes())


def rate(run: Run, **ratings: str) -> None:
    known = titles(run)
    with run.database() as database:
        feedback = Feedback(database)
        for title, what in ratings.items():
            getattr(feedback, what)(known[title.replace("_", " ")])
    run.tell(FeedbackChanged())


def test_a_folder_becomes_items_with_vectors(run: Run, sounds: Path) -> None:
    assert run.wait(Ready).healed == 0
    run.take_in(sounds)
    with run.database() as database:
        counts = Items(database).counts()
        assert (counts.tracks, counts.videos, counts.encoded, counts.failures) == (12, 0, 12, 0)
    assert run.failures() == []


def test_likes_lift_what_sounds_like_them(ready: Run) -> None:
    rate(ready, calm_0="like", calm_1="like", noise_0="dislike")
    ready.learned(3)
    picks = ready.ask(lambda number: Recommend(number, (Shelf.LOVE,), 4), Picks)
    assert picks.labels == 3
    found = names(ready, picks.shelves[0].picks)
    assert found
    assert all(name.startswith("calm") for name in found)
    assert not {"calm 0", "calm 1"} & set(found)
    assert "calm" in picks.shelves[0].picks[0].reason.names[0]
    with ready.database() as database:
        lists = ItemLists(database)
        ranked = lists.rows([ItemId(one) for one in lists.ids(ListQuery(sort=SortKey.SCORE, descending=True))])
        scores = {row.title: row.score for row in ranked}
    calm = [score for title, score in scores.items() if title.startswith("calm") and score is not None]
    noise = [score for title, score in scores.items() if title.startswith("noise") and score is not None]
    assert len(calm) == len(noise) == 6
    assert min(calm) > max(noise)


def test_without_labels_a_spread_is_offered_and_nothing_is_scored(ready: Run) -> None:
    picks = ready.ask(lambda number: Recommend(number, (Shelf.LOVE, Shelf.DIFFERENT), 6), Picks)
    assert picks.labels == 0
    assert len(picks.shelves[0].picks) == 6
    assert picks.shelves[1].picks == ()
    found = names(ready, picks.shelves[0].picks)
    assert any(name.startswith("calm") for name in found)
    assert any(name.startswith("noise") for name in found)
    with ready.database() as database:
        lists = ItemLists(database)
        rows = lists.rows([ItemId(one) for one in lists.ids(ListQuery())])
        assert {row.score for row in rows} == {None}


def test_an_explanation_sums_to_the_score(ready: Run) -> None:
    rate(ready, calm_0="like", calm_1="like", noise_0="dislike")
    ready.learned(3)
    found = ready.ask(lambda number: Explain(number, titles(ready)["calm 4"]), Explanation)
    parts = [part for part in found.parts if part.kind not in (PartKind.SPACE, PartKind.TYPICAL)]
    assert sum(part.amount for part in parts) == pytest.approx(found.total, abs=1e-5)
    remainder = sum(abs(part.amount) for part in parts if part.kind is PartKind.REMAINDER)
    assert remainder <= 0.2 * sum(abs(part.amount) for part in parts)
    assert {part.item for part in parts if part.kind is PartKind.ITEM} == {
        titles(ready)[t] for t in ("calm 0", "calm 1", "noise 0")
    }
    second = [part for part in found.parts if part.kind not in (PartKind.ITEM, PartKind.MORE)]
    assert sum(part.amount for part in second) == pytest.approx(found.total, abs=1e-5)
    assert {part.label for part in second if part.kind is PartKind.SPACE} <= set(builtin_spaces().all)
    failed = ready.ask(lambda number: Explain(number, 9999), Failed)
    assert "Not analysed" in failed.title


def test_similar_needs_no_taste(ready: Run) -> None:
    item = titles(ready)["noise 2"]
    picks = ready.ask(lambda number: FindSimilar(number, item, 5), Picks)
    found = names(ready, picks.shelves[0].picks)
    assert len(found) == 5
    assert all(name.startswith("noise") for name in found)
    assert "noise 2" not in found


def test_the_radio_repeats_nothing(ready: Run) -> None:
    rate(ready, calm_0="like")
    known = titles(ready)
    picks = ready.ask(
        lambda number: ContinueRadio(number, (known["calm 0"], known["calm 1"]), (known["calm 2"],), 20), Picks
    )
    found = names(ready, picks.shelves[0].picks)
    assert len(found) == len(set(found)) == 9
    assert not {"calm 0", "calm 1", "calm 2"} & set(found)


def test_not_now_rests_an_item(ready: Run) -> None:
    rate(ready, calm_0="like")
    before = names(ready, ready.ask(lambda number: Recommend(number, (Shelf.LOVE,), 3), Picks).shelves[0].picks)
    rate(ready, **{before[0].replace(" ", "_"): "later"})
    after = names(ready, ready.ask(lambda number: Recommend(number, (Shelf.LOVE,), 12), Picks).shelves[0].picks)
    assert before[0] not in after


def test_a_moved_and_renamed_file_keeps_its_rating(run: Run, sounds: Path) -> None:
    run.take_in(sounds)
    rate(run, calm_3="like")
    known = titles(run)
    (sounds / "deeper").mkdir()
    (sounds / "calm 3.wav").rename(sounds / "deeper" / "other name.wav")
    run.tell(Scan())
    run.settle()
    with run.database() as database:
        row = Items(database).item_by_path(str(sounds / "deeper" / "other name.wav"))
        assert row is not None
        assert row.id == known["calm 3"]
        assert row.liked == 1
        assert row.present
        assert Items(database).counts().tracks == 12


def test_a_deleted_file_is_gone_and_a_missing_folder_only_masks(run: Run, sounds: Path, tmp_path: Path) -> None:
    run.take_in(sounds)
    (sounds / "noise 5.wav").unlink()
    run.tell(Scan())
    run.settle()
    with run.database() as database:
        assert Items(database).counts().tracks == 11
    away = tmp_path / "away"
    sounds.rename(away)
    run.tell(Scan())
    run.settle()
    with run.database() as database:
        items = Items(database)
        assert items.counts().tracks == 0
        assert items.counts().masked == 12
        assert [folder.online for folder in items.folders()] == [False]
        assert len(items.known_files(items.folders()[0].id)) == 12
    away.rename(sounds)
    run.tell(Scan())
    run.settle()
    with run.database() as database:
        assert Items(database).counts().tracks == 11


def test_removing_a_folder_keeps_feedback_for_its_return(run: Run, sounds: Path) -> None:
    run.take_in(sounds)
    rate(run, calm_0="like")
    run.ask(lambda number: RemoveFolder(number, str(sounds)), Done)
    with run.database() as database:
        assert Items(database).counts().tracks == 0
        assert Items(database).folders() == []
    run.take_in(sounds)
    with run.database() as database:
        row = Items(database).item_by_path(str(sounds / "calm 0.wav"))
        assert row is not None
        assert row.liked == 1


def test_a_damaged_file_is_told_once_and_tried_again_only_when_it_changes(run: Run, sounds: Path) -> None:
    (sounds / "broken.mp3").write_bytes(b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(2_000))
    run.take_in(sounds)
    with run.database() as database:
        failures = Items(database).failures()
        assert [Path(failure.path).name for failure in failures] == ["broken.mp3"]
        assert failures[0].reason
        noted = failures[0].at
    run.tell(Scan())
    run.settle()
    with run.database() as database:
        assert Items(database).failures()[0].at == noted
    write_sound(sounds / "fine.wav", pitch=300, noise=0.5)
    (sounds / "fine.wav").replace(sounds / "broken.mp3")
    run.tell(Scan())
    run.settle()
    with run.database() as database:
        assert Items(database).counts().failures == 0
        assert Items(database).counts().encoded == 13


def test_duplicates_are_found(run: Run, sounds: Path) -> None:
    shutil.copy(sounds / "calm 0.wav", sounds / "copy.wav")
    quieter(sounds / "calm 1.wav", sounds / "quieter.wav")
    run.take_in(sounds)
    known = titles(run)
    found = run.ask(FindDuplicates, Duplicates)
    assert any(pair.first == pair.second and str(sounds / "copy.wav") in pair.paths for pair in found.pairs)
    assert (known["calm 1"], known["quieter"]) in {(p.first, p.second) for p in found.pairs} | {
        (p.second, p.first) for p in found.pairs
    }


def test_something_that_is_no_folder_is_refused(run: Run, tmp_path: Path) -> None:
    failed = run.ask(lambda number: AddFolder(number, str(tmp_path / "nowhere")), Failed)
    assert failed.path.endswith("nowhere")


def test_a_profile_has_one_studio(run: Run) -> None:
    second = Studio(run.profile, lambda event: None)
    with pytest.raises(Locked):
        second.start()
    second.close()


def test_lost_vectors_are_made_again(profile: Profile, sounds: Path) -> None:
    first = Run(profile)
    first.start()
    first.take_in(sounds)
    first.studio.close()
    space = builtin_spaces().audio
    vectors = Vectors(profile.vectors)
    ids = vectors.ids(space)[:4]
    vectors.delete(space, ids)
    vectors.close()
    second = Run(profile)
    second.start()
    try:
        assert second.wait(Ready).healed == 4
        assert second.wait(JobEnded, lambda event: event.job is Job.INDEX).done == 4
    finally:
        second.studio.close()
    vectors = Vectors(profile.vectors)
    assert vectors.count(space) == 12
    vectors.close()


def test_the_library_can_be_ranked_other_ways(ready: Run) -> None:
    rate(
        ready,
        **{f"calm_{number}": "like" for number in range(5)},
        **{f"noise_{number}": "dislike" for number in range(5)},
    )
    ready.learned(10)
    for way in (one for one in RankedBy if one is not RankedBy.FOLLOWED):
        picks = ready.ask(lambda number, way=way: Recommend(number, (Shelf.LOVE,), 2, ranked_by=way), Picks)
        assert names(ready, picks.shelves[0].picks)[0] == "calm 5", way
        kind = picks.shelves[0].picks[0].reason.kind
        assert kind is (ReasonKind.BECAUSE if way is RankedBy.TASTE else ReasonKind.NEAR)
    compared = ready.ask(CompareRankings, RankingsCompared)
    assert {one.ranked_by for one in compared.accuracies} == set(RankedBy) - {RankedBy.FOLLOWED}
    assert compared.pairs == 25
    assert [one.share for one in compared.accuracies] == sorted(
        (one.share for one in compared.accuracies), reverse=True
    )
    assert all(0 <= one.low <= one.share <= one.high <= 1 for one in compared.accuracies)
    assert next(one for one in compared.accuracies if one.ranked_by is RankedBy.TASTE).share == 1.0


def test_ranked_by_nobody_there_is_nothing_to_love(ready: Run) -> None:
    rate(ready, calm_0="like")
    ready.learned(1)
    asked = ready.ask(lambda number: Recommend(number, (Shelf.LOVE,), 5, ranked_by=RankedBy.FOLLOWED), Picks)
    assert asked.shelves[0].picks == ()


def test_nothing_is_compared_without_enough_ratings(ready: Run) -> None:
    rate(ready, calm_0="like")
    ready.learned(1)
    compared = ready.ask(CompareRankings, RankingsCompared)
    assert compared.pairs == 0
    assert {one.share for one in compared.accuracies} == {-1.0}
