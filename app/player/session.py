"""Playing in earnest: joins the player, the queue, the library and taste.

The window and MPRIS call it; it tells what plays, what was heard of it and what cannot be played. What it
needs from the rest of Bowerbird (files, positions, picks) comes through the Protocols below; it knows no
database.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from app.errors import BowerbirdError, PlayerError
from app.player.base import Player, PlayerState
from app.player.listening import Leaving, Listening, Verdict
from app.player.lookup import Lookup
from app.player.playable import (
    Change,
    Playable,
    Played,
    Positions,
    QueueChange,
    SessionEvents,
    SessionMemory,
    Sources,
    gave_up,
)
from app.player.queue import Origin, Queue, Repeat, Row
from app.player.radio import LOW_WATER, AutoPick, Continuation, RadioFeed, spaced
from app.player.replaygain import Gain, GainChoice
from models.ids import ItemId

RESTART_SECONDS = 3.0
"""Later than this, "previous" goes to the beginning of the piece instead of to the one before."""
SAVE_SECONDS = 5.0
"""So often the position of a long piece is saved."""
MOST_FAILURES = 10
"""After so many failures in a row playing stops (an unmounted drive, a missing codec)."""


class PlaySession:
    """Plays a queue.

    Everything runs on the player's thread. A piece that cannot be played is reported and passed over; after
    MOST_FAILURES in a row, or when no row is left to try, it stops and says so.
    """

    def __init__(
        self,
        player: Player,
        sources: Sources,
        positions: Positions,
        continuation: Continuation | None = None,
        gain: GainChoice | None = None,
    ) -> None:
        self.player = player
        self.events = SessionEvents()
        self._lookup = Lookup(sources, gain if gain is not None else GainChoice())
        self._positions = positions
        self._gain = Gain(0.0, 1.0)
        self._feed = RadioFeed(continuation, self._take_picks)
        self._continues = continuation is not None
        self._queue = Queue()
        self._row: Row | None = None
        self._playable: Playable | None = None
        self._listening: Listening | None = None
        self._prepared: tuple[Row, Playable, Gain] | None = None
        self._ending = False
        self._wants_play = False
        self._waiting = False
        self._failures = 0
        self._saved_at = 0.0
        self._recent: deque[ItemId] = deque(maxlen=50)
        told = player.events
        self._observing = [
            told.position.add(self._on_position),
            told.seeked.add(self._on_seeked),
            told.duration.add(self._on_duration),
            told.about_to_finish.add(self._on_about_to_finish),
            told.finished.add(self._on_finished),
            told.advanced.add(self._on_advanced),
            told.failed.add(self._on_failed),
        ]

    # What is

    @property
    def queue(self) -> Queue:
        return self._queue

    @property
    def current(self) -> Playable | None:
        """The piece that plays, or played last and would play again."""
        return self._playable

    @property
    def gain(self) -> Gain:
        """The ReplayGain of the present piece."""
        return self._gain

    @property
    def continues(self) -> bool:
        """Whether play goes on from taste at the queue's end."""
        return self._continues

    @continues.setter
    def continues(self, value: bool) -> None:
        self._continues = value
        if value:
            self._look_ahead()
        else:
            self._feed.forget()
            self._waiting = False
            self._show(self._queue.with_picks(()))

    @property
    def gain_choice(self) -> GainChoice:
        return self._lookup.gain_choice

    @gain_choice.setter
    def gain_choice(self, choice: GainChoice) -> None:
        self._lookup.gain_choice = choice
        if self._row is not None and self._playable is not None:
            self._gain = self._lookup.gain_of(self._queue, self._row, self._playable)
            self.player.set_gain(self._gain.db)
            self._prepare()

    # Playing

    def play_items(
        self, items: Sequence[ItemId], start: int = 0, *, context: str = "", shuffle: int | None = None
    ) -> None:
        """Replace the queue by `items` and play from row `start`; `shuffle` is a seed, or None."""
        queue = self._queue.playing_these(items, start, context=context, shuffle=shuffle)
        self._feed.forget()
        self._change(Change.REPLACE, queue, play=True)

    def play_from(self, item: ItemId, seconds: float, *, context: str = "") -> None:
        """Play from a moment of `item`: in the queue where it is the current piece, else instead of the queue.

        What is passed over on the way there does not count as heard.
        """
        row = self._queue.playing
        if row is None or row.item != item:
            self._feed.forget()
            queue = self._queue.playing_these([item], context=context)
            self._change(Change.REPLACE, queue, play=True, at=seconds)
        elif self._listening is None:
            self._failures = 0
            self._begin(play=True, at=seconds)
        else:
            self.player.seek(seconds)
            self.play()

    def play_row(self, key: int) -> None:
        """Play the row with this key now (from its beginning, if it plays already). Gone: nothing happens."""
        index = self._queue.index_of(key)
        if index is None:
            return
        self._failures = 0
        self._leave(Leaving.REPLACED)
        self._show(self._queue.at(index))
        self._begin(play=True)

    def play(self) -> None:
        self._failures = 0
        self._waiting = False
        if self._listening is not None:
            self._wants_play = True
            self.player.play()
        elif self._queue.rows:
            if self._queue.current is None:
                self._show(self._queue.at(0))
            self._begin(play=True)

    def pause(self) -> None:
        self._wants_play = self._waiting = False
        self.player.pause()
        self._save_position()

    def toggle(self) -> None:
        """Pause what plays, or play."""
        if self._wants_play and self.player.state != PlayerState.FAILED:
            self.pause()
        else:
            self.play()

    def stop(self) -> None:
        self._wants_play = self._waiting = False
        self._leave(Leaving.STOPPED)
        self.player.stop()

    def seek(self, seconds: float) -> None:
        self.player.seek(seconds)

    def seek_by(self, seconds: float) -> None:
        """Jump forwards or backwards; within the piece."""
        last = self.player.duration or float("inf")
        self.player.seek(min(max(self.player.position + seconds, 0.0), last))

    def next(self) -> None:
        """Go to the next row; at the end, on from taste, or stop."""
        self._failures = 0
        play = self._wants_play or self._waiting
        index = self._queue.following(by_itself=False, album_of=self._lookup.album_of)
        skipped = self._leave(Leaving.NEXT)
        if index is None:
            self._run_out()
        else:
            self._show(self._queue.at(index))
            self._begin(play=play)
        if skipped:
            self.taste_changed()

    def previous(self) -> None:
        """Back to the beginning, or within its first seconds to the row played before."""
        if self.player.position > RESTART_SECONDS or self._queue.preceding() is None:
            self.player.seek(0.0)
            return
        self._failures = 0
        play = self._wants_play
        self._leave(Leaving.PREVIOUS)
        self._show(self._queue.back())
        self._begin(play=play)

    # The queue

    def append(self, items: Sequence[ItemId], *, context: str = "") -> None:
        self._change(Change.ADD, self._queue.append(items, context=context))

    def play_next(self, items: Sequence[ItemId], *, context: str = "") -> None:
        self._change(Change.NEXT, self._queue.play_next(items, context=context))

    def insert(self, index: int, items: Sequence[ItemId], *, context: str = "") -> None:
        self._change(Change.ADD, self._queue.insert(index, items, context=context))

    def remove(self, keys: Sequence[int]) -> None:
        """Take rows out; when the playing one is among them, the next plays."""
        self._change(Change.REMOVE, self._queue.remove(keys))

    def move(self, keys: Sequence[int], index: int) -> None:
        self._change(Change.MOVE, self._queue.move(keys, index))

    def clear(self) -> None:
        """Take out everything but the row that plays."""
        self._change(Change.CLEAR, self._queue.clear(keep_playing=self._listening is not None))

    def shuffle(self, seed: int) -> None:
        self._change(Change.SHUFFLE, self._queue.shuffle(seed))

    def unshuffle(self) -> None:
        self._change(Change.UNSHUFFLE, self._queue.unshuffle())

    def set_repeat(self, repeat: Repeat) -> None:
        self._show(self._queue.with_repeat(repeat))
        self._look_ahead()

    def stop_after(self, key: int | None) -> None:
        """Stop after the row with this key (`queue.playing.key` for this one); None goes on."""
        self._show(self._queue.stopping_after(key))

    def put_back(self, queue: Queue, position: float = 0.0) -> None:
        """Undo or redo: the rows of a former state. What plays plays on where it is still among them."""
        self._adopt(self._queue.with_rows_of(queue), start=position)

    def taste_changed(self) -> None:
        """Something was liked, disliked or skipped, or new scores are there: ask anew for automatic picks."""
        row = self._queue.playing
        automatic = any(waiting.origin == Origin.AUTOMATIC for waiting in self._queue.upcoming)
        if row is not None and (automatic or self._waiting):
            self._ask(row, again=True)

    # Between two runs

    def memory(self) -> SessionMemory:
        return SessionMemory(self._queue.to_plain(), self.player.position if self._listening else 0.0)

    def restore(self, memory: SessionMemory) -> None:
        """Take the queue up again, paused where it was. Raises ValueError where it does not hold together."""
        queue = Queue.from_plain(memory.queue)
        self._leave(Leaving.REPLACED)
        self._show(queue)
        if queue.playing is not None:
            self._begin(play=False, start=memory.position)

    def close(self) -> None:
        """Tell what was heard, save the position and let go of the player (which its owner closes)."""
        self._leave(Leaving.QUIT)
        self._feed.forget()
        for remove in self._observing:
            remove()

    # Inside: what plays

    def _change(self, kind: Change, queue: Queue, *, play: bool | None = None, at: float | None = None) -> None:
        before, position = self._queue, self.player.position
        self._failures = 0
        self._adopt(queue, play=play, at=at)
        if queue.rows != before.rows:
            self.events.changed.tell(QueueChange(kind, before, queue, position))

    def _adopt(
        self, queue: Queue, *, play: bool | None = None, start: float | None = None, at: float | None = None
    ) -> None:
        """Make `queue` ours; load its current row where that is not the one that plays."""
        now = queue.playing
        same = now is not None and self._row is not None and now.key == self._row.key
        if not same:
            self._leave(Leaving.REPLACED)
        self._show(queue)
        if now is None:
            self._row, self._playable, self._wants_play = None, None, False
            self.player.stop()
            self.events.current.tell(None)
        elif not same:
            self._begin(play=self._wants_play if play is None else play, start=start or None, at=at)
        else:
            self._look_ahead()

    def _show(self, queue: Queue) -> None:
        if queue != self._queue:
            self._queue = queue
            self._prepare()
            self.events.queue.tell(queue)

    def _begin(self, *, play: bool, start: float | None = None, at: float | None = None) -> None:
        """Load the queue's current row, or the first after it that can be found.

        It goes on at `start`, heard up to there before, or begins `at` a moment that was jumped to.
        """
        self._wants_play, self._waiting = play, False
        while (row := self._queue.playing) is not None:
            try:
                playable = self._lookup.resolve(row.item)
            except BowerbirdError as error:
                self._row = row
                if not self._pass_over(error):
                    return
                start = at = None  # Meant for the piece that is not there.
                continue
            gain = self._lookup.gain_of(self._queue, row, playable)
            begin = playable.place(playable.resume) if start is None else start
            self._enter(row, playable, gain, begin)
            self.player.load(playable.source, start=begin, gain_db=gain.db)
            if at is not None:
                self.player.seek(at)
            if play:
                self.player.play()
            self._tell_current()
            return

    def _enter(self, row: Row, playable: Playable, gain: Gain, start: float) -> None:
        self._row, self._playable, self._gain = row, playable, gain
        self._listening = Listening(playable.duration, start)
        self._prepared, self._ending, self._saved_at = None, False, start
        self._recent.append(row.item)

    def _tell_current(self) -> None:
        self.events.current.tell(self._playable)
        self._look_ahead()

    def _leave(self, leaving: Leaving) -> bool:
        """Tell what was heard of the present piece, once; True when that was a skip."""
        row, playable, listening = self._row, self._playable, self._listening
        if row is None or playable is None or listening is None:
            return False
        if leaving == Leaving.FINISHED:
            listening.end()
            self._positions.save(row.item, 0.0)
        else:
            self._save_position()
        self._listening, self._prepared, self._ending = None, None, False
        heard = listening.judge(leaving)
        skipped = heard.verdict == Verdict.SKIP
        if heard.seconds > 0:
            told = (heard.fraction, heard.seconds, skipped, heard.verdict, leaving, row.origin, row.context)
            self.events.played.tell(Played(row.item, *told))
        return skipped

    def _save_position(self) -> None:
        playable = self._playable
        if self._listening is not None and playable is not None and playable.resumable:
            self._saved_at = self.player.position
            self._positions.save(playable.item, playable.place(self._saved_at))

    def _run_out(self) -> None:
        """Nothing follows: stop, and go on when picks arrive."""
        self.player.stop()
        row = self._queue.playing
        self._waiting = self._continues and self._wants_play and row is not None
        self._wants_play = False
        if self._waiting and row is not None:
            self._ask(row, again=True)

    def _pass_over(self, error: BowerbirdError) -> bool:
        """Report a piece that cannot be played and go to the next; False when none is to be tried."""
        self.events.trouble.tell(error)
        self._failures += 1
        if not self._wants_play:
            return False
        most = min(MOST_FAILURES, len(self._queue.rows))
        index = self._queue.following(by_itself=False, album_of=self._lookup.album_of)
        if self._failures >= most and (index is not None or most > 1):
            self._wants_play = False
            self.player.stop()
            self.events.trouble.tell(gave_up(self._failures))
            return False
        if index is None:
            self._run_out()
            return False
        self._show(self._queue.at(index))
        return True

    # Inside: what the player tells

    def _on_position(self, seconds: float) -> None:
        listening = self._listening
        if listening is None or self.player.state not in (PlayerState.PLAYING, PlayerState.BUFFERING):
            return
        listening.hear(seconds)
        if listening.seconds > 0:
            self._failures = 0
        if abs(seconds - self._saved_at) >= SAVE_SECONDS:
            self._save_position()

    def _on_seeked(self, seconds: float) -> None:
        if self._listening is not None:
            self._listening.jump(seconds)

    def _on_duration(self, seconds: float) -> None:
        if self._listening is not None and seconds > 0:
            self._listening.duration = seconds

    def _on_about_to_finish(self) -> None:
        self._ending = True
        self._prepare()

    def _on_finished(self) -> None:
        row = self._row
        self._leave(Leaving.FINISHED)
        stops = row is not None and self._queue.stop_after == row.key
        index = self._queue.following(by_itself=True, album_of=self._lookup.album_of)
        if stops:
            self._wants_play = False
            self._show(self._queue.stopping_after(None))
        if index is None:
            self._run_out()
            return
        self._show(self._queue.at(index))
        self._begin(play=not stops)

    def _on_advanced(self) -> None:
        prepared = self._prepared
        self._leave(Leaving.FINISHED)
        if prepared is None:
            # Only we prepare; were it otherwise, stop rather than play what the queue does not know.
            self.player.stop()
            return
        row, playable, gain = prepared
        self._enter(row, playable, gain, 0.0)
        self._show(self._queue.at(self._queue.index_of(row.key)))
        self._tell_current()

    def _on_failed(self, error: PlayerError) -> None:
        self._leave(Leaving.FAILED)
        if self._pass_over(error):
            self._begin(play=True)

    # Inside: what comes next

    def _prepare(self) -> None:
        """Near the end: hand the next piece to the player, so that it goes on without a pause."""
        if not self._ending or self._row is None:
            return
        ready = self._prepared = self._lookup.next_piece(self._queue, self._row)
        self.player.prepare(ready[1].source if ready else None, gain_db=ready[2].db if ready else 0.0)

    def _look_ahead(self) -> None:
        row = self._queue.playing
        endless = self._continues and self._queue.repeat == Repeat.OFF
        if row is not None and endless and len(self._queue.upcoming) < LOW_WATER:
            self._ask(row, again=False)

    def _ask(self, row: Row, *, again: bool) -> None:
        self._feed.ask(self._line(), row=row.key, again=again)

    def _line(self) -> tuple[ItemId, ...]:
        """What was played and what was chosen to come, oldest first."""
        waiting = (row.item for row in self._queue.upcoming if row.origin != Origin.AUTOMATIC)
        return (*self._recent, *waiting)

    def _take_picks(self, picks: tuple[AutoPick, ...]) -> None:
        if not self._continues:
            return
        kept = spaced(picks, self._line(), self._lookup.artist_of)
        queue = self._queue.with_picks((pick.item, pick.reason) for pick in kept)
        self._show(queue)
        if self._waiting and queue.upcoming and queue.current is not None:
            self._show(queue.at(queue.current + 1))
            self._begin(play=True)
