"""A case opens one of another service for the same person: once, by that service's rules, and never for ever."""

from datetime import UTC, datetime, timedelta

import pytest
from tests import small_services
from tests.journeys.test_entries import person

from praya.blocks.cases import api as cases
from praya.blocks.notices import api as notices
from praya.definition import check
from praya.journey import acting, application_steps, load
from praya.journey.acting import linked

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
OFFICER = acting.By("officer:x", ("officer",), "fehd")
PERMIT = """
opened_cases:
  visit: {service: small-visit, when: answers.visited, answers: {who: answers.name, day: "days_after(today, 7)"}}
form:
  - page: you
    questions:
      - name: {type: text, max_length: 60, label: {en: Name, zh-hant: 姓名}}
      - visited: {type: yes-no, label: {en: Visit, zh-hant: 到訪}}
flow:
  start: asked
  states:
    asked:
      label: {en: Asked, zh-hant: 已申請}
      actions: {grant: {label: {en: Grant, zh-hant: 批准}, to: granted}}
    granted: {label: {en: Granted, zh-hant: 已批准}, final: true, result: granted, opens: [visit]}
retention: {granted: 1 year}
"""
VISIT = """
opened_by: cases
for_cases_of: [small-permit]
form:
  - page: visit
    questions:
      - who: {type: text, max_length: 60, label: {en: Who, zh-hant: 姓名}}
      - day: {type: date, label: {en: Day, zh-hant: 日期}}
eligibility:
  - {unless: "answers.who != 'Nobody'", refuse: {en: Nobody is visited., zh-hant: 無人到訪。}}
flow:
  start: planned
  states:
    planned:
      label: {en: Planned, zh-hant: 已計劃}
      notify: [planned]
      actions: {done: {label: {en: Done, zh-hant: 完成}, to: done}}
    done: {label: {en: Done, zh-hant: 完成}, final: true, result: completed}
notices:
  planned: {subject: {en: We visit you, zh-hant: 我們將到訪}, body: {en: "On {answers.day}", zh-hant: "{answers.day}"}}
retention: {completed: 1 year}
"""


@pytest.fixture
def territory(db: None) -> load.Territory:
    one = small_services.service("small-permit", "SP", PERMIT)
    return small_services.published(one, small_services.service("small-visit", "SV", VISIT))


def permit(territory: load.Territory, name: str, *, visited: bool = True) -> cases.Case:
    return application_steps.apply_at_once(
        territory.services["small-permit"], person=person(name), language="en", files={}, seats=[], at=AT,
        answers={"name": name, "visited": visited}, once_key=name,
    )  # fmt: skip


def grant(case: cases.Case) -> cases.Case:
    return acting.act(
        case=cases.case(case.ref), action="grant", by=OFFICER, answers={}, reason="", once_key=f"{case.ref}grant",
        at=AT + timedelta(days=1),
    )  # fmt: skip


def test_a_grant_opens_a_visit_for_the_same_person_who_is_told(territory: load.Territory) -> None:
    assert "small-visit" not in territory.offered, "nobody applies for it"
    case = permit(territory, "Anna")
    for _ in range(2):
        grant(case)
    (visit,) = cases.opened_by(case.ref)
    assert (visit.person_ref, visit.state, visit.opened_from) == (case.person_ref, "planned", case.ref)
    assert cases.content(visit.ref).answers == {"who": "Anna", "day": "2026-03-10"}
    assert [n.subject for n in notices.inbox(case.person_ref)] == ["We visit you"]
    assert [s.kind for s in cases.history(case.ref)] == ["opened", "moved", "opened_another"]


def test_nothing_is_opened_where_the_condition_or_the_rules_of_the_other_service_say_no(
    territory: load.Territory,
) -> None:
    unvisited, nobody = permit(territory, "Ben", visited=False), permit(territory, "Nobody")
    assert [grant(case).result for case in (unvisited, nobody)] == ["granted", "granted"]
    assert [cases.opened_by(case.ref) for case in (unvisited, nobody)] == [[], []]
    assert [s.kind for s in cases.history(unvisited.ref)][-1] == "moved"
    assert [s.kind for s in cases.history(nobody.ref)][-1] == "not_opened"


def test_what_was_not_opened_before_a_kill_is_opened_afterwards_once(
    territory: load.Territory, monkeypatch: pytest.MonkeyPatch
) -> None:
    case, done = permit(territory, "Anna"), linked._do
    monkeypatch.setattr(linked, "AT_ONCE", 0)
    grant(case)
    assert cases.opened_by(case.ref) == []

    def killed(errand: cases.Errand) -> None:
        done(errand)
        raise KeyboardInterrupt

    monkeypatch.setattr(linked, "_do", killed)
    with pytest.raises(KeyboardInterrupt):
        acting.run_errands(at=AT)
    assert cases.opened_by(case.ref) == [], "half done is not done"
    monkeypatch.setattr(linked, "_do", done)
    assert [acting.run_errands(at=AT), acting.run_errands(at=AT)] == [1, 0]
    assert len(cases.opened_by(case.ref)) == 1


def said(permit: tuple[str, str] = ("", ""), visit: tuple[str, str] = ("", "")) -> list[str]:
    """What is said of a changed permit that opens a changed visit."""
    one = small_services.service("small-permit", "SP", PERMIT.replace(*permit))
    other = small_services.service("small-visit", "SV", VISIT.replace(*visit))
    return [str(message) for _, message in check.about_another(one, other)]


@pytest.mark.parametrize(
    ("permit", "visit", "sentence"),
    [
        (
            ("", ""),
            ("for_cases_of: [small-permit]", "for_cases_of: [small-other]"),
            "does not let cases of 'small-permit'",
        ),
        (("who: answers.name, ", ""), ("", ""), "asks 'who', which is not answered here"),
        (("who: answers.name", "whom: answers.name"), ("", ""), "question of 'small-visit'"),
    ],
)
def test_what_does_not_fit_is_told(permit: tuple[str, str], visit: tuple[str, str], sentence: str) -> None:
    assert any(sentence in one for one in said(permit, visit)), said(permit, visit)


def test_an_unknown_case_is_told() -> None:
    assert any(
        "visi'" in one
        for one in small_services.problems("small-permit", "SP", PERMIT.replace("opens: [visit]", "opens: [visi]"))
    )


def test_cases_that_open_each_other_by_themselves_are_refused() -> None:
    more = "{more: {service: small-visit, answers: {who: answers.who, day: answers.day}}}"
    changed = VISIT.replace("_of: [small-permit]", f"_of: [small-visit]\nopened_cases: {more}")
    changed = changed.replace("notify: [planned]", "notify: [planned]\n      opens: [more]")
    assert any("for ever" in one for one in small_services.problems("small-visit", "SV", changed))
