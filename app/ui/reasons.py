"""Says in the window's language what the studio says in codes: why a Pick was picked, what a summand stands for.

Called by cards, lists, the account of a score and the queue; the sentences are those of `app.wording`.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.protocol import Part, PartKind, Reason
from app.wording import GONE, sentence


def reason_words(reason: Reason) -> str:
    """The sentence of a Reason, translated; "" for none."""
    return sentence(reason, _translated)


def part_words(part: Part) -> str:
    """What one summand of a score is called, translated."""
    match part.kind:
        case PartKind.ITEM:
            return part.label or _translated(GONE)
        case PartKind.MORE:
            return QCoreApplication.translate("Wording", "%n smaller parts", "", part.count)
        case PartKind.SPACE:
            return _space_words(part.label)
        case PartKind.TYPICAL:
            return QCoreApplication.translate("Wording", "what any item gets")
        case PartKind.REMAINDER:
            return QCoreApplication.translate("Wording", "not attributed to anything")


def _space_words(space: str) -> str:
    words = {
        "audio": QCoreApplication.translate("Wording", "Sound"),
        "image": QCoreApplication.translate("Wording", "Picture"),
        "text": QCoreApplication.translate("Wording", "Title, artist, genre"),
    }
    return next((known for key, known in words.items() if key in space), space)


def _translated(text: str) -> str:
    return QCoreApplication.translate("Wording", text)
