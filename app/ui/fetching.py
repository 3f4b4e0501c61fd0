"""Downloads as the window knows them: the store's rows with what the network process told of them since.

Discover and the Downloads page share one `Fetching`; it asks the network process, and plays what is still arriving.
The store is read on the window's thread and written by the network process alone, but for rows that are over.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer, Signal

from app.network_messages import (
    CancelDownload,
    Download,
    DownloadChanged,
    DownloadStarted,
    DownloadState,
    NetworkEvent,
    PauseDownload,
    ResumeDownload,
    SeedDownload,
    Stream,
    StreamAt,
)
from app.player.playable import Played
from app.protocol import Done, Failed
from app.store.downloads import UNDER_WAY, DownloadRow, Downloads
from app.store.offer_rows import OfferRows
from app.ui import streams
from app.ui.bridge import StoreWrites
from app.ui.network import NetworkBridge
from app.ui.playback import Playback
from app.ui.streams import Streams
from models.ids import ItemId

SETTLE_MS = 150
_CONTEXT = "discover"


@dataclass(frozen=True, slots=True)
class Fetched:
    """One download. Bytes and bytes/s; `seconds_left` -1 while unknown; `playable`: enough is here to begin."""

    row: DownloadRow
    state: DownloadState
    done: int
    rate: float = 0.0
    seconds_left: float = -1.0
    peers: int = 0
    playable: bool = False
    reason: str = ""
    item: int = 0
    uploaded: int = 0

    @classmethod
    def of(cls, row: DownloadRow, told: DownloadChanged | None) -> Fetched:
        """A row of the store, with what was told of it last."""
        item = int(row.item or 0)
        if told is None:
            return cls(row, row.state, row.done_bytes, reason=row.reason, item=item, uploaded=row.uploaded)
        return cls(
            row,
            told.state,
            told.done,
            told.rate,
            told.seconds_left,
            told.peers,
            told.playable,
            told.reason or row.reason,
            told.item or item,
            told.uploaded,
        )

    @property
    def id(self) -> int:
        return self.row.id

    @property
    def under_way(self) -> bool:
        return self.state in UNDER_WAY

    @property
    def share(self) -> float:
        """How much of it is here, 0..1."""
        return min(self.done / self.row.size, 1.0) if self.row.size > 0 else 0.0

    @property
    def can_play(self) -> bool:
        """As an Item of the library, or while it is still arriving."""
        return self.item > 0 or (self.playable and self.under_way)

    @property
    def can_pause(self) -> bool:
        return self.state in (DownloadState.WAITING, DownloadState.RUNNING)

    @property
    def can_resume(self) -> bool:
        """Go on, or try again."""
        return self.state in (DownloadState.PAUSED, DownloadState.FAILED)

    @property
    def can_begin_again(self) -> bool:
        """It is over without a file."""
        return self.state in (DownloadState.CANCELLED, DownloadState.REFUSED)

    @property
    def can_cancel(self) -> bool:
        return self.under_way


class Fetching(QObject):
    """`changed(id)` for what happens to one download, `listed` when the list is another, `failed(Failed)`.

    `arrived(id)` when one has become an Item, `went_wrong(id)` when one was refused or could not be finished.
    """

    changed = Signal(int)
    listed = Signal()
    arrived = Signal(int)
    went_wrong = Signal(int)
    failed = Signal(object)

    def __init__(
        self,
        network: NetworkBridge,
        downloads: Downloads,
        offers: OfferRows,
        writes: StoreWrites,
        playback: Playback,
        streams: Streams,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._network, self._downloads, self._offers, self._writes = network, downloads, offers, writes
        self._playback, self._streams = playback, streams
        self._told: dict[int, DownloadChanged] = {}
        self._rows: dict[int, DownloadRow] = {}
        self._by_root: dict[bytes, int] = {}
        self._closed = False
        self._to_play = 0
        """The download that is to be played as soon as it can be; the newest wish counts."""
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(SETTLE_MS)
        self._settling.timeout.connect(self.read)
        network.download_changed.connect(self._take_change)
        network.switched.connect(self._take_switch)
        network.lost.connect(lambda _why: self._take_switch(False))
        network.ready.connect(lambda _ready: self.read())
        self._read_rows()

    def close(self) -> None:
        """Read the store no more."""
        self._closed = True
        self._settling.stop()

    # What is

    def all(self) -> list[Fetched]:
        """All downloads, newest first."""
        return [self._fetched(row) for row in self._rows.values()]

    def get(self, download: int) -> Fetched | None:
        row = self._rows.get(download)
        return self._fetched(row) if row is not None else None

    def of_root(self, root: bytes) -> Fetched | None:
        """The download of a file, None where there is none."""
        number = self._by_root.get(root)
        return self.get(number) if number is not None else None

    @property
    def under_way(self) -> int:
        """How many are not over."""
        return sum(fetched.under_way for fetched in self.all())

    def read(self) -> None:
        """Read the store again."""
        if not self._closed and self._read_rows():
            self.listed.emit()
            self._play_if_ready(self._to_play)

    # What the user wants

    def start(self, offer: int, *, play: bool = False) -> None:
        """Fetch the file of an offer; with `play`, play it as soon as enough of it is here."""
        self._network.ask(lambda request: Download(request, offer), lambda event: self._started(event, play))

    def pause(self, download: int) -> None:
        self._tell(download, lambda fetched: fetched.can_pause, PauseDownload(download))

    def resume(self, download: int) -> None:
        """Go on with a paused download, or try a failed one again."""
        self._tell(download, lambda fetched: fetched.can_resume, ResumeDownload(download))

    def begin_again(self, download: int) -> None:
        """Fetch anew what was cancelled or refused; a refused file rather from somebody else, where there is one."""
        fetched = self.get(download)
        if fetched is None or not fetched.can_begin_again:
            return
        offers = self._offers.of_root(fetched.row.root)
        refused = fetched.row.peer if fetched.state is DownloadState.REFUSED else b""
        chosen = next((one for one in offers if one.peer != refused), offers[0] if offers else None)
        if chosen is None:
            self.failed.emit(Failed(0, self.tr("Nobody offers this any longer"), fetched.row.title))
            return
        self.start(chosen.id)

    def cancel(self, download: int) -> None:
        """Stop it and delete what came of it."""
        self._tell(download, lambda fetched: fetched.can_cancel, CancelDownload(download))

    def seed(self, download: int, seed: bool) -> None:
        """Give a finished download to others, or no longer."""
        self._network.tell(SeedDownload(download, seed))
        row = self._rows.get(download)
        if row is not None and self._network.on:
            self._rows[download] = replace(row, seeding=seed)
            self.changed.emit(download)
            self._settling.start()

    def remove(self, downloads: list[int]) -> None:
        """Take downloads that are over out of the list; kept files stay where they are."""
        gone = [download for download in downloads if (one := self.get(download)) is not None and not one.under_way]
        if gone:
            self._writes.submit(lambda database: Downloads(database).remove(gone), lambda _none: self.read())

    def play(self, download: int) -> None:
        """Play it: the Item it has become, or what is here of it while the rest arrives."""
        fetched = self.get(download)
        if fetched is None or not fetched.can_play:
            return
        if fetched.item:
            self._playback.play_items([fetched.item], 0, _CONTEXT)
        else:
            self._network.ask(lambda request: Stream(request, download), lambda event: self._play_at(download, event))

    def heard(self, played: Played) -> Played:
        """What was heard of a stream counts for the Item that it has become meanwhile."""
        item = self._streams.item(int(played.item)) if played.item < 0 else 0
        return replace(played, item=ItemId(item)) if item else played

    # Inside

    def _fetched(self, row: DownloadRow) -> Fetched:
        return Fetched.of(row, self._told.get(row.id))

    def _read_rows(self) -> bool:
        """Read the store; True where anything is another than before."""
        before = self._rows
        self._rows = {row.id: row for row in self._downloads.rows()}
        self._by_root = {row.root: row.id for row in self._rows.values()}
        self._told = {download: told for download, told in self._told.items() if download in self._rows}
        return self._rows != before

    def _tell(
        self,
        download: int,
        may: Callable[[Fetched], bool],
        message: PauseDownload | ResumeDownload | CancelDownload,
    ) -> None:
        fetched = self.get(download)
        if fetched is None or not may(fetched):
            return
        if not self._network.on:
            self.failed.emit(
                Failed(0, self.tr("The network is off"), self.tr("Switch it on under Discover or in the settings."))
            )
            return
        self._network.tell(message)

    def _started(self, event: NetworkEvent | Done | Failed, play: bool) -> None:
        if isinstance(event, Failed):
            self.failed.emit(event)
        elif isinstance(event, DownloadStarted):
            self._read_rows()
            self.listed.emit()
            if play:
                self._to_play = event.download
                self._play_if_ready(event.download)

    def _play_if_ready(self, download: int) -> None:
        """What was to be played as soon as it can be, is, once."""
        fetched = self.get(download)
        if download == self._to_play and fetched is not None and fetched.can_play:
            self._to_play = 0
            self.play(download)

    def _take_change(self, event: DownloadChanged) -> None:
        before, known = self._told.get(event.download), self.get(event.download)
        self._told[event.download] = event
        if event.download not in self._rows or before is None or before.state != event.state or event.item:
            # The store has more to say of it: its row, where it lies, the Item it became.
            self._settling.start()
        self.changed.emit(event.download)
        self._play_if_ready(event.download)
        if known is None:
            return
        if event.item and not known.item:
            self.arrived.emit(event.download)
        elif event.state in (DownloadState.REFUSED, DownloadState.FAILED) and known.under_way:
            self.went_wrong.emit(event.download)

    def _take_switch(self, _on: bool) -> None:
        """Nothing moves while no process runs."""
        self._to_play = 0
        self._told.clear()
        self._read_rows()
        self.listed.emit()

    def _play_at(self, download: int, event: NetworkEvent | Done | Failed) -> None:
        if isinstance(event, Failed):
            self.failed.emit(event)
            return
        row = self._rows.get(download)
        if not isinstance(event, StreamAt) or row is None:
            return
        video = row.mime.startswith("video/")
        stream = streams.Stream(download, event.url, row.title, row.artist, row.album, row.duration, video)
        self._playback.play_items([self._streams.add(stream)], 0, _CONTEXT)
