"""A shard's files: `items.NNNNN.jsonl.z`, one line of JSON for each Offering, and the vectors beside it. Pure.

The lines are deflated (zlib); unfolding stops at what the promised number of lines may take, so a bomb is refused after
some megabytes. Vectors are raw rows of an exact size (`models/int8.py`). Texts are cleaned while reading; all else that
is not written as we write it is refused.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.errors import PeerError
from app.files import Kind
from app.peers.catalogue import (
    MAX_DURATION_MS,
    MAX_LINE,
    MAX_PIXELS,
    MAX_SIZE,
    MAX_TAG,
    MAX_TAGS,
    MAX_TEXT,
    SHARD_ITEMS,
    Offering,
    base64_of,
    bytes32,
    is_language,
)
from app.peers.mime import MIMES, kind_of
from app.peers.strict_json import dumps, fields, items, loads, text, whole
from app.peers.text_rules import clean_tags, clean_text
from models.int8 import Int8Vectors

_FIELDS = (
    "root", "size", "mime", "ms", "title", "artist", "album", "tags", "year", "language", "licence", "width", "height",
)  # fmt: skip


def write_items(offerings: Sequence[Offering]) -> bytes:
    """The bytes of a shard's items file. The same Offerings give the same bytes.

    What is too long for a line is shortened as `fitted` does. Raises PeerError for none or more than SHARD_ITEMS, for
    a root that stands twice, and for what `Offering.of` would not have made.
    """
    if not 0 < len(offerings) <= SHARD_ITEMS:
        raise PeerError("This catalogue cannot be written", f"a shard of {len(offerings)} items")
    written = []
    try:
        for offering in map(fitted, offerings):
            line = _line(offering)
            if _offering(line, {}) != offering:
                raise ValueError("an item would not be read back the same")
            written.append(line + b"\n")
        _no_root_twice(offerings)
    except (ValueError, OverflowError) as error:  # a duration may be no number
        raise PeerError("This catalogue cannot be written", str(error)) from None
    return zlib.compress(b"".join(written), 9)


def fitted(offering: Offering) -> Offering:
    """The same Offering; where its line would be longer than MAX_LINE, with fewer tags, then shorter texts."""
    while len(_line(offering)) > MAX_LINE:
        if offering.tags:
            offering = replace(offering, tags=offering.tags[:-1])
        elif offering.album or offering.artist or offering.title:
            name = "album" if offering.album else "artist" if offering.artist else "title"
            offering = replace(offering, **{name: getattr(offering, name)[:-10].rstrip()})
        else:
            break
    return offering


def read_items(content: bytes, expected: int) -> tuple[Offering, ...]:
    """The `expected` Offerings of an items file, in order. Raises PeerError with the reason for a refusal."""
    try:
        lines = _unfolded(content, expected).split(b"\n")
        if lines.pop() or len(lines) != expected:
            raise ValueError(f"it has not the {expected} lines that were promised")
        shared: dict[str, str] = {}
        found = tuple(_offering(line, shared) for line in lines)
        _no_root_twice(found)
    except ValueError as error:
        raise PeerError("This catalogue is refused", f"items: {error}") from None
    return found


def read_vectors(content: bytes, expected: int, dimension: int) -> Int8Vectors:
    """The `expected` vectors of a vectors file: int8 `(n, d)` with scales; a row of zeros is an item without a vector.

    Raises PeerError unless every vector is written as `Int8Vectors.of` writes unit vectors: its largest code is 127,
    its length 1 within a tenth (rounding 4,096 numbers can move it by a twelfth).
    """
    try:
        if len(content) != expected * (dimension + 2):
            raise ValueError(f"{len(content)} bytes are not {expected} rows of {dimension + 2}")
        found = Int8Vectors.read(content, dimension)
    except ValueError as error:
        raise PeerError("This catalogue is refused", f"vectors: {error}") from None
    # Some rows at a time: as floats, a whole shard would take four times its size.
    if not all(
        _are_vectors(found.codes[row : row + 256], found.scales[row : row + 256]) for row in range(0, expected, 256)
    ):
        raise PeerError("This catalogue is refused", "vectors: a row is no vector of length 1")
    return found


def _are_vectors(codes: NDArray[np.int8], scales: NDArray[np.float16]) -> bool:
    """Whether each row is what `Int8Vectors.of` makes of a unit vector or of zeros."""
    largest = np.maximum(codes.max(axis=1), -codes.min(axis=1).astype(np.int16))
    wide = codes.astype(np.float32)
    lengths = np.sqrt(np.einsum("nd,nd->n", wide, wide)) * scales.astype(np.float32)
    silent = (scales == 0) & (largest == 0) & ~np.signbit(scales)
    right = (largest == 127) & (np.abs(lengths - 1.0) < 0.1)
    return bool((silent | right).all())


def _unfolded(content: bytes, expected: int) -> bytes:
    if not 0 < expected <= SHARD_ITEMS:
        raise ValueError(f"a shard of {expected} items")
    most = expected * (MAX_LINE + 1)
    unfolding = zlib.decompressobj()
    try:
        unfolded = unfolding.decompress(content, most + 1)
    except zlib.error:
        raise ValueError("it cannot be unfolded") from None
    if len(unfolded) > most:
        raise ValueError(f"it unfolds to more than {most} bytes")
    if not unfolding.eof or unfolding.unused_data or unfolding.unconsumed_tail:
        raise ValueError("it is cut off, or something follows its end")
    return unfolded


def _line(offering: Offering) -> bytes:
    value: dict[str, object] = {"root": base64_of(offering.root), "size": offering.size, "mime": offering.mime}
    rest = (
        round(offering.duration * 1000), offering.title, offering.artist, offering.album, list(offering.tags),
        offering.year, offering.language, offering.licence, offering.width, offering.height,
    )  # fmt: skip
    value.update((name, part) for name, part in zip(_FIELDS[3:], rest, strict=True) if part)
    return dumps(value)


def _offering(line: bytes, shared: dict[str, str]) -> Offering:
    """The Offering of a line. `shared` keeps one copy of each text that others repeat: half the room in memory."""
    if len(line) > MAX_LINE:
        raise ValueError(f"a line of {len(line)} bytes")
    value = fields(loads(line), _FIELDS, 3, "a line")
    mime = value["mime"]
    if type(mime) is not str or mime not in MIMES:
        raise ValueError("a type that no player plays")
    language = value.get("language", "")
    if "language" in value and (type(language) is not str or not is_language(language)):
        raise ValueError("a language that is none")
    width, height = _optional(value, "width", MAX_PIXELS), _optional(value, "height", MAX_PIXELS)
    if (width > 0) != (height > 0) or (width and kind_of(mime) is not Kind.VIDEO):
        raise ValueError("width and height that do not fit")
    return Offering(
        bytes32(value["root"], "a root"),
        whole(value["size"], 1, MAX_SIZE, "a size"),
        shared.setdefault(mime, mime),
        _optional(value, "ms", MAX_DURATION_MS) / 1000,
        _text(value, "title"),
        _shared(value, "artist", shared),
        _shared(value, "album", shared),
        _tags(value, shared),
        _optional(value, "year", 9999) or None,
        language,
        _shared(value, "licence", shared),
        width,
        height,
    )


def _optional(value: dict[str, Any], name: str, most: int) -> int:
    return whole(value[name], 1, most, name) if name in value else 0


def _text(value: dict[str, Any], name: str) -> str:
    return clean_text(text(value[name], MAX_TEXT, name)) if name in value else ""


def _shared(value: dict[str, Any], name: str, shared: dict[str, str]) -> str:
    found = _text(value, name)
    return shared.setdefault(found, found)


def _tags(value: dict[str, Any], shared: dict[str, str]) -> tuple[str, ...]:
    if "tags" not in value:
        return ()
    found = clean_tags([text(tag, MAX_TAG, "a tag") for tag in items(value["tags"], MAX_TAGS, "tags")])
    return tuple([shared.setdefault(tag, tag) for tag in found])


def _no_root_twice(offerings: Sequence[Offering]) -> None:
    if len({offering.root for offering in offerings}) != len(offerings):
        raise ValueError("a root stands twice")
