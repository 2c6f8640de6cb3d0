"""No place is sold twice: processes, each with its own connection, compete for the same places.

One process in a house begins every contest and forks the fighters, since starting Django sixty times costs minutes.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.installations import House, new_house

from praya.project.config import shipped_pack

Found = dict[str, Any]
CONTESTS: dict[str, dict[str, Any]] = {
    "fight": {"processes": 8, "places": 200, "largest": 4},
    "cross": {"processes": 8, "rounds": 15},
    "families": {"processes": 8, "rounds": 15},
    "changing_places": {"processes": 6, "rounds": 10},
    "last_place": {"processes": 8},
    "hold_again_while_cancelling": {"rounds": 12},
    "same_key": {"processes": 16},
    "same_holder": {"processes": 12},
    "at_two_places": {"processes": 8},
    "reclaim": {"processes": 16, "places": 6},
    "run_out_of_the_holder": {},
    "confirm_or_cancel": {"rounds": 12},
    "apply_again": {"processes": 12, "pack": str(shipped_pack())},
    "limited": {
        "processes": 12,
        "litres": 30,
        "folder": str(Path(__file__).parents[1] / "services" / "fuel-subsidy"),
    },
}


# These tests run twice, like all of blocks: on SQLite, and on PostgreSQL with DATABASE_URL.
KIND = "postgresql" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"


@pytest.fixture(scope="module")
def contests(tmp_path_factory: pytest.TempPathFactory, _templates: Callable[[str], Any]) -> Found:
    """Every contest, with what came out of each."""
    wanted = dict(CONTESTS)
    if KIND == "postgresql":
        wanted["fight"] = {"processes": 64, "places": 500, "largest": 4}
        wanted["hot_fight"] = {"places": 700, "processes": 3, "threads": 8, "kills": 4}
    with new_house(KIND, tmp_path_factory.mktemp(KIND), _templates) as house:
        found: Found = house.call("tests.blocks.contests:all_of_them", contests=wanted)
    for name, came_out in found.items():
        assert came_out["miscounted"] == [], name
        came_out.update(wanted[name])
    return found


def test_exactly_the_places_there_are_are_sold(contests: Found) -> None:
    """Sixty-four processes and five hundred places on PostgreSQL, eight and two hundred on SQLite."""
    found = contests["fight"]
    sold = found["answers"]
    # A process that failed would have answered the name of its failure; on SQLite that is "database is locked".
    assert all(number.isdigit() for number in sold), sold
    assert sum(sold.values()) == found["processes"]
    assert sum(int(number) * count for number, count in sold.items()) == found["places"]
    assert found["taken"] == [found["places"]]
    assert found["events"] == ["booking_booked"] * found["active"]


@pytest.mark.skipif(KIND == "sqlite", reason="on SQLite each sale is a transaction of its own")
def test_batches_of_hot_pools_sell_every_place_once_though_processes_are_killed(contests: Found) -> None:
    found = contests["hot_fight"]
    assert found["taken"] == [700, 700]
    assert (found["active"], found["seats"], found["holders"]) == (1400, 1400, 1400)
    assert found["events"] == ["booking_booked"] * 1400
    assert found["lost"] == []
    assert found["told"] > 1000


def test_visits_in_opposite_order_do_not_wait_for_each_other_forever(contests: Found) -> None:
    found = contests["cross"]
    assert found["answers"] == {"sold": 8}
    assert found["taken"] == [120, 120]


def test_nobody_is_booked_at_two_places_at_one_time(contests: Found) -> None:
    answers = contests["at_two_places"]["answers"]
    assert answers == {"sold": 1, "Overlaps": 7}


def test_families_that_share_members_do_not_wait_for_each_other_forever(contests: Found) -> None:
    found = contests["families"]
    assert found["answers"] == {"lived": 8}
    assert found["taken"] == [0, 0]
    assert found["holders"] == 0


def test_bookings_that_change_places_neither_wait_forever_nor_lose_a_place(contests: Found) -> None:
    found = contests["changing_places"]
    assert found["answers"] == {"lived": 6}
    assert (found["active"], found["seats"], sum(found["taken"])) == (6, 6, 12)
    assert max(found["taken"]) <= 8
    assert found["events"].count("booking_moved") > 0


def test_the_last_place_goes_to_one_of_those_who_move_there_and_the_others_keep_theirs(contests: Found) -> None:
    found = contests["last_place"]
    assert found["answers"] == {"moved": 1, "SlotTaken": 7}
    assert (found["taken"], found["active"], found["holders"]) == ([7, 1], 8, 8)
    assert found["events"].count("booking_moved") == 1


def test_booking_again_while_cancelling_is_answered_one_way_or_the_other(contests: Found) -> None:
    found = contests["hold_again_while_cancelling"]
    assert set(found["answers"]) <= {"cancelled True", "booked again", "HeldAlready"}
    assert found["answers"]["cancelled True"] == 12
    assert found["taken"] == [0]


def test_the_same_key_from_sixteen_processes_is_one_booking(contests: Found) -> None:
    found = contests["same_key"]
    assert list(found["answers"].values()) == [16]
    assert (found["bookings"], found["seats"], found["holders"], found["taken"]) == (1, 1, 1, [2])
    assert found["events"] == ["booking_booked"]


def test_a_person_has_one_active_booking_however_many_ask_at_once(contests: Found) -> None:
    found = contests["same_holder"]
    assert found["answers"] == {"sold": 1, "HeldAlready": 11}
    assert (found["taken"], found["active"], found["holders"]) == ([1], 1, 1)


def test_holds_that_ran_out_are_given_back_once_by_whoever_comes_first(contests: Found) -> None:
    found = contests["reclaim"]
    assert found["answers"] == {"job": 4, "sold": 6, "SlotTaken": 6}
    assert found["taken"] == [6]
    assert found["statuses"] == ["booked"] * 6 + ["expired"] * 6
    assert found["events"].count("booking_expired") == 6


def test_a_hold_that_ran_out_does_not_keep_its_holder_from_booking(contests: Found) -> None:
    found = contests["run_out_of_the_holder"]
    assert found["answers"] == {"booked": 1}
    assert found["statuses"] == ["booked", "expired"]


def test_keeping_and_cancelling_a_hold_at_once_has_one_winner(contests: Found) -> None:
    found = contests["confirm_or_cancel"]
    answers = found["answers"]
    assert set(answers) <= {"confirmed booked", "expired", "cancel True", "cancel False", "ended 0", "ended 1"}
    # Each hold ended once: run out, cancelled, or kept; one that was kept may be cancelled afterwards.
    assert answers.get("cancel True", 0) + answers.get("ended 1", 0) + found["active"] == 12
    assert found["taken"] == [found["active"]]


def test_an_application_sent_many_times_with_one_key_is_one_case_for_each_person(contests: Found) -> None:
    found = contests["apply_again"]
    assert sorted(found["answers"].values()) == [6, 6], found["answers"]
    assert (found["cases"], found["drafts"], found["bookings"], found["owners"]) == (2, 2, 2, 2)
    assert found["agree"]


def test_a_limit_over_an_amount_is_never_exceeded_together(contests: Found) -> None:
    """Of 200 litres twelve processes take 30 each: six do, and what they took stands under one hash."""
    found = contests["limited"]
    assert found["answers"] == {"received": 6, "LimitReached": 6}, found["answers"]
    assert (found["cases"], found["used"]) == (6, 180)
    (key,) = found["keys"]
    assert "AB1234" not in key
    assert len(key) == 32


@pytest.mark.skipif(KIND == "sqlite", reason="SQLite has no lengths of columns.")
def test_a_value_that_does_not_fit_is_no_full_pool(postgresql_house: House) -> None:
    """A key longer than its column is a mistake of ours, and must never be told to people as a place that is taken."""
    found = postgresql_house.call("tests.blocks.contests:all_of_them", contests={"too_long_a_key": {}})
    assert found["too_long_a_key"]["answers"] == {"DataError": 1}


@pytest.mark.skipif(KIND == "sqlite", reason="SQLite plans a statement where it runs.")
def test_the_statement_that_sells_is_planned_once_for_a_connection(postgresql_house: House) -> None:
    found = postgresql_house.call("tests.blocks.contests:all_of_them", contests={"prepared": {}})["prepared"]
    assert found["statements"] == [["WITH", "wanted"]]
    assert found["taken"] == [2]
