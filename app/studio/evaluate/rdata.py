"""Reads what R's `save` wrote: enough of its XDR serialisation for tables, named lists and S4 objects of plain vectors.

Pure Python over bytes, bounded in size and depth; functions, byte code and external pointers are refused, so nothing
in a file can run. Called by the loader of Jester. The format is described in "R Internals", section 1.8.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np

from app.errors import MediaError

LIMIT = 256 * 1024 * 1024
"""Most bytes after decompression."""
DEEPEST = 64
MOST_NODES = 4_000_000

_NIL, _GLOBAL, _REFERENCE, _MISSING, _UNBOUND = 254, 253, 255, 251, 252
_BASE_ENVIRONMENT, _EMPTY_ENVIRONMENT, _BASE_NAMESPACE, _NAMESPACE, _PACKAGE = 241, 242, 247, 249, 250
_SYMBOL, _PAIRS, _ENVIRONMENT, _STRING, _LOGICAL, _INTEGER, _REAL = 1, 2, 4, 9, 10, 13, 14
_STRINGS, _LIST, _EXPRESSION, _RAW, _S4, _ALTERNATIVE = 16, 19, 20, 24, 25, 238
_PLACES = frozenset((_GLOBAL, _BASE_ENVIRONMENT, _EMPTY_ENVIRONMENT, _BASE_NAMESPACE, _MISSING, _UNBOUND))

RValue: TypeAlias = "np.ndarray | list[str] | list[RObject] | str | None"


@dataclass(slots=True)
class RObject:
    """One object: its `value` (array, texts, list, symbol's name or None) and named `attributes` (S4 slots too)."""

    value: RValue
    attributes: dict[str, RObject] = field(default_factory=dict)

    def slot(self, name: str) -> RObject:
        """The attribute of that name. Raises KeyError."""
        return self.attributes[name]

    def array(self) -> np.ndarray:
        """The value as an array. Raises TypeError where it is none."""
        if not isinstance(self.value, np.ndarray):
            raise TypeError("not an array")
        return self.value

    def texts(self) -> list[str]:
        """The value as texts. Raises TypeError where it is none."""
        if not isinstance(self.value, list) or not all(isinstance(one, str) for one in self.value):
            raise TypeError("not texts")
        return [str(one) for one in self.value]

    def parts(self) -> list[RObject]:
        """The value as a list of objects. Raises TypeError where it is none."""
        if not isinstance(self.value, list) or not all(isinstance(one, RObject) for one in self.value):
            raise TypeError("not a list")
        return [one for one in self.value if isinstance(one, RObject)]


def load(path: Path) -> dict[str, RObject]:
    """The variables of an .rda file by name. Raises MediaError where it is unreadable, too large or has code in it."""
    try:
        content = _decompressed(path.read_bytes())
        return _Reader(content).variables()
    except (OSError, EOFError, lzma.LZMAError, struct.error, ValueError, UnicodeDecodeError, IndexError) as error:
        raise MediaError("This R file cannot be read", str(error), path) from error


def _decompressed(raw: bytes) -> bytes:
    file = io.BytesIO(raw)
    if raw[:2] == b"\x1f\x8b":
        with gzip.open(file) as opened:
            content = opened.read(LIMIT + 1)
    elif raw[:3] == b"BZh":
        with bz2.open(file) as opened:
            content = opened.read(LIMIT + 1)
    elif raw[:6] == b"\xfd7zXZ\0":
        with lzma.open(file) as opened:
            content = opened.read(LIMIT + 1)
    else:
        return raw
    if len(content) > LIMIT:
        raise ValueError("larger than 256 MiB")
    return content


class _Reader:
    """Walks the bytes once, from the front; every length is checked against what is left."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0
        self._nodes = 0
        self._known: list[RObject] = []

    def variables(self) -> dict[str, RObject]:
        if self._take(5) not in (b"RDX2\n", b"RDX3\n"):
            raise ValueError("not written by R's save in XDR format")
        if self._take(2) != b"X\n":
            raise ValueError("not in XDR format")
        version = self._integer()
        self._take(8)
        if version == 3:
            self._take(self._length())
        elif version != 2:
            raise ValueError(f"serialisation version {version}")
        top = self._object(0)
        return dict(top.attributes)

    def _take(self, count: int) -> bytes:
        if count < 0 or self._at + count > len(self._content):
            raise ValueError("cut short")
        taken = self._content[self._at : self._at + count]
        self._at += count
        return taken

    def _integer(self) -> int:
        return int(struct.unpack(">i", self._take(4))[0])

    def _length(self) -> int:
        count = self._integer()
        if count == -1:
            count = (self._integer() << 32) + self._integer()
        if not 0 <= count <= len(self._content) - self._at:
            raise ValueError("a length beyond the end of the file")
        return count

    def _numbers(self, kind: str) -> np.ndarray:
        count = self._length()
        width = np.dtype(kind).itemsize
        return np.frombuffer(self._take(count * width), kind).astype(np.dtype(kind).newbyteorder("="))

    def _object(self, depth: int, flags: int | None = None) -> RObject:
        self._nodes += 1
        if depth > DEEPEST or self._nodes > MOST_NODES:
            raise ValueError("nested too deeply or too many parts")
        flags = self._integer() if flags is None else flags
        kind, has_attributes, has_tag = flags & 0xFF, bool(flags & 0x200), bool(flags & 0x400)
        if kind == _NIL or kind in _PLACES:
            return RObject(None)
        if kind == _REFERENCE:
            return self._known[(flags >> 8 or self._integer()) - 1]
        if kind == _PAIRS:
            return self._pairs(has_attributes, has_tag, depth)
        if kind == _SYMBOL:
            symbol = RObject(self._object(depth + 1).value)
            self._known.append(symbol)
            return symbol
        if kind in (_NAMESPACE, _PACKAGE):
            self._integer()
            self._known.append(RObject([self._string() for _ in range(self._length())]))
            return self._known[-1]
        if kind == _ENVIRONMENT:
            return self._environment(depth)
        if kind == _ALTERNATIVE:
            return self._alternative(depth)
        if kind == _STRING:
            return RObject(self._string(flags))
        made = RObject(self._value(kind, depth))
        if has_attributes:
            made.attributes = self._object(depth + 1).attributes
        return made

    def _value(self, kind: int, depth: int) -> RValue:
        if kind in (_LOGICAL, _INTEGER):
            return self._numbers(">i4")
        if kind == _REAL:
            return self._numbers(">f8")
        if kind == _RAW:
            return self._numbers(">u1")
        if kind == _STRINGS:
            return [self._string() for _ in range(self._length())]
        if kind in (_LIST, _EXPRESSION):
            return [self._object(depth + 1) for _ in range(self._length())]
        if kind == _S4:
            return None
        raise ValueError(f"an R object of type {kind} (code or a pointer) is not read")

    def _string(self, flags: int | None = None) -> str:
        if (self._integer() if flags is None else flags) & 0xFF != _STRING:
            raise ValueError("a text was expected")
        count = self._integer()
        return "" if count == -1 else self._take(count).decode("utf-8", "replace")

    def _pairs(self, has_attributes: bool, has_tag: bool, depth: int) -> RObject:
        """A linked list of named values, as attributes of one object; followed without recursion."""
        made = RObject(None)
        while True:
            if has_attributes:
                self._object(depth + 1)
            tag = self._object(depth + 1).value if has_tag else None
            made.attributes[tag if isinstance(tag, str) else str(len(made.attributes))] = self._object(depth + 1)
            flags = self._integer()
            if flags & 0xFF == _NIL:
                return made
            if flags & 0xFF != _PAIRS:
                made.attributes["rest"] = self._object(depth + 1, flags)
                return made
            has_attributes, has_tag = bool(flags & 0x200), bool(flags & 0x400)
            self._nodes += 1
            if self._nodes > MOST_NODES:
                raise ValueError("too many parts")

    def _environment(self, depth: int) -> RObject:
        self._integer()
        self._known.append(RObject(None))
        for _ in range(4):  # enclosure, frame, hash table, attributes: nothing of it is needed
            self._object(depth + 1)
        return RObject(None)

    def _alternative(self, depth: int) -> RObject:
        """The compact forms R writes by itself: a range of integers, and numbers turned to text on demand."""
        about = self._object(depth + 1).attributes
        state = self._object(depth + 1)
        self._object(depth + 1)
        name = next(iter(about.values())).value if about else None
        if name == "compact_intseq":
            count, first, step = state.array()
            if not 0 <= count <= LIMIT // 4:
                raise ValueError("a range too long")
            return RObject((first + step * np.arange(int(count))).astype(np.int32))
        if isinstance(name, str) and name.startswith("wrap_"):
            # A vector with remarks about it (sorted, without missing values): the vector is the first of the pair.
            return next(iter(state.attributes.values()))
        raise ValueError(f"the compact form {name} is not read")
