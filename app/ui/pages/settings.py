"""Settings: the list of sections at the left, the chosen one at the right. The sections do the work."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.ui.about import version
from app.ui.pages.settings_encoders import EncodersSection
from app.ui.pages.settings_folders import FoldersSection
from app.ui.pages.settings_network import NetworkSection
from app.ui.pages.settings_rows import Section
from app.ui.pages.settings_taste import RecommendationsSection
from app.ui.pages.settings_window import AppearanceSection, PlaybackSection
from app.ui.theme import Space, Theme
from app.ui.widgets.page_parts import as_page, page_heading

NAMES_WIDTH = 164


class SettingsPage(QWidget):
    """The page asks the window by signals: folders, the care page, the lists of keys and the words about us."""

    add_folder_wanted = Signal()
    notice = Signal(str)
    care_wanted = Signal(str)
    shortcuts_wanted = Signal()
    about_wanted = Signal()

    def __init__(
        self,
        folders: FoldersSection,
        appearance: AppearanceSection,
        playback: PlaybackSection,
        recommendations: RecommendationsSection,
        encoders: EncodersSection,
        network: NetworkSection,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.title = self.tr("Settings")
        self.icon_name = "settings"
        self._playback = playback
        self.encoders, self.network = encoders, network
        care, shortcuts, about = CareSection(theme), ShortcutsSection(theme), AboutSection(theme)
        self._sections: Sequence[Section] = (
            folders,
            appearance,
            playback,
            recommendations,
            encoders,
            network,
            care,
            shortcuts,
            about,
        )
        self._build()
        folders.add_folder_wanted.connect(self.add_folder_wanted)
        folders.notice.connect(self.notice)
        recommendations.notice.connect(self.notice)
        network.notice.connect(self.notice)
        care.care_wanted.connect(self.care_wanted)
        shortcuts.shortcuts_wanted.connect(self.shortcuts_wanted)
        about.about_wanted.connect(self.about_wanted)

    def open_section(self, number: int) -> None:
        """Show one section, counted from 0."""
        self._names.setCurrentRow(number)

    def open_encoders(self) -> None:
        """Show which encoders there are, and how to get more."""
        self.open_section(self._sections.index(self.encoders))

    def open_network(self) -> None:
        """Show what the network is and how it is set."""
        self.open_section(self._sections.index(self.network))

    def focus_first(self) -> bool:
        """Put the keyboard on the names of the sections."""
        self._names.setFocus()
        return True

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._playback.refresh()

    def _build(self) -> None:
        as_page(self)
        heading = page_heading(self.title, self)
        heading.setContentsMargins(Space.L, Space.M, Space.L, Space.S)
        self._names = QListWidget(self)
        self._names.setAccessibleName(self.tr("Sections of the settings"))
        self._names.setFixedWidth(NAMES_WIDTH)
        self._names.setStyleSheet("QListWidget { padding: 0 4px 0 8px; } QListWidget::item { padding: 6px 8px; }")
        self._names.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._stack = QStackedWidget(self)
        for section in self._sections:
            self._names.addItem(section.title)
            scroll = QScrollArea(self)
            scroll.setWidget(section)
            scroll.setWidgetResizable(True)
            scroll.setFrameShape(QFrame.Shape.NoFrame)
            scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            scroll.viewport().setAutoFillBackground(False)
            section.setAutoFillBackground(False)
            self._stack.addWidget(scroll)
        self._names.currentRowChanged.connect(self._stack.setCurrentIndex)
        self._names.setCurrentRow(0)
        line = QFrame(self)
        line.setProperty("line", True)
        line.setFixedWidth(1)
        across = QHBoxLayout()
        across.setSpacing(0)
        across.addWidget(self._names)
        across.addWidget(line)
        across.addWidget(self._stack, 1)
        down = QVBoxLayout(self)
        down.setContentsMargins(0, 0, 0, 0)
        down.setSpacing(0)
        down.addWidget(heading)
        down.addLayout(across, 1)


class CareSection(Section):
    """Leads to the page of library care."""

    care_wanted = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.set_title(self.tr("Library care"))
        for name, words, note in (
            (
                "work",
                self.tr("Work in progress"),
                self.tr("What is being read and listened to, and how long still."),
            ),
            ("problems", self.tr("Unreadable files"), self.tr("Files that could not be read, and why.")),
            ("duplicates", self.tr("Duplicates"), self.tr("The same recording more than once.")),
        ):
            button = QPushButton(self.tr("Open"))
            button.setAccessibleName(self.tr("Open: {what}").format(what=words))
            button.clicked.connect(lambda _checked=False, name=name: self.care_wanted.emit(name))
            self.add_row(words, button, note)
        self.add_note(
            self.tr(
                "If something seems broken, close Bowerbird and run “bowerbird doctor” in a terminal: "
                "it checks the library and its vectors and mends them."
            )
        )


class ShortcutsSection(Section):
    """Leads to the list of keys, where they can be changed."""

    shortcuts_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.set_title(self.tr("Shortcuts"))
        button = QPushButton(self.tr("Show and change…"))
        button.setAccessibleName(self.tr("Show and change the keyboard shortcuts"))
        button.clicked.connect(self.shortcuts_wanted)
        self.add_row(self.tr("Keyboard shortcuts"), button, self.tr("Every command and its keys; also with F1."))
        self.add_heading(self.tr("In lists and on cards"))
        self.add_note(
            self.tr(
                "Return plays, Q adds to the queue, 0 to 5 give stars, Ctrl+L likes, Ctrl+D dislikes, N means not now, "
                "S finds more like it, W tells why. The Menu key opens the menu."
            )
        )


class AboutSection(Section):
    """Name, version, licence."""

    about_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.set_title(self.tr("About"))
        button = QPushButton(self.tr("More…"))
        button.setAccessibleName(self.tr("More about Bowerbird"))
        button.clicked.connect(self.about_wanted)
        shown = version()
        self.add_row(
            self.tr("Bowerbird {version}").format(version=shown) if shown else "Bowerbird",
            button,
            self.tr("Free software under the GNU General Public License, version 3 or later."),
        )
        self.add_note(
            self.tr(
                "It stands on Qt and PySide, PyTorch, LanceDB, SQLite, FFmpeg, mutagen and others; "
                "each has its own licence, which is installed beside it."
            )
        )
