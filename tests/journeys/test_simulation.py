"""A changed definition is tried on past cases: numbers and samples of whom it would have touched, nothing personal."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from tests.small import AT, GRANT, published, service

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.service import Service
from praya.journey import application_steps, load, simulation
from praya.kernel.crypto import vault
from praya.project.commands import simulate as command

ASKED = """\
      - rooms: {type: number, min: 1, max: 9, label: {en: Rooms, zh-hant: 房間}}
      - kind: {type: choice, label: {en: Kind, zh-hant: 類別}, options: [{value: flat, label: {en: Flat, zh-hant: 單位}}, {value: house, label: {en: House, zh-hant: 屋}}]}
      - secret: {type: number, max: 9999999, label: {en: Income, zh-hant: 入息}}
      - half: {type: derived, shows: money, label: {en: Half, zh-hant: 一半}, value: answers.secret / 2}
parameters:
  rate: {shows: money, label: {en: Rate, zh-hant: 收費}, values: [{from: 2020-01-01, value: 100}, {from: 2026-07-01, value: 120}]}
decisions:
  band:
    label: {en: Band, zh-hant: 級別}
    rows: [{when: answers.rooms > 4, then: large, label: {en: Large, zh-hant: 大}}, {then: small, label: {en: Small, zh-hant: 小}}]
eligibility:
  - {unless: answers.rooms < 9, refuse: {en: Too many rooms., zh-hant: 房間太多。}}
fees:
  - {name: basic, label: {en: Basic fee, zh-hant: 基本費用}, amount: answers.rooms * parameters.rate}
"""  # noqa: E501
OLD = GRANT.replace(GRANT[GRANT.index("      - applicant_name") : GRANT.index("flow:")], ASKED)
NEW = (
    OLD.replace("answers.rooms > 4", "answers.rooms > 2")
    .replace("answers.rooms < 9,", "answers.rooms < 7,")
    .replace("rooms * parameters.rate", "rooms * parameters.rate + 10, when: answers.kind == 'flat'")
    .replace("max: 9,", "max: 8, rules: [{unless: answers.rooms != 1, say: {en: No., zh-hant: 否。}}],")
    .replace("answers.secret / 2", "answers.secret / 4")
)  # fmt: skip
ROOMS = (1, 2, 3, 4, 5, 6, 7, 8)


@pytest.fixture
def past(db: None) -> Iterator[Service]:
    """Cases of eight people, one a day; the fourth was erased."""
    load.forget()
    vault.reset_memory()
    found = published(OLD)
    for rooms in ROOMS:
        at = AT + timedelta(days=rooms)
        person = identity.enrol(email=f"p{rooms}@example.com", name=None, language="en", at=at)
        answers: dict[str, Any] = {"rooms": rooms, "kind": "flat" if rooms % 2 else "house", "secret": 1234560 + rooms}
        application_steps.apply_at_once(
            found, person=person, language="en", answers=answers, files={}, seats=[], once_key=f"k{rooms}", at=at,
            subject_ref="",
        )  # fmt: skip
        if rooms == 4:
            vault.forget(person.ref)
    yield found
    load.forget()
    vault.reset_memory()


def _simulated(old: Service, text: str, **more: Any) -> simulation.Simulated:
    return simulation.simulate(old, service(load.pack(), text), load.pack(), **{"since": AT, **more})


def test_what_a_change_would_have_touched_is_told_in_numbers_and_samples(
    past: Service, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _simulated(past, NEW)
    assert (found.looked_at, found.skipped, found.touched) == (7, 1, 7)
    changes = {change.what: change for change in found.changes}
    assert changes["decision band"].values == {("small", "large"): 1}
    assert changes["not eligible"].values == {("", "Too many rooms."): 2}
    assert changes["answer rooms"].values == {("", "refused: rule"): 1}
    # Three flats pay ten more, two houses nothing; who may not apply any more is not told as paying less.
    basic = changes["fee basic"]
    assert (basic.more, basic.less) == (3, 2)
    # What was worked out from an income is counted; neither it nor the income is shown.
    assert changes["derived answer half"].count == 7
    assert changes["derived answer half"].values == {}
    command._show(found, "HKD", AT)
    shown = capsys.readouterr().out
    assert "7 cases since 2026-01-05 were looked at; 7 come out differently." in shown
    assert "small → large: 1" in shown
    assert "3 pay more, 2 less; together HK$" in shown
    assert "123456" not in shown + str(command._plain(found))
    assert "617" not in shown
    refs = {ref for change in found.changes for ref in change.samples}
    assert all(cases.case(ref).service == "small-grant" for ref in refs)


def test_nothing_differs_where_nothing_changed_and_the_law_of_a_day_is_one_s_own_choice(past: Service) -> None:
    assert _simulated(past, OLD).touched == 0
    assert _simulated(past, OLD, since=AT + timedelta(days=6)).looked_at == 3
    later = _simulated(past, OLD.replace("value: 120", "value: 130"), on=date(2026, 8, 1))
    (change,) = later.changes
    assert (change.what, change.more, change.less) == ("fee basic", 7, 0)
    assert _simulated(past, OLD.replace("value: 120", "value: 130")).touched == 0


def test_many_cases_are_read_in_pieces(past: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "CHUNK", 3)
    assert _simulated(past, NEW).looked_at == 7
