"""The taste network behind the protocol of its rivals."""

from __future__ import annotations

from typing import Self

from models.baselines.base import Prediction
from models.taste import Labels, Taste, TasteSettings
from models.types import F32, I64


class TasteRecommender:
    """Ranks by the discovery head."""

    def __init__(self, settings: TasteSettings | None = None, *, name: str = "taste", seed: int = 0) -> None:
        self.settings = settings or TasteSettings()
        self.name = name
        self.seed = seed
        self._taste: Taste | None = None

    def fit(self, features: F32, labels: Labels) -> Self:
        self._taste = Taste.fit(features, labels, settings=self.settings, seed=self.seed)
        return self

    def predict(self, features: F32, rows: I64 | None = None) -> Prediction:  # noqa: ARG002
        if self._taste is None:
            raise ValueError("taste: not fitted")
        scores = self._taste.score(features)
        return Prediction(scores.discovery, scores.rating, scores.like)

    def get_params(self) -> dict[str, float]:
        return {"seed": self.seed}
