"""Departments asked again, with new deadlines; and the applicant asked for more, also at the very start."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from tests.small import AT, FAILING, GRANT, player, published

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms

pytestmark = pytest.mark.django_db

ROUNDS = GRANT.replace(
    "recommend: {label: {en: Recommend, zh-hant: 推薦}, to: assessing}",
    "consult: {label: {en: Consult, zh-hant: 徵詢}, to: consulting, refer: [fsd, fehd], reply_within: 5 working days}",
)
ROUNDS = (
    ROUNDS[: ROUNDS.index("    assessing:")]
    + """\
    consulting:
      label: {en: With departments, zh-hant: 徵詢部門}
      when_replied: [{when: replies.adverse == 0, to: granted}, {to: amending}]
      actions:
        close: {label: {en: Close, zh-hant: 結束}, to: refused}
    amending:
      label: {en: Amend, zh-hant: 修改}
      waits_for_applicant: true
      actions:
        amend:
          label: {en: Send the new plan, zh-hant: 遞交新圖則}
          by: applicant
          to: again
          ask:
            - plan: {type: file, accept: [pdf], label: {en: Plan, zh-hant: 圖則}}
            - changed: {type: text, label: {en: What changed, zh-hant: 修改內容}}
    again:
      label: {en: Again, zh-hant: 再次徵詢}
      actions:
        consult-again: {label: {en: Again, zh-hant: 再次}, to: consulting, refer: [fsd], reply_within: 2 working days}
    granted: {label: {en: Granted, zh-hant: 已批准}, final: true, result: granted}
    refused: {label: {en: Refused, zh-hant: 已拒絕}, final: true, result: refused}
retention: {granted: 7 years, refused: 3 years}
"""
)
CONSULT = {"by": "officer", "do": "consult"}
OBJECTS = {"by": "fsd", "reply": {"result": "objection", "comment": "No exit."}}
AGREES = {"by": "fehd", "reply": {"result": "no-objection"}}
AMENDS = {"by": "applicant", "do": "amend", "answers": {"plan": ["plan.pdf"], "changed": "An exit"}}
AGAIN = {"by": "officer", "do": "consult-again", "after": "1 day"}


def test_a_reply_from_which_nothing_can_follow_is_not_taken() -> None:
    failing = ROUNDS.replace("form:\n", FAILING, 1).replace(
        "    amending:\n", "    amending:\n      charge: [broken]\n"
    )
    stuck = {"state": "consulting", "errors": {"action": "not_allowed"}}
    played = player(published(failing))(CONSULT, AGREES, {**OBJECTS, "expect": stuck})
    asked = {referral.department: referral.replied_at for referral in cases.case(played.case.ref).referrals}
    assert asked["fehd"] is not None
    assert asked["fsd"] is None


def test_the_answer_of_the_newest_round_counts() -> None:
    played = player(published(ROUNDS))(
        CONSULT,
        {**OBJECTS, "expect": {"state": "consulting"}},
        {**AGREES, "expect": {"state": "amending"}},
        {**AMENDS, "expect": {"state": "again"}},
        {**AGAIN, "expect": {"state": "consulting"}},
        {"by": "fsd", "reply": {"result": "no-objection"}, "expect": {"state": "granted"}},
    )
    first, second = [r for r in cases.case(played.case.ref).referrals if r.department == "fsd"]
    assert first.due_at is not None
    assert second.due_at is not None
    assert (first.due_at.date(), second.due_at.date()) == (date(2026, 1, 12), date(2026, 1, 8))
    assert (first.result, second.result) == ("objection", "no-objection")
    (upload,) = forms.uploads_of_case(played.case.ref)
    assert (upload.question, upload.name) == ("plan", "plan.pdf")


def test_a_late_reply_does_not_move_a_case_that_went_on() -> None:
    played = player(published(ROUNDS))(CONSULT, {"by": "officer", "do": "close", "expect": {"state": "refused"}})
    assert cases.queue(within=cases.Access(("fsd",)), which="asked").rows == ()
    assert cases.case(played.case.ref).state == "refused"


def test_whoever_was_not_asked_has_nothing_to_reply() -> None:
    too_soon = {**AGREES, "expect": {"state": "received", "errors": {"reply": "not_asked"}}}
    twice = {**AGREES, "expect": {"state": "consulting", "errors": {"reply": "not_asked"}}}
    too_late = {**OBJECTS, "expect": {"state": "refused", "errors": {"reply": "not_asked"}}}
    player(published(ROUNDS))(too_soon, CONSULT, AGREES, twice, {"by": "officer", "do": "close"}, too_late)


def test_what_the_applicant_must_send_is_asked_for() -> None:
    missing = {"by": "applicant", "do": "amend", "expect": {"errors": {"plan": "missing_file", "changed": "missing"}}}
    player(published(ROUNDS))(CONSULT, OBJECTS, AGREES, missing)


def test_a_case_that_begins_by_waiting_for_the_applicant_says_so() -> None:
    received = "      label: {en: Received, zh-hant: 已收到}\n"
    text = GRANT.replace(received, f"{received}      waits_for_applicant: true\n      clock: 5 working days\n", 1)
    played = player(published(text))()
    case = cases.case(played.case.ref)
    assert case.waits_for_applicant
    assert cases.tally(within=cases.Access(("dh",)), services=[case.service], at=AT + timedelta(days=90))[0].late == 0


def going_round(state: str) -> Callable[..., Any]:
    """Plays the story of somebody whose case would go round for ever as soon as it comes into this state."""
    begins = f"    {state}:\n      label: "
    head, tail = GRANT.split(begins)
    label, rest = tail.split("\n", 1)
    turning = f"    turning: {{label: {{en: Turning, zh-hant: 轉動}}, next: [{{to: {state}}}]}}\n"
    ways = "      next: [{when: answers.applicant_name == 'Chan', to: turning}]\n"
    found = published(f"{head}{turning}{begins}{label}\n{ways}{rest}")
    return lambda name, *told, **expected: player(found, example=name, answers={"applicant_name": name})(
        *told, **expected
    )


def test_an_action_after_which_a_case_would_go_round_is_not_taken() -> None:
    play, recommend = going_round("assessing"), {"by": "officer", "do": "recommend"}
    play("Chan", {**recommend, "expect": {"state": "received", "errors": {"action": "not_allowed"}}})
    play("Lee", {**recommend, "expect": {"state": "assessing"}})


def test_an_application_that_would_go_round_is_not_lost() -> None:
    play = going_round("received")
    assert play("Chan", expect={"errors": {"action": "not_allowed"}}).case is None
    assert play("Lee").case.state == "received"
