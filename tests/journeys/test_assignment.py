"""A case is given to whoever has the role and the fewest cases; an appeal goes to somebody else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests import small_services

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.example import Example
from praya.journey import acting, load, play
from praya.kernel.crypto import vault

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
KENNEL = """
form:
  - page: kennels
    questions:
      - kennels: {type: number, min: 1, label: {en: Kennels, zh-hant: 犬舍}}
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      assign:
        - {role: supervisor, when: answers.kennels > 20}
        - {}
      actions:
        refuse: {label: {en: Refuse, zh-hant: 拒絕}, to: refused-once}
        look: {label: {en: Look again, zh-hant: 再次審視}, assign: [{}]}
    refused-once:
      label: {en: Refused, zh-hant: 已拒絕}
      actions:
        appeal: {label: {en: Appeal, zh-hant: 上訴}, by: applicant, to: appeal}
    appeal:
      label: {en: Appeal, zh-hant: 上訴}
      assign: [{unlike: refuse}]
      actions:
        uphold: {label: {en: Uphold, zh-hant: 維持}, unlike: refuse, to: over}
    over: {label: {en: Over, zh-hant: 完結}, final: true, result: completed}
retention: {completed: 1 year}
"""


@pytest.fixture
def person(db: None) -> Iterator[identity.Person]:
    yield identity.enrol(email="shop@example.com", name=None, language="en", at=AT)
    load.forget()
    vault.reset_memory()


def kennel() -> Any:
    return small_services.published(small_services.service("kennel", "KE", KENNEL)).services["kennel"]


def story(kennels: int, *steps: dict[str, Any], officers: dict[str, list[str]], **expect: Any) -> Example:
    told = {
        "example": "Kennels", "starts": "2026-03-02T10:00:00+08:00", "answers": {"kennels": kennels},
        "officers": officers, "steps": steps, "expect": expect,
    }  # fmt: skip
    return Example.model_validate(told)


def test_a_role_a_load_and_an_appeal_decide_who_has_the_case(person: identity.Person) -> None:
    service = kennel()
    officers = {"mei": ["officer"], "lok": ["officer"], "ka": ["supervisor"]}
    told = story(
        30,
        {"by": "officer", "who": "ka", "do": "look", "expect": {"assigned_to": "ka"}},
        {"by": "officer", "who": "ka", "do": "refuse", "expect": {"assigned_to": "ka"}},
        {"by": "applicant", "do": "appeal", "expect": {"assigned_to": "lok"}},
        {"as": "second", "applies": "kennel", "answers": {"kennels": 2}, "expect": {"assigned_to": "ka"}},
        {"as": "third", "applies": "kennel", "answers": {"kennels": 2}, "expect": {"assigned_to": "mei"}},
        officers=officers, assigned_to="ka",
    )  # fmt: skip
    play.play(told, service, load.pack(), person=person)


def test_without_anybody_the_case_waits_in_the_queue(person: identity.Person) -> None:
    service = kennel()
    alone = {"mei": ["officer"]}
    play.play(story(2, officers=alone, assigned_to="mei"), service, load.pack(), person=person)
    steps = (
        {"by": "officer", "who": "mei", "do": "refuse"},
        {"by": "applicant", "do": "appeal", "expect": {"assigned_to": "nobody"}},
        {"by": "officer", "who": "mei", "do": "uphold", "expect": {"errors": {"action": "not_allowed"}}},
    )
    # Who refused it cannot decide the appeal, and nobody else is there.
    play.play(story(2, *steps, officers=alone), service, load.pack(), person=person)


def test_real_officers_away_or_concerned_are_passed_over(person: identity.Person) -> None:
    service = kennel()
    role = frozenset({identity.Role(service.department, "officer")})
    staff = [
        identity.add_officer(name=f"Officer {n} (sample)", email=f"o{n}@example.com", roles=role, at=AT, by="system")
        for n in range(3)
    ]
    own = identity.enrol(email="o0@example.com", name=None, language="en", at=AT)
    cases.set_absence(
        officer_ref=staff[1].ref, deputy_ref="", departments=[service.department], from_at=AT,
        until_at=AT + timedelta(days=9), at=AT, by=f"officer:{staff[1].ref}",
    )  # fmt: skip
    case = play.play(story(2, officers={}), service, load.pack(), person=own, compare=False).case
    assert case is not None
    assert case.assigned_to == staff[2].ref, "the first applied for it, the second is away"
    acting.act(
        case=case, action="look", by=acting.officer(staff[2], service.department), answers={}, reason="", once_key="x",
        at=AT,
    )  # fmt: skip
    assert cases.case(case.ref).assigned_to == staff[2].ref, "whoever has it and fits keeps it"
    kinds = [step.kind for step in cases.history(case.ref)]
    assert kinds.count("assigned") == 1


def test_roles_and_actions_must_exist(db: None) -> None:
    wrong = KENNEL.replace("role: supervisor", "role: supervisors").replace("[{unlike: refuse}]", "[{unlike: refused}]")
    found = small_services.problems("kennel", "KE", wrong)
    assert [one.partition(";")[0] for one in found] == [
        "there is no action 'refused'", "there is no role 'supervisors'",
    ]  # fmt: skip
