"""Deciding at the desk: actions, their questions and reasons, what moved meanwhile, replies of other departments."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.journeys.test_rounds import AGREES, CONSULT, ROUNDS
from tests.small import FAILING, player, published
from tests.web.test_desk import AT, LANGUAGES, World, hidden, words

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.journey import acting, load, samples
from praya.kernel.crypto import vault


@pytest.fixture
def world(pack_is_live: None, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    yield World(monkeypatch)
    load.forget()
    vault.reset_memory()


def form(page: str, **more: Any) -> dict[str, Any]:
    return {"revision": hidden(page, "revision"), "once": hidden(page, "once"), **more}


def test_an_action_without_questions_is_one_button(world: World) -> None:
    ref = world.restaurant()
    client = world.client("officer")
    page = client.get(f"/en/desk/cases/{ref}").content.decode()
    after = page[page.index(f'action="/en/desk/cases/{ref}/do/refer-plans"') :]
    response = client.post(f"/en/desk/cases/{ref}/do/refer-plans", form(after))
    assert response["Location"] == f"/en/desk/cases/{ref}?done=refer-plans"
    case = cases.case(ref)
    assert (case.state, [r.department for r in case.referrals]) == ("vetting", ["fsd", "bd"])
    shown = words(client.get(response["Location"]).content.decode())
    assert "Accept plans and ask departments. The case is now: With the departments." in shown
    assert "Officer Sample" in shown


def test_the_same_form_sent_twice_decides_once(world: World) -> None:
    ref = world.restaurant()
    client = world.client("officer")
    sent = {"revision": "1", "once": "a" * 32}
    places = [client.post(f"/en/desk/cases/{ref}/do/refer-plans", sent)["Location"] for _ in range(2)]
    assert places == [f"/en/desk/cases/{ref}?done=refer-plans"] * 2
    assert [s.action for s in cases.history(ref) if s.kind == "moved"] == ["refer-plans"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_reason_that_is_missing_is_asked_for(world: World, lang: str) -> None:
    ref = world.restaurant()
    client = world.client("officer")
    address = f"/{lang}/desk/cases/{ref}/do/return-plans"
    page = client.get(address).content.decode()
    response = client.post(address, form(page, reason="  "))
    answer = response.content.decode()
    assert response.status_code == 422
    assert 'class="error-summary"' in answer
    assert 'href="#reason"' in answer
    assert 'id="reason-error"' in answer
    assert cases.case(ref).state == "received"
    client.post(address, form(answer, reason="The plans show no exit.\nAdd one."))
    assert cases.case(ref).state == "plans-returned"
    assert "The plans show no exit.<br>Add one." in client.get(f"/{lang}/desk/cases/{ref}").content.decode()


def test_a_warning_is_shown_before_the_action_is_done(world: World) -> None:
    ref = world.restaurant()
    page = world.client("supervisor").get(f"/en/desk/cases/{ref}/do/refuse").content.decode()
    assert "The applicant is told at once and the case ends." in page
    assert "The case will be: Refused." in page


def test_an_answer_that_is_wrong_is_kept_and_explained(world: World) -> None:
    ref = world.restaurant(steps=5)
    assert cases.case(ref).state == "verification"
    world.now = AT + timedelta(days=55)
    client = world.client("officer")
    address = f"/en/desk/cases/{ref}/do/verify"
    page = client.get(address).content.decode()
    typed = {"inspected_on-day": "31", "inspected_on-month": "2", "inspected_on-year": "2026"}
    response = client.post(address, form(page, **typed))
    answer = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error: " in answer
    for name, value in typed.items():
        assert f'name="{name}" type="text"' in answer
        assert f'value="{value}"' in answer
    assert 'href="#inspected_on"' in answer
    later = {**typed, "inspected_on-day": "27"}
    assert client.post(address, form(answer, **later)).status_code == 302
    assert cases.content(ref).findings["inspected_on"] == "2026-02-27"
    assert cases.case(ref).state == "issuing"


def test_a_case_that_moved_meanwhile_keeps_what_was_typed(world: World) -> None:
    ref = world.restaurant()
    officer, supervisor = world.client("officer"), world.client("supervisor")
    address = f"/en/desk/cases/{ref}/do/return-plans"
    page = officer.get(address).content.decode()
    supervisor.post(f"/en/desk/cases/{ref}/do/refer-plans", {"revision": "1", "once": "a" * 32})
    response = officer.post(address, form(page, reason="Show the <exits>."))
    answer = response.content.decode()
    assert response.status_code == 409
    assert "The case moved while you were writing" in answer
    assert "It is now: With the departments." in answer
    assert "Show the &lt;exits&gt;." in answer
    assert "copy" in answer
    assert cases.case(ref).state == "vetting"


def test_a_decision_that_still_holds_after_a_move_can_be_sent_again(world: World) -> None:
    ref = world.restaurant(steps=3)
    client = world.client("officer")
    address = f"/en/desk/cases/{ref}/do/send-requirements"
    page = client.get(address).content.decode()
    case = cases.case(ref)
    # The case moves without changing its state: its department asks once more and is answered.
    cases.refer(ref=ref, departments=["bd"], due_at=None, at=AT, by="officer:x")
    cases.reply(ref=ref, department="bd", result="no-objection", comment="", at=AT, by="officer:x")
    assert cases.case(ref).revision > case.revision
    response = client.post(address, form(page, requirements="1. Two exits\n2. A sink"))
    answer = response.content.decode()
    assert response.status_code == 409
    assert "Nothing was done yet" in answer
    assert "1. Two exits\n2. A sink" in answer
    assert client.post(address, form(answer, requirements="1. Two exits\n2. A sink")).status_code == 302
    assert cases.content(ref).findings["requirements"].splitlines() == ["1. Two exits", "2. A sink"]


def test_what_is_unknown_or_not_open_is_said_kindly(world: World) -> None:
    ref = world.restaurant()
    client = world.client("officer")
    assert client.get(f"/en/desk/cases/{ref}/do/nonsense").status_code == 404
    response = client.get(f"/en/desk/cases/{ref}/do/issue-licence")
    assert response.status_code == 409
    assert "This cannot be done to the case now" in response.content.decode()


# Replies


def test_a_reply_moves_the_case_when_it_is_the_last(world: World) -> None:
    ref = world.restaurant(steps=1)
    acting.reply(case=cases.case(ref), department="bd", result="no-objection", comment="", by="officer:x", at=AT)
    asked = world.client("asked")
    address = f"/en/desk/cases/{ref}/reply"
    page = asked.get(address).content.decode()
    assert "Reply to Food and Environmental Hygiene Department" in page
    sent = {"department": "fsd", "once": hidden(page, "once"), "result": "objection", "comment": "No second exit."}
    response = asked.post(address, sent)
    assert response["Location"] == "/en/desk/replies?done=1"
    case = cases.case(ref)
    assert case.state == "objection"
    assert [(r.department, r.result) for r in case.referrals] == [("fsd", "objection"), ("bd", "no-objection")]
    assert "Your reply was sent" in asked.get(response["Location"]).content.decode()
    assert "No second exit." in world.client("officer").get(f"/en/desk/cases/{ref}").content.decode()
    history = cases.history(ref)
    replied = next(step for step in history if step.kind == "replied" and step.department == "fsd")
    assert replied.actor == f"officer:{world.officers['asked'].ref}"
    assert asked.post(address, sent)["Location"] == "/en/desk/replies?done=1", "the same reply sent twice"
    assert len(cases.history(ref)) == len(history)
    other = asked.post(address, {**sent, "result": "no-objection", "comment": "Changed my mind."})
    assert other.status_code == 409
    assert "Changed my mind." in other.content.decode()
    assert "has replied already" in other.content.decode()


@pytest.mark.parametrize(
    ("result", "comment", "at"),
    [("", "Kept words", "result"), ("objection", "", "comment"), ("conditions", " ", "comment")],
)
def test_a_reply_without_its_view_or_grounds_is_not_taken(world: World, result: str, comment: str, at: str) -> None:
    ref = world.restaurant(steps=1)
    asked = world.client("asked")
    response = asked.post(f"/en/desk/cases/{ref}/reply", {"department": "fsd", "result": result, "comment": comment})
    page = response.content.decode()
    assert response.status_code == 422
    assert f'href="#{at}"' in page
    assert comment.strip() in page
    if result:
        assert f'value="{result}" checked' in page
    assert cases.case(ref).referrals[0].replied_at is None


def test_a_reply_that_cannot_be_taken_is_kept_in_its_form(world: World) -> None:
    failing = ROUNDS.replace("form:\n", FAILING, 1)
    failing = failing.replace("    amending:\n", "    amending:\n      charge: [broken]\n")
    ref = player(published(failing))(CONSULT, AGREES).case.ref
    sent = {"department": "fsd", "result": "objection", "comment": "No second exit."}
    response = world.client("asked").post(f"/en/desk/cases/{ref}/reply", sent)
    assert response.status_code == 422
    page = response.content.decode()
    assert "could not be taken" in page
    assert "No second exit." in page
    assert [r.department for r in cases.case(ref).referrals if r.replied_at] == ["fehd"]


def test_nobody_replies_for_a_department_that_is_not_theirs(world: World) -> None:
    ref = world.restaurant(steps=1)
    sent = {"department": "bd", "result": "no-objection", "comment": ""}
    assert world.client("officer").post(f"/en/desk/cases/{ref}/reply", sent).status_code == 404
    world.client("asked").post(f"/en/desk/cases/{ref}/reply", sent)
    replied = {r.department: r.replied_at is not None for r in cases.case(ref).referrals}
    assert not replied["bd"]


def test_an_officer_of_two_asked_departments_says_for_which(world: World) -> None:
    ref = world.restaurant(steps=1)
    roles = frozenset({identity.Role("fsd", "officer"), identity.Role("bd", "officer")})
    officer = identity.set_roles(officer_ref=world.officers["asked"].ref, roles=roles, at=AT, by="system")
    world.officers["both"] = officer
    client = world.client("both")
    address = f"/en/desk/cases/{ref}/reply"
    assert "For which department do you reply?" in client.get(address).content.decode()
    assert client.post(address, {"result": "no-objection"}).status_code == 422
    client.post(address, {"department": "bd", "result": "no-objection"})
    assert [r.department for r in cases.case(ref).referrals if r.replied_at] == ["bd"]


# Files and lists in an action's form; no officer of the pack is asked for either, so a service is made that asks.


def test_an_action_may_ask_for_files_and_for_a_list(world: World) -> None:
    service = load.territory().service("restaurant-licence")
    data = service.model_dump(mode="json", by_alias=True)
    label = {"en": "Photographs", "zh-hant": "照片"}
    file = {"name": "photos", "type": "file", "label": label, "max_files": 2, "accept": ["pdf"]}
    inner = {"name": "fault", "type": "text", "label": {"en": "Fault", "zh-hant": "問題"}}
    faults = {"name": "faults", "type": "repeat", "label": {"en": "Faults", "zh-hant": "問題清單"}, "min": 1,
              "item": {"en": "Fault", "zh-hant": "問題"}, "questions": [inner]}  # fmt: skip
    data["flow"]["states"]["received"]["actions"]["return-plans"]["ask"] = [file, faults]
    changed = type(service).model_validate({**data, "version": service.version + 1})
    load.publish(changed, at=AT, by="system")
    load.forget()
    ref = world.restaurant()
    client = world.client("officer")
    address = f"/en/desk/cases/{ref}/do/return-plans"
    page = client.get(address).content.decode()
    assert "multipart/form-data" in page

    def sent(**more: Any) -> dict[str, Any]:
        return form(page, **{"faults.count": "1", "faults.0.fault": "No exit", "reason": "See list.", **more})

    page = client.post(address, sent(_add="faults")).content.decode()
    assert 'name="faults.1.fault"' in page
    assert 'value="No exit"' in page
    two = {"faults.count": "2", "faults.1.fault": "No sink"}
    page = client.post(address, sent(**two, _remove="faults.0")).content.decode()
    assert 'value="No sink"' in page
    assert 'value="No exit"' not in page
    photo = SimpleUploadedFile("kitchen.pdf", samples.file("kitchen.pdf"))
    page = client.post(address, sent(upload="photos", photos=photo)).content.decode()
    assert "kitchen.pdf" in page
    kept = hidden(page, "photos")
    assert "ground-floor.pdf" not in page, "only this form's files"
    wrong = SimpleUploadedFile("kitchen.exe", b"MZ")
    answer = client.post(address, {**sent(), "photos": [kept, wrong]})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert hidden(page, "photos") == kept
    assert cases.case(ref).state == "received"
    response = client.post(address, sent(photos=kept))
    assert response.status_code == 302
    assert cases.content(ref).findings == {"photos": [kept], "faults": [{"fault": "No exit"}]}
    forms.scan(at=AT)
    assert f"/files/{kept}" in client.get(f"/en/desk/cases/{ref}").content.decode()
