"""A search by words over 100,000 Items from the question to the hits: tags, letters, and both learned encoders.

The encoders are networks of the defaults' architectures that were never trained: how long a query takes does not
depend on what the numbers are. Vectors are drawn at random, 100,000 of sound, of pictures and of 32 moments of each
film; the tags are those of the made-up library. Everything else is the studio's own search thread.
"""

from __future__ import annotations

import contextlib
import json
import queue
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from table import Row
from tokenizers import ByteLevelBPETokenizer

from app.paths import RESOURCES, Profile
from app.protocol import Event
from app.search_messages import Hits, MoreLike, Search
from app.store.database import Database
from app.store.moment_vectors import MomentRows, MomentVectors
from app.store.vectors import Vectors
from app.studio.meaning import WordVectors
from app.studio.searching import Searching
from app.studio.spaces import LearnedSpace, SpacesInUse, builtin_spaces
from models.encoders.builtin_text import BuiltinTextEncoder
from models.encoders.clap import ClapEncoder
from models.encoders.clip import ClipEncoder
from models.encoders.device import processor
from models.encoders.item_text import item_text
from models.types import F32, ItemId
from tests.factories import make_library
from tests.untrained import digests_of, untrained_clap, untrained_clip

ITEMS = 100_000
MOMENTS = 32
GOAL = 100.0
QUERIES = (
    "rainy night piano", "people dancing on a beach", "a slow song with a cello", "a dog running in the snow",
    "loud drums and a choir", "blue sky over a city", "quiet music for reading", "children at a birthday party",
)  # fmt: skip


class _Encoders:
    """Encoders that are ready."""

    def __init__(self, *encoders: Any) -> None:
        self._held = {str(one.id): one for one in encoders}

    def ready(self, space: str) -> Any:
        return self._held.get(space)

    def problem(self, _space: str) -> str:
        return ""

    def warm(self) -> None:
        """They are."""


def rows() -> Iterator[Row]:
    """Yield the time of a query, of its parts, and what the search holds in memory."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        profile = Profile.at(Path(folder) / "profile")
        profile.make()
        clip, clap = _made(Path(folder))
        learned = tuple(LearnedSpace(str(one.id), one.modality, one.dimension, one.id.name) for one in (clip, clap))
        spaces = replace(builtin_spaces(), learned=learned)
        vectors = Vectors(profile.vectors)
        with Database.open(profile.library, RESOURCES / "migrations") as database:
            _fill(database, vectors, [one.name for one in learned], spaces.text, learned[0].name)
        with contextlib.closing(vectors):
            yield from _measured(profile, vectors, SpacesInUse(spaces), clip, clap)


def _measured(profile: Profile, vectors: Vectors, spaces: SpacesInUse, clip: Any, clap: Any) -> Iterator[Row]:
    said: queue.SimpleQueue[Event] = queue.SimpleQueue()
    words = WordVectors(_Encoders(clip, clap))
    searching = Searching(
        lambda: Database.open(profile.library, RESOURCES / "migrations"),
        vectors,
        MomentVectors(vectors),
        spaces,
        words,
        said.put,
    )
    searching.start()

    def asked(question: Search | MoreLike) -> float:
        begun = time.perf_counter()
        searching.put(question)
        answer = said.get(timeout=120)
        taken = time.perf_counter() - begun
        if not isinstance(answer, Hits):
            raise RuntimeError(f"no answer: {answer}")
        return 1000 * taken

    cold = asked(Search(0, "warm"))
    fresh, busy, again, typed, like = [], [], [], [], []
    for number, query in enumerate(QUERIES):
        begun = time.process_time()
        fresh.append(asked(Search(number, query)))
        busy.append(1000 * (time.process_time() - begun))
        again.append(asked(Search(number, query)))
        typed.append(asked(Search(number, query[:2])))
        like.append(asked(MoreLike(number, (number + 1, number + 50), query)))
    of_clip, of_clap = (
        [_ms(lambda: one.encode_words([query + " now"])) for query in QUERIES]  # noqa: B023 - called at once
        for one in (clip, clap)
    )
    searching.close()
    words.close()
    yield Row(f"search by words, {ITEMS:,} Items: new words, slowest of {len(QUERIES)}", "ms", max(fresh), goal=GOAL)
    yield Row(f"search by words, {ITEMS:,} Items: new words, median", "ms", float(np.median(fresh)), goal=GOAL)
    yield Row("  its processor time, of all threads, median", "ms", float(np.median(busy)))
    yield Row("  of which the words for pictures (open_clip), median", "ms", float(np.median(of_clip)))
    yield Row("  of which the words for sound (CLAP), median", "ms", float(np.median(of_clap)))
    yield Row("  the same words again, median", "ms", float(np.median(again)))
    yield Row("  two letters, which are in most tags, median", "ms", float(np.median(typed)))
    yield Row("more like two Items and words, median", "ms", float(np.median(like)), goal=GOAL)
    yield Row("the first search, which reads the vectors", "ms", cold)


def _made(folder: Path) -> tuple[ClipEncoder, ClapEncoder]:
    clip, clap = untrained_clip(folder / "clip", "ViT-B-32-256", 0), untrained_clap(folder / "clap", small=False)
    half = processor().half
    _reading(clap)
    made = ClipEncoder(clip, digests_of(clip), "untrained-clip", half=half, accept_untrained=True)
    heard = ClapEncoder(clap, digests_of(clap), "untrained-clap", half=half, accept_untrained=True)
    made.encode_words(["warm"])
    heard.encode_words(["warm"])
    return made, heard


def _reading(clap: Path) -> None:
    """Give the stand-in a tokenizer that makes one token of each word asked for, as a real one does of common words:
    how long a query takes depends on how many there are."""
    from transformers import RobertaTokenizerFast  # after torchvision could be imported, with the encoders

    made = ByteLevelBPETokenizer()
    made.train_from_iterator(
        [f" {word}" for query in (*QUERIES, "now") for word in query.split()] * 9,
        vocab_size=1_000,
        min_frequency=1,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        show_progress=False,
    )
    parts = json.loads(made.to_str())["model"]
    merges = [tuple(pair) for pair in parts["merges"]]
    RobertaTokenizerFast(vocab=parts["vocab"], merges=merges, add_prefix_space=True).save_pretrained(clap)


def _fill(database: Database, vectors: Vectors, learned: list[str], text: str, pictures: str) -> None:
    items = make_library(database, ITEMS)
    ids = np.array(items.present_ids(), np.int64)
    encoder = BuiltinTextEncoder()
    rng = np.random.default_rng(0)
    moments = MomentVectors(vectors)
    for start in range(0, ITEMS, 10_000):
        part = ids[start : start + 10_000]
        told = items.texts([ItemId(item) for item in part.tolist()])
        texts = [item_text(one.title, one.artist, one.album, one.genre.split("; "), one.year) for one in told]
        vectors.add(text, np.array([one.id for one in told], np.int64), encoder.encode(texts))
        for space in learned:
            vectors.add(space, part, _drawn(rng, len(part)))
    films = [row[0] for row in database.all("SELECT id FROM items WHERE kind = 'video'")]
    ats = np.arange(MOMENTS) * 5.0
    moments.add_many(pictures, [MomentRows(ItemId(item), ats, _drawn(rng, MOMENTS)) for item in films])
    vectors.optimize()


def _drawn(rng: np.random.Generator, count: int) -> F32:
    """Unit vectors that lie in a cone, as those of trained encoders do."""
    rows_ = rng.standard_normal((count, 512), dtype=np.float32)
    rows_[:, 0] += 12.0
    return np.asarray(rows_ / np.linalg.norm(rows_, axis=1, keepdims=True), np.float32)


def _ms(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - begun)
