"""The shared libraries Qt's wheels expect from a Linux system: which are missing, and how to get them.

Called by `dev.py` before anything is installed. Loads each library once to see whether the system has it; as
root on Debian or Ubuntu it installs what is missing through apt-get, anywhere else it prints the command.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class SystemLibrary:
    """A shared library by its soname and the Debian packages that carry it, the newest name first."""

    soname: str
    packages: tuple[str, ...]


# Found missing one by one on a bare Debian 12. Without libXrandr the player is dead without an error signal.
OFFSCREEN = (
    SystemLibrary("libglib-2.0.so.0", ("libglib2.0-0t64", "libglib2.0-0")),
    SystemLibrary("libEGL.so.1", ("libegl1",)),
    SystemLibrary("libGL.so.1", ("libgl1",)),
    SystemLibrary("libxkbcommon.so.0", ("libxkbcommon0",)),
    SystemLibrary("libfontconfig.so.1", ("libfontconfig1",)),
    SystemLibrary("libdbus-1.so.3", ("libdbus-1-3",)),
    SystemLibrary("libgssapi_krb5.so.2", ("libgssapi-krb5-2",)),
    SystemLibrary("libpulse.so.0", ("libpulse0",)),
    SystemLibrary("libXrandr.so.2", ("libxrandr2",)),
)
X11_WINDOW = (
    SystemLibrary("libxkbcommon-x11.so.0", ("libxkbcommon-x11-0",)),
    SystemLibrary("libxcb-cursor.so.0", ("libxcb-cursor0",)),
    SystemLibrary("libxcb-icccm.so.4", ("libxcb-icccm4",)),
    SystemLibrary("libxcb-keysyms.so.1", ("libxcb-keysyms1",)),
    SystemLibrary("libxcb-shape.so.0", ("libxcb-shape0",)),
    SystemLibrary("libxcb-image.so.0", ("libxcb-image0",)),
    SystemLibrary("libxcb-render-util.so.0", ("libxcb-render-util0",)),
)


def provide(window: bool, show: Callable[[str], None]) -> None:
    """Install what is missing where that is ours to do, otherwise say how; never ends the program.

    What Qt lacks it also reports itself, so an unknown system is given the chance to run all the same.
    """
    missing = absent(OFFSCREEN + (X11_WINDOW if window else ()))
    if not missing:
        return
    show("missing shared libraries: " + ", ".join(library.soname for library in missing))
    if shutil.which("apt-get") and os.geteuid() == 0:
        install(missing, show)
    else:
        show("install them with: " + command_for(missing))


def absent(libraries: Iterable[SystemLibrary]) -> list[SystemLibrary]:
    """Return those of `libraries` that the dynamic linker cannot load."""
    return [library for library in libraries if not loads(library.soname)]


def loads(soname: str) -> bool:
    """Whether the dynamic linker finds and loads `soname`."""
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def install(missing: list[SystemLibrary], show: Callable[[str], None]) -> None:
    """Install the packages of `missing` with apt-get (as root)."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "-qq", "update"], env=quiet, check=False)
    names = [package_of(library, known_to_apt) for library in missing]
    show("apt-get install " + " ".join(names))
    done = subprocess.run(
        ["apt-get", "-qq", "-y", "--no-install-recommends", "install", *names],
        env=quiet,
        check=False,
        stdout=subprocess.DEVNULL,
    )
    still = absent(missing)
    if done.returncode or still:
        show("apt-get could not provide " + ", ".join(library.soname for library in still or missing))


def package_of(library: SystemLibrary, known: Callable[[str], bool]) -> str:
    """Return the first package name of `library` that this release of Debian or Ubuntu knows."""
    return next((name for name in library.packages if known(name)), library.packages[-1])


def known_to_apt(package: str) -> bool:
    """Whether apt has a real (not only virtual) package of that name."""
    asked = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False)
    return asked.returncode == 0 and asked.stdout.startswith(b"Package:")


def command_for(missing: list[SystemLibrary]) -> str:
    """Return the shell command that provides `missing` on this system, as far as one is known."""
    if shutil.which("apt-get"):
        return "sudo apt-get install " + " ".join(package_of(library, known_to_apt) for library in missing)
    wanted = " ".join("'" + library.soname + "()(64bit)'" for library in missing)
    for tool in ("dnf", "zypper"):  # both resolve a library's soname to the package that carries it
        if shutil.which(tool):
            return "sudo " + tool + " install " + wanted
    return "your system's packages for " + " ".join(library.soname for library in missing)
