"""Filters of the desk's lists, and the views in which officers save them: whose they are, and what they show."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.web.test_desk import AT, World, words

from praya.blocks.cases import api as cases
from praya.blocks.cases import models
from praya.journey import load
from praya.kernel.crypto import vault
from praya.kernel.journal.models import JournalEntry


@pytest.fixture
def world(pack_is_live: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()


def refs(page: Any) -> list[str]:
    return re.findall(r"data-row>([^<]+)<", page.content.decode())


def saved(client: Any, **sent: str) -> str:
    """The reference of a view that was just saved."""
    answer = client.post("/en/desk/views", {"tab": "todo", "name": "Late ones", **sent})
    assert answer.status_code == 302, words(answer.content.decode())[:2000]
    return re.search(r"view=([0-9a-f]{32})", answer["Location"])[1]  # type: ignore[index]


def test_a_view_keeps_filters_and_columns_for_its_officer_alone(world: World) -> None:
    late, other = world.restaurant(), world.restaurant()
    cases.assign(ref=other, officer_ref=world.officers["supervisor"].ref, at=AT, by="system")
    world.now = AT + timedelta(days=20)
    officer = world.client("officer")
    view = saved(officer, due="late", assigned="nobody", columns="clock,opened")
    page = officer.get(f"/en/desk/?view={view}")
    assert refs(page) == [late]
    said = page.content.decode()
    assert "<h1>Late ones</h1>" in said
    assert re.findall(r'role="columnheader">([^<]+)<', said) == ["Select", "Reference", "Time", "Received"]
    assert "Late ones" in officer.get("/en/desk/").content.decode()
    assert "Late ones" not in str(bytes(models.View.objects.get().name)), "a name may be that of a person"
    for name in ("supervisor", "stranger"):
        client = world.client(name)
        assert client.get(f"/en/desk/?view={view}").status_code == 302
        assert "Late ones" not in client.get("/en/desk/views").content.decode()
        for do in ("delete", "share", "unshare"):
            assert client.post(f"/en/desk/views/{view}", {"do": do, "department": "fehd"}).status_code == 404
    officer.post(f"/en/desk/views/{view}", {"do": "delete"})
    assert officer.get(f"/en/desk/?view={view}").status_code == 302
    events = JournalEntry.objects.filter(event__startswith="view_").order_by("seq").values_list("event", flat=True)
    assert list(events) == ["view_saved", "view_deleted"]


def test_a_supervisor_shares_a_view_with_the_department_and_each_sees_their_own_cases_by_it(world: World) -> None:
    mine = world.restaurant()
    supervisor, officer = world.client("supervisor"), world.client("officer")
    cases.assign(ref=mine, officer_ref=world.officers["officer"].ref, at=AT, by="system")
    view = saved(supervisor, assigned="me")
    assert supervisor.post(f"/en/desk/views/{view}", {"do": "share", "department": "dh"}).status_code == 404
    supervisor.post(f"/en/desk/views/{view}", {"do": "share", "department": "fehd"})
    assert refs(officer.get(f"/en/desk/?view={view}")) == [mine]
    assert refs(supervisor.get(f"/en/desk/?view={view}")) == []
    assert world.client("stranger").get(f"/en/desk/?view={view}").status_code == 302
    own = saved(officer)
    assert officer.post(f"/en/desk/views/{own}", {"do": "share", "department": "fehd"}).status_code == 404
    assert officer.post(f"/en/desk/views/{view}", {"do": "delete"}).status_code == 404
    supervisor.post(f"/en/desk/views/{view}", {"do": "unshare"})
    assert officer.get(f"/en/desk/?view={view}").status_code == 302


def test_nothing_typed_is_lost_and_what_is_wrong_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = world.client("officer")
    answer = client.post("/en/desk/views", {"tab": "todo", "due": "late", "name": "  "})
    assert answer.status_code == 422
    assert 'name="due" value="late"' in answer.content.decode()
    assert client.post("/en/desk/views", {"tab": "todo", "name": "a\u202eb"}).status_code == 422
    assert client.post("/en/desk/views", {"tab": "todo", "name": "x" * 61}).status_code == 422
    page = client.get("/en/desk/?opened_from=2026-02-30&opened_to=2026-01-01").content.decode()
    assert "Enter a date, like 2026-03-31" in page
    page = client.get("/zh-hant/desk/?opened_from=2026-02-03&opened_to=2026-01-01").content.decode()
    assert "結束日期早於開始日期" in page
    monkeypatch.setitem(cases.save_view.__globals__, "MOST_VIEWS", 1)
    saved(client)
    assert client.post("/en/desk/views", {"tab": "todo", "name": "Another"}).status_code == 422


@pytest.mark.parametrize("query", ["due=nonsense", "assigned=" + "0" * 31 + "%00", "age=-1", "order='", "columns=%00"])
def test_what_is_not_offered_is_ignored(world: World, query: str) -> None:
    ref = world.restaurant()
    assert refs(world.client("officer").get(f"/en/desk/?{query}")) == [ref]


def test_a_colleague_of_another_department_shows_no_cases_of_theirs(world: World) -> None:
    ref = world.restaurant()
    cases.assign(ref=ref, officer_ref=world.officers["officer"].ref, at=AT, by="system")
    of = world.officers["officer"].ref
    assert refs(world.client("supervisor").get(f"/en/desk/?assigned={of}")) == [ref]
    assert refs(world.client("stranger").get(f"/en/desk/?tab=todo&assigned={of}")) == []


def test_a_list_that_is_looked_through_in_parts_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from praya.blocks.cases import store

    monkeypatch.setattr(store, "LEAST_WINDOW", 2)
    monkeypatch.setattr(store, "LOOKED_THROUGH", 2)
    made = [world.restaurant() for _ in range(5)]
    held = cases.queue(within=cases.Access(("fehd",))).rows[4].case.ref
    for ref in {*made} - {held}:
        cases.assign(ref=ref, officer_ref=world.officers["officer"].ref, at=AT, by="system")
    client, url, pages = world.client("officer"), "?assigned=nobody", 0
    while not refs(client.get(f"/en/desk/{url}")):
        page = client.get(f"/en/desk/{url}").content.decode()
        assert "No case fits so far" in page
        url = re.search(r'href="(\?[^"]*mark=[^"]+)"', page)[1].replace("&amp;", "&")  # type: ignore[index]
        pages += 1
    assert refs(client.get(f"/en/desk/{url}")) == [held]
    assert pages == 2
