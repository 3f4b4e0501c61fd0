"""The built-in image encoder: "looks similar" from colours, texture and edges, without weights or network.

Used by the decode children for keyframes and covers (NumPy, SciPy and Pillow only), and by the studio
process. Reads its shipped constants once, when built. The layout of a vector, 1,543 float32 numbers from the
picture squeezed to 128 x 128:

| from | size | block | what | source |
|---|---|---|---|---|
| 0 | 263 | colours | HSV histogram 16 x 4 x 4, seven overall numbers | Swain & Ballard 1991; Hasler & Suesstrunk 2003 |
| 263 | 512 | gist | 4 scales x 8 orientations in 4 x 4 places | Oliva & Torralba 2001 |
| 775 | 192 | grid | luma and colour differences in 8 x 8 places | MPEG-7 colour layout |
| 967 | 576 | edges | histograms of oriented gradients, 8 x 8 x 9 | Dalal & Triggs 2005 |

Each block is z-scored with frozen constants, divided by the square root of its size, and the whole has unit
length.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.encoders import image_blocks
from models.encoders.spec import Block, Constants, Spec, standardise
from models.types import F32, EncoderId, Frame, Modality

_BLOCKS = (
    (Block("colours", 263), image_blocks.colours),
    (Block("gist", 512), image_blocks.gist),
    (Block("grid", 192), image_blocks.colour_grid),
    (Block("edges", 576), image_blocks.oriented_gradients),
)

SPEC = Spec(
    name="builtin-image",
    version=1,
    parameters={"side": image_blocks.SIDE, "flat_levels": image_blocks.FLAT_LEVELS},
    blocks=tuple(block for block, _ in _BLOCKS),
)


def raw_features(frame: Frame) -> F32:
    """The 1,543 numbers before standardising, float32 `(1543,)`; all NaN for a picture of nothing."""
    seen = image_blocks.look(frame)
    if seen is None:
        return np.full(SPEC.dimension, np.nan, np.float32)
    return np.concatenate([compute(seen) for _, compute in _BLOCKS])


class BuiltinImageEncoder:
    """Encoder[Frame] of 1,543 dimensions; see the module for what they are.

    A Frame may have any size; one flat colour (a black frame) gives the zero vector.
    """

    def __init__(self, constants: Constants | None = None) -> None:
        """Use `constants`, or the shipped ones. Raises ValueError where they have another dimension."""
        self._constants = constants if constants is not None else Constants.shipped(SPEC)
        if len(self._constants.mean) != SPEC.dimension:
            raise ValueError("constants of another encoder")
        self._id = SPEC.id(self._constants.bytes())

    @property
    def id(self) -> EncoderId:
        return self._id

    @property
    def modality(self) -> Modality:
        return Modality.IMAGE

    @property
    def dimension(self) -> int:
        return SPEC.dimension

    def encode(self, inputs: Sequence[Frame]) -> F32:
        """Encode `n` frames: float32 `(n, 1543)`, rows of unit length, or zero for a picture of nothing."""
        if not inputs:
            return np.zeros((0, self.dimension), np.float32)
        return standardise(np.stack([raw_features(frame) for frame in inputs]), SPEC, self._constants)
