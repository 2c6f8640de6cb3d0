"""When a service is open, and when it opens again, by the territory's time zone."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from praya.definition.opening import OPEN, OpeningTimes, standing
from praya.kernel.calendar import Calendar

ZONE = ZoneInfo("Asia/Hong_Kong")
CALENDAR = Calendar(zone=ZONE, holidays=frozenset({date(2026, 4, 3)}))  # a Friday
OFFICE: dict[str, Any] = {"hours": {"mon-fri": "09:00-17:30", "sat": "09:00-13:00"}, "on_holidays": False}
SAY = {"en": "We move.", "zh-hant": "搬遷。"}


def at(day: str, clock: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZONE).astimezone(ZoneInfo("UTC"))


def opens(times: dict[str, Any], day: str, clock: str) -> str | None:
    """`open`, or when it opens again."""
    found = standing(OpeningTimes.model_validate(times), at(day, clock), CALENDAR)
    if found.is_open:
        return "open"
    return f"{found.opens_at.astimezone(ZONE):%Y-%m-%d %H:%M}" if found.opens_at else None


def test_nothing_said_is_always_open() -> None:
    assert standing(None, at("2026-04-04", "03:00"), CALENDAR) is OPEN
    assert opens({}, "2026-04-04", "03:00") == "open"


@pytest.mark.parametrize(
    ("day", "clock", "said"),
    [
        ("2026-04-02", "08:59", "2026-04-02 09:00"),
        ("2026-04-02", "09:00", "open"),
        ("2026-04-02", "17:29", "open"),
        ("2026-04-02", "17:30", "2026-04-04 09:00"),  # Friday is a holiday
        ("2026-04-03", "10:00", "2026-04-04 09:00"),
        ("2026-04-04", "12:59", "open"),
        ("2026-04-04", "13:00", "2026-04-06 09:00"),
        ("2026-04-05", "10:00", "2026-04-06 09:00"),
    ],
)
def test_hours_are_kept_on_weekdays_and_not_on_holidays(day: str, clock: str, said: str) -> None:
    assert opens(OFFICE, day, clock) == said


def test_it_is_open_from_its_first_to_the_end_of_its_last_day() -> None:
    spring = {"from": "2026-03-01", "until": "2026-05-31"}
    assert opens(spring, "2026-02-28", "23:59") == "2026-03-01 00:00"
    assert opens(spring, "2026-03-01", "00:00") == "open"
    assert opens(spring, "2026-05-31", "23:59") == "open"
    assert opens(spring, "2026-06-01", "00:00") is None
    assert standing(OpeningTimes.model_validate(spring), at("2026-06-01", "00:00"), CALENDAR).over
    assert opens({**spring, **OFFICE}, "2026-02-01", "00:00") == "2026-03-02 09:00"
    assert opens({"from": "2030-01-01"}, "2026-01-01", "00:00") == "2030-01-01 00:00"


def test_a_closing_comes_back_every_year_also_across_the_new_year() -> None:
    times = {"closed": [{"every": "year", "from": "12-24T12:00", "until": "01-02", "say": SAY}]}
    for year in (2026, 2027, 2031):
        assert opens(times, f"{year}-12-24", "11:59") == "open"
        assert opens(times, f"{year}-12-24", "12:00") == f"{year + 1}-01-03 00:00"
        assert opens(times, f"{year}-01-02", "23:59") == f"{year}-01-03 00:00"
        assert opens(times, f"{year}-01-03", "00:00") == "open"
    summer = {**OFFICE, "closed": [{"every": "year", "from": "07-20", "until": "07-31", "say": SAY}]}
    assert opens(summer, "2026-07-19", "10:00") == "2026-08-01 09:00", "a Sunday before it"
    assert opens(summer, "2027-07-31", "10:00") == "2027-08-02 09:00"


def test_29_february_is_the_last_day_of_february_in_every_year() -> None:
    ends = {"closed": [{"every": "year", "from": "02-20", "until": "02-29", "say": SAY}]}
    begins = {"closed": [{"every": "year", "from": "02-29T18:00", "until": "03-02", "say": SAY}]}
    for year, last in ((2026, 28), (2028, 29)):
        assert opens(ends, f"{year}-02-19", "23:59") == "open"
        assert opens(ends, f"{year}-02-{last}", "23:59") == f"{year}-03-01 00:00"
        assert opens(ends, f"{year}-03-01", "00:00") == "open"
        assert opens(begins, f"{year}-02-{last}", "17:59") == "open"
        assert opens(begins, f"{year}-02-{last}", "18:00") == f"{year}-03-03 00:00"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"from": "12-24", "until": "12-23"}, "closed the whole year"),
        ({"from": "02-30", "until": "03-02"}, "there is no day '02-30'"),
        ({"from": "13-01", "until": "03-02"}, "there is no day '13-01'"),
        ({"from": "03-01", "until": "02-29"}, "closed the whole year"),
        ({"from": "2026-12-24", "until": "01-02"}, "like 12-24"),
        ({"every": None, "from": "12-24", "until": "2027-01-02"}, "add 'every: year'"),
        ({"every": None, "from": "2026-12-24", "until": "2026-12-23"}, "lies before"),
    ],
)
def test_a_closing_that_cannot_be_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        OpeningTimes.model_validate({"closed": [{"every": "year", "say": SAY, **wrong}]})


def test_maintenance_closes_it_and_says_why() -> None:
    closed = [
        {"from": "2026-04-07T12:00", "until": "2026-04-07T14:00", "say": SAY},
        {"from": "2026-04-08", "until": "2026-04-09", "say": SAY},
    ]
    times = {**OFFICE, "closed": closed}
    assert opens(times, "2026-04-07", "11:59") == "open"
    assert opens(times, "2026-04-07", "12:00") == "2026-04-07 14:00"
    assert opens(times, "2026-04-07", "14:00") == "open"
    assert opens(times, "2026-04-07", "18:00") == "2026-04-10 09:00"
    assert opens({"closed": closed}, "2026-04-08", "00:00") == "2026-04-10 00:00"
    found = standing(OpeningTimes.model_validate(times), at("2026-04-07", "12:30"), CALENDAR)
    assert found.say is not None
    assert found.say.in_("en") == "We move."
    endless = {"until": "2026-04-20", "closed": [{"from": "2026-04-08", "until": "2026-04-30", "say": SAY}]}
    assert opens(endless, "2026-04-10", "00:00") is None


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ({"hours": {"mon-fry": "09:00-17:30"}}, "did you mean 'fri'"),
        ({"hours": {"fri-mon": "09:00-17:30"}}, "the week begins with mon"),
        ({"hours": {"mon": "9-17"}}, "write it like '09:00-17:30'"),
        ({"hours": {"mon": "17:00-09:00"}}, "ends before it begins"),
        ({"from": "2026-03-01", "until": "2026-02-01"}, "lies before 'from'"),
        ({"closed": [{"from": "2026-03-02", "until": "2026-03-01", "say": SAY}]}, "lies before 'from'"),
    ],
)
def test_what_cannot_be_is_said(times: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        OpeningTimes.model_validate(times)
