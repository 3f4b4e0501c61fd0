"""How a download is, as the message that says it. Pure."""

from __future__ import annotations

from app.network_messages import DownloadChanged, DownloadState
from app.peers.torrent import Progress
from app.store.downloads import DownloadRow


def of_progress(row: DownloadRow, state: DownloadState, progress: Progress, playable: bool) -> DownloadChanged:
    """While it is on its way."""
    left = (row.size - progress.done) / progress.rate if progress.rate > 0 else -1.0
    return DownloadChanged(
        row.id,
        state,
        progress.done,
        row.size,
        progress.rate,
        left,
        progress.peers,
        playable,
        uploaded=progress.given_ever,
    )


def of_row(row: DownloadRow) -> DownloadChanged:
    """As it stands in library.db."""
    return DownloadChanged(
        row.id,
        row.state,
        row.done_bytes,
        row.size,
        playable=row.state in (DownloadState.CHECKING, DownloadState.DONE),
        reason=row.reason,
        item=row.item or 0,
        uploaded=row.uploaded,
    )
