"""The window's language: loads what `packaging/translations.py` compiled, and Qt's own texts, before anything is built.

Called by the start-up; whoever installs keeps the translators alive.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator


def install_language(application: QCoreApplication, language: str, folder: Path) -> list[QTranslator]:
    """Speak `language` ("de"; "system" is the desktop's) where there is a translation in `folder`, else English."""
    locale = QLocale.system() if language == "system" else QLocale(language)
    if language != "system":
        QLocale.setDefault(locale)
    qt = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    english = QLocale(QLocale.Language.English)
    kept = []
    # The last one is asked first; English comes first, for its singular and plural forms.
    for wanted, name, place in (
        (english, "bowerbird", str(folder)),
        (locale, "qtbase", qt),
        (locale, "bowerbird", str(folder)),
    ):
        translator = QTranslator()
        if translator.load(wanted, name, "_", place):
            application.installTranslator(translator)
            kept.append(translator)
    return kept
