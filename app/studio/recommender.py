"""Shelves of Picks from what was learned: For You, radio, similar, and why. Called by the studio's taste thread.

A `Recommender` is one moment's view: features, facts, standings and one fit. It is cheap to make anew.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np

from app.protocol import NO_REASON, Explanation, Pick, PickedShelf, RankedBy, Reason, ReasonKind, Shelf
from app.store.facts import ItemFacts, Standing
from app.studio.explaining import explanation_of
from app.studio.features import ItemFeatures
from app.studio.reasons import because_of, said_outright, strongest_likes
from app.studio.trainer import Learned
from models import ranker
from models.taste_explain import Explanation as Parts
from models.types import F32, I64, Bool

DAY = 86_400.0
REST_DAYS = 7.0
"""After "not now" an Item stays off all shelves for this long."""
SPREAD = ranker.RankSettings(diversity=0.9, explore=0.0)
ON_SHELF = ranker.RankSettings(spacing=ranker.Spacing(gap=2, most=4, window=12))
"""On a page the eye skips: an artist may come back sooner than in the radio, where the ear cannot."""


class Recommender:
    """Ranks the present Items of the library."""

    def __init__(
        self,
        learned: Learned,
        facts: Sequence[ItemFacts],
        standings: Sequence[Standing],
        now: float | None = None,
        *,
        way: RankedBy = RankedBy.TASTE,
    ) -> None:
        """`way` tells where the scores of `learned` come from: only the taste network can say why."""
        self._learned = learned
        self._way = way
        self._features: ItemFeatures = learned.features
        self._facts: Mapping[int, ItemFacts] = {fact.id: fact for fact in facts}
        self._now = time.time() if now is None else now
        n = len(self._features)
        at = self._features.positions(np.array([fact.id for fact in facts], np.int64))
        known = [(int(row), fact) for row, fact in zip(at, facts, strict=True) if row >= 0]
        self._present = np.zeros(n, np.bool_)
        self._artists = np.full(n, ranker.UNKNOWN, np.int64)
        self._video = np.zeros(n, np.bool_)
        codes: dict[str, int] = {}
        for row, fact in known:
            self._present[row] = True
            self._video[row] = fact.kind == "video"
            if fact.artist:
                self._artists[row] = codes.setdefault(fact.artist.casefold(), len(codes))
        self._stand(standings)

    @property
    def labels(self) -> int:
        """How many labels the fit had."""
        return len(self._learned.labels)

    @property
    def facts(self) -> Mapping[int, ItemFacts]:
        """All present Items by their ids."""
        return self._facts

    # ------------------------------------------------------------------------------------------- shelves

    def shelves(
        self, wanted: Sequence[Shelf], count: int, *, adventure: float = 0.5, kind: str = ""
    ) -> tuple[PickedShelf, ...]:
        """The For You shelves asked for, each of up to `count` Picks; an Item stands on one shelf only."""
        candidates = self._candidates(kind)
        shelves: list[PickedShelf] = []
        for shelf in wanted:
            about = 0
            if shelf is Shelf.MORE:
                about = self._last_liked()
                rows = self._more_like(candidates, about, count)
            else:
                rows = self._rows(shelf, candidates, count, adventure)
            candidates.allowed[rows] = False
            shelves.append(PickedShelf(shelf, self._picks(rows, shelf, about), about))
        return tuple(shelves)

    def radio(self, recent: Sequence[int], queued: Sequence[int], count: int) -> PickedShelf:
        """What plays on after `recent` and `queued` (oldest first)."""
        heard = self._features.positions([*recent, *queued])
        rows = ranker.radio_next(self._candidates(""), heard[heard >= 0], count)
        return PickedShelf(Shelf.RADIO, self._picks(rows, Shelf.RADIO))

    def explain(self, item: int, split: F32 | None, request: int = 0) -> Explanation | None:
        """Why an Item has its score; None when it has no vector yet. `split` as `Basis.split` gives."""
        row = int(self._features.positions([item])[0])
        if row < 0:
            return None
        learned = self._learned
        found = learned.taste.explain(self._features.rows[row], split)
        items, targets = learned.labels.items, learned.labels.targets
        fact = self._facts.get(item)
        reason = NO_REASON
        if fact is not None:
            likes = strongest_likes(found, items.tolist(), targets.tolist(), but=item)
            reason = said_outright(targets[items == item]) or self._because(likes, fact, found, row)
        return explanation_of(
            found,
            learned.labels,
            self._facts,
            self._features.basis,
            request=request,
            item=item,
            score=float(learned.shown[row]),
            deviation=float(learned.scores.deviation[row]),
            reason=reason,
            peers=learned.said.parts(row) if learned.said is not None else (),
        )

    # -------------------------------------------------------------------------------------------- inside

    def _stand(self, standings: Sequence[Standing]) -> None:
        n = len(self._features)
        self._liked = np.zeros(n, np.bool_)
        self._disliked = np.zeros(n, np.bool_)
        self._played = np.full(n, np.inf, np.float32)
        self._resting = np.zeros(n, np.bool_)
        at = self._features.positions([standing.id for standing in standings])
        for row, standing in zip(at, standings, strict=True):
            if row < 0:
                continue
            self._liked[row] = standing.liked > 0 or (standing.stars or 0) >= 4
            self._disliked[row] = standing.liked < 0 or (standing.stars is not None and standing.stars <= 1.5)
            if standing.last_played:
                self._played[row] = (self._now - standing.last_played) / DAY
            self._resting[row] = standing.later > self._now - REST_DAYS * DAY
        self._rated = self._liked | self._disliked
        for standing, row in zip(standings, at, strict=True):
            if row >= 0 and standing.stars is not None:
                self._rated[row] = True

    def _candidates(self, kind: str) -> ranker.Candidates:
        n = len(self._features)
        allowed: Bool = self._present & ~self._disliked & ~self._resting
        if kind:
            allowed = allowed & (self._video if kind == "video" else ~self._video)
        scores = self._learned.scores
        return ranker.Candidates(
            scores.discovery,
            scores.rating,
            scores.deviation,
            self._features.rows,
            self._artists,
            self._played,
            np.full(n, np.inf, np.float32),
            self._liked,
            allowed,
        )

    def _rows(self, shelf: Shelf, candidates: ranker.Candidates, count: int, adventure: float) -> I64:
        match shelf:
            case Shelf.LOVE if not self._learned.rated:
                return self._varied(candidates, count)
            case Shelf.LOVE:
                unrated = ranker.Candidates(
                    candidates.discovery,
                    candidates.rating,
                    candidates.deviation,
                    candidates.features,
                    candidates.artists,
                    candidates.played_days,
                    candidates.skipped_days,
                    candidates.liked,
                    # Better a short shelf than one that promises what is below the library's average.
                    candidates.allowed & ~self._rated & (candidates.discovery > 0),
                )
                return ranker.you_will_love(unrated, count, ON_SHELF)
            case Shelf.DIFFERENT if self.labels:
                return ranker.something_different(candidates, count, adventure=adventure)
            case Shelf.FORGOTTEN:
                return ranker.forgotten_favourites(candidates, count)
        return np.zeros(0, np.int64)

    def _varied(self, candidates: ranker.Candidates, count: int) -> I64:
        """A spread over the library to rate first: far from each other, one of each artist where possible."""
        noise = np.random.default_rng(len(self._features)).random(len(self._features), np.float32)
        values = np.where(candidates.allowed, noise, -np.inf).astype(np.float32)
        return ranker.pick(values, candidates.features, candidates.artists, count, settings=SPREAD)

    def _more_like(self, candidates: ranker.Candidates, item: int, count: int) -> I64:
        row = int(self._features.positions([item])[0]) if item else -1
        return ranker.more_like(candidates, row, count) if row >= 0 else np.zeros(0, np.int64)

    def _last_liked(self) -> int:
        labels = self._learned.labels
        for item, target in zip(labels.items[::-1], labels.targets[::-1], strict=True):
            if target > 0.7 and int(item) in self._facts:
                return int(item)
        return 0

    def _picks(self, rows: I64, shelf: Shelf, about: int = 0) -> tuple[Pick, ...]:
        learned = self._learned
        items, targets = learned.labels.items.tolist(), learned.labels.targets.tolist()
        picks = []
        for row in rows.tolist():
            item = int(self._features.ids[row])
            found = learned.taste.explain(self._features.rows[row])
            likes = strongest_likes(found, items, targets)
            reason = self._because(likes, self._facts[item], found, row)
            picks.append(
                Pick(
                    item,
                    float(learned.shown[row]),
                    float(learned.scores.deviation[row]),
                    self._reason(shelf, reason, likes, row, about),
                )
            )
        return tuple(picks)

    def _because(self, likes: tuple[int, ...], fact: ItemFacts, found: Parts, row: int) -> Reason:
        """Own likes first; where none speaks for it, the followed peers who do."""
        said = self._learned.said
        if not likes and said is not None and (reason := said.reason(row)) is not NO_REASON:
            return reason
        return because_of(likes, fact, self._facts, found)

    def _reason(self, shelf: Shelf, reason: Reason, likes: tuple[int, ...], row: int, about: int) -> Reason:
        """What `shelf` makes of the general `reason`."""
        if not self.labels:
            return reason if reason.kind is ReasonKind.FOLLOWED else Reason(ReasonKind.BEGINNING)
        if shelf is Shelf.FORGOTTEN:
            if not np.isfinite(self._played[row]):
                return Reason(ReasonKind.UNPLAYED_LIKE)
            kind = ReasonKind.FORGOTTEN_LIKE if self._liked[row] else ReasonKind.FORGOTTEN_PLAY
            return Reason(kind, days=int(self._played[row]))
        if shelf is Shelf.MORE:
            return Reason(ReasonKind.NEAR, (self._title(about),))
        if self._way is RankedBy.FOLLOWED:
            return self._learned.said.reason(row) if self._learned.said is not None else NO_REASON
        if self._way is not RankedBy.TASTE:
            # The parts of the taste network's score do not explain another method's.
            nearest = self._nearest_like(row)
            return Reason(ReasonKind.NEAR, (self._title(nearest),)) if nearest else NO_REASON
        if shelf is Shelf.DIFFERENT and likes:
            return Reason(ReasonKind.FURTHER, (self._title(likes[0]),))
        return reason

    def _nearest_like(self, row: int) -> int:
        """The present Item among the liked ones that is most like row `row`, 0 for none."""
        liked = np.flatnonzero(self._liked & self._present)
        if not len(liked):
            return 0
        best = liked[int((self._features.rows[liked] @ self._features.rows[row]).argmax())]
        return int(self._features.ids[best])

    def _title(self, item: int) -> str:
        """The Item's title, "" when it is not here now."""
        fact = self._facts.get(item)
        return fact.title if fact else ""
