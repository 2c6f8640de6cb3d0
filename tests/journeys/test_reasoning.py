"""What a service works out: a means test over nested repeats, dated decision tables, derived answers, and their law."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.journeys.test_examples import AT, enrolled, told
from tests.rules.test_reasoning import TEXT, service_of

from praya.blocks.cases import api as cases
from praya.blocks.cases.models import Use
from praya.definition.explain import as_text as told_lines
from praya.definition.expression_context import facts
from praya.definition.load import load_service
from praya.definition.service import Service
from praya.journey import acting, application_steps, draft_progress, load, play

FOLDER = Path(__file__).parents[1] / "services" / "fuel-subsidy"
STORIES = sorted(FOLDER.glob("examples/*.yaml"))


@pytest.fixture
def service(db: None) -> Service:
    """The service, live for the length of a test."""
    found = load_service(FOLDER, load.pack())
    load.publish(found, at=AT, by="system")
    load.forget()
    return load.compiled(found.service, found.version)


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
def test_the_story_plays_as_it_says(path: Path, service: Service) -> None:
    assert play.play(told(path), service, load.pack(), person=enrolled()).transcript


def test_what_is_derived_is_kept_with_the_case(service: Service) -> None:
    story = told(FOLDER / "examples" / "half-by-the-new-law.yaml")
    played = play.play(story, service, load.pack(), person=enrolled())
    assert played.case is not None
    kept = cases.content(played.case.ref).answers
    derived = {name: kept[name] for name in ("total_income", "per_head", "adults", "subsidy")}
    assert derived == {"total_income": 20000, "per_head": 10000, "adults": 2, "subsidy": 150}
    (fee,) = cases.case(played.case.ref).fees
    # What was written once for every language is shown as it is.
    assert fee.reference == {"": "Schedule 2 (demonstration)"}


def test_the_published_schema_says_that_nobody_sends_it(service: Service) -> None:
    schema: dict[str, Any] = service.answers_schema()
    assert schema["properties"]["subsidy"] == {"title": "Subsidy", "type": "number", "readOnly": True}
    assert not set(schema["required"]) & {"total_income", "per_head", "adults", "subsidy"}


# Who is shut out

POOR, RICH = ({"born": "1980-05-01", "incomes": [{"amount": amount}]} for amount in (3000, 30000))


@pytest.mark.parametrize(("answers", "outcome"), [
    ({"members": [RICH]}, "shut out"),
    ({"members": [RICH], "vehicle": "no mark", "litres": 0}, "shut out"),
    ({"members": [RICH, {**POOR, "incomes": [{"amount": -1}]}]}, "incomplete"),
    ({"members": [RICH, {"incomes": []}]}, "incomplete"),
    ({"members": [POOR]}, "incomplete"),
    ({}, "incomplete"),
])  # fmt: skip
def test_a_rule_refuses_as_soon_as_what_it_reads_is_known_and_right(
    service: Service, answers: dict[str, Any], outcome: str
) -> None:
    with pytest.raises((application_steps.NotEligible, application_steps.Incomplete)) as refused:
        application_steps.apply_at_once(
            service, person=enrolled(), language="en", answers=answers, files={}, seats=[], once_key="k",
            at=datetime(2025, 4, 2, 2, tzinfo=UTC),
        )  # fmt: skip
    assert isinstance(
        refused.value, application_steps.NotEligible if outcome == "shut out" else application_steps.Incomplete
    )
    if isinstance(refused.value, application_steps.NotEligible):
        assert "Income of the household a month: HK$30,000" in "\n".join(told_lines(refused.value.found.why("en")))


def test_a_table_whose_last_row_refuses_waits_for_what_its_rows_read() -> None:
    """An answer that is not given makes a row false, and the last row takes everybody."""
    options = "[{value: a, label: {en: A, zh-hant: 甲}}, {value: b, label: {en: B, zh-hant: 乙}}]"
    kind = f"{{kind: {{type: choice, options: {options}, label: {{en: Kind, zh-hant: 種類}}}}}}"
    rows = "rows: [{when: answers.kind == 'a', then: some}, {then: nobody}]"
    text = TEXT.replace("form:\n", f"form:\n  - {{page: first, questions: [{kind}]}}\n", 1)
    text = text.replace("  share:\n", f"  who: {{{rows}}}\n  share:\n", 1)
    found = service_of(text.replace("unless: conditions.in_need", "unless: decisions.who == 'some'", 1))

    def known(answers: Mapping[str, Any]) -> dict[str, Any]:
        return facts(found, answers, today=date(2025, 4, 2))

    def refused(answers: dict[str, Any], missing: set[str]) -> bool:
        return draft_progress.shut_out(found, answers, missing, known, date(2025, 4, 2)) is not None

    assert not refused({}, {"kind", "members"})
    assert refused({"kind": "b"}, {"members"})
    assert not refused({"kind": "a"}, {"members"})


@pytest.mark.parametrize(("unless", "shut_out_when_empty"), [
    ("answers.kind == 'a'", False), ("answers.kind != null && answers.kind == 'a'", True), ("answers.grams < 5", False),
])  # fmt: skip
def test_an_optional_answer_that_was_left_empty_is_known_to_be_empty(unless: str, shut_out_when_empty: bool) -> None:
    options = "[{value: a, label: {en: A, zh-hant: 甲}}, {value: b, label: {en: B, zh-hant: 乙}}]"
    kind = f"{{kind: {{type: choice, optional: true, options: {options}, label: {{en: Kind, zh-hant: 種類}}}}}}"
    grams = "{grams: {type: number, optional: true, label: {en: Grams, zh-hant: 克}}}"
    text = TEXT.replace("form:\n", f"form:\n  - {{page: first, questions: [{kind}, {grams}]}}\n", 1)
    found = service_of(text.replace("unless: conditions.in_need", f"unless: {unless}", 1))

    def refused(answers: dict[str, Any], missing: set[str]) -> bool:
        def known(given: Mapping[str, Any]) -> dict[str, Any]:
            return facts(found, given, today=date(2025, 4, 2))

        return draft_progress.shut_out(found, answers, missing, known, date(2025, 4, 2)) is not None

    assert not refused({}, {"kind", "grams", "members"}), "its page is still to come"
    assert refused({}, {"members"}) is shut_out_when_empty
    assert refused({"kind": "b", "grams": 9}, set())
    assert not refused({"kind": "a", "grams": 1}, set())


# Limits

ANSWERS: dict[str, Any] = {"members": [{"born": "1980-05-01", "incomes": [{"amount": 3000}]}], "vehicle": "AB1234"}


def applied(service: Service, litres: int, *, number: int, day: int = 2, key: str = "", **more: Any) -> cases.Case:
    answers = {**ANSWERS, "litres": litres, **more}
    return application_steps.apply_at_once(
        service, person=enrolled(number), language="en", answers=answers, files={}, seats=[],
        once_key=key or f"{number}-{litres}-{day}", at=datetime(2025, 4, day, 2, tzinfo=UTC),
    )  # fmt: skip


def test_a_limit_sums_an_answer_over_cases_and_says_what_is_left(service: Service) -> None:
    first = applied(service, 150, number=1)
    with pytest.raises(application_steps.LimitReached) as over:
        applied(service, 60, number=2)
    assert over.value.reached.sentence.in_("en") == "AB1234 has 50 of 200 litres left this month."
    assert over.value.reached.sentence.in_("zh-hans") == "AB1234 本月尚余 50 公升（上限 200 公升）。"
    # Another vehicle has its own; what is left can be had; the same call again takes nothing more.
    applied(service, 60, number=2, vehicle="CD5678")
    assert applied(service, 50, number=3).ref == applied(service, 50, number=3).ref
    # Nobody finds the mark in the table.
    assert not Use.objects.filter(key__contains="AB1234").exists()
    # A case that was withdrawn gives back; one of last month counts no more.
    acting.act(
        case=first, action="withdraw", by=acting.applicant(first.person_ref), answers={}, reason="", once_key="w",
        at=datetime(2025, 4, 3, tzinfo=UTC),
    )  # fmt: skip
    applied(service, 150, number=4, day=4)
    with pytest.raises(application_steps.LimitReached):
        applied(service, 1, number=5, day=30)


def test_what_was_taken_counts_for_a_month(service: Service) -> None:
    applied(service, 200, number=1, day=1)
    answers = {**ANSWERS, "litres": 200}

    def again(at: datetime) -> cases.Case:
        return application_steps.apply_at_once(
            service, person=enrolled(2), language="en", answers=answers, files={}, seats=[], once_key="again", at=at
        )

    # Until the day a month later begins in Hong Kong.
    with pytest.raises(application_steps.LimitReached):
        again(datetime(2025, 4, 30, 15, 59, tzinfo=UTC))
    assert again(datetime(2025, 4, 30, 16, 1, tzinfo=UTC)).state == "received"


def test_a_limit_without_an_amount_counts_applications_of_a_person(service: Service) -> None:
    for number, mark in enumerate(("AB1", "AB2", "AB3")):
        applied(service, 10, number=1, key=f"k{number}", vehicle=mark)
    with pytest.raises(application_steps.LimitReached) as over:
        applied(service, 10, number=1, key="k4", vehicle="AB4")
    assert over.value.reached.sentence.in_("en") == "You have applied three times."
    assert applied(service, 10, number=2, vehicle="AB4").state == "received"
