"""`bowerbird peers`, `card`, `follow`, `unfollow`, `block` and `unblock`: whom one knows, without a window.

They write to the library; a network process that runs notices within seconds, one that is started later begins with it.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from app.composition import open_library
from app.errors import PeerError, SettingsError
from app.paths import Profile
from app.peers.cards import Card, card_text, decode_card, parse_card_text
from app.peers.identity import Identity, nickname
from app.store.database import Database
from app.store.peers import PeerRow, Peers

SHORTEST = 6
"""Hex digits of a key that may stand for the whole of it."""


def peers(profile: Profile, options: argparse.Namespace) -> int:
    """List the peers that are known."""
    with open_library(profile, offers=True) as database:
        rows = Peers(database).rows()
    if options.json:
        print(json.dumps([_plain(row) for row in rows], ensure_ascii=False))
        return 0
    if not rows:
        print("No peers yet. Begin with: bowerbird headless --share, or follow a friend's card.")
    for row in rows:
        stands = "blocked" if row.blocked else "followed" if row.followed else "known"
        print(f"{row.key.hex()[:12]}  {stands:8}  {row.items:6} items  {row.standing:8}  {called(row)}")
    return 0


def card(profile: Profile, options: argparse.Namespace) -> int:
    """Print our own card: what a friend follows."""
    identity = Identity.load(profile.identity)
    newest = _own_card(profile, identity.key)
    if newest is None:
        print(json.dumps({"key": identity.key.hex()}) if options.json else identity.key.hex())
        return 0
    text = card_text(newest)
    print(json.dumps({"key": identity.key.hex(), "card": text}) if options.json else text)
    return 0


def follow(profile: Profile, options: argparse.Namespace) -> int:
    """Follow the peer of a card (its text, or a file with it), or of a key."""
    with open_library(profile) as database:
        found = _card_of(options.peer)
        known = Peers(database)
        key = found.key if found is not None else key_of(database, options.peer, unknown=True)
        if key == Identity.load(profile.identity).key:
            raise SettingsError("This is your own card", "Give it to a friend, and follow theirs.")
        known.follow(key, name=found.name or nickname(key) if found is not None else nickname(key))
        return _tell(known.row(key), "followed", as_json=options.json)


def unfollow(profile: Profile, options: argparse.Namespace) -> int:
    """Do not follow a peer any longer."""
    with open_library(profile) as database:
        known, key = Peers(database), key_of(database, options.peer)
        known.unfollow(key)
        return _tell(known.row(key), "no longer followed", as_json=options.json)


def block(profile: Profile, options: argparse.Namespace) -> int:
    """Take all of a peer away and hear nothing from it again."""
    with open_library(profile) as database:
        known, key = Peers(database), key_of(database, options.peer, unknown=True)
        known.block(key)
        return _tell(known.row(key), "blocked", as_json=options.json)


def unblock(profile: Profile, options: argparse.Namespace) -> int:
    """Let a blocked peer be a stranger again."""
    with open_library(profile) as database:
        key = key_of(database, options.peer)
        Peers(database).unblock(key)
    print(json.dumps({"key": key.hex()}) if options.json else f"unblocked: {key.hex()[:12]}")
    return 0


def key_of(database: Database, said: str, *, unknown: bool = False) -> bytes:
    """The key of the peer somebody means: its key, the beginning of it, or its name.

    `unknown` lets a whole key name a peer that was never met. Raises PeerError where nobody or several are meant.
    """
    text = said.strip().lower()
    rows = Peers(database).rows()
    digits = all(sign in "0123456789abcdef" for sign in text)
    if digits and len(text) == 64:
        key = bytes.fromhex(text)
        if unknown or any(row.key == key for row in rows):
            return key
    meant = [row.key for row in rows if digits and len(text) >= SHORTEST and row.key.hex().startswith(text)]
    meant = meant or [row.key for row in rows if called(row).lower() == text]
    if len(meant) != 1:
        title = "Several peers are called that" if meant else "No such peer"
        raise PeerError(title, "Name it by its key; `bowerbird peers --json` shows all.")
    return meant[0]


def called(row: PeerRow) -> str:
    """What a peer is called: its own name, else one made from its key."""
    return row.name or nickname(row.key)


def _own_card(profile: Profile, key: bytes) -> bytes | None:
    """What the network process announced last; None before it did, or where that is not ours or damaged."""
    try:
        signed = profile.own_card.read_bytes()
        return signed if decode_card(signed).key == key else None
    except (OSError, PeerError):
        return None


def _card_of(said: str) -> Card | None:
    """The card that was given as its text or as a file with it; None where it is neither."""
    if said.strip().lower().startswith("bowerbird:"):
        return decode_card(parse_card_text(said), by_hand=True)
    path = Path(said)
    if len(said) < 4096 and path.is_file():
        try:
            text = path.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise PeerError("This file holds no card", str(error), path) from error
        return decode_card(parse_card_text(text), by_hand=True)
    if said.count(":") == 1:
        raise PeerError(
            "An address can only be followed while the network is on", "Do it in the window, or use a card."
        )
    return None


def _tell(row: PeerRow | None, what: str, *, as_json: bool) -> int:
    if row is not None:
        print(json.dumps(_plain(row), ensure_ascii=False) if as_json else f"{what}: {row.key.hex()[:12]} {called(row)}")
    return 0


def _plain(row: PeerRow) -> dict[str, object]:
    return {
        "key": row.key.hex(),
        "name": called(row),
        "followed": row.followed,
        "blocked": row.blocked,
        "items": row.items,
        "bytes": row.bytes,
        "last_heard": row.last_heard,
        "standing": str(row.standing),
        "kept": row.kept,
        "broken": row.broken,
    }
