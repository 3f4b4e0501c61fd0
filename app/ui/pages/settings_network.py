"""Settings: the network. What becomes visible to whom, being found, the way out, limits, downloads, strangers.

Every change is kept at once and told to the network process. Nothing here opens a connection itself.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.config import (
    BLOCKED_WORDS,
    BOOTSTRAP,
    DISCOVERABLE,
    DISK_RESERVE,
    DOWNLOAD_LIMIT,
    DOWNLOADS_FOLDER,
    LAN,
    LISTEN_PORT,
    NETWORK,
    OVERLAY_PORT,
    PEER_NAME,
    PROXY,
    PUBLISH,
    SEED_DOWNLOADS,
    SEED_RATIO,
    SHOW_FOLLOWS,
    STRANGER_MIB,
    STRANGERS,
    TELL,
    UPLOAD_LIMIT,
    Option,
    Settings,
)
from app.errors import BowerbirdError
from app.ui.network import NetworkBridge
from app.ui.network_words import health
from app.ui.pages.settings_rows import Section, TextField, check_box, choice, decimal_box, number_box
from app.ui.theme import Space, TextSize, Theme
from app.ui.widgets.elided_label import ElidedLabel
from app.ui.widgets.point import Point

FIELD_WIDTH = 200
_ROUTER = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):(\d{1,5})")


class NetworkSection(Section):
    """`publishing_wanted`, `peers_wanted` and `card_wanted` ask the window for what is not here."""

    notice = Signal(str)
    publishing_wanted = Signal()
    peers_wanted = Signal()
    card_wanted = Signal()

    def __init__(
        self,
        settings: Settings,
        network: NetworkBridge,
        downloads: Path,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        """`downloads` is where downloads go while no other folder is chosen."""
        super().__init__(theme, parent)
        self._settings, self._network, self._downloads = settings, network, downloads
        self.set_title(self.tr("Network"))
        self._switch_rows()
        self._found_rows()
        self._taste_rows()
        self._download_rows()
        self._stranger_rows()
        self._way_rows()
        for signal in (network.switched, network.state_changed, network.lost):
            signal.connect(self._show_health)
        self._show_health()

    @property
    def health_words(self) -> str:
        """What stands below the switch."""
        return self._health.text()

    # The parts

    def _switch_rows(self) -> None:
        words = self.tr("Find others and what they publish")
        self.switch = QCheckBox()
        self.switch.setAccessibleName(words)
        self.switch.setChecked(self._settings.get(NETWORK))
        self.switch.toggled.connect(self._set_on)
        self.add_row(words, self.switch, self.tr("Off, Bowerbird opens no connection at all."))
        self._health = self.add_note("")
        self._health.setAccessibleName(self.tr("How the network is"))
        self.add(self._visible_box())

    def _visible_box(self) -> QWidget:
        """What becomes visible to whom, in plain words, before anything is switched on."""
        box = QWidget(self)
        box.setObjectName("visible")
        box.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        box.setProperty("surface", "frame")
        column = QVBoxLayout(box)
        column.setContentsMargins(Space.M, Space.M, Space.M, Space.M)
        column.setSpacing(Space.S)
        title = QLabel(self.tr("What others can see while it is on"), box)
        title.setFont(self._theme.font(TextSize.BODY, bold=True))
        column.addWidget(title)
        for icon, said, why in (
            (
                "map",
                self.tr("Your internet address"),
                self.tr(
                    "The peers you meet and the public directory (the BitTorrent DHT) see it, as with every BitTorrent "
                    "program."
                ),
            ),
            (
                "upload",
                self.tr("What you publish, and only that"),
                self.tr(
                    "Titles, artists, tags, sizes and vectors of the folders and playlists you choose, under your name "
                    "and key, for everybody. Nothing is published until you choose it."
                ),
            ),
            (
                "download",
                self.tr("What you fetch"),
                self.tr("The peers from whom a file comes, and others who have it, see that you fetch it."),
            ),
        ):
            column.addWidget(Point(self._theme, icon, said, why, box, quiet=True))
        # Its words follow what is told of the taste.
        self._likes = Point(self._theme, "lock", "", "", box, quiet=True)
        column.addWidget(self._likes)
        return box

    def _found_rows(self) -> None:
        self.add_heading(self.tr("You, to others"))
        name = self.tr("Your name")
        self.name = self._field(PEER_NAME, name, hint=self.tr("none"), check=self._check_name)
        self.name.setFixedWidth(FIELD_WIDTH)
        self.add_row(name, self.name, self.tr("Stands on your card beside your key. May be left empty."))
        card = QPushButton(self.tr("Show…"))
        card.setAccessibleName(self.tr("Show my card"))
        card.clicked.connect(self.card_wanted)
        self.add_row(self.tr("My card"), card, self.tr("A text, a file or a QR code with which a friend finds you."))
        self._box(
            PUBLISH,
            self.tr("Publish what I have chosen"),
            self.tr("Off, nothing of yours is given to others, though your choice is kept."),
        )
        choose = QPushButton(self.tr("Choose…"))
        choose.setAccessibleName(self.tr("Choose what is published"))
        choose.clicked.connect(self.publishing_wanted)
        self.add_row(
            self.tr("What is published"),
            choose,
            self.tr("Folders and playlists, with a preview of exactly what leaves."),
        )
        self._box(
            DISCOVERABLE,
            self.tr("Let strangers find this machine"),
            self.tr("Off, you still find others, but the public meeting place does not learn of you."),
        )
        self._box(
            SHOW_FOLLOWS,
            self.tr("Say whom I follow"),
            self.tr("In what you publish. Whoever follows you then meets those peers before strangers."),
        )
        self._box(
            LAN,
            self.tr("Find others in the local network"),
            self.tr("Tells every machine of your own network that Bowerbird runs here."),
        )

    def _taste_rows(self) -> None:
        self.add_heading(self.tr("Your taste, to those who follow you"))
        words = self.tr("Tell of it")
        values = (
            ("nothing", self.tr("nothing")),
            ("taste", self.tr("its direction, blurred")),
            ("votes", self.tr("single votes, some turned around")),
        )
        self.tell = choice(self._settings, TELL, values, self._take_tell)
        self.add_row(
            words,
            self.tell,
            self.tr(
                "Their recommendations get better by it. Items you keep private are left out; each rating is told once."
            ),
        )
        self._told = self.add_note("")
        self._say_told()

    def _take_tell(self, value: str) -> None:
        self._say_told()
        self._tell(value)

    def _say_told(self) -> None:
        """What the choice means, here and where it is said what others can see."""
        match self._settings.get(TELL):
            case "taste":
                said = self.tr(
                    "For every twenty ratings or more, 32 numbers with noise leave in your catalogue. Single ratings "
                    "can hardly be read from them, but they are signed with your key, and everybody can see them."
                )
            case "votes":
                said = self.tr(
                    "Likes and dislikes of items you publish leave in your catalogue, about one in eight of them "
                    "turned around. They are public and signed with your key."
                )
            case _:
                said = self.tr("Nothing of what you like leaves this machine.")
        told = self._settings.get(TELL) != "nothing"
        if told:
            said += " " + self.tr("Choosing “nothing” again takes them out, but not back from whoever has them.")
        self._told.setText(said)
        self._likes.say(
            self.tr("Of what you like, only what you chose below") if told else self.tr("Never: what you like"),
            self.tr(
                "All else stays on this machine: ratings as they are, plays and skips, file names and folders, and all "
                "of your library that you do not publish."
            )
            if told
            else self.tr(
                "Likes, ratings, plays and skips, file names and folders, and all of your library that you do not "
                "publish stay on this machine."
            ),
        )

    def _download_rows(self) -> None:
        self.add_heading(self.tr("Downloads and limits"))
        self.add_wide(
            self.tr("Downloads go to"),
            self._folder_row(),
            self.tr("The folder joins your library. Files that are there stay where they are."),
        )
        reserve = self.tr("Room that stays free on the disk")
        self.add_row(
            reserve,
            decimal_box(self._settings, DISK_RESERVE, reserve, 100_000, unit="GiB", step=1, act=self._tell),
            self.tr("A download that would leave less is not begun."),
        )
        for option, words in (
            (DOWNLOAD_LIMIT, self.tr("Fastest download")),
            (UPLOAD_LIMIT, self.tr("Fastest upload")),
        ):
            box = number_box(
                self._settings,
                option,
                words,
                10_000_000,
                unit=self.tr("KiB/s"),
                zero=self.tr("no limit"),
                step=50,
                act=self._tell,
            )
            self.add_row(words, box)
        self._box(
            SEED_DOWNLOADS,
            self.tr("Give what I downloaded to others too"),
            self.tr("Also those who fetch it from you see your address. Each download has a switch of its own."),
        )
        ratio = self.tr("Stop giving after")
        self.add_row(
            ratio,
            decimal_box(
                self._settings,
                SEED_RATIO,
                ratio,
                1000,
                unit=self.tr("times its size"),
                zero=self.tr("never"),
                act=self._tell,
            ),
        )

    def _stranger_rows(self) -> None:
        self.add_heading(self.tr("Strangers"))
        self.add_note(
            self.tr(
                "Whom you do not follow is a stranger. Their catalogues (lists and vectors, no media) are fetched "
                "within these limits; whom you follow comes first and has no such limits."
            )
        )
        a_day = self.tr("Catalogues of strangers, a day")
        self.add_row(
            a_day,
            number_box(
                self._settings,
                STRANGER_MIB,
                a_day,
                100_000,
                unit="MiB",
                zero=self.tr("none"),
                step=10,
                act=self._tell,
            ),
        )
        kept = self.tr("Catalogues of strangers that are kept")
        self.add_row(
            kept, number_box(self._settings, STRANGERS, kept, 10_000, zero=self.tr("none"), step=5, act=self._tell)
        )
        words = self.tr("Never show what contains")
        self.blocked = self._field(BLOCKED_WORDS, words, hint=self.tr("words, separated by commas"))
        self.blocked.setFixedWidth(FIELD_WIDTH)
        self.add_row(words, self.blocked, self.tr("In title, artist, album or tags of what others offer."))
        peers = QPushButton(self.tr("Open"))
        peers.setAccessibleName(self.tr("Open the list of peers"))
        peers.clicked.connect(self.peers_wanted)
        self.add_row(self.tr("Peers"), peers, self.tr("Whom you follow, know and have blocked."))

    def _way_rows(self) -> None:
        self.add_heading(self.tr("Connection"))
        for option, words, note in (
            (
                LISTEN_PORT,
                self.tr("Port for files"),
                self.tr("TCP and UDP. Forward it in your router where others cannot reach you."),
            ),
            (OVERLAY_PORT, self.tr("Port for meeting peers"), self.tr("UDP.")),
        ):
            box = number_box(self._settings, option, words, 65_535, zero=self.tr("chosen by itself"), act=self._tell)
            self.add_row(words, box, note)
        routers = self.tr("First contacts")
        self.routers = self._field(BOOTSTRAP, routers, hint="host:port host:port", check=self._check_routers)
        back = QPushButton(self.tr("As at first"))
        back.setAccessibleName(self.tr("The first contacts as at first"))
        back.clicked.connect(lambda: self.routers.put(BOOTSTRAP.default))
        self.add_wide(
            routers,
            self._beside(self.routers, back),
            self.tr(
                "Public routers of the BitTorrent DHT, asked once for addresses; they learn yours. Without any, a "
                "friend's card or the local network has to lead in."
            ),
        )
        proxy = self.tr("SOCKS5 proxy")
        self.proxy = self._field(PROXY, proxy, hint="socks5://name:password@host:port", check=self._check_proxy)
        self.add_wide(proxy, self.proxy, self.tr("The password stands readable in the settings file."))
        self.proxy_note = self.add_note(
            self.tr(
                "With a proxy everything goes through it: files, catalogues, questions to the public directory. "
                "Whoever gives you a file sees its address instead of yours. What cannot go through it stays silent: "
                "Bowerbirds do not meet each other then, so only the peers you follow are asked for, and nobody can "
                "begin to fetch from you. It does not hide what you do from the proxy's operator; nor your key, your "
                "name and what you publish from anybody."
            )
        )

    # What is entered

    def _check_name(self, text: str) -> str:
        return self.tr("At most 40 letters.") if len(text) > 40 else ""

    def _check_routers(self, text: str) -> str:
        for one in text.split():
            found = _ROUTER.fullmatch(one)
            if found is None or not 0 < int(found[2]) <= 65_535:
                return self.tr("“{text}” is not host:port.").format(text=one[:60])
        return ""

    def _check_proxy(self, text: str) -> str:
        wrong = self.tr("Give it as socks5://host:port or socks5://name:password@host:port.")
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            return wrong
        right = parts.scheme == "socks5" and parts.hostname and port and not parts.path.strip("/") and not parts.query
        return "" if right else wrong

    # Inside

    def _field(self, option: Option[str], words: str, **more: object) -> TextField:
        return TextField(self._settings, option, words, act=self._tell, parent=self, **more)  # type: ignore[arg-type]

    def _box(self, option: Option[bool], words: str, note: str) -> None:
        self.add_row(words, check_box(self._settings, option, words, self._tell), note)

    def _beside(self, field: TextField, button: QPushButton) -> QWidget:
        both = QWidget(self)
        across = QHBoxLayout(both)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(Space.S)
        across.addWidget(field, 1)
        across.addWidget(button)
        return both

    def _folder_row(self) -> QWidget:
        row = QWidget(self)
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(Space.S)
        self._folder = ElidedLabel("", row)
        choose = QPushButton(self.tr("Change…"), row)
        choose.setAccessibleName(self.tr("Choose the folder for downloads"))
        choose.clicked.connect(self._choose_folder)
        across.addWidget(self._folder, 1)
        across.addWidget(choose)
        self._show_folder()
        return row

    def _choose_folder(self) -> None:
        now = self._settings.get(DOWNLOADS_FOLDER) or str(self._downloads)
        chosen = QFileDialog.getExistingDirectory(self, self.tr("Where downloads go"), now)
        if chosen:
            self.use_folder(Path(chosen))

    def use_folder(self, folder: Path) -> None:
        """Let downloads go to a folder."""
        self._settings.set(DOWNLOADS_FOLDER, "" if folder == self._downloads else str(folder))
        self._show_folder()
        self._tell(folder)

    def _show_folder(self) -> None:
        self._folder.setText(self._settings.get(DOWNLOADS_FOLDER) or str(self._downloads))

    def _set_on(self, on: bool) -> None:
        try:
            self._network.set_on(on)
        except (BowerbirdError, OSError) as error:
            self.notice.emit(self.tr("The choice could not be kept: {why}").format(why=error))
        self._show_health()

    def _tell(self, _value: object) -> None:
        self._network.settings_changed()

    def _show_health(self, _event: object = None) -> None:
        self.switch.blockSignals(True)
        self.switch.setChecked(self._network.on)
        self.switch.blockSignals(False)
        now = health(self._network.on, self._network.state)
        self._health.setText(" ".join((now.line, *now.more)))
        self._health.setProperty("role", "danger" if now.trouble else "small")
        self._health.style().unpolish(self._health)
        self._health.style().polish(self._health)
