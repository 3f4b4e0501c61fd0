"""The window's texts in other languages: collect them from the code, and compile what was translated.

    python packaging/translations.py update     new texts into resources/translations/bowerbird_*.ts
    python packaging/translations.py release    the .ts files into the .qm files that the window loads

Both tools come with PySide6. The .ts files are for translators (Qt Linguist opens them); both kinds are kept under
version control, so that users need neither tool. `bowerbird_en` holds only the singular and plural forms of English.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "resources" / "translations"
LANGUAGES = ("de", "en")
ONLY_PLURALS = ("en",)


def sources() -> list[str]:
    """Every module with texts for the window, by its path below the root."""
    paths = [*(ROOT / "app" / "ui").rglob("*.py"), ROOT / "app" / "wording.py"]
    return sorted(path.relative_to(ROOT).as_posix() for path in paths)


def tool(name: str) -> str:
    """Where a tool of PySide6 lies, beside the interpreter that runs this."""
    found = Path(sys.executable).with_name(f"pyside6-{name}")
    return str(found if found.exists() else found.with_suffix(".exe"))


def update(folder: Path = FOLDER) -> None:
    """Collect the texts into the .ts files in `folder`: new ones unfinished, those no longer used left out."""
    for language in LANGUAGES:
        # Places in the code are left out: every change of a line would change these files.
        options = ["-no-obsolete", "-locations", "none", "-source-language", "en", "-target-language", language]
        if language in ONLY_PLURALS:
            options.append("-pluralonly")
        target = folder / f"bowerbird_{language}.ts"
        subprocess.run([tool("lupdate"), *sources(), *options, "-ts", str(target)], cwd=ROOT, check=True)


def release(folder: Path = FOLDER, target: Path | None = None) -> None:
    """Compile the .ts files in `folder` to .qm files, beside them or in `target`."""
    for language in LANGUAGES:
        name = f"bowerbird_{language}"
        made = (target or folder) / f"{name}.qm"
        subprocess.run([tool("lrelease"), "-silent", str(folder / f"{name}.ts"), "-qm", str(made)], check=True)


def main(arguments: list[str]) -> int:
    """Do what is asked; return 2 when it is neither."""
    match arguments:
        case ["update"]:
            update()
        case ["release"]:
            release()
        case _:
            print(__doc__)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
