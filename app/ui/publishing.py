"""Publishing as the window does it: choose, keep private, stop. Writes the store, then tells the network process.

The publishing page and the menu of a playlist act through it; every step can be undone. Nothing leaves by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal

from app.config import PUBLISH, Settings
from app.network_messages import PublicationChanged
from app.store.database import Database
from app.store.publications import Preview, PublicationRow, Publications, Source
from app.ui.bridge import StoreWrites
from app.ui.network import NetworkBridge
from app.ui.network_words import items_words
from app.ui.undo import UndoList
from models.ids import ItemId


class Publishing(QObject):
    """`changed` when other folders or playlists are chosen, `privacy_changed` when other Items are kept back.

    `said(text)` is for the window to say.
    """

    changed = Signal()
    privacy_changed = Signal()
    said = Signal(str)

    def __init__(
        self,
        reading: Database,
        writes: StoreWrites,
        network: NetworkBridge,
        settings: Settings,
        undo: UndoList,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._store = Publications(reading)
        self._writes, self._network, self._settings, self._undo = writes, network, settings, undo
        self._asked = 0

    def chosen(self) -> tuple[Source, ...]:
        """What is published by the user's choice."""
        return tuple(source_of(row) for row in self._store.rows())

    def published(self) -> int:
        """How many Items the catalogue holds now."""
        return self._store.count_published()

    @property
    def leaves(self) -> bool:
        """Whether what is chosen leaves this machine: the network and publishing are on."""
        return self._network.on and self._settings.get(PUBLISH)

    def preview(self, chosen: Sequence[Source], done: Callable[[Preview], None]) -> None:
        """Give `done` what publishing these would send; only the newest question is answered."""
        self._asked += 1
        asked = self._asked

        def take(preview: Preview) -> None:
            if asked == self._asked:
                done(preview)

        sources = tuple(chosen)
        self._writes.submit(lambda database: Publications(database).preview_of(sources), take)

    def choose(self, wanted: Sequence[Source], items: int = 0) -> None:
        """Publish these folders and playlists and no others; `items` is how many that are, for the words."""
        before, after = self.chosen(), tuple(wanted)
        if before == after:
            return
        if not after:
            said = self.tr("Nothing is published any longer")
        elif self.leaves:
            said = self.tr("Published: {items}. The catalogue is made now").format(items=items_words(items))
        else:
            said = self.tr("Kept: {items}. Nothing leaves before the network is on and publishing with it").format(
                items=items_words(items)
            )
        self._put(after, said)
        self._undo.push(self.tr("publishing"), lambda: self._put(before), lambda: self._put(after))

    def stop(self, source: Source) -> None:
        """Give one folder or playlist to nobody any longer."""
        rest = [other for other in self.chosen() if (other.number, other.playlist) != (source.number, source.playlist)]
        self.choose(rest, self.published())

    def keep_private(self, items: Sequence[int]) -> None:
        """Keep Items back even where their folder or playlist is published."""
        self._set_private(tuple(items), True)
        self._undo.push(
            self.tr("keeping items private"),
            lambda: self._set_private(tuple(items), False),
            lambda: self._set_private(tuple(items), True),
        )

    def allow(self, items: Sequence[int]) -> None:
        """Do not keep Items back any longer."""
        self._set_private(tuple(items), False)
        self._undo.push(
            self.tr("no longer keeping items private"),
            lambda: self._set_private(tuple(items), True),
            lambda: self._set_private(tuple(items), False),
        )

    # Inside

    def _put(self, wanted: tuple[Source, ...], said: str = "") -> None:
        def done(_none: None) -> None:
            self._network.tell(PublicationChanged())
            self.changed.emit()
            if said:
                self.said.emit(said)

        self._writes.submit(lambda database: Publications(database).choose(wanted), done)

    def _set_private(self, items: tuple[int, ...], private: bool) -> None:
        ids = [ItemId(item) for item in items]

        def work(database: Database) -> None:
            store = Publications(database)
            (store.keep_private if private else store.allow)(ids)

        def done(_none: None) -> None:
            self._network.tell(PublicationChanged())
            self.privacy_changed.emit()

        self._writes.submit(work, done)


def source_of(row: PublicationRow) -> Source:
    """What a publication publishes."""
    if row.folder_id is not None:
        return Source(row.folder_id, False, row.licence)
    return Source(row.playlist_id or 0, True, row.licence)
