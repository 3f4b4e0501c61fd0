"""The studio's search thread: by words, by likeness with a direction, and by a film's moment.

Reads SQLite through a Database of its own and the vectors of whole spaces; changes nothing. What each part of a search
finds is a ranking; they are mixed by places (`models/mixing.py`). Without any learned encoder the words of the tags
remain, and words that are nearly those. While somebody types, only the newest of the searches that wait is done.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from contextlib import ExitStack

from app.errors import StoreError
from app.protocol import Event, Failed
from app.search_messages import FindMoments, Hits, Meaning, MoreLike, Search
from app.store.database import Database
from app.store.vectors import Vectors
from app.store.word_search import WordSearch
from app.studio.crowds import Crowds, MomentSource
from app.studio.failures import told
from app.studio.likeness import like_these, moments_like
from app.studio.meaning import WordVectors
from app.studio.spaces import SpacesInUse
from app.studio.words_found import Library, found_by_words

log = logging.getLogger(__name__)

IDLE = 300.0
"""Seconds without a question after which the vectors in memory are let go."""


class _Stop:
    pass


_Question = Search | MoreLike | FindMoments


class Searching:
    """Runs on a thread of its own; `put` hands it questions from any thread."""

    def __init__(
        self,
        open_database: Callable[[], Database],
        vectors: Vectors,
        moments: MomentSource,
        spaces: SpacesInUse,
        words: WordVectors,
        say: Callable[[Event], None],
    ) -> None:
        self._open_database = open_database
        self._vectors = vectors
        self._crowds = Crowds(vectors, moments)
        self._spaces = spaces
        self._words = words
        self._say = say
        self._inbox: queue.SimpleQueue[_Question | _Stop] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="search", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, question: _Question) -> None:
        """Hand over a question; it is answered by `say`."""
        self._inbox.put(question)

    def close(self, timeout: float = 5.0) -> None:
        """End after the question at hand."""
        self._inbox.put(_Stop())
        if self._thread.is_alive():
            self._thread.join(timeout)

    # ---------------------------------------------------------------------------------------------- loop

    def _run(self) -> None:
        with ExitStack() as held:
            words: WordSearch | None = None
            while True:
                try:
                    waiting = [self._inbox.get(timeout=IDLE)]
                except queue.Empty:
                    self._crowds.let_go()
                    continue
                while not self._inbox.empty():
                    waiting.append(self._inbox.get())
                for number, question in enumerate(waiting):
                    if isinstance(question, _Stop):
                        return
                    if _outdated(question, waiting[number + 1 :]):
                        self._say(Hits(question.request, (), self._meaning()))
                        continue
                    try:
                        if words is None:
                            words = WordSearch(held.enter_context(self._open_database()))
                        self._say(self._answer(question, words))
                    except Exception as error:  # noqa: BLE001 - whatever it is, the asker is told and the thread lives
                        self._say(told(error, "The search failed", question.request))
                if isinstance(waiting[-1], Search) and self._inbox.empty():
                    self._make_ready()

    def _answer(self, question: _Question, words: WordSearch) -> Event:
        spaces = self._spaces.now
        self._crowds.keep(spaces.all)
        library = Library(words, self._crowds, self._words, spaces)
        match question:
            case Search():
                return Hits(question.request, found_by_words(library, question), self._meaning())
            case MoreLike():
                return Hits(question.request, like_these(library, question), self._meaning())
            case FindMoments():
                found = moments_like(library, question)
                return found or Failed(
                    question.request,
                    "This film's moments are not known yet",
                    "They can be compared as soon as the film has been looked at.",
                )

    def _make_ready(self) -> None:
        """Read what the next search will compare with while somebody types on: of 100,000 Items that takes a second."""
        spaces = self._spaces.now
        try:
            for space in (spaces.text, *(one.name for one in spaces.learned)):
                self._crowds.items(space)
        except StoreError as error:
            log.warning("vectors cannot be read: %s", error.title)  # whoever searches meets it again, and is told

    def _meaning(self) -> Meaning:
        return self._words.meaning(self._spaces.now.learned, self._vectors.count)


def _outdated(question: _Question, later: list[_Question | _Stop]) -> bool:
    """Whether somebody who types has typed on: the same was asked again with other words."""
    return isinstance(question, Search) and any(
        isinstance(other, Search) and (other.kind, other.count) == (question.kind, question.count) for other in later
    )
