"""The words of a booking: blocks of sessions, what expressions read of it, and the days that may be booked."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from tests import small_services

from praya.blocks.bookings import rules
from praya.definition.chapters.booking import FACTS, Booking, Seat, facts_of, shown
from praya.definition.chapters.booking.checks import step_problems
from praya.journey import load
from praya.project.designing.difference import differences

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)  # a Monday
LABEL = {"en": "X", "zh-hant": "某"}
PLACES = [{"value": value, "label": LABEL} for value in ("east", "west")]
HOLIDAYS = {date(2026, 4, 3)}  # a Friday


def booking(sessions: Any, **more: Any) -> Booking:
    words = {"title": LABEL, "places_label": LABEL, "places": PLACES, "sessions": sessions, **more}
    return Booking.model_validate(words)


BLOCKS = [
    {"on_holidays": "only", "times": ["10:00"], "class": "holiday", "capacity": 5},
    {"times": ["10:00", "11:30"], "minutes": 45, "class": "day", "capacity": 2},
    {"weekdays": ["fri"], "places": ["west"], "times": ["19:00"], "minutes": 90, "class": "evening", "capacity": 1},
]


def test_each_block_gives_its_own_sessions_and_the_first_counts() -> None:
    found = booking(BLOCKS)
    calendar = load.pack().calendar
    friday = [
        (s.place, s.clock, s.capacity) for s in rules.sessions(found, date(2026, 3, 6), date(2026, 3, 6), calendar)
    ]
    assert friday == [("east", "10:00", 2), ("east", "11:30", 2), ("west", "10:00", 2), ("west", "11:30", 2),
                      ("west", "19:00", 1)]  # fmt: skip
    good_friday = list(rules.sessions(found, date(2026, 4, 3), date(2026, 4, 3), calendar))
    assert [(s.place, s.clock, s.capacity) for s in good_friday][:2] == [("east", "10:00", 5), ("east", "11:30", 2)]
    assert booking(BLOCKS[1]).blocks == booking([BLOCKS[1]]).blocks
    for wrong in ([], [{**BLOCKS[1], "places": ["north"]}], [{**BLOCKS[1], "capacity": {"north": 1}}]):
        with pytest.raises(ValueError, match=r"north|at least 1"):
            booking(wrong)


def test_expressions_read_the_first_visit_and_each() -> None:
    seats = [("a", "west", date(2026, 3, 6), "19:00"), ("b", "east", date(2026, 4, 3), "10:00")]
    facts = facts_of(booking(BLOCKS), seats, HOLIDAYS, size=2, status="held")
    assert (facts["weekday"], facts["time"], facts["hour"], facts["class"]) == ("fri", "19:00", 19, "evening")
    assert facts["hours"] == 1.5 + 1
    assert [(one["visit"], one["class"], one["hours"]) for one in facts["each"]] == [
        ("a", "evening", 1.5),
        ("b", "holiday", 1),
    ]
    nothing = facts_of(booking(BLOCKS), (), HOLIDAYS)
    assert (nothing["status"], nothing["visits"], nothing["place"], nothing["hour"], nothing["class"]) == (
        "none", 0, "", None, None,
    )  # fmt: skip
    gone = facts_of(booking(BLOCKS), [("a", "west", date(2026, 3, 6), "08:00")], HOLIDAYS)
    assert (gone["class"], gone["hours"], gone["hour"]) == (None, None, 8)


def test_sessions_that_overlap_share_a_step_of_five_minutes_and_others_do_not() -> None:
    found = booking([*BLOCKS, {"places": ["east"], "capacity": 1}])
    day = date(2026, 3, 6)

    def ticks(place: str, clock: str) -> set[str]:
        return set(found.ticks([("v", place, day, clock)], HOLIDAYS))

    assert len(ticks("west", "19:00")) == 18
    assert ticks("east", "10:00") == ticks("west", "10:00")
    assert not ticks("east", "10:00") & ticks("east", "11:30")
    assert ticks("east", "") > ticks("west", "19:00")


@pytest.mark.parametrize(
    ("first", "last", "days"),
    [
        ("answers.begin", None, ("2026-03-05", "2026-03-16")),
        (None, "days_after(answers.begin, 2)", ("2026-03-03", "2026-03-07")),
        ("answers.nothing", "answers.nothing", ("2026-03-03", "2026-03-16")),
        ("date('2026-03-10')", "date('2026-03-09')", (None, None)),
        ("'soon'", None, (None, None)),
    ],
)
def test_expressions_name_the_first_and_the_last_day(
    first: str | None, last: str | None, days: tuple[str | None, str | None]
) -> None:
    found = booking(BLOCKS, first_day=first, last_day=last)
    context = {"answers": {"begin": datetime(2026, 3, 5, tzinfo=UTC), "nothing": None}}
    window = rules.window(found, at=AT, calendar=load.pack().calendar, context=context)
    assert tuple(day.isoformat() if day else None for day in (window.first, window.last)) == days


FORM = """
parameters:
  rent: [{{from: 2026-01-01, value: {{day: 1{more}}}}}]
form:
  - page: one
    questions:
      - age: {{type: number, label: {{en: Age, zh-hant: 年齡}}{asked}}}
{rules}
booking:
  title: {{en: T, zh-hant: 題}}
  places_label: {{en: P, zh-hant: 地}}
  places: [{{value: east, label: {{en: E, zh-hant: 東}}}}]
  sessions: [{{times: ["10:00"], class: day, capacity: 1}}, {{times: ["19:{minute}"], class: evening, capacity: 1}}]
{words}
flow:
  start: a
  states:
    a:
      label: {{en: A, zh-hant: 甲}}
      actions:
        go: {{label: {{en: Go, zh-hant: 去}}, by: applicant, to: b{does}}}
    b: {{label: {{en: B, zh-hant: 乙}}, final: true, result: completed}}
retention: {{completed: 1 year}}
"""
RULE = 'eligibility: [{{unless: "{}", refuse: {{en: No., zh-hant: 否。}}}}]'
LATE = "conditions: {late: booking.hour > 18}"
PARTS = {"more": ", evening: 2", "asked": "", "rules": "", "minute": "00", "words": "", "does": ""}


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"rules": RULE.format("booking.hour < 12 && booking.class == 'day'")}, None),
        ({"rules": RULE.format("booking.class == 'evning'")}, "no class of sessions 'evning'; did you mean 'evening'?"),
        ({"rules": RULE.format("booking.place in ['west']")}, "no place 'west'"),
        ({"rules": RULE.format("booking.weekday == 'sunday'")}, "no weekday 'sunday'"),
        ({"rules": RULE.format("booking.our == 1")}, "'booking.our' does not exist; did you mean 'hour'?"),
        ({"rules": LATE, "asked": ", when: conditions.late"}, "not known here"),
        ({"rules": LATE, "words": "  party: 'conditions.late ? 1 : 2'"}, "not known here"),
        ({"rules": RULE.format("booking.hour < 12"), "does": ", book: true"}, "nothing is booked on applying"),
        ({"rules": RULE.format("booking.hour < 12"), "does": ", book: true", "words": "  on_applying: true"}, None),
        ({"more": "", "rules": 'fees: [{label: {en: F, zh-hant: 費}, amount: "parameters.rent[booking.class]"}]'},
         "has no value for the class 'evening'"),
        ({"words": "  one_at_a_time: answers.age", "minute": "07"}, "in steps of 5 minutes"),
        ({"words": "  first_day: booking.first_date"}, "not known here"),
        ({"words": "  move: {last_day: 'days_after(booking.first_date, 7)'}"}, None),
    ],
)  # fmt: skip
def test_check_tells_what_cannot_be_known_and_what_does_not_exist(parts: dict[str, str], said: str | None) -> None:
    found = small_services.problems("hire", "HR", FORM.format(**{**PARTS, **parts}))
    if said is None:
        assert found == []
    else:
        assert any(said in problem for problem in found), found


def test_a_new_class_is_told_in_the_comparison_of_two_versions() -> None:
    was = small_services.service("hire", "HR", FORM.format(**PARTS))
    now = small_services.service("hire", "HR", FORM.format(**{**PARTS, "words": "  one_at_a_time: answers.age"}))
    assert differences(was, now) == ["changed booking: one_at_a_time is now “answers.age”"]


def test_what_is_booked_is_told_in_words_where_a_result_rests_on_it() -> None:
    seats = [("a", "west", date(2026, 3, 6), "19:00"), ("b", "east", date(2026, 4, 3), "")]
    service = type("Booked", (), {"booking": booking(BLOCKS)})
    context = {"booking": facts_of(service.booking, seats, HOLIDAYS, size=2, status="held")}
    told = {name: shown(service, name, context, "en") for name in sorted(FACTS)}
    assert told == {
        "class": ("Kind of time", "evening"), "each": ("Times", "6 March 2026, 7:00pm X; 3 April 2026 X"),
        "first_date": ("Day", "6 March 2026"), "hour": ("Time", "7:00pm"), "hours": None,
        "last_date": ("Last day", "3 April 2026"), "place": ("X", "X"), "ref": None, "size": ("Number of people", "2"),
        "status": None, "time": ("Time", "7:00pm"), "visits": ("Number of visits", "2"),
        "weekday": ("Day of the week", "Friday"),
    }  # fmt: skip
    assert shown(service, "weekday", context, "zh-hant") == ("星期", "星期五")
    assert shown(service, "hour", {}, "en") is None


@pytest.mark.parametrize(
    ("words", "said"),
    [("", "write 'on_applying: true' in 'booking'"), ("  on_applying: false", "'booking' says 'on_applying: false'")],
)
def test_a_story_that_books_on_applying_learns_why_nothing_is_booked_then(words: str, said: str) -> None:
    service = small_services.service("bk", "BK", FORM.format(**{**PARTS, "does": ", book: true", "words": words}))
    told: Any = SimpleNamespace(book=(Seat.model_validate({"place": "east", "day": "2026-03-16", "time": "10:00"}),))
    ((path, message),) = step_problems(service, told, ())
    assert path == ("book",)
    assert said in message
