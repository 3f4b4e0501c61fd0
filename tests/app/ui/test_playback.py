"""The session's events as signals, and queue edits on the undo list."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.player.base import PlayerState
from app.player.queue import Repeat
from tests.window import Rig


def items(rig: Rig) -> list[int]:
    return [int(row.item) for row in rig.playback.queue.rows]


def test_playing_tells_everybody(qtbot: QtBot, rig: Rig) -> None:
    playback = rig.playback
    told: list[object] = []
    playback.current_changed.connect(lambda playable: told.append(playable.title))
    playback.state_changed.connect(told.append)
    with qtbot.waitSignal(playback.queue_changed):
        playback.play_items(rig.ids[:3], 1, "library")
    rig.player.advance()
    assert playback.playing
    assert told == [PlayerState.LOADING, "Title 2", PlayerState.PLAYING]
    assert playback.current_item == rig.ids[1]
    assert playback.queue.rows[0].context == "library"
    with qtbot.waitSignal(playback.position_changed):
        rig.player.advance(3)
    playback.toggle()
    assert not playback.playing


def test_the_length_of_the_tags_holds_until_the_player_knows(rig: Rig) -> None:
    rig.playback.play_items(rig.ids[:1])
    assert rig.playback.duration == 101.0
    rig.player.advance()
    assert rig.playback.duration == 100.0


def test_a_moment_plays_from_there_and_can_be_undone(rig: Rig) -> None:
    playback = rig.playback
    playback.play_items(rig.ids[:3])
    rig.player.advance(10)
    told: list[float] = []
    playback.position_changed.connect(told.append)
    playback.play_from(rig.ids[12], 40.0, "moments")
    rig.player.advance(2)
    assert (items(rig), playback.current_item) == ([rig.ids[12]], rig.ids[12])
    assert (told[0], playback.position) == (40.0, 42.0)
    rig.undo.undo()
    assert items(rig) == rig.ids[:3]


def test_every_queue_edit_can_be_undone(rig: Rig) -> None:
    playback, undo = rig.playback, rig.undo
    playback.play_items(rig.ids[:4])
    states = [items(rig)]
    playback.play_next(rig.ids[4:6])
    states.append(items(rig))
    playback.enqueue(rig.ids[6:7])
    states.append(items(rig))
    playback.move([playback.queue.rows[-1].key], 1)
    states.append(items(rig))
    playback.remove([playback.queue.rows[2].key])
    states.append(items(rig))
    playback.clear_queue()
    assert items(rig) == rig.ids[:1]
    for state in reversed(states):
        undo.undo()
        assert items(rig) == state
    assert playback.current_item == rig.ids[0], "what plays plays on"
    for state in states[1:]:
        undo.redo()
        assert items(rig) == state


def test_playing_something_else_can_be_undone_with_its_place(rig: Rig) -> None:
    playback = rig.playback
    playback.play_items(rig.ids[:3], 2)
    rig.player.advance(30)
    playback.play_items(rig.ids[5:7])
    rig.player.advance(1)
    rig.undo.undo()
    rig.player.advance()
    assert items(rig) == rig.ids[:3]
    assert playback.current_item == rig.ids[2]
    assert playback.position == 30.0


def test_shuffle_holds_for_what_is_played_next(rig: Rig) -> None:
    playback = rig.playback
    playback.play_items(rig.ids, 0)
    playback.set_shuffled(True)
    assert items(rig) != rig.ids
    assert sorted(items(rig)) == rig.ids
    playback.set_shuffled(False)
    assert items(rig) == rig.ids
    playback.set_shuffled(True)
    playback.play_items(rig.ids, 5)
    assert items(rig)[0] == rig.ids[5]
    assert items(rig) != rig.ids
    rig.undo.undo()
    rig.undo.undo()
    assert not playback.shuffled, "undoing the shuffle unpresses the button"


def test_repeat_goes_round(rig: Rig) -> None:
    seen = []
    for _ in range(4):
        rig.playback.cycle_repeat()
        seen.append(rig.playback.queue.repeat)
    assert seen == [Repeat.LIST, Repeat.ALBUM, Repeat.TRACK, Repeat.OFF]


def test_stop_after_this_one(rig: Rig) -> None:
    playback = rig.playback
    playback.play_items(rig.ids[:3])
    playback.stop_after_current(True)
    assert playback.stops_after_current
    rig.player.advance(150)
    assert not playback.playing
    assert playback.current_item == rig.ids[1]
    playback.stop_after_current(True)
    playback.stop_after_current(False)
    assert not playback.stops_after_current


def test_turning_it_up_ends_a_mute(qtbot: QtBot, rig: Rig) -> None:
    playback = rig.playback
    playback.set_muted(True)
    with qtbot.waitSignal(playback.volume_changed) as told:
        playback.set_volume(0.6)
    assert told.args == [0.6, False] or rig.player.volume == 0.6
    assert not rig.player.muted
    playback.set_volume(7)
    assert rig.player.volume == 1.0


def test_a_missing_file_is_told_and_passed_over(qtbot: QtBot, rig: Rig) -> None:
    Path(rig.lists.rows([rig.ids[0]])[0].path).unlink()
    with qtbot.waitSignal(rig.playback.failed) as told:
        rig.playback.play_items(rig.ids[:2])
        rig.player.advance(1)
    assert told.args[0].path.name == "000001.flac"
    assert rig.playback.current_item == rig.ids[1]


def test_nothing_to_play_is_no_step(rig: Rig) -> None:
    rig.playback.play_items([])
    assert rig.undo.undo_text == ""
