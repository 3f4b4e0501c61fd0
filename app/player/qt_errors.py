"""What `qt.QtPlayer` says when something cannot be played: the title, the reason and a remedy. Words only."""

from __future__ import annotations

from PySide6.QtMultimedia import QMediaPlayer

from app.errors import PlayerError
from app.player.base import Source, name_of, path_of


def no_backend() -> PlayerError:
    """This system lacks a library that Qt's media backend loads."""
    return PlayerError(
        "Nothing can be played on this system",
        "Qt found no multimedia backend. On Debian and Ubuntu, libxrandr2 or libpulse0 is most often"
        " missing: install them with `apt install libxrandr2 libpulse0` and start Bowerbird again.",
    )


def no_such_track(index: int) -> PlayerError:
    """A choice of audio or subtitle track that the file does not have."""
    return PlayerError("There is no such track in this file", f"Number {index + 1} was asked for.")


def not_there(source: Source) -> PlayerError:
    """A file that is gone or on a drive that is not connected."""
    return PlayerError(
        "This file is not there",
        f"{name_of(source)} was moved or deleted, or its drive is not connected.",
        path_of(source),
    )


def no_picture(source: Source, codec: str) -> PlayerError:
    """The watchdog's: sound may come, but no picture does."""
    kind = f"Its video is {codec}" if codec else "Its video is in a format"
    return PlayerError(
        "This video cannot be shown",
        f"{name_of(source)}: {kind}, which the built-in player cannot decode on this computer. Convert it to"
        " H.264 or VP9, or open it in another player.",
        path_of(source),
    )


def nothing_in_it(source: Source) -> PlayerError:
    """Ready to play, but nothing comes."""
    return PlayerError(
        "This file cannot be played",
        f"{name_of(source)} looks right at its beginning, but no sound or picture came out of it.",
        path_of(source),
    )


def broken(source: Source, error: QMediaPlayer.Error, text: str) -> PlayerError:
    """Qt's own error, in words that say what to do."""
    name = name_of(source)
    path = path_of(source)
    if error == QMediaPlayer.Error.FormatError:
        detail = f"{name} is damaged or in a format the built-in player does not know."
        return PlayerError("This file cannot be played", _with(detail, text), path)
    if error == QMediaPlayer.Error.NetworkError:
        return PlayerError("The connection broke off", _with(f"{name} could not be fetched.", text), path)
    if error == QMediaPlayer.Error.AccessDeniedError:
        detail = f"You have no permission to read {name}."
        return PlayerError("This file cannot be opened", _with(detail, text), path)
    return PlayerError("This file cannot be opened", _with(f"{name} could not be read.", text), path)


def _with(detail: str, text: str) -> str:
    return f"{detail} (Qt: {text})" if text else detail
