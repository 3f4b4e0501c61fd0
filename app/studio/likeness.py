"""More like this, but ...: what lies near Items and words, and away from others. Used by the search thread.

Each space that has something to say gives a ranking: learned ones where they are, else the built-in one of the same
modality. Cover pictures say what an album looks like, not what a track is like: of tracks only the sound counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.search_messages import FindMoments, FoundBy, Hit, MomentHit, Moments, MoreLike
from app.studio.crowds import Crowd
from app.studio.spaces import LearnedSpace
from app.studio.words_found import SEEN_OR_HEARD, Library, Ranking
from models.directions import bearing, centred
from models.mixing import Listed, highest, standing_out
from models.types import F32, I64, Modality

WHY = {**SEEN_OR_HEARD, Modality.TEXT: FoundBy.NEARLY}
COMPLETE = 0.9
"""Share of all films whose moments a learned space must have to be used for finding moments."""
REST = 0.01
"""What is nearest though it does not stand out comes behind all that does: a film that is nowhere near by its sound and
its pictures must not come before what is near by one of them."""
OF_ONE_FILM = 4
"""A film may have a fourth of the places, but at least so many, while others can fill the rest."""


@dataclass(frozen=True, slots=True, eq=False)
class _Given:
    """What to come nearer to, and what to go away from: ids of Items, and words."""

    items: I64
    words: str
    films: I64
    """Those of the Items that are films."""

    def of(self, modality: Modality) -> I64:
        return self.films if modality is Modality.IMAGE else self.items


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """A question, with the Items that may be found, and how many are looked at in each space."""

    plus: _Given
    minus: _Given
    allowed: I64 | None
    deep: int

    @property
    def parts(self) -> int:
        """How many things there are to come nearer to."""
        return len(self.plus.items) + bool(self.plus.words)


def like_these(library: Library, asked: MoreLike) -> tuple[Hit, ...]:
    """The Items that lie in that direction, best first, without those that were given."""
    question = _Asked(
        _given(library, asked.items, asked.words),
        _given(library, asked.less_items, asked.less_words),
        library.words.allowed(None, asked.kind),
        2 * asked.count + 50,
    )
    if asked.count < 1 or not question.parts:
        return ()
    rankings: list[Ranking] = []
    for modality in (Modality.AUDIO, Modality.IMAGE):
        learned = [one for one in library.spaces.learned if one.modality is modality]
        for space in learned:
            rankings += _learned(library, space, question)
        items = question.plus.of(modality)
        if not any(_known(library, space.name, items) for space in learned):
            built_in = library.spaces.audio if modality is Modality.AUDIO else library.spaces.image
            rankings += _ranking(library, built_in, modality, question)
    if not rankings:  # no vector of sound or picture: by what they are called
        rankings = _ranking(library, library.spaces.text, Modality.TEXT, question)
    return library.hits(rankings, asked.count, asked.kind, (*asked.items, *asked.less_items))


def moments_like(library: Library, asked: FindMoments) -> Moments | None:
    """The moments likest to one, of other films and of its own; None where the film has none that is known."""
    crowd = _crowd_of_moments(library, asked.item)
    if crowd is None or crowd.ats is None:
        return None
    own = np.flatnonzero(crowd.items == asked.item)
    here = int(own[np.abs(crowd.ats[own] - asked.at).argmin()])
    cosines = crowd.cosines(crowd.vectors(np.array([here])))[0]
    order = np.lexsort((crowd.ats, crowd.items, -cosines))
    order = order[order != here]
    present = library.words.present(np.unique(crowd.items))
    order = order[np.isin(crowd.items[order], present)]
    chosen = _spread(crowd.items[order], asked.count)
    return Moments(
        asked.request,
        tuple(
            MomentHit(int(crowd.items[at]), float(crowd.ats[at]), float(min(1.0, cosines[at])))
            for at in order[chosen].tolist()
        ),
    )


def _given(library: Library, items: Sequence[int], words: str) -> _Given:
    ids = np.unique(np.array(items, np.int64))
    return _Given(ids, words.strip(), library.words.present(ids, "video") if len(ids) else ids)


def _known(library: Library, space: str, items: I64) -> bool:
    return len(library.crowds.items(space).places(items)) > 0


def _learned(library: Library, space: LearnedSpace, asked: _Asked) -> list[Ranking]:
    """A learned space's ranking, by the Items it knows and the words, where they can be had."""
    towards, away = (
        library.vectors.of(space.name, given.words) if given.words else None for given in (asked.plus, asked.minus)
    )
    return _ranking(library, space.name, space.modality, asked, towards, away)


def _ranking(
    library: Library,
    space: str,
    modality: Modality,
    asked: _Asked,
    towards: F32 | None = None,
    away: F32 | None = None,
) -> list[Ranking]:
    """One space's ranking; none where nothing that is asked for is known in it.

    It is worth the share of what was asked for that it knows: an encoder that sees, and is told words and a track,
    knows nothing of the track.
    """
    crowd = library.crowds.items(space)
    if not len(crowd):
        return []
    plus, minus = asked.plus.of(modality), asked.minus.of(modality)
    near, said = _by_items(crowd, plus), _by_words(crowd, towards)
    known = len(near) + len(said)
    if not known:
        return []
    score = bearing(near, said, np.concatenate([_by_items(crowd, minus), _by_words(crowd, away)]))
    wanted = ~np.isin(crowd.items, np.concatenate([plus, minus]))
    if asked.allowed is not None:
        wanted &= np.isin(crowd.items, asked.allowed)
    at, merits = standing_out(score, asked.deep, wanted)
    rest = highest(score, np.flatnonzero(wanted), asked.deep)
    why, worth = WHY[modality], known / asked.parts
    return [
        Ranking(why, Listed(crowd.items[at], space, worth, merits)),
        Ranking(why, Listed(crowd.items[rest], space, worth * REST, score[rest]), rest=True),
    ]


def _by_items(crowd: Crowd, items: I64) -> F32:
    """The cosines `(p, n)` of all with each of the Items that the space knows, both centred."""
    parts = centred(crowd.vectors(crowd.places(items)), crowd.mean)
    return crowd.centred_cosines(parts[parts.any(axis=1)])


def _by_words(crowd: Crowd, words: F32 | None) -> F32:
    """The cosines `(1, n)` of all with words; `(0, n)` where there are none."""
    if words is None or len(words) != crowd.rows.shape[1]:
        return np.zeros((0, len(crowd)), np.float32)
    return crowd.cosines(words[None])


def _crowd_of_moments(library: Library, item: int) -> Crowd | None:
    """The moments to compare with: a learned space's that has nearly all films and this one, else the built-in's."""
    films = len(library.crowds.films(library.spaces.image))
    for one in library.spaces.learned:
        if one.modality is Modality.IMAGE and len(library.crowds.films(one.name)) >= COMPLETE * films:
            crowd = library.crowds.moments(one.name)
            if item in crowd.items:
                return crowd
    plain = library.crowds.moments(library.spaces.image)
    return plain if item in plain.items else None


def _spread(films: I64, count: int) -> I64:
    """Places of the first `count` of moments of these films, likest first, without too many of one film."""
    most = max(OF_ONE_FILM, count // 4)
    taken: dict[int, int] = {}
    chosen: list[int] = []
    rest: list[int] = []
    for place, film in enumerate(films.tolist()):
        taken[film] = taken.get(film, 0) + 1
        (chosen if taken[film] <= most else rest).append(place)
        if len(chosen) == count:
            break
    return np.array(sorted([*chosen, *rest[: count - len(chosen)]]), np.int64)
