"""What fits words: by the tags, by nearly the tags, and by what it sounds like and shows. Used by the search thread.

Field terms (`artist:x`, `year:>1990`, `-word`) restrict everything; only the plain words are looked for by meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.search_messages import FoundBy, Hit, Search
from app.store.search import parse, plain_words, without_words
from app.store.word_search import WordSearch
from app.studio.crowds import Crowd, Crowds
from app.studio.meaning import WordVectors
from app.studio.spaces import LearnedSpace, Spaces
from models.encoders.builtin_text import BuiltinTextEncoder
from models.mixing import Listed, mix, standing_out
from models.spelling import Spelled, words_of
from models.types import F32, I64, Bool, Modality

EXACT = 3.0
"""What the tags' own words are worth beside one encoder's opinion: the first thirty of them come before what two
encoders agree on. On `tests/app/studio/test_words_found.py`'s judged queries 1 to 4 do equally well."""
NEARLY = 1.5
"""What nearly the words are worth where the words themselves stand nowhere: a slip of the finger, most likely."""
MEANT = 0.5
"""What nearly the words are worth where the words themselves stand in some tags."""
CANDIDATES = 500
"""Items whose n-grams are likest, among which nearly the words are looked for letter by letter: the cosine alone cannot
tell a slip in one word from words that mean nothing."""
LETTERS = 3
"""Letters that words must have to be looked for by what they mean."""
TEXT = "text"

SEEN_OR_HEARD = {Modality.AUDIO: FoundBy.SOUND, Modality.IMAGE: FoundBy.PICTURE}


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """One ranking with its reason; `ats (n,)` are seconds where moments of films were found, -1 for a whole Item.

    `rest`: what fills the page behind what was found; a reason only where there is no other.
    """

    why: FoundBy
    listed: Listed
    ats: Sequence[float] = ()
    rest: bool = False

    def moment(self, place: int) -> float:
        """The second of the moment at a place, -1 where it is a whole Item."""
        return self.ats[place] if len(self.ats) else -1.0

    def reason(self, place: int) -> FoundBy:
        """Why a place was found."""
        return FoundBy.MOMENT if self.moment(place) >= 0 else self.why


@dataclass(frozen=True, eq=False)
class Library:
    """What there is to be searched, at one moment."""

    words: WordSearch
    crowds: Crowds
    vectors: WordVectors
    spaces: Spaces

    @cached_property
    def letters(self) -> BuiltinTextEncoder:
        """Words by their letters."""
        return BuiltinTextEncoder()

    def hits(self, rankings: Sequence[Ranking], count: int, kind: str, without: Iterable[int] = ()) -> tuple[Hit, ...]:
        """The rankings mixed: at most `count` that are present and of that kind."""
        mixed = mix([one.listed for one in rankings], sum(len(one.listed.ids) for one in rankings))
        here = np.isin(mixed.ids, self.words.present(mixed.ids, kind)) & ~np.isin(mixed.ids, list(without))
        hits = []
        for place in np.flatnonzero(here)[:count].tolist():
            found = [(one, int(at)) for one, at in zip(rankings, mixed.places[:, place], strict=True) if at >= 0]
            found = [(one, at) for one, at in found if not one.rest] or found
            moments = [(at, one.moment(at)) for one, at in found if one.moment(at) >= 0]
            why = tuple(dict.fromkeys(one.reason(at) for one, at in found))
            second = min(moments, default=(0, -1.0))[1]
            hits.append(Hit(int(mixed.ids[place]), float(mixed.scores[place]), why, second))
        return tuple(hits)


def found_by_words(library: Library, asked: Search) -> tuple[Hit, ...]:
    """What fits the words, best first."""
    node = parse(asked.words)
    if node is None or asked.count < 1:
        return ()
    deep = 2 * asked.count + 50
    words = plain_words(node)
    typed = " ".join(word.typed for word in words)
    says = _says_something(typed)
    if says:
        library.vectors.begin(library.spaces.learned, typed)
    exact = library.words.fitting(node, asked.kind, deep)
    rankings = [Ranking(FoundBy.WORDS, Listed(exact, TEXT, EXACT))]
    if words:
        allowed = library.words.allowed(without_words(node), asked.kind)
        folded = " ".join(word.text for word in words)
        if len(exact) < asked.count:
            rankings += _nearly(library, folded, allowed, exact)
        rankings += by_meaning(library, typed, allowed, deep) if says else []
    return library.hits(rankings, asked.count, asked.kind)


def by_meaning(library: Library, words: str, allowed: I64 | None, deep: int) -> list[Ranking]:
    """What each learned encoder that is ready makes of the words."""
    found = []
    # Pictures first: their words are read in half the time, and are compared while those for sound are still read.
    for space in sorted(library.spaces.learned, key=lambda one: one.modality is not Modality.IMAGE):
        vector = library.vectors.of(space.name, words)
        if vector is not None:
            found.append(_meant(library, space, vector, allowed, deep))
    return [ranking for ranking in found if ranking is not None]


def _meant(library: Library, space: LearnedSpace, vector: F32, allowed: I64 | None, deep: int) -> Ranking | None:
    """Items by what of them fits best: the whole, or one moment of a film.

    Both are compared in one ranking. In two of their own, a film that is a little like the words everywhere would come
    level with one that shows exactly them for a moment.
    """
    images = space.modality is Modality.IMAGE
    among = [library.crowds.moments(space.name)] if images else []
    crowds = [crowd for crowd in (*among, library.crowds.items(space.name)) if _fits(crowd, vector)]
    if not crowds:
        return None
    items = np.concatenate([crowd.items for crowd in crowds])
    ats = np.concatenate([np.full(len(crowd), -1.0) if crowd.ats is None else crowd.ats for crowd in crowds])
    cosines = np.concatenate([crowd.cosines(vector[None])[0] for crowd in crowds])
    at, merits = standing_out(cosines, (8 if images else 1) * deep, _among(items, allowed))
    _, first = np.unique(items[at], return_index=True)
    first = np.sort(first)[:deep]
    at, merits = at[first], merits[first]
    return Ranking(SEEN_OR_HEARD[space.modality], Listed(items[at], space.name, merits=merits), ats[at].tolist())


def _nearly(library: Library, words: str, allowed: I64 | None, exact: I64) -> list[Ranking]:
    """What has nearly the words in its tags: every word, and, where no tags have the words themselves, most of them."""
    typed = words_of(words)
    vector = library.letters.encode([words])[0]
    crowd = library.crowds.items(library.spaces.text)
    if not typed or not vector.any() or not _fits(crowd, vector):
        return []
    cosines = crowd.cosines(vector[None])[0]
    among = _among(crowd.items, allowed)
    places = np.flatnonzero((cosines > 0) if among is None else among & (cosines > 0))
    if len(places) > CANDIDATES:
        places = places[np.argpartition(-cosines[places], CANDIDATES)[:CANDIDATES]]
    spelled, texts = Spelled(typed), library.words.texts(crowd.items[places].tolist())
    known = set(exact.tolist())
    whole: list[tuple[float, float, int]] = []
    partly: list[tuple[float, float, int]] = []
    for place in places.tolist():
        item = int(crowd.items[place])
        found = spelled.within(texts.get(item, "")) if item not in known else None
        if found is not None and not (found.whole and not found.slips):  # those have the words themselves
            into, merit = (whole, -found.slips) if found.whole else (partly, found.share)
            into.append((-merit, -float(cosines[place]), item))
    if len(exact):
        return [Ranking(FoundBy.NEARLY, Listed(_ids(whole), TEXT, MEANT))]
    return [
        Ranking(FoundBy.NEARLY, Listed(_ids(whole), TEXT, NEARLY)),
        Ranking(FoundBy.NEARLY, Listed(_ids(partly), TEXT)),
    ]


def _ids(found: list[tuple[float, float, int]]) -> I64:
    return np.array([item for _, _, item in sorted(found)], np.int64)


def _says_something(words: str) -> bool:
    """Whether words are more than the beginning of one: a few letters are not, but two signs of Chinese are."""
    return sum(map(str.isalnum, words)) >= LETTERS or any(sign >= "\u2e80" for sign in words)


def _fits(crowd: Crowd, vector: F32) -> bool:
    return len(crowd) > 0 and crowd.rows.shape[1] == len(vector)


def _among(items: I64, allowed: I64 | None) -> Bool | None:
    return None if allowed is None else np.isin(items, allowed)
