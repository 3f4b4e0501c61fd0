"""A small library to be searched, in real SQLite and real LanceDB, whose Items' vectors the test tells in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from app.paths import RESOURCES, Profile
from app.search_messages import MoreLike, Search
from app.store.database import Database
from app.store.items import Items
from app.store.moment_vectors import MomentVectors
from app.store.vectors import Vectors
from app.store.word_search import WordSearch
from app.studio.crowds import Crowds
from app.studio.likeness import like_these
from app.studio.meaning import WordVectors
from app.studio.spaces import LearnedSpace, builtin_spaces
from app.studio.words_found import Library, found_by_words
from models.encoders.builtin_text import BuiltinTextEncoder
from models.encoders.item_text import item_text
from models.types import I64, ItemId, Modality
from tests.concepts import DIMENSION, ConceptEncoder, sight_of
from tests.factories import found_item

SOUND, SIGHT = ConceptEncoder(Modality.AUDIO), ConceptEncoder(Modality.IMAGE)
LEARNED = tuple(
    LearnedSpace(str(one.id), one.modality, DIMENSION, f"by hand, {one.modality.value}") for one in (SOUND, SIGHT)
)


@dataclass(frozen=True, slots=True)
class Thing:
    """One Item: its tags, and in words what it sounds like, what it shows, and what its moments show."""

    title: str
    artist: str = ""
    album: str = ""
    genre: str = ""
    sounds: str = ""
    shows: str = ""
    moments: dict[float, str] = field(default_factory=dict)
    year: int | None = None

    @property
    def kind(self) -> str:
        return "video" if self.shows or self.moments else "track"


class Encoders:
    """Encoders that a test has ready, or not."""

    def __init__(self, *ready: ConceptEncoder) -> None:
        self.held = {str(one.id): one for one in ready}
        self.problems: dict[str, str] = {}
        self.warmed = 0

    def ready(self, space: str) -> ConceptEncoder | None:
        return self.held.get(space)

    def problem(self, space: str) -> str:
        return self.problems.get(space, "")

    def warm(self) -> None:
        self.warmed += 1


class Searched:
    """The library of some Things, in order: Item n + 1 is Thing n."""

    def __init__(self, profile: Profile, things: Sequence[Thing], *, learned: bool = True) -> None:
        self.things = list(things)
        self.database = Database.open(profile.library, RESOURCES / "migrations")
        self.vectors = Vectors(profile.vectors)
        self.moments = MomentVectors(self.vectors)
        self.spaces = replace(builtin_spaces(), learned=LEARNED if learned else ())
        self.encoders = Encoders(SOUND, SIGHT)
        self.words = WordVectors(self.encoders)
        self.crowds = Crowds(self.vectors, self.moments)
        self._take_in(profile)

    def _take_in(self, profile: Profile) -> None:
        items = Items(self.database)
        folder = items.add_folder("/music").id
        items.save_found(
            found_item(
                at, folder, title=one.title, artist=one.artist, album=one.album, genre=one.genre, kind=one.kind,
                year=one.year,
            )
            for at, one in enumerate(self.things)
        )  # fmt: skip
        texts = [item_text(one.title, one.artist, one.album, one.genre.split("; "), one.year) for one in self.things]
        ids = np.arange(1, len(self.things) + 1, dtype=np.int64)
        self.vectors.add(self.spaces.text, ids, BuiltinTextEncoder().encode(texts))
        for space, told in zip(self.spaces.learned, ("sounds", "shows"), strict=False):
            chosen = [at for at, one in enumerate(self.things) if getattr(one, told)]
            rows = [sight_of(getattr(self.things[at], told), 5000 + at) for at in chosen]
            if rows:
                self.vectors.add(space.name, ids[chosen], np.stack(rows))
        if self.spaces.learned:
            for at, one in enumerate(self.things):
                self.add_moments(self.spaces.learned[1].name, at + 1, one.moments)

    def add_moments(self, space: str, item: int, moments: dict[float, str]) -> None:
        """What some moments of a film show."""
        if moments:
            rows = np.stack([sight_of(shows, 1000 * item + at) for at, shows in enumerate(moments.values())])
            self.moments.add(space, ItemId(item), np.array(list(moments)), rows)

    @property
    def library(self) -> Library:
        return Library(WordSearch(self.database), self.crowds, self.words, self.spaces)

    def titles(self, ids: Sequence[int] | I64) -> list[str]:
        return [self.things[int(item) - 1].title for item in ids]

    def item(self, title: str) -> int:
        """The Item of that title."""
        return next(at for at, one in enumerate(self.things, 1) if one.title == title)

    def found(self, words: str, count: int = 20, kind: str = "") -> list[str]:
        """The titles that words find, best first."""
        return self.titles([hit.item for hit in found_by_words(self.library, Search(1, words, count, kind))])

    def like(
        self,
        *titles: str,
        words: str = "",
        less: Sequence[str] = (),
        less_words: str = "",
        count: int = 10,
        kind: str = "",
    ) -> list[str]:
        """The titles that are like these, best first."""
        items, others = (tuple(self.item(title) for title in names) for names in (titles, less))
        asked = MoreLike(1, items, words, others, less_words, count, kind)
        return self.titles([hit.item for hit in like_these(self.library, asked)])

    def close(self) -> None:
        self.words.close()
        self.vectors.close()
        self.database.close()


def crowd(count: int, seed: int = 0) -> list[Thing]:
    """So many tracks about nothing that is asked for: made-up names, and sounds of words that no test looks for."""
    rng = np.random.default_rng(seed)
    parts = ["vel", "tor", "mun", "sha", "kre", "lin", "dop", "wex", "gra", "hob"]

    def name() -> str:
        return "".join(rng.choice(parts, 3)).capitalize()

    return [
        Thing(name(), name(), name(), "Other", sounds=str(rng.choice(["fast", "loud", "voice", "happy"])))
        for _ in range(count)
    ]
