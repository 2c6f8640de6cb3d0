"""Random samples: nobody foresees them, each case is drawn once, and the journal proves every draw afterwards."""

from datetime import timedelta
from typing import Any

import pytest
from tests.docs.conftest import ROOT, blocks
from tests.small import AT, player, problems, published

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.service import Service
from praya.journey import acting, application_steps, jobs, load, sampling
from praya.kernel.journal import api as journal

pytestmark = pytest.mark.django_db

GRANT = """
service: small-grant
version: 1
reference: SG
title: {en: Small grant, zh-hant: 小額資助}
summary: {en: A grant., zh-hant: 一項資助。}
department: dh
topic: health
who: {en: Anybody., zh-hant: 任何人。}
legal: {basis: A decision, purpose: {en: To decide., zh-hant: 用於審批。}}
form:
  - page: about-you
    questions:
      - amount: {type: number, min: 1, max: 100, label: {en: Amount, zh-hant: 款額}}
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      sample: {visit: 30 %, papers: "answers.amount > 50 ? 100 : 0"}
      next:
        - {when: sampled.visit, to: visited}
        - {when: sampled.papers, to: papers}
        - {to: granted}
    visited:
      label: {en: Waits for a visit, zh-hant: 等候探訪}
      actions:
        again: {label: {en: Look again, zh-hant: 再看}, to: received}
        grant: {label: {en: Grant, zh-hant: 批准}, to: granted}
    papers:
      label: {en: Papers are looked at, zh-hant: 審閱文件}
      actions: {grant: {label: {en: Grant, zh-hant: 批准}, to: granted}}
    granted: {label: {en: Granted, zh-hant: 已批准}, final: true, result: granted}
retention: {granted: 7 years}
"""


def applied(service: Service, number: int, *, amount: int = 1) -> cases.Case:
    person = identity.enrol(email=f"{number}@sample.example", name="Sample", language="en", at=AT)
    return application_steps.apply_at_once(
        service, person=person, language="en", answers={"amount": amount}, files={}, seats=[],
        once_key=str(number), at=AT + timedelta(minutes=number),
    )  # fmt: skip


def test_every_draw_can_be_made_again_from_the_journal_once_the_month_is_over() -> None:
    service = published(GRANT)
    every = [applied(service, number) for number in range(40)]
    drawn = {case.ref for case in every if cases.case(case.ref).state == "visited"}
    assert 0 < len(drawn) < len(every)
    about = sampling.subject("small-grant")
    assert [fact.event for fact in journal.about(about)] == ["sample_announced"]

    assert jobs.tell_samples(at=AT + timedelta(days=2)) == 0
    assert jobs.tell_samples(at=AT + timedelta(days=31)) == 1
    assert jobs.tell_samples(at=AT + timedelta(days=32)) == 0
    told, announced = journal.about(about)
    # What the page gives to whoever checks comes to the same as the journal.
    page: dict[str, Any] = {}
    exec(next(one.text for one in blocks(ROOT / "docs/howto/check-a-sample.md") if one.kind == "python"), page)  # noqa: S102 (our own page)
    for case in every:
        facts = [one.facts for one in journal.about(case.ref, events=("case_sampled",))]
        said = next(one for one in facts if one["sample"] == "visit")
        again = page["drawn"](told.facts["secret"], announced.facts["commitment"], case.ref, "visit", said["percent"])
        assert said == {"sample": "visit", "percent": "30", "month": "2026-01", "drawn": again}
        assert said["drawn"] == (case.ref in drawn)


def test_a_case_is_drawn_once_and_an_expression_can_be_the_percentage() -> None:
    service = published(GRANT)
    every = [applied(service, number, amount=60) for number in range(20)]
    assert {cases.case(case.ref).state for case in every} == {"visited", "papers"}
    for case in every:
        if (now := cases.case(case.ref)).state == "visited":
            officer = acting.By("officer:one", ("officer",), "dh")
            acting.act(case=now, action="again", by=officer, answers={}, reason="", once_key=case.ref, at=AT)
            assert cases.case(case.ref).state == "visited"
        assert len(journal.about(case.ref, events=("case_sampled",))) == 2


def test_a_story_says_into_which_samples_its_cases_are_drawn() -> None:
    service = published(GRANT)
    for sampled, state in ((["visit", "papers"], "visited"), ([], "granted"), (["papers"], "papers")):
        player(service, answers={"amount": 60}, sampled=sampled, example=state)(expect={"state": state})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("sample: 5 %", "a sample has a name"),
        ("sample: {visit: 105 %, papers: 5 %}", "write a percentage above 0, up to 100"),
        ("sample: {visit: 0 %, papers: 5 %}", "write a percentage above 0, up to 100"),
        ("sample: {visits: 5 %, papers: 5 %}", "visit"),
    ],
)
def test_what_is_no_sample_is_refused_in_words(wrong: str, said: str) -> None:
    line = next(line.strip() for line in GRANT.splitlines() if "sample: {" in line)
    assert said in "\n".join(str(one) for one in problems(load.pack(), GRANT.replace(line, wrong)))
