"""The recommenders by name: what `bowerbird evaluate` puts side by side.

Personal methods learn from one person's labels alone; collaborative ones are trained on the population first and are
a reference for what other people's ratings would add, not rivals on one person's machine.
"""

from __future__ import annotations

from collections.abc import Sequence

from app.errors import SettingsError
from models.baselines.base import Recommender
from models.baselines.every import alone, among
from models.evaluation.audience import Audience

REFERENCE = "taste"
"""The method all others are compared with."""
CHANCE = "random"
"""Measured as a control by every protocol."""


def choose(
    names: Sequence[str], audience: Audience, *, seed: int = 0, without: Sequence[str] = ()
) -> list[Recommender]:
    """The methods asked for; where none is named all that the audience allows, but for those in `without`.

    Personal ones come first, the reference, always there, closing them. Raises SettingsError on a name that is none,
    or one that needs other people's ratings where there are none.
    """
    own = [method for method in alone(seed) if method.name != CHANCE]
    crowd = [] if audience.population is None else among(audience.population, seed)
    ready = own + crowd
    known = {method.name for method in ready}
    wrong = [name for name in names if name not in known and name != CHANCE]
    if wrong:
        more = "" if crowd else " (this data set has nobody else's ratings to learn from)"
        raise SettingsError(f"{wrong[0]} is no method here", f"Known are: {', '.join(sorted(known))}{more}")
    if names:
        return [method for method in ready if method.name in names or method.name == REFERENCE]
    return [method for method in ready if method.name not in without]


def personal(seed: int = 0) -> frozenset[str]:
    """Names of the methods that learn from one person's labels alone."""
    return frozenset(method.name for method in alone(seed)) - {CHANCE}
