"""The desk: its lists and its case pages, and that no department reaches a case of another by any of its routes."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern
from tests.published import AT, publish_pack

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.definition.example import Example, Expect
from praya.definition.source import read
from praya.journey import acting, load, play
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.web.desk.filters import TABS
from praya.web.desk.urls import urlpatterns

PACK = Path(__file__).parents[2] / "packs" / "hongkong"
LANGUAGES = ["en", "zh-hant", "zh-hans"]
ROLES = {
    "officer": [("fehd", "officer")],
    "supervisor": [("fehd", "officer"), ("fehd", "supervisor")],
    "asked": [("fsd", "officer")],
    "stranger": [("dh", "officer"), ("dh", "supervisor")],
}


class World:
    """Officers of four kinds, each with a browser; restaurant cases on demand; a clock that tests move."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = AT
        monkeypatch.setattr(clock, "now", lambda: self.now)
        vault.reset_memory()
        publish_pack()
        self.officers = {
            name: identity.add_officer(
                name=f"{name.title()} Sample",
                email=f"{name}@example.com",
                roles=frozenset(identity.Role(*role) for role in roles),  # type: ignore[arg-type]
                at=AT,
                by="system",
            )
            for name, roles in ROLES.items()
        }
        self.made = 0

    def client(self, name: str | None) -> Client:
        client = Client()
        if name is None:
            return client
        session, officer = client.session, self.officers[name]
        session["officer"], session["epoch"] = officer.ref, officer.epoch
        session["begun"] = session["seen"] = int(self.now.timestamp())
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
        return client

    def play(self, service: str, example: str, steps: int = 0, starts: datetime | None = None, **more: Any) -> str:
        """Play the first steps of one of the pack's examples for a new person; answers the case."""
        story = Example.model_validate(read(PACK / "services" / service / "examples" / f"{example}.yaml").data)
        update: dict[str, Any] = {"steps": story.steps[:steps], "starts": starts or story.starts}
        if starts:  # the example expects the days of its own calendar
            taken = tuple(step.model_copy(update={"expect": Expect()}) for step in story.steps[:steps])
            update |= {"expect": Expect(), "steps": taken}
        if "answers" in more:
            update["answers"] = {**story.answers, **more["answers"]}
        self.made += 1
        person = identity.enrol(email=f"person{self.made}@example.com", name=None, language="zh-hant", at=AT)
        played = play.play(
            story.model_copy(update=update), load.territory().service(service), load.pack(), person=person
        )
        assert played.case is not None
        return played.case.ref

    def restaurant(self, steps: int = 0) -> str:
        return self.play("restaurant-licence", "licence-granted", steps)


@pytest.fixture
def world(pack_is_live: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()


def hidden(html: str, name: str) -> str:
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', html)
    assert found, name
    return found[1]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def plain(response: Any) -> str:
    """A page without the tokens of its forms, which differ each time."""
    return re.sub(r'name="(csrfmiddlewaretoken|_form)" value="[^"]+"', "", response.content.decode())


# Isolation


def routes(ref: str, upload: str) -> dict[str, str]:
    """An address for every route of the desk that names a case."""
    fill = {"ref": ref, "action": "refer-plans", "upload": upload, "letter": upload}
    found = {}
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        route = str(pattern.pattern)
        if route.startswith("cases/<ref>"):
            found[route] = re.sub(r"<(?:\w+:)?(\w+)>", lambda match: fill[match[1]], route)
    return found


def test_every_route_is_open_to_officers_only(world: World) -> None:
    assert all(getattr(pattern.callback, "open_to", None) == "officer" for pattern in urlpatterns)  # type: ignore[union-attr]
    ref = world.restaurant()
    nobody = world.client(None)
    for path in ["", "search", "numbers", "bookings", "bookings/vaccination-booking", *routes(ref, "a").values()]:
        ask = nobody.post if path.endswith(("notes", "assign", "remind")) else nobody.get
        response = ask(f"/en/desk/{path}")
        assert response.status_code == 302, path
        assert response["Location"].startswith("/en/desk/sign-in?"), path


def test_no_route_shows_or_changes_a_case_of_another_department(world: World) -> None:
    ref = world.restaurant()
    upload = forms.uploads_of_case(ref)[0]
    forms.scan(at=AT)
    before = cases.case(ref)
    stranger = world.client("stranger")
    found = routes(ref, upload.ref)
    assert len(found) == 14, "a new route must be walked here"
    posted = {
        "note": "x", "to": "me", "held_by": "", "result": "objection", "comment": "x", "department": "fsd",
        "revision": "1", "once": "a" * 32, "reason": "x", "what": "department", "who": "fsd",
    }  # fmt: skip
    for route, path in found.items():
        nowhere = path.replace(ref, "RL-2222-2222")
        for ask in (stranger.get, lambda address: stranger.post(address, posted)):
            there, none = (ask(f"/en/desk/{address}") for address in (path, nowhere))
            assert there.status_code in {404, 405}, route
            assert there.status_code == none.status_code, route
            assert plain(there).replace(ref, "RL-2222-2222") == plain(none), f"{route} tells that the case is there"
    assert cases.case(ref) == before
    assert [step.kind for step in cases.history(ref)] == ["opened"]
    for tab in TABS:
        assert ref not in stranger.get(f"/en/desk/?tab={tab}").content.decode()
    answer = stranger.post("/en/desk/search", {"q": ref})
    assert answer.status_code == 422
    assert "There is no such case in your departments" in answer.content.decode()
    assert journal.about(ref, events=["case_read"]) == []
    assert world.client("officer").get(f"/en/desk/cases/{ref}").status_code == 200


def test_an_asked_department_reads_replies_and_notes_but_decides_nothing(world: World) -> None:
    ref = world.restaurant(steps=1)
    asked = world.client("asked")
    page = asked.get(f"/en/desk/cases/{ref}").content.decode()
    assert "Tai Man Cafe" in page
    assert "A123456(3)" not in page, "who applies is not named by the referral"
    assert f"/desk/cases/{ref}/reply" in page
    assert "/do/" not in page
    assert "/assign" not in page
    before = cases.case(ref)
    for action in ("send-requirements", "refer-plans", "withdraw"):
        sent = {"revision": str(before.revision), "once": "b" * 32, "requirements": "x"}
        assert asked.post(f"/en/desk/cases/{ref}/do/{action}", sent).status_code == 404
    assert asked.post(f"/en/desk/cases/{ref}/assign", {"to": "me", "held_by": ""}).status_code == 404
    assert cases.case(ref) == before
    assert asked.post(f"/en/desk/cases/{ref}/notes", {"note": "Seen.", "once": "c" * 32}).status_code == 302
    assert cases.history(ref)[-1].text == "Seen."
    assert cases.history(ref)[-1].department == "fsd"


def test_an_officer_cannot_do_what_is_the_supervisors_or_the_applicants(world: World) -> None:
    ref = world.restaurant()
    officer = world.client("officer")
    sent = {"revision": "1", "once": "d" * 32, "reason": "Because."}
    assert officer.post(f"/en/desk/cases/{ref}/do/refuse", sent).status_code == 409
    assert officer.post(f"/en/desk/cases/{ref}/do/withdraw", sent).status_code == 404
    assert cases.case(ref).state == "received"
    page = officer.get(f"/en/desk/cases/{ref}").content.decode()
    assert "/do/refer-plans" in page
    assert "/do/refuse" not in page
    assert "/do/refuse" in world.client("supervisor").get(f"/en/desk/cases/{ref}").content.decode()


def test_an_officer_who_left_office_is_signed_out(world: World) -> None:
    client = world.client("officer")
    identity.officer_leaves(officer_ref=world.officers["officer"].ref, at=AT, by="system")
    assert client.get("/en/desk/").status_code == 302


# The queue


def test_the_queue_has_those_due_first_and_tells_the_time_in_words(world: World) -> None:
    late = world.restaurant()
    world.now = AT + timedelta(days=10)
    fresh = world.play("restaurant-licence", "licence-granted", starts=world.now)
    waiting = world.play("restaurant-licence", "plans-returned-then-withdrawn", 1, starts=world.now)
    world.now = AT + timedelta(days=15)
    page = world.client("officer").get("/en/desk/?tab=open").content.decode()
    assert re.findall(r"data-row>([^<]+)<", page) == [late, fresh, waiting]
    todo, held = (world.client("officer").get(f"/en/desk/?tab={tab}").content.decode() for tab in ("todo", "waiting"))
    assert re.findall(r"data-row>([^<]+)<", todo) == [late, fresh], "what waits for the applicant is not to do"
    assert re.findall(r"data-row>([^<]+)<", held) == [waiting]
    assert "Waits for the applicant" in words(held)
    said = words(page)
    assert "1 working day late due 19 January 2026" in said
    assert "7 working days left due 29 January 2026" in said
    assert "Waiting for applicant" in said
    assert "example.com" not in page
    assert "陳大文" not in page
    page = world.client("officer").get("/zh-hant/desk/").content.decode()
    assert "逾期 1 個工作天 限期2026年1月19日" in words(page)


def test_filters_keep_only_the_service_and_state_asked_for(world: World) -> None:
    received, vetting = world.restaurant(), world.restaurant(steps=1)
    client = world.client("officer")

    def refs(query: str) -> list[str]:
        return re.findall(r"data-row>([^<]+)<", client.get(f"/en/desk/?tab=open&{query}").content.decode())

    assert refs("state=restaurant-licence.vetting") == [vetting]
    assert refs("service=restaurant-licence&state=restaurant-licence.received") == [received]
    assert set(refs("service=restaurant-licence")) == {received, vetting}
    assert set(refs("state=restaurant-licence.nonsense&mark=nonsense")) == {received, vetting}
    assert "<h1>To do</h1>" in client.get("/en/desk/?tab=nonsense").content.decode()
    page = client.get("/en/desk/?state=restaurant-licence.works").content.decode()
    assert "No case fits the filters" in page


def test_the_asked_see_their_own_clock_and_nothing_after_they_replied(world: World) -> None:
    ref = world.restaurant(steps=1)
    world.now = AT + timedelta(days=3)
    asked = world.client("asked")
    page = asked.get("/en/desk/").content.decode()
    assert "<h1>Asked of us</h1>" in page, "a department that owns no service begins with what others ask"
    assert "15 working days left due 29 January 2026" in words(page)
    case = cases.case(ref)
    acting.reply(case=case, department="fsd", result="no-objection", comment="", by="officer:x", at=world.now)
    page = asked.get("/en/desk/?tab=asked").content.decode()
    assert "Nobody waits for your department" in page


def test_a_case_can_be_taken_and_given_back(world: World) -> None:
    ref = world.restaurant()
    officer, supervisor = world.client("officer"), world.client("supervisor")
    me = world.officers["officer"].ref
    assert "You have no cases" in officer.get("/en/desk/?tab=mine").content.decode()
    officer.post(f"/en/desk/cases/{ref}/assign", {"to": "me", "held_by": ""})
    assert cases.case(ref).assigned_to == me
    assert "Officer Sample Took the case" in words(officer.get(f"/en/desk/cases/{ref}").content.decode())
    assert ref in officer.get("/en/desk/?tab=mine").content.decode()
    assert "Officer Sample" in supervisor.get("/en/desk/").content.decode()
    answer = supervisor.post(f"/en/desk/cases/{ref}/assign", {"to": "me", "held_by": ""}, follow=True)
    assert cases.case(ref).assigned_to == me, "the page was out of date"
    assert "nothing was changed" in answer.content.decode()
    supervisor.post(f"/en/desk/cases/{ref}/assign", {"to": "nobody", "held_by": me})
    assert cases.case(ref).assigned_to == me, "only the one who has it gives it back"
    supervisor.post(f"/en/desk/cases/{ref}/assign", {"to": "me", "held_by": me})
    assert cases.case(ref).assigned_to == world.officers["supervisor"].ref
    supervisor.post(f"/en/desk/cases/{ref}/assign", {"to": "nobody", "held_by": world.officers["supervisor"].ref})
    assert cases.case(ref).assigned_to == ""


def test_a_closed_case_is_nobodys_to_take(world: World) -> None:
    ref = world.restaurant(steps=7)
    client = world.client("officer")
    assert "/assign" not in client.get(f"/en/desk/cases/{ref}").content.decode()
    assert client.post(f"/en/desk/cases/{ref}/assign", {"to": "me", "held_by": ""}).status_code == 404
    assert cases.case(ref).assigned_to == ""


def test_fifty_rows_need_as_many_queries_as_five_and_the_rest_follows(world: World) -> None:
    client = world.client("officer")

    def asked() -> tuple[list[dict[str, str]], str]:
        client.get("/en/desk/?tab=waiting")
        with CaptureQueriesContext(connection) as queries:
            page = client.get("/en/desk/?tab=waiting").content.decode()
        return list(queries), page

    refs = {world.restaurant(steps=1) for _ in range(5)}
    cases.assign(ref=min(refs), officer_ref=world.officers["officer"].ref, at=AT, by="system")
    few, _ = asked()
    refs |= {world.restaurant(steps=1) for _ in range(50)}
    sent, page = asked()
    assert len(sent) == len(few)
    read = sum('FROM "cases_' in query["sql"] for query in sent)
    assert read == 3, "the page, its referrals, the saved views"
    shown = re.findall(r"data-row>([^<]+)<", page)
    assert len(shown) == 50
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following
    rest = client.get("/en/desk/" + following[1].replace("&amp;", "&")).content.decode()
    assert set(shown) | set(re.findall(r"data-row>([^<]+)<", rest)) == refs


def test_numbers_are_for_supervisors_and_take_three_queries(world: World) -> None:
    world.restaurant()
    world.restaurant()
    world.restaurant(steps=1)
    world.now = AT + timedelta(days=15)
    supervisor = world.client("supervisor")
    page = words(supervisor.get("/en/desk/numbers").content.decode())
    assert "Open 3 Late 2" in page
    assert re.search(r"Restaurant licence\s+3\s+2", page)
    page = words(supervisor.get("/en/desk/numbers?service=restaurant-licence").content.decode())
    assert re.search(
        r"Plans being checked\s+2\s+2\s+15 days\s+With the departments\s+1\s+0\s+15 days\s+All\s+3\s+2", page
    )
    assert supervisor.get("/en/desk/numbers?service=vaccination-booking").status_code == 404
    assert world.client("officer").get("/en/desk/numbers").status_code == 404
    assert "No open cases" in world.client("stranger").get("/en/desk/numbers").content.decode()
    with CaptureQueriesContext(connection) as queries:
        supervisor.get("/en/desk/numbers")
    assert sum("cases_case" in query["sql"] for query in queries) == 3


# The case


def test_opening_a_case_is_journalled_and_shown_to_its_person(world: World) -> None:
    ref = world.restaurant()
    officer = world.officers["officer"].ref
    world.client("officer").get(f"/en/desk/cases/{ref}")
    assert cases.reads(ref) == [(AT, f"officer:{officer}")]
    facts = journal.about(ref, events=["case_read"])
    assert [dict(fact.facts) for fact in facts] == [{"what": "case"}]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_case_page_tells_the_whole_story(world: World, lang: str) -> None:
    ref = world.restaurant(steps=7)
    world.now = AT + timedelta(days=60)
    html = world.client("officer").get(f"/{lang}/desk/cases/{ref}").content.decode()
    page = words(html)
    for told in {
        "en": [
            "Licence issued", "Granted", "大文茶餐廳 Tai Man Cafe", "Sham Shui Po", "HK$2,200", "A123456(3)",
            "ground-floor.pdf", "Two exits and emergency lighting", "No objection, with conditions",
            "3. 廚房設置洗手盆", "27 February 2026", "Restaurant licence", "Your restaurant licence",
            "In force", "Applicant", "Fire Services Department", "Email",
        ],
        "zh-hant": ["已發牌照", "獲批", "深水埗", "不反對，但須符合條件", "2026年2月27日", "有效", "申請人", "消防處"],
        "zh-hans": ["已发牌照", "获批", "深水埗", "不反对，但须符合条件", "2026年2月27日", "有效", "申请人", "消防处"],
    }[lang]:  # fmt: skip
        assert told in page, told
    assert "{" not in page
    assert "多謝你" not in page, "what a notice says stays between the service and the applicant"
    assert html.count("<h1") == 1


def test_a_repeat_is_opened_in_the_answers(world: World) -> None:
    world.now = datetime(2020, 12, 1, 9, tzinfo=AT.tzinfo)
    ref = world.play("return2hk", "family-returns")
    html = world.client("stranger").get(f"/en/desk/cases/{ref}").content.decode()
    companions = cases.content(ref).answers["companions"]
    assert len(companions) > 1
    for number in range(1, len(companions) + 1):
        assert re.search(rf'<li class="item"><strong>[^<]+ {number}</strong><dl class="summary">', html)


def test_an_erased_persons_case_still_opens_and_says_so(world: World) -> None:
    ref = world.restaurant(steps=1)
    identity.erase(person_ref=cases.case(ref).person_ref, at=AT, by="system")
    page = world.client("officer").get(f"/en/desk/cases/{ref}")
    assert page.status_code == 200
    assert "has been erased" in page.content.decode()
    assert "Tai Man" not in page.content.decode()


def test_a_note_that_is_empty_or_too_long_is_not_lost(world: World) -> None:
    ref = world.restaurant()
    client = world.client("officer")
    response = client.post(f"/en/desk/cases/{ref}/notes", {"note": "  ", "once": "e" * 32})
    assert response.status_code == 422
    assert "Write the note before you add it" in response.content.decode()
    long = "long " * 900
    response = client.post(f"/en/desk/cases/{ref}/notes", {"note": long, "once": "e" * 32})
    assert response.status_code == 422
    assert long.strip() in response.content.decode()
    sent = {"note": "Called <b>twice</b>.", "once": "e" * 32}
    for _ in range(2):
        assert client.post(f"/en/desk/cases/{ref}/notes", sent).status_code == 302
    assert [s.text for s in cases.history(ref) if s.kind == "noted"] == ["Called <b>twice</b>."]
    assert "Called &lt;b&gt;twice&lt;/b&gt;." in client.get(f"/en/desk/cases/{ref}").content.decode()


# Files


def test_a_file_opens_only_when_clean_and_never_as_a_page_of_ours(world: World) -> None:
    ref = world.restaurant()
    client = world.client("officer")
    upload = next(upload for upload in forms.uploads_of_case(ref) if upload.name == "ground-floor.pdf")
    address = f"/en/desk/cases/{ref}/files/{upload.ref}"
    page = client.get(f"/en/desk/cases/{ref}").content.decode()
    assert "Being checked" in page
    assert address not in page
    assert client.get(address).status_code == 404
    forms.scan(at=AT)
    assert address in client.get(f"/en/desk/cases/{ref}").content.decode()
    response = client.get(address)
    assert response.content.startswith(b"%PDF-")
    assert response["Content-Disposition"] == 'attachment; filename="ground-floor.pdf"'
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "no-store"
    assert journal.about(ref, events=["case_read"])[0].facts["what"] == "file"
    other = world.restaurant()
    assert client.get(f"/en/desk/cases/{other}/files/{upload.ref}").status_code == 404


# Search


@pytest.mark.parametrize("spell", [str, str.lower, lambda r: r.replace("-", " "), lambda r: f" {r.replace('-', '')} "])
def test_a_case_is_found_however_its_reference_is_written(world: World, spell: Callable[[str], str]) -> None:
    ref = world.restaurant()
    response = world.client("officer").post("/en/desk/search", {"q": spell(ref)})
    assert (response.status_code, response["Location"]) == (302, f"/en/desk/cases/{ref}")


@pytest.mark.parametrize(
    ("typed", "said"),
    [("", "Enter a reference"), ("陳大文", "There is no such case"), ("RL-2222-2223", "Check the reference")],
)
def test_what_is_no_reference_is_kept_and_explained(world: World, typed: str, said: str) -> None:
    response = world.client("officer").post("/en/desk/search", {"q": typed})
    page = response.content.decode()
    assert response.status_code == 422
    assert said in page
    assert f'value="{typed}"' in page or not typed


@pytest.mark.parametrize(("path", "leads_to"), [("/en/desk/nothing-here", "/en/desk/"), ("/en/nothing-here", "/en/")])
def test_a_page_that_is_not_there_leads_back_to_where_one_works(world: World, path: str, leads_to: str) -> None:
    response = world.client("officer").get(path)
    assert response.status_code == 404
    main = response.content.decode().split("<main", 1)[1].split("</main>", 1)[0]
    assert re.findall(r'href="([^"]+)"', main) == [leads_to]
