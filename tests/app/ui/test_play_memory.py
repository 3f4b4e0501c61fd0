"""What of playing is kept between two runs."""

from __future__ import annotations

from pathlib import Path

from pytestqt.qtbot import QtBot

from app.config import MUTED, REPEAT, SHUFFLE, VOLUME, Settings
from app.player.queue import Origin, Repeat
from app.store.playlists import QueuedItem, SavedQueue
from app.ui.play_memory import PlayMemory
from models.ids import ItemId
from tests.window import Rig


def test_the_queue_and_the_modes_come_back(qtbot: QtBot, rig: Rig) -> None:
    playback = rig.playback
    memory = PlayMemory(playback, rig.writes, rig.settings)
    memory.restore(())
    playback.play_items(rig.ids[:3], 1)
    playback.session.put_back(playback.queue.with_picks([(ItemId(rig.ids[5]), "why")]))
    playback.set_repeat(Repeat.ALBUM)
    playback.set_volume(0.35)
    playback.set_muted(True)
    memory.save()
    kept = [
        QueuedItem(ItemId(rig.ids[0]), "user"),
        QueuedItem(ItemId(rig.ids[1]), "user", True),
        QueuedItem(ItemId(rig.ids[2]), "user"),
        QueuedItem(ItemId(rig.ids[5]), "taste"),
    ]
    qtbot.waitUntil(lambda: SavedQueue(rig.database).load() == kept)
    settings = Settings(rig.folder / "settings.toml")
    assert [settings.get(option) for option in (VOLUME, MUTED)] == [0.35, True]
    assert [settings.get(option) for option in (SHUFFLE, REPEAT)] == [False, "album"]

    playback.play_items(rig.ids[6:7])
    playback.set_volume(1.0)
    PlayMemory(playback, rig.writes, settings).restore(kept)
    rig.player.advance()
    assert [int(row.item) for row in playback.queue.rows] == [rig.ids[n] for n in (0, 1, 2, 5)]
    assert playback.queue.rows[3].origin == Origin.AUTOMATIC
    assert playback.current_item == rig.ids[1]
    assert not playback.playing, "nobody wants sound the moment the window opens"
    assert playback.queue.repeat == Repeat.ALBUM
    assert (rig.player.volume, rig.player.muted) == (0.35, True)


def test_a_change_is_saved_soon_without_being_asked(qtbot: QtBot, rig: Rig) -> None:
    memory = PlayMemory(rig.playback, rig.writes, rig.settings)
    memory.restore(())
    rig.playback.enqueue(rig.ids[:2])
    qtbot.waitUntil(lambda: len(SavedQueue(rig.database).load()) == 2)


def test_shuffle_holds_from_the_next_thing_played(rig: Rig) -> None:
    rig.settings.set(SHUFFLE, True)
    rows = [QueuedItem(ItemId(item), "user", item == 1) for item in rig.ids[:5]]
    memory = PlayMemory(rig.playback, rig.writes, rig.settings)
    memory.restore(rows)
    assert [int(row.item) for row in rig.playback.queue.rows] == rig.ids[:5]
    assert rig.playback.shuffled


def test_a_queue_whose_files_are_gone_is_no_trouble(rig: Rig) -> None:
    Path(rig.lists.rows([rig.ids[0]])[0].path).unlink()
    memory = PlayMemory(rig.playback, rig.writes, rig.settings)
    memory.restore([QueuedItem(ItemId(rig.ids[0]), "user", True), QueuedItem(ItemId(999), "user")])
    rig.player.advance()
    assert len(rig.playback.queue.rows) == 2
    assert not rig.playback.playing
