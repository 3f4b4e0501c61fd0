"""The set of words, pictures and sounds: each is what it says, and chance is told from knowledge."""

from __future__ import annotations

import numpy as np
import pytest

from models.encoders.builtin_audio import BuiltinAudioEncoder
from models.encoders.builtin_image import BuiltinImageEncoder
from models.encoders.builtin_text import BuiltinTextEncoder
from models.encoders.sanity import LIKELY_CHANCE, RATE, clips, frames, judge, matched
from models.encoders.trial_inputs import trial_clips, trial_frames
from models.evaluation.retrieval import mean_cosine
from models.types import F32


def vectors(rng: np.random.Generator, count: int = 12, dimension: int = 64) -> F32:
    made = rng.normal(size=(count, dimension))
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def test_knowledge_is_seen() -> None:
    """Words near their inputs, on top of a direction all words share and another all inputs share."""
    rng = np.random.default_rng(0)
    inputs = vectors(rng)
    words = inputs + 0.5 * vectors(rng) + 3 * vectors(rng, 1)
    found = matched(inputs + 3 * vectors(rng, 1), words)
    assert found.hits >= 10
    assert found.asked == 12
    assert found.chance < 0.001
    assert found.sane


def test_chance_is_seldom_taken_for_knowledge() -> None:
    rng = np.random.default_rng(1)
    passed = sum(matched(vectors(rng), vectors(rng)).sane for _ in range(300))
    assert passed <= 300 * LIKELY_CHANCE * 3


def test_all_alike_is_not_knowledge() -> None:
    one = np.ones((12, 8), np.float32) / np.sqrt(np.float32(8))
    assert not matched(one, one).sane


def test_pictures_and_sounds_differ_and_are_loud() -> None:
    pictures, sounds = list(frames().values()), list(clips().values())
    assert len(pictures) == len(sounds) == 12
    assert mean_cosine(BuiltinImageEncoder().encode(pictures)) < 0.8
    assert mean_cosine(BuiltinAudioEncoder().encode(sounds)) < 0.8
    for clip in sounds:
        assert clip.rate == RATE
        assert len(clip.samples) == 10 * RATE
        assert np.abs(clip.samples).max() == pytest.approx(0.5)


def test_pictures_show_what_they_say() -> None:
    """In numbers, as far as numbers can: the middle and the corner of some."""
    made = {words: frame.pixels.astype(int) for words, frame in frames().items()}

    def middle(words: str) -> np.ndarray:
        return made[words][120:136, 120:136].mean(axis=(0, 1))

    red, blue, green = middle("a red square"), middle("a blue circle"), middle("a green triangle")
    assert red.argmax() == 0
    assert green.argmax() == 1
    assert blue.argmax() == 2
    assert made["a red square"][0, 0].min() > 240
    assert middle("a yellow circle on black").tolist()[2] < 40
    assert made["a yellow circle on black"][0, 0].max() < 30
    night = made["stars in the night sky"].max(axis=2)
    assert 50 < (night > 200).sum() < 1000
    landscape = made["the sun over a green field under a blue sky"]
    assert landscape[5, 5].argmax() == 2
    assert landscape[-5, 5].argmax() == 1


def test_sounds_are_what_they_say() -> None:
    made = {words: clip.samples for words, clip in clips().items()}
    loudest = {
        words: np.fft.rfftfreq(len(wave), 1 / RATE)[np.abs(np.fft.rfft(wave)).argmax()] for words, wave in made.items()
    }
    assert loudest["a pure sine tone, a test beep"] == pytest.approx(1000, abs=1)
    assert loudest["a heartbeat"] < 60
    assert loudest["a church bell ringing"] == pytest.approx(520, abs=20)
    assert 2800 < loudest["a bird chirping"] < 4800
    ticks = np.abs(made["a clock ticking"]).reshape(20, -1)
    assert (ticks[:, : RATE // 50].max(axis=1) > 5 * ticks[:, RATE // 10 :].max(axis=1)).all()


def test_the_trials_are_the_same_each_time() -> None:
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(trial_frames(), trial_frames(), strict=True))
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(trial_clips(8000), trial_clips(8000), strict=True))
    assert mean_cosine(BuiltinImageEncoder().encode(trial_frames())) < 0.8
    assert mean_cosine(BuiltinAudioEncoder().encode(trial_clips(22050))) < 0.8


@pytest.mark.parametrize("rate", [8000, 22050, 48000])
def test_trial_clips_have_any_rate(rate: int) -> None:
    for clip in trial_clips(rate):
        assert clip.rate == rate
        assert clip.samples.dtype == np.float32
        assert clip.samples.shape == (10 * rate,)
        assert np.abs(clip.samples).max() == pytest.approx(0.5)


def test_text_has_no_set() -> None:
    with pytest.raises(ValueError, match="pictures and sounds"):
        judge(BuiltinTextEncoder())  # type: ignore[arg-type]
