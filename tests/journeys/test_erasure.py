"""A person whose key is deleted is gone from every page, and no page breaks."""

from datetime import UTC, datetime

import pytest
from tests.journeys.test_examples import AT, EXAMPLES

from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.definition.example import Example
from praya.definition.source import read
from praya.journey import acting, case_context, load, play
from praya.kernel.crypto import vault

LATER = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("story", ["licence-granted", "family-returns", "both-doses", "solution-adopted"])
def test_nothing_of_an_erased_person_opens_and_nothing_breaks(story: str, db: None) -> None:
    load.publish_pack(at=AT, by="system")
    territory = load.territory()
    path = next(p for p in EXAMPLES if p.stem == story)
    service = territory.services[path.parent.parent.name]
    person = identity.enrol(email="gone@example.com", name="Gone Person", language="en", at=AT)
    played = play.play(Example.model_validate(read(path).data), service, territory.pack, person=person)
    assert played.case is not None
    case = cases.case(played.case.ref)
    before = case_context.of_case(case, service, territory.pack, today=LATER.date())
    assert before.answers

    vault.forget(person.ref)
    vault.reset_memory()

    after = case_context.of_case(case, service, territory.pack, today=LATER.date())
    assert (after.answers, after.findings, after.person) == ({}, {}, None)
    with pytest.raises(vault.Forgotten):
        cases.content(case.ref)
    assert notices.inbox(person.ref) == []
    assert [n.name for n in notices.of_case(case.ref)]
    everybody = acting.By("officer:x", ("officer", "supervisor", "applicant"))
    assert isinstance(acting.open_actions(case, everybody, at=LATER), list)
    assert [step.text for step in cases.history(case.ref)]
    assert isinstance(cases.comments(case.ref), dict)
    assert isinstance(forms.uploads_of_case(case.ref), list)
    assert isinstance(forms.drafts(person.ref), list)
    assert credentials.of_case(case.ref) is not None
