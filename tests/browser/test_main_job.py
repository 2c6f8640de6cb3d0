"""The whole way of a public service, done by a person in a browser: find, fill, book, decide, verify, count."""

import itertools
import json
import re
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from praya.web.words import translator
from tests.browser.demo import Demo
from tests.browser.people import hkid

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demonstration")]
numbers = itertools.count(100001)

WAYS = [
    pytest.param("zh-hant", 360, True, id="phone, Traditional Chinese"),
    pytest.param("en", 1280, True, id="desktop, English", marks=pytest.mark.size),
    pytest.param("en", 360, False, id="phone, without JavaScript"),
]
FIND = {"en": ("jab", "Vaccination booking"), "zh-hant": ("打針", "預約接種疫苗")}


def _context(chromium: Any, width: int, js: bool) -> Any:
    return chromium.new_context(viewport={"width": width, "height": 800}, java_script_enabled=js)


def _press(page: Any, words: str) -> None:
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.locator("main").get_by_role("button", name=words, exact=False).last.click()


def _sign_in(page: Any, demo: Demo, lang: str, email: str, *, desk: bool = False) -> None:
    """By the code in the e-mail, read from the demonstration's list of messages."""
    t = translator(lang)
    page.fill("#email", email)
    _press(page, t("identity.send_code"))
    reader = page.context.browser.new_context().new_page()
    for _ in range(40):
        reader.goto(f"{demo.url}/{lang}/demo/messages")
        mine = reader.locator(".card", has_text=email)
        found = re.search(r"\b(\d{6})\b", mine.first.inner_text().replace(email, "")) if mine.count() else None
        if found:
            break
        reader.wait_for_timeout(250)
    assert found, "the code did not arrive"
    reader.context.close()
    page.fill("#code", found[1])
    _press(page, t("identity.sign_in"))


def _choose(page: Any, value: str) -> None:
    page.locator(f"input[value='{value}']").first.check(force=True)


def _applications(demo: Demo) -> int:
    with urlopen(f"{demo.url}/data/statistics/vaccination-booking.json") as answer:
        return int(json.load(answer)["totals"]["applications"])


@pytest.mark.parametrize(("lang", "width", "js"), WAYS)
def test_a_resident_does_the_whole_job(
    chromium: Any, demo: Demo, lang: str, width: int, js: bool, tmp_path: Path
) -> None:
    t, number = translator(lang), next(numbers)
    email = f"resident{number}@example.com"
    before = _applications(demo)
    context = _context(chromium, width, js)
    page = context.new_page()

    # Find, by a word that people use.
    page.goto(f"{demo.url}/{lang}/")
    word, title = FIND[lang]
    page.fill("main input[name=q]", word)
    page.press("main input[name=q]", "Enter")
    page.get_by_role("link", name=title).first.click()
    page.get_by_role("link", name=t("portal.start")).click()
    _sign_in(page, demo, lang, email)

    # Fill, with an error to correct: the wrong check digit. Nothing typed is lost.
    right = hkid(number)
    wrong = right[:-2] + ("0" if right[-2] != "0" else "1") + ")"
    page.fill("[name=name-family]", "CHAN")
    page.fill("[name=name-given]", "Siu Fong")
    page.fill("[name=hkid]", wrong)
    for part, value in (("day", "8"), ("month", "3"), ("year", "1955")):
        page.fill(f"[name=birth_date-{part}]", value)
    _press(page, t("portal.save_continue"))
    assert page.title().startswith(t("kit.error"))
    assert page.locator(".error-summary a").get_attribute("href") == "#hkid"
    assert page.input_value("[name=name-family]") == "CHAN"
    assert page.input_value("[name=hkid]") == wrong
    page.fill("[name=hkid]", right)
    _press(page, t("portal.save_continue"))
    assert "/group" in page.url

    # Leave, and go on with another device.
    context.close()
    context = _context(chromium, width, js)
    page = context.new_page()
    page.goto(f"{demo.url}/{lang}/me")
    _sign_in(page, demo, lang, email)
    page.locator(".card a").first.click()
    assert "/group" in page.url
    _choose(page, "senior")
    _press(page, t("portal.save_continue"))
    _choose(page, "no")
    _press(page, t("portal.save_continue"))
    page.fill("[name=mobile]", "5123 4567")
    _press(page, t("portal.save_continue"))
    _choose(page, "yes")
    _press(page, t("portal.save_continue"))

    # Book both doses.
    assert page.url.endswith("/book")
    _choose(page, "lion-view")
    _press(page, t("portal.continue"))
    page.locator("input[name=slot]:not([disabled])").first.check(force=True)
    _press(page, t("portal.continue"))
    page.locator("input[name=slot]:not([disabled])").first.check(force=True)
    _press(page, t("portal.book_hold"))

    # Check, change an answer and come back, submit.
    assert page.url.endswith("/check"), page.locator("main").inner_text()
    assert right in page.locator("main").inner_text()
    page.locator(".summary a[href$='/contact']").click()
    page.fill("[name=mobile]", "6123 4567")
    _press(page, t("portal.save_continue"))
    assert page.url.endswith("/check")
    assert "6123 4567" in page.locator("main").inner_text()
    _press(page, t("portal.submit"))
    reference = page.locator("#reference").inner_text().strip()
    assert re.fullmatch(r"VB-[2-9A-Z]{4}-[2-9A-Z]{4}", reference)

    # Anybody with the reference can follow it, and sees nothing of the person.
    stranger = _context(chromium, width, js).new_page()
    stranger.goto(f"{demo.url}/{lang}/track?ref={reference.lower().replace('-', ' ')}")
    assert stranger.locator(".timeline li").count() >= 2
    assert "CHAN" not in stranger.content()

    # An officer records both doses.
    _officer_records(chromium, demo, lang, reference)

    # The record is shown, saved as a picture, and verified by scanning the picture.
    page.goto(f"{demo.url}/{lang}/cases/{reference}")
    page.locator("a[href*='/records/']").first.click()
    picture = tmp_path / "record.png"
    picture.write_bytes(context.request.get(demo.url + page.locator("a[href$='qr.png']").get_attribute("href")).body())
    stranger.goto(f"{demo.url}/{lang}/verify")
    stranger.set_input_files("#picture", str(picture))
    stranger.locator("#verify-picture button").last.click()
    verdict = stranger.locator(".verdict")
    assert t("portal.verdict_valid") in verdict.inner_text()
    assert "CHAN" in stranger.locator("main").inner_text()

    # The figures have changed.
    for _ in range(60):
        if _applications(demo) > before:
            break
        stranger.wait_for_timeout(250)
    assert _applications(demo) == before + 1
    stranger.context.close()
    context.close()


def _officer_records(chromium: Any, demo: Demo, lang: str, reference: str) -> None:
    t = translator(lang)
    page = chromium.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{demo.url}/{lang}/desk/cases/{reference}")
    _sign_in(page, demo, lang, "officer.dh@example.com", desk=True)
    assert page.url.endswith(reference)
    today = page.evaluate("new Date().toLocaleDateString('en-GB', {timeZone: 'Asia/Hong_Kong'})").split("/")
    page.goto(f"{demo.url}/{lang}/desk/cases/{reference}/do/record-first")
    _date(page, "first_date", today)
    _choose(page, "mrna")
    page.fill("[name=first_batch]", "SAMPLE-11")
    page.locator("main .actions button").first.click()
    page.goto(f"{demo.url}/{lang}/desk/cases/{reference}/do/record-second")
    _date(page, "second_date", today)
    page.fill("[name=second_batch]", "SAMPLE-12")
    page.locator("main .actions button").first.click()
    assert reference in page.content()
    assert t("kit.error") not in page.title()
    page.context.close()


def _date(page: Any, name: str, day_month_year: list[str]) -> None:
    for part, value in zip(("day", "month", "year"), day_month_year, strict=True):
        page.fill(f"[name={name}-{part}]", value)
