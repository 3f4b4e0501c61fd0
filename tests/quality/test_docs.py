"""What a newcomer reads is there and true: docstrings, names of the vocabulary, what the README names."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = sorted(path for top in ("app", "models", "packaging") for path in (ROOT / top).rglob("*.py"))
TESTS = sorted((ROOT / "tests").rglob("*.py"))

BANNED = {"manager", "helper", "helpers", "util", "utils", "data", "info", "entry", "media", "content"}
# MediaError is in the tree of errors; media keys are what keyboards call theirs.
ALLOWED_NAMES = {"MediaError", "is_media_key"}


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def public(tree: ast.Module) -> Iterator[ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield the module's own public classes and functions."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.name[0] != "_":
            yield node


def words_of(name: str) -> set[str]:
    """Split a CamelCase or snake_case name into its words, in lower case."""
    return {word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)}


@pytest.mark.parametrize("path", [*OURS, *TESTS], ids=name_of)
def test_module_says_what_lives_there(path: Path) -> None:
    if not path.read_text(encoding="utf-8").strip():
        assert path.name == "__init__.py"
        return
    assert (ast.get_docstring(tree_of(path)) or "").strip(), "no docstring"


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_public_names_say_what_they_are(path: Path) -> None:
    # A `main` is what its module's docstring describes.
    bare = [node.name for node in public(tree_of(path)) if not ast.get_docstring(node) and node.name != "main"]
    assert bare == []


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_names_come_from_the_vocabulary(path: Path) -> None:
    names = [path.stem, *(node.name for node in public(tree_of(path)))]
    assert [name for name in names if words_of(name) & BANNED and name not in ALLOWED_NAMES] == []


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_file_can_be_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500


def test_splitting_names_finds_the_banned_ones() -> None:
    assert words_of("LibraryManager") & BANNED
    assert words_of("tag_info") & BANNED
    assert words_of("HTTPData") & BANNED
    assert not words_of("Database") & BANNED
    assert not words_of("mediator") & BANNED


def test_files_named_by_the_readme_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    linked = {target for target in re.findall(r"\]\(([^)#\s]+)\)", text) if "://" not in target}
    quoted = set(re.findall(r"`((?:app|models|packaging|resources|tests|\.ci)/[\w./-]*)`", text))
    commands = set(re.findall(r"python3? (packaging/\S+\.py)", text))
    assert commands
    assert [name for name in sorted(linked | quoted | commands) if not (ROOT / name).exists()] == []


def test_commands_named_by_the_readme_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    dev = (ROOT / "packaging" / "dev.py").read_text(encoding="utf-8")
    for command in re.findall(r"packaging/dev\.py (\w+)", text):
        assert f'"{command}"' in dev
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["scripts"]
    assert set(scripts) == {"bowerbird"}
