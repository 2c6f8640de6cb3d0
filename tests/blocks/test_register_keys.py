"""Entries that are found by what they say, by a place or an order, and that are unique among those that are live."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.installations import at_once

from praya.blocks.registers import api as registers
from praya.blocks.registers import store
from praya.blocks.registers.models import EntryRow, KeyRow
from praya.kernel.crypto import vault

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
DAY = date(2026, 3, 2)
PLACE = {"service": "parking", "register": "permits"}
FINDING = registers.Finding(
    found_by=(("plate",), ("kind", "spot"), ("kind", "since"), ("amount",)), unique=("plate",),
    sealed=frozenset({"plate"}),
)  # fmt: skip


def at(lat: float, lon: float) -> dict[str, Any]:
    return {"text": "Somewhere", "lat": lat, "lon": lon}


def enter(plate: str, *, kind: str = "car", spot: Any = None, finding: Any = FINDING, **more: Any) -> registers.Entry:
    values = {"kind": kind, "spot": spot, "since": more.pop("since", None), "amount": more.pop("amount", None)}
    new = registers.NewEntry(
        **PLACE, case_ref="", facts={"kind": kind}, inside={"plate": plate}, known={**values, "plate": plate},
        values=values, finding=finding, once_key=more.pop("once_key", plate),
        **{"from_date": DAY, "until_date": None, **more},
    )  # fmt: skip
    return registers.enter(new, at=AT, by="system")


def found(*facts: str, values: tuple[Any, ...] = (), on: date = DAY, ended: bool = False, **how: Any) -> list[str]:
    search = registers.Search(facts, values, sealed=FINDING.sealed, **how)
    return [entry.ref for entry in registers.matching(**PLACE, search=search, on=on, ended=ended, most=10)]


def test_a_value_is_found_however_it_is_written_and_what_is_not_public_by_a_keyed_hash(db: None) -> None:
    one = enter("LB 1234")
    enter("LB 12345")
    for typed in ("LB 1234", "lb1234", "ＬＢ 1234"):
        assert found("plate", values=(typed,)) == [one.ref]
    assert found("plate", values=("LB 123",)) == []
    keys = list(KeyRow.objects.filter(entry_id=one.ref, facts="plate").values_list("key", "is_sealed"))
    assert keys == [(store.hashed("parking", "permits", '["lb1234"]'), True)]
    # The same value in another register has another hash.
    assert store.hashed("parking", "others", '["lb1234"]') != keys[0][0]


def test_places_are_found_by_squares_around_a_point_also_across_their_edges(db: None) -> None:
    near, far = enter("A", spot=at(22.2999, 114.1699)), enter("B", spot=at(22.33, 114.17))
    enter("C", kind="van", spot=at(22.3001, 114.1701))
    assert found("kind", "spot", values=("car",), near=at(22.3001, 114.1701), within=100) == [near.ref]
    assert {near.ref, far.ref} == set(found("kind", "spot", values=("car",), near=at(22.3001, 114.1701), within=10_000))
    east, west = enter("E", spot=at(0.0, 179.999)), at(0.0, -179.999)
    assert found("kind", "spot", values=("car",), near=west, within=1000) == [east.ref]


def test_numbers_and_days_are_found_in_order(db: None) -> None:
    day = lambda n: {"day": f"2026-02-{n:02}"}  # noqa: E731
    refs = [enter(str(n), since=day(n), amount=n).ref for n in (1, 5, 9)]
    assert found("kind", "since", values=("car",), low=day(5)) == [refs[2], refs[1]]
    assert found("kind", "since", values=("car",), low=day(2), high=day(8)) == [refs[1]]
    assert found("amount", high=5) == [refs[1], refs[0]]
    assert found("amount", values=(9,)) == [refs[2]]


def test_what_is_over_or_struck_off_is_found_no_more(db: None) -> None:
    over, coming = enter("A", until_date=DAY), enter("B", from_date=DAY + timedelta(days=5))
    assert found("plate", values=("A",), on=DAY + timedelta(days=1)) == []
    assert found("plate", values=("A",), on=DAY + timedelta(days=1), ended=True) == [over.ref]
    assert found("plate", values=("B",)) == []
    assert found("plate", values=("B",), ended=True) == [coming.ref]
    registers.renew(ref=over.ref, case_ref="", until_date=DAY + timedelta(days=9), at=AT, by="system")
    assert found("plate", values=("A",), on=DAY + timedelta(days=1)) == [over.ref]
    registers.amend(
        ref=over.ref, case_ref="", facts={}, inside={"plate": "Z"}, known={"plate": "Z"}, finding=FINDING, at=AT,
        by="system",
    )  # fmt: skip
    assert (found("plate", values=("A",)), found("plate", values=("Z",))) == ([], [over.ref])
    registers.strike_entry(ref=over.ref, case_ref="", at=AT, by="system", because="struck")
    assert found("plate", values=("Z",), ended=True) == []
    assert not KeyRow.objects.filter(entry_id=over.ref).exists()


def test_a_live_entry_is_unique_and_one_that_is_over_makes_room(db: None) -> None:
    first = enter("LB 1", until_date=DAY + timedelta(days=10))
    with pytest.raises(registers.NotUnique, match=first.number):
        enter("lb1", once_key="again")
    later = enter("lb1", once_key="later", from_date=DAY + timedelta(days=11))
    # What lapsed cannot be renewed beside the one that took its place.
    with pytest.raises(registers.NotUnique, match=later.number):
        registers.renew(
            ref=first.ref, case_ref="", until_date=DAY + timedelta(days=99), finding=FINDING, at=AT, by="system"
        )
    registers.strike_entry(ref=later.ref, case_ref="", at=AT, by="system", because="struck")
    assert enter("LB1", once_key="third").number not in {first.number, later.number}
    assert enter("", once_key="none", finding=registers.Finding(unique=("since",))).ref
    assert enter("x", once_key="none too", finding=registers.Finding(unique=("since",))).ref


def test_of_many_that_enter_the_same_at_once_one_does(committed: None) -> None:
    vault.blind_index("warm", "up")
    answers = at_once(6, lambda n: enter("LB 9", once_key=str(n)) and "entered")
    assert answers == {"entered": 1, "NotUnique": 5}
    assert EntryRow.objects.count() == 1


def test_an_erased_holders_keys_are_deleted_and_nobodys_entry_is_read_with_a_key_of_its_own(db: None) -> None:
    vault.new_key("person-1")
    held, nobodys = enter("LB 1", holder_ref="person-1"), enter("LB 2")
    assert registers.inside([nobodys])[nobodys.ref].facts == {"plate": "LB 2"}
    registers.forget_holder(holder_ref="person-1")
    assert found("plate", values=("LB 1",)) == []
    assert registers.inside([held])[held.ref].facts == {}
    assert enter("LB 1", once_key="again")


def test_a_lookup_walks_an_index_in_a_large_register(db: None) -> None:
    EntryRow.objects.bulk_create(
        EntryRow(
            ref=f"{n:032x}", number=f"E-{n}", **PLACE, case_ref="", facts="{}", searched="", stands_by=str(n),
            from_date=DAY, entered_at=AT, once_key=str(n),
        )
        for n in range(3000)
    )  # fmt: skip
    key = store.hashed("parking", "permits", '["lb1"]')
    KeyRow.objects.bulk_create(
        KeyRow(
            entry_id=f"{n:032x}", **PLACE, facts="plate", key=key if n == 7 else f"{n:032x}", is_sealed=True,
            until_date=date.max,
        )
        for n in range(3000)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert found("plate", values=("LB 1",)) == [f"{7:032x}"]
    assert len(queries) == 2
    with connection.cursor() as cursor:
        explain = "EXPLAIN " if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN "
        cursor.execute(explain + queries[0]["sql"])
        plan = str(cursor.fetchall())
    assert "registers_key_of" in plan, plan
    assert "SCAN" not in plan.upper().replace("INDEX SCAN", "") or connection.vendor == "postgresql", plan
