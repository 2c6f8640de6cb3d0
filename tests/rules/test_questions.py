"""Every type of question agrees with itself: what it reads and accepts fits its schema, is shown, and comes back."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from praya.blocks.forms.rules import read_page
from praya.definition.form import Page
from praya.definition.load import load_pack
from praya.definition.questions import AnyQuestion, Asking, Question, Refusal, RepeatQuestion
from praya.definition.questions import asked as asked_module
from praya.kernel.text import LANGUAGES
from praya.web.fields import written

PACK = load_pack(Path(__file__).parents[2] / "packs" / "hongkong")
ASKING = Asking(date(2023, 1, 5), {"today": datetime(2023, 1, 5, tzinfo=UTC), "answers": {}})
ANY: TypeAdapter[Question] = TypeAdapter(AnyQuestion)
LABEL = {"en": "Label", "zh-hant": "標籤"}
OPTIONS = [{"value": value, "label": LABEL} for value in ("one", "two", "three")]


def question(kind: str, **more: Any) -> Question:
    return ANY.validate_python({"q": {"type": kind, "label": LABEL, **more}}, context=dict(PACK.context))


QUESTIONS: dict[str, Question] = {
    "text": question("text"),
    "long-text": question("long-text"),
    "number": question("number", min=-5, max=5000),
    "decimals": question("number", decimals=2),
    "money": question("money", max=100_000),
    "date": question("date"),
    "month": question("month"),
    "time": question("time"),
    "choice": question("choice", options=OPTIONS),
    "choices": question("choices", options=OPTIONS, min=1, max=2),
    "yes-no": question("yes-no"),
    "declaration": question("declaration", statement=LABEL),
    "person-name": question("person-name"),
    "identifier": question("identifier", scheme="hkid"),
    "phone": question("phone"),
    "email": question("email"),
    "address": question("address"),
    "file": question("file", max_files=2),
    "derived": question("derived", value="1 + 1"),
    "repeat": question(
        "repeat", item=LABEL, min=1, max=3,
        questions=[{"inner": {"type": "text", "label": LABEL}}, {"day": {"type": "date", "label": LABEL}}],
    ),
}  # fmt: skip
PARTS = {
    "date": ("-year", "-month", "-day"), "month": ("-year", "-month"),
    "person-name": ("-family", "-given", "-chinese"), "address": ("-unit", "-building", "-street", "-district"),
    "repeat": (".count", ".0.inner", ".0.day-year", ".0.day-month", ".0.day-day", ".1.inner"),
}  # fmt: skip
LIKELY = st.sampled_from([
    "yes", "no", "one", "two", "5", "12", "1990", "2", "31", "-1", "1,234.50", "$12.30", "19.99",
    "0.07", "1e9", "９", "+85251234567",
    "5123 4567", "a@example.com", "A123456(3)", "a1234563", "6:30pm", "18:05", "陳大文", "CHAN", "eastern",
    "central-and-western", "0" * 32, "a" * 33, "１２", "1_9", "٣", "²", "\u202e", "NaN", "inf", " ", "2023",
])  # fmt: skip
TYPED = st.one_of(LIKELY, st.text(max_size=40), st.text(alphabet="0123456789.,:-+() ampm$", max_size=8))


def forms_of(name: str) -> st.SearchStrategy[dict[str, list[str]]]:
    """What browsers and others may send for a question: each of its fields, now and then more than once."""
    fields = {f"q{part}": st.lists(TYPED, min_size=1, max_size=2) for part in PARTS.get(name, ("",))}
    return st.fixed_dictionaries({}, optional=fields)


def test_every_type_is_here() -> None:
    adapter = json.dumps(ANY.json_schema())
    for kind in ANY.json_schema()["discriminator"]["mapping"] if "discriminator" in ANY.json_schema() else []:
        assert kind in {q.type_name for q in QUESTIONS.values()}, kind
    assert len({q.type_name for q in QUESTIONS.values()}) == 19
    assert adapter


def taken_from(asked: Question, form: dict[str, list[str]]) -> tuple[Any, list[Refusal]]:
    """What a page with this one question reads from a form."""
    page = Page(page="p", questions=(asked,))
    read = read_page(page, form, {}, context=lambda _: ASKING.context, asking=lambda _: ASKING)
    return read.answers.get("q"), read.refusals


def reasons(asked: Question, value: Any) -> Iterator[Any]:
    yield from asked.refusals(value, "q", ASKING)


# What is derived is never read.
@pytest.mark.parametrize("name", [name for name in QUESTIONS if name != "derived"])
def test_what_is_read_and_accepted_fits_the_schema_is_shown_and_comes_back(name: str) -> None:
    asked = QUESTIONS[name]
    validator = jsonschema.Draft202012Validator(
        asked.json_schema(), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    taken: list[Any] = []

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(forms_of(name))
    def agree(form: dict[str, list[str]]) -> None:
        value, refusals = taken_from(asked, form)
        for refusal in refusals:
            assert all(refusal.message(language) for language in LANGUAGES)
        if value is None or refusals:
            return
        taken.append(value)
        validator.validate(value)
        # Kept as JSON, it is the same when it is read again.
        assert json.loads(json.dumps(value)) == value
        for language in LANGUAGES:
            assert isinstance(asked.shown(value, language), str)
        asked.known(value)
        again, none = taken_from(asked, written(asked, value, "q"))
        assert (again, none) == (value, [])

    agree()
    for example in SURE.get(name, []):
        assert taken_from(asked, example)[1] == [], example
        agree.hypothesis.inner_test(example)
    assert taken


SURE: dict[str, list[dict[str, list[str]]]] = {
    "text": [{"q": ["灣仔道 1 號"]}], "long-text": [{"q": ["one\r\ntwo"]}], "number": [{"q": ["1,234"]}],
    "decimals": [{"q": ["0.07"]}, {"q": ["1.1"]}], "money": [{"q": ["$19.99"]}, {"q": ["0.07"]}, {"q": ["１２"]}],
    "date": [{"q-year": ["2024"], "q-month": ["feb"], "q-day": ["29"]}],
    "month": [{"q-year": ["2024"], "q-month": ["2"]}],
    "time": [{"q": ["6:30pm"]}, {"q": ["12am"]}], "choice": [{"q": ["two"]}], "choices": [{"q": ["one", "one"]}],
    "yes-no": [{"q": ["no"]}], "declaration": [{"q": ["yes"]}], "identifier": [{"q": ["a 123456 (3)"]}],
    "person-name": [{"q-family": ["CHAN"], "q-chinese": ["陳大文"]}], "phone": [{"q": ["5123 4567"]}],
    "email": [{"q": ["a＠example.com"]}], "file": [{"q": ["0" * 32]}],
    "address": [{"q-street": ["1 Road"], "q-district": [QUESTIONS["address"].districts[0].value]}],  # type: ignore[attr-defined]
    "repeat": [{"q.count": ["1"], "q.0.inner": ["x"], "q.0.day-year": ["2024"], "q.0.day-month": ["2"],
                "q.0.day-day": ["29"]}],
}  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30)
    | LIKELY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip


@pytest.mark.parametrize("name", QUESTIONS)
def test_any_json_is_judged_without_failing_and_what_is_accepted_is_shown(name: str) -> None:
    """Over the API anything may come; what is accepted must never break a page later."""
    asked = QUESTIONS[name]
    validator = jsonschema.Draft202012Validator(asked.json_schema())

    @settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
    @given(JSON)
    def judge(value: Any) -> None:
        refusals = list(reasons(asked, value))
        if refusals or value in (None, "", []):
            return
        if isinstance(asked, RepeatQuestion):
            return
        assert validator.is_valid(value), value
        for language in LANGUAGES:
            asked.shown(value, language)
        written(asked, value, "q")
        asked.known(value)

    judge()


REFUSED = [
    ("number", True, "not_a_number"), ("number", 1.5, "not_whole"), ("number", -6, "too_small"),
    ("number", 5001, "too_large"),
    ("decimals", 1.234, "too_many_decimals"), ("money", 0.001, "not_money"), ("money", -1, "too_small"),
    ("date", "2023-02-29", "not_a_date"), ("date", "20230105", "not_a_date"), ("date", "2023-W01-1", "not_a_date"),
    ("date", "1700-01-01", "not_a_date"), ("month", "2023-13", "not_a_month"), ("month", "2023-1", "not_a_month"),
    ("time", "24:00", "not_a_time"), ("choice", "four", "not_an_option"), ("choices", ["one", "four"], "not_an_option"),
    ("choices", ["one", "two", "three"], "too_many_choices"), ("yes-no", "yes", "not_an_option"),
    ("declaration", False, "not_declared"), ("person-name", {"nick": "x"}, "wrong_kind"),
    ("identifier", "A123456(4)", "wrong_check_digit"), ("identifier", "123", "not_an_identifier"),
    ("phone", "+8521", "not_a_phone"), ("phone", "51234567", "not_a_phone"), ("email", "a@b", "not_an_email"),
    ("email", "a@example.com\n", "not_an_email"), ("address", {"street": "x"}, "no_district"),
    ("file", ["x"], "wrong_kind"), ("file", ["a" * 32] * 3, "too_many_files"), ("repeat", [{}] * 4, "too_many_items"),
    ("text", "x" * 201, "too_long"), ("text", 5, "wrong_kind"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "code"), REFUSED)
def test_an_answer_that_cannot_be_taken_is_refused_with_its_reason(name: str, value: Any, code: str) -> None:
    assert code in [refusal.code for refusal in reasons(QUESTIONS[name], value)]


def test_every_reason_has_its_sentence_in_every_language() -> None:
    for code, message in asked_module.MESSAGES.items():
        assert set(message.words) == set(LANGUAGES), code


@pytest.mark.parametrize("typed", ["9" * 25, "99999999999", "1" + "0" * 400])
def test_a_year_beyond_all_years_is_no_date(typed: str) -> None:
    for name in ("date", "month"):
        form = {"q-year": [typed], "q-month": ["1"], "q-day": ["1"]}
        _, refusals = taken_from(QUESTIONS[name], form)
        assert [refusal.code for refusal in refusals] == [f"not_a_{name}"]
