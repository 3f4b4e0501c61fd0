"""The script behind the frozen constants: origins, distinct contents, equal weights, what it writes can be read."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.encoders import builtin_image, spec
from models.encoders.spec import Block, Constants, Spec

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "packaging"))

import encoder_constants  # noqa: E402
import material  # noqa: E402

TWO = Spec("two", 1, {}, (Block("a", 2),))


def _measured(content: str, *rows: list[float]) -> encoder_constants.Measured:
    return encoder_constants.Measured(np.array(rows, np.float32), content)


def test_origins_are_read_from_the_table_of_licences(tmp_path: Path) -> None:
    (tmp_path / "music").mkdir()
    (tmp_path / "LICENCES.md").write_text(
        "# Licences\n\n## music/\n\n| file | artist | licence | repo@commit : path |\n|---|---|---|---|\n"
        "| a.ogg | A | CC0-1.0 | who/what@0123456789ab : a.ogg |\n"
        "| b.ogg | B | CC0-1.0 | who/what@0123456789ab : b.ogg |\n"
        "| c.ogg | C | CC-BY-4.0 | else/where@abcdef012345 : c.ogg |\n\n"
        "## video/\n\n| d.mp4 | not/asked@0123456789ab : d.mp4 | MIT |\n"
    )
    found = material.source(str(tmp_path / "music"))
    assert found.origins == ("else/where@abcdef012345 (CC-BY-4.0)", "who/what@0123456789ab (CC0-1.0)")
    assert material.source(f"{tmp_path / 'music'}=said (CC0)").origins == ("said (CC0)",)


def test_material_without_an_origin_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="say where"):
        material.source(str(tmp_path))
    with pytest.raises(SystemExit, match="no such folder"):
        material.source(str(tmp_path / "missing"))


def test_every_track_weighs_the_same_however_many_windows() -> None:
    many = _measured("many", *[[0.0, 0.0]] * 9)
    one = _measured("one", [4.0, 8.0])
    constants = encoder_constants.constants_from([many, one], TWO)
    assert constants.mean.tolist() == [2.0, 4.0]
    assert constants.deviation.tolist() == [2.0, 4.0]


def test_what_hardly_moves_gets_a_share_of_the_usual_deviation() -> None:
    still = [_measured(str(k), [5.0, float(k)]) for k in range(5)]
    constants = encoder_constants.constants_from(still, TWO)
    usual = np.median([0.0, np.std(range(5))])
    assert constants.deviation[0] == pytest.approx(encoder_constants.SMALLEST_SHARE * usual, rel=1e-4)


def test_the_same_picture_twice_counts_once_and_broken_files_are_left_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for name in ("a.png", "b.png"):
        Image.fromarray(rng.integers(0, 255, (40, 60, 3)).astype(np.uint8)).save(tmp_path / name)
    (tmp_path / "copy.png").write_bytes((tmp_path / "a.png").read_bytes())
    (tmp_path / "broken.png").write_bytes((tmp_path / "a.png").read_bytes()[:60])
    Image.new("RGB", (50, 50)).save(tmp_path / "black.png")
    found = encoder_constants.measure_pictures(material.files([material.Source(tmp_path, ())], material.IMAGES))
    assert len(found) == 2
    assert all(each.rows.shape == (1, builtin_image.SPEC.dimension) for each in found)


def test_what_is_written_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = [_measured("x", [0.123456789, 1.0]), _measured("y", [7.7, 1e-7])]
    constants = encoder_constants.constants_from(measured, TWO)
    encoder_constants.write(tmp_path, TWO, constants, measured, ["b/b@2", "a/a@1", "a/a@1"])
    monkeypatch.setattr(spec, "SHIPPED", tmp_path)
    again = Constants.shipped(TWO)
    assert again.bytes() == constants.bytes()
    told = json.loads((tmp_path / "two.json").read_text())
    assert told["sources"] == ["a/a@1", "b/b@2"]
    assert (told["items"], told["windows"]) == (2, 2)


def test_windows_lie_inside_and_short_sounds_give_one() -> None:
    sound = np.arange(30 * material.RATE, dtype=np.float32)
    found = material.windows(sound, (0.0, 0.5, 1.0))
    assert [len(clip.samples) for clip in found] == [10 * material.RATE] * 3
    assert found[0].samples[0] == 0
    assert found[-1].samples[-1] == sound[-1]
    assert len(material.windows(sound[: 3 * material.RATE], (0.2, 0.5, 0.8))) == 1
