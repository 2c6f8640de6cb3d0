"""The state of a page's form fields: the input, or the stored answers converted to fields, and the errors."""

from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date
from functools import lru_cache
from typing import Any

from praya.definition.own_words import WORDS
from praya.definition.questions import (
    ROW,
    AddressQuestion,
    Asking,
    Content,
    DateQuestion,
    DerivedQuestion,
    FileQuestion,
    MonthQuestion,
    PersonNameQuestion,
    PlaceQuestion,
    Question,
    Refusal,
    RepeatQuestion,
    SignatureQuestion,
    TableQuestion,
)
from praya.web import finders
from praya.web.finders import Finder

Fields = dict[str, list[str]]
LINK = "link"
"""What `fill` says of a question that the address of a link may fill."""
# The width of the map on a phone and elsewhere, in pixels; a click has the coordinates of one of these sizes.
MAP_WIDTHS = (300, 640)


def written(question: Question, value: Any, at: str) -> Fields:
    """Convert a canonical answer to form fields."""
    if value is None:
        return {}
    if isinstance(question, DateQuestion):
        known = (str(int(part)) for part in value.split("-"))
        return _parts(at, zip(("year", "month", "day"), known, strict=False))
    if isinstance(question, MonthQuestion):
        return _parts(at, zip(("year", "month"), (str(int(p)) for p in value.split("-")), strict=True))
    if isinstance(question, RepeatQuestion):
        fields: Fields = {f"{at}.count": [str(len(value))]}
        for index, item in enumerate(value):
            for inner in question.questions:
                fields |= written(inner, item.get(inner.name), f"{at}.{index}.{inner.name}")
        return fields
    if isinstance(question, TableQuestion):
        return {
            name: values
            for row, cells in value.items()
            for column in question.columns
            for name, values in written(column, cells.get(column.name), f"{at}.{row}.{column.name}").items()
        }
    if isinstance(question, SignatureQuestion):
        return {at: [str(value["name"])]}
    if question.type_name == "phone":
        return {at: [question.shown(value, "en")]}
    if isinstance(value, dict):
        return _parts(at, value.items())
    if isinstance(value, bool):
        return {at: ["yes" if value else "no"]}
    return {at: [str(v) for v in value] if isinstance(value, list) else [str(value)]}


def _parts(at: str, parts: Iterable[tuple[str, Any]]) -> Fields:
    return {f"{at}-{name}": [str(part)] for name, part in parts}


def written_all(questions: Iterable[Question], answers: Mapping[str, Any]) -> Fields:
    """Convert the answers of several questions to form fields."""
    fields: Fields = {}
    for question in questions:
        fields |= written(question, answers.get(question.name), question.name)
    return fields


def at_first(questions: Iterable[Question], known: Mapping[str, Any] | None = None) -> Fields:
    """The fields of questions that nobody answered yet: what is known by the source that `fill` names, or `default`."""
    known = known or {}
    offered: dict[str, Any] = {}
    for question in questions:
        value = known.get(question.fill or "", question.default)
        if isinstance(question, PersonNameQuestion) and isinstance(value, str):
            value = question.of_whole(value)
        offered[question.name] = value
    return written_all(questions, offered)


def from_link(questions: Iterable[Question], link: Mapping[str, Sequence[str]], today: date) -> Fields:
    """The fields that a link fills, of the questions that say `fill: link`; a value that is no answer is left out."""
    fields: Fields = {}
    for question in questions:
        values = [value[:500] for value in link.get(question.name, ())[:50]]
        if question.fill != LINK or not values:
            continue
        value = question.taken(values[0])
        if not isinstance(question, DateQuestion | MonthQuestion):
            value, _ = question.read({question.name: values}, question.name)
        if value is not None and not any(question.refused(value, question.name, Asking(today))):
            fields |= written(question, value, question.name)
    return fields


@lru_cache(maxsize=4096)
def _options(question: Any, language: str) -> list[dict[str, str | None]]:
    return [
        {"value": o.value, "label": o.label.in_(language), "hint": o.hint.in_(language) if o.hint else None}
        for o in question
    ]


class State:
    """The fields and errors of a page, for templates."""

    def __init__(
        self,
        language: str,
        fields: Mapping[str, Sequence[str]],
        refusals: Sequence[Refusal] = (),
        uploads: Sequence[dict[str, Any]] = (),
        asked: Set[str] = frozenset(),
        found: Mapping[str, Finder] | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> None:
        """`asked` names the fields inside repeats that are asked; `found` has the searches of registers by field.

        `context` is what expressions know; without it only those options are offered that depend on nothing.
        """
        self.context = context or {}
        self.camera = False
        """Whether a photograph is taken by the camera at once, as during a visit."""
        self.language, self.fields, self._found = language, fields, found or {}
        self.refusals, self.uploads, self._asked = refusals, uploads, asked
        self._errors: dict[str, str] = {}
        self._rows: dict[str, Sequence[Mapping[str, Any]]] = {}
        self._listed: dict[str, str] = {}
        for refusal in refusals:
            self._errors.setdefault(refusal.path, refusal.message(language))
            self._listed.setdefault(refusal.path, refusal.located(language))

    def error(self, at: str) -> str | None:
        """The message beside a field."""
        return self._errors.get(at)

    def errors_of(self, at: str, parts: Sequence[str]) -> dict[str, str]:
        """The messages beside the parts of a field."""
        if not self._errors:
            return {}
        return {part: self._errors[f"{at}-{part}"] for part in parts if f"{at}-{part}" in self._errors}

    @property
    def summary(self) -> list[dict[str, str]]:
        """The errors for the top of the page, each with its link."""
        return [{"href": f"#{path}", "text": text} for path, text in self._listed.items()]

    def typed(self, at: str) -> str:
        """The first value of a field; empty when it has none."""
        values = self.fields.get(at)
        return values[0] if values else ""

    def all(self, at: str) -> Sequence[str]:
        """All values of a field."""
        return self.fields.get(at, ())

    def parts(self, at: str, parts: Sequence[str]) -> dict[str, str]:
        """The values of a field's parts, by part."""
        return {part: self.typed(f"{at}-{part}") for part in parts}

    def options(self, question: Any) -> list[dict[str, str | None]]:
        """The options of a choice that are offered, in the page's language; before an exclusive one stands "or"."""
        options = question.offered(self.context) if question.depends else question.options
        shown = _options(options, self.language)
        if question.type_name == "choices" and any(option.exclusive for option in options[1:]):
            divider = WORDS["or_alone"].in_(self.language)
            apart: list[dict[str, str | None]] = []
            for option, one in zip(options, shown, strict=True):
                apart += [{"divider": divider}, one] if option.exclusive and apart else [one]
            return apart
        return shown

    def finder(self, question: Any, at: str) -> Finder | None:
        """The finder of a question with many answers; None where they are all shown."""
        if question.type_name == "entry":
            return self._found.get(at) or Finder(self.typed(f"{at}-find"))
        if finders.finds(question, self.context):
            return finders.of_choice(question, at, self.fields, self.context, self.language)
        return None

    def districts(self, question: AddressQuestion) -> list[dict[str, str | None]]:
        """The districts of an address in the page's language."""
        return _options(question.districts, self.language)

    def files(self, at: str) -> list[dict[str, Any]]:
        """The files that were uploaded for a question."""
        return [upload for upload in self.uploads if upload["question"] == at]

    def count(self, question: RepeatQuestion, at: str) -> int:
        """How many items a repeat shows."""
        return min(question.count(self.fields, at), question.max)

    def title(self, question: RepeatQuestion, at: str, index: int) -> str:
        """What an item is called, with what identifies the row for which it stands."""
        if at not in self._rows:
            self._rows[at] = question.rows(self.context) or ()
        rows = self._rows[at]
        return question.title(index + 1, {ROW: rows[index]} if index < len(rows) else {}, self.language)

    def columns(self, question: RepeatQuestion) -> str:
        """The headings of a file with the rows of a repeat."""
        asked = (inner for inner in question.questions if not isinstance(inner, DerivedQuestion))
        return WORDS["list_comma"].in_(self.language).join(inner.label.in_(self.language) for inner in asked)

    def finished(self, question: RepeatQuestion, at: str, index: int) -> str:
        """An item in a few words, when everything that it needs is answered and nothing is wrong; else empty."""
        here = f"{at}.{index}."
        if any(path.startswith(here) for path in self._errors):
            return ""
        words = []
        for inner in question.questions:
            if self.shown(inner, at, index):
                said = self._in_words(inner, f"{here}{inner.name}")
                if not said and not (inner.optional or isinstance(inner, DerivedQuestion)):
                    return ""
                words += [said] if said else []
        return WORDS["comma"].in_(self.language).join(words)

    def _in_words(self, question: Question, at: str) -> str:
        """The answer in a field as people read it; empty when there is none, or it cannot be read."""
        if isinstance(question, DerivedQuestion):
            return self.typed(at)
        if isinstance(question, FileQuestion):
            return WORDS["list_comma"].in_(self.language).join(str(upload["name"]) for upload in self.files(at))
        if isinstance(question, RepeatQuestion):
            items = [self.finished(question, at, index) for index in range(self.count(question, at))]
            return WORDS["semicolon"].in_(self.language).join(items) if all(items) else ""
        value, unreadable = question.read(self.fields, at)
        if unreadable or value in (None, "", []) or any(question.refused(value, at, Asking(date.min))):
            return ""
        return question.shown(value, self.language).replace("\n", WORDS["semicolon"].in_(self.language))

    def shown(self, inner: Question, at: str, index: int) -> bool:
        """Whether a question inside a repeat is asked."""
        return inner.when is None or f"{at}.{index}.{inner.name}" in self._asked

    def shows_content(self, content: Content, at: str, index: int, position: int) -> bool:
        """Whether a text inside a repeat is shown."""
        return content.when is None or f"{at}.{index}.#{position}" in self._asked

    def map(self, question: PlaceQuestion) -> dict[str, Any] | None:
        """The map on which a place is marked, None when the territory has none."""
        drawn = question.described
        if drawn is None:
            return None
        return {
            "west": drawn.west,
            "south": drawn.south,
            "east": drawn.east,
            "north": drawn.north,
            "heights": {width: drawn.height(width) for width in MAP_WIDTHS},
        }

    def point(self, question: PlaceQuestion, at: str, width: int) -> tuple[float, float] | None:
        """The position on the map, in pixels, of the coordinates in the fields."""
        return question.point(question.posted(self.fields, at) or {}, width)

    @staticmethod
    def plain(number: float) -> float | int:
        """A number without a needless fraction: 5 and not 5.0."""
        return int(number) if number == int(number) else number
