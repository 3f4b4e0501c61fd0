"""What peers offer, from a catalogue on the disk to a ranked page: the real studio process, asked over its pipe.

The library is made up (20,000 Items), and so are the catalogues, with sound vectors of full size. Fetching and
verifying are not part of it; everything the studio does is: storing vectors, making those of the words, projecting,
looking for what the user has, scoring.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import psutil
from made_profile import made_profile, with_vectors
from measure_rerank import LABELS, Conversation
from peers_catalogue import Offered, key_of, publish, withdraw
from table import Row

from app.network_messages import Discover, OfferPicks, OffersChanged, OfferScoresChanged
from app.paths import RESOURCES, Profile
from app.processes import studio_command
from app.protocol import FeedbackChanged, ScoresChanged
from app.store.database import Database
from app.store.feedback import Feedback
from app.store.items import Items
from app.store.peers import Peers
from app.studio.spaces import builtin_dimensions, builtin_spaces

ITEMS = 20_000
OF_EACH = 10_000
PEERS = 10


def rows() -> Iterator[Row]:
    """Yield the first catalogue, all of them, pages, re-scoring and memory."""
    profile = with_vectors(made_profile(ITEMS))
    forget(profile)
    with Database.open(profile.library, RESOURCES / "migrations") as database:
        feedback, ids = Feedback(database), Items(database).present_ids()
        for number, item in enumerate(ids[:: len(ids) // LABELS][:LABELS]):
            (feedback.dislike if number % 3 == 0 else feedback.like)(item)
        Peers(database).follow(key_of("peer 0"))
        talk = Conversation(studio_command(profile.root))
        talk.child.start()
        try:
            talk.wait(ScoresChanged)
            process = psutil.Process(talk.child.pid)
            before = process.memory_info().rss / 2**20
            offer(profile, 0)
            first = changed(talk, OF_EACH)
            for number in range(1, PEERS):
                offer(profile, number)
            rest = changed(talk, PEERS * OF_EACH)
            memory = process.memory_info().rss / 2**20
            pages = sorted(page(talk, number) for number in range(1, 12))
            own, offers = zip(*(one_like(talk, feedback, item) for item in ids[5:905:100]), strict=True)
            withdraw(profile, f"peer {PEERS - 1}")
            blocked = changed(talk, (PEERS - 1) * OF_EACH)
        finally:
            talk.child.close()
            for _ in range(LABELS + len(ids[5:905:100])):
                feedback.undo()
            forget(profile)
    many = PEERS * OF_EACH
    yield Row(f"{OF_EACH:,} offers: changed to scored", "s", first, goal=1.5)
    yield Row(f"{many - OF_EACH:,} more at once", "s", rest)
    yield Row(f"a page of Discover from {many:,} offers, median", "ms", 1000 * pages[len(pages) // 2], goal=100.0)
    yield Row(f"like to a new ranking of the own Items beside {many:,} offers, slowest", "s", max(own), goal=1.0)
    yield Row("like to new scores of all offers, slowest", "s", max(offers))
    yield Row(f"{OF_EACH:,} offers taken away: changed to scored", "s", blocked)
    yield Row(f"studio process: memory for {many:,} offers", "MiB", memory - before)


def offer(profile: Profile, number: int) -> None:
    """Publish one peer's catalogue."""
    rng = np.random.default_rng(number)
    space = builtin_spaces().audio
    sounds = rng.standard_normal((OF_EACH, builtin_dimensions()[space]), np.float32)
    sounds /= np.linalg.norm(sounds, axis=1, keepdims=True)
    lengths, names = 60 + rng.gamma(4, 45, OF_EACH), rng.integers(0, 30**4, (OF_EACH, 3))
    publish(
        profile,
        f"peer {number}",
        [
            Offered(
                f"{word(one[0])} {word(one[1])}",
                {space: sounds[at]},
                artist=word(one[2] % 2000),
                album=word(one[1] % 5000),
                tags=(word(one[0] % 30),),
                duration=float(lengths[at]),
            )
            for at, one in enumerate(names.tolist())
        ],
    )


def word(number: int) -> str:
    """A word that can be said, one for each number."""
    said = ""
    while True:
        number, rest = divmod(number, 30)
        said += "bdfgklmnprstvz"[rest % 14] + "aeiou"[rest // 6]
        if not number:
            return said.capitalize()


def changed(talk: Conversation, expected: int) -> float:
    """Seconds until the studio has scored what offers.db holds now."""
    begun = time.perf_counter()
    talk.child.send(OffersChanged())
    while talk.wait(OfferScoresChanged).offers != expected:
        pass
    return time.perf_counter() - begun


def page(talk: Conversation, number: int) -> float:
    """Seconds to a page of sixty."""
    begun = time.perf_counter()
    talk.child.send(Discover(number))
    talk.wait(OfferPicks)
    return time.perf_counter() - begun


def one_like(talk: Conversation, feedback: Feedback, item: int) -> tuple[float, float]:
    """Seconds from committing a like to the new ranking of the own Items, and to that of the offers."""
    begun = time.perf_counter()
    feedback.like(item)  # type: ignore[arg-type]
    talk.child.send(FeedbackChanged())
    talk.wait(ScoresChanged)
    own = time.perf_counter() - begun
    talk.wait(OfferScoresChanged)
    return own, time.perf_counter() - begun


def forget(profile: Profile) -> None:
    """Take all peers out again: the profile is shared with other measurements."""
    for number in range(PEERS):
        withdraw(profile, f"peer {number}")
