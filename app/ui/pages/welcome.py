"""The first page of a new library: take a folder, or the demo; what will happen, in three lines."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.protocol import Event, Failed, MakeDemo
from app.ui.bridge import StudioBridge
from app.ui.theme import RADIUS, Space, TextSize, Theme
from app.ui.widgets.page_parts import as_page

WIDEST = 560


class DropPlace(QFrame):
    """Where folders can be dropped."""

    dropped = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._over = False
        self.setAcceptDrops(True)
        theme.changed.connect(self.update)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self._set_over(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._set_over(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self._set_over(False)
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.dropped.emit(paths)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self._theme.color("accent" if self._over else "faint"), 1.5)
        pen.setStyle(Qt.PenStyle.SolidLine if self._over else Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), RADIUS * 2, RADIUS * 2)

    def _set_over(self, over: bool) -> None:
        self._over = over
        self.update()


class WelcomePage(QWidget):
    """`folders_dropped(paths)` and `add_folder_wanted` are the window's to fulfil; the demo is asked for here."""

    add_folder_wanted = Signal()
    folders_dropped = Signal(object)
    demo_started = Signal()
    notice = Signal(str)

    def __init__(self, studio: StudioBridge, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Welcome")
        self.icon_name = "bowerbird"
        self._studio, self._theme = studio, theme
        as_page(self)
        inside = QWidget(self)
        inside.setMaximumWidth(WIDEST)
        column = QVBoxLayout(inside)
        column.setSpacing(Space.L)
        column.addLayout(self._head())
        column.addWidget(self._drop_place())
        column.addLayout(self._steps())
        column.addWidget(self._encoders())
        across = QHBoxLayout()
        across.addStretch(1)
        across.addWidget(inside, 20)
        across.addStretch(1)
        down = QVBoxLayout(self)
        down.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        down.addStretch(1)
        down.addLayout(across)
        down.addStretch(2)

    def focus_first(self) -> bool:
        """Give the focus to the primary action."""
        self._choose.setFocus()
        return True

    def _head(self) -> QHBoxLayout:
        self._mark = QLabel(self)
        self._theme.changed.connect(self._draw_mark)
        self._draw_mark()
        name = QLabel(self.tr("Welcome to Bowerbird"), self)
        name.setFont(self._theme.font(TextSize.HEADING, bold=True))
        what = QLabel(self.tr("A player that learns what you like, from your own files, on your own machine."), self)
        what.setProperty("role", "muted")
        what.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(Space.XS)
        words.addWidget(name)
        words.addWidget(what)
        head = QHBoxLayout()
        head.setSpacing(Space.L)
        head.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        head.addLayout(words, 1)
        return head

    def _drop_place(self) -> DropPlace:
        place = DropPlace(self._theme, self)
        place.setAccessibleName(self.tr("Drop folders here"))
        place.dropped.connect(self.folders_dropped)
        words = QLabel(self.tr("Drop a folder of music or videos here"), place)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setFont(self._theme.font(TextSize.TITLE))
        words.setWordWrap(True)
        self._choose = QPushButton(self.tr("Choose a folder…"), place)
        self._choose.setProperty("primary", True)
        self._choose.clicked.connect(self.add_folder_wanted)
        self._demo = QPushButton(self.tr("Try the demo"), place)
        self._demo.setToolTip(self.tr("64 short pieces and 6 videos, made on this machine"))
        self._demo.clicked.connect(self._start_demo)
        buttons = QHBoxLayout()
        buttons.setSpacing(Space.S)
        buttons.addStretch(1)
        buttons.addWidget(self._choose)
        buttons.addWidget(self._demo)
        buttons.addStretch(1)
        column = QVBoxLayout(place)
        column.setContentsMargins(Space.XL, Space.XL, Space.XL, Space.XL)
        column.setSpacing(Space.L)
        column.addWidget(words)
        column.addLayout(buttons)
        return place

    def _steps(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.M)
        grid.setVerticalSpacing(Space.S)
        grid.setColumnStretch(1, 1)
        for number, (icon, words) in enumerate(
            (
                (
                    "folder",
                    self.tr("Your files are read where they lie; never changed, moved or sent anywhere."),
                ),
                ("music", self.tr("Bowerbird listens to them in the background; you can play them meanwhile.")),
                ("heart", self.tr("Like or dislike a few, and it finds more of what you like, and says why.")),
            )
        ):
            picture = QLabel(self)
            picture.setPixmap(self._theme.pixmap(icon, 20, "muted", self.devicePixelRatioF()))
            label = QLabel(words, self)
            label.setWordWrap(True)
            grid.addWidget(picture, number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label, number, 1)
        return grid

    def _encoders(self) -> QLabel:
        label = QLabel(
            self.tr(
                "What is built in for sound, pictures and words is enough to begin. To search by words like “rainy "
                "night piano”, OpenCLIP ViT-B-32-256 (605 MB) and LAION CLAP (776 MB) can be added at any time: "
                "Settings, Encoders."
            ),
            self,
        )
        label.setProperty("role", "small")
        label.setWordWrap(True)
        return label

    def _draw_mark(self) -> None:
        self._mark.setPixmap(self._theme.pixmap("bowerbird", 48, "accent", self.devicePixelRatioF()))

    def _start_demo(self) -> None:
        self._demo.setEnabled(False)
        self._demo.setText(self.tr("Making the demo…"))
        self._studio.ask(MakeDemo, self._demo_answered)
        self.demo_started.emit()

    def _demo_answered(self, event: Event) -> None:
        self._demo.setEnabled(True)
        self._demo.setText(self.tr("Try the demo"))
        if isinstance(event, Failed):
            self.notice.emit(": ".join(part for part in (event.title, event.detail) if part))
