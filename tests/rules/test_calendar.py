"""The calendar: working days over Lunar New Year, ends of months, and lengths in words."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.read_packs import pack_in

from praya.kernel.calendar import Calendar, Length

CALENDAR = pack_in(Path(__file__).parents[2] / "packs" / "hongkong").calendar
DAYS = st.dates(date(2023, 1, 1), date(2026, 12, 1))


def length(text: str) -> Length:
    return Length.read(text)


def test_lunar_new_year_of_2023_does_not_count() -> None:
    # 22 January 2023 was New Year's Day, a Sunday; offices were closed from Monday 23 to Wednesday 25.
    for day in (23, 24, 25):
        assert not CALENDAR.works(date(2023, 1, day))
    assert CALENDAR.works(date(2023, 1, 26))
    assert CALENDAR.working_days_after(date(2023, 1, 20), 1) == date(2023, 1, 26)
    assert CALENDAR.working_days_after(date(2023, 1, 13), 10) == date(2023, 2, 1)
    assert CALENDAR.working_days_between(date(2023, 1, 13), date(2023, 2, 1)) == 10


@pytest.mark.parametrize(("start", "text", "end"), [
    (date(2024, 1, 31), "1 month", date(2024, 2, 29)), (date(2023, 1, 31), "1 month", date(2023, 2, 28)),
    (date(2024, 2, 29), "1 year", date(2025, 2, 28)), (date(2023, 12, 31), "2 months", date(2024, 2, 29)),
    (date(2023, 11, 30), "3 months", date(2024, 2, 29)), (date(2023, 12, 15), "1 month", date(2024, 1, 15)),
    (date(2023, 1, 5), "2 weeks", date(2023, 1, 19)), (date(2023, 1, 5), "7 years", date(2030, 1, 5)),
])  # fmt: skip
def test_a_month_that_is_too_short_ends_on_its_last_day(start: date, text: str, end: date) -> None:
    assert CALENDAR.date_after(start, length(text)) == end


@pytest.mark.parametrize(("first", "text", "last"), [
    (date(2026, 3, 12), "1 year", date(2027, 3, 11)), (date(2026, 1, 1), "6 months", date(2026, 6, 30)),
    (date(2024, 2, 29), "1 year", date(2025, 2, 28)), (date(2024, 2, 29), "4 years", date(2028, 2, 28)),
    (date(2023, 3, 1), "1 year", date(2024, 2, 29)), (date(2023, 1, 31), "1 month", date(2023, 2, 28)),
    (date(2023, 8, 31), "1 month", date(2023, 9, 30)), (date(2023, 1, 5), "1 day", date(2023, 1, 5)),
    (date(2023, 1, 5), "2 weeks", date(2023, 1, 18)), (date(2023, 1, 5), "2 hours", date(2023, 1, 5)),
    (date(2023, 1, 13), "10 working days", date(2023, 2, 1)),
])  # fmt: skip
def test_what_holds_for_a_length_ends_on_the_day_before_the_anniversary(first: date, text: str, last: date) -> None:
    assert CALENDAR.last_day(first, length(text)) == last


@given(DAYS, st.integers(1, 60))
def test_working_days_after_and_between_agree(day: date, count: int) -> None:
    end = CALENDAR.working_days_after(day, count)
    assert CALENDAR.works(end)
    assert CALENDAR.working_days_between(day, end) == count
    each = (day + timedelta(days=n) for n in range(1, (end - day).days + 1))
    assert CALENDAR.working_days_between(day, end) == sum(CALENDAR.works(one) for one in each)
    assert CALENDAR.working_days_between(end, day) == -count


@given(DAYS, st.integers(1, 400))
def test_months_never_go_beyond_their_month(day: date, months: int) -> None:
    end = Calendar().date_after(day, Length(months, "months"))
    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == months
    assert end.day == day.day or (end + timedelta(days=1)).day == 1


def test_days_end_at_midnight_in_hong_kong_and_hours_by_the_clock() -> None:
    late = datetime(2023, 1, 5, 16, 30, tzinfo=UTC)  # half past midnight of the 6th in Hong Kong
    assert CALENDAR.day_of(late) == date(2023, 1, 6)
    assert CALENDAR.after(late, length("1 day")).isoformat() == "2023-01-07T23:59:59+08:00"
    assert CALENDAR.after(late, length("15 minutes")) == late + timedelta(minutes=15)


@pytest.mark.parametrize(
    "text", ["", "10", "days", "-1 days", "1.5 days", "10 fortnights", "9" * 30 + " days", "1 day; x"]
)
def test_a_length_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"length|days|expected"):
        length(text)
