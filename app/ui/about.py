"""What this program is: version, licence, and the versions of what it stands on."""

from __future__ import annotations

from importlib import metadata

import PySide6
from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.ui.theme import Space, TextSize, Theme


def version() -> str:
    """The installed version; "" where Bowerbird runs without having been installed."""
    try:
        return metadata.version("bowerbird")
    except metadata.PackageNotFoundError:
        return ""


class AboutDialog(QDialog):
    """A few lines and a button; not modal."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("About Bowerbird"))
        mark = QLabel()
        mark.setPixmap(theme.pixmap("bowerbird", 64, "accent", self.devicePixelRatioF()))
        mark.setAlignment(Qt.AlignmentFlag.AlignTop)
        name = QLabel("Bowerbird")
        name.setFont(theme.font(TextSize.HEADING, bold=True))
        what = QLabel(
            self.tr(
                "Plays your music and videos, learns what you like, and recommends from what is there. "
                "Everything stays on this machine."
            )
        )
        what.setWordWrap(True)
        shown = version()
        versions = QLabel(
            "\n".join(
                line
                for line in (
                    self.tr("Version {version}").format(version=shown) if shown else "",
                    f"Qt {qVersion()}, PySide {PySide6.__version__}",
                    self.tr("Free software under the GNU General Public License, version 3 or later"),
                )
                if line
            )
        )
        versions.setProperty("role", "muted")
        versions.setWordWrap(True)
        versions.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        close = QPushButton(self.tr("Close"))
        close.clicked.connect(self.close)
        words = QVBoxLayout()
        words.setSpacing(Space.S)
        for part in (name, what, versions):
            words.addWidget(part)
        words.addStretch(1)
        words.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.XL, Space.XL, Space.L, Space.L)
        row.setSpacing(Space.L)
        row.addWidget(mark)
        row.addLayout(words, 1)
        self.setMinimumWidth(440)
