"""The learned encoders of a profile: which are there, getting one, taking one from a folder, removing one.

    encoders/<slug>/            its files and installation.json; whole, or not there at all
    encoders/.incoming/<slug>/  what of a download has arrived; goes on at the next try
    encoders/digests.json       every digest ever taken from the hub, kept also when the encoder is removed

Used by the studio, the commands and (for reading) the window; writes below that one folder. The network is `Hub`'s.
"""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from app.encoders.catalogue import Family, KnownEncoder, find, slug
from app.encoders.hub import Hub, HubFile, Snapshot
from app.encoders.installed import FILE, Installed, InstalledFile, Tried, Vouched, read, write
from app.errors import DiskFull, Locked, ModelError
from app.files import safe_join, write_atomically
from app.jobs import JobControl
from models.encoders.torch_archive import convert
from models.encoders.weights import FORBIDDEN, WeightsError, digest_of

log = logging.getLogger(__name__)

RESERVE = 256 << 20
"""Bytes that must stay free on the disk beside a new encoder."""
PIECE = 1 << 20
WEIGHTS = {Family.CLIP: "open_clip_model.safetensors", Family.CLAP: "model.safetensors"}
ARCHIVES = {Family.CLIP: "open_clip_pytorch_model.bin", Family.CLAP: "pytorch_model.bin"}
NEEDED = {Family.CLIP: ("open_clip_config.json",), Family.CLAP: ("config.json", "preprocessor_config.json")}
TOKENIZER = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "spiece.model",
    "sentencepiece.bpe.model",
)


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
            wanted = _wanted(known, told)
            before = kept.get(f"{known.repo}@{told.revision}", {})
            for file in wanted:
                _agree(known, file, before.get(file.name, ""))
            incoming = self._incoming(known.slug, told.revision)
            self._room(wanted, incoming, converted=wanted[-1].name == ARCHIVES[known.family])
            files = self._download(hub, told, wanted, incoming, control, progress)
            for found in files:
                if before.get(found.name, found.sha256) != found.sha256:
                    shutil.rmtree(incoming, ignore_errors=True)
                    raise ModelError(
                        f"{found.name} is not the file it was before", "The model hub changed it under the same name."
                    )
            files = [_pinned(known, file) for file in files]
            self._keep(told, files)
            made = Installed(
                known.name, known.family, folder, known.repo, told.revision, known.licence or told.licence,
                "hub", self._clock(), tuple(self._converted(known.family, files, incoming, progress)),
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
            raise ModelError("There is nothing", "Give the folder that holds an encoder's files.", source)
        told = _told_by(folder) if weights is None else None
        family = told.family if told else _family(folder, weights, config)
        named = name or (told.name if told else "") or source.stem
        known = find(named, self._catalogue)
        named = known.name if known else named
        if not slug(named):
            raise ModelError("An encoder needs a name", "Give one with letters or digits.", source)
        with self._lock():
            target = self._folder / slug(named)
            if target.exists():
                raise ModelError(f"{named} is installed already", "Remove it first, or give this one another name.")
            chosen = _chosen(family, folder, weights, config)
            incoming = self._incoming(slug(named), "by hand")
            total = sum(path.stat().st_size for path in chosen.values()) + len(config)
            if self._free(self._folder) < 2 * total + RESERVE:
                raise DiskFull("There is not enough room", f"{total / 1e6:.0f} MB are needed twice for a moment.")
            files, done = [], 0
            for file, path in chosen.items():
                done = _copy(path, safe_join(incoming, file), control, progress, done, total)
            if family is Family.CLIP and "open_clip_config.json" not in chosen:
                (incoming / "open_clip_config.json").write_bytes(config)
                chosen["open_clip_config.json"] = incoming / "open_clip_config.json"
            for file in chosen:
                digest = digest_of(incoming / file)
                files.append(_vouch(file, (incoming / file).stat().st_size, digest, known, told))
            made = Installed(
                named, family, target, told.repo if told else "", told.revision if told else "",
                (known.licence if known else "") or (told.licence if told else ""), "hand", self._clock(),
                tuple(self._converted(family, files, incoming, progress)),
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
            if not path.exists():
                part = incoming / f"{file.name}.part"

                def tell(arrived: int, *, name: str = file.name, before: int = done) -> None:
                    progress(Step("download", name, before + arrived, total))

                hub.download(told, file, part, control, tell)
                part.rename(path)
            done += file.size
            progress(Step("check", file.name, done, total))
            # Also what an earlier try had left whole: nothing is used on the word of a file's name.
            digest = digest_of(path)
            vouched = Vouched.HUB if file.sha256 else Vouched.HUB_GIT
            if path.stat().st_size != file.size or (file.sha256 and digest != file.sha256):
                path.unlink()
                raise ModelError(f"{file.name} is not the file it should be", "It was deleted. Try again.")
            files.append(InstalledFile(file.name, file.size, digest, vouched))
        return files

    def _converted(
        self, family: Family, files: Sequence[InstalledFile], incoming: Path, progress: Progress
    ) -> Iterator[InstalledFile]:
        """The files as they are to lie there: a torch archive becomes safetensors, and is deleted."""
        for file in files:
            if file.name != ARCHIVES[family]:
                yield file
                continue
            target = incoming / WEIGHTS[family]
            try:
                convert(
                    incoming / file.name,
                    target,
                    lambda done, name=file.name, total=file.size: progress(Step("convert", name, done, total)),  # type: ignore[misc]
                )
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
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise ModelError(
                "The kept digests cannot be read",
                "Delete digests.json to take the hub's word anew.",
                self._folder / "digests.json",
            ) from error
        return {str(key): {str(name): str(digest) for name, digest in value.items()} for key, value in told.items()}

    def _keep(self, told: Snapshot, files: Sequence[InstalledFile]) -> None:
        kept = self._kept()
        kept.setdefault(told.repo, {"": told.revision})
        kept.setdefault(f"{told.repo}@{told.revision}", {file.name: file.sha256 for file in files})
        write_atomically(self._folder / "digests.json", json.dumps(kept, indent=1).encode())


def _wanted(known: KnownEncoder, told: Snapshot) -> list[HubFile]:
    """What to download, the weights last. Raises ModelError where the repository lacks it or records no digest."""
    weights = told.file(WEIGHTS[known.family]) or told.file(ARCHIVES[known.family])
    needed = [told.file(name) for name in NEEDED[known.family]]
    if weights is None or None in needed:
        raise ModelError(f"{known.repo} holds no encoder", f"It has no {WEIGHTS[known.family]} and configuration.")
    words = [file for name in TOKENIZER if (file := told.file(name)) is not None]
    wanted = [*(file for file in needed if file is not None), *words, weights]
    for file in wanted:
        if not file.sha256 and not file.blob:
            raise ModelError("The model hub records no digest", f"{file.name} could not be checked.")
    return wanted


def _agree(known: KnownEncoder, file: HubFile, kept: str) -> None:
    """Raise ModelError where the hub now records another file than is pinned, or than it recorded before."""
    pinned = known.file(file.name)
    if file.sha256:
        for wanted, who in ((pinned.sha256, "is pinned"), (kept, "the hub recorded at the first download")):
            if wanted and wanted != file.sha256:
                raise ModelError(
                    "The model hub offers another file than it should",
                    f"{file.name}: SHA-256 {file.sha256[:12]}..., but {who}: {wanted[:12]}... Nothing was downloaded.",
                )
    if pinned.size and pinned.size != file.size:
        raise ModelError(
            "The model hub offers another file than it should",
            f"{file.name} has {file.size} bytes instead of {pinned.size}. Nothing was downloaded.",
        )


def _pinned(known: KnownEncoder, file: InstalledFile) -> InstalledFile:
    """The file, said to be pinned where its digest is. Raises ModelError where it is another."""
    wanted = known.file(file.name).sha256
    if wanted and wanted != file.sha256:
        raise ModelError(f"{file.name} is not the file it should be", "Its digest is not the pinned one.")
    return replace(file, vouched=Vouched.PINNED) if wanted else file


def _told_by(folder: Path) -> Installed | None:
    """What another Bowerbird wrote about this folder, None where none did."""
    return read(folder) if (folder / FILE).exists() else None


def _family(folder: Path, weights: Path | None, config: bytes) -> Family:
    """Which library a folder is for. Raises ModelError."""
    if config or (folder / "open_clip_config.json").exists():
        return Family.CLIP
    if weights is not None and weights.name not in (*WEIGHTS.values(), *ARCHIVES.values()):
        raise ModelError(
            "It is not known which model this file is of",
            "Say which: bowerbird encoders install FILE --as MODEL/TAG, or give its whole folder.",
            weights,
        )
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if json.loads((folder / "config.json").read_text("utf-8")).get("model_type") == "clap":
            return Family.CLAP
    raise ModelError(
        "There is no encoder here",
        "A folder as on the model hub is needed: open_clip_config.json with open_clip_model.safetensors, or a CLAP "
        "model's config.json with model.safetensors and the files of its tokenizer.",
        folder,
    )


def _chosen(family: Family, folder: Path, weights: Path | None, config: bytes) -> dict[str, Path]:
    """Which files to take under which names, the weights last. Raises ModelError."""
    needed = () if config else NEEDED[family]
    if missing := [name for name in needed if not (folder / name).is_file()]:
        raise ModelError(f"{missing[0]} is missing", "It belongs to the encoder.", folder)
    found = {name: folder / name for name in (*needed, *TOKENIZER) if (folder / name).is_file()}
    if weights is None:
        there = [folder / name for name in (WEIGHTS[family], ARCHIVES[family]) if (folder / name).is_file()]
        if not there:
            raise ModelError(f"{WEIGHTS[family]} is missing", "It holds the encoder's weights.", folder)
        weights = there[0]
    is_archive = weights.suffix.lower() in FORBIDDEN
    return found | {(ARCHIVES if is_archive else WEIGHTS)[family]: weights}


def _copy(path: Path, target: Path, control: JobControl, progress: Progress, done: int, total: int) -> int:
    with path.open("rb") as source, target.open("wb") as out:
        while piece := source.read(PIECE):
            control.step()
            out.write(piece)
            done += len(piece)
            progress(Step("copy", target.name, done, total))
    return done


def _vouch(name: str, size: int, digest: str, known: KnownEncoder | None, told: Installed | None) -> InstalledFile:
    """A file given by hand with who vouches for it. Raises ModelError where it should be another."""
    before = next((file for file in told.files if file.name == name), None) if told else None
    pinned = known.file(name).sha256 if known else ""
    for wanted in (pinned, before.sha256 if before else ""):
        if wanted and wanted != digest:
            raise ModelError(
                f"{name} is not the file it should be",
                f"Its SHA-256 is {digest[:12]}..., not {wanted[:12]}... Nothing was installed.",
            )
    if pinned:
        return InstalledFile(name, size, digest, Vouched.PINNED)
    return before if before else InstalledFile(name, size, digest, Vouched.OWNER)
