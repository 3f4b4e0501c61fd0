"""Cleaning of text that comes from files: nobody's tag may reverse a line, ring a bell or fill a window.

Called by the tag reader and the decoder's parent; pure.
"""

from __future__ import annotations

import re
import unicodedata

MAX_LENGTH = 500
"""No tag is longer, in characters."""

# Bidirectional overrides and isolates can make one name look like another; the marks LRM, RLM and ALM go too.
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_INVISIBLE = "\ufeff\ufffe\uffff\u2028\u2029\u00ad"
_DROP = dict.fromkeys(map(ord, _BIDI + _INVISIBLE))
_SPACE = re.compile(r"\s+")


def clean(text: str, limit: int = MAX_LENGTH) -> str:
    """One line of NFC text without control signs, bidirectional overrides or lone surrogates, at most
    `limit` long."""
    if text.isascii() and text.isprintable():  # nearly every tag
        return _SPACE.sub(" ", text[: limit * 4]).strip()[:limit].rstrip()
    text = text[: limit * 4].translate(_DROP)
    kept = [
        sign if (kind := unicodedata.category(sign)) not in ("Cc", "Cs") else " " if kind == "Cc" else "\ufffd"
        for sign in text
    ]
    text = unicodedata.normalize("NFC", "".join(kept))
    return _SPACE.sub(" ", text).strip()[:limit].rstrip()


def joined(values: list[str]) -> str:
    """Several values as one, "; " between them, without repetition."""
    seen = dict.fromkeys(part for value in values if (part := clean(value)))
    return clean("; ".join(seen))
