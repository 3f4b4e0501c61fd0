"""ClapEncoder beside a plain transformers loop, and what it refuses. What every encoder must do is in the contracts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from models.encoders.clap import CONFIG, RATE, WEIGHTS, WINDOW, ClapEncoder, window
from models.encoders.spec import unit_rows
from models.encoders.trial_inputs import trial_clips
from models.encoders.weights import WeightsError
from models.types import F32, Clip
from tests.untrained import digests_of


def load(folder: Path, **options: Any) -> ClapEncoder:
    return ClapEncoder(folder, digests_of(folder), "clap", **options)


def plain(folder: Path, clips: list[Clip], texts: list[str]) -> tuple[F32, F32]:
    """The loop of the model's card, fed with windows of exactly ten seconds."""
    from transformers import AutoTokenizer, ClapFeatureExtractor, ClapModel

    network = ClapModel.from_pretrained(folder).eval()
    prepare, tokenizer = ClapFeatureExtractor.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        heard = [
            network.get_audio_features(**prepare(clip.samples, sampling_rate=RATE, return_tensors="pt")).pooler_output
            for clip in clips
        ]
        words = [network.get_text_features(**tokenizer(text, return_tensors="pt")).pooler_output for text in texts]
    return unit_rows(torch.cat(heard).numpy()), unit_rows(torch.cat(words).numpy())


@pytest.mark.parametrize("half", [False, True])
def test_hears_what_the_plain_loop_hears(half: bool, spread_clap_folder: Path) -> None:
    clips, texts = trial_clips(RATE), ["rain", "a bird and a bell", "ラーメン"]
    heard, words = plain(spread_clap_folder, clips, texts)
    encoder = load(spread_clap_folder, half=half)
    assert (encoder.encode(clips) * heard).sum(axis=1).min() >= 0.999
    assert (encoder.encode_words(texts) * words).sum(axis=1).min() >= (0.999 if half else 0.99999)


def test_a_shorter_sound_is_repeated_as_in_training(spread_clap_folder: Path) -> None:
    clips = [
        Clip(clip.samples[: RATE * seconds], RATE)
        for seconds, clip in zip((1, 3, 4, 7), trial_clips(RATE)[:4], strict=True)
    ]
    heard, _ = plain(spread_clap_folder, clips, ["x"])
    assert (load(spread_clap_folder).encode(clips) * heard).sum(axis=1).min() >= 0.999


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000, 96000])
@pytest.mark.parametrize("seconds", [0.1, 2.5, 10.0, 25.0])
def test_a_window_is_always_ten_seconds(rate: int, seconds: float) -> None:
    at = np.arange(int(rate * seconds)) / rate
    found = window(Clip(np.sin(2 * np.pi * 500 * at).astype(np.float32), rate))
    assert found is not None
    assert found.shape == (WINDOW,)
    assert found.dtype == np.float32
    assert np.abs(found).max() <= 1.0


def test_a_window_keeps_the_beginning_and_the_loudness() -> None:
    at = np.arange(RATE * 12) / RATE
    samples = (0.1 * np.sin(2 * np.pi * 300 * at)).astype(np.float32)
    found = window(Clip(samples, RATE))
    assert found is not None
    assert np.array_equal(found, samples[:WINDOW])


def test_a_window_of_a_short_sound_repeats_it_whole() -> None:
    samples = np.linspace(-0.5, 0.5, RATE * 4, dtype=np.float32)
    found = window(Clip(samples, RATE))
    assert found is not None
    assert np.array_equal(found[: RATE * 4], found[RATE * 4 : RATE * 8])
    assert not found[RATE * 8 :].any()


def test_the_space_depends_on_weights_and_name(clap_folder: Path) -> None:
    digests = digests_of(clap_folder)
    spaces = {
        str(ClapEncoder(clap_folder, digests | changed, name, accept_untrained=True).id)
        for name in ("a", "b")
        for changed in ({}, {WEIGHTS: "0" * 64})
    }
    assert len(spaces) == 4


def test_what_was_never_trained_is_refused(clap_folder: Path) -> None:
    with pytest.raises(WeightsError, match="layer norms"):
        load(clap_folder)


@pytest.mark.parametrize("half", [False, True])
def test_what_hears_everything_alike_is_refused(half: bool, perturbed_clap_folder: Path) -> None:
    with pytest.raises(WeightsError, match="nearly the same vector"):
        load(perturbed_clap_folder, half=half)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (CONFIG, None, "cannot read"),
        (CONFIG, b"{", "cannot read"),
        (CONFIG, b"[]", "cannot read"),
        (WEIGHTS, None, "is missing"),
        (WEIGHTS, b"", "cannot read"),
        (WEIGHTS, b"\xff" * 100, "cannot read"),
        ("preprocessor_config.json", None, "cannot read"),
        ("tokenizer.json", b"{", "cannot read"),
        ("pytorch_model.bin", b"", "only safetensors"),
    ],
)
def test_a_damaged_folder_is_refused_in_words(
    name: str, content: bytes | None, says: str, clap_folder: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(clap_folder, tmp_path / "damaged"))
    (folder / name).unlink(missing_ok=True)
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(WeightsError, match=says):
        load(folder)


def test_weights_that_lack_a_tensor_are_refused(clap_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(clap_folder, tmp_path / "lacking"))
    tensors = load_file(folder / WEIGHTS)
    del tensors["audio_projection.linear1.weight"]
    save_file(tensors, folder / WEIGHTS, {"format": "pt"})
    with pytest.raises(WeightsError, match=r"1 tensors are missing.*audio_projection.linear1.weight"):
        load(folder)


def test_another_window_is_refused(clap_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(clap_folder, tmp_path / "other"))
    told = json.loads((folder / "preprocessor_config.json").read_text())
    (folder / "preprocessor_config.json").write_text(json.dumps(told | {"max_length_s": 5, "nb_max_samples": 240_000}))
    with pytest.raises(WeightsError, match="240000 samples"):
        load(folder)
