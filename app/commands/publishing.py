"""`bowerbird publish`: what of the library peers may see, with a preview of exactly what leaves, without a window."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from app.composition import open_library
from app.errors import SettingsError
from app.paths import Profile
from app.store.database import Database
from app.store.items import Items
from app.store.playlists import Playlists
from app.store.publications import Preview, Publications

SHOWN = 20


def publish(profile: Profile, options: argparse.Namespace) -> int:
    """Publish folders or playlists, stop it (`--stop`), or only show what would leave (`--preview`)."""
    with open_library(profile) as database:
        folders, playlists = _meant(database, options.sources)
        publications = Publications(database)
        if options.preview:
            _show(publications.preview(folders, playlists, options.licence), as_json=options.json)
            return 0
        if options.stop:
            _stop(publications, folders, playlists, everything=not options.sources)
        else:
            for folder in folders:
                publications.add_folder(folder, options.licence)
            for playlist in playlists:
                publications.add_playlist(playlist, options.licence)
        rows = publications.rows()
    if options.json:
        print(json.dumps([{"name": row.name, "licence": row.licence, "items": row.items} for row in rows]))
        return 0
    for row in rows:
        print(f"{row.items:6} items  {row.licence or 'licence as tagged':20}  {row.name}")
    if not rows:
        print("Nothing is published.")
    return 0


def share(database: Database, folders: list[Path], licence: str) -> None:
    """Publish folders of the library. Raises SettingsError for one that is none."""
    numbers, _ = _meant(database, [str(folder) for folder in folders])
    for number in numbers:
        Publications(database).add_folder(number, licence)


def _meant(database: Database, sources: list[str]) -> tuple[list[int], list[int]]:
    """Folders and playlists by number. A folder is named by its path, a playlist by its name."""
    by_path = {folder.path: folder.id for folder in Items(database).folders()}
    by_name = {playlist.name: playlist.id for playlist in Playlists(database).all()}
    folders, playlists = [], []
    for source in sources:
        path = str(Path(source).expanduser().resolve())
        if path in by_path:
            folders.append(by_path[path])
        elif source in by_name:
            playlists.append(by_name[source])
        else:
            raise SettingsError(
                "Neither a folder of the library nor a playlist", "Add a folder first: bowerbird scan DIR", Path(source)
            )
    return folders, playlists


def _stop(publications: Publications, folders: list[int], playlists: list[int], *, everything: bool) -> None:
    for row in publications.rows():
        if everything or row.folder_id in folders or row.playlist_id in playlists:
            publications.remove(row.id)


def _show(preview: Preview, *, as_json: bool) -> None:
    leaving = [row for row in preview.items if not row.private]
    if as_json:
        print(
            json.dumps(
                {
                    "items": [
                        {
                            "title": row.title,
                            "artist": row.artist,
                            "album": row.album,
                            "genre": row.genre,
                            "year": row.year,
                            "licence": row.licence,
                            "free": row.free,
                            "size": row.size,
                            "spaces": row.spaces,
                        }
                        for row in leaving
                    ],
                    "bytes": preview.bytes,
                    "file_bytes": preview.file_bytes,
                    "unfree": preview.unfree,
                    "unencoded": preview.unencoded,
                },
                ensure_ascii=False,
            )
        )
        return
    print(f"{len(leaving)} items would be seen by everybody: titles, tags, lengths, sizes, and what they sound like.")
    sizes = f"{preview.bytes / 1000:.0f} kB; the files ({preview.file_bytes / 1e6:.1f} MB) only on request"
    print(f"The catalogue takes about {sizes}.")
    if preview.unfree:
        print(f"{preview.unfree} have no licence that lets them be shared. Publish only what you may.")
    for row in leaving[:SHOWN]:
        print(f"  {row.artist} - {row.title}  [{row.licence or 'no licence'}]  {row.size / 1e6:.1f} MB")
    if len(leaving) > SHOWN:
        print(f"  and {len(leaving) - SHOWN} more (--json shows all)")
