"""A whole window for tests: a real store, a real session on the null player, and a studio that only listens.

`Rig.make(folder, items)` builds it; `rig.window()` shows it with the pages given. The studio process is not the
subject of these tests, so a small object with the bridge's shape stands in for it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from PySide6.QtCore import QCoreApplication, QObject, Signal
from PySide6.QtMultimedia import QVideoSink
from PySide6.QtWidgets import QWidget

from app.config import Settings
from app.errors import PlayerError
from app.network_messages import (
    NetworkEvent,
    NetworkRequest,
    NetworkState,
    StudioNetworkEvent,
    StudioNetworkRequest,
)
from app.player.base import Source, TrackChoice
from app.player.null import NullPlayer, Piece
from app.player.session import PlaySession
from app.protocol import Event, Request
from app.store.database import Database
from app.store.downloads import Downloads
from app.store.item_lists import ItemLists
from app.store.item_values import FoundItem
from app.store.items import Items
from app.store.moments import Moments
from app.store.offer_rows import OfferRows
from app.store.writer import WriteThread
from app.ui.bridge import OffersAnswer, StoreWrites, StudioBridge
from app.ui.context_menu import ItemActions
from app.ui.covers import Covers
from app.ui.fetching import Fetching
from app.ui.film_tiles import FilmTiles
from app.ui.main_window import MainWindow
from app.ui.network import NetworkAnswer, NetworkBridge
from app.ui.page_stack import Place
from app.ui.playback import Playback
from app.ui.ratings import Ratings
from app.ui.session_ports import LibrarySources
from app.ui.streams import ListsWithStreams, Streams
from app.ui.theme import Theme
from app.ui.undo import UndoList
from app.ui.video_view import VideoFeed
from models.ids import ItemId
from tests.factories import found_item, open_database

Answer = Callable[[Event], None]


class ListeningStudio(QObject):
    """The bridge's shape: remembers what it was told and asked; a test answers in its place."""

    ready = Signal(object)
    progressed = Signal(object)
    job_ended = Signal(object)
    items_changed = Signal(object)
    folders_changed = Signal()
    scores_changed = Signal(object)
    offer_scores_changed = Signal(object)
    encoders_changed = Signal(object)
    map_changed = Signal(object)
    for_network = Signal(object)
    failed = Signal(object)
    lost = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.spaces: tuple[str, ...] = ()
        self.told: list[Request | NetworkEvent] = []
        self.asked: list[tuple[Request, Answer]] = []
        self.asked_of_offers: list[tuple[StudioNetworkRequest, OffersAnswer]] = []

    def tell(self, message: Request | NetworkEvent) -> None:
        self.told.append(message)

    def ask(self, make: Callable[[int], Request], answer: Answer) -> int:
        number = len(self.asked) + 1
        self.asked.append((make(number), answer))
        return number

    def ask_of_offers(self, make: Callable[[int], StudioNetworkRequest], answer: OffersAnswer) -> int:
        number = len(self.asked_of_offers) + 1
        self.asked_of_offers.append((make(number), answer))
        return number

    def forget(self, number: int) -> None:
        pass


class ListeningNetwork(QObject):
    """The network bridge's shape: switches at once, remembers what it was told and asked; a test answers."""

    ready = Signal(object)
    failed = Signal(object)
    lost = Signal(str)
    switched = Signal(bool)
    state_changed = Signal(object)
    progressed = Signal(object)
    peers_changed = Signal()
    offers_changed = Signal()
    health_changed = Signal(object)
    download_changed = Signal(object)
    for_studio = Signal(object)

    def __init__(self, *, on: bool = False) -> None:
        super().__init__()
        self.on = on
        self.key = ""
        self.state: NetworkState | None = None
        self.told: list[NetworkRequest | StudioNetworkEvent] = []
        self.asked: list[tuple[NetworkRequest, NetworkAnswer]] = []
        self.settings_read = 0

    def set_on(self, on: bool) -> None:
        self.on = on
        self.switched.emit(on)

    def show(self, state: NetworkState) -> None:
        """How the network is, unasked."""
        self.state = state
        self.state_changed.emit(state)

    def settings_changed(self) -> None:
        self.settings_read += 1

    def tell(self, message: NetworkRequest | StudioNetworkEvent) -> None:
        self.told.append(message)

    def ask(self, make: Callable[[int], NetworkRequest], answer: NetworkAnswer) -> int:
        number = len(self.asked) + 1
        self.asked.append((make(number), answer))
        return number

    def forget(self, number: int) -> None:
        pass


class NoPlaylists:
    """An item menu without playlists."""

    def names(self) -> Sequence[tuple[int, str]]:
        return ()

    def append(self, playlist: int, ids: Sequence[int]) -> None:
        raise AssertionError("no playlist was offered")

    def create_with(self, ids: Sequence[int]) -> None:
        pass


class NoPositions:
    """Nothing is resumed."""

    def save(self, item: ItemId, seconds: float) -> None:
        pass


@dataclass
class Rig:
    """Everything that a window is made of; `close` ends its thread and databases."""

    folder: Path
    settings: Settings
    database: Database
    thread: WriteThread
    writes: StoreWrites
    studio: ListeningStudio
    network: ListeningNetwork
    fetching: Fetching
    lists: ItemLists
    theme: Theme
    player: NullPlayer
    undo: UndoList
    playback: Playback
    ratings: Ratings
    actions: ItemActions
    covers: Covers
    sink: QVideoSink
    feed: VideoFeed
    streams: Streams
    tiles: FilmTiles
    ids: list[int] = field(default_factory=list)
    windows: list[MainWindow] = field(default_factory=list)

    @classmethod
    def make(cls, folder: Path, theme: Theme, items: Sequence[FoundItem] | None = None) -> Rig:
        """A library in `folder` with these items (12 plain tracks and a video where none are given)."""
        folder.mkdir(parents=True, exist_ok=True)
        settings = Settings(folder / "settings.toml")
        database = open_database(folder, scores=True, offers=True)
        store = Items(database)
        place = store.add_folder(str(folder / "music"))
        (folder / "music").mkdir(exist_ok=True)
        if items is None:
            items = [found_item(n, place.id, str(folder / "music")) for n in range(1, 13)]
            film = str(folder / "music" / "film.mp4")
            items.append(found_item(13, place.id, path=film, kind="video", title="A film", artist="Somebody"))
        for item in items:
            Path(item.path).touch()
        store.save_found(items)
        lists = ItemLists(database)
        thread = WriteThread(lambda: open_database(folder))
        writes = StoreWrites(thread)
        studio, network = ListeningStudio(), ListeningNetwork()
        undo = UndoList()
        player = NullPlayer(_measure)
        downloads = Downloads(database)
        streams = Streams(downloads)
        session = PlaySession(player, LibrarySources(database, settings, streams), NoPositions())
        playback = Playback(session, undo)
        fetching = Fetching(cast("NetworkBridge", network), downloads, OfferRows(database), writes, playback, streams)
        ratings = Ratings(writes, studio, lists, undo)
        actions = ItemActions(playback, ratings, store, NoPlaylists(), theme)
        sink = QVideoSink()
        covers = Covers(folder / "covers")
        ids = sorted(int(row.id) for row in lists.rows(range(1, len(items) + 1)))
        rig = cls(
            folder,
            settings,
            database,
            thread,
            writes,
            studio,
            network,
            fetching,
            lists,
            theme,
            player,
            undo,
            playback,
            ratings,
            actions,
            covers,
            sink,
            VideoFeed(sink),
            streams,
            FilmTiles(Moments(database), folder / "covers", covers),
            ids,
        )
        session.events.played.add(ratings.heard)
        return rig

    def window(self, places: Sequence[Place] | None = None) -> MainWindow:
        """A window with these pages (two empty ones where none are given); not shown yet."""
        window = MainWindow(
            places=places if places is not None else plain_places(),
            playback=self.playback,
            ratings=self.ratings,
            undo=self.undo,
            actions=self.actions,
            lists=ListsWithStreams(self.lists, self.streams),
            covers=self.covers,
            tiles=self.tiles,
            studio=cast("StudioBridge", self.studio),
            feed=self.feed,
            theme=self.theme,
            settings=self.settings,
        )
        self.windows.append(window)
        return window

    def close(self) -> None:
        for window in self.windows:
            window.quit()
            window.deleteLater()
        self.fetching.close()
        self.playback.close()
        self.playback.session.close()
        self.player.close()
        self.tiles.close()
        self.covers.close()
        assert self.thread.close()
        # What the thread finished last still comes back here, and reads.
        QCoreApplication.processEvents()
        self.database.close()


class PlainPage(QWidget):
    """A page that can be searched and can show an item."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.shown: list[int] = []

    def set_search(self, text: str) -> None:
        self.words.append(text)

    def show_item(self, item: int) -> bool:
        self.shown.append(item)
        return True


def plain_places() -> list[Place]:
    return [
        Place("for-you", "For You", "for-you", QWidget),
        Place("library", "Library", "library", PlainPage),
        Place("settings", "Settings", "settings", QWidget),
    ]


def _measure(source: Source) -> Piece:
    """What files of the rig turn out to be: 100 s each, the film with two sound tracks and subtitles."""
    if isinstance(source, Path) and not source.exists():
        return Piece(error=PlayerError("This file is not there", "It was moved or deleted.", source))
    if str(source).endswith(".mp4"):
        return Piece(100.0, (TrackChoice(0, "Original", "en"), TrackChoice(1, "", "de")), (TrackChoice(0, "", "de"),))
    return Piece(100.0)
