"""The Discover page: which of the scored offers to show, in which order, and why. Called by the offers thread.

What strangers may have of a page is bounded (`app/trust.py`): a few places each, and a part of the page together while
others can fill it. A file that several peers offer stands once, by the one trusted most. What the user has, dismissed
or blocked never stands; likes, follows and blocks are read anew for each page, so that a page is never behind them.

Words search by text, the likest to be loved first, and by what learned encoders make of what is offered; the two are
mixed by places, as in the search of the own library.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri

from app.network_messages import Discover, ExplainOffer, OfferPick, OfferPicks
from app.protocol import NO_REASON, Explanation, Part, Reason
from app.search_messages import FoundBy
from app.store.database import Database
from app.store.facts import Facts, ItemFacts
from app.store.licences import may_be_shared
from app.store.offer_rows import OfferRows
from app.store.offer_table import STRANGER, OfferColumns, OfferTable, PeerTrust
from app.store.offer_values import OfferFact, OfferQuery
from app.store.offer_vectors import OfferVectors
from app.studio.explaining import explanation_of
from app.studio.followed import Said
from app.studio.offer_features import OfferFeatures
from app.studio.offer_words import Meant, OfferWords
from app.studio.reasons import because_of, strongest_likes
from app.studio.recommender import ON_SHELF, SPREAD
from app.studio.trainer import Learned
from app.trust import PLACES_PER_STRANGER, Rank, Standing, stranger_places
from models import ranker
from models.features import Block
from models.mixing import Listed, mix
from models.taste_explain import Explanation as Parts
from models.types import F32, I64, Bool

CHOSEN_FROM = 12
"""So many of the best of each unfollowed peer are looked at for its few places."""
MEANT = 400
"""So many offers are looked at that fit words by their meaning."""
EXACT = 3.0
"""What the words themselves are worth beside one encoder's opinion, as in the search of the own library."""


@dataclass(frozen=True, slots=True, eq=False)
class ScoredOffers:
    """The offers of one moment, all arrays `(n,)` by `table.ids`: `discovery` in deviations, `shown` 0..1."""

    table: OfferTable
    features: OfferFeatures
    discovery: F32
    shown: F32
    deviation: F32
    owned: I64
    learned: Learned
    said: Said | None = None
    """What followed peers say about them."""

    def peers(self, row: int) -> tuple[Part, ...]:
        """What followed peers add to the score of one."""
        return self.said.parts(self._spoken_of(row)) if self.said is not None else ()

    def friends(self, row: int) -> Reason:
        """The followed peers who speak for it; none where nobody does."""
        return self.said.reason(self._spoken_of(row)) if self.said is not None else NO_REASON

    def _spoken_of(self, row: int) -> int:
        """The row that stands for all offers of the same file."""
        return int(self.table.first_of_each_file()[self.table.file[row]])


class Discovery:
    """Answers from one state of the offers. `database` has offers.db attached; None where there is none."""

    def __init__(
        self,
        database: Database | None,
        scored: ScoredOffers | None,
        newest: Learned | None,
        words: OfferWords | None = None,
    ) -> None:
        """Without `words` nothing is searched for by its meaning."""
        self._database = database
        self._scored = scored
        self._newest = newest
        self._words = words

    def picks(self, asked: Discover) -> OfferPicks:
        """The page asked for, best first."""
        labels = len(self._newest.labels) if self._newest is not None else 0
        if self._scored is None or self._database is None or not len(self._scored.table):
            return OfferPicks(asked.request, (), 0, labels)
        page = _Page(self._database, self._scored, asked, self._words)
        rows = page.rows()
        return OfferPicks(asked.request, self._picks(rows, page), page.total, len(self._scored.learned.labels))

    def explanation(self, asked: ExplainOffer, vectors: OfferVectors) -> Explanation | None:
        """Why an offer has its score; None where it has none."""
        scored, database = self._scored, self._database
        if scored is None or database is None:
            return None
        row = int(scored.table.positions([asked.offer])[0])
        basis = scored.learned.features.basis
        if row < 0 or basis is None:
            return None
        found = scored.learned.taste.explain(scored.features.rows[row], _split(scored, asked.offer, vectors))
        likes = self._label_facts()
        about = OfferRows(database).facts([asked.offer])
        return explanation_of(
            found,
            scored.learned.labels,
            likes,
            basis,
            request=asked.request,
            item=asked.offer,
            score=float(scored.shown[row]),
            deviation=float(scored.deviation[row]),
            reason=self._reason(found, about[0], likes, row) if about else NO_REASON,
            peers=scored.peers(row),
        )

    def _picks(self, rows: I64, page: _Page) -> tuple[OfferPick, ...]:
        scored, database = self._scored, self._database
        assert scored is not None
        assert database is not None
        about = {fact.id: fact for fact in OfferRows(database).facts(scored.table.ids[rows].tolist())}
        likes = self._label_facts()
        picks = []
        for row in rows.tolist():
            offer = int(scored.table.ids[row])
            if offer not in about:
                continue  # its publisher took it back a moment ago
            reason = NO_REASON
            if scored.learned.rated:
                found = scored.learned.taste.explain(scored.features.rows[row])
                reason = self._reason(found, about[offer], likes, row)
            picks.append(
                OfferPick(
                    offer,
                    float(scored.shown[row]),
                    float(scored.deviation[row]),
                    reason,
                    int(page.owned[row]),
                    page.others(row),
                    page.found_by(row),
                )
            )
        return tuple(picks)

    def _label_facts(self) -> dict[int, ItemFacts]:
        """The rated Items that are here: what a Reason may name."""
        assert self._scored is not None
        assert self._database is not None
        return {fact.id: fact for fact in Facts(self._database).some(self._scored.learned.labels.items.tolist())}

    def _reason(self, found: Parts, about: OfferFact, likes: Mapping[int, ItemFacts], row: int) -> Reason:
        assert self._scored is not None
        labels = self._scored.learned.labels
        strongest = strongest_likes(found, labels.items.tolist(), labels.targets.tolist())
        if not strongest and (reason := self._scored.friends(row)) is not NO_REASON:
            return reason
        pick = ItemFacts(0, about.title, about.artist, about.album, about.tags, about.kind, about.duration)
        return because_of(strongest, pick, likes, found)


class _Page:
    """One answer in the making."""

    def __init__(self, database: Database, scored: ScoredOffers, asked: Discover, words: OfferWords | None) -> None:
        self._database = database
        self._scored = scored
        self._asked = asked
        self._table = scored.table
        known = OfferColumns(database).trust()
        peers: list[PeerTrust] = [known.get(peer, STRANGER) for peer in self._table.peers]
        self._rank = np.array([one.rank for one in peers], np.int64)
        self._bad = np.array([one.standing is Standing.BAD for one in peers], np.bool_)
        self._blocked = np.array([one.blocked for one in peers], np.bool_)
        self.owned = self._still_owned()
        allowed = self._allowed()
        self._exact: I64 | None = None
        """With words to search for: the rows that have them."""
        self._meant: list[Meant] = []
        if asked.search.strip():
            allowed = self._searched(allowed, words)
        self._allowed_rows, self._twins = self._once_each(np.flatnonzero(allowed))

    @property
    def total(self) -> int:
        """How many offers passed the filters, each file counted once."""
        return len(self._allowed_rows)

    def others(self, row: int) -> tuple[int, ...]:
        """The same file's other offers that passed the filters."""
        return tuple(int(self._table.ids[twin]) for twin in self._twins.get(row, ()))

    def found_by(self, row: int) -> tuple[FoundBy, ...]:
        """Why words found it; none where no words were asked for."""
        if self._exact is None:
            return ()
        by_text = (FoundBy.WORDS,) if row in self._exact else ()
        return (*by_text, *(meant.why for meant in self._meant if row in meant.rows))

    def rows(self) -> I64:
        """The rows of the table to show, best first."""
        count, scored = self._asked.count, self._scored
        values, settings = self._values()
        features, artists = scored.features.rows, self._table.artist
        rank = self._rank[self._table.peer]
        if self._asked.peer:
            return ranker.pick(values, features, artists, count, settings=settings)
        places = stranger_places(count)
        few = self._few_of_each(np.where(rank < Rank.FOLLOWED, values, -np.inf).astype(np.float32), count, settings)
        strangers = few[rank[few] == Rank.STRANGER]
        welcome = np.where(rank == Rank.FOLLOWED, values, -np.inf)
        welcome[few[rank[few] > Rank.STRANGER]] = values[few[rank[few] > Rank.STRANGER]]
        welcome[strangers[:places]] = values[strangers[:places]]
        picked = ranker.pick(welcome.astype(np.float32), features, artists, count, settings=settings)
        if len(picked) < count and len(strangers) > places:
            # Nobody else has enough for the page.
            rest = np.full(len(values), -np.inf, np.float32)
            rest[strangers[places:]] = values[strangers[places:]]
            more = ranker.pick(rest, features, artists, count - len(picked), settings=settings, before=picked)
            picked = np.concatenate([picked, more])
        return picked

    # ----------------------------------------------------------------------------------------- filters

    def _allowed(self) -> Bool:
        asked, table = self._asked, self._table
        peer_allowed = ~self._blocked
        if asked.followed_only:
            peer_allowed &= self._rank == Rank.FOLLOWED
        if asked.peer:
            peer_allowed &= np.array([peer.hex() == asked.peer for peer in table.peers], np.bool_)
        else:
            # Whose word is worth nothing, and whom the user does not follow, is shown only when asked for.
            peer_allowed &= ~(self._bad & (self._rank < Rank.FOLLOWED))
        allowed = peer_allowed[table.peer]
        if asked.kind:
            allowed &= table.video if asked.kind == "video" else ~table.video
        if asked.largest:
            allowed &= table.sizes <= asked.largest
        if not asked.with_owned:
            allowed &= self.owned == 0
        if dismissed := OfferColumns(self._database).dismissed():
            allowed &= ~np.array([root in dismissed for root in table.files], np.bool_)[table.file]
        if asked.licence:
            wanted = asked.licence.lower()
            fits = [may_be_shared(one) if wanted == "free" else wanted in one.lower() for one in table.licences]
            allowed &= np.array(fits, np.bool_)[table.licence]
        if blocked := OfferColumns(self._database).holding(asked.blocked_words):
            allowed &= ~self._marked(blocked)
        return allowed

    def _searched(self, allowed: Bool, words: OfferWords | None) -> Bool:
        """Of what may be shown, what has the words or is meant by them."""
        rows = OfferRows(self._database)
        fitting = allowed & self._marked(rows.ids(OfferQuery(search=self._asked.search, dismissed=True)))
        self._exact = np.flatnonzero(fitting)
        wanted = [word for word in self._asked.search.split() if not word.startswith("-")]
        if words is None or not wanted:
            return fitting
        unwanted = " ".join(word for word in self._asked.search.split() if word.startswith("-"))
        others = allowed & self._marked(rows.ids(OfferQuery(search=unwanted, dismissed=True))) if unwanted else allowed
        self._meant = words.found(" ".join(wanted), self._table, others, MEANT)
        for meant in self._meant:
            fitting[meant.rows] = True
        return fitting

    def _marked(self, offers: Sequence[int]) -> Bool:
        """True at these offers."""
        marked = np.zeros(len(self._table), np.bool_)
        at = self._table.positions(np.asarray(offers, np.int64))
        marked[at[at >= 0]] = True
        return marked

    def _still_owned(self) -> I64:
        """The own Items that offers are, without those that were removed since."""
        owned = self._scored.owned
        items = np.unique(owned[owned > 0])
        if not len(items):
            return owned
        present = [fact.id for fact in Facts(self._database).some(items.tolist())]
        return np.where(np.isin(owned, np.array(present, np.int64)), owned, 0)

    def _once_each(self, rows: I64) -> tuple[I64, dict[int, list[int]]]:
        """Of the offers of one file the one whose publisher is trusted most; and the others, by that one's row."""
        file = self._table.file[rows]
        shared = np.bincount(file, minlength=1)[file] > 1
        if not shared.any():
            return rows, {}
        again = rows[shared]
        peer = self._table.peer[again]
        # The last key counts first: file, trust, standing, then the older offer.
        order = np.lexsort((self._table.ids[again], self._bad[peer], -self._rank[peer], self._table.file[again]))
        again = again[order]
        files = self._table.file[again]
        first = np.concatenate([[True], files[1:] != files[:-1]])
        leader = again[np.flatnonzero(first)[np.cumsum(first) - 1]]
        twins: dict[int, list[int]] = {}
        for row, head in zip(again[~first].tolist(), leader[~first].tolist(), strict=True):
            twins.setdefault(head, []).append(row)
        return np.sort(np.concatenate([rows[~shared], again[first]])), twins

    # ------------------------------------------------------------------------------------------- order

    def _values(self) -> tuple[F32, ranker.RankSettings]:
        """What each offer is worth, minus infinity where it must not appear."""
        values, settings = self._by_taste()
        if not self._meant:
            return values, settings
        shown = np.isfinite(values)
        exact = self._exact[shown[self._exact]] if self._exact is not None else np.zeros(0, np.int64)
        lists = [Listed(exact[np.lexsort((exact, -values[exact]))], "text", EXACT)]
        for meant in self._meant:
            here = shown[meant.rows]
            lists.append(Listed(meant.rows[here], meant.space, merits=meant.merits[here]))
        order = mix(lists, len(values)).ids
        # A place as so many deviations, which is what the ranker reckons in; here only the order is to count.
        values = np.full(len(values), -np.inf, np.float32)
        values[order] = ndtri(1.0 - (np.arange(len(order)) + 0.5) / len(order))
        return values, replace(settings, diversity=0.0)

    def _by_taste(self) -> tuple[F32, ranker.RankSettings]:
        n = len(self._table)
        allowed = np.zeros(n, np.bool_)
        allowed[self._allowed_rows] = True
        if not len(self._scored.learned.labels):
            # A spread over what is offered: far from each other, one of each artist where possible.
            noise = np.random.default_rng(n).random(n, np.float32)
            return np.where(allowed, noise, -np.inf).astype(np.float32), SPREAD
        never = np.full(n, np.inf, np.float32)
        candidates = ranker.Candidates(
            self._scored.discovery,
            self._scored.shown,
            self._scored.deviation,
            self._scored.features.rows,
            self._table.artist,
            never,
            never,
            np.zeros(n, np.bool_),
            allowed,
        )
        return ranker.appeal(candidates, ON_SHELF), ON_SHELF

    def _few_of_each(self, values: F32, count: int, settings: ranker.RankSettings) -> I64:
        """Rows of unfollowed peers in the order in which they would be picked, at most a few of each peer."""
        rows = np.flatnonzero(np.isfinite(values))
        order = rows[np.lexsort((rows, -values[rows], self._table.peer[rows]))]
        peers = self._table.peer[order]
        starts = np.concatenate([[0], np.flatnonzero(peers[1:] != peers[:-1]) + 1]) if len(peers) else np.zeros(0, int)
        place = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
        best = np.full(len(values), -np.inf, np.float32)
        chosen = order[place < CHOSEN_FROM]
        best[chosen] = values[chosen]
        given: dict[int, int] = {}
        few = []
        most = min(len(chosen), 4 * count)
        for row in ranker.pick(best, self._scored.features.rows, self._table.artist, most, settings=settings).tolist():
            peer = int(self._table.peer[row])
            given[peer] = given.get(peer, 0) + 1
            if given[peer] <= PLACES_PER_STRANGER:
                few.append(row)
        return np.asarray(few, np.int64)


def _split(scored: ScoredOffers, offer: int, vectors: OfferVectors) -> F32 | None:
    """One offer's features split by space, `(spaces, p)`."""
    basis = scored.learned.features.basis
    if basis is None:
        return None
    blocks = []
    for part in basis.spaces:
        found = vectors.vector(part.space, offer)
        rows = np.zeros((1, len(part.mean)), np.float32) if found is None else found.unit()
        blocks.append(Block(part.space, rows, np.array([found is not None])))
    return np.asarray(basis.split(blocks)[0], np.float32)
