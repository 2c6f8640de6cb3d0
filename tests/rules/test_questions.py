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
from tests.read_packs import pack_in

from praya.blocks.forms.rules import read_page, refusals
from praya.definition.form import Page
from praya.definition.questions import (
    AddressQuestion,
    AnyQuestion,
    Asking,
    DateQuestion,
    EntryFacts,
    Question,
    Refusal,
    RepeatQuestion,
    digest,
)
from praya.definition.questions import question as question_module
from praya.kernel import jsontext
from praya.kernel.expression import Expression
from praya.kernel.text import LANGUAGES
from praya.web.fields import written

PACK = pack_in(Path(__file__).parents[2] / "packs" / "hongkong")
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
        questions=[{"inner": {"type": "text", "label": LABEL}}, {"day": {"type": "date", "label": LABEL}},
                   {"type": "guidance", "text": LABEL}],
    ),
    "signature": question("signature", says=LABEL),
    "place": question("place"),
    "entry": question("entry", register="boarders"),
    "table": question(
        "table", rows=OPTIONS[:2], optional_rows=True,
        columns=[{"people": {"type": "number", "min": 0, "label": LABEL}},
                 {"indoors": {"type": "yes-no", "label": LABEL}},
                 {"note": {"type": "text", "optional": True, "label": LABEL}}],
    ),
}  # fmt: skip
PARTS = {
    "date": ("-year", "-month", "-day"), "month": ("-year", "-month"),
    "person-name": ("-family", "-given", "-chinese"), "address": ("-unit", "-building", "-street", "-district"),
    "place": ("-text", "-lat", "-lon"),
    "table": (".one.people", ".one.indoors", ".one.note", ".two.people", ".two.indoors"),
    "repeat": (".count", ".0.inner", ".0.day-year", ".0.day-month", ".0.day-day", ".1.inner"),
}  # fmt: skip
LIKELY = st.sampled_from([
    "yes", "no", "one", "two", "5", "12", "1990", "2", "31", "-1", "1,234.50", "$12.30", "19.99",
    "0.07", "1e9", "９", "+85251234567",
    "5123 4567", "a@example.com", "A123456(3)", "a1234563", "6:30pm", "18:05", "陳大文", "CHAN", "eastern",
    "central-and-western", "0" * 32, "a" * 33, "22.3193", "114.17", "-91",
     "１２", "1_9", "٣", "²", "\u202e", "NaN", "inf", " ", "2023",
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
    assert len({q.type_name for q in QUESTIONS.values()}) == 23
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

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
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
        assert jsontext.loads(jsontext.dumps(value)) == value
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
    "email": [{"q": ["a＠example.com"]}], "file": [{"q": ["0" * 32, "0" * 32]}],
    "address": [{"q-street": ["1 Road"], "q-district": [QUESTIONS["address"].districts[0].value]}],  # type: ignore[attr-defined]
    "signature": [{"q": ["CHAN  Siu Fong"]}], "entry": [{"q": ["0" * 32]}],
    "place": [{"q-text": ["Behind the pier"]}, {"q-text": ["x"], "q-lat": ["22.3"], "q-lon": ["114.1"]}],
    "table": [{"q.one.people": ["1,200"], "q.one.indoors": ["no"]},
              {"q.one.people": ["0"], "q.one.indoors": ["yes"], "q.two.people": ["3"], "q.two.indoors": ["yes"]}],
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

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
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
    ("choices", ["one", "one"], "wrong_kind"),
    ("choices", ["one", "two", "three"], "too_many_choices"), ("yes-no", "yes", "not_an_option"),
    ("declaration", False, "not_declared"), ("person-name", {"nick": "x"}, "wrong_kind"),
    ("identifier", "A123456(4)", "wrong_check_digit"), ("identifier", "123", "not_an_identifier"),
    ("phone", "+8521", "not_a_phone"), ("phone", "51234567", "not_a_phone"), ("email", "a@b", "not_an_email"),
    ("email", "a@example.com\n", "not_an_email"), ("address", {"street": "x"}, "no_district"),
    ("file", ["x"], "wrong_kind"), ("file", ["a" * 32] * 2, "wrong_kind"),
    ("file", [n * 32 for n in "abc"], "too_many_files"), ("repeat", [{}] * 4, "too_many_items"),
    ("text", "x" * 201, "too_long"), ("text", 5, "wrong_kind"),
    ("file", [], "missing_file"), ("choice", None, "missing_choice"), ("declaration", None, "not_declared"),
    ("signature", None, "not_signed"), ("signature", {"name": "x"}, "not_signed"),
    ("signature", {"name": "CHAN", "at": "yesterday", "digest": "0" * 64}, "wrong_kind"),
    ("signature", {"name": "CHAN", "at": "2023-02-30T00:00:00+08:00", "digest": "0" * 64}, "wrong_kind"),
    ("place", {"lat": 22.3, "lon": 114.1}, "no_place_text"), ("place", {"text": "x", "lat": 22.3}, "not_a_point"),
    ("place", {"text": "x", "lat": 51.5, "lon": 0.1}, "outside_map"), ("place", "x", "wrong_kind"),
    ("place", {"text": "x", "lat": True, "lon": 114}, "not_a_point"),
    ("entry", None, "missing_entry"), ("entry", "x", "no_entry"), ("entry", 5, "no_entry"),
    ("table", {"three": {}}, "wrong_kind"), ("table", {"one": {"people": 1}}, "missing_choice"),
    ("table", {"one": {"people": -1, "indoors": True}}, "too_small"), ("table", None, "missing"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "code"), REFUSED)
def test_an_answer_that_cannot_be_taken_is_refused_with_its_reason(name: str, value: Any, code: str) -> None:
    assert code in [refusal.code for refusal in reasons(QUESTIONS[name], value)]


def test_every_reason_has_its_sentence_in_every_language() -> None:
    for code, message in question_module.MESSAGES.items():
        assert set(message.words) == set(LANGUAGES), code


def test_a_definition_says_an_error_in_its_own_words() -> None:
    own = {
        "too_large": {"en": "“{label}”: the hall has {max} seats", "zh-hant": "{label}：會堂設 {max} 個座位"},
        "not_a_number": {"en": "Write how many", "zh-hant": "請填寫數目"},
    }
    seats = question("number", max=1200, errors=own)
    (refused,) = seats.refusals(1300, "q", ASKING)
    assert refused.code == "too_large"
    assert refused.message("en") == "“Label”: the hall has 1,200 seats"
    assert refused.message("zh-hant") == "標籤：會堂設 1,200 個座位"
    assert refused.message("zh-hans") == "标签：会堂设 1,200 个座位"
    read, (unread,) = seats.read({"q": ["many"]}, "q")
    assert (read, unread.message("en")) == (None, "Write how many")
    (usual,) = seats.refusals(1.5, "q", ASKING)
    assert usual.message("en") == "Enter “Label” as a whole number, like 12"


@pytest.mark.parametrize("typed", ["9" * 25, "99999999999", "1" + "0" * 400])
def test_a_year_beyond_all_years_is_no_date(typed: str) -> None:
    for name in ("date", "month"):
        form = {"q-year": [typed], "q-month": ["1"], "q-day": ["1"]}
        _, refusals = taken_from(QUESTIONS[name], form)
        assert [refusal.code for refusal in refusals] == [f"not_a_{name}"]


# The types that need more than what was typed


def signing(answers: dict[str, Any]) -> Asking:
    return Asking(ASKING.today, {}, digest=lambda _: digest(answers), now=datetime(2023, 1, 5, 9, tzinfo=UTC))


def test_a_signature_is_fixed_with_its_moment_and_is_void_when_what_was_signed_changes() -> None:
    asked = QUESTIONS["signature"]
    signed = asked.settled({"name": "CHAN Siu Fong"}, signing({"rent": 5000}))
    assert signed == {"name": "CHAN Siu Fong", "at": "2023-01-05T09:00:00+00:00", "digest": digest({"rent": 5000})}
    assert list(asked.refusals(signed, "q", signing({"rent": 5000}))) == []
    assert [r.code for r in asked.refusals(signed, "q", signing({"rent": 6000}))] == ["signature_void"]
    assert asked.shown(signed, "en") == "CHAN Siu Fong, signed on 5 January 2023"
    # What somebody claims to have signed, and when, counts for nothing: the platform fixes it.
    claimed = {"name": "CHAN Siu Fong", "at": "2001-01-01T00:00:00+08:00", "digest": "0" * 64}
    assert asked.settled(claimed, signing({"rent": 5000})) == signed


def test_a_name_that_is_not_fixed_is_no_signature() -> None:
    refusals = QUESTIONS["signature"].refusals({"name": "CHAN"}, "q", signing({}))
    assert [refusal.code for refusal in refusals] == ["signature_void"]


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5) | st.booleans(), max_size=5))
def test_what_was_signed_has_one_digest_whatever_the_order_in_which_it_is_kept(answers: dict[str, Any]) -> None:
    assert digest(answers) == digest(dict(reversed(list(json.loads(json.dumps(answers)).items()))))


def test_what_is_wrong_with_a_repeat_hides_nothing_that_is_wrong_with_its_items() -> None:
    repeat = question(
        "repeat", item=LABEL, min=2, max=3, questions=[{"n": {"type": "number", "label": LABEL}}],
        rules=[{"unless": "answers.q.size() > 5", "say": LABEL}],
    )  # fmt: skip

    def refused(items: list[Any]) -> list[tuple[str, str]]:
        return [(one.path, one.code) for one in refusals([repeat], {"q": items}, ASKING)]

    assert refused([{"n": "x"}]) == [("q", "too_few_items"), ("q.0.n", "not_a_number")]
    assert refused([{"n": 1}, {"n": "x"}]) == [("q", "rule"), ("q.1.n", "not_a_number")]
    # Of more than there may be, and of what are no items, only that is told.
    assert refused([{"n": "x"}] * 4) == [("q", "too_many_items")]
    assert refused([{"n": "x"}, "y"]) == [("q", "wrong_kind")]


def test_a_repeat_is_shown_item_by_item() -> None:
    pet, kinds = {"en": "Pet", "zh-hant": "寵物"}, [{"kind": {"type": "text", "label": LABEL}}]
    inner = [
        {"name": {"type": "text", "label": LABEL}},
        {"pets": {"type": "repeat", "label": LABEL, "item": pet, "questions": kinds}},
    ]
    asked = question("repeat", item={"en": "Child", "zh-hant": "子女"}, questions=inner)
    value = [{"name": "Ann", "pets": [{"kind": "cat"}, {"kind": "dog"}]}, {"name": "Bob"}]
    assert asked.shown(value, "en") == "Child 1: Ann, Pet 1: cat; Pet 2: dog\nChild 2: Bob"
    assert asked.shown(value, "zh-hant") == "子女 1：Ann，寵物 1：cat；寵物 2：dog\n子女 2：Bob"


NUMBER = "E-4K7P-9QXW"


def test_an_entry_must_be_in_its_register_and_in_force() -> None:
    register = {"0" * 32: EntryFacts({"name": "Sample Shop"}, True, NUMBER), "1" * 32: EntryFacts({}, False, NUMBER)}
    looking = Asking(ASKING.today, {}, look=lambda *place: register.get(place[2]))
    asked = QUESTIONS["entry"]
    codes = [[r.code for r in asked.refusals(ref * 32, "q", looking)] for ref in ("0", "1", "2")]
    assert codes == [[], ["entry_ended"], ["no_entry"]]
    assert asked.known("0" * 32, looking.look) == {"name": "Sample Shop", "ref": NUMBER}
    assert [r.code for r in asked.refusals(NUMBER, "q", Asking(ASKING.today, {}, look=None))] == []


def test_the_errors_of_a_table_name_the_row_and_stand_at_the_cell() -> None:
    form = {"q.one.people": ["many"], "q.two.indoors": ["yes"]}
    _, refusals = taken_from(QUESTIONS["table"], form)
    assert {(r.path, r.code) for r in refusals} == {
        ("q.one.people", "not_a_number"), ("q.one.indoors", "missing_choice"), ("q.two.people", "missing"),
    }  # fmt: skip
    assert all(r.located("en").startswith("Label: ") for r in refusals)


def test_a_table_with_required_rows_says_what_is_missing_in_each() -> None:
    whole = question("table", rows=OPTIONS[:2], columns=[{"people": {"type": "number", "label": LABEL}}])
    value, refusals = taken_from(whole, {})
    assert (value, [r.path for r in refusals]) == (None, ["q.one.people", "q.two.people"])
    assert jsonschema.Draft202012Validator(whole.json_schema()).is_valid({"one": {"people": 1}, "two": {"people": 2}})
    assert not jsonschema.Draft202012Validator(whole.json_schema()).is_valid({"one": {"people": 1}})


def test_expressions_reach_and_add_up_the_cells_of_a_table() -> None:
    known = QUESTIONS["table"].known({"one": {"people": 30, "indoors": True}})
    context = {"answers": {"spaces": known}}
    assert Expression("answers.spaces.one.people > 20").holds(context)
    assert Expression("sum(answers.spaces.map(row, answers.spaces[row].people))").value(context) == 30
    assert Expression("answers.spaces.two.people == null").holds(context)


@pytest.mark.parametrize("word", ["when", "fill", "rules"])
def test_a_column_has_no_words_that_a_cell_cannot_keep(word: str) -> None:
    more = {"when": "true", "fill": "person.email", "rules": [{"unless": "true", "say": LABEL}]}[word]
    column = {"people": {"type": "number", "label": LABEL, word: more}}
    with pytest.raises(ValueError, match=f"cannot have '{word}'"):
        question("table", rows=OPTIONS, columns=[column])


MAP = PACK.map
assert MAP is not None


@settings(max_examples=100, deadline=None)
@given(st.floats(min_value=MAP.south, max_value=MAP.north), st.floats(min_value=MAP.west, max_value=MAP.east),
       st.sampled_from([300, 640]))  # fmt: skip
def test_a_point_on_the_map_comes_back_from_its_place_in_the_picture(lat: float, lon: float, width: int) -> None:
    assert MAP is not None
    x, y = MAP.drawn(lat, lon, width)
    assert 0 <= x <= width
    assert 0 <= y <= MAP.height(width)
    back = MAP.point(x, y, width)
    assert abs(back[0] - lat) < 0.001
    assert abs(back[1] - lon) < 0.001


@settings(max_examples=60, deadline=None)
@given(st.integers(), st.integers(), st.sampled_from([300, 640]))
def test_a_click_anywhere_gives_a_point_on_the_map(x: int, y: int, width: int) -> None:
    assert MAP is not None
    assert MAP.holds(*MAP.point(x, y, width))


def test_words_between_questions_are_no_answers() -> None:
    page = Page.model_validate({
        "page": "p", "title": LABEL,
        "questions": [{"type": "guidance", "text": LABEL}, {"note": {"type": "warning", "text": LABEL}},
                      {"q": {"type": "text", "label": LABEL}}, {"type": "details", "label": LABEL, "text": LABEL}],
    })  # fmt: skip
    assert [type(part).__name__ for part in page.content] == [
        "GuidanceBlock", "WarningBlock", "TextQuestion", "DetailsBlock",
    ]  # fmt: skip
    assert [asked.name for asked in page.questions] == ["q"]
    with pytest.raises(ValueError, match="needs its 'title'"):
        Page.model_validate({"page": "p", "questions": [{"type": "guidance", "text": LABEL}]})


def test_limits_of_dates_depend_on_today_and_on_other_answers() -> None:
    asked = question("date", earliest="answers.starts", latest="today + duration('240h')")
    asking = Asking(
        ASKING.today,
        {"today": datetime(2023, 1, 5, tzinfo=UTC), "answers": {"starts": datetime(2023, 1, 8, tzinfo=UTC)}},
    )
    codes = {day: [r.code for r in asked.refusals(f"2023-01-{day}", "q", asking)] for day in ("07", "08", "15", "16")}
    assert codes == {"07": ["too_early"], "08": [], "15": [], "16": ["too_late"]}


@pytest.mark.parametrize(("kind", "more", "value", "code"), [
    ("month", {"earliest": "today"}, "2022-12", "too_early"), ("month", {"earliest": "today"}, "2023-01", None),
    ("month", {"latest": "today"}, "2023-02", "too_late"), ("month", {"latest": "today"}, "2023-01", None),
    ("time", {"earliest": "9:00"}, "08:59", "too_early"), ("time", {"latest": "17:30"}, "17:30", None),
    ("time", {"latest": "17:30"}, "17:31", "too_late"),
])  # fmt: skip
def test_months_and_times_have_limits(kind: str, more: dict[str, Any], value: str, code: str | None) -> None:
    refusals = list(question(kind, **more).refusals(value, "q", ASKING))
    assert [refusal.code for refusal in refusals] == ([code] if code else [])
    assert all(refusal.message(language) for refusal in refusals for language in LANGUAGES)


ADDRESSES = [
    (
        {"unit": "3樓A室", "building": "示例大廈", "street": "示例街1號", "district": "eastern"},
        "東區示例街1號示例大廈3樓A室",
    ),
    ({"unit": "3A", "building": "示例大廈", "street": "示例街1號", "district": "eastern"}, "東區示例街1號示例大廈 3A"),
    ({"unit": "Flat 3", "street": "1 Sample Street", "district": "eastern"}, "Flat 3, 1 Sample Street, 東區"),
]


@pytest.mark.parametrize(("value", "shown"), ADDRESSES)
def test_a_chinese_address_is_written_as_on_an_envelope(value: dict[str, str], shown: str) -> None:
    assert QUESTIONS["address"].shown(value, "zh-hant") == shown


def test_an_amount_is_in_the_currency_of_the_pack() -> None:
    words = (
        {"q": {"type": "money", "label": LABEL}},
        {"q": {"type": "derived", "value": "7", "shows": "money", "label": LABEL}},
    )
    euro = {**PACK.context, "currency": "EUR"}
    for written_in, shown in ((euro, "EUR 1,200"), (dict(PACK.context), "HK$1,200")):
        assert [ANY.validate_python(one, context=written_in).shown(1200, "en") for one in words] == [shown, shown]
    money = ANY.validate_python(words[0], context=euro)
    assert money.posted({"q": ["EUR 1,200"]}, "q") == money.posted({"q": ["1200"]}, "q") == 1200


def test_a_telephone_number_is_typed_as_in_the_territory_of_the_pack() -> None:
    def asked(**more: Any) -> Question:
        elsewhere = {**PACK.context, "region": "AT"}
        return ANY.validate_python({"q": {"type": "phone", "label": LABEL, **more}}, context=elsewhere)

    assert taken_from(asked(), {"q": ["0664 1234567"]}) == ("+436641234567", [])
    assert asked().shown("+436641234567", "en") == "0664 1234567"
    assert taken_from(asked(region="HK"), {"q": ["5123 4567"]}) == ("+85251234567", [])
    # As it was published, whatever the pack says when it is read again.
    again = ANY.validate_python(asked().model_dump(mode="json", by_alias=True))
    assert again.shown("+436641234567", "en") == "0664 1234567"


def _date(**words: Any) -> DateQuestion:
    label = {"en": "Born", "zh-hant": "出生日期"}
    return DateQuestion.model_validate({"name": "born", "type": "date", "label": label, **words})


def _boxes(year: str = "", month: str = "", day: str = "") -> dict[str, list[str]]:
    return {"born-year": [year], "born-month": [month], "born-day": [day]}


@pytest.mark.parametrize(("precision", "boxes", "answer"), [
    ("year", ("1950", "", ""), "1950"), ("year", ("1950", "6", ""), "1950-06"),
    ("year", ("1950", "6", "7"), "1950-06-07"),
    ("year", ("1950年", "", ""), "1950"), ("month", ("1950", "June", ""), "1950-06"),
    ("year", ("1950-06-07", "", ""), "1950-06-07"),
    ("month", ("1950", "", ""), "date_incomplete_month"), ("year", ("1950", "", "7"), "date_incomplete_year"),
    ("year", ("", "6", "7"), "date_incomplete_year"), ("day", ("1950", "6", ""), "date_incomplete"),
    ("year", ("1950", "13", ""), "not_a_date"),
])  # fmt: skip
def test_of_a_date_as_much_is_given_as_is_known(precision: str, boxes: tuple[str, str, str], answer: str) -> None:
    question = _date(precision=precision)
    value, wrong = question.read(_boxes(*boxes), "born")
    assert (value or wrong[0].code) == answer
    if value:
        assert list(question.refused(value, "born", Asking(date(2026, 3, 2)))) == []
        assert list(jsonschema.Draft202012Validator(question.json_schema()).iter_errors(value)) == []
        # What stands in the boxes again is what was typed.
        assert question.read(written(question, value, "born"), "born") == (value, [])
    else:
        assert all("{" not in wrong[0].message(language) for language in ("en", "zh-hant", "zh-hans"))


def test_rules_see_the_first_or_the_last_day_that_a_date_can_be() -> None:
    for value, first, last in (
        ("1950", (1950, 1, 1), (1950, 12, 31)), ("2024-02", (2024, 2, 1), (2024, 2, 29)),
        ("1950-06-07", (1950, 6, 7), (1950, 6, 7)),
    ):  # fmt: skip
        for counts_as, day in (("first", first), ("last", last)):
            assert _date(precision="year", counts_as=counts_as).known(value) == datetime(*day, tzinfo=UTC)
    shown = [_date(precision="year").shown("1950", language) for language in ("en", "zh-hant", "zh-hans")]
    assert shown == ["1950", "1950年", "1950年"]
    assert _date(precision="year").shown("1950-06", "zh-hant") == "1950年6月"


def test_a_year_is_refused_only_where_no_day_of_it_is_taken() -> None:
    question = _date(precision="year", latest="today", earliest="date('2024-07-01')")
    asking = Asking(date(2026, 3, 2), {"today": datetime(2026, 3, 2, tzinfo=UTC)})
    codes = {value: [one.code for one in question.refused(value, "born", asking)] for value in
             ("2026", "2027", "2024", "2023", "2026-04", "1950-1", "1950-00", "x", 1950, "1750")}  # fmt: skip
    assert codes == {
        "2026": [], "2027": ["too_late"], "2024": [], "2023": ["too_early"], "2026-04": ["too_late"],
        "1950-1": ["not_a_date"], "1950-00": ["not_a_date"], "x": ["not_a_date"],
        1950: ["not_a_date"], "1750": ["not_a_date"],
    }  # fmt: skip
    assert [one.code for one in _date().refused("1950", "born", asking)] == ["date_incomplete"]


def _address(**words: Any) -> AddressQuestion:
    data = {"name": "home", "type": "address", "label": {"en": "Address", "zh-hant": "地址"}, **words}
    return AddressQuestion.model_validate(data, context=dict(PACK.context))


@pytest.mark.parametrize(("boxes", "answer"), [
    ({"abroad": "10 Example Road\r\n\r\nLONDON  N1 1AA\r\n", "country": " United Kingdom "},
     {"abroad": "10 Example Road\n\nLONDON  N1 1AA", "country": "United Kingdom"}),
    ({"street": "1 Sample Street", "district": "sha-tin", "abroad": " \n", "country": ""},
     {"street": "1 Sample Street", "district": "sha-tin"}),
    ({"abroad": "10 Example Road", "street": "1 Sample Street"},
     {"home": "two_addresses", "home-country": "no_country"}),
    ({"country": "Macao"}, {"home-abroad": "no_lines_abroad"}),
    ({"abroad": "x" * 301, "country": "y" * 61}, {"home-abroad": "too_long", "home-country": "too_long"}),
    ({"abroad": "a\x00b", "country": "y"}, {"home-abroad": "control_character"}),
])  # fmt: skip
def test_an_address_may_be_abroad(boxes: dict[str, str], answer: dict[str, str]) -> None:
    question = _address(abroad=True)
    sent = {f"home-{part}": [text] for part, text in boxes.items()}
    value, wrong = question.read(sent, "home")
    wrong = wrong or list(question.refused(value, "home", Asking(date(2026, 3, 2))))
    if wrong:
        assert {one.path: one.code for one in wrong} == answer
        assert all("{" not in one.message(language) for one in wrong for language in LANGUAGES)
        return
    assert value == answer
    assert question.taken(answer) == answer
    assert question.read(written(question, value, "home"), "home") == (value, [])
    assert list(jsonschema.Draft202012Validator(question.json_schema()).iter_errors(value)) == []
    assert question.cell(value) in question.cells


def test_an_address_abroad_is_read_as_on_an_envelope_and_only_where_it_is_asked() -> None:
    value = {"abroad": "10 Example Road\nLONDON N1 1AA", "country": "United Kingdom"}
    assert _address(abroad=True).shown(value, "zh-hant") == "10 Example Road, LONDON N1 1AA, United Kingdom"
    assert [one.code for one in _address().refused(value, "home", Asking(date(2026, 3, 2)))] == ["wrong_kind"]
    assert "abroad" not in _address().cells
