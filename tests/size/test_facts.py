"""What grows with a form never grows beyond a fact of the journal: `praya check` says so before anybody applies."""

import pytest

from praya.blocks.identity import api as identity
from praya.journey import application_steps, load
from tests.small import AT, GRANT, problems, published

pytestmark = pytest.mark.django_db

OPTIONS = ", ".join(
    f"{{value: {'district-of-a-long-name-' + str(n):0>40}, label: {{en: D{n}, zh-hant: 區{n}}}}}" for n in range(400)
)
QUESTION = f"""
      - districts: {{type: choices, LIMIT options: [{OPTIONS}], label: {{en: Where, zh-hant: 地區}}}}
"""


def grant(limit: str) -> str:
    text = GRANT.replace("\nflow:", QUESTION.replace("LIMIT", limit) + "flow:", 1)
    return text + "statistics: {by: [districts]}\n"


def test_more_options_than_a_fact_holds_are_refused_when_the_service_is_checked() -> None:
    (problem,) = problems(load.pack(), grant(""))
    assert "limit it with 'max'" in problem


def test_the_longest_answer_that_is_allowed_is_counted() -> None:
    service = published(grant("max: 250,"))
    chosen = [option.value for option in service.questions["districts"].options[:250]]
    person = identity.enrol(email="sample@example.com", name="Sample", language="en", at=AT)
    case = application_steps.apply_at_once(
        service, person=person, language="en", answers={"applicant_name": "Chan", "districts": chosen}, files={},
        seats=[], once_key="longest", at=AT,
    )  # fmt: skip
    assert case.state == "received"
