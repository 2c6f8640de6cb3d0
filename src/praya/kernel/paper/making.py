"""Makes a document. It says so if a character that no font has stands as 〓 in it, or a mark is left out."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typst

from praya.kernel import jsontext

GETA = "〓"
"""What printers set for a character that they do not have."""
MOST_MISSING = 40
"""Different characters that may be missing. Where more are, a font is missing, and not a character."""
FORM = Path(__file__).with_name("paper.typ")
FONTS = {"zh-hans": "Noto Sans CJK SC", "ja": "Noto Sans CJK JP", "ko": "Noto Sans CJK KR"}
OTHERWISE = "Noto Sans CJK HK"
_CONTROLS = {"Cc", "Cf"}
_REGIONS = {"zh-hant": ("zh", "HK"), "zh-hans": ("zh", "CN")}
_MISSING = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_ESCAPED = re.compile(r"\\u\{([0-9a-f]+)\}|\\.")


class NoFont(Exception):
    """The font is not installed, or has not the script of the language: no document can be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document in one language. `particulars` and `rows` are pairs of words; line ends in texts are kept."""

    title: str
    language: str
    department: str
    letterhead: Sequence[str] = ()
    particulars: Sequence[tuple[str, str]] = ()
    paragraphs: Sequence[str] = ()
    rows: Sequence[tuple[str, Sequence[str]]] = ()
    footer: str = ""
    when_missing: str = ""
    """The sentence that ends the document where a character is missing in it."""


@dataclass(frozen=True, slots=True)
class Made:
    """A PDF, and how many different characters are missing in it; controls, which nobody sees, do not count."""

    data: bytes
    missing: int


def make(paper: Paper, *, at: datetime) -> Made:
    """The document as tagged PDF. Raises NoFont."""
    if font_folder() is None:
        raise NoFont("noto-cjk-sans-otc is not installed")
    lang, region = _REGIONS.get(paper.language, (paper.language.partition("-")[0], None))
    content: dict[str, Any] = {
        "title": paper.title,
        "department": paper.department,
        "letterhead": list(paper.letterhead),
        "particulars": [list(row) for row in paper.particulars],
        "paragraphs": [words for words in paper.paragraphs if words.strip()],
        "rows": [[key, list(values)] for key, values in paper.rows],
        "footer": paper.footer,
        "fonts": [FONTS.get(paper.language, OTHERWISE)],
        "lang": lang,
        "region": region,
    }
    missing: set[str] = set()
    while True:
        seen = [character for character in missing if unicodedata.category(character) not in _CONTROLS]
        whole = content | {"note": paper.when_missing if seen else ""}
        try:
            return Made(_compiled(_without(whole, missing), at), len(seen))
        except typst.TypstError as problem:
            told = _MISSING.findall(problem.diagnostic)
            if not told:
                raise
            found = _characters(told) - missing
            if not found or len(missing) + len(found) > MOST_MISSING:
                raise NoFont(f"{len(missing) + len(found)} characters are missing") from None
            missing |= found


def _characters(told: Sequence[str]) -> set[str]:
    """The characters of the texts that a compiler names, by their escapes; never one that every font has, or 〓.

    A sequence is named character by character: of the keycap of 1 also the 1, which is not what is missing.
    """
    found = {character for text in told for character in _ESCAPED.sub(_unescaped, text)}
    return {one for one in found if one != GETA and not (one.isascii() and one.isprintable())}


def _unescaped(escape: re.Match[str]) -> str:
    code: str | None = escape[1]
    return chr(int(code, 16)) if code else {"n": "\n", "r": "\r", "t": "\t"}.get(escape[0][1], escape[0][1])


def _compiled(content: dict[str, Any], at: datetime) -> bytes:
    # The root holds the form only, so that no document can read anything else.
    compiler = typst.Compiler(
        str(FORM), root=str(FORM.parent), font_paths=_fonts(), ignore_system_fonts=True,
        sys_inputs={"paper": jsontext.dumps(content)},
    )  # fmt: skip
    data = compiler.compile(format="pdf", pdf_standards="ua-1", timestamp=int(at.timestamp()))
    assert isinstance(data, bytes)  # noqa: S101 (of one PDF, without a file to write to)
    return data


def _without(value: Any, missing: set[str]) -> Any:
    """A value in whose texts the characters are replaced; marks and controls, which take no place, by nothing."""
    if isinstance(value, str):
        return "".join(_instead(character) if character in missing else character for character in value)
    if isinstance(value, list):
        return [_without(one, missing) for one in value]
    if isinstance(value, dict):
        return {name: _without(one, missing) for name, one in value.items()}
    return value


def _instead(character: str) -> str:
    category = unicodedata.category(character)
    return "" if category.startswith("M") or category in _CONTROLS else GETA


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    # Made once: it reads the table of every font.
    return typst.Fonts(include_system_fonts=False, font_paths=[str(font_folder())])


@lru_cache(maxsize=1)
def font_folder() -> Path | None:
    """Where the font is; None when its package is not installed."""
    found = find_spec("noto_cjk_sans_otc")
    places = list(found.submodule_search_locations or ()) if found is not None else []
    return next((Path(place) for place in places if any(Path(place).glob("*.ttc"))), None)
