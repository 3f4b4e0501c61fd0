"""The one way from a scanned file to an Item: tags and identity in threads, what they cannot tell from a
probe.

Called by the studio after a scan; gives the store's values and writes nothing but cover pictures. Files that
mutagen reads are given at once. Films, containers that mutagen does not know and files that it chokes on
are first opened by a decode child (without encoding), which also makes the small pictures: what no reader
understands, such as TypeScript called `.ts`, never becomes an Item.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Protocol

from app.errors import MediaError
from app.files import Kind, write_atomically
from app.library.covers import cover_path, picture_key
from app.library.decode_messages import Decoded, DecodeFailed, DecodeTask, Result, StreamFacts, Strip, Work
from app.library.identity import identity
from app.library.pictures import FolderPictures
from app.library.scanner import Found
from app.library.tags import Tags, guess_from_path, read_tags
from app.store.item_values import FoundItem

log = logging.getLogger(__name__)

CHUNK = 128
"""Files read before their doubtful ones and their pictures go to the decode children."""


class Probe(Protocol):
    """What the importer needs of a DecodePool."""

    def run(
        self,
        tasks: Iterable[DecodeTask],
        cancelled: Callable[[], bool] = ...,
        paused: Callable[[], bool] = ...,
    ) -> Iterator[Result]: ...


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that is no Item: at which stage (tags, decode) it failed, and why, in words."""

    found: Found
    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Read:
    """What one file gave: its item, as far as it is known, or why not; `doubtful`: ask a decode child."""

    found: Found
    item: FoundItem | None
    doubtful: bool
    reason: str = ""


class Importer:
    """Reads found files. `covers`: folder of small pictures; `probe`: the decode children; `threads` for
    reading."""

    def __init__(self, covers: Path, probe: Probe, threads: int = 4) -> None:
        self._covers = covers
        self._probe = probe
        self._threads = threads
        self._pictures = FolderPictures()
        self._spoilt: set[str] = set()

    def take_in(
        self,
        found: Iterable[Found],
        folder_id: int,
        root: Path,
        cancelled: Callable[[], bool] = lambda: False,
        paused: Callable[[], bool] = lambda: False,
    ) -> Iterator[FoundItem | Refused]:
        """Read files of one library folder; one FoundItem or Refused for each, in no strict order.

        `cover` of an item names a picture whose JPEG is written at the latest when the next chunk begins;
        for a damaged picture it never is.
        """
        waiting = iter(found)
        with ThreadPoolExecutor(self._threads, thread_name_prefix="tags") as readers:
            while not cancelled() and (chunk := list(islice(waiting, CHUNK))):
                wanted: dict[str, Path] = {}
                doubtful: list[_Read] = []
                for read in readers.map(lambda one: self._read(one, folder_id, root), chunk):
                    if read.doubtful:
                        doubtful.append(read)
                    elif read.item is None:
                        yield Refused(read.found, "tags", read.reason)
                    else:
                        if read.item.cover:
                            wanted.setdefault(read.item.cover, read.found.path)
                        yield read.item
                yield from self._probed(doubtful, cancelled, paused)
                self._write_covers(wanted, cancelled, paused)

    def _read(self, found: Found, folder_id: int, root: Path) -> _Read:
        """Identity and tags of one file, in a thread."""
        try:
            name = identity(found.path)
        except MediaError as error:
            return _Read(found, None, False, _words(error))
        try:
            tags = read_tags(found.path, root, self._pictures)
        except MediaError as error:
            # mutagen gives up on files that players play: let the decoder have a look.
            guess = guess_from_path(found.path, root, found.kind)
            artist = guess.artist or guess.folder_artist
            named = Tags(found.kind, guess.title, artist, guess.album, track_number=guess.track_number)
            return _Read(found, _item(found, folder_id, name, named), True, _words(error))
        doubtful = tags.kind == Kind.VIDEO or tags.duration <= 0
        return _Read(found, _item(found, folder_id, name, tags), doubtful)

    def _probed(
        self, doubtful: list[_Read], cancelled: Callable[[], bool], paused: Callable[[], bool]
    ) -> Iterator[FoundItem | Refused]:
        """Ask the decode children about each; what they cannot open either is refused."""
        tasks = [
            DecodeTask(place, read.found.path, read.found.kind, Work.GLANCE) for place, read in enumerate(doubtful)
        ]
        for result in self._probe.run(tasks, cancelled, paused):
            read = doubtful[result.task.item]
            assert read.item is not None
            if not isinstance(result, Decoded):
                reason = result.reason if isinstance(result, DecodeFailed) else result.note
                yield Refused(read.found, "decode", reason)
                continue
            self._keep_picture(result)
            yield replace(described(read.item, result.facts), cover=result.picture_key)

    def _write_covers(self, wanted: dict[str, Path], cancelled: Callable[[], bool], paused: Callable[[], bool]) -> None:
        """Make the JPEGs that are not there yet; one file of an album stands for all."""
        missing = [
            (key, path)
            for key, path in wanted.items()
            if key not in self._spoilt and not cover_path(self._covers, key).exists()
        ]
        tasks = [DecodeTask(place, path, Kind.TRACK, Work.GLANCE) for place, (_, path) in enumerate(missing)]
        for result in self._probe.run(tasks, cancelled, paused):
            key = missing[result.task.item][0]
            if not isinstance(result, Decoded):
                continue  # the song is spoilt; another one of the album may show the picture
            if result.picture_key == key:
                self._keep_picture(result)
            else:
                self._spoilt.add(key)  # not tried again for every song of the album

    def _keep_picture(self, result: Decoded) -> None:
        keep_picture(self._covers, result)


def keep_picture(covers: Path, result: Decoded) -> None:
    """Write a result's small picture into the cover folder, where it has one that is not there yet."""
    if result.picture and result.picture_key:
        _keep(covers, result.picture_key, result.picture)


def keep_strip(covers: Path, strip: Strip) -> None:
    """Write a film's tiles into the cover folder, where they are not there yet."""
    _keep(covers, strip.key, strip.picture)


def _keep(covers: Path, key: str, picture: bytes) -> None:
    path = cover_path(covers, key)
    try:
        if not path.exists():
            write_atomically(path, picture)
    except OSError as error:  # a cache: the list shows a placeholder instead
        log.warning("a cover picture could not be written: %s", error.strerror)


def described(item: FoundItem, facts: StreamFacts) -> FoundItem:
    """An item completed by what the demuxer knows: the streams' facts win, tags that were read stay."""
    film = facts.kind == Kind.VIDEO
    named = item.title != item.path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]
    known_to_mutagen = item.duration > 0
    return replace(
        item,
        kind=facts.kind.value,
        title=item.title if known_to_mutagen and named else facts.title or item.title,
        artist=item.artist or facts.artist,
        album=item.album or facts.album,
        duration=facts.duration or item.duration,
        codec=facts.codec if film or not item.codec else item.codec,
        bitrate=(facts.bitrate if film else item.bitrate) or facts.bitrate or item.bitrate,
        sample_rate=item.sample_rate or facts.sample_rate,
        channels=item.channels or facts.channels,
        width=facts.width,
        height=facts.height,
    )


def _item(found: Found, folder_id: int, name: bytes, tags: Tags) -> FoundItem:
    return FoundItem(
        folder_id=folder_id,
        path=str(found.path),
        size=found.size,
        mtime_ns=found.mtime_ns,
        identity=name,
        kind=tags.kind.value,
        title=tags.title,
        artist=tags.artist,
        album=tags.album,
        album_artist=tags.album_artist,
        genre=tags.genre,
        year=tags.year,
        track_number=tags.track_number,
        disc_number=tags.disc_number,
        duration=tags.duration,
        codec=tags.codec,
        bitrate=tags.bitrate,
        sample_rate=tags.sample_rate,
        channels=tags.channels,
        licence=tags.licence,
        track_gain=tags.track_gain,
        track_peak=tags.track_peak,
        album_gain=tags.album_gain,
        album_peak=tags.album_peak,
        cover=picture_key(tags.cover) if tags.cover else "",
        rating=tags.rating,
    )


def _words(error: MediaError) -> str:
    return ": ".join(part for part in (error.title, error.detail) if part)
