"""The user's settings: every option declared once with its default, kept in one TOML file.

A wrong value falls back to its default with a notice to show; unknown keys (of a newer version, or the user's own
notes) are kept. Written atomically. The window's process writes; the others only read.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import tomlkit
from tomlkit.exceptions import TOMLKitError

from app.errors import SettingsError
from app.files import write_atomically

log = logging.getLogger(__name__)

T = TypeVar("T", bool, int, float, str)


def _anything(_value: object) -> bool:
    return True


def _one_of(*choices: str) -> Callable[[object], bool]:
    return lambda value: value in choices


def _between(low: float, high: float) -> Callable[[object], bool]:
    return lambda value: isinstance(value, (int, float)) and low <= value <= high


@dataclass(frozen=True, slots=True)
class Option(Generic[T]):
    """One setting: `key` is "section.name" in the file; `accepts` says which values of the type are right."""

    key: str
    default: T
    accepts: Callable[[object], bool] = _anything


THEME = Option("window.theme", "system", _one_of("system", "light", "dark"))
LANGUAGE = Option("window.language", "system")
GEOMETRY = Option("window.geometry", "")
SPLITTER = Option("window.splitter", "")
COLUMNS = Option("window.columns", "")
LIBRARY_VIEW = Option("window.library_view", "list", _one_of("list", "grid"))
VIDEOS_VIEW = Option("window.videos_view", "grid", _one_of("list", "grid"))
LAST_PAGE = Option("window.last_page", "for-you")
CLOSE_TO_TRAY = Option("window.close_to_tray", False)
REDUCED_MOTION = Option("window.reduced_motion", False)
SHORTCUTS = Option("window.shortcuts", "")
VOLUME = Option("player.volume", 0.8, _between(0, 1))
MUTED = Option("player.muted", False)
REPLAYGAIN = Option("player.replaygain", "track", _one_of("off", "track", "album", "auto"))
PREAMP = Option("player.preamp_db", 0.0, _between(-15, 15))
SHUFFLE = Option("player.shuffle", False)
REPEAT = Option("player.repeat", "off", _one_of("off", "track", "album", "list"))
CONTINUE_FROM_TASTE = Option("player.continue_from_taste", True)
RESUME_VIDEOS = Option("player.resume", True)
ADVENTURE = Option("recommendations.adventure", 0.5, _between(0, 1))
WATCH_FOLDERS = Option("library.watch_folders", True)
READ_TAG_RATINGS = Option("library.read_tag_ratings", True)
NETWORK = Option("network.on", False)
"""Off until switched on: then no socket of the network process exists, for it does not run."""
PUBLISH = Option("network.publish", True)
"""While off, nothing is given to others even where publications stand."""
DISCOVERABLE = Option("network.discoverable", True)
"""While off, peers are looked for but the rendezvous does not learn of this machine."""
PEER_NAME = Option("network.name", "", lambda value: len(str(value)) <= 40)
SHOW_FOLLOWS = Option("network.show_follows", False)
"""Say in the catalogue whom one follows, so that followers meet friends of friends before strangers."""
LAN = Option("network.lan", False)
LISTEN_HOST = Option("network.listen_host", "")
"""One address to listen on; "" for all. A 127.N.0.0/16 address makes a network of this machine alone."""
LISTEN_PORT = Option("network.listen_port", 0, _between(0, 65_535))
OVERLAY_PORT = Option("network.overlay_port", 0, _between(0, 65_535))
BOOTSTRAP = Option(
    "network.bootstrap", "router.bittorrent.com:6881 dht.transmissionbt.com:6881 dht.libtorrent.org:25401"
)
"""The DHT's public routers for the first contact: `host:port`, separated by blanks; may be emptied."""
PROXY = Option("network.proxy", "")
"""`socks5://[user:password@]host:port`, "" for none."""
UPLOAD_LIMIT = Option("network.upload_kib", 0, _between(0, 10_000_000))
DOWNLOAD_LIMIT = Option("network.download_kib", 0, _between(0, 10_000_000))
"""KiB/s; 0 for no limit."""
SEED_DOWNLOADS = Option("network.seed_downloads", False)
SEED_RATIO = Option("network.seed_ratio", 2.0, _between(0, 1000))
"""A download is given away until so many times its size went out; 0 for ever."""
DOWNLOADS_FOLDER = Option("network.downloads_folder", "")
"""Where judged downloads go; "" for `Profile.downloads`."""
DISK_RESERVE = Option("network.disk_reserve_gib", 2.0, _between(0, 100_000))
"""A download that would leave less room on its disk is not begun."""
STRANGER_MIB = Option("network.stranger_mib_a_day", 50, _between(0, 100_000))
"""What may be fetched of strangers' catalogues in a day."""
STRANGERS = Option("network.stranger_catalogues", 20, _between(0, 10_000))
"""How many strangers' catalogues are kept."""
TELL = Option("network.tell", "nothing", _one_of("nothing", "taste", "votes"))
"""What peers may learn of the user's taste: nothing, one noisy vector for twenty ratings and more, or noisy votes."""
BLOCKED_WORDS = Option("network.blocked_words", "")
"""Offers with one of these words (separated by commas) are never shown."""


class Settings:
    """The options' values in one file. `notices` lists in words what had to fall back to its default."""

    def __init__(self, path: Path) -> None:
        """Read `path`; a missing file is all defaults, a damaged one too, and is set aside, never lost."""
        self._path = path
        self.notices: list[str] = []
        self._document = self._read()

    def get(self, option: Option[T]) -> T:
        """The value, or the option's default where none or a wrong one stands."""
        section, name = option.key.split(".", 1)
        table = self._document.get(section)
        if not isinstance(table, dict) or name not in table:
            return option.default
        value = table[name]
        value = value.unwrap() if hasattr(value, "unwrap") else value
        if isinstance(option.default, float) and type(value) is int:
            value = float(value)
        if type(value) is not type(option.default) or not option.accepts(value):
            notice = f"settings.toml: {option.key} = {value!r} cannot be used; {option.default!r} is used instead."
            if notice not in self.notices:
                log.warning("setting %s has a wrong value", option.key)
                self.notices.append(notice)
            return option.default
        return value

    def set(self, option: Option[T], value: T) -> None:
        """Keep a new value on disk. Raises SettingsError for one the option does not accept."""
        if type(value) is not type(option.default) or not option.accepts(value):
            raise SettingsError(f"{option.key} cannot be {value!r}", f"The default is {option.default!r}.", self._path)
        if self.get(option) == value:
            return
        section, name = option.key.split(".", 1)
        if not isinstance(self._document.get(section), dict):
            self._document[section] = tomlkit.table()
        self._document[section][name] = value
        write_atomically(self._path, tomlkit.dumps(self._document).encode())

    def _read(self) -> tomlkit.TOMLDocument:
        try:
            return tomlkit.parse(self._path.read_text("utf-8"))
        except FileNotFoundError:
            return tomlkit.document()
        except (TOMLKitError, UnicodeDecodeError):
            aside = self._path.with_suffix(".damaged.toml")
            self._path.replace(aside)
            self.notices.append(f"settings.toml could not be read and was set aside as {aside.name}.")
            return tomlkit.document()
