"""Computes the frozen constants of the built-in audio and image encoders from real music and pictures.

    python packaging/encoder_constants.py --music DIR[=ORIGIN] ... --pictures DIR[=ORIGIN] ... [--out DIR]

Per dimension the mean and the deviation over all windows (pictures), each track (video) weighing the same
however many windows it gave. Writes `models/encoders/constants/<encoder>.json`: the numbers with their
provenance. Running it over other material changes the EncoderIds, hence all spaces: it is done before a
release that changes the encoders, never else. Whether the material suffices is measured by `retrieval.py`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import material  # noqa: E402  (after the path above)

from models.encoders import builtin_audio, builtin_image  # noqa: E402
from models.encoders.spec import SHIPPED, Constants, Spec  # noqa: E402
from models.types import F32  # noqa: E402

SCRIPT_VERSION = 1
CENTRES = (0.08, 0.2, 0.35, 0.5, 0.65, 0.8, 0.92)
FRAMES_PER_VIDEO = 12
SMALLEST_SHARE = 0.5
"""A deviation is at least this share of its block's median one: a number that hardly moved in the material (a
rare colour) must not shout when it moves elsewhere."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Raw features of one track, picture or video: float32 (windows, d), and its content's fingerprint."""

    rows: F32
    content: str


def measure_music(paths: Iterable[Path]) -> list[Measured]:
    """Raw audio features of every distinct track that can be decoded and is not silence."""

    def one(path: Path) -> Measured | None:
        sound = material.decoded_sound(path)
        rows = [builtin_audio.raw_features(clip) for clip in material.windows(sound, CENTRES)]
        return Measured(np.stack(rows), material.fingerprint(sound)) if rows else None

    return _distinct(paths, one)


def measure_pictures(paths: Iterable[Path]) -> list[Measured]:
    """Raw image features of every distinct picture, and of frames of every distinct video."""

    def one(path: Path) -> Measured | None:
        frames = material.pictures(path, FRAMES_PER_VIDEO)
        if not frames:
            return None
        rows = [builtin_image.raw_features(frame) for frame in frames]
        return Measured(np.stack(rows), material.fingerprint(frames[0].pixels))

    return _distinct(paths, one)


def _distinct(paths: Iterable[Path], one: Callable[[Path], Measured | None]) -> list[Measured]:
    found: dict[str, Measured] = {}
    for path in paths:
        try:
            measured = one(path)
        except Exception as broken:  # noqa: BLE001  (foreign bytes: whatever a decoder raises, the file is left out)
            logging.info("left out %s: %s", path.name, broken)
            continue
        if measured is None:
            continue
        rows = measured.rows[np.isfinite(measured.rows).all(axis=1)]
        if len(rows):
            found.setdefault(measured.content, Measured(rows, measured.content))
    return list(found.values())


def constants_from(measured: list[Measured], spec: Spec) -> Constants:
    """Mean and deviation per dimension, every Measured weighing the same."""
    rows = np.concatenate([each.rows for each in measured]).astype(np.float64)
    weight = np.concatenate([np.full(len(each.rows), 1.0 / len(each.rows)) for each in measured])[:, None]
    weight /= weight.sum()
    mean = (rows * weight).sum(0)
    deviation = np.sqrt((((rows - mean) ** 2) * weight).sum(0))
    at = 0
    for block in spec.blocks:
        part = deviation[at : at + block.size]
        np.maximum(part, max(SMALLEST_SHARE * float(np.median(part)), 1e-6), out=part)
        at += block.size
    return Constants(_six_digits(mean), _six_digits(deviation))


def _six_digits(numbers: np.ndarray) -> F32:
    """Rounded as they are written, so that what is measured now equals what is read later."""
    return np.array([float(f"{number:.6g}") for number in numbers], np.float32)


def write(out: Path, spec: Spec, constants: Constants, measured: list[Measured], origins: list[str]) -> None:
    """Write one constants file: blocks of numbers, and where they are from (no paths, no dates)."""
    contents = "\n".join(sorted(each.content for each in measured))
    blocks, at = [], 0
    for block in spec.blocks:
        mean, deviation = (part[at : at + block.size] for part in (constants.mean, constants.deviation))
        blocks.append(
            {
                "name": block.name,
                "mean": [float(f"{number:.6g}") for number in mean],
                "deviation": [float(f"{number:.6g}") for number in deviation],
            }
        )
        at += block.size
    told = {
        "encoder": spec.name,
        "version": spec.version,
        "made_by": f"packaging/encoder_constants.py version {SCRIPT_VERSION}",
        "items": len(measured),
        "windows": sum(len(each.rows) for each in measured),
        "sources": sorted(set(origins)),
        "sha256_of_contents": hashlib.sha256(contents.encode()).hexdigest(),
        "blocks": blocks,
    }
    out.mkdir(parents=True, exist_ok=True)
    target = out / f"{spec.name}.json"
    target.write_text(json.dumps(told, indent=1, ensure_ascii=True) + "\n", encoding="ascii")
    print(f"{target.name}: {told['items']} items, {told['windows']} windows, {len(told['sources'])} sources")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--music", nargs="+", default=[], metavar="DIR[=ORIGIN]", type=material.source)
    parser.add_argument("--pictures", nargs="+", default=[], metavar="DIR[=ORIGIN]", type=material.source)
    parser.add_argument("--out", type=Path, default=SHIPPED)
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if asked.music:
        music = measure_music(material.files(asked.music, material.SOUNDS))
        constants = constants_from(music, builtin_audio.SPEC)
        write(asked.out, builtin_audio.SPEC, constants, music, [o for s in asked.music for o in s.origins])
    if asked.pictures:
        seen = measure_pictures(material.files(asked.pictures, material.IMAGES | material.VIDEOS))
        constants = constants_from(seen, builtin_image.SPEC)
        write(asked.out, builtin_image.SPEC, constants, seen, [o for s in asked.pictures for o in s.origins])


if __name__ == "__main__":
    main()
