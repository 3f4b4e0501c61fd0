"""What the network process asks of a real studio: exports, judgements, downloads that become Items."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.network_messages import Arrived, DownloadKept, Judged, TakenIn, VectorsExported, VectorsWanted
from app.protocol import Failed, FoldersChanged
from app.store.items import Items
from app.studio.spaces import builtin_spaces
from tests.studio_run import Run, write_sound

SPACES = builtin_spaces()


def test_vectors_are_exported_when_wanted(ready: Run) -> None:
    with ready.database() as database, database.transaction():
        database.execute(
            "INSERT INTO published (item_id, path, size, mtime_ns) SELECT id, path, 1, 1 FROM items WHERE id < 6"
        )
    folder = ready.profile.published / "vectors"
    ready.tell(VectorsWanted(str(folder)))
    assert ready.wait(VectorsExported) == VectorsExported(str(folder), (SPACES.audio,), 5)
    assert np.frombuffer((folder / f"{SPACES.audio}.ids").read_bytes(), "<i8").tolist() == [1, 2, 3, 4, 5]


def test_nothing_is_exported_outside_the_profile(ready: Run, tmp_path: Path) -> None:
    for folder in (tmp_path / "elsewhere", ready.profile.root):
        ready.tell(VectorsWanted(str(folder)))
        assert "not the studio's" in ready.wait(Failed).title
    assert not (tmp_path / "elsewhere").exists()
    assert ready.profile.library.exists()


def test_an_arrival_is_judged(ready: Run) -> None:
    path = ready.profile.incoming / "0a.wav"
    path.parent.mkdir()
    write_sound(path, pitch=500, noise=0.2)
    ready.tell(Arrived(4, str(path), 0))
    assert ready.wait(Judged) == Judged(4, playable=True, kind="track", likeness=-1.0)


def test_a_kept_download_becomes_an_item(ready: Run) -> None:
    folder = ready.profile.downloads
    folder.mkdir()
    path = folder / "Ann - One.wav"
    write_sound(path, pitch=600, noise=0.3)
    ready.tell(DownloadKept(8, str(folder), str(path)))
    ready.wait(FoldersChanged)
    taken = ready.wait(TakenIn)
    assert taken.download == 8
    with ready.database() as database:
        row = Items(database).item_by_path(str(path.resolve()))
        assert row is not None
        assert int(row.id) == taken.item
        assert str(folder.resolve()) in {known.path for known in Items(database).folders()}
    other = folder / "Ann - Two.wav"
    write_sound(other, pitch=700, noise=0.3)
    ready.tell(DownloadKept(9, str(folder), str(other)))
    taken = ready.wait(TakenIn)
    assert (taken.download, taken.item) == (9, int(row.id) + 1)


def test_what_cannot_be_taken_in_is_told_as_nothing(ready: Run) -> None:
    folder = ready.profile.downloads
    folder.mkdir()
    ready.tell(DownloadKept(8, str(folder), str(folder / "gone.wav")))
    assert ready.wait(TakenIn) == TakenIn(8, 0)
