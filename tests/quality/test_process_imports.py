"""The window's process stays light: nothing it may ever import brings torch, LanceDB and their like along.

Every module below app.ui and app.player, and whatever the start-up imports, is imported in one process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEAVY = (
    "torch",
    "torchvision",
    "lancedb",
    "pyarrow",
    "sklearn",
    "transformers",
    "open_clip",
    "librosa",
    "scipy",
)
START_UP = (
    "app.__main__",
    "app.start",
    "app.single_instance",
    "app.composition",
    "app.processes",
    "app.protocol",
    "app.config",
)

IMPORT_ALL = """
import importlib, json, sys
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def window_modules() -> list[str]:
    """Return the dotted names of all modules the window's process may import."""
    paths = [path for room in ("ui", "player") for path in sorted((ROOT / "app" / room).rglob("*.py"))]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    there = [name for name in START_UP if (ROOT / (name.replace(".", "/") + ".py")).is_file()]
    return [name.removesuffix(".__init__") for name in names] + there


def loaded_after(names: list[str]) -> set[str]:
    """Return the top-level packages in sys.modules after importing `names` in a fresh process."""
    environ = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    ran = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, json.dumps(names)],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return set(json.loads(ran.stdout.splitlines()[-1]))


def test_window_process_stays_without_machine_learning() -> None:
    loaded = loaded_after(window_modules())
    assert loaded & set(HEAVY) == set()
    assert "app" in loaded


def test_the_studio_heals_before_it_imports_what_learns() -> None:
    assert loaded_after(["app.studio.__main__", "app.studio.service"]) & {"torch", "sklearn", "transformers"} == set()


def test_the_probe_sees_what_a_module_brings_along() -> None:
    assert "scipy" in loaded_after(["scipy.signal"])
