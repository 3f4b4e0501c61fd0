"""What publishing would send, in words: all of it together, what speaks against it, and one Item field by field.

Used by the publishing page; pure but for the translator.
"""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from app.store.publications import Preview, PreviewRow
from app.ui.network_words import amount, items_words, number
from app.ui.widgets.elided_label import one_line
from app.ui.widgets.times import clock

_LONGEST = 120


def leaving_words(preview: Preview) -> str:
    """How many Items would leave."""
    return items_words(len(preview.items) - preview.kept_private)


def summary_words(preview: Preview) -> str:
    """What would be sent, for everybody and on request, and what would not."""
    translate = QCoreApplication.translate
    words = translate(
        "Publishing",
        "{items}: a catalogue of about {catalogue} with what stands below, for everybody; their files, {files} "
        "together, for whoever asks for one.",
    ).format(items=leaving_words(preview), catalogue=amount(preview.bytes), files=amount(preview.file_bytes))
    if preview.kept_private:
        words += " " + translate("Publishing", "Kept private: {count}.").format(count=number(preview.kept_private))
    if preview.unencoded:
        words += " " + translate("Publishing", "Without vectors yet, so that nobody can score them: {count}.").format(
            count=number(preview.unencoded)
        )
    return words


def warning_words(preview: Preview) -> str:
    """What speaks against it in plain words; "" where every Item may be passed on."""
    translate = QCoreApplication.translate
    if not preview.unfree:
        return ""
    if preview.unfree == 1:
        words = translate("Publishing", "1 of them names no licence that lets it be passed on.")
    else:
        words = translate("Publishing", "{count} of them name no licence that lets them be passed on.").format(
            count=number(preview.unfree)
        )
    return f"{words} " + translate(
        "Publishing",
        "Publish only what you made yourself or what its makers let everybody share: bought music and films may as a "
        "rule not be given to others. You answer for it, and your address is seen.",
    )


def exact_words(row: PreviewRow) -> str:
    """What leaves of one Item, field by field, and what does not."""
    translate = QCoreApplication.translate
    if row.private:
        return translate("Publishing", "Nothing of “{title}” leaves: it stays private.").format(
            title=one_line(row.title)[:_LONGEST]
        )
    leaves = translate("Publishing", "Leaves: {fields}.").format(fields=" · ".join(_fields(row)))
    if row.title == row.file_name.rpartition(".")[0]:
        # Files without tags are called by their names, and the title leaves.
        stays = translate(
            "Publishing",
            "Its tags give no title, so the file's name stands for it and leaves. Not: its folder, dates, ratings, "
            "plays.",
        )
    else:
        stays = translate("Publishing", "Not: the file's name ({file}), its folder, dates, ratings, plays.").format(
            file=one_line(row.file_name)[:_LONGEST]
        )
    return f"{leaves}\n{stays}"


def _fields(row: PreviewRow) -> list[str]:
    translate = QCoreApplication.translate
    words = [row.title, row.artist, row.album, row.genre, str(row.year) if row.year else ""]
    quoted = translate("Publishing", "“{word}”")
    fields = [quoted.format(word=one_line(word)[:_LONGEST]) for word in words if word]
    fields.append(clock(row.duration))
    fields.append(amount(row.size))
    fields.append(one_line(row.licence)[:_LONGEST] or translate("Publishing", "no licence"))
    fields.append(translate("Publishing", "the file's type and fingerprint"))
    if row.kind == "video":
        fields.append(translate("Publishing", "width and height"))
    fields += [translate("Publishing", "vector “{space}”").format(space=space) for space in row.spaces]
    return fields
