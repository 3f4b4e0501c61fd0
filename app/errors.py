"""Everything that can go wrong without being a bug of ours, split by whose fault it is.

    BowerbirdError            title, detail, path
    ├── MediaError            a file of the user's cannot be read or decoded
    ├── StoreError            the databases
    │   ├── TooNew            written by a newer Bowerbird; left untouched
    │   ├── Locked            another program holds it
    │   ├── Corrupt           damaged; a backup or a rebuild is the remedy
    │   └── DiskFull          no room left
    ├── PlayerError           the sound or video system refuses
    ├── PeerError             what another peer sent or did
    ├── ModelError            weights or a fitted model do not fit
    │   ├── Unreachable       the model hub does not answer: is this computer online?
    │   ├── Refused           it answers, and does not give this
    │   ├── WrongFile         a file that is not the one it should be
    │   └── NoEncoder         what the user gave holds no encoder, or not all of one
    ├── SettingsError         a value the user gave cannot be used
    └── ProcessError          one of our own child processes ended or does not answer

Anything else that escapes is a bug: it is logged with its traceback and shown as one.
"""

from __future__ import annotations

from pathlib import Path


class BowerbirdError(Exception):
    """An expected failure: `title` says what happened, `detail` what to do about it, `path` to which file."""

    def __init__(self, title: str, detail: str = "", path: Path | None = None) -> None:
        super().__init__(title, detail, path)
        self.title = title
        self.detail = detail
        self.path = path

    def __str__(self) -> str:
        return ": ".join(str(part) for part in (self.path, self.title, self.detail) if part)


class MediaError(BowerbirdError):
    """A media file cannot be read or decoded."""


class StoreError(BowerbirdError):
    """A database cannot be used."""


class TooNew(StoreError):  # noqa: N818 - named for what it is, as in the tree above
    """The database was written by a newer version; it is left untouched."""


class Locked(StoreError):  # noqa: N818
    """Another program holds the database."""


class Corrupt(StoreError):  # noqa: N818
    """The database is damaged."""


class DiskFull(StoreError):  # noqa: N818
    """There is no room left on the disk."""


class PlayerError(BowerbirdError):
    """The sound or video system cannot play this."""


class PeerError(BowerbirdError):
    """Another peer sent something that cannot be used."""


class ModelError(BowerbirdError):
    """Weights or a fitted model do not fit what they are used for."""


class Unreachable(ModelError):  # noqa: N818
    """The model hub does not answer."""


class Refused(ModelError):  # noqa: N818
    """The model hub answers, and does not give what was asked for."""


class WrongFile(ModelError):  # noqa: N818
    """A file of an encoder is not the one it should be."""


class NoEncoder(ModelError):  # noqa: N818
    """A file or folder of the user's is no encoder, or lacks a part of one."""


class SettingsError(BowerbirdError):
    """A value the user gave cannot be used."""


class ProcessError(BowerbirdError):
    """One of our own processes ended or does not answer."""
