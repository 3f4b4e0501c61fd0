"""What learned encoders are and how they fare, in words of the window's language.

Used by the settings' page of encoders; pure but for the translator. The studio says names, numbers and codes; what it
says in English only (a reason nobody foresaw) is shown as it came.
"""

from __future__ import annotations

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from app.encoder_messages import EncoderState
from app.protocol import Failed, Trouble
from app.ui.network_words import amount, number

ROOM_BESIDE = 256 << 20
"""Bytes that must stay free beside an encoder; the shelf's reserve."""

ADDS = (
    QT_TRANSLATE_NOOP(
        "Encoders",
        "Knows what pictures, covers and videos show, and finds them by words. The best of the quick ones.",
    ),
    QT_TRANSLATE_NOOP("Encoders", "Knows what music and sounds are, and finds them by words."),
    QT_TRANSLATE_NOOP("Encoders", "As ViT-B-32-256, a third quicker and a little less exact."),
    QT_TRANSLATE_NOOP("Encoders", "As ViT-B-32-256, a third quicker, trained on other pictures."),
    QT_TRANSLATE_NOOP("Encoders", "Smaller to download and sees finer detail, at a quarter of the speed."),
)
"""What resources/weights.toml says each encoder adds."""


def adds_words(state: EncoderState) -> str:
    """What an encoder adds, in a sentence or two."""
    translate = QCoreApplication.translate
    if state.adds:
        return translate("Encoders", state.adds)
    if state.hears:
        return translate("Encoders", "Installed by hand: for sound and words.")
    return translate("Encoders", "Installed by hand: for pictures and words.")


def facts_words(state: EncoderState) -> str:
    """Size, licence, and what it is for: "605 MB · MIT licence · covers and films"."""
    translate = QCoreApplication.translate
    parts = []
    if state.installed and state.on_disk:
        parts.append(translate("Encoders", "{size} on the disk").format(size=amount(state.on_disk)))
    elif state.size:
        parts.append(translate("Encoders", "{size} to download").format(size=amount(state.size)))
    licence = state.licence
    parts.append(
        translate("Encoders", "licence {licence}").format(licence=licence)
        if licence
        else translate("Encoders", "licence not known: look before you use it")
    )
    parts.append(
        translate("Encoders", "for music, sounds and films' sound tracks")
        if state.hears
        else translate("Encoders", "for covers and films")
    )
    return " · ".join(parts)


def measured_words(state: EncoderState) -> str:
    """How quick it is here, on what, and what memory it takes; "" where that was not measured."""
    translate = QCoreApplication.translate
    if state.rate <= 0:
        return ""
    if state.hears:
        speed = translate("Encoders", "hears {rate} times as fast as it plays")
    else:
        speed = translate("Encoders", "sees {rate} pictures a second")
    rate = number(round(state.rate)) if state.rate >= 10 else f"{state.rate:.1f}"
    parts = [speed.format(rate=rate)]
    if state.device:
        parts.append(translate("Encoders", "on {device}").format(device=state.device))
    if state.memory_mib >= 1:
        memory = amount(round(state.memory_mib * 2**20))
        parts.append(translate("Encoders", "{size} of memory while it works").format(size=memory))
    return translate("Encoders", "Measured here: {measured}").format(measured=" · ".join(parts))


def encoded_words(state: EncoderState) -> str:
    """How much of the library it has encoded; "" where there is nothing to encode."""
    translate = QCoreApplication.translate
    if not state.used or not state.wanted:
        return ""
    if state.encoded >= state.wanted:
        words = (
            translate("Encoders", "Has heard all of your library ({wanted}).")
            if state.hears
            else translate("Encoders", "Has seen all of your library ({wanted}).")
        )
        return words.format(wanted=number(state.wanted))
    words = (
        translate("Encoders", "Has heard {encoded} of your library's {wanted}; goes on in the background.")
        if state.hears
        else translate("Encoders", "Has seen {encoded} of your library's {wanted}; goes on in the background.")
    )
    return words.format(encoded=number(state.encoded), wanted=number(state.wanted))


def untrained(state: EncoderState) -> bool:
    """It was tried, and words did not lie near what they describe."""
    return state.installed and not state.used and bool(state.asked)


def standing_words(state: EncoderState) -> str:
    """Whether it is here and used, in a sentence; what is wrong with it is `trouble_of`'s to say."""
    translate = QCoreApplication.translate
    if state.used:
        proof = (
            translate("Encoders", "it put {hits} of {asked} sounds to their own words")
            if state.hears
            else translate("Encoders", "it put {hits} of {asked} pictures to their own words")
        )
        sane = f" ({proof.format(hits=number(state.hits), asked=number(state.asked))})" if state.asked else ""
        return translate("Encoders", "In use. It behaves as trained{proof}.").format(proof=sane)
    if state.installed:
        return translate("Encoders", "Installed, but not used.")
    if state.arrived:
        return translate("Encoders", "{arrived} of {size} have arrived; “Go on” fetches the rest.").format(
            arrived=amount(state.arrived), size=amount(max(state.size, state.arrived))
        )
    return ""


def trouble_of(state: EncoderState) -> str:
    """What is wrong with what is there, and what to do; "" where nothing is."""
    translate = QCoreApplication.translate
    if state.used:
        return state.problem
    if untrained(state):
        return translate(
            "Encoders",
            "It does not behave as trained: {hits} of {asked} were put to their own words. Search by words would "
            "guess, so it is left out. Remove it, and get it again or from elsewhere.",
        ).format(hits=number(state.hits), asked=number(state.asked))
    if state.installed and state.said:
        return state.said
    if state.installed:
        return translate("Encoders", "It was not tried yet. “Check” tries it.")
    if state.problem:
        words = translate("Encoders", "What lies there is not whole. Remove it, then get it again.")
        return f"{words} ({state.problem})"
    return ""


def failure_words(failed: Failed, state: EncoderState | None = None) -> str:
    """A failed request as what happened and what to do."""
    translate = QCoreApplication.translate
    match failed.trouble:
        case Trouble.OFFLINE:
            return translate(
                "Encoders",
                "The place it comes from cannot be reached: is this computer online? What has arrived is kept. "
                "Without the internet, bring it as a folder and install it from there.",
            )
        case Trouble.REFUSED:
            return translate(
                "Encoders",
                "The place it comes from does not give it (any longer, or not to everybody). Try again another day, or "
                "install it from a folder.",
            )
        case Trouble.WRONG_FILE:
            words = translate(
                "Encoders",
                "A file is not the one it should be, so nothing of it was used. Try again; if it stays so, what is "
                "offered there is not what this program knows.",
            )
            return f"{words} ({failed.title})" if failed.title else words
        case Trouble.NO_ENCODER:
            words = translate(
                "Encoders",
                "This is not an encoder, or not all of one. “Details” names the files that belong into one folder.",
            )
            return f"{words} ({failed.title})" if failed.title else words
        case Trouble.DISK_FULL:
            if state is None or not state.size:
                return translate("Encoders", "There is not enough room on the disk. Make some, then try again.")
            need = max(state.size - state.arrived, 0) + ROOM_BESIDE
            words = translate(
                "Encoders",
                "There is not enough room on the disk: about {size} must be free. Make some, then try again.",
            )
            return words.format(size=amount(need))
        case Trouble.BUSY:
            return translate("Encoders", "Another encoder is just being installed. Try again when that is done.")
        case _:
            return ": ".join(part for part in (failed.title, failed.detail) if part)


def vouched_words(vouched: str) -> str:
    """Who says that the weights are the right ones; `vouched` is a value of `app.encoders.installed.Vouched`."""
    translate = QCoreApplication.translate
    return {
        "pinned": translate("Encoders", "this program: its digest (SHA-256) is the one published for this revision"),
        "hub": translate("Encoders", "the model hub's own record at the first download, kept since"),
        "hub-git": translate("Encoders", "the model hub's record (of git) at the first download, kept since"),
        "owner": translate("Encoders", "nobody but whoever gave the files"),
    }.get(vouched, translate("Encoders", "nobody"))
