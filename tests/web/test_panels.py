"""The pages of panels: a list for each member, a conflict that shuts every door, the chair, minutes, the department."""

import hashlib
import re
from typing import Any

import pytest
from django.test import Client
from tests.journeys.test_panels import CALL, CLOSED, OPENED, RANKED, entered, invited, round_of
from tests.shape.conftest import signed_in
from tests.shape.test_routes import NAMED, _inner, own_routes
from tests.small import AT, published

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.panels import api as panels
from praya.definition.service import Service
from praya.journey import application_steps, jobs, samples
from praya.journey import panels as judging
from praya.kernel import clock

pytestmark = pytest.mark.django_db

PAPER = CALL.replace("sees: [idea]", "sees: [idea, paper]").replace(
    "      - needed:",
    "      - paper: {type: file, accept: [pdf], optional: true, label: {en: Paper, zh-hant: 文件}}\n      - needed:",
)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    moment = [OPENED]
    monkeypatch.setattr(clock, "now", lambda: moment[0])
    return moment


@pytest.fixture
def service(at: list[Any]) -> Service:
    return published(PAPER)


def officer(email: str, *roles: tuple[str, str]) -> tuple[identity.Officer, Client]:
    held = frozenset(identity.Role(department, role) for department, role in roles)
    found = identity.add_officer(name="Officer", email=email, roles=held, at=AT, by="system")
    return found, signed_in(officer=found)


def body(client: Client, url: str, **typed: str) -> str:
    answer = client.post(url, typed, follow=True) if typed else client.get(url)
    assert answer.status_code in {200, 422}, (url, answer.status_code)
    return answer.content.decode()


def test_a_member_declares_reads_what_is_named_and_gives_marks(service: Service) -> None:
    people = invited(service, 3)
    case = entered(service, 1)
    judging.judge_due(at=OPENED)
    seat = next(seat for seat in panels.seats_of(case.ref, round_of(service).ref) if seat.person_ref == people[1])
    client, url = signed_in(person_ref=people[1]), f"/en/panels/entries/{seat.ref}"
    assert "1 entries wait for your marks" in body(client, "/en/me")
    for language, title in (("en", "Judging"), ("zh-hant", "評審"), ("zh-hans", "评审")):
        page = body(client, f"/{language}/panels")
        assert f"<h1>{title}</h1>" in page
        assert f"/{language}/panels/entries/{seat.ref}" in page
    before = body(client, url)
    assert "conflict of interest" in before
    for told in ("Idea 1", "Chan 1", case.ref, "Your marks"):
        assert told not in before
    assert "Say whether you have a conflict" in body(client, url, conflict="", reason="")
    assert "Say what the conflict" in body(client, url, conflict="yes", reason="")
    after = body(client, url, conflict="no", reason="")
    assert "Idea 1" in after
    assert "Chan 1" not in after
    assert case.ref not in after
    wrong = body(client, url, worth="11", skill="")
    assert "must be 10 or less" in wrong
    assert 'value="11"' in wrong, "what was typed stands there again"
    assert "Marks given" in body(client, url, worth="7", skill="5")
    assert 'value="7"' in body(client, url)
    assert panels.scores(round_of(service).ref)[0].by == {"worth": 7, "skill": 5}


def test_a_conflict_shuts_every_route_of_both_faces(service: Service) -> None:
    people = invited(service, 3)
    person = identity.enrol(email="p1@example.com", name="Sample", language="en", at=AT)
    case = application_steps.apply_at_once(
        service, person=person, language="en", seats=[], once_key="1", at=AT,
        answers={"applicant_name": "Chan 1", "idea": "Idea 1", "needed": 4, "stream": "a"},
        files={"paper": [("paper.pdf", samples.file("paper.pdf"))]},
    )  # fmt: skip
    forms.scan(at=OPENED)
    judging.judge_due(at=OPENED)
    one = round_of(service)
    _, desk = officer("judge0@example.com", ("dh", "officer"), ("dh", "supervisor"))
    chair = people[0]
    seat = next(seat for seat in panels.seats_of(case.ref, one.ref) if seat.person_ref == chair)
    (upload,) = forms.uploads_of_case(case.ref, with_parts=True)
    resident = signed_in(person_ref=chair)
    for number in (1, 2):
        other = panels.seats_of(case.ref, one.ref)[number]
        judging.declare(judging.duty(other.ref, person_ref=other.person_ref), conflict=False, reason="", at=OPENED)
    values = {
        "lang": "en", "ref": seat.ref, "upload": upload.ref, "number": "1", "service": service.service, "panel": "jury",
    }  # fmt: skip

    def every() -> list[tuple[str, int, str]]:
        found = []
        for path, view in own_routes():
            if "panels" not in path:
                continue
            client = {"resident": resident, "officer": desk}[_inner(view).open_to]
            known = {**values, "ref": one.ref if "rounds" in path else seat.ref}
            url = "/" + NAMED.sub(lambda name, known=known: known[name[1]], path)
            answer = client.get(url)
            found.append(
                (
                    url,
                    answer.status_code,
                    b"".join(answer).decode("latin-1") if answer.streaming else answer.content.decode("latin-1"),
                )
            )
        found.append(("desk", desk.get(f"/en/desk/cases/{case.ref}").status_code, ""))
        return found

    body(resident, f"/en/panels/entries/{seat.ref}", conflict="no", reason="")
    reached = {url: status for url, status, _ in every()}
    assert sum(status == 200 for status in reached.values()) >= 10
    assert not any("ranking.txt" in url and status == 200 for url, status in reached.items())
    assert reached["desk"] == 403, "who judges blind does not open the case at the desk"
    files = [url for url in reached if "/files/" in url]
    assert len(files) == 2
    assert {reached[url] for url in files} == {200}

    body(resident, f"/en/panels/entries/{seat.ref}", conflict="yes", reason="My cousin.")
    wrong = []
    for url, status, text in every():
        shows = status == 200 and re.search(r"/entries/[0-9a-f]{32}|Idea 1|Entry 1\b|%PDF", text)
        if shows or (f"/{seat.ref}" in url and status != 404) or (url.endswith("/1") and status != 404):
            wrong.append((url, status, shows))
    assert wrong == []
    assert panels.seats(chair) == {}
    assert desk.get(f"/en/desk/cases/{case.ref}").status_code == 403
    assert "entries wait" not in body(resident, "/en/me")


def test_the_chair_sets_a_score_and_the_minutes_say_so(service: Service, at: list[Any]) -> None:
    people = invited(service, 3)
    case = entered(service, 1)
    judging.judge_due(at=OPENED)
    one = round_of(service)
    for person in people:
        (seat,) = panels.worklist(one.ref, person)
        judging.declare(judging.duty(seat.ref, person_ref=person), conflict=False, reason="", at=OPENED)
        judging.mark(judging.duty(seat.ref, person_ref=person), {"worth": 5, "skill": 5}, at=OPENED)
    chair, member = signed_in(person_ref=people[0]), signed_in(person_ref=people[1])
    assert member.get(f"/en/panels/rounds/{one.ref}").status_code == 404
    assert member.post(f"/en/panels/rounds/{one.ref}/1", {"score": "90", "reason": "x"}).status_code == 404
    assert "3 of 3" in body(chair, f"/en/panels/rounds/{one.ref}")
    url = f"/en/panels/rounds/{one.ref}/1"
    assert "must be 100 or less" in body(chair, url, score="101", reason="High.")
    missing = chair.post(url, {"score": "80", "reason": ""})
    assert missing.status_code == 422
    assert 'href="#reason"' in missing.content.decode()
    body(chair, url, score="80.5", reason="A judge misread it.")
    assert panels.entries(one.ref)[0].set_score == pytest.approx(80.5)
    chief, desk = officer("s@example.com", ("dh", "supervisor"))
    other, _ = officer("e@example.com", ("afcd", "supervisor"))
    minutes = f"/en/desk/panels/rounds/{one.ref}/minutes"
    assert desk.get(minutes).status_code == 404
    at[0] = CLOSED
    jobs.judge_entries(at=CLOSED)
    at[0] = RANKED
    jobs.rank_cases(at=RANKED)
    desk, elsewhere = signed_in(officer=chief), signed_in(officer=other)
    page = body(desk, minutes)
    for told in (
        "80.5",
        "A judge misread it.",
        case.ref,
        round_of(service).digest and one.ref and "Digest of the ranking",
    ):
        assert told in page
    assert elsewhere.get(minutes).status_code == 404
    lines = desk.get(minutes.replace("minutes", "ranking.txt"))
    assert elsewhere.get(minutes.replace("minutes", "ranking.txt")).status_code == 404
    (ranking,) = Client().get("/data/rankings/small-grant.json").json()["rankings"]
    assert ranking["digest"] == hashlib.sha256(lines.content).hexdigest()
    assert (ranking["entries"], ranking["won"]) == (1, 1)
    assert "Place 1 of 1" in body(desk, f"/en/desk/cases/{case.ref}")


def test_a_supervisor_invites_members_and_officers_see_who_they_are(service: Service) -> None:
    _, supervisor = officer("s@example.com", ("dh", "supervisor"))
    _, plain = officer("o@example.com", ("dh", "officer"))
    url = "/en/desk/panels/of/small-grant/jury"
    assert "Nobody yet" in body(supervisor, url)
    assert "Enter an e-mail address" in body(supervisor, url, email="nobody")
    assert "judge@example.com" in body(supervisor, url, email="judge@example.com", chair="yes")
    (member,) = panels.members(judging.panel_ref("small-grant", "jury"))
    assert member.chair
    assert "judge@example.com" in body(plain, url)
    assert plain.post(url, {"email": "x@example.com"}).status_code == 404
    assert "judge@example.com" not in body(supervisor, url, remove=member.ref)
    assert url in body(plain, "/en/desk/panels")


def test_members_are_those_with_a_role_in_the_department(service: Service, at: list[Any]) -> None:
    by_role = published(
        PAPER.replace("version: 1", "version: 2").replace(
            "jury: {label", "jury: {role: officer, chair: supervisor, label"
        )
    )
    found, client = officer("o@example.com", ("dh", "officer"))
    officer("s@example.com", ("dh", "supervisor"))
    entered(by_role, 1)
    jobs.judge_entries(at=OPENED)
    members = panels.members(judging.panel_ref("small-grant", "jury"))
    assert [member.chair for member in members].count(True) == 1
    assert len(members) == 2
    assert identity.person_of_officer(found.ref) in {member.person_ref for member in members}
    assert "Entry 1" in body(client, "/en/desk/panels")
    assert cases.open_versions("small-grant", [2]) == {2}
