"""The sentences for what the studio says in codes: why a Pick was picked. Pure, without Qt.

The command line says them in English; the window hands in its translator (`app/ui/reasons.py`). The templates are
marked so that `packaging/translations.py` finds them, in the context "Wording".
"""

from __future__ import annotations

from collections.abc import Callable

from app.protocol import Reason, ReasonKind, Trait

Translate = Callable[[str], str]


def QT_TRANSLATE_NOOP(_context: str, text: str) -> str:
    """Mark `text` as one to translate where it is shown."""
    return text


SENTENCES = {
    ReasonKind.NONE: "",
    ReasonKind.BEGINNING: QT_TRANSLATE_NOOP("Wording", "To begin with: a spread over your library"),
    ReasonKind.BECAUSE: QT_TRANSLATE_NOOP("Wording", "Because you liked {names}"),
    ReasonKind.ABSENT: QT_TRANSLATE_NOOP("Wording", "Because of things you liked that are not here now"),
    ReasonKind.UNLIKE: QT_TRANSLATE_NOOP("Wording", "It stands out from what you turned down"),
    ReasonKind.UNKNOWN: QT_TRANSLATE_NOOP("Wording", "Worth a try: little is known about this yet"),
    ReasonKind.LIKED: QT_TRANSLATE_NOOP("Wording", "You like this"),
    ReasonKind.DISLIKED: QT_TRANSLATE_NOOP("Wording", "You do not like this"),
    ReasonKind.FORGOTTEN_LIKE: QT_TRANSLATE_NOOP("Wording", "You liked it; not played for {days} days"),
    ReasonKind.FORGOTTEN_PLAY: QT_TRANSLATE_NOOP("Wording", "You played it, but not for {days} days"),
    ReasonKind.UNPLAYED_LIKE: QT_TRANSLATE_NOOP("Wording", "You liked it, but never played it"),
    ReasonKind.FOLLOWED: QT_TRANSLATE_NOOP("Wording", "{names} may like it, whom you follow"),
    ReasonKind.NEAR: QT_TRANSLATE_NOOP("Wording", "Close to {names}"),
    ReasonKind.FURTHER: QT_TRANSLATE_NOOP("Wording", "Further from home; of your likes it is nearest to {names}"),
    ReasonKind.SOUNDS: QT_TRANSLATE_NOOP("Wording", "Sounds alike"),
    ReasonKind.LOOKS: QT_TRANSLATE_NOOP("Wording", "Looks alike"),
    ReasonKind.READS: QT_TRANSLATE_NOOP("Wording", "Reads alike"),
}
TRAITS = {
    Trait.ARTIST: QT_TRANSLATE_NOOP("Wording", "{sentence}; also by {shared}"),
    Trait.GENRE: QT_TRANSLATE_NOOP("Wording", "{sentence}; also {shared}"),
}
PAIR = QT_TRANSLATE_NOOP("Wording", "{first} and {second}")
GONE = QT_TRANSLATE_NOOP("Wording", "an item that is no longer there")


def sentence(reason: Reason, translate: Translate = str) -> str:
    """Say a Reason: "Because you liked A and B; also by C"; "" for none. At most two names are said."""
    names = [name or translate(GONE) for name in reason.names[:2]]
    named = translate(PAIR).format(first=names[0], second=names[1]) if len(names) == 2 else "".join(names)
    template = SENTENCES[reason.kind]
    said = translate(template).format(names=named, days=reason.days) if template else ""
    if reason.trait is Trait.NONE:
        return said
    return translate(TRAITS[reason.trait]).format(sentence=said, shared=reason.shared)
