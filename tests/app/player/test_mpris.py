"""MPRIS on a private bus, seen by `playerctl` and `dbus-send`; skipped, visibly, where there is no D-Bus."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

PROGRAM = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from PySide6.QtCore import QTimer
    from PySide6.QtGui import QGuiApplication
    from app.player.mpris import Mpris
    from app.player.null import NullPlayer, Piece
    from app.player.playable import Playable
    from app.player.session import PlaySession

    class Shelf:
        def resolve(self, item):
            return Playable(item, Path(f"/music/{item}.flac"), 100.0, f"title {item}", "Ann <b>", "Album")

    class Places:
        def save(self, item, seconds):
            pass

    app = QGuiApplication([])
    player = NullPlayer(lambda source: Piece(100.0))
    session = PlaySession(player, Shelf(), Places())
    mpris = Mpris(session, show=lambda: print("shown", flush=True), leave=app.quit, art=lambda piece: "file:///c.jpg")
    print("started", mpris.start(), flush=True)
    session.play_items([1, 2, 3])
    timer = QTimer()
    timer.timeout.connect(lambda: player.advance(0.0))
    timer.start(10)
    QTimer.singleShot(60_000, app.quit)
    app.exec()
    mpris.close()
    print("left", flush=True)
    """
)

STEER = textwrap.dedent(
    """
    set -eu
    "$1" -c "$2" &
    for n in $(seq 1 200); do playerctl -p bowerbird status >/dev/null 2>&1 && break; sleep 0.05; done
    # A piece that is just being opened cannot be sought in, and playerctl then does nothing: ask again.
    ask() {
        for n in $(seq 1 100); do playerctl -p bowerbird "$@" && return 0; sleep 0.05; done
        return 1
    }
    dbus-monitor --session "type='signal',path='/org/mpris/MediaPlayer2'" > "$3" &
    monitor=$!
    for n in $(seq 1 200); do grep -q NameAcquired "$3" && break; sleep 0.05; done
    echo "status=$(ask status)"
    echo "title=$(ask metadata --format '{{title}}|{{artist}}|{{album}}|{{xesam:url}}|{{mpris:artUrl}}')"
    echo "length=$(ask metadata --format '{{mpris:length}}')"
    ask next
    echo "next=$(ask metadata title)"
    ask position 42
    echo "position=$(ask position)"
    ask pause
    echo "paused=$(ask status)"
    ask play-pause
    echo "again=$(ask status)"
    ask volume 0.25
    echo "volume=$(ask volume)"
    ask loop Track
    echo "loop=$(ask loop)"
    ask shuffle On
    echo "shuffle=$(ask shuffle)"
    ask stop
    echo "stopped=$(ask status)"
    send() { dbus-send --session --print-reply --dest=org.mpris.MediaPlayer2.bowerbird /org/mpris/MediaPlayer2 "$@"; }
    send org.mpris.MediaPlayer2.Raise > /dev/null
    send org.freedesktop.DBus.Properties.GetAll string:org.mpris.MediaPlayer2 | grep -c 'string "Bowerbird"'
    send org.mpris.MediaPlayer2.Quit > /dev/null
    wait %1
    kill $monitor
    """
)


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT), **more}


@pytest.mark.skipif(
    not all(shutil.which(name) for name in ("dbus-run-session", "playerctl", "dbus-send", "dbus-monitor")),
    reason="needs dbus-run-session, dbus-send, dbus-monitor and playerctl",
)
def test_players_on_the_desktop_see_and_steer_it(tmp_path: Path) -> None:
    heard = tmp_path / "heard"
    done = subprocess.run(
        ["dbus-run-session", "--", "bash", "-c", STEER, "steer", sys.executable, PROGRAM, str(heard)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert {"started True", "shown", "left"} <= set(lines)
    answers = dict(line.split("=", 1) for line in lines if "=" in line)
    # playerctl itself adds the time that has passed since the player answered.
    assert float(answers.pop("position")) == pytest.approx(42, abs=5)
    assert answers == {
        "status": "Playing",
        "title": "title 1|Ann <b>|Album|file:///music/1.flac|file:///c.jpg",
        "length": "100000000",
        "next": "title 2",
        "paused": "Paused",
        "again": "Playing",
        "volume": "0.250000",
        "loop": "Track",
        "shuffle": "On",
        "stopped": "Stopped",
    }
    signals = heard.read_text()
    assert signals.count("member=PropertiesChanged") >= 6
    assert "title 2" in signals
    assert "member=Seeked" in signals


def test_without_a_session_bus_it_stays_silent() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            PROGRAM.replace("QTimer.singleShot(60_000, app.quit)", "QTimer.singleShot(0, app.quit)"),
        ],
        env=environment(DBUS_SESSION_BUS_ADDRESS="unix:path=/nonexistent/bus"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["started", "False", "left"]
