"""The pages in a browser: none is wider than a phone, nothing is amiss for a screen reader, the way is walked."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer
from tests.browser.axe import faults
from tests.shape.conftest import signed_in
from tests.systems.openid.conftest import DEPARTMENTS, Provider, details

from praya.blocks.identity import api as identity
from praya.systems.openid import api as openid

pytestmark = pytest.mark.browser
LANGUAGES = ("en", "zh-hant", "zh-hans")


@pytest.fixture
def site(committed: None, provider: Provider) -> Iterator[str]:
    server = LiveServer("localhost")
    yield str(server.url)
    server.stop()


def opened(chromium: Any, site: str, signed: Any, width: int) -> Any:
    context = chromium.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    cookie = signed.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site}])
    return context.new_page()


def amiss(page: Any, *, colours: bool) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [*faults(page, colours=colours), *([f"wider than the window by {wide}"] if wide > 0 else [])]


@pytest.mark.parametrize(
    ("widths", "languages"),
    [((360,), ("en",)), pytest.param((360, 1280), LANGUAGES, marks=pytest.mark.size)],
    ids=["phone", "all"],
)
def test_every_page_is_fit_for_everybody(
    site: str, provider: Provider, chromium: Any, widths: tuple[int, ...], languages: tuple[str, ...]
) -> None:
    provider.code()
    provider.browser.post("/en/consents", {"client": provider.client.ref, "field": "email"})
    officer = identity.add_officer(
        name="Officer Sample", email="o@example.com", roles=frozenset({identity.Role("dpo", "supervisor")}),
        at=provider.now, by="system",
    )  # fmt: skip
    where = {"departments": DEPARTMENTS, "at": provider.now}
    more = details(title={"en": "Tree watch 2", "zh-hant": "樹木觀察二"})
    openid.clients.change(provider.client.ref, details=more, by="officer:one", **where)
    claims = '{"userinfo": {"name": {"essential": true}}}'
    asked, _ = provider.ask(scope="openid email offline_access", prompt="consent", claims=claims)
    ref = asked.rsplit("/", 1)[1]
    leave = "end-session?" + urlencode({"client_id": provider.client.ref})
    desk = signed_in(officer=officer)
    wrong = []
    for width in widths:
        resident_page, desk_page = (opened(chromium, site, one, width) for one in (provider.browser, desk))
        for language in languages:
            addresses = [
                (resident_page, f"openid/{ref}"), (resident_page, "consents"), (resident_page, leave),
                (resident_page, "openid/" + "0" * 32), (desk_page, "desk/clients"),
                (desk_page, f"desk/clients/{provider.client.ref}"),
            ]  # fmt: skip
            for page, path in addresses:
                page.goto(f"{site}/{language}/{path}")
                page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
                found = amiss(page, colours=language == "en" and width == widths[0])
                wrong += [(width, language, path.partition("?")[0], fault) for fault in found]
        resident_page.context.close()
        desk_page.context.close()
    assert wrong == []


def test_a_person_agrees_and_withdraws_in_a_browser(site: str, provider: Provider, chromium: Any) -> None:
    page = opened(chromium, site, provider.browser, 360)
    gone: list[str] = []
    page.route("https://rp.example/**", lambda route: (gone.append(route.request.url), route.fulfill(body="back")))
    page.goto(f"{site}/authorize?" + urlencode(provider.parameters()))
    page.locator("label", has_text="E-mail address").click()
    page.get_by_role("button", name="Agree and go on").click()
    page.wait_for_url("https://rp.example/back?*")
    assert "code=" in gone[0]
    assert "iss=" in gone[0]
    page.goto(f"{site}/en/consents")
    page.get_by_role("button", name="Withdraw E-mail address").click()
    page.wait_for_load_state()
    assert page.get_by_role("button", name="Withdraw E-mail address").count() == 0
    page.context.close()
