"""What every encoder must do, built in or downloaded: one suite, run on each.

Learned encoders take part with networks of the published architectures' kinds that were never trained, made by the
real factories and read from safetensors as published ones are. They must do everything but one thing: whether inputs
that differ stay apart is what training gives, so there they must be refused. Miniatures of the same architectures,
trained by `tests/miniature.py`, must do everything. Another encoder joins by one more Case.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.encoders.base import Encoder
from models.encoders.builtin_audio import BuiltinAudioEncoder
from models.encoders.builtin_image import BuiltinImageEncoder
from models.encoders.builtin_text import BuiltinTextEncoder
from models.encoders.clap import ClapEncoder
from models.encoders.clip import ClipEncoder
from models.encoders.weights import WeightsError
from models.evaluation.retrieval import mean_cosine
from models.types import Clip, EncoderId, Frame, Modality
from tests.miniature import kept, miniature_clap, miniature_clip
from tests.untrained import digests_of, untrained_clap, untrained_clip

RATE = 22050


def _tone(hertz: float, seconds: float, rate: int = RATE) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate).astype(np.float32)


def _clips() -> list[Clip]:
    """Ten clips that nobody would call alike."""
    seconds = np.arange(10 * RATE) / RATE
    noise = np.random.default_rng(0).normal(size=len(seconds))
    waves = [
        _tone(440, 10),
        noise,
        np.cumsum(noise),
        (seconds * 110) % 1 - 0.5,
        noise * np.exp(-((seconds * 4) % 1) * 12),
        np.sin(2 * np.pi * 60 * seconds) * np.exp(-((seconds * 2) % 1) * 8),
        np.sin(2 * np.pi * 220 * 2 ** ((np.floor(seconds * 8) % 12) / 12) * seconds),
        sum(_tone(hertz, 10) for hertz in (220, 277, 330, 440)),
        np.sign(np.sin(2 * np.pi * 523 * seconds)) * (np.floor(seconds * 6) % 2),
        np.sin(2 * np.pi * 880 * seconds) * noise * (seconds / 10),
    ]
    return [Clip((0.5 * wave / np.abs(wave).max()).astype(np.float32), RATE) for wave in map(np.asarray, waves)]


def _frames() -> list[Frame]:
    """Eight pictures that nobody would call alike."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 255, 200).astype(np.uint8)
    across = np.tile(ramp, (200, 1))
    stripes = np.where(np.arange(200) // 10 % 2, 255, 0).astype(np.uint8)
    squares = np.kron(rng.integers(0, 2, (8, 8)), np.ones((25, 25))).astype(np.uint8) * 255
    blank = np.zeros((200, 200), np.uint8)
    disc = np.where(np.hypot(*np.mgrid[-100:100, -100:100]) < 60, 230, 20).astype(np.uint8)
    pictures = [
        np.dstack([across, across, across]),
        np.dstack([across.T, blank, blank]),
        rng.integers(0, 255, (100, 300, 3)),
        np.dstack([squares, squares, blank]),
        np.dstack([across, blank + 30, across.T]),
        np.dstack([np.tile(stripes, (200, 1))] * 3),
        np.dstack([blank, np.tile(stripes, (200, 1)).T, blank + 80]),
        np.dstack([disc, disc // 2, 255 - disc]),
    ]
    return [Frame(np.ascontiguousarray(picture, dtype=np.uint8)) for picture in pictures]


def _texts() -> list[str]:
    return [
        "First Snow HoliznaCC0 Winter Lo-Fi lo-fi",
        "Chibi Ninja Eric Skiff Resistor Anthems chiptune",
        "交響曲第九番 ベートーヴェン",
        "Chaos Helena Bolan orchestral",
        "The 39 Steps Alfred Hitchcock thriller",
        "Für Elise",
    ]


@dataclass(frozen=True, slots=True)
class Case:
    """One encoder, inputs that differ, inputs that say nothing, and seconds below which a sound says nothing.

    `build` gets a folder for weights. `untrained` builds as the product does, without tolerance for what was never
    trained; None where there are no weights to train.
    """

    name: str
    build: Callable[[Path], Encoder[Any]]
    modality: Modality
    dimension: int
    different: Callable[[], list[Any]]
    nothing: Callable[[], list[Any]]
    shortest: float = 0.0
    untrained: Callable[[Path], Encoder[Any]] | None = None


@cache
def _made(make: Callable[[Path], Path], folder: Path) -> tuple[Path, dict[str, str]]:
    made = make(folder / make.__name__)
    return made, digests_of(made)


@cache
def _kept(make: Callable[[Path], Path]) -> tuple[Path, dict[str, str]]:
    made = kept(make)
    return made, digests_of(made)


def _clip(folder: Path, *, half: bool = False, accept_untrained: bool = True) -> ClipEncoder:
    place, digests = _made(untrained_clip, folder)
    return ClipEncoder(place, digests, "untrained-clip", half=half, accept_untrained=accept_untrained)


def _clap(folder: Path, *, half: bool = False, accept_untrained: bool = True) -> ClapEncoder:
    place, digests = _made(untrained_clap, folder)
    return ClapEncoder(place, digests, "untrained-clap", half=half, accept_untrained=accept_untrained)


def _trained(make: Callable[[Path], Path], kind: Callable[..., Encoder[Any]], half: bool, _: Path) -> Encoder[Any]:
    """As the product loads it, without tolerance; trained once for all tests."""
    place, digests = _kept(make)
    return kind(place, digests, make.__name__.replace("_", "-"), half=half)


def _silences() -> list[Clip]:
    return [
        Clip(np.zeros(0, np.float32), RATE),
        Clip(np.zeros(10 * RATE, np.float32), RATE),
        Clip(np.full(RATE, 0.7, np.float32), 44100),
        Clip(np.full(RATE, np.nan, np.float32), RATE),
        Clip(np.full(RATE, 2e-5, np.float32) * np.resize([1, -1], RATE).astype(np.float32), RATE),
    ]


def _blanks() -> list[Frame]:
    return [
        Frame(np.zeros((0, 0, 3), np.uint8)),
        Frame(np.zeros((720, 1280, 3), np.uint8)),
        Frame(np.full((1, 1, 3), 200, np.uint8)),
        Frame(np.full((50, 50, 3), (250, 10, 10), np.uint8)),
    ]


def _clip_case(half: bool) -> Case:
    refused = partial(_clip, half=half, accept_untrained=False)
    return Case("untrained-clip", partial(_clip, half=half), Modality.IMAGE, 256, _frames, _blanks, untrained=refused)


def _clap_case(half: bool) -> Case:
    refused = partial(_clap, half=half, accept_untrained=False)
    return Case(
        "untrained-clap", partial(_clap, half=half), Modality.AUDIO, 512, _clips, _silences, 0.1, untrained=refused
    )


def _miniature_cases(half: bool) -> Iterator[Case]:
    seeing, hearing = (
        partial(_trained, miniature_clip, ClipEncoder, half),
        partial(_trained, miniature_clap, ClapEncoder, half),
    )
    yield Case("miniature-clip", seeing, Modality.IMAGE, 64, _frames, _blanks)
    yield Case("miniature-clap", hearing, Modality.AUDIO, 64, _clips, _silences, 0.1)


CASES = {
    "builtin-audio": Case("builtin-audio", lambda _: BuiltinAudioEncoder(), Modality.AUDIO, 860, _clips, _silences),
    "builtin-image": Case("builtin-image", lambda _: BuiltinImageEncoder(), Modality.IMAGE, 1543, _frames, _blanks),
    "builtin-text": Case(
        "builtin-text", lambda _: BuiltinTextEncoder(), Modality.TEXT, 512, _texts, lambda: ["", "   ", "\n\t"]
    ),
    "untrained-clip": _clip_case(half=False),
    "untrained-clip-bfloat16": _clip_case(half=True),
    "untrained-clap": _clap_case(half=False),
    "untrained-clap-bfloat16": _clap_case(half=True),
    **{case.name: case for case in _miniature_cases(half=False)},
    **{f"{case.name}-bfloat16": case for case in _miniature_cases(half=True)},
}
UNTRAINED = [name for name in CASES if name.startswith("untrained")]
LEARNED = [name for name in CASES if not name.startswith("builtin")]


def _of(modality: Modality) -> pytest.MarkDecorator:
    """The test's `case` is every encoder of one modality."""
    return pytest.mark.parametrize(
        "case", [name for name, case in CASES.items() if case.modality is modality], indirect=True
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("weights")


@pytest.fixture(params=CASES, scope="module")
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture(scope="module")
def encoder(case: Case, folder: Path) -> Encoder[Any]:
    return case.build(folder)


def test_says_what_it_is(case: Case, encoder: Encoder[Any]) -> None:
    assert encoder.modality is case.modality
    assert encoder.dimension == case.dimension
    assert encoder.id.name == case.name


def test_id_survives_writing_and_reading(encoder: Encoder[Any]) -> None:
    assert EncoderId.parse(str(encoder.id)) == encoder.id


def test_two_of_a_kind_share_their_space(case: Case, encoder: Encoder[Any], folder: Path) -> None:
    assert case.build(folder).id == encoder.id


def test_unit_float_rows(case: Case, encoder: Encoder[Any]) -> None:
    vectors = encoder.encode(case.different())
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(case.different()), encoder.dimension)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


def test_no_inputs_no_rows(encoder: Encoder[Any]) -> None:
    assert encoder.encode([]).shape == (0, encoder.dimension)
    assert encoder.encode([]).dtype == np.float32


def test_same_input_same_bits(case: Case, encoder: Encoder[Any], folder: Path) -> None:
    assert np.array_equal(encoder.encode(case.different()), case.build(folder).encode(case.different()))


def test_company_changes_nothing(case: Case, encoder: Encoder[Any]) -> None:
    together = encoder.encode([*case.different(), *case.nothing()])
    alone = np.concatenate([encoder.encode([each]) for each in [*case.different(), *case.nothing()]])
    assert np.allclose(together, alone, atol=1e-6)


def test_inputs_are_left_as_they_were(case: Case, encoder: Encoder[Any]) -> None:
    given_in, kept = case.different(), case.different()
    encoder.encode(given_in)
    for used, copy in zip(given_in, kept, strict=True):
        if isinstance(used, Clip):
            assert np.array_equal(used.samples, copy.samples)
        elif isinstance(used, Frame):
            assert np.array_equal(used.pixels, copy.pixels)


def test_nothing_is_the_zero_vector(case: Case, encoder: Encoder[Any]) -> None:
    assert not encoder.encode(case.nothing()).any()


@pytest.mark.parametrize("case", [name for name in CASES if name not in UNTRAINED], indirect=True)
def test_different_inputs_stay_apart(case: Case, encoder: Encoder[Any]) -> None:
    vectors = encoder.encode(case.different())
    assert mean_cosine(vectors) < 0.8
    cosines = vectors @ vectors.T
    np.fill_diagonal(cosines, -1.0)
    assert cosines.max() < 0.99


@pytest.mark.parametrize("case", UNTRAINED, indirect=True)
def test_what_was_never_trained_is_refused(case: Case, folder: Path) -> None:
    assert case.untrained is not None
    with pytest.raises(WeightsError, match="not trained"):
        case.untrained(folder)


@_of(Modality.AUDIO)
@pytest.mark.parametrize("seconds", [1 / RATE, 0.01, 0.5, 3.0, 90.0, 400.0])
def test_any_length_of_sound(case: Case, encoder: Encoder[Any], seconds: float) -> None:
    samples = _tone(330, max(seconds, 3 / RATE)) if seconds > 0.001 else np.array([0.5, -0.5], np.float32)
    vector = encoder.encode([Clip(samples, RATE)])[0]
    assert np.linalg.norm(vector) == pytest.approx(float(seconds >= case.shortest), abs=1e-5)


@_of(Modality.AUDIO)
@pytest.mark.parametrize("rate", [32000, 44100, 48000, 96000])
def test_the_rate_hardly_matters(case: Case, encoder: Encoder[Any], rate: int) -> None:
    """Chords, chirps and hits, computed at each rate: no resampler of ours made the reference."""

    def piece(at: int) -> Clip:
        seconds = np.arange(10 * at) / at
        chirp = np.sin(2 * np.pi * (200 * seconds + 150 * seconds**2))
        hits = np.sin(2 * np.pi * 90 * seconds) * np.exp(-((seconds * 2.2) % 1) * 9)
        chord = sum(np.sin(2 * np.pi * hertz * seconds) for hertz in (196, 247, 294, 4186))
        return Clip((0.2 * (chirp + 2 * hits + chord)).astype(np.float32), at)

    first, second = encoder.encode([piece(RATE), piece(rate)])
    assert float(first @ second) > 0.95


def test_loudness_hardly_matters() -> None:
    for clip in _clips():
        quiet = Clip(clip.samples * np.float32(0.03), clip.rate)
        first, second = BuiltinAudioEncoder().encode([clip, quiet])
        assert float(first @ second) > 0.999


@_of(Modality.AUDIO)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-42])
def test_broken_samples_do_no_harm(case: Case, encoder: Encoder[Any], value: float) -> None:
    samples = _clips()[4].samples.copy()
    samples[1000:1100] = value
    vector = encoder.encode([Clip(samples, RATE)])[0]
    assert np.isfinite(vector).all()
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


@_of(Modality.AUDIO)
def test_clipped_and_square_sounds(case: Case, encoder: Encoder[Any]) -> None:
    clipped = [Clip(np.clip(clip.samples * 40, -1, 1), clip.rate) for clip in _clips()]
    vectors = encoder.encode(clipped)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)


@settings(max_examples=30, deadline=None)
@given(
    samples=hnp.arrays(np.float32, st.integers(0, 5000), elements=st.floats(width=32)),
    rate=st.sampled_from([8000, 11025, 22050, 44100, 192000]),
)
def test_any_samples_give_a_unit_or_zero_row(samples: np.ndarray, rate: int) -> None:
    vector = BuiltinAudioEncoder().encode([Clip(samples, rate)])[0]
    assert np.isfinite(vector).all()
    length = float(np.linalg.norm(vector))
    assert length == 0.0 or length == pytest.approx(1.0, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(pixels=hnp.arrays(np.uint8, st.tuples(st.integers(0, 40), st.integers(0, 40), st.just(3))))
def test_any_pixels_give_a_unit_or_zero_row(pixels: np.ndarray) -> None:
    vector = BuiltinImageEncoder().encode([Frame(pixels)])[0]
    assert np.isfinite(vector).all()
    length = float(np.linalg.norm(vector))
    assert length == 0.0 or length == pytest.approx(1.0, abs=1e-5)


@_of(Modality.IMAGE)
@pytest.mark.parametrize("shape", [(1, 4000), (4000, 1), (2, 2), (1080, 1920), (3000, 40)])
def test_any_size_of_picture(case: Case, encoder: Encoder[Any], shape: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (*shape, 3)).astype(np.uint8)
    vector = encoder.encode([Frame(pixels)])[0]
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


@_of(Modality.IMAGE)
def test_the_size_of_a_picture_hardly_matters(case: Case, encoder: Encoder[Any]) -> None:
    for frame in _frames():
        large = Frame(np.repeat(np.repeat(frame.pixels, 3, axis=0), 3, axis=1))
        first, second = encoder.encode([frame, large])
        assert float(first @ second) > 0.95


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=200))
def test_any_text_gives_a_unit_or_zero_row(text: str) -> None:
    vector = BuiltinTextEncoder().encode([text])[0]
    assert np.isfinite(vector).all()
    length = float(np.linalg.norm(vector))
    assert length == 0.0 or length == pytest.approx(1.0, abs=1e-5)


@_of(Modality.AUDIO)
@pytest.mark.parametrize("broken", [Clip(np.zeros((2, 100), np.float32), RATE), Clip(np.zeros(100, np.float32), 0)])
def test_what_is_no_sound_is_refused(case: Case, encoder: Encoder[Any], broken: Clip) -> None:
    with pytest.raises(ValueError, match="a Clip is"):
        encoder.encode([broken])


@_of(Modality.IMAGE)
@pytest.mark.parametrize(
    "broken",
    [Frame(np.zeros((10, 10), np.uint8)), Frame(np.zeros((10, 10, 3), np.float32))],  # type: ignore[arg-type]
)
def test_what_is_no_picture_is_refused(case: Case, encoder: Encoder[Any], broken: Frame) -> None:
    with pytest.raises(ValueError, match="a Frame is"):
        encoder.encode([broken])


@pytest.mark.parametrize("case", LEARNED, indirect=True)
def test_words_have_a_place(case: Case, encoder: Encoder[Any]) -> None:
    texts = ["rainy night piano", "people dancing on a beach", "", " \n", "ночь 🎹", "word " * 3000]
    vectors = encoder.encode_words(texts)  # type: ignore[attr-defined]
    assert vectors.shape == (len(texts), case.dimension)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 0, 0, 1, 1], abs=1e-5)
    assert np.array_equal(encoder.encode_words(texts[:1]), vectors[:1])  # type: ignore[attr-defined]
    assert encoder.encode_words([]).shape == (0, case.dimension)  # type: ignore[attr-defined]


@pytest.mark.parametrize("case", [name for name in LEARNED if f"{name}-bfloat16" in CASES], indirect=True)
def test_half_the_bits_are_the_same_space(case: Case, encoder: Encoder[Any], folder: Path) -> None:
    other = CASES[f"{case.name}-bfloat16"].build(folder)
    assert other.id == encoder.id
    whole, half = encoder.encode(case.different()), other.encode(case.different())
    assert (whole * half).sum(axis=1).min() > 0.999
