"""A party's pages in a browser: axe, a phone, and long names."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer
from tests.browser import axe
from tests.installations import _append_only_again, committed  # noqa: F401
from tests.web.test_parts import World

from praya.blocks.parties import api as invitations
from praya.journey import load
from praya.kernel.crypto import vault

pytestmark = pytest.mark.browser
LONG = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh"


@pytest.fixture
def world(committed: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:  # noqa: F811
    monkeypatch.setitem(World.__init__.__globals__["CHILD"], "child_name", LONG)
    monkeypatch.setitem(World.__init__.__globals__["CHILD"], "doctor_name", LONG)
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()


@pytest.fixture
def site(committed: None) -> Iterator[str]:  # noqa: F811
    server = LiveServer("localhost")
    yield str(server.url)
    server.stop()


def opened(chromium: Any, client: Any, site: str, width: int) -> Any:
    context = chromium.new_context(viewport={"width": width, "height": 800})
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site}])
    return context.new_page()


def test_axe_finds_nothing_and_nothing_scrolls_sideways(world: World, site: str, chromium: Any) -> None:
    doctor, applicant = world.signed_in(world.doctor.person_ref), world.signed_in(world.played.person.ref)
    doctor.post(f"{world.base}/fit", {"_asked": "fit", "fit": "yes"})
    pages = [
        (doctor, world.base, ["", "/fit", "/more", "/decline"]),
        (doctor, "/zh-hant/me", [""]),
        (applicant, f"/zh-hant/cases/{world.ref}", ["", f"/parties/{world.doctor.ref}"]),
        (world.officer("dh"), f"/en/desk/cases/{world.ref}", [""]),
    ]
    found = []
    for client, base, paths in pages:
        page = opened(chromium, client, site, 360)
        for path in paths:
            page.goto(f"{site}{base}{path}")
            found += [f"{path}: {said}" for said in axe.faults(page)]
            if page.evaluate("document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth"):
                found.append(f"{base}{path} scrolls sideways")
        page.context.close()
    assert found == []
    assert {one.state for one in invitations.of_case(world.ref)} == {"waiting"}
