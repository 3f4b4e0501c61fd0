"""Our own catalogue on the disk: the version there is, read back, and the next one beside it.

Each version is a folder of its own, `<seq>/catalogue`, with `<seq>/catalogue.torrent`; files that did not change are
linked, not written again. Runs in a worker thread for the publisher; knows files and values, no database and no swarm.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.errors import PeerError
from app.files import Kind, write_atomically
from app.peers.shard_plan import HeldShard, plan
from app.peers.torrents import CATALOGUE, Built, catalogue_torrent
from app.peers.vector_rows import VectorRows, digest_of, digests
from app.peers.wire import (
    EVIDENCE,
    MANIFEST,
    SHARD_ITEMS,
    Manifest,
    Offering,
    ShardRef,
    SpaceRef,
    items_name,
    read_catalogue,
    read_items,
    vectors_name,
    write_items,
    write_manifest,
)

TORRENT = "catalogue.torrent"


@dataclass(frozen=True, slots=True)
class Line:
    """An Item to publish, its Offering and the spaces whose vectors may leave for its kind."""

    item: int
    offering: Offering
    spaces: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Version:
    """A written version: its folder `<seq>`, what it says, its torrent, and how many offers count."""

    folder: Path
    manifest: Manifest
    torrent: Built
    items: int


@dataclass(frozen=True, slots=True)
class Former:
    """The version before: its lines by shard, for each (shard, row) the digest of its vectors, and what it tells."""

    folder: Path
    manifest: Manifest
    infohash: bytes
    lines: dict[str, tuple[Offering, ...]]
    digests: dict[tuple[str, int], int]
    told: bytes


def read_former(folder: Path, key: bytes, infohash: bytes) -> Former:
    """Read back the version in `folder`. Raises PeerError where it is not whole any longer."""
    files = folder / CATALOGUE
    catalogue = read_catalogue(files, key)
    lines = {
        shard.name: read_items((files / items_name(shard.name)).read_bytes(), shard.items)
        for shard in catalogue.manifest.shards
    }
    told = (files / EVIDENCE).read_bytes() if catalogue.told else b""
    return Former(folder, catalogue.manifest, infohash, lines, digests(files, catalogue), told)


def write_version(
    root: Path,
    head: Manifest,
    lines: Sequence[Line],
    vectors: Mapping[str, VectorRows],
    former: Former | None,
    told: bytes = b"",
) -> Version | None:
    """Write the version `head.seq` below `root`; None where it would say what the former says.

    Of `head` key, seq, name and follows are taken; `told` is what evidence.py signed, b"" for nothing. The same lines,
    vectors and former give the same bytes. Raises PeerError and OSError; what was begun is removed then.
    """
    folder = root / str(head.seq)
    shutil.rmtree(folder, ignore_errors=True)
    writing = _Writing(folder / CATALOGUE, lines, vectors, former)
    shards, tombstones = writing.planned()
    manifest = Manifest(
        head.key,
        head.seq,
        former.infohash if former else b"",
        head.name,
        tuple(
            SpaceRef(name, vectors[name].dimension) for name in sorted({s for shard in shards for s in shard.spaces})
        ),
        shards,
        tombstones,
        head.follows,
    )
    if former is not None and not writing.fresh and _says_the_same(manifest, former.manifest) and told == former.told:
        return None
    try:
        writing.write()
        (folder / CATALOGUE / MANIFEST).write_bytes(write_manifest(manifest))
        if told:
            (folder / CATALOGUE / EVIDENCE).write_bytes(told)
        found = read_catalogue(folder / CATALOGUE, head.key)  # what we give is what we would take
        if len(found.rows) != len(lines):
            raise PeerError("The catalogue was not written right", f"{len(found.rows)} of {len(lines)} items")
        built = catalogue_torrent(folder / CATALOGUE, [former.infohash] if former else [])
        for path in (folder / CATALOGUE).iterdir():
            _sync(path)
        write_atomically(folder / TORRENT, built.torrent)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return Version(folder, manifest, built, len(lines))


class _Writing:
    """One version while it is made: which shards stay, which are new."""

    def __init__(
        self, folder: Path, lines: Sequence[Line], vectors: Mapping[str, VectorRows], former: Former | None
    ) -> None:
        self._folder = folder
        self._vectors = vectors
        self._former = former
        self._lines = {line.offering.root: line for line in lines}
        self._digests = {
            root: digest_of(line.item, {name: vectors[name] for name in line.spaces if name in vectors})
            for root, line in self._lines.items()
        }
        self._kept: list[ShardRef] = []
        self.fresh: list[tuple[ShardRef, list[Line]]] = []

    def planned(self) -> tuple[tuple[ShardRef, ...], tuple[bytes, ...]]:
        """The shards of the new version, in order, and its tombstones."""
        held = self._held()
        standing = frozenset().union(*(shard.live for shard in held)) if held else frozenset()
        loose = [root for root in self._lines if root not in standing]
        chosen = plan(held, [self._count(loose, kind) for kind in Kind])
        staying = {root for shard in held if shard.name in chosen.kept for root in shard.live}
        old = self._former.manifest.shards if self._former else ()
        self._kept = [shard for shard in old if shard.name in chosen.kept]
        first = 1 + int(old[-1].name) if old else 0
        if first + 2 * len(self._lines) // SHARD_ITEMS > 99_000:
            self._kept, staying, first = [], set(), 0  # the names are used up: all is written anew
        rest = sorted((line for root, line in self._lines.items() if root not in staying), key=_order)
        for kind in Kind:
            same = [line for line in rest if line.offering.kind is kind]
            for start in range(0, len(same), SHARD_ITEMS):
                self._add(f"{first + len(self.fresh):05d}", same[start : start + SHARD_ITEMS])
        shards = (*self._kept, *(shard for shard, _ in self.fresh))
        return shards, chosen.tombstones if self._kept else ()

    def write(self) -> None:
        """Link what stays, write what is new."""
        self._folder.mkdir(parents=True, mode=0o700)
        for shard in self._kept:
            for name in (items_name(shard.name), *(vectors_name(space, shard.name) for space in shard.spaces)):
                self._take_over(name)
        for shard, lines in self.fresh:
            (self._folder / items_name(shard.name)).write_bytes(write_items([line.offering for line in lines]))
            for space in shard.spaces:
                items = [line.item if space in line.spaces else -1 for line in lines]
                (self._folder / vectors_name(space, shard.name)).write_bytes(self._vectors[space].block(items))

    def _held(self) -> list[HeldShard]:
        """The former's shards with the lines that are still right. Of a root in several shards only the last counts."""
        if self._former is None:
            return []
        last = {root.root: name for name, lines in self._former.lines.items() for root in lines}
        held = []
        for shard in self._former.manifest.shards:
            live, gone = set(), set()
            for row, offering in enumerate(self._former.lines[shard.name]):
                wanted = self._lines.get(offering.root)
                if wanted is None:
                    gone.add(offering.root)
                elif last[offering.root] == shard.name and offering == wanted.offering:
                    same = self._former.digests.get((shard.name, row), 0) == self._digests[offering.root]
                    live |= {offering.root} if same else set()
            held.append(HeldShard(shard.name, shard.items, frozenset(live), frozenset(gone)))
        return held

    def _count(self, roots: Sequence[bytes], kind: Kind) -> int:
        return sum(self._lines[root].offering.kind is kind for root in roots)

    def _add(self, name: str, lines: list[Line]) -> None:
        spaces = sorted({
            space
            for line in lines
            for space in line.spaces
            if space in self._vectors and line.item in self._vectors[space]
        })  # fmt: skip
        self.fresh.append((ShardRef(name, len(lines), tuple(spaces)), lines))

    def _take_over(self, name: str) -> None:
        assert self._former is not None
        source = self._former.folder / CATALOGUE / name
        try:
            os.link(source, self._folder / name)
        except OSError:  # a file system without links
            shutil.copyfile(source, self._folder / name)


def _order(line: Line) -> tuple[object, ...]:
    """By words, not by when an Item came into the library: its number would tell that. It also folds smaller."""
    offering = line.offering
    return (offering.artist, offering.album, offering.title, offering.root)


def _says_the_same(new: Manifest, old: Manifest) -> bool:
    return (new.name, new.shards, new.spaces, new.tombstones, new.follows) == (
        old.name, old.shards, old.spaces, old.tombstones, old.follows,
    )  # fmt: skip


def remove_versions(root: Path, keep: Sequence[int]) -> None:
    """Delete all versions below `root` but some."""
    if not root.is_dir():
        return
    for path in root.iterdir():
        if path.is_dir() and path.name.isdigit() and int(path.name) not in keep:
            shutil.rmtree(path, ignore_errors=True)


def _sync(path: Path) -> None:
    with contextlib.suppress(PermissionError), path.open("rb") as file:
        os.fsync(file.fileno())
