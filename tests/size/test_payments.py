"""Payments at a city's size: 5,000 payees on one day with a worker that is killed, and one payee for twenty years."""

from datetime import timedelta

import pytest

from praya.blocks.cases import api as cases
from praya.blocks.notices import api as notices
from praya.journey import jobs
from tests import commands
from tests.installations import House
from tests.journeys.test_payments import ALLOWANCE, AT, allowance, small

YEARS = 20
WEEKLY = ALLOWANCE.replace("every: 1 month", "every: 1 week").replace("opened_date, 12)", f"opened_date, {12 * YEARS})")


@pytest.mark.size
@pytest.mark.parametrize(("number", "kills"), [(300, (1, 101, 150)), (5_000, (1, 1_001, 2_000))], ids=["300", "5000"])
def test_each_of_many_is_paid_once_though_the_worker_is_killed_in_the_middle(
    house: House, number: int, kills: tuple[int, ...]
) -> None:
    house.call("tests.size.payees:prepare", number=number, timeout=600)
    for kill_at in kills:
        words = ["tests.size.payees:pay", f'{{"kill_at": {kill_at}}}']
        killed = commands.run(
            "tests.installations:called", words, cwd=house.folder, settings=house.environment, timeout=1200
        )
        assert killed.returncode == -9
    before = house.call("tests.size.payees:paid", timeout=600)
    # What was in hand when the worker was killed is not paid.
    done = sum(kills) - len(kills)
    assert before["cases"] == {"1": done, "0": number - done}
    assert house.call("tests.size.payees:pay", timeout=1200) == number - done
    assert house.call("tests.size.payees:pay", timeout=600) == 0
    assert house.call("tests.size.payees:paid", timeout=600) == {
        "cases": {"1": number}, "letters": {"1": number}, "told": [number, number], "due": 0,
    }  # fmt: skip


@pytest.mark.size
def test_a_payee_is_paid_each_week_for_twenty_years(db: None) -> None:
    ref = allowance(small(WEEKLY))
    jobs.run_timers(at=AT + timedelta(days=366 * YEARS))
    days = [fee.day for fee in cases.case(ref).fees]
    assert len(days) == len(set(days)) == 1044
    assert (days[0], days[-1], cases.case(ref).pay_at) == ("2026-01-31", "2046-01-27", None)
    assert sum(fee.cents for fee in cases.case(ref).fees) == 100_00 * 9 + 110_00 * 1035
    assert len(notices.inbox(cases.case(ref).person_ref)) > 0
