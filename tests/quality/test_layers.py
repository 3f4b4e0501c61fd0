"""Which room may import which: the table of the design, checked on every module's syntax tree.

A room is named by its longest matching prefix, so that `app.library.importer` can have a rule of its own.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SMALL = (
    "app.errors",
    "app.paths",
    "app.config",
    "app.logs",
    "app.files",
    "app.jobs",
    "app.protocol",
    "app.network_messages",
    "app.search_messages",
    "app.map_messages",
    "app.encoder_messages",
    "app.codec",
    "app.pipe",
    "app.trust",
    "app.wording",
)
COMMON = (*SMALL, "models.types", "models.ids")
EVERYTHING = ("app", "models", "resources")
ENCODERS = ("app.encoders.catalogue", "app.encoders.families", "app.encoders.installed", "app.encoders.shelf")
"""What of the learned encoders can be looked at without torch."""

# What of ours each room may import, besides itself.
ROOMS: dict[str, tuple[str, ...]] = {
    "models": (),
    "app": (),
    **dict.fromkeys(SMALL, COMMON),
    "app.processes": COMMON,
    "app.store": COMMON,
    "app.store.offer_vectors": (*COMMON, "models.int8", "app.store"),
    "app.library": COMMON,
    "app.library.importer": (*COMMON, "app.store", "app.library"),
    "app.library.decode_child": (*COMMON, "app.library", "models.encoders"),
    # Everybody may see which encoders there are; what loads them (and with them torch) is the studio's.
    "app.encoders": COMMON,
    "app.encoders.files": (*COMMON, "app.encoders", "models.encoders.weights"),
    "app.encoders.shelf": (*COMMON, "app.encoders", "models.encoders.weights", "models.encoders.torch_archive"),
    "app.encoders.loading": (*COMMON, "app.encoders", "models.encoders"),
    "app.encoders.trial": (*COMMON, "app.encoders", "models.encoders"),
    "app.player": COMMON,
    "app.peers": (*COMMON, "models.int8"),
    # What of the network process reads and writes the databases; the rest is handed values.
    "app.peers.exchange": (*COMMON, "models.int8", "app.store", "app.peers"),
    "app.peers.publishing": (*COMMON, "models.int8", "app.store", "app.peers"),
    "app.peers.downloading": (*COMMON, "app.store", "app.peers"),
    "app.peers.outside": (*COMMON, "app.store"),
    "app.peers.presence": (*COMMON, "app.store", "app.peers"),
    "app.peers.service": (*COMMON, "app.store", "app.peers"),
    "app.demo": COMMON,
    "app.studio": (*COMMON, "models", "app.store", "app.library", "app.encoders", "app.demo"),
    "app.ui": (*COMMON, "app.store", "app.player", "app.processes", "app.library", *ENCODERS),
    "app.composition": EVERYTHING,
    "app.__main__": EVERYTHING,
    "app.start": EVERYTHING,
    "app.single_instance": COMMON,
    "app.demo_swarm": (*COMMON, "app.demo"),
    "app.cli": EVERYTHING,
    "app.commands": (*COMMON, "app.store", "app.studio", "app.library", "app.processes", "app.composition", "app.demo"),
    "app.commands.doctor": (*COMMON, "app.store", *ENCODERS),
    "app.commands.encoders": (*COMMON, "app.encoders"),
    # A card and a name are read without any network.
    "app.commands.peers": (*COMMON, "app.store", "app.composition", "app.peers.cards", "app.peers.identity"),
    "resources": (),
}

# Where a third-party or large standard package may be imported at all.
START_UP = ("app.__main__", "app.composition", "app.start", "app.single_instance")
ONLY_IN: dict[str, tuple[str, ...]] = {
    "PySide6": ("app.ui", "app.player", *START_UP),
    "shiboken6": ("app.ui", "app.player", *START_UP),
    "sqlite3": ("app.store",),
    # Experiments compare index kinds the product does not have; they stay beside the store, out of `vectors`.
    "lancedb": ("app.store.vectors", "app.store.offer_vectors", "app.store.vector_trials"),
    "pyarrow": ("app.store.vectors", "app.store.offer_vectors", "app.store.vector_trials"),
    "libtorrent": ("app.peers",),
    "ipv8": ("app.peers",),
    "torch": ("models", "app.studio", "app.encoders.trial"),
    "torchvision": ("models",),
    "sklearn": ("models", "app.studio"),
    "transformers": ("models",),
    "open_clip": ("models",),
    "tokenizers": ("models",),
    "librosa": (),
}
MODELS_MAY_USE = frozenset(
    ("numpy", "scipy", "torch", "torchvision", "sklearn", "open_clip", "transformers", "tokenizers")
) | frozenset(("safetensors", "PIL", "implicit"))


def below(name: str, prefix: str) -> bool:
    """Whether the dotted `name` is `prefix` or lies below it."""
    return name == prefix or name.startswith(prefix + ".")


def room_of(module: str) -> str | None:
    """Return the room with the longest name that holds `module`; files right below `app` need their own."""
    rooms = [room for room in ROOMS if below(module, room) and (room != "app" or module == "app")]
    return max(rooms, key=len, default=None)


def imported(module: str, source: str, is_package: bool) -> Iterator[tuple[int, str]]:
    """Yield (line, dotted name) of everything `source` imports, wherever in the file it does."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = module.split(".")[: len(module.split(".")) - node.level + is_package]
                base = ".".join([*parents, base] if base else parents)
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"


def violations(module: str, source: str, is_package: bool = False) -> list[str]:
    """Return what `source`, as the module of that name, imports against the rules: one line each."""
    room = room_of(module)
    if room is None:
        return [f"{module}: has no rule in ROOMS; decide which room it belongs to"]
    said = []
    for line, name in imported(module, source, is_package):
        top = name.partition(".")[0]
        where = f"{module}:{line} imports {name}"
        if top in ("app", "models", "resources"):
            if not any(below(name, allowed) for allowed in (*ROOMS[room], room)) and name != room:
                said.append(f"{where}: {room} may not")
        elif top in ONLY_IN and not any(below(module, place) for place in ONLY_IN[top]):
            said.append(f"{where}: only {', '.join(ONLY_IN[top]) or 'nobody'} may")
        elif room == "models" and top not in MODELS_MAY_USE | sys.stdlib_module_names:
            said.append(f"{where}: models may not")
    return said


def modules() -> list[tuple[str, Path]]:
    """Return (dotted name, path) of every module of ours."""
    found = []
    for path in sorted([*(ROOT / "app").rglob("*.py"), *(ROOT / "models").rglob("*.py")]):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return found


@pytest.mark.parametrize(("module", "path"), modules(), ids=lambda value: value if isinstance(value, str) else "")
def test_module_imports_only_what_its_room_may(module: str, path: Path) -> None:
    found = violations(module, path.read_text(encoding="utf-8"), path.name == "__init__.py")
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source", "problem"),
    [
        ("models.taste", "from app.errors import ModelError", "models may not"),
        ("models.taste", "import requests", "models may not"),
        ("models.taste", "def f():\n    import lancedb", "only app.store.vectors"),
        ("app.store.items", "from app.library import tags", "app.store may not"),
        ("app.store.items", "from models import taste", "app.store may not"),
        (
            "app.store.items",
            "import lancedb",
            "only app.store.vectors, app.store.offer_vectors, app.store.vector_trials may",
        ),
        ("app.library.scanner", "from app.store.items import Items", "app.library may not"),
        ("app.library.scanner", "from ..store import items", "app.library may not"),
        ("app.library.scanner", "import sqlite3", "only app.store may"),
        ("app.studio.trainer", "from PySide6.QtCore import QObject", "only app.ui"),
        ("app.studio.trainer", "from app.ui import theme", "app.studio may not"),
        ("app.ui.pages.library", "from app.studio.search import Search", "app.ui may not"),
        ("app.ui.pages.library", "from models.taste import fit", "app.ui may not"),
        ("app.ui.pages.library", "import torch", "only models"),
        ("app.errors", "from app.store import items", "app.errors may not"),
        ("app.novelty", "import json", "no rule"),
    ],
)
def test_checker_catches(module: str, source: str, problem: str) -> None:
    found = violations(module, source)
    assert len(found) == 1
    assert problem in found[0]


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("models.taste", "import torch, numpy\nfrom models.types import F32\nfrom .types import I64"),
        (
            "app.store.vectors",
            "import lancedb\nfrom app.errors import Corrupt\nfrom models.types import EncoderId",
        ),
        ("app.library.importer", "from app.store.items import Items\nfrom app.library.tags import read"),
        ("app.player.qt", "from PySide6.QtMultimedia import QMediaPlayer\nfrom .base import Player"),
        ("app.composition", "def window():\n    from app.ui.main_window import MainWindow"),
    ],
)
def test_checker_lets_pass(module: str, source: str) -> None:
    assert violations(module, source) == []
