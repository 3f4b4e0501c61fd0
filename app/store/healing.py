"""Marks in SQLite and vectors in LanceDB held against each other: which Items say they are encoded, and which are.

Called by the studio when it starts and by `bowerbird doctor`; quick, and without any encoder.
"""

from __future__ import annotations

from app.store.items import Items
from app.store.moment_vectors import MomentVectors, mark_of
from app.store.vectors import MOMENTS, Healed, Vectors


def heal(items: Items, vectors: Vectors) -> Healed:
    """Make marks and vectors agree, those of moments too: what has a mark only is encoded again, what has none goes."""
    moments = MomentVectors(vectors)
    marks = items.spaces()
    spaces = {*vectors.spaces(), *(space for space in marks if not space.startswith(MOMENTS))}
    films = {*moments.spaces(), *(space.removeprefix(MOMENTS) for space in marks if space.startswith(MOMENTS))}
    first = vectors.heal({space: items.marked(space) for space in sorted(spaces)})
    second = moments.heal({space: items.marked(mark_of(space)) for space in sorted(films)})
    items.unmark((*first.missing_vectors, *second.missing_vectors))
    return Healed(
        (*first.missing_vectors, *second.missing_vectors),
        (*first.orphan_vectors, *second.orphan_vectors),
        (*first.set_aside, *second.set_aside),
    )


def disagreements(items: Items, vectors: Vectors) -> list[str]:
    """What `heal` would mend, in words; changes nothing. Raises Corrupt where a table cannot be read."""
    moments = MomentVectors(vectors)
    said = []
    for space in items.spaces():
        film = space.startswith(MOMENTS)
        present = moments.items(space.removeprefix(MOMENTS)) if film else vectors.ids(space)
        if apart := set(present.tolist()) ^ set(items.marked(space)):
            said.append(f"{space}: {len(apart)} vectors and marks disagree")
    return said
