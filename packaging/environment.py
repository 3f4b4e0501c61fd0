"""The project's own virtual environment: made, filled from the constraints, left alone while nothing changed.

Called by `dev.py`. Writes only below the environment's folder; a stamp there remembers what was installed for
which constraints and project file, so that the next start costs milliseconds. torch is chosen with care: on a
Linux without an NVIDIA card the ordinary package would bring gigabytes of CUDA that nobody there can use.
"""

from __future__ import annotations

import collections
import hashlib
import json
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
import tomllib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PROBE_SECONDS = 4.0
TORCH = ("torch", "torchvision")
RUNNING = f"{sys.version_info[0]}.{sys.version_info[1]}"

Show = Callable[[str], None]


class Failed(Exception):  # noqa: N818 - named for what happened
    """The environment could not be made; the text says why and what to do."""


@dataclass(frozen=True)
class Environment:
    """The virtual environment of one checkout: `root` is the repository, `folder` the environment."""

    root: Path
    folder: Path

    @classmethod
    def of(cls, root: Path, environ: Mapping[str, str]) -> Environment:
        """Return the environment of the checkout at `root`: `.venv` in it, or what BOWERBIRD_VENV names."""
        return cls(root, Path(environ.get("BOWERBIRD_VENV") or root / ".venv").expanduser().absolute())

    @property
    def python(self) -> Path:
        """The environment's own interpreter."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def constraints(self) -> Path:
        """The pinned versions everything is installed from."""
        return self.root / "packaging" / "constraints.txt"

    @property
    def stamp(self) -> Path:
        """Where it is remembered what was installed."""
        return self.folder / "bowerbird-stamp.json"

    def prepare(self, groups: Iterable[str], *, cuda: bool, show: Show) -> None:
        """Make sure the program's dependencies and those of the optional `groups` are installed.

        Raises Failed when the environment cannot be made or a package cannot be had.
        """
        wanted = {"app", *groups}
        have = self.installed()
        if wanted <= have and not (cuda and "cuda" not in have):
            return
        project = tomllib.loads((self.root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        if not self.works():
            self.create(show)
        if "app" not in have or cuda:
            self.install_torch(cuda, show)
        needs = ["setuptools", *project["dependencies"]]
        for group in sorted((wanted | have) - {"app", "cuda"}):
            needs += project["optional-dependencies"][group]
        show("installing the pinned packages into " + str(self.folder))
        self.pip("install", "-c", str(self.constraints), *needs, show=show)
        self.pip("install", "--no-deps", "--no-build-isolation", "-e", str(self.root), show=show)
        self.remember(wanted | have | ({"cuda"} if cuda else set()))

    def fingerprint(self) -> str:
        """Return a digest of everything that decides what gets installed."""
        parts = [
            self.constraints.read_bytes(),
            (self.root / "pyproject.toml").read_bytes(),
            str(self.root).encode(),
        ]
        return hashlib.sha256(b"\0".join(parts)).hexdigest()

    def installed(self) -> set[str]:
        """Return the groups installed for exactly the present constraints; empty where anything changed."""
        try:
            noted = json.loads(self.stamp.read_text(encoding="utf-8"))
            current = noted["fingerprint"] == self.fingerprint() and self.python.exists()
            return set(noted["groups"]) if current else set()
        except (OSError, ValueError, KeyError, TypeError):
            return set()

    def remember(self, groups: set[str]) -> None:
        """Note that `groups` are installed."""
        note = json.dumps({"fingerprint": self.fingerprint(), "groups": sorted(groups)})
        self.stamp.write_text(note + "\n", encoding="utf-8")

    def works(self) -> bool:
        """Whether the folder holds a usable environment of the Python version now running."""
        probe = "import pip, sys; print('%d.%d' % sys.version_info[:2])"
        try:
            asked = subprocess.run([self.python, "-c", probe], capture_output=True, text=True, check=False, timeout=60)
        except OSError:
            return False
        return asked.returncode == 0 and asked.stdout.strip() == RUNNING

    def create(self, show: Show) -> None:
        """Make the virtual environment anew. Only a folder that is an environment is ever replaced."""
        if self.folder.exists():
            if not (self.folder / "pyvenv.cfg").exists() and any(self.folder.iterdir()):
                raise Failed(f"{self.folder} is in the way and no environment. Move it, or set BOWERBIRD_VENV.")
            shutil.rmtree(self.folder)
        show(f"making a Python {RUNNING} environment in {self.folder}")
        made = subprocess.run([sys.executable, "-m", "venv", self.folder], capture_output=True, text=True, check=False)
        if made.returncode:
            hint = ""
            if "ensurepip" in made.stdout + made.stderr:
                hint = f"\nOn Debian and Ubuntu: apt install python{RUNNING}-venv"
            raise Failed("the environment could not be made:\n" + (made.stdout + made.stderr).strip() + hint)

    def install_torch(self, cuda: bool, show: Show) -> None:
        """Install torch and torchvision: the CPU build where CUDA would be of no use and it can be had."""
        version, vision = (pins(self.constraints)[name] for name in TORCH)
        if not sys.platform.startswith("linux"):
            return  # the ordinary package is the right one there; it comes with the others
        if cuda or has_nvidia():
            if not self.holds(f"torch-{version}"):
                show("torch: the CUDA build, " + ("as asked" if cuda else "for the NVIDIA card found here"))
                show("torch: that is several gigabytes to download")
                # === leaves out a local CPU build; the packages of CUDA come with the others.
                exact = [f"torch==={version}", f"torchvision==={vision}"]
                self.pip("install", "--force-reinstall", "--no-deps", *exact, show=show)
            return
        if self.holds(f"torch-{version}*"):
            return
        if reachable(CPU_INDEX + "/torch/"):
            show("torch: the CPU build, from download.pytorch.org (--cuda takes the other)")
            try:
                # Alone and without dependencies: that index carries other versions of them than we pin.
                both = [f"torch=={version}", f"torchvision=={vision}"]
                self.pip("install", "--no-deps", "--index-url", CPU_INDEX, *both, show=show)
                return
            except Failed:
                show("torch: the index of CPU builds failed; asking pip's own sources")
        found, gpu = self.offered(f"torch=={version}")
        if gpu:
            show(f"torch: only the CUDA build ({found}) can be had: {CPU_INDEX} is not reachable from here")
            show("torch: it brings several gigabytes that are of no use without an NVIDIA card")
            if sys.stdin.isatty() and input("bowerbird: download it? [y/N] ").strip().lower() != "y":
                raise Failed("nothing was downloaded; try again where download.pytorch.org can be reached")
        else:
            show(f"torch: the CPU build ({found}) that pip's own configuration offers (--cuda takes the other)")
        # torchvision comes with the other packages: whatever build it is, it runs beside a CPU torch.
        self.pip("install", "--no-deps", f"torch=={version}", show=show)

    def holds(self, distribution: str) -> bool:
        """Whether a distribution (`name-version`, with * for any ending) is installed in the environment."""
        pattern = f"{distribution}.dist-info" if not distribution.endswith("*") else f"{distribution}dist-info"
        places = ("lib/*/site-packages/", "Lib/site-packages/")
        return any(True for place in places for _ in self.folder.glob(place + pattern))

    def offered(self, requirement: str) -> tuple[str, bool]:
        """Return the version pip would take for `requirement`, and whether that build brings CUDA along."""
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder) / "report.json"
            self.pip(
                "install",
                "--dry-run",
                "--ignore-installed",
                "--no-deps",
                "--report",
                str(report),
                requirement,
            )
            return build_of(json.loads(report.read_text(encoding="utf-8")))

    def pip(self, *arguments: str, show: Show | None = None) -> None:
        """Run pip inside the environment; large downloads get a line. Raises Failed with pip's last words."""
        command = [str(self.python), "-m", "pip", *arguments, "--no-input", "--disable-pip-version-check"]
        environ = {**os.environ, "PYTHONUNBUFFERED": "1"}
        last: collections.deque[str] = collections.deque(maxlen=25)
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environ,
            encoding="utf-8",
            errors="replace",
        ) as child:
            assert child.stdout is not None
            for line in child.stdout:
                last.append(line.rstrip())
                said = download_line(line)
                if said and show:
                    show("  " + said)
        if child.returncode:
            raise Failed("pip failed:\n  " + "\n  ".join(last))


def pins(constraints: Path) -> dict[str, str]:
    """Return the version of every package named in a constraints file, by its lower-case name."""
    found = re.findall(r"^([A-Za-z0-9_.-]+)==([^\s;]+)", constraints.read_text(encoding="utf-8"), re.MULTILINE)
    return {name.lower(): version for name, version in found}


def download_line(line: str) -> str:
    """Return what to show for a line of pip's output: downloads of 10 MB and more, else nothing."""
    match = re.match(r"\s*Downloading \S*?([^/\s]+?)(?:-\d[^-\s]*)\S* \((\d+(?:\.\d+)? [MG]B)\)", line)
    if match is None:
        return ""
    amount, unit = match[2].split()
    return f"{match[1]}, {match[2]}" if unit == "GB" or float(amount) >= 10 else ""


def build_of(report: Mapping[str, Any]) -> tuple[str, bool]:
    """Read pip's installation report on torch: its version, and whether it requires NVIDIA's packages."""
    metadata = report["install"][0]["metadata"]
    gpu = any(re.match(r"(nvidia|cuda|triton)\b", need) for need in metadata.get("requires_dist", ()))
    return metadata["version"], gpu


def has_nvidia() -> bool:
    """Whether this Linux has an NVIDIA card with its driver."""
    return Path("/proc/driver/nvidia").exists() or shutil.which("nvidia-smi") is not None


def reachable(address: str) -> bool:
    """Whether `address` answers within seconds. Asked once: an unreachable index costs pip 9 s a package."""
    try:
        with urllib.request.urlopen(address, timeout=PROBE_SECONDS):
            return True
    except urllib.error.HTTPError:
        return True
    except urllib.error.URLError as error:
        return isinstance(error.reason, ssl.SSLError)  # pip may know the certificate that we do not
    except OSError:
        return False
