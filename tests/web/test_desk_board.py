"""The supervisor's board: load, lateness and age by officer and service, and the flow with its open cases."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.web.test_desk import AT, World, words

from praya.blocks.cases import api as cases
from praya.definition.flow_diagram import flow_svg
from praya.journey import load
from praya.kernel.crypto import vault


@pytest.fixture
def world(pack_is_live: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()


def test_the_board_counts_by_officer_and_service_and_leads_to_the_cases(world: World) -> None:
    mine = world.restaurant()
    world.restaurant()
    world.restaurant(steps=1)
    me = world.officers["officer"]
    cases.assign(ref=mine, officer_ref=me.ref, at=AT, by="system")
    world.now = AT + timedelta(days=20)
    chief = world.client("supervisor")
    page = chief.get("/en/desk/board").content.decode()
    said = words(page)
    assert re.search(r"Open 3 Late 2 Due within 7 days 0 Waiting for applicant 0", said), said
    assert re.search(r"Officer Sample 1 1 Late, Officer Sample 0 0 20 days", said)
    assert re.search(r"Nobody yet 2 1 Late, Nobody yet 0 0 20 days", said)
    assert re.search(r"Restaurant licence 3 2 Late, Restaurant licence 0 0 20 days", said)
    assert "No case ended." in said
    for url in re.findall(r'href="(/en/desk/\?[^"]+due=late[^"]*)"', page):
        listed = chief.get(url.replace("&amp;", "&")).content.decode()
        assert len(re.findall("data-row", listed)) in {1, 2}
    assert re.findall(r"data-row>([^<]+)<", chief.get(f"/en/desk/?assigned={me.ref}").content.decode()) == [mine]
    world.restaurant(steps=7)
    world.now = AT + timedelta(days=60)
    assert re.search(r"Granted 1 \d\d", words(world.client("supervisor").get("/en/desk/board").content.decode()))


def test_the_board_is_a_supervisors_and_of_their_department(world: World) -> None:
    world.restaurant()
    assert world.client("officer").get("/en/desk/board").status_code == 404
    page = world.client("stranger").get("/en/desk/board?department=fehd").content.decode()
    assert "Restaurant licence" not in page
    assert "As soon as there are cases" in page
    assert world.client("stranger").get("/en/desk/numbers/restaurant-licence/flow.svg").status_code == 404


def test_the_flow_shows_how_many_cases_are_in_each_state(world: World) -> None:
    world.restaurant()
    world.restaurant(steps=1)
    world.now = AT + timedelta(days=20)
    chief = world.client("supervisor")
    page = chief.get("/en/desk/numbers?service=restaurant-licence").content.decode()
    assert re.search(r"Plans being checked 1 1 20 days", words(page))
    assert "/desk/numbers/restaurant-licence/flow.svg" in page
    svg = chief.get("/en/desk/numbers/restaurant-licence/flow.svg")
    assert svg["Content-Type"].startswith("image/svg+xml")
    text = svg.content.decode()
    assert re.sub(r"<[^>]+>", " ", text).count("oldest: 20 days") >= 1
    assert "open: 1," in text
    assert "open:" not in flow_svg(load.territory().service("restaurant-licence"))
