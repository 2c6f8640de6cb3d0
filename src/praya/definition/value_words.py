"""Values that have no question, as text for people."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from praya.definition.own_words import WORDS
from praya.definition.questions import shown_date
from praya.definition.questions.choices import YES_NO
from praya.kernel.number import grouped, is_number, rounded
from praya.kernel.text import Text

_SEAM = "\u2063"
_CLOSE = re.compile(rf"(?<=[\u4e00-\u9fff]){_SEAM}+(?=[A-Za-z0-9])|(?<=[A-Za-z0-9]){_SEAM}+(?=[\u4e00-\u9fff])")


def value_of(value: Any, language: str) -> str:
    """The text of a value; None is "not known yet"."""
    if value is None:
        return WORDS["not_known"].in_(language)
    if isinstance(value, bool):
        return YES_NO["yes" if value else "no"].in_(language)
    if isinstance(value, datetime):
        return shown_date(value.date(), language)
    if isinstance(value, date):
        return shown_date(value, language)
    if is_number(value):
        return grouped(rounded(value, 4))
    if isinstance(value, list | tuple):
        return WORDS["list_comma"].in_(language).join(value_of(one, language) for one in value)
    # A whole table of the law is not displayed; expressions read one of its values.
    return "" if isinstance(value, Mapping) else str(value)


def fitted(words: Text, language: str, **parts: str) -> str:
    """Insert parts into a text; in Chinese, a space separates characters from letters or digits."""
    text = words.in_(language).format(**{name: f"{_SEAM}{part}{_SEAM}" for name, part in parts.items()})
    return _CLOSE.sub(" ", text).replace(_SEAM, "")
