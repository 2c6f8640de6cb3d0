"""The desk of a city: every list is a walk along an index and a page of rows, in as many queries as in a village."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from praya.blocks.cases import api as cases
from praya.blocks.cases import models as cases_models
from praya.blocks.cases import rows as cases_rows
from praya.blocks.cases import store as cases_store
from praya.blocks.identity import api as identity
from praya.blocks.identity import store
from praya.journey import load
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.web.desk import filters, search
from tests.installations import House
from tests.size import cases as city
from tests.size import services

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
TABS = ("todo", "waiting", "asked", "mine", "closed", "open")
FILTERED = {
    "todo": ("due=late", "due=week&assigned=nobody", "due=none", "age=180", "order=age",
             "order=age&assigned=nobody&due=late", "opened_from=2025-01-01&opened_to=2025-06-30",
             "assigned=me", "assigned=me&age=365&due=late"),
    "waiting": ("due=week&waiting=yes", "due=late", "order=age&waiting=no"),
    "open": ("due=week&waiting=yes", "order=age&waiting=no&assigned=nobody&due=late", "age=365"),
    "asked": ("due=late", "due=none"),
    "mine": ("due=late", "waiting=yes", "age=365"),
    "closed": ("result=lapsed", "opened_from=2023-01-01&opened_to=2023-03-01&result=refused"),
}  # fmt: skip
LARGEST = 100_000
"""Bytes of a page."""
FILLED = {"cases_case", "cases_referral", "cases_step", "cases_search"}
PAGE = 51
"""Rows that a page of a list reads, and one that tells whether there are more."""


def officer_of(made: city.Made, departments: int) -> identity.Officer:
    """A supervisor of so many departments, to whom cases are assigned."""
    names = sorted(made.officers)[:departments]
    return identity.set_roles(
        officer_ref=made.officers[names[0]][0],
        roles=frozenset(identity.Role(name, "supervisor") for name in names), at=AT, by="system",
    )  # fmt: skip


def client_of(officer: identity.Officer) -> Client:
    client = Client(headers={"host": "localhost"})
    session = client.session
    session["officer"], session["epoch"] = officer.ref, officer.epoch
    session["begun"] = session["seen"] = int(AT.timestamp())
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def pages_of(officer: identity.Officer) -> dict[str, str]:
    """Every list of the desk: its first page, its second, of a service, and of a state."""
    departments, found = sorted(officer.departments), {}
    ours = cases.Access(tuple(departments))
    for tab in TABS:
        found[tab] = f"?tab={tab}"
        page = cases.queue(
            within=ours, which=filters.LISTS[tab], assigned_to=officer.ref if tab == "mine" else "", limit=5
        )
        assert page.rows, tab
        found[f"{tab}, later"] = f"?tab={tab}&mark={page.next_mark.replace('+', '%2B')}"
        case = page.rows[0].case
        found[f"{tab} of a service"] = f"?tab={tab}&service={case.service}"
        if tab != "asked":
            found[f"{tab} of a state"] = f"?tab={tab}&service={case.service}&state={case.service}.{case.state}"
    for tab, queries in FILTERED.items():
        for query in queries:
            found[f"{tab} by {query}"] = f"?tab={tab}&{query}"
    own = next(card for card in load.territory().known.values() if card.department in departments)
    found["a service by its title"] = f"?tab=todo&find={quote(own.title.in_('en'))}"
    found["replies"] = "replies"
    replies = cases.replies(within=ours, limit=5)
    found["replies, later"] = f"replies?mark={replies.next_mark.replace('+', '%2B')}"
    hits = f"search/{search._sealed('Chan Siu', officer)}"
    page = cases.with_terms(within=ours, forms={"chansiu"}, limit=5)
    assert page.rows
    found["hits"], found["hits, later"] = hits, f"{hits}?mark={page.next_mark.replace('+', '%2B')}"
    found["search"] = "search"
    found["numbers"] = "numbers"
    found["numbers of a service"] = f"numbers?service={own.service}"
    found |= {name: name for name in ("registers", "bookings", "trials")}
    todo = cases.queue(within=ours, assigned_to=officer.ref, which="mine", limit=1)
    found["a case"] = f"cases/{todo.rows[0].case.ref}"
    return found


def read(client: Client, path: str) -> tuple[list[str], int]:
    """The queries of a page and its bytes."""
    load.territory()
    client.get(f"/en/desk/{path}")
    with CaptureQueriesContext(connection) as queries:
        response = client.get(f"/en/desk/{path}")
    assert response.status_code in {200, 302}, (path, response.status_code)
    return [query["sql"] for query in queries], len(response.content)


STEPS = ("seqscan", "bitmapscan", "sort", "incremental_sort")


def bad_steps(sql: str, *, few: bool) -> list[str]:
    """What a query does beyond walking along indexes: reading a whole table, or sorting what is not one page.

    Of a city, PostgreSQL's own choice is looked at. A village's few rows are quickest read whole and sorted, so there
    it is told not to: then it does so only where no index helps.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for how in STEPS:
                cursor.execute(f"SET enable_{how} = {'off' if few else 'on'}")
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
            (found,) = cursor.fetchone()
            # Pages that follow run as they do everywhere: a step that is "off" is so dear that PostgreSQL compiles it.
            for how in STEPS:
                cursor.execute(f"RESET enable_{how}")
            plan = found if isinstance(found, list) else json.loads(found)
            return list(_bad_nodes(plan[0]["Plan"], most=0 if few else PAGE, inside_page=False))
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        steps = [(number, parent, words) for number, parent, _, words in cursor.fetchall()]
    above = {number: parent for number, parent, _ in steps}
    walks = {number for number, _, words in steps if re.match(r"(CO-ROUTINE|MATERIALIZE) walk\d", words)}

    def in_walk(number: int) -> bool:
        return number in walks or (number in above and in_walk(above[number]))

    bad = [words for _, _, words in steps if re.match(r"SCAN cases_", words)]
    return bad + [words for _, at, words in steps if "TEMP B-TREE" in words and in_walk(at)]


def _bad_nodes(node: dict[str, Any], *, most: int, inside_page: bool) -> Any:
    # What a city fills: PostgreSQL reads a small table, such as an officer's views, whole and is right.
    if node["Node Type"] == "Seq Scan" and node["Relation Name"] in FILLED:
        yield f"reads all of {node['Relation Name']}"
    of_window = any(below["Node Type"] == "CTE Scan" for below in node.get("Plans", ()))
    if "Sort" in node["Node Type"] and inside_page and node["Plan Rows"] > most and not of_window:
        yield f"sorts by {node['Sort Key']}"
    for below in node.get("Plans", ()):
        yield from _bad_nodes(below, most=most, inside_page=inside_page or node["Node Type"] == "Append")


def problems(number: int, service_count: int, officers: int, departments: int) -> list[str]:
    """What is wrong with the desk of a city of this size: plans of queries, bytes of pages, names that were opened."""
    clock_now, clock.now = clock.now, lambda: AT
    opened: list[str] = []
    officer_name, store.officer_name = store.officer_name, lambda row: opened.append(row.ref) or officer_name(row)
    try:
        services.publish(service_count, at=AT)
        officer = officer_of(city.make(number, at=AT, officers=officers), departments)
        client, found = client_of(officer), list[str]()
        for name, path in pages_of(officer).items():
            opened.clear()
            queries, size = read(client, path)
            about_cases = [sql for sql in queries if re.search(r"(FROM|JOIN) \W?cases_", sql) and "SELECT" in sql]
            few = number < city.CASES
            found += [f"{name}: {step}: {sql[:300]}" for sql in about_cases for step in bad_steps(sql, few=few)]
            if size > LARGEST:
                found.append(f"{name}: {size} bytes")
            if len(set(opened)) > 60:
                found.append(f"{name}: opens the names of {len(set(opened))} officers")
        return found
    finally:
        clock.now, store.officer_name = clock_now, officer_name
        load.forget()
        vault.reset_memory()


VILLAGE = {"number": 1200, "service_count": 40, "officers": 60, "departments": 3}
CITY = {"number": city.CASES, "service_count": services.CITY, "officers": city.OFFICERS, "departments": 9}


@pytest.mark.django_db
@pytest.mark.parametrize("size", [VILLAGE, pytest.param(CITY, marks=pytest.mark.size)], ids=["a village", "a city"])
def test_every_list_of_the_desk_is_a_walk_along_an_index(size: dict[str, int]) -> None:
    assert problems(**size) == []


@pytest.mark.postgresql
@pytest.mark.parametrize("size", [VILLAGE, pytest.param(CITY, marks=pytest.mark.size)], ids=["a village", "a city"])
def test_on_postgresql_too(postgresql_house: House, size: dict[str, int]) -> None:
    assert postgresql_house.call("tests.size.test_desk:problems", timeout=600, **size) == []


@pytest.mark.django_db
def test_what_is_no_walk_is_found() -> None:
    whole = "SELECT ref FROM cases_case WHERE language = 'en'"
    (found,) = bad_steps(whole, few=True)
    assert re.search("cases_case", found)


def _queries(client: Client, paths: dict[str, str]) -> dict[str, int]:
    """The queries of each page, without that which asks every ten seconds whether a service was published."""
    return {name: min(len(read(client, path)[0]) for _ in range(2)) for name, path in paths.items()}


@pytest.mark.django_db
@pytest.mark.size
def test_pages_take_as_many_queries_with_more_cases_services_and_officers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    services.publish(23, at=AT)
    officer = officer_of(city.make(900, at=AT, officers=20), 3)
    client, paths = client_of(officer), pages_of(officer)
    few = _queries(client, paths)
    services.publish(60, at=AT)
    city.make(1200, at=AT, officers=60, seed=2)
    load.forget()
    many = _queries(client, paths)
    # A page without a row asks for less, and the names of officers are one query more, on a page that shows one.
    shown = {name for name in few if "opened_from" not in name}
    assert {name: (few[name], many[name]) for name in shown if not few[name] <= many[name] <= few[name] + 1} == {}
    assert max(few.values()) < 40


# Filters


def _fits(case: cases.Case, tab: str, one: dict[str, str], me: str) -> bool:
    """Whether a case is in a list so filtered, worked out without a database."""
    today = AT.astimezone(load.pack().calendar.zone).date()

    def day(at: datetime | None) -> Any:
        return at.astimezone(load.pack().calendar.zone).date() if at else None

    due, opened = day(case.due_at), day(case.opened_at)
    assert opened is not None
    # What waits for the applicant is not late, unless just that is asked for.
    running = not case.waits_for_applicant or one.get("waiting") == "yes"
    late = case.due_at is not None and case.due_at < AT and running
    return (
        (case.closed_at is not None) == (tab == "closed")
        and (tab != "mine" or case.assigned_to == me)
        and case.held is filters.HELD.get(tab, case.held)
        and {"": True, "late": late, "today": due == today, "none": due is None,
             "week": due is not None and today <= due < today + timedelta(days=7)}[one.get("due", "")]
        and (not one.get("age") or opened < today - timedelta(days=int(one["age"])))
        and (not one.get("opened_from") or opened.isoformat() >= one["opened_from"])
        and (not one.get("opened_to") or opened.isoformat() <= one["opened_to"])
        and {"": True, "me": case.assigned_to == me, "nobody": case.assigned_to == ""}[one.get("assigned", "")]
        and {"": True, "yes": case.waits_for_applicant, "no": not case.waits_for_applicant}[one.get("waiting", "")]
        and one.get("result", "") in {"", case.result}
        and one.get("service", "") in {"", case.service}
    )  # fmt: skip


def _walked(officer: identity.Officer, shown: filters.Filters, limit: int) -> list[str]:
    """The references of all pages of a list, in order."""
    seen, mark, pages = list[str](), "", 0
    while True:
        page = filters.queue(
            shown, officer, load.pack(), within=cases.Access(tuple(officer.departments)), without="", at=AT, mark=mark,
            limit=limit,
        )  # fmt: skip
        assert len(page.rows) <= limit
        seen += [row.case.ref for row in page.rows]
        pages += 1
        if not page.next_mark:
            return seen
        assert page.next_mark != mark, "a page leads to itself"
        assert pages < 2000
        mark = page.next_mark


def filter_problems(number: int) -> list[str]:
    """Combinations of filters whose pages hold other cases than they should, or one twice, or in another order."""
    clock_now, clock.now = clock.now, lambda: AT
    least, through = cases_store.LEAST_WINDOW, cases_store.LOOKED_THROUGH
    # So few entries that every list is cut in many windows.
    cases_store.LEAST_WINDOW, cases_store.LOOKED_THROUGH = 7, 20
    try:
        services.publish(12, at=AT)
        officer = officer_of(city.make(number, at=AT, officers=12), 3)
        everything = [
            cases_rows.case_of(row) for row in cases_models.Case.objects.filter(department__in=officer.departments)
        ]
        chance, wrong, seen = Random(5), list[str](), 0
        for tab, names in filters.OFFERED.items():
            if tab == "asked":
                continue
            for _ in range(25):
                one = {name: _some(name, everything, chance) for name in ("service", *names) if chance.random() < 0.4}
                shown = filters.read(one, tab=tab)
                if chance.random() < 0.3:
                    shown = replace(shown, service=one.get("service", ""))
                fitting = [c for c in everything if _fits(c, tab, {**shown.query}, officer.ref)]
                got = _walked(officer, shown, chance.choice([1, 3, 50]))
                if tab == "closed":
                    fitting.sort(key=lambda c: (c.closed_at, c.ref), reverse=True)
                elif shown.order and shown.assigned != "me":
                    fitting.sort(key=lambda c: (c.opened_at, c.ref))
                else:
                    fitting.sort(key=lambda c: (c.due_at is None, c.due_at or AT, c.ref))
                seen += len(got)
                if got != [c.ref for c in fitting]:
                    wrong.append(f"{shown.query}: {len(got)} instead of {len(fitting)}")
        return wrong if seen > number else ["too few cases were seen to tell"]
    finally:
        cases_store.LEAST_WINDOW, cases_store.LOOKED_THROUGH = least, through
        clock.now = clock_now
        load.forget()
        vault.reset_memory()


def _some(name: str, everything: list[cases.Case], chance: Random) -> str:
    case = chance.choice(everything)
    match name:
        case "service":
            return case.service
        case "opened_from" | "opened_to":
            return (case.opened_at.date()).isoformat()
        case _:
            return chance.choice(filters.CHOICES[name])


@pytest.mark.django_db
def test_every_combination_of_filters_shows_what_fits_in_order_and_each_case_once() -> None:
    assert filter_problems(600) == []


@pytest.mark.postgresql
def test_on_postgresql_every_combination_does_so_too(postgresql_house: House) -> None:
    assert postgresql_house.call("tests.size.test_desk:filter_problems", timeout=300, number=400) == []
