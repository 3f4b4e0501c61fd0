"""The translations are whole: every text of the code is in them, finished, and compiled."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element, parse

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "packaging"))

import translations  # noqa: E402

TS = sorted(translations.FOLDER.glob("*.ts"))


def messages(path: Path) -> Iterator[tuple[str, str, Element]]:
    """Yield (context, source, message) of every text in a .ts file."""
    for context in parse(path).getroot().iter("context"):
        for message in context.iter("message"):
            yield context.findtext("name", ""), message.findtext("source", ""), message


def said(message: Element) -> list[str]:
    """The translation, or all its numerus forms."""
    found = message.find("translation")
    assert found is not None
    return [form.text or "" for form in found.findall("numerusform")] or [found.text or ""]


def blanks(text: str) -> Counter[str]:
    """What is filled in: {names}, %n and %s."""
    return Counter(re.findall(r"\{\w*\}|%[ns]", text))


def test_there_is_a_file_for_every_language() -> None:
    assert [path.stem for path in TS] == sorted(f"bowerbird_{language}" for language in translations.LANGUAGES)


@pytest.mark.parametrize("path", TS, ids=lambda path: path.stem)
def test_every_text_is_translated(path: Path) -> None:
    open_ones = [
        (context, source)
        for context, source, message in messages(path)
        if message.find("translation[@type]") is not None or not all(said(message))
    ]
    assert open_ones == []


@pytest.mark.parametrize("path", TS, ids=lambda path: path.stem)
def test_what_is_filled_in_is_the_same(path: Path) -> None:
    wrong = [
        (context, source, text)
        for context, source, message in messages(path)
        for text in said(message)
        if blanks(text) != blanks(source)
    ]
    assert wrong == []


def test_every_text_of_the_code_is_there(tmp_path: Path) -> None:
    for path in TS:
        shutil.copy(path, tmp_path)
    translations.update(tmp_path)
    for path in TS:
        kept = {(context, source) for context, source, _ in messages(path)}
        found = {(context, source) for context, source, _ in messages(tmp_path / path.name)}
        assert found == kept, "run: python packaging/translations.py update, translate what is new, then release"


def test_what_the_window_loads_is_what_was_translated(tmp_path: Path) -> None:
    translations.release(target=tmp_path)
    for path in TS:
        made, kept = tmp_path / f"{path.stem}.qm", path.with_suffix(".qm")
        assert made.read_bytes() == kept.read_bytes(), "run: python packaging/translations.py release"


def test_anything_else_is_explained() -> None:
    ran = subprocess.run(
        [sys.executable, str(ROOT / "packaging" / "translations.py"), "help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 2
    assert "update" in ran.stdout
