"""Cover pictures: where they lie, what they are called, and how a foreign one becomes a small JPEG.

`cover_path` and `picture_key` are for everybody; `normalise` opens foreign pictures and runs in the decode
child only, under its limits: on odd pictures Pillow was measured at 674 MB.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from app.errors import MediaError
from models.types import U8

LARGEST = 600
"""Pixels of the longer side of what we keep."""

_MAX_PIXELS = 50_000_000
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
_PAPER = (255, 255, 255)


def picture_key(picture: bytes) -> str:
    """The name of a picture: SHA-256 of its raw bytes, hex. Albums share theirs."""
    return hashlib.sha256(picture).hexdigest()


def cover_path(folder: Path, key: str) -> Path:
    """Where the small JPEG of a picture lies in the cover folder."""
    return folder / f"{key}.jpg"


def normalise(picture: bytes) -> U8:
    """Open a foreign picture: RGB pixels, upright, at most LARGEST px. Raises MediaError."""
    try:
        with Image.open(io.BytesIO(picture), formats=_FORMATS) as image:
            if image.width * image.height > _MAX_PIXELS:
                raise MediaError("the cover picture is too large")
            image.draft("RGB", (LARGEST, LARGEST))  # JPEG: decode at an eighth or a quarter where that suffices
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LARGEST, LARGEST))
            return np.asarray(_flattened(upright))
    except MediaError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise MediaError("the cover picture is too large") from error
    except Exception as error:  # foreign bytes: Pillow also raises ValueError, SyntaxError ...
        raise MediaError("the cover picture is damaged", str(error)[:200]) from error


def _flattened(image: Image.Image) -> Image.Image:
    """RGB, what is transparent on white."""
    if image.has_transparency_data:
        with_alpha = image.convert("RGBA")
        paper = Image.new("RGB", image.size, _PAPER)
        paper.paste(with_alpha, mask=with_alpha.getchannel("A"))
        return paper
    return image.convert("RGB")


def jpeg(pixels: U8) -> bytes:
    """RGB pixels as a JPEG."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=84, optimize=False)
    return out.getvalue()
