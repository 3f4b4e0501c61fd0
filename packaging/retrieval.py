"""Measures whether the built-in encoders find what belongs together, and what their constants owe to the
material.

    python packaging/retrieval.py --music DIR ... --material DIR ... [--artist NAME]
    python packaging/retrieval.py --pictures DIR ... --material DIR ...

Measured tracks lie in Artist/Album/Title, pictures in Class/file. `--material` is what constants are computed
from for the comparison; whatever is measured is taken out of it first, by decoded content, so that the
figures are for held-out items. A track is the mean of three 10 s windows at 20, 50 and 80 %. Prints tables;
writes nothing.

Measured with version 1 of the encoders and constants from other material than what is measured:

| measured; constants from | R@1 | P@5 | AUC of three likes |
|---|---|---|---|
| 29 tracks of 15 artists; 312 other sounds | .67 | .58 | .87 (HoliznaCC0) |
| the same, an eighth of those sounds | .70 | .59 | .86 |
| the same, without z-scores | .44 | .58 | .84, all cosines .98 |
| the same, MFCC mean and deviation | .33 | .42 | .66 |
| 8 artists with 6 tracks or more; what others made | .80 | .71 | .88 (mean over the artists) |
| the same, an eighth of those sounds | .81 | .70 | .87 |
| the same, without z-scores | .69 | .55 | .79, all cosines .98 |
| the same, MFCC mean and deviation | .56 | .48 | .71 |
| 280 pictures of 10 kinds of clothing; 677 others | .40 | .35 | .65 (mean over the kinds) |
| the same, an eighth of those pictures | .40 | .35 | .65 |
| the same, without z-scores | .50 | .43 | .66, all cosines .97 |

So an eighth of the material suffices, for sounds as for pictures. Constants from the 29 tracks alone give
.79: a third of them is HoliznaCC0, whose likeness becomes the average. Clothing is told by its outline, which
raw gradients dominate; everything else about a picture then hardly counts, and all pictures look alike.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import encoder_constants  # noqa: E402  (after the path above)
import material  # noqa: E402

from models.encoders import builtin_audio, builtin_image  # noqa: E402
from models.encoders.pooling import pool  # noqa: E402
from models.encoders.spec import Constants, Spec, standardise, unit_rows  # noqa: E402
from models.evaluation.retrieval import liking_auc, mean_cosine, precision_at  # noqa: E402
from models.types import F32  # noqa: E402

WINDOWS = (0.2, 0.5, 0.8)
MFCC_STATISTICS = 40
"""The first 40 raw numbers are mean and deviation of 20 MFCC: what a simple recommender would use."""
SPLITS = 3
WIDTHS = (8, 8, 11, 15, 10, 8)

Encode = Callable[[F32], F32]


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """Raw features of one measured track or picture, float32 (windows, d), with where it belongs."""

    rows: F32
    content: str
    artist: str
    album: str


def labelled(folders: list[Path], kinds: set[str], music: bool) -> list[Labelled]:
    """Everything measurable below the folders, each content once."""
    found: dict[str, Labelled] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() not in kinds or not path.is_file():
                continue
            try:
                if music:
                    sound = material.decoded_sound(path)
                    content = material.fingerprint(sound)
                    raw = [builtin_audio.raw_features(clip) for clip in material.windows(sound, WINDOWS)]
                else:
                    frames = material.pictures(path, 1)
                    content = material.fingerprint(frames[0].pixels) if frames else ""
                    raw = [builtin_image.raw_features(frame) for frame in frames]
            except Exception as broken:  # noqa: BLE001  (foreign bytes: a file no decoder takes is left out)
                print(f"left out {path.name}: {broken}", file=sys.stderr)
                continue
            rows = np.stack(raw) if raw else np.zeros((0, 1), np.float32)
            rows = rows[np.isfinite(rows).all(axis=1)]
            if len(rows):
                parts = path.relative_to(folder).parts
                found.setdefault(content, Labelled(rows, content, parts[0], "/".join(parts[:-1])))
    return list(found.values())


def encoder(spec: Spec, constants: Constants) -> Encode:
    """What the encoder does to raw features, with these constants."""
    return lambda rows: standardise(rows, spec, constants)


def raw_cosine(size: int | None) -> Encode:
    """Features as they are (the first `size`), scaled to unit length: no z-scores, no blocks."""
    return lambda rows: unit_rows(rows[:, :size])


def scored_prefix(constants: Constants, size: int) -> Encode:
    """The first `size` features z-scored, as one block."""
    return lambda rows: unit_rows((rows[:, :size] - constants.mean[:size]) / constants.deviation[:size])


def figures(items: list[Labelled], encode: Encode, artist: str | None) -> list[float]:
    """R@1 and P@5 by artist (or class), P@5 by album, AUC of three likes: of `artist`, and the mean over
    artists with at least six items; mean cosine."""
    vectors = np.stack([pool(encode(item.rows)) for item in items])
    artists = np.array([item.artist for item in items])
    albums = np.array([item.album for item in items])
    names, counts = np.unique(artists, return_counts=True)
    areas = {
        str(name): liking_auc(vectors, artists == name)
        for name, count in zip(names, counts, strict=True)
        if 6 <= count < len(items)
    }
    return [
        precision_at(vectors, artists, 1),
        precision_at(vectors, artists, 5),
        precision_at(vectors, albums, 5),
        areas.get(artist or "", float("nan")),
        float(np.mean(list(areas.values()))) if areas else float("nan"),
        mean_cosine(vectors),
    ]


def measure(items: list[Labelled], spec: Spec, others: list[encoder_constants.Measured], artist: str | None) -> None:
    """Print one row of figures for each way to make the vectors."""
    contents = {item.content for item in items}
    held_out = [each for each in others if each.content not in contents]
    print(f"{len(items)} items measured; {len(held_out)} others as material ({len(others) - len(held_out)} taken out)")
    heads = zip(("R@1", "P@5", "album P@5", "AUC " + (artist or "-")[:10], "AUC mean", "cosine"), WIDTHS, strict=True)
    print(" " * 34 + "".join(f"{head:>{width}s}" for head, width in heads))

    def row(name: str, values: list[float]) -> None:
        print(f"{name:34s}" + "".join(f"{v:{w}.3f}" for v, w in zip(values, WIDTHS, strict=True)))

    row("shipped constants", figures(items, encoder(spec, Constants.shipped(spec)), artist))
    if held_out:
        everything = encoder_constants.constants_from(held_out, spec)
        row("held out: all material", figures(items, encoder(spec, everything), artist))
        for share in (2, 4, 8):
            runs = []
            for split in range(SPLITS):
                order = np.random.default_rng(split).permutation(len(held_out))
                part = [held_out[i] for i in order[: max(2, len(held_out) // share)]]
                runs.append(figures(items, encoder(spec, encoder_constants.constants_from(part, spec)), artist))
            row(f"held out: 1/{share} of it, mean of {SPLITS}", np.mean(runs, axis=0).tolist())
    own = encoder_constants.constants_from([encoder_constants.Measured(i.rows, i.content) for i in items], spec)
    row("from the measured items only", figures(items, encoder(spec, own), artist))
    row("no z-scores", figures(items, raw_cosine(None), artist))
    if spec is builtin_audio.SPEC:
        row("MFCC statistics", figures(items, raw_cosine(MFCC_STATISTICS), artist))
        row("MFCC statistics, z-scored", figures(items, scored_prefix(own, MFCC_STATISTICS), artist))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--music", nargs="+", default=[], type=Path)
    parser.add_argument("--pictures", nargs="+", default=[], type=Path)
    parser.add_argument("--material", nargs="+", default=[], type=Path)
    parser.add_argument("--artist", default="HoliznaCC0")
    asked = parser.parse_args()
    sources = [material.Source(folder, ()) for folder in asked.material]
    if asked.music:
        others = encoder_constants.measure_music(material.files(sources, material.SOUNDS))
        measure(labelled(asked.music, material.SOUNDS, True), builtin_audio.SPEC, others, asked.artist)
    if asked.pictures:
        kinds = material.IMAGES | material.VIDEOS
        others = encoder_constants.measure_pictures(material.files(sources, kinds))
        measure(labelled(asked.pictures, material.IMAGES, False), builtin_image.SPEC, others, None)


if __name__ == "__main__":
    main()
