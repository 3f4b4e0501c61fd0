"""Words as vectors: kept, centred, and honest about what is not ready."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from app.search_messages import Meaning
from app.studio.meaning import KEPT, LONGEST, WordVectors
from models.types import F32, Modality
from tests.concepts import ConceptEncoder
from tests.searched import LEARNED, SIGHT, SOUND, Encoders

SPACE = LEARNED[0]


def test_words_are_encoded_once_and_spaces_do_not_matter() -> None:
    words, before = WordVectors(Encoders(SOUND)), SOUND.asked
    first = words.of(SPACE.name, "calm  piano")
    again = words.of(SPACE.name, " calm piano")
    assert first is not None
    assert again is not None
    np.testing.assert_array_equal(first, again)
    assert SOUND.asked == before + 1


def test_what_is_not_ready_or_says_nothing_has_no_vector() -> None:
    words = WordVectors(Encoders(SOUND))
    assert words.of(LEARNED[1].name, "piano") is None
    assert words.of(SPACE.name, "  ") is None


def test_not_more_than_so_many_are_kept_and_long_texts_are_cut() -> None:
    encoder = ConceptEncoder(Modality.AUDIO)
    words = WordVectors(Encoders(encoder))
    for number in range(KEPT + 5):
        words.of(SPACE.name, f"piano {number}")
    assert encoder.asked == KEPT + 5
    words.of(SPACE.name, f"piano {KEPT + 4}")
    assert encoder.asked == KEPT + 5
    words.of(SPACE.name, "piano 0")
    assert encoder.asked == KEPT + 6
    long = "rain " * LONGEST
    assert words.of(SPACE.name, long) is not None
    assert words.of(SPACE.name, long + "more") is not None
    assert encoder.asked == KEPT + 7


def test_what_words_can_mean() -> None:
    encoders = Encoders(SOUND, SIGHT)
    words = WordVectors(encoders)
    assert words.meaning((), lambda space: 1) is Meaning.NONE
    assert words.meaning(LEARNED, lambda space: 0) is Meaning.EMPTY
    assert words.meaning(LEARNED, lambda space: int(space == SPACE.name)) is Meaning.READY
    del encoders.held[SPACE.name]
    assert words.meaning(LEARNED, lambda space: 1) is Meaning.LOADING
    assert encoders.warmed == 1
    encoders.problems[SPACE.name] = "damaged"
    assert words.meaning(LEARNED, lambda space: 1) is Meaning.READY
    encoders.problems[LEARNED[1].name] = "damaged"
    assert words.meaning(LEARNED, lambda space: 1) is Meaning.NONE
    assert encoders.warmed == 1


def test_encoders_read_beside_whoever_asks_and_each_text_once() -> None:
    sound, sight = ConceptEncoder(Modality.AUDIO), ConceptEncoder(Modality.IMAGE)
    words = WordVectors(Encoders(sound, sight))
    for _ in range(5):
        words.begin(LEARNED, "rain on a roof")
    assert words.of(LEARNED[0].name, "rain on a roof") is not None
    assert words.of(LEARNED[1].name, "rain on a roof") is not None
    words.close()
    assert (sound.asked, sight.asked) == (1, 1)
    words.begin(LEARNED, "after it was closed")
    assert words.of(LEARNED[0].name, "after it was closed") is not None


def test_an_encoder_that_fails_fails_for_whoever_asks() -> None:
    class Broken(ConceptEncoder):
        def encode_words(self, texts: Sequence[str]) -> F32:
            raise ValueError("broken")

    words = WordVectors(Encoders(Broken(Modality.AUDIO)))
    words.begin(LEARNED, "rain")
    with pytest.raises(ValueError, match="broken"):
        words.of(SPACE.name, "rain")
    words.close()


def test_a_machine_without_memory_costs_the_meaning_only(caplog: pytest.LogCaptureFixture) -> None:
    class NoRoom(ConceptEncoder):
        def encode_words(self, texts: Sequence[str]) -> F32:
            raise RuntimeError("CUDA out of memory")

    words = WordVectors(Encoders(NoRoom(Modality.AUDIO), SIGHT))
    assert words.of(SPACE.name, "rain") is None
    assert words.of(LEARNED[1].name, "rain") is not None
    assert "RuntimeError" in caplog.text
    caplog.clear()
    words.close()
