"""The applicants of a preview when the pack has no invented people."""

from datetime import UTC, datetime

import pytest
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.test import RequestFactory

from praya.blocks.identity import api as identity
from praya.project.designing import preview_run
from praya.web import who

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.django_db
def test_two_people_are_made_up_and_one_who_signs_in_is_there_at_once() -> None:
    for _ in range(2):
        preview_run._enrol_residents(at=AT)
        assert len([person for person in identity.residents() if person.name]) == 2
    request = RequestFactory().get("/")
    request.session = SessionStore()
    assert who.session(request).person_ref == ""
    who.begin_session(request, person_ref=identity.residents()[0].ref)
    assert who.session(request).person_ref == identity.residents()[0].ref
