"""Generated files and answers for examples and previews: valid ones, about invented people."""

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

import phonenumbers
from PIL import Image

from praya.definition.questions import (
    ROW,
    Asking,
    DateQuestion,
    IdentifierQuestion,
    MonthQuestion,
    PersonNameQuestion,
    PhoneQuestion,
    Question,
    RepeatQuestion,
)

_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n"
    b"xref\n0 4\n0000000000 65535 f \n0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \n"
    b"trailer<</Size 4/Root 1 0 R>>\nstartxref\n162\n%%EOF\n"
)
Knowing = Callable[[Any], Asking]
"""What is known while a value is the answer."""


def file(name: str) -> bytes:
    """The bytes of a small file of the kind that its name says; anything unknown becomes plain text."""
    kind = name.rsplit(".", 1)[-1].lower()
    if kind == "pdf":
        return _PDF
    if kind in {"png", "jpg", "jpeg"}:
        out = io.BytesIO()
        Image.new("RGB", (16, 16), (238, 244, 245)).save(out, "PNG" if kind == "png" else "JPEG")
        return out.getvalue()
    if kind in {"docx", "xlsx"}:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("word/document.xml" if kind == "docx" else "xl/workbook.xml", "<x/>")
        return out.getvalue()
    return b"a made-up file\n"


def answer(question: Question, knowing: Knowing) -> Any:
    """A made-up answer that the question takes: the first of those tried that it does not refuse; else None."""
    today = knowing(None).today
    for value in _tried(question, today, knowing):
        if next(question.refusals(value, question.name, knowing(value)), None) is None:
            return value
    return None


def _tried(question: Question, today: date, knowing: Knowing) -> Iterator[Any]:
    if isinstance(question, DateQuestion | MonthQuestion):
        length = 10 if isinstance(question, DateQuestion) else 7
        # Grown up, of age, a child, lately, today, soon: one of them suits most limits.
        for days in (-12000, -24000, -7000, -3000, -400, -30, -1, 0, 1, 14, 60, 400):
            yield (today + timedelta(days=days)).isoformat()[:length]
    elif isinstance(question, PersonNameQuestion):
        yield {"family": "CHAN", "given": "Tai Man", "chinese": "陳大文"}
    elif isinstance(question, IdentifierQuestion):
        yield from _identifiers(question)
    elif isinstance(question, PhoneQuestion):
        mobile = phonenumbers.PhoneNumberType.MOBILE
        number = phonenumbers.example_number_for_type(question.region, mobile)
        if number is not None:
            yield phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    elif isinstance(question, RepeatQuestion):
        if (rows := question.rows(knowing(None).context)) is not None:
            yield [_item(question, knowing, {ROW: row}) for row in rows]
            return
        for count in dict.fromkeys((max(question.min, 1), question.min, 2, question.max)):
            yield [_item(question, knowing) for _ in range(count)]
    elif question.type_name == "signature":
        yield {"name": "CHAN Tai Man"}
    elif question.type_name == "email":
        yield "chan.tai.man@example.com"
    elif question.type_name == "time":
        yield "10:00"
    elif question.type_name != "file":
        yield from of_schema(question.json_schema())


def _identifiers(question: IdentifierQuestion) -> Iterator[str]:
    scheme = question.described
    if scheme is None:
        yield "SAMPLE1"
        return
    yield scheme.example
    for digit in "0123456789A":
        yield scheme.written(scheme.example.rstrip(")")[:-1] + digit)


def _item(question: RepeatQuestion, knowing: Knowing, row: Mapping[str, Any] | None = None) -> dict[str, Any]:
    answers: dict[str, Any] = dict(row or {})
    asking = knowing(None)
    for inner in question.questions:

        def within(value: Any, inner: Question = inner) -> Asking:
            known = question.item_known({**answers, inner.name: value})
            return Asking(asking.today, {**asking.context, "item": known, **question.row_known(known)})

        if inner.when is None or inner.when.holds(within(None).context):
            value = answer(inner, within)
            if value is not None:
                answers[inner.name] = value
    return answers


def of_schema(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Values that a JSON Schema of an answer may take, the plainest first."""
    if "oneOf" in schema:
        yield from of_schema(schema["oneOf"][0])
    elif "const" in schema:
        yield schema["const"]
    elif "enum" in schema:
        yield from schema["enum"]
    elif schema.get("type") == "boolean":
        yield from (True, False)
    elif schema.get("type") in {"integer", "number"}:
        low, high = schema.get("minimum", 0), schema.get("maximum", 10**6)
        yield from (n for n in dict.fromkeys((1, 2, 10, 100, 1000, 20000, low, high, 0)) if low <= n <= high)
    elif schema.get("type") == "array":
        items = [value for _, value in zip(range(8), of_schema(schema.get("items", {})), strict=False)]
        least = max(1, int(schema.get("minItems", 1)))
        yield [items[n % len(items)] for n in range(least)] if items else []
    elif schema.get("type") == "object":
        wanted = schema.get("required") or list(schema.get("properties", {}))
        parts = {name: next(of_schema(schema["properties"][name]), None) for name in wanted}
        yield {name: value for name, value in parts.items() if value is not None}
    else:
        words = "Sample words for a preview. " * 40
        yield words[: max(int(schema.get("minLength", 1)), min(int(schema.get("maxLength", 200)), 12))].strip()
