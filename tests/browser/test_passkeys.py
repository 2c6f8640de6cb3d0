"""Passkeys in Chromium, with its virtual authenticator: register, sign in, confirm; in three languages."""

import itertools
from typing import Any

import pytest

from praya.web.words import translator
from tests.browser import axe
from tests.browser.demo import Demo
from tests.browser.test_main_job import _sign_in as sign_in_by_code

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demonstration")]
numbers = itertools.count(1)
WAYS = [
    pytest.param("en", 1280, id="desktop, English"),
    pytest.param("zh-hant", 360, id="phone, Traditional Chinese"),
    pytest.param("zh-hans", 360, id="phone, Simplified Chinese", marks=pytest.mark.size),
]


class Device:
    """A page of a browser on a device that verifies its user, who is there or not."""

    def __init__(self, chromium: Any, width: int) -> None:
        self.page = chromium.new_context(viewport={"width": width, "height": 800}).new_page()
        self._steer = self.page.context.new_cdp_session(self.page)
        self._steer.send("WebAuthn.enable", {"enableUI": False})
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
            "isUserVerified": True, "automaticPresenceSimulation": True,
        }  # fmt: skip
        made = self._steer.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._named = {"authenticatorId": made["authenticatorId"]}

    def user(self, *, there: bool) -> None:
        self._steer.send("WebAuthn.setAutomaticPresenceSimulation", {**self._named, "enabled": there})

    def passkeys(self) -> int:
        return len(self._steer.send("WebAuthn.getCredentials", self._named)["credentials"])


@pytest.mark.parametrize(("lang", "width"), WAYS)
def test_a_passkey_is_registered_signs_in_and_confirms(chromium: Any, demo: Demo, lang: str, width: int) -> None:
    t, device = translator(lang), Device(chromium, width)
    page = device.page

    def press(words: str) -> None:
        with page.expect_navigation(wait_until="load"):
            page.locator("main").get_by_role("button", name=words, exact=True).first.press("Enter")

    def seen() -> None:
        assert axe.faults(page) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.goto(f"{demo.url}/{lang}/sign-in")
    sign_in_by_code(page, demo, lang, f"passkey{next(numbers)}-{width}-{lang}@example.com")
    page.goto(f"{demo.url}/{lang}/passkeys")
    page.fill("#name", "Key in the drawer")
    seen()
    press(t("identity.passkey_add"))
    assert page.locator(".card h2").all_inner_texts() == ["Key in the drawer"]
    assert device.passkeys() == 1
    seen()

    # Out, and in again with the button, as in a browser that does not offer passkeys by itself. The virtual device
    # answers what is asked while somebody is there, and nothing that was asked before.
    page.locator(".sign-out button:visible").first.click()
    device.user(there=False)
    page.goto(f"{demo.url}/{lang}/sign-in?next=/{lang}/passkeys")
    seen()
    device.user(there=True)
    press(t("identity.with_passkey"))
    assert page.url.endswith(f"/{lang}/passkeys")

    page.goto(f"{demo.url}/{lang}/sign-in/confirm?next=/{lang}/sessions")
    seen()
    press(t("identity.confirm"))
    assert page.url.endswith(f"/{lang}/sessions")
    assert t("identity.way_passkey") in page.locator("main").inner_text()
    seen()

    # The browser offers the passkey by itself, where somebody is there to choose it.
    page.locator(".sign-out button:visible").first.click()
    page.goto(f"{demo.url}/{lang}/sign-in?next=/{lang}/passkeys", wait_until="commit")
    page.wait_for_url(f"**/{lang}/passkeys")
    page.context.close()


def test_without_a_script_the_code_is_the_way(chromium: Any, demo: Demo) -> None:
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto(f"{demo.url}/en/sign-in")
    assert not page.get_by_role("button", name="Sign in with a passkey").is_visible()
    sign_in_by_code(page, demo, "en", "nojs-passkey@example.com")
    page.goto(f"{demo.url}/en/passkeys")
    assert "A code by e-mail always works" in page.locator("main").inner_text()
    page.context.close()
