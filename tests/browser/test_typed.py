"""In a browser, with and without JavaScript: input is restored in another language, tab or session."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from praya.journey import load
from praya.kernel.crypto import vault
from praya.web import rate_limits
from tests.browser import axe
from tests.installations import _append_only_again, committed  # noqa: F401
from tests.small import GRANT, player, published
from tests.web.typed.world import TABS, WORDS, World

pytestmark = pytest.mark.browser
SCRIPT = pytest.mark.parametrize("js", [True, False], ids=["with script", "without script"])


@pytest.fixture
def world(committed: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:  # noqa: F811
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()
    rate_limits._limiter.cache_clear()


@pytest.fixture
def site(committed: None) -> Iterator[str]:  # noqa: F811
    server = LiveServer("localhost")
    yield str(server.url)
    server.stop()


def context(chromium: Any, js: bool, width: int = 360) -> Any:
    found = chromium.new_context(viewport={"width": width, "height": 800}, java_script_enabled=js)
    found.set_default_timeout(10_000)
    return found


def sign_in(browser: Any, world: World, site: str, **who: int) -> None:
    cookie = world.sign_in(Client(), **who).cookies[settings.SESSION_COOKIE_NAME].value
    browser.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site}])


def sign_out(browser: Any) -> None:
    """As when the session's cookie has run out."""
    browser.clear_cookies(name=settings.SESSION_COOKIE_NAME)


def begun(browser: Any, world: World, site: str) -> Any:
    published(TABS)
    sign_in(browser, world, site, person=0)
    page = browser.new_page()
    page.goto(f"{site}/en/services/small-grant/apply")
    return page


def send(page: Any) -> None:
    page.locator("main form[data-typed] .actions button").first.click()


@SCRIPT
def test_the_language_is_switched_with_what_is_typed(world: World, site: str, chromium: Any, js: bool) -> None:
    browser = context(chromium, js)
    page = begun(browser, world, site)
    page.fill("[name=applicant_name]", "Chan")
    page.fill("[name=rent]", "500")
    page.get_by_role("button", name="繁體").click()
    page.wait_for_url("**/zh-hant/**")
    assert page.input_value("[name=applicant_name]") == "Chan"
    assert page.input_value("[name=rent]") == "500"
    assert page.locator(".error").count() == 0
    assert not js or axe.faults(page) == []
    # The Enter key goes on, and does not press the languages, though they come first on the page.
    page.press("[name=applicant_name]", "Enter")
    page.wait_for_url("**/zh-hant/**/second")
    browser.close()


@SCRIPT
def test_a_page_sent_after_the_session_is_there_again(world: World, site: str, chromium: Any, js: bool) -> None:
    browser = context(chromium, js)
    page = begun(browser, world, site)
    here = page.url
    page.fill("[name=applicant_name]", "Chan")
    page.get_by_role("button", name="Add: Person").click()
    page.fill("[name='people.0.full_name']", "Wong")
    sign_out(browser)
    send(page)
    page.wait_for_url("**/sign-in?**")
    sign_in(browser, world, site, person=0)
    page.goto(here)
    assert page.input_value("[name='people.0.full_name']") == "Wong"
    assert "What you typed is here again" in page.locator("#restored-title + .banner-body").inner_text()
    assert not js or axe.faults(page) == []
    send(page)
    page.wait_for_url("**/second")
    browser.close()


@SCRIPT
def test_an_officers_note_waits_for_the_same_officer(world: World, site: str, chromium: Any, js: bool) -> None:
    case = player(published(GRANT))().case.ref
    browser = context(chromium, js, 1280)
    sign_in(browser, world, site, officer=0)
    page = browser.new_page()
    page.goto(f"{site}/en/desk/cases/{case}")
    page.fill("#note", WORDS)
    sign_out(browser)
    page.locator("#typed button").last.click()
    page.wait_for_url("**/desk/sign-in?**")
    sign_in(browser, world, site, officer=1)
    page.goto(f"{site}/en/desk/cases/{case}")
    assert page.input_value("#note") == ""
    sign_in(browser, world, site, officer=0)
    page.goto(f"{site}/en/desk/cases/{case}")
    assert page.input_value("#note") == WORDS
    page.locator("#typed button").last.click()
    page.wait_for_url("**done=_noted**")
    assert page.input_value("#note") == ""
    browser.close()


@SCRIPT
def test_two_tabs_lose_nothing(world: World, site: str, chromium: Any, js: bool) -> None:
    browser = context(chromium, js)
    older = begun(browser, world, site)
    newer = browser.new_page()
    newer.goto(older.url)
    newer.fill("[name=applicant_name]", "Wong")
    newer.fill("[name=rent]", "500")
    send(newer)
    newer.wait_for_url("**/second")
    older.fill("[name=applicant_name]", "Chan")
    older.locator("main form[data-typed] .actions button").first.click()
    older.wait_for_selector("#elsewhere-title")
    assert "Wong" in older.locator(".banner-warning").inner_text()
    assert older.input_value("[name=applicant_name]") == "Chan"
    assert older.input_value("[name=rent]") == "500"
    assert not js or axe.faults(older) == []
    assert not older.evaluate("document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth")
    send(older)
    older.wait_for_url("**/second")
    browser.close()


def test_going_away_and_coming_back_loses_nothing(world: World, site: str, chromium: Any) -> None:
    browser = context(chromium, True)
    page = begun(browser, world, site)
    page.get_by_role("button", name="Add: Person").click()
    page.fill("[name='people.0.full_name']", "Wong")
    page.get_by_role("link", name="My page").first.click()
    page.wait_for_url("**/me")
    page.go_back()
    assert page.input_value("[name='people.0.full_name']") == "Wong"
    # Somebody else who goes back finds nothing of it.
    sign_in(browser, world, site, person=1)
    page.reload()
    assert "Wong" not in page.content()
    browser.close()


def test_whoever_types_stays_signed_in_and_whoever_does_not_is_told(world: World, site: str, chromium: Any) -> None:
    browser = context(chromium, True)
    page = begun(browser, world, site)
    page.clock.install()
    page.reload()
    notice = page.locator("[data-session-seconds]")
    page.clock.run_for(54 * 60_000)
    assert notice.is_hidden()
    page.fill("[name=applicant_name]", "Chan")
    world.now += timedelta(minutes=55)
    with page.expect_response("**/session"):
        page.clock.run_for(2 * 60_000)
    assert notice.is_hidden(), "somebody is typing"
    page.clock.run_for(56 * 60_000)
    assert notice.is_visible()
    assert axe.faults(page) == []
    world.now += timedelta(minutes=56)
    with page.expect_response("**/session"):
        notice.get_by_role("button").click()
    notice.wait_for(state="hidden")
    world.now += timedelta(minutes=59)
    send(page)
    page.wait_for_url("**/second")
    browser.close()
