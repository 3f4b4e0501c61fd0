"""Says in the window's language what the studio says in codes: why a Pick was picked.

Called by cards, lists, the account of a score and the queue; the sentences are those of `app.wording`.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.protocol import Reason
from app.wording import sentence


def reason_words(reason: Reason) -> str:
    """The sentence of a Reason, translated; "" for none."""
    return sentence(reason, translated)


def translated(text: str) -> str:
    """A text of `app.wording` in the window's language."""
    return QCoreApplication.translate("Wording", text)
