"""Downloads on click: fetched, checked, judged by the studio, only then a file of the library. See `Downloading`."""

from app.peers.downloading.downloading import Downloading, DownloadOptions
from app.peers.downloading.health import Health

__all__ = ["DownloadOptions", "Downloading", "Health"]
