"""Vectors stay what they were: a change of the arithmetic without a new version would mix spaces silently.

When a change is meant, raise `version` in the Spec, compute the constants again, and write the new numbers with
`python tests/models/encoders/test_golden.py`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[3]
GOLDEN = Path(__file__).with_name("golden.json")
STEP = 7
"""Every seventh number is kept: each block is seen, and the file stays small."""

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from models.encoders.builtin_audio import BuiltinAudioEncoder  # noqa: E402  (importable when run as a script, too)
from models.encoders.builtin_image import BuiltinImageEncoder  # noqa: E402
from models.encoders.builtin_text import BuiltinTextEncoder  # noqa: E402
from models.types import Clip, Frame  # noqa: E402


def _computed() -> dict[str, list[float]]:
    """Numbers of the vectors of three fixed inputs, by EncoderId; formulas, no random generator."""
    seconds = np.arange(10 * 22050) / 22050
    hits = np.sin(1e5 * np.sin(3e3 * seconds)) * np.exp(-((seconds * 3) % 1) * 9)
    song = hits + np.sin(2 * np.pi * 220 * 2 ** ((np.floor(seconds * 4) % 7) / 12) * seconds)
    down, across = np.mgrid[:240, :320]
    planes = [np.sin(across / 17) * np.cos(down / 29), np.sin((across + down) / 11), np.cos(across * down / 4000)]
    frame = Frame(np.ascontiguousarray(127 + 120 * np.dstack(planes), dtype=np.uint8))
    audio, image, text = BuiltinAudioEncoder(), BuiltinImageEncoder(), BuiltinTextEncoder()
    vectors = {
        str(audio.id): audio.encode([Clip((song / 2).astype(np.float32), 22050)])[0],
        str(image.id): image.encode([frame])[0],
        str(text.id): text.encode(["First Snow HoliznaCC0 Winter Lo-Fi 1990s"])[0],
    }
    return {name: [round(float(number), 4) for number in vector[::STEP]] for name, vector in vectors.items()}


def test_the_vectors_are_those_of_their_version() -> None:
    kept, computed = json.loads(GOLDEN.read_text(encoding="ascii")), _computed()
    assert list(computed) == list(kept)
    for name, numbers in kept.items():
        first, second = np.array(numbers), np.array(computed[name])
        cosine = first @ second / (np.linalg.norm(first) * np.linalg.norm(second))
        assert cosine > 0.999, name


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(_computed(), indent=0) + "\n", encoding="ascii")
