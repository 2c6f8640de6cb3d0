"""Money, limits and capacity hold when a hire is booked, moved and paid at the same moment, on both databases."""

from tests.installations import House


def test_an_hour_that_is_moved_while_it_is_paid_costs_what_was_paid(house: House) -> None:
    found, miscounted = house.call("tests.journeys.hires:moved_and_paid", rounds=6)
    assert miscounted == []
    for told, clock, amount, state in found:
        # Whoever pays may find that the case moved; whoever moves may find that the fee was paid.
        assert set(told) <= {"paid", "moved", "SessionRefused", "CaseMoved"}, told
        assert (clock, amount) in {("10:00", 80), ("18:30", 150)}
        assert state == ("paid" if told.get("paid") else "owed")
        assert ("moved" in told) == (clock == "18:30")


def test_one_team_has_no_more_hours_in_a_day_than_the_limit_and_no_two_at_one_time(house: House) -> None:
    told, clocks, miscounted = house.call("tests.journeys.hires:one_team", processes=8)
    assert miscounted == []
    assert told["booked"] == 2, told
    assert set(told) <= {"booked", "Overlaps", "LimitReached", "SessionRefused", "SlotTaken"}, told
    assert len(set(clocks)) == len(clocks) == 2
