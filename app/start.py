"""Opens the window: arguments, one instance for each profile, the first paint, and only then the studio.

Called by `app/__main__.py` when no command was given. The order matters for speed: what the first paint does not need
is imported and started after it.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import types
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from app.config import LANGUAGE, REDUCED_MOTION, THEME, Settings
from app.errors import BowerbirdError
from app.logs import start_logging
from app.paths import RESOURCES, Profile

if TYPE_CHECKING:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    from app.single_instance import SingleInstance

log = logging.getLogger(__name__)

NO_DISPLAY = """Bowerbird: there is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set).
  With a desktop:       log in there and start Bowerbird again.
  Without a window:     bowerbird headless DIR     keeps a library scanned, analysed and ranked
                        bowerbird recommend        prints what you would love
  For tests:            bowerbird --offscreen      runs the window in memory"""


def parser() -> argparse.ArgumentParser:
    """The arguments of the window."""
    made = argparse.ArgumentParser(
        prog="bowerbird",
        description="A local-first media player that learns your taste.",
        epilog="Commands without a window: scan, recommend, similar, search, rate, export, import, doctor, evaluate, "
        "headless, encoders; for the network: discover, publish, peers, card, follow, unfollow, block, unblock. "
        "More: bowerbird COMMAND --help",
    )
    made.add_argument("folders", nargs="*", type=Path, metavar="DIR", help="folders to take into the library")
    made.add_argument("--profile", type=Path, help="another place for library, vectors and settings")
    made.add_argument("--demo", action="store_true", help="a library of its own with synthesised music and films")
    made.add_argument("--offscreen", action="store_true", help="run without a display (for tests)")
    made.add_argument("--verbose", action="store_true", help="log everything to the terminal")
    return made


def open_window(arguments: Sequence[str]) -> int:
    """Run the window until it is closed. Exit status: 0, 2 without a display, 3 when the profile cannot be used."""
    options = parser().parse_args(arguments)
    if options.offscreen:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    elif not has_display():
        print(NO_DISPLAY, file=sys.stderr)
        return 2
    if not options.verbose:
        # Qt tells the terminal of every codec library it looks for, and of every stream it opens.
        os.environ.setdefault("QT_LOGGING_RULES", "qt.multimedia.ffmpeg*=false;qt.multimedia.symbolsresolver=false")
    profile = profile_of(options.profile, demo=options.demo)
    profile.make()
    start_logging(profile.logs, "window", verbose=options.verbose)
    folders = [str(folder.expanduser().absolute()) for folder in options.folders]

    from PySide6.QtWidgets import QApplication

    application = QApplication(["bowerbird"])
    application.setApplicationName("Bowerbird")
    application.setDesktopFileName("bowerbird")
    from app.single_instance import SingleInstance

    instance = SingleInstance(profile.root)
    if not instance.begin(folders):
        return 0
    return _run(application, instance, profile, folders, demo=options.demo)


def has_display() -> bool:
    """Whether a window can be shown: always but on a Linux or BSD without X11 and Wayland."""
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def profile_of(given: Path | None, *, demo: bool) -> Profile:
    """The profile asked for. The demo has one of its own, so that it never mixes with the user's library."""
    if given is not None:
        return Profile.at(given)
    default = Profile.default()
    return Profile.at(default.root.with_name(default.root.name + "-demo")) if demo else default


def _run(
    application: QApplication, instance: SingleInstance, profile: Profile, folders: list[str], *, demo: bool
) -> int:
    from app.ui.languages import install_language
    from app.ui.theme import Theme

    settings = Settings(profile.settings)
    swarm = None
    if demo:
        from app.demo_swarm import DemoSwarm

        swarm = DemoSwarm(profile)
        swarm.prepare(settings)
    theme = Theme()
    theme.reduced_motion = settings.get(REDUCED_MOTION)
    theme.apply(application, settings.get(THEME))
    translators = install_language(application, settings.get(LANGUAGE), RESOURCES / "translations")

    from app.composition import compose

    try:
        running = compose(profile, settings, theme)
    except BowerbirdError as error:
        _refuse(error)
        return 3
    from PySide6.QtCore import QTimer

    from app.protocol import MakeDemo
    from app.ui.bug_report import report_bugs
    from app.ui.collecting import collect_here

    window = running.window
    report_bugs(window)
    collect_here(window)
    instance.came.connect(window.folders_dropped)
    instance.called.connect(running.come_to_front)
    window.show()

    def after_first_paint() -> None:
        instance.listen()
        running.start()
        if folders:
            window.folders_dropped.emit(folders)
        if demo:
            running.studio.ask(MakeDemo, lambda _event: None)
        if swarm is not None:
            swarm.start()

    QTimer.singleShot(0, after_first_paint)
    ticker = _quit_on_signals(application)
    status = application.exec()
    instance.stop_listening()
    running.close()
    if swarm is not None:
        swarm.close()
    instance.close()
    del translators, ticker
    return status


def _quit_on_signals(application: QApplication) -> QTimer:
    """Let SIGINT and SIGTERM close the window in order. Python only sees them between two events: hence a timer."""
    from PySide6.QtCore import QTimer

    def leave(_number: int, _frame: types.FrameType | None) -> None:
        application.closeAllWindows()
        application.quit()

    signal.signal(signal.SIGINT, leave)
    signal.signal(signal.SIGTERM, leave)
    ticker = QTimer(application)
    ticker.start(250)
    ticker.timeout.connect(lambda: None)
    return ticker


def _refuse(error: BowerbirdError) -> None:
    """Say why the program cannot start: on the terminal, and where there is a desktop in a dialog."""
    from PySide6.QtCore import Qt
    from PySide6.QtWidgets import QMessageBox

    print(f"bowerbird: {error}", file=sys.stderr)
    log.warning("cannot start: %s", error.title)
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        return
    box = QMessageBox(QMessageBox.Icon.Warning, "Bowerbird", error.title)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setInformativeText(f"{error.detail}\n{error.path or ''}".strip())
    box.exec()
