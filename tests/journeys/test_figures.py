"""Figures by long options are counted, on both databases."""

from datetime import UTC, datetime

import pytest
from tests import small_services

from praya.blocks.identity import api as identity
from praya.journey import application_steps
from praya.kernel.journal import sealing
from praya.systems.open_data import api as open_data

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
LONG = "o" * 59
CHOICE = "{type: choice, options: [{value: VALUE, label: {en: A, zh-hant: 甲}}], label: {en: Q, zh-hant: 問}}"
FORM = f"""
form:
  - page: one
    questions:
{"".join(f"      - question_number_{n}: {CHOICE.replace('VALUE', LONG)}" + chr(10) for n in range(5))}
statistics: {{by: [{", ".join(f"question_number_{n}" for n in range(5))}], suppress_below: 0}}
flow:
  start: received
  states:
    received: {{label: {{en: Received, zh-hant: 已收到}}, final: true, result: completed}}
retention: {{completed: 1 year}}
"""


@pytest.mark.django_db
def test_figures_by_long_options_are_counted() -> None:
    service = small_services.service("long", "LN", FORM)
    small_services.published(service)
    person = identity.enrol(email="a@example.com", name=None, language="en", at=AT)
    application_steps.apply_at_once(
        service, person=person, language="en", answers={f"question_number_{n}": LONG for n in range(5)}, files={},
        seats=[], once_key="x", at=AT,
    )  # fmt: skip
    sealing.seal(at=AT)
    open_data.rebuild()
    assert open_data.figures(service).by["question_number_4"][LONG] == 1
