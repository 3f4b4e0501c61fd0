"""Seconds as words: positions on a clock, and how long something still takes."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication


def clock(seconds: float) -> str:
    """A position or length as m:ss, from an hour on as h:mm:ss; 0:00 for what is not a number."""
    whole = int(seconds) if 0 <= seconds < 360_000 else 0
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def about(seconds: float) -> str:
    """Roughly how long, in the largest unit that says it: "40 s", "12 min", "3 h 20 min", "6 days"."""
    translate = QCoreApplication.translate
    if seconds < 60:
        return translate("Times", "{n} s").format(n=max(round(seconds), 1))
    minutes = round(seconds / 60)
    if minutes < 60:
        return translate("Times", "{n} min").format(n=minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 10 and minutes:
        return translate("Times", "{h} h {m} min").format(h=hours, m=minutes)
    if hours < 48:
        return translate("Times", "{n} h").format(n=hours)
    return translate("Times", "{n} days").format(n=round(hours / 24))
