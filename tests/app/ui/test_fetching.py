"""Downloads as the window knows them, and playing what is still arriving."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from app.errors import MediaError
from app.network_messages import (
    CancelDownload,
    Download,
    DownloadChanged,
    DownloadStarted,
    DownloadState,
    PauseDownload,
    ResumeDownload,
    SeedDownload,
    Stream,
    StreamAt,
)
from app.player.listening import Leaving, Verdict
from app.player.playable import Playable, Played
from app.player.queue import Origin
from app.protocol import ContinueRadio, Failed, FeedbackChanged
from app.store.downloads import Downloads
from app.store.feedback import Feedback
from app.store.playlists import Playlists, SavedQueue
from app.ui.bridge import StudioBridge
from app.ui.pages.playlist_edits import PlaylistEdits
from app.ui.play_memory import PlayMemory
from app.ui.session_ports import SavedPositions, StudioContinuation
from models.ids import ItemId
from tests.factories import taken_offer
from tests.offered import download, offer, offer_these, take_back
from tests.window import Rig

URL = "http://127.0.0.1:4711/token/a.flac"


@pytest.fixture
def on(rig: Rig) -> Rig:
    rig.network.on = True
    return rig


def arriving(rig: Rig) -> int:
    """A download of which enough is here to play."""
    row = download(rig, offer(rig)[0])
    rig.network.download_changed.emit(
        DownloadChanged(row.id, DownloadState.RUNNING, 400_000, row.size, 1e6, 3.0, 2, playable=True)
    )
    return row.id


def stream(rig: Rig) -> int:
    """Play what arrives; the number of the download."""
    number = arriving(rig)
    rig.fetching.play(number)
    question, answer = rig.network.asked[-1]
    assert question == Stream(len(rig.network.asked), number)
    answer(StreamAt(1, URL))
    rig.player.advance()
    return number


def test_a_download_is_asked_for_and_then_followed(on: Rig) -> None:
    listed: list[int] = []
    on.fetching.listed.connect(lambda: listed.append(1))
    one = offer(on)[1]
    on.fetching.start(one.id)
    question, answer = on.network.asked[-1]
    assert question == Download(1, one.id)
    assert on.fetching.of_root(one.root) is None
    row = download(on, one, DownloadState.WAITING)
    answer(DownloadStarted(1, row.id))
    assert listed
    waiting = on.fetching.of_root(one.root)
    assert waiting is not None
    assert (waiting.state, waiting.done, waiting.under_way, waiting.can_play) == (DownloadState.WAITING, 0, True, False)
    on.network.download_changed.emit(
        DownloadChanged(row.id, DownloadState.RUNNING, row.size // 2, row.size, 5e5, 2.0, 3)
    )
    running = on.fetching.get(row.id)
    assert running is not None
    assert (running.state, running.rate, running.peers) == (DownloadState.RUNNING, 5e5, 3)
    assert running.share == pytest.approx(0.5, abs=0.001)
    assert on.fetching.under_way == 1


def test_what_went_wrong_is_told(on: Rig) -> None:
    failed: list[Failed] = []
    on.fetching.failed.connect(failed.append)
    on.fetching.start(offer(on)[0].id)
    on.network.asked[-1][1](Failed(1, "This offer is gone"))
    assert [one.title for one in failed] == ["This offer is gone"]


@pytest.mark.parametrize(
    ("state", "deed", "message"),
    [
        (DownloadState.RUNNING, "pause", PauseDownload),
        (DownloadState.WAITING, "pause", PauseDownload),
        (DownloadState.PAUSED, "pause", None),
        (DownloadState.PAUSED, "resume", ResumeDownload),
        (DownloadState.FAILED, "resume", ResumeDownload),
        (DownloadState.RUNNING, "resume", None),
        (DownloadState.CHECKING, "cancel", CancelDownload),
        (DownloadState.DONE, "cancel", None),
    ],
)
def test_only_what_makes_sense_is_told(on: Rig, state: DownloadState, deed: str, message: type | None) -> None:
    row = download(on, offer(on)[0], state)
    getattr(on.fetching, deed)(row.id)
    assert on.network.told == ([message(row.id)] if message is not None else [])


def test_what_was_cancelled_begins_again_and_what_was_refused_with_somebody_else(on: Rig) -> None:
    same = taken_offer(7)
    offer_these(on, 1, [same])
    first, second = offer_these(on, 2, [same])
    cancelled = download(on, first, DownloadState.CANCELLED)
    on.fetching.begin_again(cancelled.id)
    assert on.network.asked[-1][0] == Download(1, first.id)
    Downloads(on.database).set_state(cancelled.id, DownloadState.REFUSED, "something else")
    on.fetching.read()
    on.fetching.begin_again(cancelled.id)
    assert on.network.asked[-1][0] == Download(2, second.id)
    take_back(on, 2)
    on.fetching.begin_again(cancelled.id)
    assert on.network.asked[-1][0] == Download(3, first.id), "there is nobody else"
    take_back(on, 1)
    failed: list[Failed] = []
    on.fetching.failed.connect(failed.append)
    on.fetching.begin_again(cancelled.id)
    assert [one.title for one in failed] == ["Nobody offers this any longer"]


def test_while_the_network_is_off_that_is_said(rig: Rig) -> None:
    failed: list[Failed] = []
    rig.fetching.failed.connect(failed.append)
    row = download(rig, offer(rig)[0])
    rig.fetching.pause(row.id)
    assert rig.network.told == []
    assert failed[0].title == "The network is off"


def test_switching_off_lets_nothing_seem_to_move(on: Rig) -> None:
    number = arriving(on)
    on.network.set_on(False)
    fetched = on.fetching.get(number)
    assert fetched is not None
    assert (fetched.rate, fetched.playable) == (0.0, False)


def test_giving_shows_at_once(on: Rig) -> None:
    row = download(on, offer(on)[0], DownloadState.DONE)
    on.fetching.seed(row.id, True)
    assert on.network.told == [SeedDownload(row.id, True)]
    fetched = on.fetching.get(row.id)
    assert fetched is not None
    assert fetched.row.seeding


def test_the_list_forgets_only_what_is_over(on: Rig, qtbot: QtBot) -> None:
    first, second = offer(on)[:2]
    over, moving = download(on, first, DownloadState.CANCELLED), download(on, second)
    on.fetching.remove([over.id, moving.id])
    qtbot.waitUntil(lambda: [one.id for one in on.fetching.all()] == [moving.id])


def test_what_arrives_plays_from_its_address(on: Rig) -> None:
    current: list[Playable | None] = []
    on.playback.current_changed.connect(current.append)
    number = stream(on)
    playable = current[-1]
    assert playable is not None
    assert (playable.source, playable.title, playable.item) == (URL, "Title 100", -number)
    assert on.playback.playing
    assert on.playback.current_item == 0, "it is no Item that could be rated"


def test_what_is_to_be_played_starts_by_itself_once_enough_is_here(on: Rig) -> None:
    one = offer(on)[0]
    on.fetching.start(one.id, play=True)
    row = download(on, one)
    on.network.asked[-1][1](DownloadStarted(1, row.id))
    on.network.download_changed.emit(DownloadChanged(row.id, DownloadState.RUNNING, 10, row.size))
    assert len(on.network.asked) == 1
    for done in (600_000, 700_000):
        on.network.download_changed.emit(DownloadChanged(row.id, DownloadState.RUNNING, done, row.size, playable=True))
    assert [question for question, _ in on.network.asked[1:]] == [Stream(2, row.id)], "once"


def test_coming_and_failing_are_told_once(on: Rig) -> None:
    told: list[str] = []
    on.fetching.arrived.connect(lambda download: told.append(f"{download} came"))
    on.fetching.went_wrong.connect(lambda download: told.append(f"{download} failed"))
    first, second = (download(on, one) for one in offer(on)[:2])
    for _again in range(2):
        on.network.download_changed.emit(
            DownloadChanged(first.id, DownloadState.DONE, first.size, first.size, item=on.ids[0])
        )
        on.network.download_changed.emit(
            DownloadChanged(second.id, DownloadState.REFUSED, second.size, second.size, reason="something else")
        )
    assert told == [f"{first.id} came", f"{second.id} failed"]


def test_the_queue_shows_what_arrives_by_its_name(on: Rig) -> None:
    window = on.window()
    on.playback.play_items(on.ids[:1])
    number = arriving(on)
    on.fetching.play(number)
    on.network.asked[-1][1](StreamAt(1, URL))
    on.playback.enqueue(on.ids[2:3])
    model = window.queue_model
    shown = [model.data(model.index(at), Qt.ItemDataRole.DisplayRole) for at in range(model.rowCount())]
    assert shown[0] == "Title 100 – Artist 2"
    assert "no longer" not in shown[1]


def test_nothing_about_it_is_written_to_the_library(on: Rig, qtbot: QtBot) -> None:
    number = stream(on)
    item = ItemId(-number)
    on.ratings.like([item])
    on.ratings.heard(Played(item, 1.0, 90.0, False, Verdict.PLAY, Leaving.FINISHED, Origin.CHOSEN, ""))
    SavedPositions(on.writes).save(item, 12.0)
    PlaylistEdits(on.database, on.writes, on.undo).create("mine", [item, on.ids[0]])
    on.playback.enqueue(on.ids[:1])
    PlayMemory(on.playback, on.writes, on.settings).save()
    qtbot.waitUntil(lambda: len(SavedQueue(on.database).load()) == 1)
    playlists = Playlists(on.database)
    assert [playlists.rows(row.id) for row in playlists.all()] == [[on.ids[0]]]
    assert list(Feedback(on.database).effective()) == []
    assert FeedbackChanged() not in on.studio.told


def test_the_radio_is_not_asked_to_go_on_from_what_is_no_item(on: Rig) -> None:
    radio = StudioContinuation(cast("StudioBridge", on.studio), on.streams)
    number = stream(on)
    radio.request((ItemId(-number), ItemId(4)), 5, lambda _picks: None)
    Downloads(on.database).set_item(number, on.ids[6])
    radio.request((ItemId(-number), ItemId(4)), 5, lambda _picks: None)
    questions = [question for question, _answer in on.studio.asked if isinstance(question, ContinueRadio)]
    assert [question.recent for question in questions] == [(4,), (on.ids[6], 4)]


def test_once_it_is_an_item_that_is_played_and_counted(on: Rig) -> None:
    number = stream(on)
    Downloads(on.database).set_item(number, on.ids[3])
    on.fetching.read()
    fetched = on.fetching.get(number)
    assert fetched is not None
    assert fetched.item == on.ids[3]
    on.playback.previous()
    played = Played(ItemId(-number), 1.0, 90.0, False, Verdict.PLAY, Leaving.FINISHED, Origin.CHOSEN, "")
    assert on.fetching.heard(played).item == on.ids[3]
    on.playback.play_items([-number])
    current = on.playback.current
    assert current is not None
    assert isinstance(current.source, Path)
    assert current.item == on.ids[3]


def test_a_stream_of_another_run_cannot_be_resolved(on: Rig) -> None:
    with pytest.raises(MediaError, match="does not play yet"):
        on.streams.playable(-99)
