"""Cleaning of text that other peers wrote, or that we write for them. Pure; used by cards, manifests and items.

What is invisible, turns a line around, or is no character at all goes: control signs, bidirectional marks, zero-width
signs, fillers, variation selectors, private use, lone surrogates. The list is spelled out instead of asked of the
Unicode database, so that two peers with different Pythons agree. Names of peers are held to more: compatibility forms
fold into plain letters, and a word that mixes alphabets which look alike is no name.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Literal

MAX_TEXT = 200
"""Title, artist, album, licence: characters."""
MAX_TAG = 60
MAX_TAGS = 16
MAX_NAME = 40
MAX_NAME_BYTES = 120
MAX_MARKS = 4
"""Combining marks that one letter may carry; piled-up marks would run over the neighbouring lines."""

# What a clean text never holds, up to composition: a blank at an end or beside another, and what may be a mark where
# none may be or one of too many. Letters and digits of any alphabet are no marks.
_UNTIDY = re.compile(f"^ | $|  |(?:^| )[^\\w\0-\x7f]|[^\\w\0-\x7f]{{{MAX_MARKS + 1}}}")
_SPACES = re.compile("[\t-\r\x1c- \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000]+")
_ODD_SPACES = re.compile("[\t-\r\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000]")
_ENDS = re.compile("^ | $|  ")
_DROPPED = re.compile(
    "[\0-\x1f\x7f-\x9f\u00ad\u034f\u061c\u070f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ud800-\udfff\ue000-\uf8ff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffc\ufffe\uffff"
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bcaf\U0001d173-\U0001d17a\U000e0000-\U0010ffff"
    + "".join(f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0xE0000, 0x10000))
    + "]"
)
_ALPHABETS = (
    re.compile("[A-Za-z\u00aa\u00ba\u00c0-\u024f\u0250-\u02af\u1e00-\u1eff]"),
    re.compile("[\u0370-\u03ff\u1f00-\u1fff]"),
    re.compile("[\u0400-\u052f\u1c80-\u1c8f]"),
    re.compile("[\u0530-\u058f]"),
    re.compile("[\u13a0-\u13ff\uab70-\uabbf]"),
)
"""Latin, Greek, Cyrillic, Armenian, Cherokee: they share shapes, and no word is written in two of them."""


def clean_text(text: str, limit: int = MAX_TEXT) -> str:
    """One line of NFC text, at most `limit` characters, without anything invisible. Cleaning twice changes nothing."""
    return _cleaned(text, limit, "NFC")


def clean_name(text: str) -> str:
    """A peer's name for itself: at most MAX_NAME characters, MAX_NAME_BYTES bytes; "" if it mixes look-alikes."""
    name = _cleaned(text, MAX_NAME, "NFKC")
    while len(name.encode()) > MAX_NAME_BYTES:
        name = name[:-1].rstrip()
    if any(sum(1 for letters in _ALPHABETS if letters.search(word)) > 1 for word in re.split(r"\W+", name)):
        return ""
    return name


def clean_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """At most MAX_TAGS cleaned tags of at most MAX_TAG characters, in order, none empty, none twice."""
    found = dict.fromkeys(cleaned for tag in tags if (cleaned := clean_text(tag, MAX_TAG)))
    return tuple(found)[:MAX_TAGS]


def _cleaned(text: str, limit: int, form: Literal["NFC", "NFKC"]) -> str:
    # Normalising can join characters with earlier dropped ones between them, hence the repetition until it rests.
    for _ in range(4):
        if len(text) <= limit and _is_clean(text, form):
            break
        before = text
        # A text from a file may be a megabyte long; what cannot reach the first `limit` characters is not looked at.
        text = _SPACES.sub(" ", text[: limit * 8])
        text = unicodedata.normalize(form, _DROPPED.sub("", text))
        text = _SPACES.sub(" ", _few_marks(text)).strip(" ")[:limit].rstrip(" ")
        if text == before:
            break
    return text


def _is_clean(text: str, form: Literal["NFC", "NFKC"]) -> bool:
    """Whether cleaning would change nothing; False when it is quicker to clean. Fast: nearly all texts are clean."""
    if text.isascii() and text.isprintable():
        return _ENDS.search(text) is None
    if _DROPPED.search(text) or _ODD_SPACES.search(text) or _UNTIDY.search(text):
        return False
    return unicodedata.is_normalized(form, text)


def _few_marks(text: str) -> str:
    """Without marks before the first letter, and with at most MAX_MARKS after each."""
    if text.isascii():
        return text
    kept: list[str] = []
    marks = MAX_MARKS  # a mark at the start, or after a space, would sit on what the window wrote before it
    for sign in text:
        if sign >= "\u0300" and (unicodedata.combining(sign) or unicodedata.category(sign) in ("Mn", "Me")):
            marks += 1
            if marks > MAX_MARKS:
                continue
        else:
            marks = MAX_MARKS if sign == " " else 0
        kept.append(sign)
    return "".join(kept)
