"""The desk in a browser, under the site's own content policy: keys, and work without JavaScript."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer
from tests.installations import _append_only_again, committed  # noqa: F401
from tests.web.test_desk import World

from praya.blocks.cases import api as cases
from praya.journey import load
from praya.kernel.crypto import vault

pytestmark = pytest.mark.browser


@pytest.fixture
def world(committed: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:  # noqa: F811
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()


@pytest.fixture
def site(committed: None) -> Iterator[str]:  # noqa: F811
    # Not the fixture `live_server`: it would empty the tables only after the journal's triggers are back.
    server = LiveServer("localhost")
    yield str(server.url)
    server.stop()


def opened(chromium: Any, world: World, site: str, name: str, **more: Any) -> Any:
    """A browser in which the officer is signed in."""
    context = chromium.new_context(**more)
    cookie = world.client(name).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site}])
    return context.new_page()


def test_a_case_is_opened_and_decided_with_the_keyboard(world: World, site: str, chromium: Any) -> None:
    refs = [world.restaurant(), world.restaurant()]
    page = opened(chromium, world, site, "officer")
    page.goto(f"{site}/en/desk/")
    shown = page.locator("[data-row]").all_inner_texts()
    assert sorted(shown) == sorted(refs)
    for key in "jjjk":
        page.keyboard.press(key)
    assert page.evaluate("document.activeElement.textContent") == shown[0]
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/cases/{shown[0]}")
    page.keyboard.press("n")
    page.keyboard.type("jku1")
    assert page.locator("#note").input_value() == "jku1", "keys typed into a field are only typed"
    page.locator("#note").press("Shift+Tab")
    page.keyboard.press("1")
    assert cases.case(shown[0]).state == "received", "a key leads to a decision and never takes it"
    page.keyboard.press("Enter")
    page.wait_for_url("**?done=refer-plans")
    assert cases.case(shown[0]).state == "vetting"
    page.keyboard.press("u")
    page.wait_for_url("**/en/desk/")
    page.context.close()


def test_the_keys_can_be_switched_off_and_stay_off(world: World, site: str, chromium: Any) -> None:
    world.restaurant()
    page = opened(chromium, world, site, "officer", viewport={"width": 1280, "height": 800})
    page.goto(f"{site}/en/desk/")
    assert page.locator("[data-keys] kbd").first.is_visible()
    page.get_by_role("button", name="Switch keys off").click()
    page.reload()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.tagName") == "BODY"
    assert not page.locator("[data-keys] kbd").first.is_visible()
    page.get_by_role("button", name="Switch keys on").click()
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.hasAttribute('data-row')")
    page.context.close()


def test_everything_works_without_javascript(world: World, site: str, chromium: Any) -> None:
    ref = world.restaurant()
    page = opened(chromium, world, site, "officer", java_script_enabled=False, viewport={"width": 360, "height": 740})
    page.goto(f"{site}/zh-hant/desk/?service=restaurant-licence")
    page.select_option("#state", "restaurant-licence.received")
    page.get_by_role("button", name="篩選").click()
    page.get_by_role("link", name=ref).click()
    page.get_by_role("button", name="由我負責").click()
    page.get_by_role("link", name="退回圖則，要求修改").click()
    page.get_by_role("button", name="退回圖則，要求修改").click()
    assert page.title().startswith("錯誤")
    page.fill("#reason", "請補上出口。")
    page.get_by_role("button", name="退回圖則，要求修改").click()
    assert "圖則已退回申請人" in page.locator(".banner").inner_text()
    assert cases.case(ref).state == "plans-returned"
    assert cases.case(ref).assigned_to == world.officers["officer"].ref
    page.context.close()
