"""Says in the window's language why a search found something. Pure.

The page of what was found, its line in the library and Discover's rows use it.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from app.search_messages import FoundBy, Hit
from app.ui.widgets.times import clock

MEANT = frozenset({FoundBy.SOUND, FoundBy.PICTURE, FoundBy.MOMENT})
"""What only a learned encoder can find."""


def found_words(hit: Hit, kind: str) -> str:
    """Why an Item of that kind was found: "moment at 1:23, its words"."""
    translate = QCoreApplication.translate
    said = {
        FoundBy.WORDS: translate("Found", "its words"),
        FoundBy.NEARLY: translate("Found", "similar words"),
        FoundBy.SOUND: translate("Found", "its sound"),
        FoundBy.PICTURE: translate("Found", "its picture") if kind == "video" else translate("Found", "its cover"),
        FoundBy.MOMENT: moment_words(hit.at),
    }
    # The time first: it is what must not be cut off where the column is narrow.
    return ", ".join(said[why] for why in sorted(hit.found_by, key=lambda why: why is not FoundBy.MOMENT))


def moment_words(at: float) -> str:
    """A moment of a film: "moment at 1:23"."""
    return QCoreApplication.translate("Found", "moment at {time}").format(time=clock(at))


def offer_found_words(found_by: Sequence[FoundBy]) -> str:
    """Why words found an Offer, where that is not plain to see: "Sounds like your words"; else ""."""
    translate = QCoreApplication.translate
    sounds, looks = FoundBy.SOUND in found_by, FoundBy.PICTURE in found_by or FoundBy.MOMENT in found_by
    if sounds and looks:
        return translate("Found", "Sounds and looks like your words")
    if sounds:
        return translate("Found", "Sounds like your words")
    if looks:
        return translate("Found", "Looks like your words")
    if FoundBy.NEARLY in found_by and FoundBy.WORDS not in found_by:
        return translate("Found", "Nearly your words")
    return ""
