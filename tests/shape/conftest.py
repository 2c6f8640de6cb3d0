"""The published pack, and people who are signed in."""

from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.test import Client

from praya.blocks.identity import api as identity
from praya.journey import load
from praya.kernel import clock
from praya.web import who


@pytest.fixture
def published(db: None) -> None:
    load.forget()
    load.publish_pack(at=clock.now(), by="system")


def signed_in(**whom: Any) -> Client:
    client = Client()
    request = HttpRequest()
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    who.begin_session(request, **whom)
    request.session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
    return client


@pytest.fixture
def sessions(db: None) -> tuple[Client, Client]:
    person = identity.enrol(email="resident@example.com", name=None, language="en", at=clock.now())
    roles = frozenset({identity.Role("fehd", "supervisor")})
    officer = identity.add_officer(name="Officer", email="o@example.com", roles=roles, at=clock.now(), by="system")
    return signed_in(person_ref=person.ref), signed_in(officer=officer)
