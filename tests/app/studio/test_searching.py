"""The search thread: every question is answered, the newest of what somebody types, and what words can mean."""

from __future__ import annotations

import queue
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from app.paths import RESOURCES, Profile
from app.protocol import Event, Failed
from app.search_messages import FindMoments, FoundBy, Hits, Meaning, Moments, MoreLike, Search
from app.store.database import Database
from app.studio.searching import Searching
from app.studio.spaces import SpacesInUse
from models.types import I64
from tests.concepts import DIMENSION
from tests.searched import SOUND, Searched, Thing, crowd

PATIENCE = 20.0


class Asked:
    """A search thread on a small library, and what it said."""

    def __init__(self, profile: Profile) -> None:
        things = [
            Thing("Nocturne", "Ilse Marr", sounds="rain night piano"),
            Thing("Rain", "Z", sounds="drums"),
            *crowd(60),
        ]
        self.held = Searched(profile, things)
        self.said: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self.spaces = SpacesInUse(self.held.spaces)
        self.reads: Counter[str] = Counter()
        self.gate = threading.Event()
        self.gate.set()

        def open_database() -> Database:
            self.gate.wait(PATIENCE)
            return Database.open(profile.library, RESOURCES / "migrations")

        halves = self.held.vectors.halves

        def counted(space: str) -> tuple[I64, np.ndarray]:
            found = halves(space)
            self.reads[space] += 1
            return found

        self.held.vectors.halves = counted  # type: ignore[method-assign]
        self.searching = Searching(
            open_database, self.held.vectors, self.held.moments, self.spaces, self.held.words, self.said.put
        )
        self.searching.start()

    def answer(self) -> Event:
        return self.said.get(timeout=PATIENCE)

    def hits(self, question: Search | MoreLike) -> Hits:
        self.searching.put(question)
        found = self.answer()
        assert isinstance(found, Hits)
        return found

    def close(self) -> None:
        self.searching.close()
        self.held.close()


@pytest.fixture
def asked(profile: Profile) -> Iterator[Asked]:
    made = Asked(profile)
    yield made
    made.close()


def test_each_kind_of_question_is_answered(asked: Asked) -> None:
    found = asked.hits(Search(7, "rain"))
    assert found.request == 7
    assert [hit.item for hit in found.hits][:2] == [2, 1]
    assert found.meaning is Meaning.READY
    assert asked.hits(MoreLike(8, (1,), count=3)).request == 8
    asked.searching.put(FindMoments(9, 1, 0.0))
    failed = asked.answer()
    assert isinstance(failed, Failed)
    assert (failed.request, failed.title) == (9, "This film's moments are not known yet")


def test_moments_are_found_and_told_with_their_times(asked: Asked) -> None:
    space = asked.held.spaces.image
    for item, at in ((5, 3.0), (6, 4.5), (7, 9.0)):
        asked.held.add_moments(space, item, {at: "snow" if item < 7 else "city", at + 20: "forest"})
    asked.searching.put(FindMoments(3, 5, 2.0, count=3))
    found = asked.answer()
    assert isinstance(found, Moments)
    assert (found.moments[0].item, found.moments[0].at) == (6, 4.5)


def test_of_what_somebody_types_the_newest_is_searched_and_all_are_answered(asked: Asked) -> None:
    asked.gate.clear()
    asked.searching.put(Search(1, "noc"))  # at work on this one
    while not asked.searching._inbox.empty():  # until it has been taken
        threading.Event().wait(0.001)
    for request, words in ((2, "noct"), (3, "noctu")):
        asked.searching.put(Search(request, words))
    asked.searching.put(Search(4, "rain", count=5))  # somebody else's
    asked.searching.put(Search(5, "nocturne"))
    asked.gate.set()
    found = {event.request: len(event.hits) for event in (asked.answer() for _ in range(5)) if isinstance(event, Hits)}
    assert {request: count > 0 for request, count in found.items()} == {1: True, 2: False, 3: False, 4: True, 5: True}


def test_without_learned_encoders_the_words_are_found_and_it_says_so(asked: Asked) -> None:
    asked.spaces.change(replace(asked.held.spaces, learned=()))
    found = asked.hits(Search(1, "nocturn"))
    assert [hit.found_by for hit in found.hits] == [(FoundBy.WORDS,)]
    assert found.meaning is Meaning.NONE


def test_an_encoder_that_is_not_loaded_is_loaded_beside_the_search(asked: Asked) -> None:
    held = asked.held.encoders.held.pop(str(SOUND.id))
    found = asked.hits(Search(1, "rain"))
    assert found.meaning is Meaning.LOADING
    assert asked.held.encoders.warmed == 1
    assert [hit.item for hit in found.hits] == [2]
    asked.held.encoders.held[str(SOUND.id)] = held
    assert [hit.item for hit in asked.hits(Search(2, "rain")).hits] == [2, 1]


def test_an_encoder_that_cannot_be_loaded_is_not_waited_for(asked: Asked) -> None:
    for space in list(asked.held.encoders.held):
        asked.held.encoders.problems[space] = "its files are damaged"
        del asked.held.encoders.held[space]
    assert asked.hits(Search(1, "rain")).meaning is Meaning.NONE
    assert asked.held.encoders.warmed == 0


def test_before_anything_is_encoded_it_says_so(asked: Asked) -> None:
    for space in asked.held.spaces.learned:
        asked.held.vectors.drop(space.name)
    assert asked.hits(Search(1, "rain")).meaning is Meaning.EMPTY


def test_what_is_encoded_while_it_runs_is_found(asked: Asked) -> None:
    assert 5 not in [hit.item for hit in asked.hits(Search(1, "choir mountain")).hits]
    row = SOUND.encode_words(["choir mountain"]) - SOUND.encode_words(["of nothing"])
    asked.held.vectors.add(str(SOUND.id), np.array([5]), row.reshape(1, DIMENSION))
    assert next(hit.item for hit in asked.hits(Search(2, "choir mountain")).hits) == 5


def test_words_are_encoded_once(asked: Asked) -> None:
    before = SOUND.asked
    for request in range(3):
        asked.hits(Search(request + 1, "a choir in the forest"))
    assert SOUND.asked == before + 1


def test_while_somebody_types_on_the_vectors_are_read(asked: Asked) -> None:
    asked.hits(Search(1, "ra"))
    wanted = {asked.held.spaces.text, *(one.name for one in asked.held.spaces.learned)}
    deadline = time.monotonic() + PATIENCE
    while not wanted <= asked.reads.keys() and time.monotonic() < deadline:
        threading.Event().wait(0.002)
    assert wanted <= asked.reads.keys()
    asked.hits(Search(2, "rain"))
    assert {asked.reads[space] for space in wanted} == {1}


@pytest.mark.allow_log_errors
def test_a_failure_is_told_and_the_next_question_answered(asked: Asked) -> None:
    asked.held.encoders.held[str(SOUND.id)] = None  # type: ignore[assignment]
    broken = asked.held.encoders.ready
    asked.held.encoders.ready = lambda space: 1 / 0  # type: ignore[assignment, return-value, method-assign]
    asked.searching.put(Search(1, "rain"))
    failed = asked.answer()
    assert isinstance(failed, Failed)
    assert failed.request == 1
    asked.held.encoders.ready = broken  # type: ignore[method-assign]
    assert asked.hits(Search(2, "nocturne")).hits
