#!/usr/bin/env python3
"""One command for whoever works with a checkout: `python3 packaging/dev.py setup|run|test|bench|lint`.

Needs nothing but Python itself: it makes the environment (`.venv`, or the folder named by BOWERBIRD_VENV),
fills it from `constraints.txt`, looks after the shared libraries Qt needs, and then runs the program or a
tool inside it. Its neighbours `environment.py` and `system_libraries.py` do the work; this file is the
command line, and stays readable by an old Python 3 up to where it says which one is needed.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

PACKAGING = Path(__file__).resolve().parent
ROOT = PACKAGING.parent
SUPPORTED = ((3, 11), (3, 12), (3, 13))
WITHOUT_A_WINDOW = frozenset((
    "scan", "recommend", "similar", "rate", "export", "import", "doctor", "evaluate", "headless",
    "peers", "card", "follow", "unfollow", "block", "unblock", "publish", "discover", "encoders",
))  # fmt: skip


def refusal(version: tuple[int, ...], platform: str) -> str | None:
    """Return what to tell somebody whose Python (`version`, a tuple) cannot run Bowerbird, or None."""
    if tuple(version[:2]) in SUPPORTED:
        return None
    if platform == "darwin":
        remedy = "brew install python@3.12, then python3.12 packaging/dev.py ..."
    elif platform == "win32":
        remedy = "winget install Python.Python.3.12, then py -3.12 packaging/dev.py ..."
    else:
        remedy = (
            "your system's package (Debian, Ubuntu: apt install python3 python3-venv; Fedora: dnf install "
            "python3.12) or https://www.python.org/downloads/, then python3.12 packaging/dev.py ..."
        )
    found = f"{version[0]}.{version[1]}"
    return f"Bowerbird needs Python 3.11, 3.12 or 3.13; this is {found}.\nInstall one: {remedy}"


def lacks_display(arguments: list[str], environ: dict[str, str], platform: str) -> bool:
    """Whether `run` with these arguments would open a window on a Linux without a display."""
    if not platform.startswith("linux") or environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"):
        return False
    if environ.get("QT_QPA_PLATFORM") or any(
        word in ("-h", "--help", "--version", "--offscreen") for word in arguments
    ):
        return False
    words = iter(arguments)
    for word in words:
        if word == "--profile":
            next(words, "")  # the option's value is no command
        elif not word.startswith("-"):
            return word not in WITHOUT_A_WINDOW
    return True


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """Split a command line into our own options and what is handed to the program or tool."""
    ours, passed = arguments, []
    if "--" in arguments:
        cut = arguments.index("--")
        ours, passed = arguments[:cut], arguments[cut + 1 :]
    parser = argparse.ArgumentParser(
        prog="dev.py",
        description="Set Bowerbird up, run it, test it.",
        epilog="dev.py run -- ARGS hands ARGS to Bowerbird.",
    )
    parser.add_argument("command", choices=("setup", "run", "test", "bench", "lint"))
    parser.add_argument("--cuda", action="store_true", help="take the CUDA build of torch, whatever the graphics card")
    parser.add_argument("--offscreen", action="store_true", help="run: without a display, drawing into memory")
    known, others = parser.parse_known_args(ours)
    return known, others + passed


def show(*words: str) -> None:
    """Print one line of progress at once."""
    print("bowerbird:", *words, flush=True)


def main(arguments: list[str]) -> int:
    """Run one command; return its exit status."""
    options, passed = parse(arguments)
    environ = dict(os.environ)
    window = options.command == "run" and not options.offscreen
    if window and lacks_display(passed, environ, sys.platform):
        show("there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set).")
        show(
            "  without a screen:  python3 packaging/dev.py run --offscreen",
            *(["--", *passed] if passed else []),
        )
        show("  without a window:  python3 packaging/dev.py run -- headless   (or: bowerbird headless)")
        return 2

    import environment  # only after the Python in use was found fit
    import system_libraries

    if sys.platform.startswith("linux"):
        screen = window and not environ.get("QT_QPA_PLATFORM") and bool(environ.get("DISPLAY"))
        system_libraries.provide(screen, show)
    groups = {"test": ("dev",), "lint": ("dev",), "bench": ("dev", "bench"), "setup": ("dev",)}.get(options.command, ())
    try:
        made = environment.Environment.of(ROOT, environ)
        made.prepare(groups, cuda=options.cuda, show=show)
    except environment.Failed as failure:
        show(str(failure))
        return 1

    python = str(made.python)
    if options.command == "setup":
        show("ready: " + str(made.folder))
        return 0
    if options.command == "run":
        if options.offscreen:
            environ["QT_QPA_PLATFORM"] = "offscreen"
        return call([python, "-m", "app", *passed], environ)
    environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if options.command == "test":
        return call([python, "-m", "pytest", *passed] if passed else [python, str(PACKAGING / "suite.py")], environ)
    if options.command == "bench":
        return call([python, str(PACKAGING / "bench"), *passed], environ)
    return lint(python, environ)


def lint(python: str, environ: dict[str, str]) -> int:
    """Run ruff and mypy; every one of them, so that one run shows all there is to mend."""
    steps = (
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
        ["mypy"],
        [
            "mypy",
            "packaging/dev.py",
            "packaging/environment.py",
            "packaging/system_libraries.py",
            "packaging/coverage_pairs.py",
            "packaging/suite.py",
        ],
    )
    failed = [step for step in steps if call([python, "-m", *step], environ)]
    for step in failed:
        show("failed: " + " ".join(step))
    return 1 if failed else 0


def call(command: list[str], environ: dict[str, str]) -> int:
    """Run `command` from the repository's root and return its exit status. Ctrl+C is the child's."""
    child = subprocess.Popen(command, cwd=ROOT, env=environ)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue  # the child got the same Ctrl+C from the terminal: let it end in its own way


if __name__ == "__main__":
    PROBLEM = refusal(tuple(sys.version_info[:2]), sys.platform)
    if PROBLEM:
        sys.exit(PROBLEM)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        print("\nbowerbird: stopped", flush=True)
        sys.exit(130)
