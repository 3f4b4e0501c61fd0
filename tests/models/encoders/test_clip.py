"""ClipEncoder beside a plain open_clip loop, and what it refuses. What every encoder must do is in the contracts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from models.encoders.clip import CONFIG, WEIGHTS, ClipEncoder, Preparation
from models.encoders.spec import unit_rows
from models.encoders.trial_inputs import trial_frames
from models.encoders.weights import WeightsError
from models.types import F32, Frame
from tests.untrained import PREPARATION, SMALLEST_SIDE, digests_of


def load(folder: Path, **options: Any) -> ClipEncoder:
    return ClipEncoder(folder, digests_of(folder), "clip", **options)


def plain(folder: Path, frames: list[Frame], texts: list[str]) -> tuple[F32, F32]:
    """The loop of open_clip's own documentation."""
    import open_clip

    network, prepare = open_clip.create_model_from_pretrained(f"local-dir:{folder}")
    tokens = open_clip.get_tokenizer(f"local-dir:{folder}")(texts)
    network.eval()
    with torch.no_grad():
        seen = torch.cat([network.encode_image(prepare(Image.fromarray(frame.pixels))[None]) for frame in frames])
        return unit_rows(seen.numpy()), unit_rows(network.encode_text(tokens).numpy())


def odd_frames() -> list[Frame]:
    rng = np.random.default_rng(1)
    shapes = [(97, 131), (131, 97), (400, 60), (30, 41), (SMALLEST_SIDE, SMALLEST_SIDE), (333, 334)]
    smooth = [np.kron(rng.integers(0, 255, (4, 4, 3)), np.ones((h // 4 + 1, w // 4 + 1, 1)))[:h, :w] for h, w in shapes]
    return [Frame(np.ascontiguousarray(picture.astype(np.uint8))) for picture in smooth]


@pytest.mark.parametrize("half", [False, True])
def test_sees_what_the_plain_loop_sees(half: bool, spread_clip_folder: Path) -> None:
    frames = trial_frames() + odd_frames()
    texts = ["a dog", "people dancing on a beach at night", "ラーメン"]
    seen, words = plain(spread_clip_folder, frames, texts)
    encoder = load(spread_clip_folder, half=half)
    assert (encoder.encode(frames) * seen).sum(axis=1).min() >= 0.999
    assert (encoder.encode_words(texts) * words).sum(axis=1).min() >= (0.999 if half else 0.99999)


@pytest.mark.parametrize("mode", ["shortest", "squash"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
def test_prepares_exactly_as_open_clip(mode: str, interpolation: str) -> None:
    from open_clip.transform import PreprocessCfg, image_transform_v2

    told = PREPARATION | {"size": 64, "resize_mode": mode, "interpolation": interpolation}
    theirs = image_transform_v2(PreprocessCfg(**told), is_train=False)
    ours = Preparation.of(told)
    for frame in odd_frames():
        expected = theirs(Image.fromarray(frame.pixels)).numpy()
        assert np.allclose(ours.apply(frame), expected, atol=1e-6), frame.pixels.shape


def test_of_a_long_strip_the_middle_is_seen() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (10, 4001, 3)).astype(np.uint8)
    middle = pixels[:, 2000 - 40 : 2000 + 40]
    how = Preparation.of(PREPARATION | {"size": 64})
    assert np.array_equal(how.apply(Frame(pixels)), how.apply(Frame(np.ascontiguousarray(middle))))


@pytest.mark.parametrize(
    "told",
    [{"resize_mode": "longest"}, {"interpolation": "nearest"}, {"interpolation": "random"}],
)
def test_an_unknown_preparation_is_refused(told: dict[str, str]) -> None:
    with pytest.raises(WeightsError, match="unknown way"):
        Preparation.of(PREPARATION | told)


def test_the_space_depends_on_weights_name_and_preparation(clip_folder: Path, tmp_path: Path) -> None:
    digests = digests_of(clip_folder)

    def space(folder: Path = clip_folder, name: str = "clip", **changed: str) -> str:
        return str(ClipEncoder(folder, digests | changed, name, accept_untrained=True).id)

    other = Path(shutil.copytree(clip_folder, tmp_path / "other"))
    told = json.loads((other / CONFIG).read_text())
    told["preprocess_cfg"]["interpolation"] = "bilinear"
    (other / CONFIG).write_text(json.dumps(told))
    spaces = [space(), space(name="clap"), space(**{WEIGHTS: "0" * 64}), space(other)]
    assert len(set(spaces)) == len(spaces)
    assert space() == spaces[0]


def test_what_was_never_trained_is_refused(clip_folder: Path) -> None:
    with pytest.raises(WeightsError, match="layer norms"):
        load(clip_folder)


def test_what_sees_everything_alike_is_refused(spread_clip_folder: Path, tmp_path: Path) -> None:
    """Layer norms that differ do not help a network whose last bias drowns everything."""
    folder = Path(shutil.copytree(spread_clip_folder, tmp_path / "alike"))
    tensors = load_file(folder / WEIGHTS)
    tensors["visual.ln_post.bias"] = tensors["visual.ln_post.bias"] + 50
    save_file(tensors, folder / WEIGHTS)
    with pytest.raises(WeightsError, match="nearly the same vector"):
        load(folder)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (CONFIG, None, "cannot read"),
        (CONFIG, b"{", "cannot read"),
        (CONFIG, b"[]", "cannot read"),
        (CONFIG, b"{}", "cannot read"),
        (WEIGHTS, None, "is missing"),
        (WEIGHTS, b"", "cannot read"),
        (WEIGHTS, b"\x08\0\0\0\0\0\0\0{}      ", "cannot read"),
        (WEIGHTS, b"\xff" * 100, "cannot read"),
        ("weights.pkl", b"", "only safetensors"),
        ("old/open_clip_pytorch_model.bin", b"", "only safetensors"),
    ],
)
def test_a_damaged_folder_is_refused_in_words(
    name: str, content: bytes | None, says: str, clip_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(clip_folder, folder, copy_function=lambda source, target: Path(target).hardlink_to(source))
    path = folder / name
    path.unlink(missing_ok=True)
    if content is not None:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=says):
        load(folder)
