"""Reading text: the same rules at every entrance, stored as typed, and refused with a code when it cannot be stored."""

import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.rules.test_questions import QUESTIONS, taken_from

from praya.blocks.identity.rules import addresses, sign_in_limits
from praya.blocks.registers import rules as registers
from praya.definition.questions import Asking, answers_taken
from praya.journey.limits import counted_as
from praya.kernel import reading
from praya.kernel.ids import read_reference, reference
from praya.kernel.text import LANGUAGES

ANYTHING = st.text(
    alphabet=st.one_of(
        st.characters(),
        st.sampled_from(
            "aZ0９ \t\n\r\u3000\u00a0\u200b\u200c\u200d\ufeff\u3164\u2800\ue001\U00031350\ufe0f·‧•．。，,.-−–"
        ),
        st.characters(codec="utf-16", min_codepoint=0x2000, max_codepoint=0x206F),
    ),
    max_size=30,
)
REFUSED = [
    "\x00",
    "\x07",
    "\x0b",
    "\x0c",
    "\x1b",
    "\x1f",
    "\x7f",
    "\x80",
    "\x85",
    "\x9f",
    "\u202a",
    "\u202e",
    "\u2066",
    "\u2069",
    "\ud800",
    "\udfff",
    "\ufffd",
    "\ufffe",
    "\ufdd0",
    "\U0001ffff",
]
KEPT = {
    "Private Use (older Hong Kong characters)": "明\ue001明",
    "Extension H": "\U00031350",
    "Extension J": "\U000323b0",
    "private plane": "\U000f0001",
    "a compatibility ideograph": "\ufa19\u6797",
    "Persian with a non-joiner": "می\u200cخواهم",
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "a variant": "葛\U000e0100城",
    "an emoji": "❤\ufe0f",
    "a flag": "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "Thai": "กำ",
    "Hebrew mark": "א\u200fב",
}
BLANK = [
    "",
    " ",
    "\u3000",
    "\u200b",
    "\u3164",
    "\u2800",
    "\ufeff",
    "\u200d\u200c",
    "\u00ad",
    "\ufe0f",
    " \u3164 \u2800\t",
    "\u0301",
    "\u17b4\u17b5",
    "\u180b \U0001d159",
    "\u200e",
]
TEXTS = ["text", "long-text", "person-name", "address", "place", "signature"]
PARTS = {"person-name": "family", "address": "street", "place": "text", "signature": "name"}


def field_of(name: str, typed: str) -> dict[str, list[str]]:
    part = PARTS.get(name)
    whole = {"address": {"q-district": ["eastern"]}}.get(name, {})
    return {(f"q-{part}" if part and name != "signature" else "q"): [typed], **whole}


def json_of(name: str, typed: str) -> Any:
    whole = {"address": {"district": "eastern"}}.get(name, {})
    return {PARTS[name]: typed, **whole} if name in PARTS else typed


def from_page(name: str, form: dict[str, list[str]]) -> tuple[Any, list[str]]:
    value, refusals = taken_from(QUESTIONS[name], form)
    return (None if refusals else value), [refusal.code for refusal in refusals]


def from_json(name: str, value: Any) -> tuple[Any, list[str]]:
    asked = QUESTIONS[name]
    taken = answers_taken([asked], {"q": value}).get("q")
    codes = [r.code for r in asked.refusals(taken, "q", Asking(date(2023, 1, 5)))]
    return (None if codes else taken), codes


@given(ANYTHING)
@example("\u200b \u3164 x")
@example("e\u200b\u0301")
def test_reading_again_changes_nothing(typed: str) -> None:
    for read in (reading.line, reading.lines, reading.compact, reading.email_address):
        try:
            once = read(typed)
        except (reading.NotText, reading.NotAnAddress):
            continue
        assert read(once) == once, read
    assert reading.dotted(reading.dotted(typed)) == reading.dotted(typed)
    assert reading.matching(reading.matching(typed)) == reading.matching(typed)


@pytest.mark.parametrize("name", TEXTS)
@given(typed=ANYTHING)
def test_page_api_and_story_read_the_same_or_refuse_the_same(name: str, typed: str) -> None:
    assert from_page(name, field_of(name, typed)) == from_json(name, json_of(name, typed))


@pytest.mark.parametrize("name", ["identifier", "phone", "email", "time", "entry"])
@given(typed=ANYTHING | st.text(alphabet="0123456789 +-()Aa@.pm:時下午", max_size=14))
def test_what_has_a_form_is_read_the_same_too(name: str, typed: str) -> None:
    assert from_page(name, {"q": [typed]}) == from_json(name, typed)


@given(ANYTHING)
def test_nothing_that_is_accepted_differs_but_for_blanks_and_composed_form(typed: str) -> None:
    for read in (reading.line, reading.lines):
        try:
            kept = read(typed)
        except reading.NotText:
            continue
        ends = " \u200b\u2060\ufeff\n"
        if kept:
            plain = "".join(" " if c.isspace() else c for c in typed)
            assert [unicodedata.normalize("NFC", part) for part in " ".join(plain.split()).strip(ends).split()] == [
                unicodedata.normalize("NFC", part) for part in " ".join(kept.split()).strip(ends).split()
            ]


@pytest.mark.parametrize("character", REFUSED, ids=lambda c: f"U+{ord(c):04X}")
@pytest.mark.parametrize("name", TEXTS)
def test_a_character_that_cannot_be_kept_is_refused_by_its_name_at_every_door(name: str, character: str) -> None:
    typed = f"Chan{character}Tai"
    for value, codes in (from_page(name, field_of(name, typed)), from_json(name, json_of(name, typed))):
        assert (value, codes) == (None, ["control_character"])
    _, refusals = taken_from(QUESTIONS[name], field_of(name, typed))
    for language in LANGUAGES:
        assert f"U+{ord(character):04X}" in refusals[0].message(language)


@pytest.mark.parametrize("typed", KEPT.values(), ids=KEPT)
@pytest.mark.parametrize("name", TEXTS)
def test_every_character_of_a_name_is_kept(name: str, typed: str) -> None:
    for value, codes in (from_page(name, field_of(name, typed * 2)), from_json(name, json_of(name, typed * 2))):
        assert codes == []
        assert typed * 2 in (value, *(value.values() if isinstance(value, dict) else ()))


@pytest.mark.parametrize("typed", BLANK)
@pytest.mark.parametrize("name", ["text", "long-text", "signature", "email", "phone", "identifier", "time"])
def test_what_shows_nothing_is_no_answer(name: str, typed: str) -> None:
    assert from_page(name, field_of(name, typed)) == from_json(name, json_of(name, typed))
    assert from_page(name, field_of(name, typed))[1] == ["not_signed" if name == "signature" else "missing"]


@pytest.mark.parametrize("dot", "·‧•・．･∙⋅")
def test_the_dots_of_a_chinese_name_are_one(dot: str) -> None:
    for typed in (f"卡門{dot}陳", f"卡門 {dot} 陳"):
        assert from_page("person-name", {"q-chinese": [typed]}) == ({"chinese": "卡門·陳"}, [])
        assert from_json("person-name", {"chinese": typed}) == ({"chinese": "卡門·陳"}, [])


@pytest.mark.parametrize(
    "typed", ["明\ue001", "\U00031350", "\U000323b0", "\U00033479", "葛\U000e0100", "\ufa19", "\u3007", "⿰木木"]
)
def test_a_chinese_name_may_have_any_ideograph(typed: str) -> None:
    assert from_page("person-name", {"q-chinese": [typed]}) == ({"chinese": typed}, [])


NUMBERS: list[tuple[str, str, Any]] = [
    ("decimals", "0.5", 0.5),
    ("decimals", ".5", 0.5),
    ("number", "−5", -5),
    ("number", "－５", -5),
    ("number", "–5", -5),
    ("number", "1,234", 1234),
    ("decimals", "1,250.50", 1250.5),
    ("decimals", "１，２５０．５０", 1250.5),
    ("number", "1 234", 1234),
    ("number", "1\u202f234", 1234),
    ("number", "12.00", 12),
    ("number", "٣", 3),
    ("decimals", "1 250.5", 1250.5),
    ("number", "5.", 5),
    ("number", "12。0", 12),
    ("money", "＄500", 500),
    ("money", "500元", 500),
    ("money", "HKD 500", 500),
    ("money", "HK$ 1,200.50", 1200.5),
    ("money", "$500", 500),
    ("money", "500 HKD", 500),
    ("money", "港幣500", None),
    ("money", ".5", 0.5),
]
NOT_NUMBERS = [
    ("money", "12,50", "two_numbers"),
    ("decimals", "0,5", "two_numbers"),
    ("money", "1.250", "two_numbers"),
    ("number", "0,500", "two_numbers"),
    ("money", "12,5", "two_numbers"),
    ("decimals", "1.250,50", "two_numbers"),
    ("number", "1.250", "two_numbers"),
    ("number", "1,2,3", "not_a_number"),
    ("number", "1 2", "not_a_number"),
    ("number", "12,34,567", "not_a_number"),
    ("number", "5²", "not_a_number"),
    ("number", "½", "not_a_number"),
    ("number", "1.2.3", "not_a_number"),
    ("number", "-", "not_a_number"),
    ("money", "$", "missing"),
    ("number", "1_000", "not_a_number"),
    ("number", "1\x005", "control_character"),
    ("number", "1.5", "not_whole"),
]


@pytest.mark.parametrize(("name", "typed", "value"), NUMBERS)
def test_numbers_are_read_as_people_type_them(name: str, typed: str, value: Any) -> None:
    read, codes = from_page(name, {"q": [typed]})
    assert (read, codes) == (value, [] if value is not None else ["not_money"])


@pytest.mark.parametrize(("name", "typed", "code"), NOT_NUMBERS)
def test_a_number_that_can_be_another_is_refused(name: str, typed: str, code: str) -> None:
    assert from_page(name, {"q": [typed]}) == (None, [code])


def test_a_comma_that_can_mean_two_things_is_refused_with_both() -> None:
    _, refusals = taken_from(QUESTIONS["money"], {"q": ["12,50"]})
    for language in LANGUAGES:
        assert "12.50" in refusals[0].message(language)
        assert "1,250" in refusals[0].message(language)


@given(st.text(alphabet="0123456789,. -−", max_size=12))
def test_no_digit_of_a_number_is_ever_lost(typed: str) -> None:
    try:
        read = reading.plain_number(typed, 2)
    except reading.NotANumber:
        return
    digits = [c for c in typed if c.isdigit()]
    assert [c for c in read if c.isdigit()] in (digits, ["0", *digits])


PHONES = [
    ("5123 4567", "+85251234567", None),
    ("+852-5123-4567", "+85251234567", None),
    ("(852) 5123 4567", "+85251234567", None),
    ("tel:+85251234567", "+85251234567", None),
    ("\u202d5123 4567\u202c", "+85251234567", None),
    ("\u200e5123\u20114567", "+85251234567", None),
    ("５１２３４５６７", "+85251234567", None),
    ("5123 4567 ext 12", None, "phone_extension"),
    ("5123 4567 x12", None, "phone_extension"),
    ("5123 4567#12", None, "phone_extension"),
    ("5123 4567 or 9123 4567", None, "not_a_phone"),
    ("5123 4567 call after six", None, "not_a_phone"),
    ("1-800-FLOWERS", None, "not_a_phone"),
    ("51234567 / 91234567", None, "not_a_phone"),
    ("51\x0023", None, "control_character"),
]


@pytest.mark.parametrize(("typed", "value", "code"), PHONES)
def test_a_telephone_number_is_kept_whole_or_refused(typed: str, value: str | None, code: str | None) -> None:
    assert from_page("phone", {"q": [typed]}) == (value, [code] if code else [])


TIMES = [
    ("下午3時", "15:00"),
    ("3時30分", "03:30"),
    ("9:30 p.m.", "21:30"),
    ("上午9時05分", "09:05"),
    ("中午12時", "12:00"),
    ("下午3點半", "15:30"),
    ("15時", "15:00"),
    ("下午 3:30", "15:30"),
    ("9.30", "09:30"),
    ("0930", "09:30"),
    ("12am", "00:00"),
    ("１２：３０", "12:30"),
    ("6pm", "18:00"),
    ("13am", None),
    ("25:00", None),
    ("3時70分", None),
    ("noon", None),
    ("3時30", "03:30"),
]


@pytest.mark.parametrize(("typed", "value"), TIMES)
def test_times_are_read_as_people_type_them(typed: str, value: str | None) -> None:
    assert from_page("time", {"q": [typed]}) == (value, [] if value else ["not_a_time"])


DATES = [
    (("2026年", "11月", "29日"), "2026-11-29"),
    (("2026年11月29日", "", ""), "2026-11-29"),
    (("", "", "29 Nov 2026"), "2026-11-29"),
    (("", "", "2026-11-29"), "2026-11-29"),
    (("", "", "November 29, 2026"), "2026-11-29"),
    (("２０２６", "１１", "２９"), "2026-11-29"),
    (("2026", "sept", "9"), "2026-09-09"),
    (("", "", "29th November 2026"), "2026-11-29"),
    (("", "", "11/12/2026"), "date_incomplete"),
    (("2_026", "1", "1"), "not_a_date"),
    (("+2026", "1", "1"), "not_a_date"),
    (("2026", "2", "30"), "not_a_date"),
    (("2026", "Octember", "1"), "not_a_date"),
    (("", "", "31 Feb 2026"), "not_a_date"),
]


@pytest.mark.parametrize(("parts", "result"), DATES)
def test_dates_are_read_where_only_one_reading_is_possible(parts: tuple[str, str, str], result: str) -> None:
    form = {f"q-{part}": [typed] for part, typed in zip(("year", "month", "day"), parts, strict=True)}
    value, codes = from_page("date", form)
    assert (value or codes[0]) == result


ADDRESSES = [
    ("chan@example。com", "chan@example.com"),
    ("ｃｈａｎ＠ｅｘａｍｐｌｅ．ｃｏｍ", "chan@example.com"),
    ("a@例子.香港", "a@xn--fsqu00a.xn--j6w193g"),
    ("a@例子。香港", "a@xn--fsqu00a.xn--j6w193g"),
    ("\u200bchan@example.com\u200b", "chan@example.com"),
    ("用戶@例子.香港", "email_other_letters"),
    ("josé@example.com", "email_other_letters"),
    ("a@b", "not_an_email"),
    ("a b@example.com", "not_an_email"),
    ("a..b@example.com", "not_an_email"),
    ("a@-b.com", "not_an_email"),
    ("a@example.com, b@example.com", "not_an_email"),
    ("chan\x00@example.com", "control_character"),
]


@pytest.mark.parametrize(("typed", "result"), ADDRESSES)
def test_an_address_is_read_as_mail_servers_know_it(typed: str, result: str) -> None:
    value, codes = from_page("email", {"q": [typed]})
    assert (value or codes[0]) == result
    try:
        known = addresses.address(typed)
    except addresses.NotAnAddress as wrong:
        known = wrong.code
    assert known == result


def test_a_domain_in_other_letters_is_shown_in_them() -> None:
    assert QUESTIONS["email"].shown("a@xn--fsqu00a.xn--j6w193g", "en") == "a@例子.香港"


def test_nothing_typed_beside_an_identity_card_number_is_read_over() -> None:
    assert from_page("identifier", {"q": ["Ａ１２３４５６（３）"]})[0] == "A123456(3)"
    assert from_page("identifier", {"q": ["a\u200b123456 (3)。"]})[0] == "A123456(3)"
    for typed in ("A123456(3)陳", "éA123456(3)", "А123456(3)"):
        assert from_page("identifier", {"q": [typed]})[1] == ["not_an_identifier"], typed


def test_a_reference_is_found_however_it_was_typed() -> None:
    ref = reference("RL")
    for typed in (
        ref.replace("-", "\u2011"),
        ref.replace("-", "\u2212"),
        ref.replace("-", "–"),
        ref.replace("-", "ー"),
        f"{ref}。",
        f"{ref}.",
        "\u200b".join(ref),
        "".join(chr(ord(c) + 0xFEE0) for c in ref),
        ref.replace("-", "\u00a0"),
        f"\ufeff{ref.lower()}\u3000",
        f"“{ref}”",
        f"\u202d{ref}\u202c",
        ref.replace("-", "．"),
    ):
        assert read_reference(typed) == ref, ascii(typed)
    assert read_reference(f"{ref}\x00") is None
    assert read_reference(f"陳{ref}") is None
    assert read_reference(ref * 30) is None


@pytest.mark.parametrize(
    "typed",
    ["775544", "775 544", "７７５５４４", "775-544", "775\u2011544", "\u200b775544", "775544。", "775544.", "٧٧٥٥٤٤"],
)
def test_a_code_is_read_however_it_was_typed(typed: str) -> None:
    assert sign_in_limits.typed_code(typed) == "775544"


SAME = [
    [
        "Chan Tai Man",
        "CHAN  TAI MAN",
        "chan tai man ",
        "ＣＨＡＮ ＴＡＩ ＭＡＮ",
        "Chan Tai-man",
        "Chan, Tai Man",
        "Chan\u200bTai Man",
        "Сhan Тai Man",
        "Chan\u2011Tai·Man",
        "ChanTaiMan",
        "Chán Tái Mán",
        "Cha\u0301n Tai Man",
    ],
    ["陳大文", "陈大文", "陳 大文", "陳\ufe00大文", "陳·大文"],
    ["AB 1234", "ab1234", "AB-1234", "ＡＢ１２３４", "АВ1234", "AB l234", "AB．1234"],
    ["AO 10", "A0 IO"],
    ["卡門·陳", "卡門‧陳", "卡門•陳", "卡門．陳"],
]


def test_what_is_another_thing_counts_by_itself() -> None:
    for one, other in (
        ("a.b@example.com", "ab@example.com"),
        ("l0@example.com", "lo@example.com"),
        ("Flat 1/2", "Flat 12"),
        ("陳大文", "陳太文"),
        ("AB 1234", "AB 1235"),
        ("C", "C++"),
    ):
        assert counted_as(one) != counted_as(other), one
    assert counted_as("Chan@Example.com") == counted_as("chan@example。com ")


@pytest.mark.parametrize("spellings", SAME, ids=lambda spellings: spellings[0])
def test_another_spelling_is_no_way_round_a_limit(spellings: list[str]) -> None:
    assert len({counted_as(spelling) for spelling in spellings}) == 1
    assert len({reading.matching(one[0]) for one in SAME}) == len(SAME)


def test_a_name_counts_as_one_however_its_letters_stand_in_the_parts() -> None:
    one = counted_as({"family": "Chan", "given": "Tai Man"})
    assert (
        one == counted_as({"family": "CHAN TAI", "given": "man"}) != counted_as({"family": "Chan", "given": "Tai Mun"})
    )
    here = {"unit": "3", "street": "1 Road", "district": "eastern"}
    assert counted_as(here) == counted_as({**here, "building": ""}) != counted_as({**here, "unit": "31"})


@given(st.text(alphabet="‧·•a陳大 \ue001\U00031350\u200d", min_size=1, max_size=20), st.data())
def test_a_register_is_searched_in_any_spelling_and_by_any_character(said: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(said) - 1))
    assert all(word in registers.searched({"name": said}) for word in registers.words(said[start : start + 8]))
    assert "\ue001" in registers.searched({"name": "明\ue001"})
    assert registers.words("卡門•陳") == registers.words("卡門‧陳")


def test_what_is_too_long_is_shortened_at_a_whole_character() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
    assert reading.shortened(f"abc {family} de", 9) == "abc…"
    assert reading.shortened(f"abc {family} de", 10) == f"abc {family}…"
    assert reading.shortened("abc", 3) == "abc"
    assert reading.together(["a" * 50, "b" * 100], lambda some: sum(map(len, some)) <= 110) == [
        "a" * 50,
        "b" * 59 + "…",
    ]
