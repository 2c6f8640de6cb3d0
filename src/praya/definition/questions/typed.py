"""Questions answered by typing: text, long text, number, money, time."""

import re
from collections.abc import Iterator
from datetime import time
from decimal import Decimal
from typing import Any, ClassVar, Literal

from pydantic import Field

from praya.definition.model import ClockTime, InCurrency, Plain
from praya.definition.own_words import WORDS
from praya.definition.questions.question import Asking, Posted, Question, Refusal, Unreadable, first
from praya.kernel.money import Money
from praya.kernel.number import Number, grouped, is_number, plain
from praya.kernel.reading import NotANumber, NotText, compact, line, lines, plain_number, refused_character
from praya.kernel.text import Text


class TextQuestion(Question):
    """A line of text."""

    codes: ClassVar[tuple[str, ...]] = ("own_address", "too_long", "too_short")
    type: Literal["text"]
    min_length: int = Field(1, ge=0, le=200)
    max_length: int = Field(200, ge=1, le=500)
    autocomplete: str | None = None

    def posted(self, form: Posted, at: str) -> str | None:
        return line(first(form, at)) or None

    def taken(self, value: Any) -> Any:
        return line(value) if isinstance(value, str) and not refused_character(value) else value

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        yield from _refused_length(self, value, at, self.min_length, self.max_length)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": self.min_length, "maxLength": self.max_length}


class LongTextQuestion(Question):
    """Several lines of text."""

    codes: ClassVar[tuple[str, ...]] = ("too_long", "too_short")
    type: Literal["long-text"]
    min_length: int = Field(1, ge=0, le=1000)
    max_length: int = Field(4000, ge=1, le=20000)

    def posted(self, form: Posted, at: str) -> str | None:
        return lines(first(form, at)) or None

    def taken(self, value: Any) -> Any:
        return lines(value) if isinstance(value, str) and not refused_character(value) else value

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        yield from _refused_length(self, value, at, self.min_length, self.max_length)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": self.min_length, "maxLength": self.max_length}


class NumberQuestion(Question):
    """A number with its unit; a whole number unless `decimals` allows more."""

    codes: ClassVar[tuple[str, ...]] = (
        "not_a_number",
        "not_whole",
        "too_many_decimals",
        "two_numbers",
        "too_small",
        "too_large",
    )
    type: Literal["number"]
    min: Plain | None = None
    max: Plain | None = None
    decimals: int = Field(0, ge=0, le=6)
    unit: Text | None = None

    def posted(self, form: Posted, at: str) -> Number | None:
        return read_number(first(form, at), self.decimals, "not_a_number")

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        if not is_number(value):
            yield self.refuse(at, "not_a_number")
        elif self.decimals == 0 and not isinstance(value, int):
            yield self.refuse(at, "not_whole")
        elif _decimals(value) > self.decimals:
            yield self.refuse(at, "too_many_decimals", decimals=self.decimals)
        else:
            yield from _refused_range(self, value, at, self.min, self.max)

    def json_schema(self) -> dict[str, Any]:
        limits = {"minimum": self.min, "maximum": self.max}
        return {"type": "integer" if self.decimals == 0 else "number",
                **{k: v for k, v in limits.items() if v is not None}}  # fmt: skip

    def shown(self, value: Any, language: str) -> str:
        number = grouped(value)
        return f"{number} {self.unit.in_(language)}" if self.unit else number


class MoneyQuestion(InCurrency, Question):
    """An amount of money in the territory's currency, in whole units with at most two decimals."""

    codes: ClassVar[tuple[str, ...]] = ("not_money", "two_numbers", "too_small", "too_large")
    type: Literal["money"]
    min: Plain | None = Decimal(0)
    max: Plain | None = None

    def posted(self, form: Posted, at: str) -> Number | None:
        before = "|".join(map(re.escape, {self.symbol, self.in_currency, "$", "¥"}))
        after = "|".join(map(re.escape, {self.in_currency, "元", "圓"}))
        amount = re.fullmatch(
            rf"(?P<minus>[-−]?)(?:{before})? ?(.*?) ?(?:{after})?", compact(first(form, at)), re.IGNORECASE
        )
        return read_number(f"{amount['minus']}{amount[2]}" if amount else "", 2, "not_money")

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        if not is_number(value) or _decimals(value) > 2:
            yield self.refuse(at, "not_money")
        else:
            yield from _refused_range(self, value, at, self.min, self.max)

    def json_schema(self) -> dict[str, Any]:
        limits = {"minimum": self.min, "maximum": self.max}
        return {
            "type": "number",
            **{k: v for k, v in limits.items() if v is not None},
        }

    def shown(self, value: Any, language: str) -> str:
        return Money.of(value, self.in_currency).shown(language)


class TimeQuestion(Question):
    """A time of day; the answer is HH:MM. Expressions compare it as it is written: `answers.opens >= '09:00'`."""

    codes: ClassVar[tuple[str, ...]] = ("not_a_time", "too_early", "too_late")
    type: Literal["time"]
    earliest: ClockTime | None = None
    latest: ClockTime | None = None

    def posted(self, form: Posted, at: str) -> str | None:
        typed = compact(first(form, at))
        return _clock(typed) if typed else None

    def taken(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            typed = compact(value)
            return _clock(typed) if typed else ""
        except (Unreadable, NotText):
            return value

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
            yield self.refuse(at, "not_a_time")
        elif self.earliest is not None and value < f"{self.earliest:%H:%M}":
            yield self.refuse(at, "too_early", limit=_Clock(self.earliest))
        elif self.latest is not None and value > f"{self.latest:%H:%M}":
            yield self.refuse(at, "too_late", limit=_Clock(self.latest))

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^([01]\d|2[0-3]):[0-5]\d$"}

    def shown(self, value: Any, language: str) -> str:
        return clock_said(value, language)


_ENGLISH_CLOCK = re.compile(r"(\d{1,2})(?: ?[:.]? ?(\d{2}))? ?(am|pm|a\.m\.?|p\.m\.?)?")
_CHINESE_CLOCK = re.compile(
    r"(上午|下午|中午|am|pm)? ?(\d{1,2}) ?(?:[時时點点] ?(?:(\d{1,2}) ?分?|(正|整)|(半))?|:(\d{2}))"
)


def _clock(typed: str) -> str:
    """A time of day as HH:MM: 9:30, 0930, 9.30 p.m., 下午3時30分, 3點半. Raises Unreadable."""
    text = typed.lower()
    if english := _ENGLISH_CLOCK.fullmatch(text):
        hour, minute, half = int(english[1]), int(english[2] or 0), (english[3] or "").replace(".", "")
    elif chinese := _CHINESE_CLOCK.fullmatch(text):
        hour, minute = int(chinese[2]), 30 if chinese[5] else int(chinese[3] or chinese[6] or 0)
        half = {"上午": "am", "下午": "pm", "中午": "pm"}.get(chinese[1], chinese[1] or "")
    else:
        raise Unreadable("not_a_time")
    # 13am is not a time; 15pm is redundant but clear.
    if hour > 23 or minute > 59 or (half == "am" and hour > 12) or (half and hour == 0 and half == "pm"):
        raise Unreadable("not_a_time")
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return f"{hour:02d}:{minute:02d}"


def clock_said(clock: str, language: str) -> str:
    """`18:00` as 6:00pm, 下午6時."""
    hour, minute = (int(part) for part in clock.split(":"))
    half = "morning" if hour < 12 else "noon" if (hour, minute) == (12, 0) else "afternoon"
    form = WORDS[f"clock_{half}" if minute else f"clock_{half}_sharp"].in_(language)
    return form.format(hour=(hour - 1) % 12 + 1, minute=f"{minute:02d}")


class _Clock:
    """A limit in a message, in the reader's language."""

    def __init__(self, clock: time) -> None:
        self.clock = f"{clock:%H:%M}"

    def in_(self, language: str) -> str:
        return clock_said(self.clock, language)

    def __str__(self) -> str:
        return self.clock


def _refused_length(question: Question, value: Any, at: str, low: int, high: int) -> Iterator[Refusal]:
    if not isinstance(value, str):
        yield question.refuse(at, "wrong_kind")
    elif len(value) > high:
        yield question.refuse(at, "too_long", max=high, count=len(value))
    elif len(value) < low:
        yield question.refuse(at, "too_short", min=low)


def _refused_range(
    question: Question, value: Number, at: str, low: Number | None, high: Number | None
) -> Iterator[Refusal]:
    if low is not None and value < low:
        yield question.refuse(at, "too_small", min=grouped(low))
    if high is not None and value > high:
        yield question.refuse(at, "too_large", max=grouped(high))


def read_number(typed: str, decimals: int, code: str) -> Number | None:
    """The number in a typed text; None when it is empty. Raises Unreadable with `code`."""
    try:
        text = plain_number(typed, decimals)
    except NotANumber as wrong:
        if wrong.readings:
            raise Unreadable("two_numbers", one=wrong.readings[0], other=wrong.readings[-1]) from None
        raise Unreadable(code) from None
    if not text:
        return None
    if not re.fullmatch(r"-?\d{1,15}(\.\d{1,10})?", text):
        raise Unreadable(code)
    number = plain(text)
    if decimals == 0 and not isinstance(number, int):
        raise Unreadable("not_whole")
    return number


def _decimals(value: Number) -> int:
    try:
        return max(0, -int(Decimal(plain(value)).as_tuple().exponent))
    except ValueError:
        return 99
