"""The environment's bookkeeping: the stamp, torch's builds, and pip's output. Nothing is installed here."""

from __future__ import annotations

import ast
import importlib.metadata
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "packaging"))

import environment  # noqa: E402


@pytest.fixture
def checkout(tmp_path: Path) -> environment.Environment:
    """A checkout with constraints and a project file, and an environment folder with an interpreter in it."""
    (tmp_path / "packaging").mkdir()
    (tmp_path / "packaging" / "constraints.txt").write_text("torch==2.0\nTomlKit==1.0 ; python_version > '3'\n")
    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = []\n")
    made = environment.Environment.of(tmp_path, {})
    made.python.parent.mkdir(parents=True)
    made.python.touch()
    return made


def test_folder_is_in_the_checkout_unless_told_otherwise(tmp_path: Path) -> None:
    assert environment.Environment.of(tmp_path, {}).folder == tmp_path / ".venv"
    other = environment.Environment.of(tmp_path, {"BOWERBIRD_VENV": str(tmp_path / "else")})
    assert other.folder == tmp_path / "else"


def test_stamp_holds_until_constraints_or_project_change(checkout: environment.Environment) -> None:
    assert checkout.installed() == set()
    checkout.remember({"app", "dev"})
    assert checkout.installed() == {"app", "dev"}
    checkout.constraints.write_text("torch==2.1\n")
    assert checkout.installed() == set()


def test_damaged_stamp_means_nothing_is_installed(checkout: environment.Environment) -> None:
    checkout.remember({"app"})
    checkout.stamp.write_text("{]")
    assert checkout.installed() == set()


def test_prepared_environment_is_left_alone(checkout: environment.Environment) -> None:
    checkout.remember({"app", "dev"})
    said: list[str] = []
    checkout.prepare(("dev",), cuda=False, show=said.append)
    assert said == []


def test_folder_that_is_no_environment_is_never_removed(checkout: environment.Environment) -> None:
    treasure = checkout.folder / "letters.txt"
    treasure.write_text("dear")
    with pytest.raises(environment.Failed, match="in the way"):
        checkout.create(lambda line: None)
    assert treasure.read_text() == "dear"


def test_pins_are_read_with_and_without_markers(checkout: environment.Environment) -> None:
    assert environment.pins(checkout.constraints) == {"torch": "2.0", "tomlkit": "1.0"}


def test_installed_builds_are_told_apart(checkout: environment.Environment) -> None:
    (checkout.folder / "lib/python3.11/site-packages/torch-2.0+cpu.dist-info").mkdir(parents=True)
    assert checkout.holds("torch-2.0*")
    assert not checkout.holds("torch-2.0")
    assert not checkout.holds("torch-2.1*")


@pytest.mark.parametrize(
    ("needs", "gpu"),
    [
        (["numpy", "sympy>=1.13"], False),
        (["filelock", 'nvidia-cudnn-cu13==9.20; platform_system == "Linux"'], True),
        (['cuda-toolkit[cublas]==13.0.3; platform_system == "Linux"'], True),
    ],
)
def test_build_is_known_by_what_it_requires(needs: list[str], gpu: bool) -> None:
    report = {"install": [{"metadata": {"version": "2.0", "requires_dist": needs}}]}
    assert environment.build_of(report) == ("2.0", gpu)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("  Downloading numpy-2.4.6-cp311-cp311-manylinux_2_28_x86_64.whl (16.8 MB)\n", "numpy, 16.8 MB"),
        ("Downloading https://x.org/a/torch-2.0%2Bcpu-cp311-linux.whl (1.1 GB)\n", "torch, 1.1 GB"),
        ("  Downloading idna-3.20-py3-none-any.whl (70 kB)\n", ""),
        ("  Downloading pip_tools-3.2-py3-none-any.whl (2.1 MB)\n", ""),
        ("Collecting numpy\n", ""),
    ],
)
def test_only_large_downloads_are_shown(line: str, expected: str) -> None:
    assert environment.download_line(line) == expected


def project() -> dict[str, Any]:
    read: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return read


def normal(name: str) -> str:
    return name.lower().replace("_", "-")


def test_every_dependency_of_the_project_is_pinned() -> None:
    pinned = {normal(name) for name in environment.pins(ROOT / "packaging" / "constraints.txt")}
    groups = project()["project"]["optional-dependencies"].values()
    wanted = [*project()["project"]["dependencies"], *(name for group in groups for name in group)]
    assert [name for name in wanted if normal(name) not in pinned] == []


def test_everything_imported_is_a_dependency() -> None:
    carriers = importlib.metadata.packages_distributions()
    declared = {normal(name) for name in project()["project"]["dependencies"]}
    # What comes with a dependency as part of its interface.
    declared |= {"pyarrow", "shiboken6"}
    missing = set()
    for path in [*(ROOT / "app").rglob("*.py"), *(ROOT / "models").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module or ""]
            for top in {name.partition(".")[0] for name in names} - sys.stdlib_module_names - {"app", "models"}:
                if not {normal(carrier) for carrier in carriers.get(top, [top])} & declared:
                    missing.add(f"{path.relative_to(ROOT)}: {top}")
    assert missing == set()


def test_every_package_of_ours_is_installed_with_the_project() -> None:
    from setuptools import find_namespace_packages

    wanted = project()["tool"]["setuptools"]["packages"]["find"]["include"]
    found = set(find_namespace_packages(str(ROOT), include=wanted))
    there = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for top in ("app", "models")
        for path in (ROOT / top).rglob("*.py")
    }
    assert there <= found
    assert "resources.migrations" in found
    assert not any(name.startswith(("tests", "packaging")) for name in found)
