"""Texts typed outside the questions of a form: reasons, notes, comments, searches. A refused text is shown again."""

from collections.abc import Mapping
from dataclasses import dataclass

from praya.kernel import reading
from praya.web.words import translator

SEARCHED = 100


@dataclass(frozen=True)
class Typed:
    """A text: as typed (`shown`), as it is to be stored (`text`), and why it cannot be stored (`error`)."""

    shown: str
    text: str
    error: str = ""


def lines(fields: Mapping[str, str], name: str, language: str, *, most: int) -> Typed:
    """Read a text of several lines and at most `most` characters."""
    shown, t = fields.get(name, ""), translator(language)
    try:
        clean = reading.lines(shown)
    except reading.NotText as wrong:
        return Typed(shown, "", t("portal.text_character", character=wrong.character))
    # Nothing is cut off: the writer decides what to shorten.
    error = t("portal.text_long", most=f"{most:,}", count=f"{len(clean):,}") if len(clean) > most else ""
    return Typed(shown, clean, error)


def searched(fields: Mapping[str, str], name: str, language: str, *, most: int = SEARCHED) -> Typed:
    """Read the text of a search, or another line of at most `most` characters."""
    shown, t = fields.get(name, ""), translator(language)
    try:
        clean = reading.line(shown)
    except reading.NotText as wrong:
        return Typed(shown, "", t("portal.text_character", character=wrong.character))
    if len(clean) > most:
        return Typed(shown, "", t("portal.text_long", most=most, count=f"{len(clean):,}"))
    return Typed(shown, clean)
