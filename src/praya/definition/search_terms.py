"""The search terms of a case for officers: names, numbers, e-mail and postal addresses, identifiers, personal texts.

Each is converted to one form for all its spellings (`kernel/reading.matching`), and matches as a whole only; see
docs/decisions/0028-what-the-search-index-tells.md.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import phonenumbers

from praya.definition.questions import Question, RepeatQuestion
from praya.definition.questions.particulars import (
    AddressQuestion,
    EmailQuestion,
    IdentifierQuestion,
    PersonNameQuestion,
    PhoneQuestion,
)
from praya.definition.questions.signatures import SignatureQuestion
from praya.definition.questions.tables import TableQuestion
from praya.definition.questions.typed import TextQuestion
from praya.kernel.reading import NotText, compact, matching

SHORTEST, LONGEST = 2, 120
"""Characters of a form. One character would be found in half of the cases; a longer text is no name and no number."""
_CHINESE = re.compile("[\u2e80-\u2fff\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_PHONE = re.compile(r"\+?\(?[0-9][0-9 ().\-–]{4,24}")


def is_found_by(question: Question) -> bool:
    """Whether the answer to a question, or to one inside it, is a search term."""
    if isinstance(question, RepeatQuestion):
        return any(is_found_by(inner) for inner in question.questions)
    if isinstance(question, TableQuestion):
        return any(is_found_by(column) for column in question.columns)
    if isinstance(question, TextQuestion):
        return question.personal
    return isinstance(
        question,
        PersonNameQuestion | IdentifierQuestion | PhoneQuestion | EmailQuestion | AddressQuestion | SignatureQuestion,
    )


def of_answers(questions: Iterable[Question], answers: Mapping[str, Any]) -> frozenset[str]:
    """The forms of the search terms in these answers."""
    return frozenset(
        form
        for question in questions
        if answers.get(question.name) is not None
        for form in _forms(question, answers[question.name])
        if SHORTEST <= len(form) <= LONGEST
    )


def of_typed(typed: str, region: str) -> frozenset[str]:
    """The forms that an officer's typed text may mean; `region` is the ISO country of a number without `+`."""
    if not typed.strip():
        return frozenset()
    terms = {matching(typed)}
    terms |= set(_phone_forms(typed, region))
    # English and Chinese of one name, typed together.
    chinese = "".join(_CHINESE.findall(typed))
    if chinese:
        terms |= {matching(chinese), matching(_CHINESE.sub(" ", typed))}
    return frozenset(form for form in terms if SHORTEST <= len(form) <= LONGEST)


def _forms(question: Question, value: Any) -> Iterator[str]:
    if isinstance(question, RepeatQuestion):
        for item in value if isinstance(value, list) else ():
            for inner in question.questions:
                if item.get(inner.name) is not None:
                    yield from _forms(inner, item[inner.name])
    elif isinstance(question, TableQuestion):
        for row in value.values() if isinstance(value, dict) else ():
            for column in question.columns:
                if row.get(column.name) is not None:
                    yield from _forms(column, row[column.name])
    elif isinstance(question, PersonNameQuestion):
        yield from _name_forms(value)
    elif isinstance(question, SignatureQuestion):
        yield matching(str(value.get("name") or ""))
    elif isinstance(question, AddressQuestion):
        yield _address_form(value)
    elif isinstance(question, PhoneQuestion):
        yield from _phone_forms(str(value), question.region)
    elif is_found_by(question):
        yield matching(str(value))


def _name_forms(name: Mapping[str, Any]) -> Iterator[str]:
    """The forms of a name: in English in both orders of its parts, which people confuse, and in Chinese."""
    family, given = str(name.get("family") or ""), str(name.get("given") or "")
    if family or given:
        yield matching(f"{family} {given}")
        yield matching(f"{given} {family}")
    if name.get("chinese"):
        yield matching(str(name["chinese"]))


def _address_form(address: Any) -> str:
    """The form of a whole address, by which cases about one place are found; a street alone would match too many."""
    parts = address if isinstance(address, dict) else {}
    if not parts.get("street") or not (parts.get("unit") or parts.get("building")):
        return ""
    return matching(" ".join(str(parts.get(name) or "") for name in ("unit", "building", "street", "district")))


def _phone_forms(typed: str, region: str) -> Iterator[str]:
    """A telephone number as E.164, however its digits are grouped; nothing for any other text."""
    try:
        written = compact(typed)
        if not _PHONE.fullmatch(written):
            return
        number = phonenumbers.parse(written, region)
    except (NotText, phonenumbers.NumberParseException):
        return
    yield phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
