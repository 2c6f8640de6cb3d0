"""Visits on a phone without a network: forms wait with their photographs, and are sent once, for their officer only."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from pytest_django.live_server_helper import LiveServer
from tests.browser import axe
from tests.installations import _append_only_again, committed  # noqa: F401
from tests.visiting import DAY, World
from tests.web.test_rounds import ROUND, photograph, place

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.journey import load
from praya.kernel.crypto import vault
from praya.kernel.geo import metres

pytestmark = pytest.mark.browser
PHONE = {"width": 360, "height": 740}


@pytest.fixture
def world(committed: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:  # noqa: F811
    made = World(monkeypatch)
    made.now = made.now.replace(day=made.now.day + 1)
    yield made
    load.forget()
    vault.reset_memory()


@pytest.fixture
def site(committed: None) -> Iterator[str]:  # noqa: F811
    server = LiveServer("localhost")
    yield str(server.url)
    server.stop()


def sign_in(context: Any, world: World, site: str, name: str) -> None:
    cookie = world.client(name).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": site}])


def taken(chromium: Any, world: World, site: str) -> Any:
    """A phone on which the inspector took the visits of the day along."""
    context = chromium.new_context(viewport=PHONE)
    sign_in(context, world, site, "inspector")
    page = context.new_page()
    page.goto(f"{site}{ROUND}")
    page.get_by_role("button", name="Take today’s visits with me").click()
    page.wait_for_selector("[data-phone-status] >> text=are on this phone")
    return page


def fill(page: Any, picture: Path, cold: str = "4") -> None:
    page.get_by_role("link", name="Record the visit").first.click()
    page.wait_for_selector("#cold")
    page.fill("#cold", cold)
    page.locator("label[for=clean]").click()
    page.fill("#remarks", "Seen without a network")
    page.set_input_files("#photographs", picture)
    page.get_by_role("button", name="Record the visit").click()


def until(page: Any, holds: str) -> None:
    """Wait for an expression of the page, which the content policy forbids playwright to do by itself."""
    for _ in range(200):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(50)
    raise AssertionError(holds)


def recorded(ref: str) -> int:
    return [step.action for step in cases.history(ref)].count("record")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "kitchen.jpg"
    path.write_bytes(photograph())
    return path


def test_a_form_that_was_filled_in_without_a_network_is_sent_once(
    world: World, site: str, chromium: Any, picture: Path
) -> None:
    case = world.visit(spot=place(22.28, 114.16))
    page = taken(chromium, world, site)
    page.context.set_offline(True)
    page.reload()
    assert page.get_by_text("There is no network").is_visible()
    fill(page, picture, cold="9")
    page.wait_for_selector("text=Waits for a network")
    fill(page, picture)
    page.wait_for_selector("text=Waits for a network")
    page.reload()
    page.wait_for_selector("text=Waits for a network")
    assert page.locator("[data-phone-list] li").count() == 1, "filled in anew, it replaces the one that waits"
    assert recorded(case.ref) == 0
    kept = page.evaluate(
        """() => new Promise((resolve) => { indexedDB.open("praya-visits").onsuccess = (event) => {
            event.target.result.transaction("forms").objectStore("forms").getAll().onsuccess =
                (all) => resolve(all.target.result[0].fields.map(([name, value]) => [name, String(value)])); }; })"""
    )
    assert ["photographs", "[object Blob]"] in kept

    again = page.context.new_page()
    page.context.set_offline(False)
    page.wait_for_selector("[data-phone-list] >> text=Sent")
    assert recorded(case.ref) == 1
    found = cases.content(case.ref).findings
    assert (found["cold"], found["clean"], found["remarks"]) == (4, True, "Seen without a network")
    assert [upload.name for upload in forms.uploads_of_case(case.ref)] == ["kitchen.jpg"]
    again.goto(f"{site}{ROUND}")
    page.reload()
    page.wait_for_selector("[data-phone-list] >> text=Sent")
    left = page.evaluate("caches.open('praya-visits').then((c) => c.keys()).then((all) => all.map((r) => r.url))")
    assert left
    assert not any(case.ref in url for url in left), "the kept form is deleted"
    assert recorded(case.ref) == 1
    page.context.close()


def test_a_form_whose_answer_was_lost_on_the_way_counts_once(
    world: World, site: str, chromium: Any, picture: Path
) -> None:
    case = world.visit()
    page = taken(chromium, world, site)
    page.context.set_offline(True)
    fill(page, picture)
    page.wait_for_selector("text=Waits for a network")
    store = """(put) => new Promise((resolve) => { indexedDB.open("praya-visits").onsuccess = (event) => {
        const forms = event.target.result.transaction("forms", "readwrite").objectStore("forms");
        if (put) forms.put(window.waiting).onsuccess = () => resolve();
        else forms.getAll().onsuccess = (all) => { window.waiting = all.target.result[0]; resolve(); }; }; })"""
    page.evaluate(store, False)
    page.context.set_offline(False)
    page.wait_for_selector("[data-phone-list] >> text=Sent")
    assert recorded(case.ref) == 1
    page.evaluate(store, True)
    page.reload()
    page.wait_for_selector("[data-phone-list] >> text=Sent")
    assert recorded(case.ref) == 1
    page.context.close()


def test_what_is_refused_is_kept_until_it_is_discarded_and_opens_with_what_was_typed(
    world: World, site: str, chromium: Any, picture: Path
) -> None:
    case = world.visit()
    page = taken(chromium, world, site)
    page.context.set_offline(True)
    fill(page, picture, cold="warm")
    page.wait_for_selector("text=Waits for a network")
    page.context.set_offline(False)
    page.wait_for_selector("[data-phone-list] >> text=Refused")
    assert page.locator("[data-phone-list] li li").all_inner_texts() != []
    assert recorded(case.ref) == 0
    page.get_by_role("button", name="Open it with what was typed").click()
    page.wait_for_selector(".error-summary")
    assert page.locator("#cold").input_value() == "warm"
    assert page.locator("#remarks").input_value() == "Seen without a network"
    assert page.get_by_text("kitchen.jpg").count() >= 1
    page.fill("#cold", "4")
    page.get_by_role("button", name="Record the visit").click()
    page.wait_for_url("**done=recorded")
    assert recorded(case.ref) == 1
    page.get_by_role("button", name="Discard").click()
    page.wait_for_selector("[data-phone-list]", state="hidden")
    page.context.close()


def test_what_waits_is_sent_when_its_officer_signs_in_again_and_for_nobody_else(
    world: World, site: str, chromium: Any, picture: Path
) -> None:
    case, other = world.visit(), world.visit(clock_="14:00")
    page = taken(chromium, world, site)
    page.context.set_offline(True)
    fill(page, picture)
    page.wait_for_selector("text=Waits for a network")
    page.context.clear_cookies(name=settings.SESSION_COOKIE_NAME)
    page.context.set_offline(False)
    page.wait_for_selector("text=Your session has ended")
    assert recorded(case.ref) == 0
    sign_in(page.context, world, site, "inspector")
    page.reload()
    page.wait_for_selector("[data-phone-list] >> text=Sent")
    assert recorded(case.ref) == 1

    page.context.set_offline(True)
    page.goto(f"{site}/en/desk/cases/{other.ref}/record/record?day={DAY}")
    page.fill("#cold", "4")
    page.locator("label[for=clean]").click()
    page.get_by_role("button", name="Record the visit").click()
    page.wait_for_selector("text=Waits for a network")
    sign_in(page.context, world, site, "colleague")
    page.context.set_offline(False)
    page.goto(f"{site}{ROUND}")
    page.wait_for_selector("h1")
    empty = """async () => { const base = await new Promise((resolve) => {
        indexedDB.open("praya-visits", 1).onsuccess = (event) => resolve(event.target.result); });
        if (!base.objectStoreNames.length) return true;
        return (await new Promise((resolve) => { base.transaction("forms").objectStore("forms").getAll().onsuccess =
            (all) => resolve(all.target.result); })).length === 0 && !(await caches.has("praya-visits")); }"""
    until(page, empty)
    assert recorded(other.ref) == 0
    page.context.close()


def test_signing_out_deletes_what_is_kept(world: World, site: str, chromium: Any) -> None:
    world.visit()
    page = taken(chromium, world, site)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{site}/en/")
    until(page, "caches.has('praya-visits').then((there) => !there)")
    assert page.evaluate("navigator.serviceWorker.getRegistrations().then((all) => all.length)") == 0
    page.context.close()


def test_a_button_that_needs_a_network_says_so_and_leaves_what_was_typed(
    world: World, site: str, chromium: Any, picture: Path
) -> None:
    case = world.visit()
    page = taken(chromium, world, site)
    page.context.set_offline(True)
    page.get_by_role("link", name="Record the visit").click()
    page.wait_for_selector("#remarks")
    page.fill("#remarks", "Typed")
    page.set_input_files("#photographs", picture)
    page.get_by_role("button", name="Upload").click()
    page.wait_for_selector("text=This button needs a network")
    assert page.locator("#remarks").input_value() == "Typed"
    assert page.evaluate("document.getElementById('photographs').files.length") == 1
    page.get_by_role("button", name="Record the visit").click()
    page.wait_for_selector("text=Waits for a network")
    assert recorded(case.ref) == 0
    page.context.close()


def test_what_was_kept_is_deleted_after_two_days(world: World, site: str, chromium: Any, picture: Path) -> None:
    world.visit()
    page = taken(chromium, world, site)
    page.context.set_offline(True)
    fill(page, picture)
    page.wait_for_selector("text=Waits for a network")
    page.evaluate(
        """() => new Promise((resolve) => { indexedDB.open("praya-visits").onsuccess = (event) => {
            const change = event.target.result.transaction(["forms", "kept"], "readwrite");
            change.oncomplete = resolve;
            for (const name of ["forms", "kept"]) change.objectStore(name).openCursor().onsuccess = (found) => {
                const cursor = found.target.result;
                if (!cursor) return;
                cursor.update({ ...cursor.value, at: cursor.value.at - 2 * 24 * 3600 * 1000 - 1 });
                cursor.continue();
            }; }; })"""
    )
    with pytest.raises(Exception, match=r"ERR_FAILED|ERR_INTERNET"):
        page.goto(f"{site}{ROUND}")
    page.context.set_offline(False)
    page.goto(f"{site}{ROUND}")
    until(page, "caches.has('praya-visits').then((there) => !there)")
    assert page.locator("[data-phone-list] li").count() == 0
    page.context.close()


def test_the_way_begins_where_the_officer_stands(world: World, site: str, chromium: Any) -> None:
    first = world.visit(spot=place(22.28, 114.16))
    near = world.visit(spot=place(22.29, 114.17))
    far = world.visit(spot=place(22.45, 114.01))
    context = chromium.new_context(
        viewport=PHONE, geolocation={"latitude": 22.46, "longitude": 114.0}, permissions=["geolocation"]
    )
    sign_in(context, world, site, "inspector")
    page = context.new_page()
    page.goto(f"{site}{ROUND}")
    assert page.locator("[data-row]").all_inner_texts() == [first.ref, near.ref, far.ref]
    for key, ref in (("j", first.ref), ("j", near.ref), ("j", far.ref), ("k", near.ref)):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement.textContent") == ref
    page.get_by_role("button", name="Order from where I stand").click()
    until(page, f"document.querySelector('[data-row]').textContent === '{far.ref}'")
    shown = page.locator("[data-row]").all_inner_texts()
    assert shown in ([far.ref, first.ref, near.ref], [far.ref, near.ref, first.ref])
    assert shown[1] == min((first, near), key=lambda case: _far(case, far)).ref
    context.close()


def _far(one: cases.Case, other: cases.Case) -> int:
    return metres(*(cases.content(case.ref).answers["spot"] for case in (one, other)))


@pytest.mark.size
def test_axe_finds_nothing_on_a_phone_in_three_languages(world: World, site: str, chromium: Any, picture: Path) -> None:
    case = world.visit(spot=place(22.28, 114.16))
    world.visit()
    found = []
    for language in ("en", "zh-hant", "zh-hans"):
        for width in (360, 1280):
            context = chromium.new_context(viewport={"width": width, "height": 740})
            sign_in(context, world, site, "inspector")
            page = context.new_page()
            for path in (
                f"visits?day={DAY}", f"visits?day={DAY}&whose=free", f"cases/{case.ref}/record/record?day={DAY}"
            ):  # fmt: skip
                page.goto(f"{site}/{language}/desk/{path}")
                found += [f"{language} {width} {path}: {said}" for said in axe.faults(page)]
                if page.evaluate("document.scrollingElement.scrollWidth > document.scrollingElement.clientWidth"):
                    found.append(f"{language} {width} {path} scrolls sideways")
            context.close()
    page = taken(chromium, world, site)
    page.context.set_offline(True)
    fill(page, picture)
    page.wait_for_selector("text=Waits for a network")
    found += axe.faults(page)
    page.context.close()
    assert found == []


@pytest.mark.size
def test_without_javascript_a_visit_is_recorded_with_a_network(
    world: World, site: str, chromium: Any, picture: Path
) -> None:
    case = world.visit()
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    sign_in(context, world, site, "inspector")
    page = context.new_page()
    page.goto(f"{site}{ROUND}")
    assert not page.get_by_role("button", name="Take today’s visits with me").is_visible()
    fill(page, picture)
    page.wait_for_url("**done=recorded")
    assert recorded(case.ref) == 1
    page.context.close()
