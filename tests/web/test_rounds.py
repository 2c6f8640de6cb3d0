"""An officer's visits of a day: their order, what they show, whom, and that the page costs the same for many."""

import io
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image
from tests.visiting import AT, DAY, HOME, World
from tests.web.test_desk import hidden, words

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.journey import load
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal

ROUND = f"/en/desk/visits?day={DAY.isoformat()}"


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()


def shown(client: Client, address: str = ROUND) -> list[str]:
    return re.findall(r"data-row>([^<]+)<", client.get(address).content.decode())


def place(lat: float, lon: float) -> dict[str, object]:
    return {"text": "At the pier", "lat": lat, "lon": lon}


def photograph() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(made, "JPEG")
    return made.getvalue()


def test_visits_stand_by_time_and_those_of_one_time_in_the_order_of_a_short_way(world: World) -> None:
    later = world.visit(clock_="14:00", spot=place(22.28, 114.16))
    first = world.visit(spot=place(22.28, 114.16))
    far = world.visit(spot=place(22.45, 114.01))
    near = world.visit(spot=place(22.29, 114.17))
    assert shown(world.client("inspector")) == [first.ref, near.ref, far.ref, later.ref]
    assert shown(world.client("inspector"), f"/en/desk/visits?day={DAY - timedelta(days=1)}") == []
    assert shown(world.client("inspector"), "/en/desk/visits?day=nonsense") == []


def test_a_visit_has_its_map_its_telephone_and_what_is_recorded(world: World) -> None:
    case, other = world.visit(spot=place(22.28, 114.16)), world.visit(clock_="14:00")
    page = world.client("inspector").get(ROUND).content.decode()
    assert 'href="geo:22.28000,114.16000?q=22.28000,114.16000"' in page
    assert re.search(r'href="geo:0,0\?q=3B[^"]*Sample%20Lane', page)
    assert 'href="tel:+85251234567"' in page
    for ref in (case.ref, other.ref):
        assert f"/en/desk/cases/{ref}/record/record?day={DAY}" in page
        assert f"/en/desk/cases/{ref}/record/nobody?" in page
        assert f"/en/desk/cases/{ref}/record/another" not in page, "a time is not given from a kept page"
        assert [fact.facts["what"] for fact in journal.about(ref, events=["case_read"])] == ["visit"]
    assert "To be visited" in words(page)


def test_each_officer_has_their_own_and_the_department_those_of_nobody(world: World) -> None:
    mine, free, theirs = world.visit(), world.visit(whose=None), world.visit(whose="colleague")
    inspector, stranger = world.client("inspector"), world.client("stranger")
    assert shown(inspector) == [mine.ref]
    assert shown(inspector, f"{ROUND}&whose=free") == [free.ref]
    assert shown(world.client("colleague")) == [theirs.ref]
    for address in (ROUND, f"{ROUND}&whose=free"):
        answer = stranger.get(address)
        assert answer.status_code == 200
        assert not any(word in answer.content.decode() for word in (mine.ref, free.ref, HOME["street"], "5123"))
    # An officer who took the case and left the department reaches it no more.
    cases.assign(ref=theirs.ref, officer_ref=world.officers["stranger"].ref, at=AT, by="system")
    assert shown(stranger) == []
    for case in (mine, free, theirs):
        address = f"/en/desk/cases/{case.ref}/record/record?day={DAY}"
        assert stranger.get(address).status_code == 404
        assert stranger.post(address, {"cold": "4", "clean": "yes"}).status_code == 404
        assert cases.case(case.ref).state == "visit"


def test_a_page_asks_the_database_the_same_for_few_and_for_many(world: World) -> None:
    counts = []
    client = world.client("inspector")
    for address in (ROUND, f"{ROUND}&whose=free"):
        for more in (2, 8):
            for _ in range(more):
                world.visit(whose=None if "free" in address else "inspector")
            client.get(address)
            with CaptureQueriesContext(
                connection,
            ) as asked:
                client.get(address)
            counts.append(sum("journal_entry" not in query["sql"] for query in asked.captured_queries))
    assert counts[0] == counts[1]
    assert counts[2] == counts[3]


def test_many_visits_have_pages_that_show_each_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("praya.web.desk.rounds.PAGE", 3)
    monkeypatch.setattr("praya.web.desk.rounds.LOOKED_THROUGH", 5)
    for whose, query in (("inspector", ""), (None, "&whose=free")):
        made = [
            world.visit(clock_=time, whose=whose).ref
            for time in ("14:00", "09:00", "09:00", "14:00", "09:00", "14:00", "14:00")
        ]
        client, address, seen = world.client("inspector"), f"{ROUND}{query}", list[str]()
        for _ in range(9):
            page = client.get(address).content.decode()
            seen += re.findall(r"data-row>([^<]+)<", page)
            found = re.search(r'rel="next" href="([^"]*)"|href="([^"]*)" rel="next"', page)
            if found is None:
                break
            address = found[1].replace("&amp;", "&")
        assert sorted(seen) == sorted(made)


def test_the_form_of_a_visit_is_that_of_the_action_with_a_camera(world: World) -> None:
    case = world.visit()
    address = f"/en/desk/cases/{case.ref}/record/record?day={DAY}"
    client = world.client("inspector")
    page = client.get(address).content.decode()
    assert re.search(r'type="file" multiple[^>]* accept=".jpg,.png" capture="environment"', page)
    assert "capture=" not in client.get(f"/en/desk/cases/{case.ref}/do/record").content.decode()
    sent = {"once": hidden(page, "once"), "revision": hidden(page, "revision"), "remarks": "Typed <words>"}
    picture = SimpleUploadedFile("kitchen.jpg", photograph(), "image/jpeg")
    wrong = client.post(address, {**sent, "cold": "much", "clean": "yes", "photographs": picture})
    assert wrong.status_code == 422
    again = wrong.content.decode()
    assert "Typed &lt;words&gt;" in again
    assert "kitchen.jpg" in again
    kept = hidden(again, "photographs")
    sent = {**sent, "once": hidden(again, "once"), "cold": "4", "clean": "yes", "photographs": kept}
    for _ in range(2):
        answer = client.post(address, sent)
        assert (answer.status_code, answer["Location"]) == (302, f"{ROUND}&done=recorded")
    assert cases.case(case.ref).state == "done"
    assert cases.content(case.ref).findings["remarks"] == "Typed <words>"
    assert [upload.ref for upload in forms.uploads_of_case(case.ref)] == [kept]
    assert [step.action for step in cases.history(case.ref)].count("record") == 1
    assert "It was recorded" in words(client.get(answer["Location"]).content.decode())
    late = client.post(address, {**sent, "once": "other"})
    assert late.status_code == 409
    assert "Typed &lt;words&gt;" in late.content.decode(), "what was typed can be copied"


def test_the_browser_deletes_what_it_keeps_when_another_person_uses_it(world: World) -> None:
    client = world.client("inspector")
    assert "Clear-Site-Data" not in client.post("/en/sign-out").headers, "nothing was kept"
    client = world.client("inspector")
    known = client.get("/en/desk/visits/phone?keep").json()
    assert known["token"]
    assert world.officers["inspector"].ref not in str(known)
    kept = client.cookies[settings.KEPT_COOKIE_NAME].value
    assert kept == known["whose"][0]
    assert "Clear-Site-Data" not in client.get(ROUND).headers

    other = world.client("colleague")
    other.cookies[settings.KEPT_COOKIE_NAME] = kept
    assert other.get(ROUND)["Clear-Site-Data"] == '"storage"'
    assert "Clear-Site-Data" not in other.get(ROUND).headers, "once"

    over = Client()
    over.cookies[settings.KEPT_COOKIE_NAME] = kept
    answer = over.get(ROUND)
    assert answer.status_code == 302
    assert "Clear-Site-Data" not in answer.headers, "a session that is over deletes nothing"
    assert client.post("/en/sign-out")["Clear-Site-Data"] == '"storage"'


def test_the_worker_may_serve_the_desk_of_its_language_only(world: World) -> None:
    answer = world.client("inspector").get("/zh-hant/desk/visits/worker.js")
    assert answer["Content-Type"].startswith("text/javascript")
    assert answer["Service-Worker-Allowed"] == "/zh-hant/desk/"
    assert answer["Content-Security-Policy"] == world.client("inspector").get(ROUND)["Content-Security-Policy"]
    assert Client().get("/zh-hant/desk/visits/worker.js").status_code == 302
