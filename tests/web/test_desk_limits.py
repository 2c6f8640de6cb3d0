"""Whom a case concerns does not deal with it; who is asked reads what is shared, and nothing once it has replied."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.urls import URLPattern
from tests.small import CHILD, SCHOOL, player, published
from tests.web.test_desk import AT, LANGUAGES, World, routes, words

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.parties import api as parties
from praya.blocks.tokens import api as access
from praya.journey import acting, conflicts, load
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.web.desk import notes, referrals
from praya.web.desk.urls import urlpatterns


@pytest.fixture
def world(pack_is_live: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()


SENT = {
    "note": "A note", "to": "me", "held_by": "", "department": "fsd", "result": "objection", "comment": "No exit",
    "revision": "1", "once": "a" * 32, "reason": "x", "q": "sample",
}  # fmt: skip


def upload_of(ref: str, name: str) -> str:
    forms.scan(at=AT)
    return next(one.ref for one in forms.uploads_of_case(ref, with_parts=True) if one.name == name)


def told(lines: dict[str, str]) -> Any:
    return pytest.mark.parametrize(("lang", "sentence"), list(lines.items()))


# Somebody's own case


@told({"en": "Another officer must deal with it", "zh-hant": "須由其他人員處理", "zh-hans": "须由其他人员处理"})
def test_an_officer_opens_nothing_of_their_own_case_and_is_told_why(world: World, lang: str, sentence: str) -> None:
    ref = world.restaurant(steps=1)
    upload = upload_of(ref, "ground-floor.pdf")
    mine = identity.add_officer(
        name="Chan Own", email=identity.person(cases.case(ref).person_ref).email,
        roles=frozenset({identity.Role("fehd", "supervisor"), identity.Role("fsd", "officer")}), at=AT, by="system",
    )  # fmt: skip
    world.officers["own"] = mine
    client, before, steps = world.client("own"), cases.case(ref), cases.history(ref)
    found = routes(ref, upload)
    for pattern in urlpatterns:
        assert isinstance(pattern, URLPattern)
        view: Any = pattern.callback
        guarded = hasattr(view, "of_case") or pattern.callback in {referrals.show, notes.add}
        assert guarded or "cases/<ref>" not in str(pattern.pattern), pattern
    for route, path in found.items():
        answers = [client.get(f"/{lang}/desk/{path}"), client.post(f"/{lang}/desk/{path}", SENT)]
        assert {answer.status_code for answer in answers} <= {403, 405}, route
        for answer in answers:
            if answer.status_code == 403:
                page = answer.content.decode()
                assert sentence in page
                assert f"/{lang}/cases/{ref}" in page
                assert "Tai Man" not in page
    assert (cases.case(ref), cases.history(ref)) == (before, steps)
    assert journal.about(ref, events=["case_read"]) == []


def test_nothing_that_acts_for_an_officer_acts_on_their_own_case(world: World) -> None:
    ref = world.restaurant(steps=1)
    case = cases.case(ref)
    mine = identity.add_officer(
        name="Chan Own", email=identity.person(case.person_ref).email.upper(),
        roles=frozenset({identity.Role("fehd", "officer")}), at=AT, by="system",
    )  # fmt: skip
    by = acting.officer(mine, "fehd")
    with pytest.raises(acting.OwnCase):
        acting.act(case=case, action="send-requirements", by=by, answers={}, reason="", once_key="k", at=AT)
    with pytest.raises(acting.OwnCase):
        acting.reply(case=case, department="fsd", result="no-objection", comment="", by=by.ref, at=AT)
    assert conflicts.concerns(case, mine.ref)
    assert not conflicts.concerns(case, world.officers["officer"].ref)


def test_a_case_is_not_given_to_the_officer_whom_it_concerns(world: World) -> None:
    ref = world.restaurant()
    email = identity.person(cases.case(ref).person_ref).email
    identity.add_officer(
        name="Chan Own", email=email, roles=frozenset({identity.Role("fehd", "officer")}), at=AT, by="system"
    )
    client = world.client("supervisor")
    page = client.post(f"/en/desk/cases/{ref}/give", {"q": email}).content.decode()
    chosen = re.search(r'name="to" value="([0-9a-f]{32})"', page)
    assert chosen
    answer = client.post(f"/en/desk/cases/{ref}/give", {"to": chosen[1], "held_by": ""})
    assert answer.status_code == 422
    assert "It is this officer’s own case" in answer.content.decode()
    assert cases.case(ref).assigned_to == ""


def test_a_party_that_is_an_officer_is_kept_out_until_they_decline(world: World) -> None:
    played = player(published(SCHOOL), answers=CHILD)()
    ref = played.case.ref
    doctor = identity.add_officer(
        name="Wong Doctor", email="doctor@example.com", roles=frozenset({identity.Role("dh", "officer")}), at=AT,
        by="system",
    )  # fmt: skip
    world.officers["doctor"] = doctor
    client = world.client("doctor")
    assert client.get(f"/en/desk/cases/{ref}").status_code == 403
    (asked,) = parties.of_case(ref)
    parties.decline(ref=asked.ref, person_ref=asked.person_ref, reason="Not my patient", at=AT)
    assert client.get(f"/en/desk/cases/{ref}").status_code == 200


# A department that is asked


def test_who_is_asked_sees_what_the_referral_names_and_nothing_else(world: World) -> None:
    ref = world.restaurant(steps=1)
    plan = upload_of(ref, "ground-floor.pdf")
    cases.note(ref=ref, text="Among ourselves.", at=AT, by="officer:x", department="fehd")
    asked = world.client("asked")
    page = asked.get(f"/en/desk/cases/{ref}").content.decode()
    for shown in ("Tai Man Cafe", "Sham Shui Po", "48", "Town gas", "ground-floor.pdf", "Asked: Fire Services"):
        assert shown in words(page), shown
    for hidden in ("A123456(3)", "陳大文", "5123 4567", "HK$", "Among ourselves", "Buildings Department",
                   "We have received your application", "Officer</h2>"):  # fmt: skip
        assert hidden not in page, hidden
    assert asked.get(f"/en/desk/cases/{ref}/files/{plan}").status_code == 200
    owner = world.client("officer").get(f"/en/desk/cases/{ref}").content.decode()
    for hidden in ("A123456(3)", "Among ourselves", "Buildings Department"):
        assert hidden in owner, hidden


def test_once_it_has_replied_every_door_is_shut_and_its_reply_stays(world: World) -> None:
    ref = world.restaurant(steps=1)
    plan = upload_of(ref, "ground-floor.pdf")
    asked = world.client("asked")
    sent = {"department": "fsd", "result": "conditions", "comment": "Two exits.", "once": "b" * 32}
    assert asked.post(f"/en/desk/cases/{ref}/reply", sent)["Location"] == "/en/desk/replies?done=1"
    before, steps = cases.case(ref), cases.history(ref)
    reads = len(journal.about(ref, events=["case_read"]))
    for route, path in routes(ref, plan).items():
        for answer in (
            asked.get(f"/en/desk/{path}"),
            asked.post(f"/en/desk/{path}", {**SENT, "comment": "Kept words"}),
        ):
            assert answer.status_code in {404, 405, 409}, route
            page = answer.content.decode()
            assert "Tai Man" not in page
            assert answer.status_code != 409 or route.endswith(("reply", "notes"))
    assert "A note" in asked.post(f"/en/desk/cases/{ref}/notes", SENT).content.decode(), "what was written is kept"
    assert "Kept words" in asked.post(f"/en/desk/cases/{ref}/reply", {**sent, "comment": "Kept words"}).content.decode()
    for tab in ("todo", "asked", "mine", "closed"):
        assert ref not in asked.get(f"/en/desk/?tab={tab}").content.decode()
    assert asked.post("/en/desk/search", {"q": ref}).status_code == 422
    assert len(journal.about(ref, events=["case_read"])) == reads
    page = asked.get("/en/desk/replies").content.decode()
    assert ref in page
    assert "Food and Environmental Hygiene Department" in page
    one = re.search(r'href="(/en/desk/replies/\d+)" data-row', page)
    assert one
    reply = words(asked.get(one[1]).content.decode())
    assert "Two exits." in reply
    assert "Tai Man" not in reply
    assert journal.about(ref, events=["case_read"])[0].facts["what"] == "reply"
    world.officers["chief"] = identity.add_officer(
        name="Chief", email="chief@example.com", roles=frozenset({identity.Role("fsd", "supervisor")}), at=AT, by="x"
    )
    chief = world.client("chief")
    for path in ("numbers", "registers", "bookings", "?tab=asked", "?tab=closed&service=restaurant-licence"):
        page = chief.get(f"/en/desk/{path}").content.decode()
        assert ref not in page, path
        assert "Tai Man" not in page, path
    assert "No open cases" in chief.get("/en/desk/numbers").content.decode()
    for other in ("stranger", "officer"):
        assert world.client(other).get(one[1]).status_code == 404
    assert (cases.case(ref), cases.history(ref)) == (before, steps)


def test_a_department_that_is_asked_again_reads_again_and_one_that_is_never_answered_for_ends_with_the_case(
    world: World,
) -> None:
    ref = world.restaurant(steps=1)
    asked = world.client("asked")
    acting.reply(case=cases.case(ref), department="fsd", result="no-objection", comment="", by="officer:x", at=AT)
    assert asked.get(f"/en/desk/cases/{ref}").status_code == 404
    cases.refer(ref=ref, departments=["fsd"], due_at=None, sees=["shop_name"], at=AT, by="officer:x")
    page = asked.get(f"/en/desk/cases/{ref}").content.decode()
    assert "Tai Man Cafe" in page
    assert "Sham Shui Po" not in page
    case = cases.case(ref)
    acting.act(
        case=case, action="withdraw", by=acting.applicant(case.person_ref), answers={}, reason="", once_key="w", at=AT
    )
    assert asked.get(f"/en/desk/cases/{ref}").status_code == 404
    assert ref not in asked.get("/en/desk/?tab=asked").content.decode()
    late = asked.post(f"/en/desk/cases/{ref}/reply", {**SENT, "comment": "Written for an hour"})
    assert late.status_code == 409
    assert "Written for an hour" in late.content.decode()


SHARING = SCHOOL.replace(
    "remind: {label: {en: Remind, zh-hant: 提醒}, invite: [doctor]}",
    "consult: {label: {en: Consult, zh-hant: 徵詢}, to: no-doctor, refer: [fsd]%s}",
)


@pytest.mark.parametrize(
    ("sees", "shown", "hidden"),
    [
        ("", ["Siu Ming", "Measles"], ["doctor@example.com", "report.pdf"]),
        (", sees: []", ["No answers of the application were shared"], ["Siu Ming", "Measles", "report.pdf"]),
        (", sees: [illness]", ["Measles"], ["Siu Ming", "doctor@example.com", "report.pdf"]),
        (", sees: [child]", ["Siu Ming", "Measles", "doctor@example.com"], ["report.pdf"]),
        (", sees: [doctor.report]", ["report.pdf"], ["Siu Ming", "Measles", "Is the child fit?"]),
    ],
)
def test_pages_questions_and_parties_are_shared_as_named(
    world: World, sees: str, shown: list[str], hidden: list[str]
) -> None:
    text = SHARING.replace("%s", sees).replace("parties.guardian.waiting == 0", "parties.guardian.waiting == 9")
    gives = {"party": "doctor", "answers": {"fit": True, "fit_from": "2026-01-12", "report": ["report.pdf"]}}
    ref = player(published(text), answers=CHILD)(gives, {"by": "officer", "do": "consult"}).case.ref
    report = upload_of(ref, "report.pdf")
    asked = world.client("asked")
    page = words(asked.get(f"/en/desk/cases/{ref}").content.decode())
    assert [one for one in shown if one not in page] == []
    assert [one for one in hidden if one in page] == []
    status = asked.get(f"/en/desk/cases/{ref}/files/{report}").status_code
    assert status == (200 if "report.pdf" in shown else 404)


def test_a_machine_of_a_department_that_is_asked_reads_the_same_and_is_shut_out_alike(world: World) -> None:
    ref = world.restaurant(steps=1)
    secret = access.issue(
        name="fsd-machine", department="fsd", scopes=("read",), expires_at=None, at=AT, by="operator"
    ).secret
    headers = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    client = world.client(None)

    def get(path: str) -> Any:
        return client.get(f"/api/v1/{path}", **headers)

    assert [one["reference"] for one in get("applications").json()["applications"]] == [ref]
    body = get(f"applications/{ref}").json()
    assert body["applicant"] is None
    assert body["fees"] == []
    assert {"shop_name", "premises", "layout_plans"} <= set(body["answers"])
    assert not {"hkid", "applicant_name", "mobile"} & set(body["answers"])
    assert {one["question"] for one in body["files"]} == {"layout_plans"}
    assert [one["department"] for one in body["referrals"]] == ["fsd"]
    acting.reply(case=cases.case(ref), department="fsd", result="no-objection", comment="", by="officer:x", at=AT)
    assert get(f"applications/{ref}").status_code == 404
    assert get("applications").json()["applications"] == []
    assert get("applications?closed=true").json()["applications"] == []


# Colleagues


@pytest.mark.parametrize("typed", ["sup", "Supervisor Sample", "ＳＵＰ sam", "supervisor@example.com"])
def test_a_colleague_is_found_by_name_or_address_and_given_the_case(world: World, typed: str) -> None:
    ref = world.restaurant()
    officer, supervisor = world.client("officer"), world.officers["supervisor"]
    assert officer.get(f"/en/desk/cases/{ref}/give").status_code == 404, "neither a supervisor nor theirs"
    officer.post(f"/en/desk/cases/{ref}/assign", {"to": "me", "held_by": ""})
    page = officer.post(f"/en/desk/cases/{ref}/give", {"q": typed}).content.decode()
    assert "Give to Supervisor Sample" in page
    me = world.officers["officer"].ref
    answer = officer.post(f"/en/desk/cases/{ref}/give", {"to": supervisor.ref, "held_by": me}, follow=True)
    assert cases.case(ref).assigned_to == supervisor.ref
    assert "Supervisor Sample" in answer.content.decode()


def test_only_colleagues_of_the_department_are_found_or_given_to(world: World) -> None:
    ref = world.restaurant()
    client = world.client("supervisor")
    answer = client.post(f"/en/desk/cases/{ref}/give", {"q": "stranger"})
    assert answer.status_code == 422
    assert "Stranger Sample" not in answer.content.decode()
    client.post(f"/en/desk/cases/{ref}/give", {"to": world.officers["stranger"].ref, "held_by": ""})
    assert cases.case(ref).assigned_to == ""


def test_long_histories_are_read_a_page_at_a_time(world: World) -> None:
    ref = world.restaurant(steps=1)
    for number in range(70):
        cases.note(
            ref=ref, text=f"Note {number}.", at=AT + timedelta(minutes=number), by="officer:x", department="fehd"
        )
    client = world.client("officer")
    page = client.get(f"/en/desk/cases/{ref}").content.decode()
    assert "Note 69." in page
    assert "Note 10." not in page
    earlier = re.search(r'href="([^"]+)#history">Earlier steps', page)
    assert earlier
    rest = client.get(earlier[1]).content.decode()
    assert "Note 19." in rest
    assert "Note 20." not in rest
    assert "Application sent" in words(rest)
    assert "Newest steps" in rest


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_new_pages_are_whole_in_each_language(world: World, lang: str) -> None:
    ref = world.restaurant(steps=1)
    asked = world.client("asked")
    asked.post(f"/{lang}/desk/cases/{ref}/reply", {**SENT, "result": "no-objection", "comment": ""})
    assert load.territory()
    supervisor = world.client("supervisor")
    for page in (
        asked.get(f"/{lang}/desk/replies?done=1"),
        asked.get(f"/{lang}/desk/cases/{ref}/reply"),
        supervisor.get(f"/{lang}/desk/cases/{ref}/give"),
        supervisor.get(f"/{lang}/desk/numbers?service=restaurant-licence"),
    ):
        html = page.content.decode()
        assert html.count("<h1") == 1
        assert "{" not in words(html)
