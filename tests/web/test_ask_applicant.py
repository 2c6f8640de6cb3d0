"""A case that waits for its applicant asks for texts and files on one page, and goes on with them."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.journeys.test_rounds import AGREES, CONSULT, OBJECTS, ROUNDS
from tests.small import AT, player, published
from tests.web.test_desk import hidden

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.journey import load, samples
from praya.kernel import clock
from praya.kernel.crypto import vault


@pytest.fixture
def asked(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Client, str]]:
    monkeypatch.setattr(clock, "now", lambda: AT)
    played = player(published(ROUNDS))(CONSULT, OBJECTS, AGREES)
    client = Client()
    session = client.session
    session["person"] = played.person.ref
    session["begun"] = session["seen"] = int(AT.timestamp())
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    yield client, played.case.ref
    load.forget()
    vault.reset_memory()


def test_the_applicant_sends_what_is_asked_for(asked: tuple[Client, str]) -> None:
    client, ref = asked
    assert cases.case(ref).waits_for_applicant
    assert f"/en/cases/{ref}/do/amend" in client.get(f"/en/cases/{ref}").content.decode()
    address = f"/en/cases/{ref}/do/amend"
    page = client.get(address).content.decode()
    sent = {"revision": hidden(page, "revision"), "once": hidden(page, "once"), "changed": "An exit"}
    answer = client.post(address, {**sent, "plan": SimpleUploadedFile("plan.exe", b"MZ")}).content.decode()
    assert 'class="error-summary"' in answer
    assert 'value="An exit"' in answer
    assert cases.case(ref).state == "amending"
    sent["once"] = hidden(answer, "once")
    plan = SimpleUploadedFile("plan.pdf", samples.file("plan.pdf"))
    assert client.post(address, {**sent, "plan": plan})["Location"] == f"/en/cases/{ref}?done=1"
    assert cases.case(ref).state == "again"
    (upload,) = forms.uploads_of_case(ref)
    assert cases.content(ref).findings == {"plan": [upload.ref], "changed": "An exit"}
