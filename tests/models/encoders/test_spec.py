"""An EncoderId changes with everything that changes a vector, and with nothing else; standardising is exact."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from models.encoders import builtin_audio, builtin_image, spec
from models.encoders.builtin_audio import BuiltinAudioEncoder
from models.encoders.builtin_image import BuiltinImageEncoder
from models.encoders.spec import Block, Constants, Spec, standardise

SMALL = Spec("small", 1, {"rate": 22050}, (Block("a", 1), Block("b", 4)))


def _constants() -> Constants:
    return Constants(np.arange(5, dtype=np.float32), np.full(5, 2.0, np.float32))


def test_the_same_specification_has_the_same_id() -> None:
    again = Spec("small", 1, {"rate": 22050}, (Block("a", 1), Block("b", 4)))
    assert again.id(_constants().bytes()) == SMALL.id(_constants().bytes())


@pytest.mark.parametrize(
    "other",
    [
        replace(SMALL, version=2),
        replace(SMALL, name="other"),
        replace(SMALL, parameters={"rate": 22051}),
        replace(SMALL, parameters={"rate": 22050, "hop": 1}),
        replace(SMALL, blocks=(Block("b", 4), Block("a", 1))),
        replace(SMALL, blocks=(Block("a", 2), Block("b", 3))),
    ],
)
def test_another_specification_has_another_id(other: Spec) -> None:
    assert other.id(_constants().bytes()) != SMALL.id(_constants().bytes())


@pytest.mark.parametrize("which", ["mean", "deviation"])
def test_one_changed_constant_makes_a_new_space(which: str) -> None:
    for encoder_spec, build in ((builtin_audio.SPEC, BuiltinAudioEncoder), (builtin_image.SPEC, BuiltinImageEncoder)):
        shipped = Constants.shipped(encoder_spec)
        numbers = getattr(shipped, which).copy()
        numbers[7] = np.nextafter(numbers[7], np.float32(1e9))
        changed = replace(shipped, **{which: numbers})
        assert build(changed).id != build(shipped).id
        assert build(Constants(shipped.mean.copy(), shipped.deviation.copy())).id == build().id


def test_weights_are_told_apart_not_joined() -> None:
    assert SMALL.id(b"ab", b"c") != SMALL.id(b"a", b"bc")
    assert SMALL.id() != SMALL.id(b"")


def test_provenance_is_in_the_file_and_not_in_the_id(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    told = json.loads((spec.SHIPPED / "builtin-audio.json").read_text(encoding="ascii"))
    assert told["items"] > 300
    assert all("@" in source and "/work" not in source for source in told["sources"])
    told["sources"] = ["elsewhere"]
    folder = tmp_path
    (folder / "builtin-audio.json").write_text(json.dumps(told))  # type: ignore[operator]
    before = BuiltinAudioEncoder().id
    monkeypatch.setattr(spec, "SHIPPED", folder)
    assert BuiltinAudioEncoder().id == before


def test_constants_of_other_blocks_are_refused(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    told = json.loads((spec.SHIPPED / "builtin-audio.json").read_text(encoding="ascii"))
    told["blocks"][0]["mean"].pop()
    (tmp_path / "builtin-audio.json").write_text(json.dumps(told))  # type: ignore[operator]
    monkeypatch.setattr(spec, "SHIPPED", tmp_path)
    with pytest.raises(ValueError, match="do not have its blocks"):
        BuiltinAudioEncoder()


@pytest.mark.parametrize("encoder", [BuiltinAudioEncoder, BuiltinImageEncoder])
def test_constants_of_another_encoder_are_refused(encoder: type) -> None:
    with pytest.raises(ValueError, match="another encoder"):
        encoder(Constants.neutral(5))


@pytest.mark.parametrize(
    ("mean", "deviation"),
    [
        (np.zeros(3), np.ones(4)),
        (np.zeros((2, 2)), np.ones((2, 2))),
        (np.array([0.0, np.nan]), np.ones(2)),
        (np.zeros(2), np.array([1.0, 0.0])),
        (np.zeros(2), np.array([1.0, -1.0])),
        (np.zeros(2), np.array([1.0, np.inf])),
    ],
)
def test_impossible_constants_are_refused(mean: np.ndarray, deviation: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"constants|deviation"):
        Constants(mean.astype(np.float32), deviation.astype(np.float32))


def test_blocks_weigh_the_same_whatever_their_size() -> None:
    raw = _constants().mean + 2.0 * np.array([1, 1, -1, 1, -1], np.float32)
    vector = standardise(raw[None].astype(np.float32), SMALL, _constants())[0]
    assert (vector[:1] ** 2).sum() == pytest.approx((vector[1:] ** 2).sum(), rel=1e-5)


def test_no_number_shouts() -> None:
    raw = np.zeros((1, 5), np.float32)
    raw[0, 0] = 1e30
    raw[0, 1:] = _constants().mean[1:] + 2.0 * spec.Z_LIMIT
    vector = standardise(raw, SMALL, _constants())[0]
    assert vector[0] == pytest.approx(np.sqrt(0.5), rel=1e-4)


def test_rows_of_nan_become_zero_and_single_nan_means_average() -> None:
    raw = np.tile(_constants().mean + 1.0, (3, 1)).astype(np.float32)
    raw[1] = np.nan
    raw[2, 1] = np.nan
    vectors = standardise(raw, SMALL, _constants())
    assert not vectors[1].any()
    assert vectors[2, 1] == 0.0
    assert np.linalg.norm(vectors[[0, 2]], axis=1) == pytest.approx(1.0, abs=1e-6)


def test_exactly_average_is_zero_not_nan() -> None:
    assert not standardise(_constants().mean[None], SMALL, _constants()).any()
