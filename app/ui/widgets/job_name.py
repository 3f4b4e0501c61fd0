"""What the studio's works are called in the window: by the strip of progress and the page of work."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.protocol import Job


def job_name(job: Job) -> str:
    """What a work is called."""
    translate = QCoreApplication.translate
    return {
        Job.SCAN: translate("Jobs", "Looking through folders"),
        Job.INDEX: translate("Jobs", "Listening and looking"),
        Job.DEMO: translate("Jobs", "Making the demo library"),
        Job.DUPLICATES: translate("Jobs", "Finding duplicates"),
        Job.LEARNED: translate("Jobs", "Recognising what is in it"),
        Job.MAP: translate("Jobs", "Arranging the map"),
        Job.ENCODER: translate("Jobs", "Setting up an encoder"),
    }[job]
