"""What is said of an Offer in words: its format, its licence, who has it, from whom it comes. Pure.

Rows of Discover and of Downloads use it. Everything an offer says of itself is text from outside.
"""

from __future__ import annotations

import re
import time

from PySide6.QtCore import QCoreApplication

from app.network_messages import DownloadState
from app.trust import Rank, Standing
from app.ui.fetching import Fetched
from app.ui.network_words import ago, amount, number
from app.ui.widgets.times import about

_FORMATS = {
    "mpeg": "MP3",
    "mp3": "MP3",
    "x-flac": "FLAC",
    "x-wav": "WAV",
    "vnd.wave": "WAV",
    "mp4": "MP4",
    "x-m4a": "M4A",
    "aac": "AAC",
    "x-matroska": "Matroska",
    "quicktime": "QuickTime",
    "x-msvideo": "AVI",
    "x-aiff": "AIFF",
    "x-ms-wma": "WMA",
    "x-ms-wmv": "WMV",
    "x-ape": "Monkey’s Audio",
    "x-wavpack": "WavPack",
}
_CREATIVE_COMMONS = re.compile(r"creativecommons\.org/(licenses|publicdomain)/([a-z-]+)(?:/(\d\.\d))?", re.IGNORECASE)
_SHORT = re.compile(r"CC[ -]?(BY(?:[ -](?:NC|ND|SA))*|0)(?:[ -]?(\d\.\d))?", re.IGNORECASE)
_LONGEST = 40


def format_words(mime: str) -> str:
    """The format in the word people use: "FLAC" for audio/flac."""
    kind = mime.partition("/")[2].partition(";")[0].strip().lower()
    return _FORMATS.get(kind, kind.removeprefix("x-").upper())


def licence_words(licence: str) -> str:
    """A licence, short: "CC BY 4.0" for its address; "" where none is named."""
    found = _CREATIVE_COMMONS.search(licence)
    if found is not None:
        kind, version = found[2].lower(), found[3] or ""
        if kind == "zero":
            return f"CC0 {version}".strip()
        if found[1].lower() == "publicdomain":
            return QCoreApplication.translate("Offers", "public domain")
        return f"CC {kind.upper()} {version}".strip()
    short = _SHORT.fullmatch(licence.strip())
    if short is not None:
        parts = short[1].upper().replace(" ", "-")
        return f"CC{'' if parts == '0' else ' '}{parts} {short[2] or ''}".strip()
    words = " ".join(licence.split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"


def have_words(seeds: int, others: int, checked_at: float, now: float | None = None) -> str:
    """How many have the file, and when that was counted. `seeds` -1: it never was. Unix seconds."""
    translate = QCoreApplication.translate
    if seeds < 0 or checked_at <= 0:
        return translate("Offers", "not counted yet who has it")
    now = time.time() if now is None else now
    when = ago(checked_at, now)
    counted = (
        translate("Offers", "counted just now")
        if now - checked_at < 60
        else translate("Offers", "counted {when}").format(when=when)
    )
    if seeds == 0 and others <= 0:
        who = translate("Offers", "nobody there has it")
    elif seeds == 0:
        who = translate("Offers", "nobody has all of it, {others} have parts").format(others=number(others))
    elif seeds == 1:
        who = translate("Offers", "1 has it")
    else:
        who = translate("Offers", "{seeds} have it").format(seeds=number(seeds))
    return translate("Offers", "{who}, {counted}").format(who=who, counted=counted)


def publisher_words(name: str, rank: Rank, standing: Standing) -> str:
    """From whom an offer is, and what their word is worth: "from quiet heron, whom you follow"."""
    translate = QCoreApplication.translate
    template = {
        Rank.FOLLOWED: translate("Offers", "from {name}, whom you follow"),
        Rank.FRIEND_OF_FRIEND: translate("Offers", "from {name}, known to those you follow"),
        Rank.STRANGER: translate("Offers", "from {name}, a stranger"),
    }[rank]
    words = template.format(name=name or translate("Offers", "somebody without a name"))
    doubt = standing_words(standing)
    return f"{words} ({doubt})" if doubt else words


def standing_words(standing: Standing) -> str:
    """What became of earlier downloads from a peer; "" where there were none."""
    translate = QCoreApplication.translate
    return {
        Standing.UNKNOWN: "",
        Standing.GOOD: translate("Offers", "kept its word so far"),
        Standing.DOUBTFUL: translate("Offers", "once sent something else"),
        Standing.BAD: translate("Offers", "has broken its word"),
    }[standing]


def fetch_words(fetched: Fetched) -> str:
    """How a download is, short: "45 % · 2 min left"."""
    translate = QCoreApplication.translate
    percent = translate("Offers", "{share} %").format(share=int(fetched.share * 100))
    match fetched.state:
        case DownloadState.WAITING:
            return translate("Offers", "waiting for somebody who has it")
        case DownloadState.RUNNING if fetched.seconds_left >= 0:
            left = translate("Offers", "{time} left").format(time=about(fetched.seconds_left))
            return f"{percent} · {left}"
        case DownloadState.RUNNING:
            return percent
        case DownloadState.PAUSED:
            return translate("Offers", "{share}, paused").format(share=percent)
        case DownloadState.CHECKING:
            return translate("Offers", "being checked")
        case DownloadState.DONE:
            return translate("Offers", "in your library") if fetched.item else translate("Offers", "here")
        case DownloadState.REFUSED:
            return translate("Offers", "refused")
        case DownloadState.CANCELLED:
            return translate("Offers", "cancelled")
        case DownloadState.FAILED:
            return translate("Offers", "did not work")


def rate_words(rate: float) -> str:
    """Bytes a second: "1.2 MB/s"; "" for none."""
    if rate < 1:
        return ""
    return QCoreApplication.translate("Offers", "{amount}/s").format(amount=amount(round(rate)))
