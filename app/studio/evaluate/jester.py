"""Jester5k, jokes rated from -10 to 10, as the R package recommenderlab distributes it. For research."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.errors import MediaError
from app.studio.evaluate import rdata
from app.studio.evaluate.building import RatingTable, Sample, audience, meanings, words
from models.evaluation.audience import Audience
from models.features import Basis, Block

LEAST = 60


def load_jester(path: Path, sample: Sample) -> Audience:
    """5,000 people, 100 jokes, 363,209 ratings; targets (rating + 10) / 20, so that +3 is a like.

    Features: what the jokes are about (latent semantic analysis of their texts) and their words. Raises MediaError
    where the file holds something else.
    """
    found = rdata.load(path)
    try:
        matrix = next(one.slot("data") for one in found.values() if "data" in one.attributes)
        people, items = (int(size) for size in matrix.slot("Dim").array())
        starts, who = matrix.slot("p").array(), matrix.slot("i").array().astype(np.int64)
        values = matrix.slot("x").array()
        texts = next(one.texts() for one in found.values() if isinstance(one.value, list) and len(one.value) == items)
    except (StopIteration, KeyError, TypeError, ValueError) as error:
        raise MediaError(
            "This is not Jester as recommenderlab has it", "RatingTable or texts are missing.", path
        ) from error
    if len(starts) != items + 1 or len(who) != len(values) or (len(who) and who.max() >= people):
        raise MediaError("The table of ratings does not fit together", "", path)
    rows = np.repeat(np.arange(items), np.diff(starts)).astype(np.int64)
    targets = np.clip((values + 10.0) / 20.0, 0.0, 1.0).astype(np.float32)
    every = np.ones(items, bool)
    blocks = [
        Block("meaning", meanings(texts, width=64, seed=sample.seed), every),
        Block("words", words(texts), every, 0.5),
    ]
    features = Basis.fit(blocks, seed=sample.seed).project(blocks)
    ratings = RatingTable(who, rows, targets, np.zeros(len(who)))
    return audience("jester-5k", features, ratings, sample, least=LEAST, scale=20.0, unit="points of 20")
