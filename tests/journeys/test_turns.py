"""Choosing in turn: by events and never by days, from what is left, by whom it is for; nothing is given twice."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.journeys.turns import TURNS, applied, choose
from tests.small import AT, problems, published

from praya.blocks.cases import api as cases
from praya.blocks.cases import models as case_models
from praya.blocks.stocks import api as stocks
from praya.blocks.stocks import models
from praya.journey import acting, case_context, jobs, lines, load
from praya.journey.stocks import ref_of
from praya.kernel.crypto import vault
from praya.kernel.expression import Expression
from praya.kernel.journal import api as journal

pytestmark = pytest.mark.django_db
OFFICER = acting.By("officer:x", ("officer",), "dh")


def call() -> int:
    return jobs.call_lines(at=AT)


def state(case: cases.Case) -> str:
    return cases.case(case.ref).state


def act(case: cases.Case, action: str, by: acting.By | None = None) -> None:
    case = cases.case(case.ref)
    acting.act(case=case, action=action, by=by or acting.applicant(case.person_ref), answers={}, reason="",
               once_key=f"{case.ref}{action}", at=AT)  # fmt: skip


def seen(case: cases.Case) -> dict[str, object]:
    case = cases.case(case.ref)
    service, pack = load.compiled(case.service, case.version), load.pack()
    return case_context.of_case(case, service, pack, today=pack.calendar.day_of(AT)).context


def line(case: cases.Case) -> Mapping[str, object]:
    found = seen(case)["line"]
    assert isinstance(found, Mapping)
    return found


def test_a_case_asks_for_its_place_in_the_line_only_when_something_reads_it(
    django_assert_num_queries: Any,
) -> None:
    service = published(TURNS)
    applied(service, 0)
    second = applied(service, 1)
    call()
    with CaptureQueriesContext(connection) as queries:
        found = line(second)
    assert not [query for query in queries if models.WaitRow._meta.db_table in query["sql"]]
    with django_assert_num_queries(1):
        assert found["number"] == 2
    with django_assert_num_queries(1):
        assert found["before"] == 0
    with pytest.raises(KeyError):
        found["nbr"]


def test_the_next_is_called_when_the_one_before_has_chosen_passed_lapsed_or_withdrawn() -> None:
    service = published(TURNS)
    five = [applied(service, number) for number in range(5)]
    assert call() == 1
    assert [state(one) for one in five] == ["choosing", *["waiting"] * 4]
    assert dict(line(five[2])) == {"number": 3, "before": 1, "now": 1}
    assert call() == 0, "nobody is called while somebody has their turn, however long"
    choose(five[0].ref, "r1")
    act(five[1], "withdraw")
    assert call() == 1
    assert state(five[2]) == "choosing"
    act(five[2], "pass")
    call()
    assert state(five[3]) == "choosing"
    jobs.run_timers(at=AT + timedelta(days=4))
    assert state(five[3]) == "withdrawn"
    call()
    assert state(five[4]) == "choosing"
    assert seen(five[4])["stocks"]["rooms"]["left"] == 2


def test_what_is_taken_or_not_for_somebody_is_not_offered_and_whoever_can_take_nothing_goes_on() -> None:
    service = published(TURNS)
    couple, family, large, single = (applied(service, n, persons) for n, persons in enumerate((2, 4, 5, 1)))
    call()
    with pytest.raises(acting.NotAnswered, match="room: not_an_option"):
        choose(couple.ref, "r9")
    choose(couple.ref, "r3")
    call()
    assert [state(one) for one in (family, large)] == ["nothing", "nothing"], "the one room for them is taken"
    assert state(single) == "choosing"
    with pytest.raises(acting.NotAnswered, match="room: thing_taken"):
        choose(single.ref, "r3")
    question = service.flow.states["choosing"].actions["choose"].ask[0]
    assert [option.value for option in question.offered(seen(single))] == ["r1", "r2"]
    assert [option.value for option in question.offered(seen(couple))] == ["r1", "r2"]


def test_a_case_has_one_thing_of_a_stock_and_gives_it_back_when_it_ends_for_nothing() -> None:
    service, stock = published(TURNS), ref_of("small-turns", "rooms")
    first, second, third = (applied(service, number) for number in range(3))
    for case, room in ((first, "r1"), (second, "r2"), (third, "r3")):
        call()
        choose(case.ref, room)
    assert stocks.taken(stock) == {"r1", "r2", "r3"}
    read = [Expression(f"stocks.rooms.{name}").value(seen(third)) for name in ("thing", "thing_facts.beds")]
    assert read == ["r3", 4]
    with pytest.raises(acting.NotAnswered):
        choose(first.ref, "r2", action="change")
    act(second, "return", OFFICER)
    assert stocks.taken(stock) == {"r1", "r3"}, "gives_back lets others take it, though the case was completed"
    choose(first.ref, "r2", action="change")
    assert (stocks.taken(stock), stocks.thing_of(stock, first.ref)) == ({"r2", "r3"}, "r2")
    act(first, "refuse", OFFICER)
    act(third, "keep", OFFICER)
    assert stocks.taken(stock) == {"r3"}
    told = [fact.event for fact in journal.about(first.ref) if fact.event.startswith("thing")]
    assert told == ["thing_given_back", "thing_taken", "thing_taken"], "the newest first"
    stocks.forget_of_case(case_ref=third.ref)
    assert stocks.taken(stock) == {"r3"}, "what was given stays given when its case is deleted"


def test_those_who_wait_on_the_first_day_are_in_order_and_who_comes_later_is_behind_them() -> None:
    text = TURNS.replace("line: {to: choosing,", "line: {to: choosing, from: 2026-01-10, order: 0 - answers.persons,")
    service = published(text.replace("beds: 2", "beds: 9"))
    small, large, same = applied(service, 0, 1), applied(service, 1, 3), applied(service, 2, 3)
    assert call() == 0
    assert dict(line(small)) == {"number": None, "before": 0, "now": None}
    first_day = AT + timedelta(days=7)
    jobs.call_lines(at=first_day)
    late = [applied(service, 3, 1), applied(service, 4, 9)]
    jobs.call_lines(at=first_day)
    numbers = [stocks.of_case(case.ref).number for case in (large, same, small, *late)]
    assert numbers == [1, 2, 3, 4, 5], "who comes later is in the order of coming"
    assert [state(one) for one in (large, same)] == ["choosing", "waiting"]


def test_a_case_that_fails_is_in_nobody_s_way(monkeypatch: pytest.MonkeyPatch) -> None:
    service = published(TURNS)
    broken, good = applied(service, 0), applied(service, 1)
    send_on = acting.send_on

    def fails(case: cases.Case, to: str, **how: object) -> cases.Case:
        if case.ref == broken.ref:
            raise RuntimeError
        return send_on(case, to, **how)

    monkeypatch.setattr(acting, "send_on", fails)
    call()
    assert [state(broken), state(good)] == ["waiting", "choosing"]


def test_two_thousand_in_line_are_called_at_the_same_price_as_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbering is one pass; then each call reads the first of an index, and each page counts those before."""
    service = published(TURNS)
    first = applied(service, 0)
    row = case_models.Case.objects.get(ref=first.ref)
    values = {f.attname: getattr(row, f.attname) for f in case_models.Case._meta.fields}
    refs = [f"TU-{number:06}" for number in range(1, 2000)]
    sealed = {
        ref: vault.seal_json({"persons": 1}, subject=row.person_ref, place="cases.case.answers", row=ref)
        for ref in refs
    }
    case_models.Case.objects.bulk_create(
        [case_models.Case(**values | {"ref": ref, "once_key": ref, "answers": sealed[ref]}) for ref in refs],
        batch_size=500,
    )
    line = stocks.of_case(first.ref).line
    models.WaitRow.objects.bulk_create([models.WaitRow(line=line, case_ref=ref, joined_at=AT) for ref in refs])
    call()
    assert models.WaitRow.objects.filter(number__isnull=True).count() == 0
    assert (stocks.of_case(refs[-1]).number, stocks.before(stocks.of_case(refs[-1]))) == (2000, 1998)
    act(first, "pass")
    began = time.process_time()
    assert call() == 1
    spent = time.process_time() - began
    assert cases.case(refs[0]).state == "choosing"
    assert spent < 1, f"one call took {spent:.2f} s of the processor"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("line: {to: choosing, none_left", "line: {to: elsewhere, none_left", "there is no state 'elsewhere'"),
        ("line: {to: choosing, none_left: nothing}", "line: {to: choosing}", "say with 'none_left'"),
        ("line: {to: choosing,", "line: {to: chosen, order: 1,", "an order needs 'from'"),
        ("line: {to: choosing,", "line: {to: kept,", "'kept' is final"),
        ("line: {to: choosing,", "line: {to: waiting,", "is the state in which the line waits"),
        ("stock: rooms\n", "stock: room\n", "the service has no stock 'room'"),
        ("thing.beds >=", "thing.bed >=", "fact of the things 'bed'"),
        ("gives_back: [rooms]", "gives_back: [room]", "there is no stock 'room'"),
        ("value: r2", "value: r1", "two things have the same value"),
        (
            "          by: applicant\n          to: chosen",
            "          reviewers: 2\n          to: chosen",
            "several reviewers",
        ),
        ("- persons: {type: number, min: 1, max: 9,", "- persons: {type: choice, stock: rooms,", "not a form"),
        (
            "        return:",
            "        tell: {label: {en: T, zh-hant: T}, when: stocks.rooms.lft > 1}\n        return:",
            "lft",
        ),
        *(
            (
                "        return:",
                f"        tell: {{label: {{en: T, zh-hant: T}}, when: stocks.rooms.{read} == 2}}\n        return:",
                said,
            )
            for read, said in (
                ("thing.beds", "the facts of the thing are in 'stocks.rooms.thing_facts'"),
                ("thing_facts.bed", "there is no fact of the things of 'rooms' 'bed'"),
                ("left.beds", "'stocks.rooms.left' has no members such as 'beds'"),
            )
        ),
    ],
)
def test_what_is_wrong_is_told(old: str, new: str, said: str) -> None:
    assert old in TURNS
    assert any(said in problem for problem in problems(load.pack(), TURNS.replace(old, new))), problems(
        load.pack(), TURNS.replace(old, new)
    )


WAITS = TURNS.replace(
    "    nothing: {label: {en: Nothing left, zh-hant: 沒有餘下}, final: true, result: lapsed}\n",
    "    nothing:\n      label: {en: Nothing left, zh-hant: 沒有餘下}\n      actions:\n"
    "        withdraw: {label: {en: Withdraw, zh-hant: 撤回}, by: applicant, to: withdrawn}\n",
).replace(", lapsed: 1 year}", "}")


@pytest.mark.parametrize("how", ["return", "exchange", "refuse"])
def test_who_found_nothing_left_has_a_turn_by_number_when_something_comes_back_for_them(how: str) -> None:
    service = published(WAITS)
    first, second, *rest = (applied(service, number, persons) for number, persons in enumerate((2, 4, 3, 4, 1)))
    call()
    choose(first.ref, "r3")
    call()
    assert [state(one) for one in (second, *rest)] == ["nothing", "nothing", "nothing", "choosing"]
    three, four, five = rest
    assert call() == 0
    choose(five.ref, "r1")
    act(second, "withdraw")
    if how == "exchange":
        choose(first.ref, "r2", action="change")
    else:
        act(first, how, OFFICER)
    last = applied(service, 9, 1)
    assert call() == 1
    assert [state(one) for one in (second, three, four, last)] == ["withdrawn", "choosing", "nothing", "waiting"]
    assert [stocks.of_case(one.ref).number for one in (three, four)] == [3, 4], "each keeps its number"
    choose(three.ref, "r3")
    assert call() == 1, "nothing is left for the fourth again, and whoever is behind it is called"
    assert [state(one) for one in (four, last)] == ["nothing", "choosing" if how != "exchange" else "nothing"]


def test_a_line_without_things_lets_so_many_in_at_once() -> None:
    before, _, after = TURNS.partition("          ask:\n")
    text = before + after[after.index("        pass:") :]
    service = published(text.replace("line: {to: choosing,", "line: {to: choosing, at_once: 2,"))
    three = [applied(service, number) for number in range(3)]
    call()
    assert [state(one) for one in three] == ["choosing", "choosing", "waiting"]
    assert lines.call_due(at=AT) == 0
