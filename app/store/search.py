"""What people type into the search field, read into a tree and turned into SQL. Pure; used by item_lists.py.

    word  "some words"  -word  NOT word          in title, artist, album or genre; case and diacritics do not matter
    artist:x  album:"x y"  genre:x  title:x       in one field
    year:1999  year:1999..2003  year:>=1990       rating:>=4  rating:3..4  plays:>10
    is:liked  is:disliked  is:unrated  is:video  is:track
    a b  a AND b  a OR b  (a OR b) c              AND binds closer than OR

It never raises: a half-typed query is a query too. What cannot be understood (an unknown field, a number that is
none) is looked for as words; what is not there yet (`artist:`, `(`, a trailing OR) is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from app.store.text import clean, fold

_FIELDS = {
    "title": ("title_key",),
    "artist": ("artist_key", "album_artist_key"),
    "album": ("album_key",),
    "genre": ("genre_key",),
}
_ANYWHERE = ("title_key", "artist_key", "album_key", "album_artist_key", "genre_key")
_NUMBERS = {"year": "i.year", "rating": "i.stars", "stars": "i.stars", "plays": "i.play_count"}
_STATES = {
    "liked": "(i.liked = 1 AND i.liked <> 0)",
    "disliked": "(i.liked = -1 AND i.liked <> 0)",
    "unrated": "(i.liked = 0 AND i.stars IS NULL)",
    "rated": "(i.liked <> 0 OR i.stars IS NOT NULL)",
    "video": "i.kind = 'video'",
    "track": "i.kind = 'track'",
}
_BEGINNINGS = (">", "<", "=", ">=", "<=", "..")
_MOST_PIECES = 100
_MOST_LETTERS = 1000
_DEEPEST = 30


@dataclass(frozen=True, slots=True)
class Words:
    """Text to look for in `within` ("" = anywhere), folded; `typed` as it was typed."""

    text: str
    within: str = ""
    typed: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Between:
    """A number of `field` from `low` to `high`, both included unless `strict`; None = open."""

    field: str
    low: float | None
    high: float | None
    strict: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """One of the words after `is:`."""

    name: str


@dataclass(frozen=True, slots=True)
class Not:
    """What does not fit `part`."""

    part: Node


@dataclass(frozen=True, slots=True)
class And:
    """What fits all of `parts`."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """What fits any of `parts`."""

    parts: tuple[Node, ...]


Node = Words | Between | State | Not | And | Or


@dataclass(frozen=True, slots=True)
class Condition:
    """An SQL expression over `items i` and its parameters."""

    sql: str
    values: tuple[str | float, ...]


_PIECE = re.compile(
    r"""(?P<space>\s+) | (?P<sign>[()]) | (?P<word>-?(?:[A-Za-z]+:)?(?:"[^"]*"?|[^\s()"]+)|-?[A-Za-z]+:|-)""",
    re.VERBOSE,
)
_RANGE = re.compile(r"(?P<low>\d+(?:\.\d+)?)?\.\.(?P<high>\d+(?:\.\d+)?)?")
_COMPARED = re.compile(r"(?P<sign>>=|<=|>|<|=)?(?P<number>\d+(?:\.\d+)?)")


def parse(text: str) -> Node | None:
    """The tree of a query, None where it asks for nothing (everything fits then)."""
    pieces = [
        match["sign"] or match["word"] for match in _PIECE.finditer(clean(text)[:_MOST_LETTERS]) if not match["space"]
    ]
    return _Parser(pieces[:_MOST_PIECES]).whole()


def condition(node: Node) -> Condition:
    """The SQL of a tree."""
    if isinstance(node, Words):
        return _words(node)
    if isinstance(node, State):
        return Condition(_STATES[node.name], ())
    if isinstance(node, Between):
        column = _NUMBERS[node.field]
        signs = (">", "<") if node.strict else (">=", "<=")
        bounds = [(sign, value) for sign, value in zip(signs, (node.low, node.high), strict=True) if value is not None]
        sql = " AND ".join(f"{column} {sign} ?" for sign, _ in bounds)
        # Without a year there is nothing to compare; said in full so that NOT turns it round.
        return Condition(f"({column} IS NOT NULL AND {sql})", tuple(value for _, value in bounds))
    if isinstance(node, Not):
        inner = condition(node.part)
        return Condition(f"NOT {inner.sql}", inner.values)
    joint = " AND " if isinstance(node, And) else " OR "
    parts = [condition(part) for part in node.parts]
    return Condition(
        "(" + joint.join(part.sql for part in parts) + ")",
        tuple(value for part in parts for value in part.values),
    )


def _words(node: Words) -> Condition:
    columns = _FIELDS[node.within] if node.within else _ANYWHERE
    if len(node.text) >= 3:
        phrase = '"' + node.text.replace('"', '""') + '"'
        scope = f"{{{' '.join(columns)}}} : " if node.within else ""
        return Condition("i.id IN (SELECT rowid FROM items_text WHERE items_text MATCH ?)", (scope + phrase,))
    # The index knows three letters and more; one or two are looked for in the text itself.
    sql = " OR ".join(f"instr(i.{column}, ?) > 0" for column in columns)
    return Condition(f"({sql})", (node.text,) * len(columns))


def plain_words(node: Node | None) -> tuple[Words, ...]:
    """The words that are looked for anywhere, in their order: what is left to be searched for by its meaning."""
    if isinstance(node, Words):
        return () if node.within else (node,)
    if isinstance(node, And | Or):
        return tuple(word for part in node.parts for word in plain_words(part))
    return ()


def without_words(node: Node | None) -> Node | None:
    """What a query demands beside its plain words: fields, numbers, states and what must not be. None: nothing.

    Where any of several things would do and one of them is plain words, nothing is demanded.
    """
    if isinstance(node, Or):
        return None if plain_words(node) else node
    if isinstance(node, And):
        return _joined(And, [part for part in map(without_words, node.parts) if part is not None])
    return None if isinstance(node, Words) and not node.within else node


class _Parser:
    """Recursive descent: or := and (OR and)*; and := not ([AND] not)*; not := NOT not | -not | ( or ) | term."""

    def __init__(self, pieces: list[str]) -> None:
        self._pieces = pieces
        self._at = 0
        self._depth = 0

    def whole(self) -> Node | None:
        parts = []
        while self._at < len(self._pieces):
            part = self._any()
            if part is not None:
                parts.append(part)
            self._at += 1  # over a closing parenthesis that nothing opened
        return _joined(And, parts)

    def _any(self) -> Node | None:
        parts = [self._all()]
        while self._next() == "OR":
            self._at += 1
            parts.append(self._all())
        return _joined(Or, [part for part in parts if part is not None])

    def _all(self) -> Node | None:
        parts = []
        while (piece := self._next()) not in ("", ")", "OR"):
            if piece == "AND":
                self._at += 1
                continue
            part = self._single()
            if part is not None:
                parts.append(part)
        return _joined(And, parts)

    def _single(self) -> Node | None:
        piece = self._next()
        self._at += 1
        if piece in ("NOT", "-"):
            if self._next() in ("", ")", "OR", "AND") or self._depth >= _DEEPEST:
                return None
            self._depth += 1
            part = self._single()
            self._depth -= 1
            return None if part is None else Not(part)
        if piece == "(":
            if self._depth >= _DEEPEST:
                return None
            self._depth += 1
            inner = self._any()
            self._depth -= 1
            if self._next() == ")":
                self._at += 1
            return inner
        if piece.startswith("-"):
            part = _term(piece[1:])
            return None if part is None else Not(part)
        return _term(piece)

    def _next(self) -> str:
        return self._pieces[self._at] if self._at < len(self._pieces) else ""


def _joined(kind: type[And] | type[Or], parts: list[Node]) -> Node | None:
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else kind(tuple(parts))


def _term(piece: str) -> Node | None:
    """One word, phrase or `field:value`."""
    if not piece.startswith('"'):
        field, colon, value = piece.partition(":")
        field = field.lower()
        plain = value.strip('"')
        if colon and field in (*_FIELDS, *_NUMBERS, "is"):
            if not plain or plain in _BEGINNINGS or (field == "is" and _begins_a_state(plain)):
                return None
            known = _known(field, plain)
            if known is not None:
                return known
    typed = " ".join(piece.replace('"', " ").split())
    text = fold(typed)
    return Words(text, typed=typed) if text else None


def _begins_a_state(value: str) -> bool:
    return value.lower() not in _STATES and any(name.startswith(value.lower()) for name in _STATES)


def _known(field: str, value: str) -> Node | None:
    if field in _FIELDS:
        text = fold(value)
        return Words(text, field) if text else None
    if field == "is":
        return State(value.lower()) if value.lower() in _STATES else None
    if (match := _RANGE.fullmatch(value)) and (match["low"] or match["high"]):
        low, high = (float(match[name]) if match[name] else None for name in ("low", "high"))
        return Between(field, low, high)
    if match := _COMPARED.fullmatch(value):
        number, sign = float(match["number"]), match["sign"] or "="
        low = None if sign in ("<", "<=") else number
        high = None if sign in (">", ">=") else number
        return Between(field, low, high, strict=sign in ("<", ">"))
    return None
