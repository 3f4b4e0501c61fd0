"""Text as the database holds it: folded for sorting and searching, cleaned for storing, paths byte for byte.

Used by every module of the store; pure functions.
"""

from __future__ import annotations

import unicodedata

# Letters that carry a stroke rather than a combining mark, so that NFKD leaves them whole.
_STROKES = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})


def fold(text: str) -> str:
    """Text without case and diacritics, one space between words: "  Björk É" gives "bjork e"."""
    if text.isascii():
        return " ".join(text.lower().split())
    split = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(sign for sign in split if not unicodedata.combining(sign))
    return " ".join(plain.casefold().translate(_STROKES).split())


def clean(text: str) -> str:
    """Text that SQLite can hold: without NUL, lone surrogates replaced by "?"."""
    if "\0" in text:
        text = text.replace("\0", " ")
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode()
    return text


def stored_path(path: str) -> bytes:
    """The bytes of a path, for `CAST(? AS TEXT)`: names that are not UTF-8 stay what they are on disk."""
    return path.encode("utf-8", "surrogateescape")
