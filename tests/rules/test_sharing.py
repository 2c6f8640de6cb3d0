"""What a referral shares with the departments that it asks, and how a definition says so."""

import pytest
from tests.small import SCHOOL, problems, service

from praya.definition.sharing import Shared, shared
from praya.journey import load

CONSULT = "consult: {label: {en: Consult, zh-hant: 徵詢}, to: no-doctor%s}"


def text(words: str) -> str:
    return SCHOOL.replace("remind: {label: {en: Remind, zh-hant: 提醒}, invite: [doctor]}", CONSULT % words)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (", refer: [fsd], sees: [child_nam]", "child_name"),
        (", refer: [fsd], sees: [findings.nothing]", "question of an action"),
        (", refer: [fsd], sees: [nurse.report]", "party"),
        (", refer: [fsd], sees: [doctor.reports]", "report"),
        (", sees: [child_name]", "asks none"),
        (", refer: [fsd], sees: [child, illness, doctor.report]", ""),
        (", refer: [fsd], sees: []", ""),
    ],
)
def test_only_what_there_is_can_be_shared(words: str, said: str) -> None:
    found = problems(load.pack(), text(words))
    assert [one for one in found if said not in one] == []
    assert bool(found) == bool(said)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (None, {"child_name", "illness", "doctor_name"}),
        ((), set()),
        (("illness",), {"illness"}),
        (("child",), {"child_name", "illness", "doctor_name", "doctor_email", "guardians"}),
        (("gone",), set()),
    ],
)
def test_a_page_stands_for_its_questions_and_without_names_nothing_is_about_persons(
    names: tuple[str, ...] | None, found: set[str]
) -> None:
    assert shared(service(load.pack(), SCHOOL), names) == Shared(frozenset(found))


def test_findings_and_parties_are_named_apart() -> None:
    found = shared(service(load.pack(), SCHOOL), ["findings.plan", "doctor.report"])
    assert found == Shared(frozenset(), frozenset({"plan"}), frozenset({("doctor", "report")}))
