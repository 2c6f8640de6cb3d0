"""The pages of panels in a browser: axe, a phone, a wide screen, and the keyboard alone."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.live_server_helper import LiveServer
from tests.browser import axe
from tests.installations import _append_only_again, committed  # noqa: F401
from tests.journeys.test_panels import CALL, CLOSED, OPENED, entered, give, invited, round_of
from tests.shape.conftest import signed_in
from tests.small import AT, published
from tests.web.test_parts_browser import opened

from praya.blocks.identity import api as identity
from praya.blocks.panels import api as panels
from praya.journey import jobs, load
from praya.journey import panels as judging
from praya.kernel import clock
from praya.kernel.crypto import vault

pytestmark = pytest.mark.browser


@pytest.fixture
def at(committed: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:  # noqa: F811
    moment = [OPENED]
    monkeypatch.setattr(clock, "now", lambda: moment[0])
    yield moment
    load.forget()
    vault.reset_memory()


@pytest.fixture
def site(committed: None) -> Iterator[str]:  # noqa: F811
    server = LiveServer("localhost")
    yield str(server.url)
    server.stop()


def test_axe_finds_nothing_nothing_scrolls_sideways_and_marks_are_given_by_keyboard(
    at: list[Any], site: str, chromium: Any
) -> None:
    service = published(CALL)
    people = invited(service, 4)
    for number in range(6):
        entered(service, number)
    judging.judge_due(at=OPENED)
    one = round_of(service)
    for person in people[1:]:
        for seat in panels.worklist(one.ref, person):
            give(seat, person, worth=7, skill=5)
    roles = frozenset({identity.Role("dh", "supervisor")})
    chief = identity.add_officer(name="Chief", email="chief@example.com", roles=roles, at=AT, by="system")
    first, second = (seat.ref for seat in panels.worklist(one.ref, people[0])[:2])
    number = panels.entries(one.ref)[0].number
    resident = signed_in(person_ref=people[0])

    page = opened(chromium, resident, site, 360)
    page.goto(f"{site}/en/panels/entries/{first}")
    page.focus("#conflict")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_selector("#worth")
    for name in ("worth", "skill"):
        page.focus(f"#{name}")
        page.keyboard.type("8")
    page.keyboard.press("Enter")
    page.wait_for_selector("table")
    assert panels.seats(people[0])[one.ref][1] == 1
    page.context.close()

    walked = [
        (resident, ["/en/panels", f"/en/panels/entries/{first}", f"/zh-hant/panels/entries/{second}", "/zh-hant/me",
                    f"/en/panels/rounds/{one.ref}", f"/zh-hant/panels/rounds/{one.ref}/{number}"]),
        (signed_in(officer=chief), ["/en/desk/panels", "/zh-hant/desk/panels/of/small-grant/jury"]),
    ]  # fmt: skip
    found = _faults(chromium, site, walked)
    for seat in panels.worklist(one.ref, people[0]):
        if seat.state == "given":
            give(seat, people[0], worth=2, skill=9)
    judging.set_score(one, number, 77, reason="A member misread it.", person_ref=people[0], at=OPENED)
    at[0] = CLOSED
    jobs.judge_entries(at=CLOSED)
    minutes = f"/en/desk/panels/rounds/{one.ref}/minutes"
    found += _faults(chromium, site, [(signed_in(officer=chief), [minutes, "/en/desk/panels/of/small-grant/jury"])])
    assert found == []


def _faults(chromium: Any, site: str, walked: list[tuple[Any, list[str]]]) -> list[str]:
    found = []
    for client, paths in walked:
        for width in (360, 1280):
            page = opened(chromium, client, site, width)
            for path in paths:
                answer = page.goto(f"{site}{path}")
                assert answer.status == 200, path
                if folder := os.environ.get("PRAYA_TEST_PICTURES"):
                    page.screenshot(
                        path=f"{folder}/{path.strip('/').replace('/', '_')[:60]}_{width}.png", full_page=True
                    )
                found += [f"{path} at {width}: {said}" for said in axe.faults(page)]
                if page.evaluate("document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth"):
                    found.append(f"{path} scrolls sideways at {width}")
            page.context.close()
    return found
