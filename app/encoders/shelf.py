"""The learned encoders of a profile: which are there, getting one, taking one from a folder, removing one.

    encoders/<slug>/            its files and installation.json; whole, or not there at all
    encoders/.incoming/<slug>/  what of a download has arrived; goes on at the next try
    encoders/digests.json       every digest ever taken from the hub, kept also when the encoder is removed

Used by the studio, the commands and (for reading) the window; writes below that one folder. The network is `Hub`'s.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from app.encoders.catalogue import Family, KnownEncoder, find, slug
from app.encoders.files import (
    ARCHIVES,
    WEIGHTS,
    agree,
    chosen_files,
    family_of,
    pinned,
    recognised,
    told_by,
    vouch,
    wanted_files,
)
from app.encoders.hub import Hub, HubFile, Snapshot, check
from app.encoders.installed import FILE, Installed, InstalledFile, Tried, Vouched, read, write
from app.errors import DiskFull, Locked, ModelError, NoEncoder, WrongFile
from app.files import safe_join, write_atomically
from app.jobs import JobControl
from models.encoders.torch_archive import convert
from models.encoders.weights import WeightsError, digest_of, verify

log = logging.getLogger(__name__)

RESERVE = 256 << 20
"""Bytes that must stay free on the disk beside a new encoder."""
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Step:
    """How far getting an encoder is: `doing` is "download", "copy", "check" or "convert"; bytes of all files."""

    doing: str
    file: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the list: what is known of an encoder, what is installed, how many bytes of it have arrived."""

    name: str
    known: KnownEncoder | None
    installed: Installed | None
    arrived: int = 0
    problem: str = ""
    """Why what lies there cannot be used, in words."""


Progress = Callable[[Step], None]


def _silent(_step: Step) -> None:
    """Nobody watches."""


class EncoderShelf:
    """The encoders below one folder."""

    def __init__(
        self,
        folder: Path,
        catalogue: Sequence[KnownEncoder],
        *,
        free: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._folder, self._catalogue, self._free, self._clock = folder, tuple(catalogue), free, clock

    # ------------------------------------------------------------------------------------------- looking

    @property
    def there(self) -> bool:
        """Whether the folder can be reached: it is made with the first encoder, and may lie on another drive."""
        return self._folder.is_dir()

    def places(self) -> list[Place]:
        """Everything on offer in the catalogue's order, then what else is installed. Reads small files only."""
        found = {}
        for folder in sorted(self._folder.glob("[!.]*/")):
            try:
                installed = read(folder)
                found[folder.name] = Place(installed.name, None, installed)
            except ModelError as error:
                found[folder.name] = Place(folder.name, None, None, problem=str(error))
        places = []
        for known in self._catalogue:
            there = found.pop(known.slug, Place(known.name, None, None))
            places.append(replace(there, name=known.name, known=known, arrived=self._arrived(known.slug)))
        return [*places, *found.values()]

    def installed(self) -> list[Installed]:
        """What can be loaded."""
        return [place.installed for place in self.places() if place.installed is not None]

    def find(self, name: str) -> Installed:
        """The installed encoder of that name. Raises ModelError."""
        known = find(name, self._catalogue)
        folder = self._folder / (known.slug if known else slug(name))
        if not slug(name) or not folder.is_dir():
            there = ", ".join(one.name for one in self.installed()) or "none"
            raise ModelError(f"No encoder {name} is installed", f"Installed: {there}.")
        return read(folder)

    def damage(self, installed: Installed) -> str:
        """Read all files of an encoder: which is not what it should be, in words, "" where all are. Takes seconds."""
        try:
            verify(installed.folder, installed.digests)
        except WeightsError as error:
            return str(error)
        return ""

    # ----------------------------------------------------------------------------------------- changing

    def get(
        self, known: KnownEncoder, hub: Hub, control: JobControl | None = None, progress: Progress = _silent
    ) -> Installed:
        """Download an encoder, or go on with it. An installed one is left as it is.

        Raises Cancelled (what came stays), Locked, DiskFull, and ModelError: offline, refused, or a file that is not
        the one it should be.
        """
        control = control or JobControl()
        with self._lock():
            folder = self._folder / known.slug
            if (folder / FILE).exists():
                return read(folder)
            kept = self._kept()
            told = hub.snapshot(known.repo, known.revision or kept.get(known.repo, {}).get("", ""))
            wanted = wanted_files(known, told)
            before = kept.get(f"{known.repo}@{told.revision}", {})
            for file in wanted:
                agree(known, file, before.get(file.name, ""))
            incoming = self._incoming(known.slug, told.revision)
            self._room(wanted, incoming, converted=wanted[-1].name == ARCHIVES[known.family])
            files = self._download(hub, told, wanted, incoming, control, progress)
            for found in files:
                if before.get(found.name, found.sha256) != found.sha256:
                    shutil.rmtree(incoming, ignore_errors=True)
                    raise WrongFile(
                        f"{found.name} is not the file it was before", "The model hub changed it under the same name."
                    )
            files = [pinned(known, file) for file in files]
            self._keep(told, files)
            made = Installed(
                known.name, known.family, folder, known.repo, told.revision, known.licence or told.licence,
                "hub", self._clock(), tuple(self._converted(known.family, files, incoming, control, progress)),
            )  # fmt: skip
            self._put(made, incoming)
            return read(folder)

    def take(
        self,
        source: Path,
        name: str = "",
        config: bytes = b"",
        control: JobControl | None = None,
        progress: Progress = _silent,
    ) -> Installed:
        """Install from a folder laid out as on the hub, or from a weights file with its configuration beside it.

        `name`: what to call it, else as it is called where it came from; `config`: an open_clip configuration for a
        file that comes without. A known encoder must have the known digests.
        Raises as `get`.
        """
        control = control or JobControl()
        folder, weights = (source, None) if source.is_dir() else (source.parent, source)
        if not source.exists():
            raise NoEncoder("There is nothing", "Give the folder that holds an encoder's files.", source)
        told = told_by(folder) if weights is None else None
        family = told.family if told else family_of(folder, weights, config)
        chosen = chosen_files(family, folder, weights, config)
        named = name or (told.name if told else "") or recognised(chosen, self._catalogue)
        named = named or (source.stem if source.is_file() else source.resolve().name)
        known = find(named, self._catalogue)
        named = known.name if known else named
        if not slug(named):
            raise ModelError("An encoder needs a name", "Give one with letters or digits.", source)
        with self._lock():
            target = self._folder / slug(named)
            if target.exists():
                raise ModelError(f"{named} is installed already", "Remove it first, or give this one another name.")
            incoming = self._incoming(slug(named), "by hand")
            size = sum(path.stat().st_size for path in chosen.values())
            need = RESERVE + size * (2 if ARCHIVES[family] in chosen else 1)
            if self._free(self._folder) < need:
                raise DiskFull("There is not enough room", f"{need / 1e6:.0f} MB are needed.", self._folder)
            files, done = [], 0
            for file, path in chosen.items():
                done = _copy(path, safe_join(incoming, file), control, progress, done, size)
            if family is Family.CLIP and "open_clip_config.json" not in chosen:
                (incoming / "open_clip_config.json").write_bytes(config)
                chosen["open_clip_config.json"] = incoming / "open_clip_config.json"
            for file in chosen:
                digest = digest_of(incoming / file)
                files.append(vouch(file, (incoming / file).stat().st_size, digest, known, told))
            made = Installed(
                named, family, target, told.repo if told else "", told.revision if told else "",
                (known.licence if known else "") or (told.licence if told else ""), "hand", self._clock(),
                tuple(self._converted(family, files, incoming, control, progress)),
            )  # fmt: skip
            self._put(made, incoming)
            return read(target)

    def remove(self, name: str) -> None:
        """Delete an encoder's files, also half arrived ones; what is known of its digests stays. Raises ModelError."""
        known = find(name, self._catalogue)
        wanted = known.slug if known else slug(name)
        with self._lock():
            there = [path for path in (self._folder / wanted, self._folder / ".incoming" / wanted) if path.exists()]
            if not wanted or not there:
                raise ModelError(f"No encoder {name} is installed")
            for path in there:
                gone = path.with_name(f".gone-{wanted}")
                shutil.rmtree(gone, ignore_errors=True)
                try:
                    path.rename(gone)
                    shutil.rmtree(gone)
                except OSError as error:
                    raise ModelError(f"{name} cannot be deleted", f"Is it in use? ({error.strerror})", path) from error

    def note(self, installed: Installed, tried: Tried) -> Installed:
        """Keep what was measured with the installation."""
        noted = replace(installed, tried=tried)
        write(noted)
        return noted

    # -------------------------------------------------------------------------------------------- parts

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(self._folder / ".lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise Locked("Another encoder is just being installed", "Wait until it is done.") from error
        try:
            yield
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise DiskFull("The disk is full", "Make room, then try again.", self._folder) from error
            raise ModelError("A file cannot be read or written", str(error), self._folder) from error
        finally:
            lock.release()

    def _arrived(self, wanted: str) -> int:
        folder = self._folder / ".incoming" / wanted
        return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0

    def _incoming(self, wanted: str, revision: str) -> Path:
        """Where an encoder arrives; what came of another revision is thrown away."""
        folder = self._folder / ".incoming" / wanted
        mark = folder / ".revision"
        if not mark.exists() or mark.read_text() != revision:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            mark.write_text(revision)
        return folder

    def _room(self, wanted: Sequence[HubFile], incoming: Path, *, converted: bool) -> None:
        """Raise DiskFull where what is still to come would not leave the reserve."""
        need = sum(file.size for file in wanted) - sum(p.stat().st_size for p in incoming.iterdir())
        need += wanted[-1].size if converted else 0
        if self._free(self._folder) < need + RESERVE:
            raise DiskFull("There is not enough room", f"{(need + RESERVE) / 1e6:.0f} MB are needed.", self._folder)

    def _download(
        self,
        hub: Hub,
        told: Snapshot,
        wanted: Sequence[HubFile],
        incoming: Path,
        control: JobControl,
        progress: Progress,
    ) -> list[InstalledFile]:
        total, done = sum(file.size for file in wanted), 0
        files = []
        for file in wanted:
            path = incoming / file.name
            if path.exists():
                check(path, file)  # an earlier try left it whole: nothing is used on the word of its name
            else:
                part = incoming / f"{file.name}.part"

                def tell(arrived: int, *, name: str = file.name, before: int = done) -> None:
                    progress(Step("download", name, before + arrived, total))

                hub.download(told, file, part, control, tell)
                part.rename(path)
            done += file.size
            progress(Step("check", file.name, done, total))
            vouched = Vouched.HUB if file.sha256 else Vouched.HUB_GIT
            files.append(InstalledFile(file.name, file.size, digest_of(path), vouched))
        return files

    def _converted(
        self,
        family: Family,
        files: Sequence[InstalledFile],
        incoming: Path,
        control: JobControl,
        progress: Progress,
    ) -> Iterator[InstalledFile]:
        """The files as they are to lie there: a torch archive becomes safetensors, and is deleted."""
        for file in files:
            if file.name != ARCHIVES[family]:
                yield file
                continue
            target = incoming / WEIGHTS[family]

            def tell(done: int, *, name: str = file.name, total: int = file.size) -> None:
                control.step()
                progress(Step("convert", name, min(done, total), total))

            try:
                convert(incoming / file.name, target, tell)
            except WeightsError as error:
                shutil.rmtree(incoming, ignore_errors=True)
                raise ModelError(f"{file.name} cannot be used", str(error)) from error
            (incoming / file.name).unlink()
            size = target.stat().st_size
            yield InstalledFile(target.name, size, digest_of(target), file.vouched, source=file.sha256)

    def _put(self, made: Installed, incoming: Path) -> None:
        (incoming / ".revision").unlink()
        write(made, incoming)
        shutil.rmtree(made.folder, ignore_errors=True)  # the ruins of something that had no installation.json
        incoming.rename(made.folder)
        log.info("an encoder was installed: %s", made.slug)

    def _kept(self) -> dict[str, dict[str, str]]:
        """Digests by file for "repo@revision", and for "repo" alone under "" the revision first taken."""
        try:
            told = json.loads((self._folder / "digests.json").read_text("utf-8"))
            return {str(key): {str(name): str(digest) for name, digest in kept.items()} for key, kept in told.items()}
        except FileNotFoundError:
            return {}
        except (ValueError, AttributeError) as error:
            raise ModelError(
                "The kept digests cannot be read",
                "Delete digests.json to take the hub's word anew.",
                self._folder / "digests.json",
            ) from error

    def _keep(self, told: Snapshot, files: Sequence[InstalledFile]) -> None:
        kept = self._kept()
        kept.setdefault(told.repo, {"": told.revision})
        kept.setdefault(f"{told.repo}@{told.revision}", {file.name: file.sha256 for file in files})
        write_atomically(self._folder / "digests.json", json.dumps(kept, indent=1).encode())


def _copy(path: Path, target: Path, control: JobControl, progress: Progress, done: int, total: int) -> int:
    with path.open("rb") as source, target.open("wb") as out:
        while piece := source.read(PIECE):
            control.step()
            out.write(piece)
            done += len(piece)
            progress(Step("copy", target.name, done, total))
    return done
