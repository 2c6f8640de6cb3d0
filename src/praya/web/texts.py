"""Words typed outside the questions of a form: reasons, notes, comments, searches. Nothing of them is lost."""

from collections.abc import Mapping
from dataclasses import dataclass

from praya.kernel import reading
from praya.web.words import translator

SEARCHED = 100


@dataclass(frozen=True)
class Typed:
    """What stands in a field: as it was typed, for the page to show again; as it is kept; why it cannot be kept."""

    shown: str
    kept: str
    error: str = ""


def lines(fields: Mapping[str, str], name: str, language: str, *, most: int) -> Typed:
    """Several lines, of at most `most` characters."""
    shown, t = fields.get(name, ""), translator(language)
    try:
        kept = reading.lines(shown)
    except reading.NotText as wrong:
        return Typed(shown, "", t("portal.text_character", character=wrong.character))
    # Nothing is cut: whoever wrote it says what to leave out.
    error = t("portal.text_long", most=f"{most:,}", count=f"{len(kept):,}") if len(kept) > most else ""
    return Typed(shown, kept, error)


def searched(fields: Mapping[str, str], name: str, language: str) -> Typed:
    """The words of a search."""
    shown, t = fields.get(name, ""), translator(language)
    try:
        kept = reading.line(shown)
    except reading.NotText as wrong:
        return Typed(shown, "", t("portal.text_character", character=wrong.character))
    if len(kept) > SEARCHED:
        return Typed(shown, "", t("portal.text_long", most=SEARCHED, count=f"{len(kept):,}"))
    return Typed(shown, kept)
