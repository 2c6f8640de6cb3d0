"""Clocks that stand still: over holidays, days on which offices were closed, and stops in any order."""

import itertools
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from praya.kernel.calendar import Calendar, Length, Span, together

# A busy machine makes examples slowly.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
HOLIDAYS = frozenset({date(2026, 1, 1), date(2026, 2, 17), date(2026, 2, 18), date(2026, 2, 19), date(2026, 4, 3)})
CALENDAR = Calendar(holidays=HOLIDAYS)
START = datetime(2026, 1, 5, 2, tzinfo=UTC)
MOMENTS = st.integers(0, 120 * 24).map(lambda hours: START + timedelta(hours=hours))
STOPS = st.lists(st.tuples(MOMENTS, st.integers(0, 30 * 24)), max_size=6).map(
    lambda pairs: [(begun, begun + timedelta(hours=hours)) for begun, hours in pairs]
)
LENGTHS = st.tuples(st.integers(1, 40), st.sampled_from(["working days", "days", "weeks", "hours"])).map(
    lambda pair: Length(*pair)
)


def working_day(number: int) -> date:
    return CALENDAR.working_days_after(CALENDAR.day_of(START), number)


def at(day: date, hour: int = 10) -> datetime:
    return CALENDAR.moment(day, time(hour))


@UNHURRIED
@given(count=st.integers(1, 60), begins=st.integers(0, 59), lasts=st.integers(0, 60))
def test_a_stop_of_n_working_days_moves_the_end_by_n_working_days(count: int, begins: int, lasts: int) -> None:
    length = Length(count, "working days")
    stop = (at(working_day(min(begins, count - 1))), at(working_day(min(begins, count - 1) + lasts)))
    end = CALENDAR.after_stops(START, length, [stop])
    assert end is not None
    assert CALENDAR.day_of(end) == working_day(count + lasts)


@UNHURRIED
@given(stops=STOPS, length=LENGTHS, data=st.data())
def test_neither_order_nor_division_of_stops_matters(stops: list[Span], length: Length, data: st.DataObject) -> None:
    end = CALENDAR.after_stops(START, length, stops)
    assert end == CALENDAR.after_stops(START, length, data.draw(st.permutations(stops)))
    cut = []
    for begun, over in stops:
        assert over is not None
        middle = begun + (over - begun) / 2
        cut += [(begun, middle), (middle, over), (begun, over)]
    assert end == CALENDAR.after_stops(START, length, cut)
    assert end is not None
    assert end >= CALENDAR.after(START, length)


@UNHURRIED
@given(stops=STOPS)
def test_stops_together_never_overlap_and_lose_no_moment(stops: list[Span]) -> None:
    found = together(stops)
    for (_, over), (begun, _) in itertools.pairwise(found):
        assert over is not None
        assert over < begun
    for begun, over in stops:
        assert over is not None
        if over > begun:
            assert any(a <= begun and b is not None and over <= b for a, b in found)


@UNHURRIED
@given(count=st.integers(1, 30), closed=st.integers(1, 30))
def test_a_typhoon_day_within_the_time_moves_the_end_to_the_next_working_day(count: int, closed: int) -> None:
    typhoon = Calendar(holidays=HOLIDAYS | {working_day(closed)})
    length = Length(count, "working days")
    expected = working_day(count + (1 if closed <= count else 0))
    assert typhoon.day_of(typhoon.after(START, length)) == expected


@UNHURRIED
@given(stops=STOPS, length=LENGTHS, begun=MOMENTS)
def test_while_a_stop_lasts_there_is_no_end_unless_the_time_was_over_before(
    stops: list[Span], length: Length, begun: datetime
) -> None:
    before = [(a, b) for a, b in stops if b is not None and b <= begun]
    end = CALENDAR.after_stops(START, length, before)
    assert end is not None
    stopped = CALENDAR.after_stops(START, length, [*before, (begun, None)])
    over = CALENDAR.day_of(begun) >= CALENDAR.day_of(end) if length.unit != "hours" else begun >= end
    assert stopped == (end if over else None)
