"""`bowerbird discover`: what peers offer that the user would love, with the reason, without a window."""

from __future__ import annotations

import argparse
import json

from app.commands.peers import key_of
from app.commands.studio_run import studio_for
from app.composition import open_library
from app.config import BLOCKED_WORDS, Settings
from app.errors import Locked
from app.network_messages import Discover, OfferPick, OfferPicks, OfferScoresChanged
from app.paths import Profile
from app.store.offer_rows import OfferRows
from app.store.offer_values import OfferQuery, OfferRow
from app.wording import sentence


def discover(profile: Profile, options: argparse.Namespace) -> int:
    """Print the best offers. Beside an open window: the ranking its studio keeps, without reasons."""
    with open_library(profile, offers=True) as database:
        peer = key_of(database, options.peer).hex() if options.peer else ""
    words = tuple(word.strip() for word in Settings(profile.settings).get(BLOCKED_WORDS).split(",") if word.strip())
    try:
        with studio_for(profile) as run:
            run.wait_for(OfferScoresChanged, 120.0)
            picks = run.ask(
                lambda number: Discover(
                    number,
                    count=options.n,
                    kind=options.kind,
                    licence=options.licence,
                    followed_only=options.followed,
                    peer=peer,
                    search=options.search,
                    blocked_words=words,
                ),
                OfferPicks,
            ).picks
    except Locked:
        picks = _kept(profile, options, words, peer)
    _show(profile, picks, as_json=options.json)
    return 0


def _kept(profile: Profile, options: argparse.Namespace, words: tuple[str, ...], peer: str) -> tuple[OfferPick, ...]:
    query = OfferQuery(
        kind=options.kind,
        licence=options.licence,
        followed_only=options.followed,
        peer=bytes.fromhex(peer),
        search=options.search,
        blocked_words=words,
    )
    with open_library(profile, scores=True, offers=True) as database:
        reader = OfferRows(database)
        rows = [row for row in reader.rows(reader.ids(query)) if not row.owned]
    # Before anything is rated nothing has a score: then all are as likely as not, as the studio has it.
    scored = [(0.5 if row.score is None else row.score, row) for row in rows]
    scored.sort(key=lambda one: (-one[0], one[1].id))
    return tuple(OfferPick(row.id, score, row.deviation or 0.0) for score, row in scored[: options.n])


def _show(profile: Profile, picks: tuple[OfferPick, ...], *, as_json: bool) -> None:
    with open_library(profile, scores=True, offers=True) as database:
        rows = {row.id: row for row in OfferRows(database).rows([pick.offer for pick in picks])}
    if as_json:
        print(json.dumps([_plain(pick, rows[pick.offer]) for pick in picks if pick.offer in rows], ensure_ascii=False))
        return
    if not picks:
        print("Nothing yet. Peers' catalogues come while the network is on: bowerbird headless --share")
    for place, pick in enumerate(picks, 1):
        row = rows.get(pick.offer)
        if row is not None:
            name = f"{row.artist} - {row.title}" if row.artist else row.title
            print(f"{place:3}. {pick.score:.2f}  {name}  ({row.size / 1e6:.1f} MB, {row.licence or 'no licence'})")
            print(f"           {sentence(pick.reason) or row.peer_name}")


def _plain(pick: OfferPick, row: OfferRow) -> dict[str, object]:
    return {
        "offer": row.id,
        "root": row.root.hex(),
        "peer": row.peer.hex(),
        "title": row.title,
        "artist": row.artist,
        "score": round(pick.score, 4),
        "reason": sentence(pick.reason),
        "size": row.size,
        "duration": row.duration,
        "mime": row.mime,
        "licence": row.licence,
    }
