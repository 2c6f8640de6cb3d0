"""Reading a list of forms in the schema of the official list: what each row says, and what is wrong with the list.

A row has `en_`, `tc_` and `sc_` with `department`, `title` and `url` (../shared/notes/data.md). Pure.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from praya.kernel import reading
from praya.kernel.text import simplified

LANGUAGES = {"en": "en", "zh-hant": "tc", "zh-hans": "sc"}
"""Our languages, and the prefix of each in the list."""
LONGEST = 300
LONGEST_ADDRESS = 2000


@dataclass(frozen=True, slots=True)
class Form:
    """A form, with texts and addresses by language.

    `ref` is made of its English address; `row` is its row in the list, 0 if it was not read from one.
    """

    ref: str
    title: Mapping[str, str]
    department: Mapping[str, str]
    address: Mapping[str, str]
    row: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with a row, counted from 1. A row that is `refused` is left out."""

    row: int
    sentence: str
    refused: bool


def read(rows: Any) -> tuple[list[Form], list[Finding]]:
    """The forms of a list, and what is wrong with it."""
    if not isinstance(rows, list):
        return [], [Finding(0, "the file is no list of forms", refused=True)]
    forms: dict[str, Form] = {}
    findings: list[Finding] = []
    titles: dict[tuple[str, str], int] = {}
    for number, row in enumerate(rows, 1):
        form, found = _form(row, number)
        findings += [Finding(number, sentence, refused) for sentence, refused in found]
        if form is None:
            continue
        if form.ref in forms:
            findings.append(Finding(number, f"the address {form.address['en']} stands in an earlier row", refused=True))
            continue
        named = (form.department["en"], form.title["en"])
        if named in titles:
            sentence = f"'{named[1]}' of {named[0]} stands in row {titles[named]} with another address"
            findings.append(Finding(number, sentence, refused=False))
        titles.setdefault(named, number)
        forms[form.ref] = form
    return list(forms.values()), findings


def _form(row: Any, number: int) -> tuple[Form | None, Sequence[tuple[str, bool]]]:
    if not isinstance(row, dict):
        return None, [("it is no form", True)]
    found: list[tuple[str, bool]] = []
    values: dict[str, dict[str, str]] = {}
    for field in ("title", "department", "url"):
        values[field] = {}
        for language, prefix in LANGUAGES.items():
            text, wrong = _text(row.get(f"{prefix}_{field}"), LONGEST_ADDRESS if field == "url" else LONGEST)
            if wrong:
                return None, [(f"{prefix}_{field} {wrong}", True)]
            if text and field == "url" and not _is_address(text):
                return None, [(f"{prefix}_url is no address of the web: {text[:80]}", True)]
            if text:
                values[field][language] = text
        found += list(_completed(values[field], field))
        if "en" not in values[field]:
            return None, [(f"it has no {field}", True)]
    ref = hashlib.sha256(values["url"]["en"].encode()).hexdigest()[:16]
    return Form(ref, values["title"], values["department"], values["url"], number), found


def _text(value: Any, most: int) -> tuple[str, str]:
    if value is None:
        return "", ""
    if not isinstance(value, str):
        return "", "is no text"
    try:
        text = reading.line(value)
    except reading.NotText:
        return "", "has a character that is none"
    return (text, "") if len(text) <= most else ("", f"has more than {most} characters")


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _completed(values: dict[str, str], field: str) -> Iterator[tuple[str, bool]]:
    """Fill the languages that are missing, and say so: simplified from traditional Chinese, others from another one."""
    missing = [language for language in LANGUAGES if language not in values]
    if not values or not missing:
        return
    first = next(iter(values.values()))
    for language in missing:
        if language == "zh-hans" and "zh-hant" in values:
            values[language] = values["zh-hant"] if field == "url" else simplified(values["zh-hant"])
        else:
            values[language] = first
    yield f"{field} lacks {', '.join(LANGUAGES[language] for language in missing)}", False


def digest(forms: Sequence[Form]) -> str:
    """A digest of a directory."""
    whole = hashlib.sha256()
    for form in forms:
        whole.update(repr((form.ref, dict(form.title), dict(form.department), dict(form.address))).encode())
    return whole.hexdigest()
