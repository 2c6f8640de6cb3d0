"""Every kind of page: nothing scrolls sideways on a phone, and axe-core finds nothing.

All pages of all services are asked for. Chromium opens a page when it is the first of its address's pattern, or when
its HTML has a component (an element with its classes, type and role) that no page opened before it had. The test that
is marked `size` opens every page in every language. Colours are looked at in English only, there in light and in dark:
other languages change words and faces.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import Resolver404, resolve

from praya.kernel.text import HTML_LANGUAGE, LANGUAGES
from tests.browser import axe
from tests.browser.demo import Demo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("demonstration")]

DESK = ("desk", "asked", "counter")
PREPARE = """
import django; django.setup()
import json
from pathlib import Path
from django.conf import settings
from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.definition.example import Example
from praya.definition.source import read
from praya.journey import acting, draft_progress, load, samples, version_choice
from praya.kernel import clock
from praya.web.portal import can_use

at, territory = clock.now(), load.territory()
person = identity.enrol(email="every.page@example.com", name="Every Page (sample)", language="en", at=at)
resident, desk, open_pages = [], [], ["", "search", "search?q=zz", "track", "verify", "registers", "statistics",
    "accessibility", "privacy", "contact", "api/", "kit", "sign-in", "desk/sign-in", "demo/messages", "nothing-here"]
for topic in territory.pack.topics:
    open_pages.append(f"topics/{topic}")
open_pages += ["a-to-z", "status", *(f"life-events/{event}" for event in territory.pack.life_events)]
for name in territory.live:
    service = territory.service(name)
    open_pages += [f"services/{name}", f"statistics/{name}"]
    open_pages += [f"services/{name}/free-places"] if service.booking else []
    open_pages += [f"services/{name}/useful"] if name in territory.offered else []
    open_pages += [f"services/{name}/can-i-use-this"] if name in territory.offered and can_use.asked(service) else []
    open_pages += [f"registers/{name}/{register}" for register, words in service.registers.items() if words.public]
    if service.subject or service.about:
        # Of somebody who has no entry: the page says so, and nothing is begun.
        resident.append(f"services/{name}/apply")
        continue
    folder = Path(settings.PRAYA.pack) / "services" / name / "examples"
    examples = [Example.model_validate(read(path).data) for path in sorted(folder.glob("*.yaml"))]
    example = next(e for e in examples if not e.expect.errors and not e.expect.refused)
    draft = version_choice.begin(service=service, person_ref=person.ref, language="en", at=at)
    for page in service.form:
        answers = {q.name: example.answers.get(q.name) for q in page.questions if q.type != "file"}
        for question in page.questions:
            if question.type == "file" and question.name in example.answers:
                title = example.answers[question.name]
                title = title if isinstance(title, str) else title[0]
                kept = forms.keep_upload(draft_ref=draft.ref, person_ref=person.ref, question=question,
                    path=question.name, name=title, data=samples.file(title), at=at)
                answers[question.name] = [kept.ref]
        draft = forms.save(ref=draft.ref, person_ref=person.ref, answers=answers, page=page.page, typed=None, at=at)
    resident += [f"apply/{draft.ref}/{page.page}" for page in draft_progress.walk(draft, at=at).pages]
    resident += [f"apply/{draft.ref}/{last}" for last in ("check", "stop", "book")]
    if service.booking and service.booking.places:
        resident.append(f"apply/{draft.ref}/book?place={service.booking.places[0].value}")
owner = next(p for p in identity.residents() if p.name and credentials.of_person(p.ref))
own = []
for case in cases.of_person(owner.ref):
    own += [f"cases/{case.ref}", f"cases/{case.ref}/submitted", f"cases/{case.ref}/messages"]
    own += [f"cases/{case.ref}/do/{a.name}" for a in acting.open_actions(case, acting.applicant(owner.ref), at=at)]
own += [f"records/{record.ref}" for record in credentials.of_person(owner.ref)] + ["me"]
own += [f"notices/{notice.ref}" for notice in notices.inbox(owner.ref)[:2]]
supervisor = next(o for o in identity.officers() if "supervisor" in acting.officer(o, "fehd").roles)
desk += ["identity", "passkeys"]
desk += ["", "?tab=asked", "?tab=mine", "?tab=closed", "messages", "search?ref=x", "numbers", "board", "batches",
         "views", "?due=late&order=age&columns=opened", "numbers?service=restaurant-licence"]
ours = cases.Access(("fehd",))
for row in [*cases.queue(within=ours).rows, *cases.queue(within=ours, which="closed").rows][:4]:
    case = cases.case(row.case.ref)
    desk += [f"cases/{case.ref}", f"cases/{case.ref}/messages"]
    desk += [f"cases/{case.ref}/do/{a.name}"
             for a in acting.open_actions(case, acting.officer(supervisor, case.department), at=at)]
asked = next(row.case.ref for row in cases.queue(within=cases.Access(("fsd",)), which="asked").rows)
counter = ["", "bookings", "bookings/vaccination-booking", "bookings/vaccination-booking/opening"]
pages = {"desk": desk, "asked": ["?tab=asked", f"cases/{asked}", f"cases/{asked}/reply"], "counter": counter}
by = {"desk": supervisor.ref, "resident": person.ref, "own": owner.ref}
by |= {name: next(o for o in identity.officers() if role in acting.officer(o, department).roles).ref
       for name, department, role in (("asked", "fsd", "officer"), ("counter", "dh", "supervisor"))}
print(json.dumps({"by": by, "open": open_pages, "own": own,
    "resident": resident + ["me", "identity", "passkeys", "sign-in/confirm?level=2"],
    **{name: ["desk/" + path for path in paths] for name, paths in pages.items()}}))
"""


@pytest.fixture(scope="module")
def addresses(demo: Demo) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(demo.run(PREPARE).splitlines()[-1])
    return found


def _as(chromium: Any, demo: Demo, ref: str, *, desk: bool) -> Any:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{demo.url}/en/{'desk/' if desk else ''}sign-in")
    with page.expect_navigation():
        page.locator(f"form:has(input[name=ref][value='{ref}'])").evaluate("form => form.submit()")
    return page


@pytest.fixture(scope="module")
def visitors(chromium_undrawn: Any, demo: Demo, addresses: dict[str, Any]) -> Iterator[dict[str, Any]]:
    chromium = chromium_undrawn
    pages = {name: _as(chromium, demo, ref, desk=name in DESK) for name, ref in addresses["by"].items()}
    pages["open"] = chromium.new_context().new_page()
    yield pages
    for page in pages.values():
        page.context.close()


def _kind(path: str) -> str:
    """The pattern of an address; an address that only the demonstration has is a kind of its own."""
    try:
        return resolve(f"/en/{path.partition('?')[0]}").route
    except Resolver404:
        return path


ELEMENT = re.compile(r"<([a-z][a-z0-9-]*)((?:\s[^<>]*)?)>")
ATTRIBUTE = re.compile(r"\s(class|type|role|inputmode|aria-[a-z]+)=\"([^\"]*)\"")


def _components(path: str, html: str) -> set[object]:
    """What a page is made of: the pattern of its address, and its elements with the attributes that style them."""
    elements = {
        (
            tag,
            *sorted((name, "" if name.startswith("aria-") else value) for name, value in ATTRIBUTE.findall(attributes)),
        )
        for tag, attributes in ELEMENT.findall(html)
    }
    return {_kind(path), *elements}


def _faults(demo: Demo, page: Any, paths: list[str], language: str, *, every: bool) -> tuple[list[str], int]:
    """The faults of these pages, and how many were opened."""
    faults: list[str] = []
    complaints: list[str] = []
    seen: set[object] = set()
    opened = 0
    page.on("console", lambda message: complaints.append(message.text))
    for path in paths:
        address = f"{demo.url}/{language}/{path}"
        if not every:
            reply = page.context.request.get(address)
            assert reply.status in ({404} if path == "nothing-here" else {200}), f"{path}: {reply.status}"
            components = _components(path, reply.text())
            if components <= seen:
                continue
            seen |= components
        opened += 1
        page.set_viewport_size({"width": 360, "height": 800})
        answer = page.goto(address)
        assert answer.status in ({404} if path == "nothing-here" else {200}), f"{path}: {answer.status}"
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            faults.append(f"{path}: scrolls sideways at 360 pixels")
        if page.evaluate("document.documentElement.lang") != HTML_LANGUAGE[language]:
            faults.append(f"{path}: is not in {language}")
        faults += [f"{path}: {fault}" for fault in axe.faults(page, colours=language == "en")]
        if every and language == "en":
            page.emulate_media(color_scheme="dark")
            faults += [f"{path}, dark: {fault}" for fault in axe.faults(page)]
            page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": 1280, "height": 900})
        if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
            faults.append(f"{path}: scrolls sideways at 1280 pixels")
        # What the content policy keeps out; a page that is answered with an error is one that Chromium mentions.
        faults += [f"{path}: {complaint}" for complaint in complaints if answer.status == 200]
        complaints.clear()
    return faults, opened


VISITORS = ["open", "resident", "own", *DESK]


@pytest.mark.parametrize(
    ("visitor", "language"), [*((visitor, "en") for visitor in VISITORS), ("resident", "zh-hant"), ("open", "zh-hans")]
)
def test_no_kind_of_page_has_an_accessibility_fault(
    demo: Demo, addresses: dict[str, Any], visitors: dict[str, Any], language: str, visitor: str
) -> None:
    faults, opened = _faults(demo, visitors[visitor], addresses[visitor], language, every=False)
    assert opened > 1
    assert faults == []


@pytest.mark.size
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("visitor", VISITORS)
def test_no_page_has_an_accessibility_fault(
    demo: Demo, addresses: dict[str, Any], visitors: dict[str, Any], language: str, visitor: str
) -> None:
    faults, opened = _faults(demo, visitors[visitor], addresses[visitor], language, every=True)
    assert opened == len(addresses[visitor])
    assert faults == []


LENGTHEN = """
name => {
  // Every text is twice as long, as a language may be, and has a name of 60 characters that breaks nowhere.
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), nodes = [];
  while (walker.nextNode()) if (walker.currentNode.data.trim()) nodes.push(walker.currentNode);
  for (const node of nodes)
    if (!node.parentElement.closest("script, style, svg, time, .when, .reference")) node.data += " " + node.data.trim();
  // Not where what is appended would be a box of its own beside the text.
  const places = "h1, dd, td:not(:empty, .answer-table td), .card p, .account > a, .tag, "
    + "main > p:not(.warning-text, .case-line, .point)";
  document.querySelectorAll(places).forEach(at => at.append(" " + name));
  const wide = [...document.querySelectorAll("body *")].find(
    at => at.getBoundingClientRect().right > innerWidth + 1 && !at.closest(".table-box, .flow"));
  return document.documentElement.scrollWidth > innerWidth ? (wide ? wide.outerHTML.slice(0, 120) : "the page") : "";
}
"""


@pytest.mark.size
@pytest.mark.parametrize("visitor", VISITORS)
def test_no_page_is_too_narrow_for_long_texts_and_long_names(
    demo: Demo, addresses: dict[str, Any], visitors: dict[str, Any], visitor: str
) -> None:
    page, faults, kinds = visitors[visitor], [], set[str]()
    for path in addresses[visitor]:
        if _kind(path) in kinds:
            continue
        kinds.add(_kind(path))
        for width in (360, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(f"{demo.url}/en/{path}")
            if wide := page.evaluate(LENGTHEN, "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewis"):
                faults.append(f"{path} at {width}: {wide}")
    assert len(kinds) > 1
    assert faults == []


def test_what_is_wrong_with_a_page_is_found(chromium_undrawn: Any) -> None:
    page = chromium_undrawn.new_page(viewport={"width": 360, "height": 800})
    page.set_content(
        "<html lang='en'><title>Wrong</title><main><h1>Wrong</h1><img src='data:,'>"
        "<p style='color: #999; width: 800px'>Too pale and too wide for a phone, but not for a desk.</p></main>"
    )
    assert {fault.partition(":")[0] for fault in axe.faults(page)} == {"color-contrast", "image-alt"}
    assert {fault.partition(":")[0] for fault in axe.faults(page, colours=False)} == {"image-alt"}
    assert page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    page.context.close()
