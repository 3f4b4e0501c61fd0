"""The messages of searching: by words, by likeness with a direction, and by a film's moment. Part of `protocol.py`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FoundBy(StrEnum):
    """Why a search found something."""

    WORDS = "words"
    """The words stand in its tags."""
    NEARLY = "nearly"
    """Its tags have nearly these letters."""
    SOUND = "sound"
    """A learned encoder hears in it what the words describe, or it sounds like what was given."""
    PICTURE = "picture"
    """A learned encoder sees in its cover or film what the words describe, or it looks like what was given."""
    MOMENT = "moment"
    """One moment of the film shows it, at `Hit.at`."""


class Meaning(StrEnum):
    """Whether words could be looked for by what they mean."""

    READY = "ready"
    NONE = "none"
    """No learned encoder is installed that behaves as trained."""
    LOADING = "loading"
    """One is being loaded; `EncodersChanged` is said when it is ready, then ask again."""
    EMPTY = "empty"
    """One is ready, and has encoded nothing yet."""


@dataclass(frozen=True, slots=True)
class Search:
    """Ask for what fits words: by its tags, and by what it sounds like and shows."""

    request: int
    words: str
    count: int = 200
    kind: str = ""
    """"" for everything, else "track" or "video"."""


@dataclass(frozen=True, slots=True)
class MoreLike:
    """Ask for "more like this, but ...": Items and words to come nearer to, and others to go away from."""

    request: int
    items: tuple[int, ...]
    words: str = ""
    less_items: tuple[int, ...] = ()
    less_words: str = ""
    count: int = 50
    kind: str = ""


@dataclass(frozen=True, slots=True)
class FindMoments:
    """Ask for the moments of films that look like the one at `at` seconds of a film."""

    request: int
    item: int
    at: float
    count: int = 24


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: `score` is comparable within one answer only; `at` a film's moment in seconds, -1 for none."""

    item: int
    score: float
    found_by: tuple[FoundBy, ...]
    at: float = -1.0


@dataclass(frozen=True, slots=True)
class Hits:
    """The answer to Search and MoreLike, best first."""

    request: int
    hits: tuple[Hit, ...]
    meaning: Meaning


@dataclass(frozen=True, slots=True)
class MomentHit:
    """A moment of a film that looks like another: seconds from its start, and the cosine."""

    item: int
    at: float
    likeness: float


@dataclass(frozen=True, slots=True)
class Moments:
    """The answer to FindMoments, likest first."""

    request: int
    moments: tuple[MomentHit, ...]


SearchRequest = Search | MoreLike | FindMoments
SearchEvent = Hits | Moments
