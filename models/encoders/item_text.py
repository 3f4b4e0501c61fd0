"""Composes the text that stands for an Item when it is encoded.

Called by the importer for our Items and by search for offers; pure strings.
"""

from __future__ import annotations

from collections.abc import Sequence


def item_text(title: str, artist: str, album: str, genres: Sequence[str], year: int | None) -> str:
    """One line of text for an Item from its tags; "" where it has none.

    Artist and genres stand twice. Hashed n-grams weigh a field by its length, and titles and albums are the
    longest fields yet say least about likeness, while a shared name (artist, director) or genre says most:
    names in the text are what makes items of one maker neighbours. The year is given as its decade ("1990s")
    because the n-grams of "1989" and "1990" share nothing.
    """
    makers = [artist, artist]
    kinds = [genre for genre in genres for _ in range(2)]
    decade = [f"{year // 10 * 10}s"] if year is not None and 1000 <= year <= 2999 else []
    parts = [title, *makers, album, *kinds, *decade]
    return " ".join(" ".join(part.split()) for part in parts if part and part.strip())
