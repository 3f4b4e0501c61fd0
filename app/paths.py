"""Where things lie on disk: shipped resources, and one profile's settings, databases, vectors and caches.

Everybody may import this; it only computes paths and makes folders.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import platformdirs

RESOURCES = Path(__file__).resolve().parent.parent / "resources"


@dataclass(frozen=True, slots=True)
class Profile:
    """One person's Bowerbird: every path below `root` (data) and `cache` (may be deleted at any time)."""

    root: Path
    cache: Path

    @classmethod
    def default(cls) -> Profile:
        """The profile of this user: $BOWERBIRD_PROFILE, else the platform's own place."""
        chosen = os.environ.get("BOWERBIRD_PROFILE")
        if chosen:
            return cls.at(Path(chosen))
        return cls(
            Path(platformdirs.user_data_dir("bowerbird", appauthor=False)),
            Path(platformdirs.user_cache_dir("bowerbird", appauthor=False)),
        )

    @classmethod
    def at(cls, root: Path) -> Profile:
        """A profile that lies wholly below `root` (tests, the demo, a portable stick)."""
        root = root.expanduser().absolute()
        return cls(root, root / "cache")

    @property
    def settings(self) -> Path:
        return self.root / "settings.toml"

    @property
    def library(self) -> Path:
        """SQLite, the truth."""
        return self.root / "library.db"

    @property
    def scores(self) -> Path:
        """SQLite, derived: written by the studio alone."""
        return self.root / "scores.db"

    @property
    def vectors(self) -> Path:
        """LanceDB, derived: written by the studio alone."""
        return self.root / "vectors"

    @property
    def encoders(self) -> Path:
        """Learned encoders, a folder of weights each; every one can be downloaded again."""
        return self.root / "encoders"

    @property
    def taste(self) -> Path:
        return self.root / "taste.safetensors"

    @property
    def backups(self) -> Path:
        return self.root / "backups"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def demo(self) -> Path:
        """The synthesised demo library."""
        return self.root / "demo-library"

    @property
    def offers(self) -> Path:
        """SQLite, derived: written by the network process alone."""
        return self.root / "offers.db"

    @property
    def identity(self) -> Path:
        """The private key of this profile as a peer; readable by this user only."""
        return self.root / "identity.key"

    @property
    def noise(self) -> Path:
        """32 secret bytes that decide the noise of what is told of the user's taste; readable by this user only."""
        return self.root / "noise.key"

    @property
    def catalogues(self) -> Path:
        """Verified catalogues of other peers, one folder each, named by their key."""
        return self.root / "catalogues"

    @property
    def published(self) -> Path:
        """Our own catalogue as others fetch it, and its torrent."""
        return self.root / "published"

    @property
    def own_card(self) -> Path:
        """The card of ours that was announced last; not there before anything was."""
        return self.published / "card"

    @property
    def incoming(self) -> Path:
        """Downloads that are not judged yet: never a folder of the library."""
        return self.root / "incoming"

    @property
    def downloads(self) -> Path:
        """Where judged downloads go unless the user chose another folder; becomes a folder of the library."""
        return self.root / "downloads"

    @property
    def covers(self) -> Path:
        """Cover pictures by hash, JPEG, at most 600 px."""
        return self.cache / "covers"

    def make(self) -> None:
        """Create the folders, readable by this user only."""
        for folder in (self.root, self.cache, self.backups, self.logs, self.covers):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
