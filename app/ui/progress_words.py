"""How far a long work is, in words: the same in the strip of progress, on the page of work and beside an encoder.

Most works count Items; getting an encoder counts bytes, and says them as such. Pure but for the translator.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.protocol import Job, JobEnded, Progress
from app.ui.network_words import amount, number
from app.ui.widgets.times import about

IN_BYTES = frozenset({Job.ENCODER})


def done_words(progress: Progress) -> str:
    """How far a work is: "412 of 1,300", or in bytes where it counts those: "212.0 MB of 605.2 MB"."""
    said = amount if progress.job in IN_BYTES else number
    if progress.total > 0:
        words = QCoreApplication.translate("Jobs", "{done} of {total}")
        return words.format(done=said(progress.done), total=said(progress.total))
    return said(progress.done) if progress.done else ""


def pace_words(progress: Progress) -> list[str]:
    """How fast it goes and how long still: ["31 a minute", "28 min left"], ["4.1 MB/s", "2 min left"]."""
    translate = QCoreApplication.translate
    words = []
    in_bytes = progress.job in IN_BYTES
    if in_bytes and progress.rate >= 60:
        words.append(translate("Jobs", "{amount}/s").format(amount=amount(round(progress.rate / 60))))
    elif not in_bytes and progress.rate >= 1:
        words.append(translate("Jobs", "{rate} a minute").format(rate=number(round(progress.rate))))
    if progress.seconds_left >= 0 and progress.total > 0:
        words.append(translate("Jobs", "{time} left").format(time=about(progress.seconds_left)))
    return words


def bar_range(progress: Progress) -> tuple[int, int]:
    """`done` and `total` small enough for a progress bar, which counts no further than 2^31."""
    unit = 1024 if progress.job in IN_BYTES else 1
    total = max(progress.total, 0)
    return min(progress.done, total) // unit, total // unit


def ended_words(ended: JobEnded) -> str:
    """How much a work that is over has done: Items or bytes."""
    return amount(ended.done) if ended.job in IN_BYTES else number(ended.done)
