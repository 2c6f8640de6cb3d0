"""Sessions: signing out ends the session itself, and single ones can be seen and ended."""

import re
import secrets
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from praya.blocks.identity import api as identity
from praya.blocks.identity.models import SessionRow
from praya.journey import load
from praya.kernel import clock
from praya.web import who

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Mobile/15E148 Safari/604.1"
ROLES = frozenset({identity.Role("fehd", "officer")})


@pytest.fixture(autouse=True)
def _territory(db: None) -> None:
    load.forget()


@pytest.fixture(params=["resident", "officer"])
def kind(request: pytest.FixtureRequest) -> str:
    """Everything holds for residents and for officers."""
    return str(request.param)


def sign_in(
    kind: str, *, device: str = FIREFOX, email: str = "chan@example.com", client: Client | None = None
) -> Client:
    """A browser in which somebody signed in with a code, as people do."""
    client = client or Client(headers={"user-agent": device})
    door = "/en/desk/sign-in" if kind == "officer" else "/en/sign-in"
    if kind == "officer":
        identity.add_officer(name="Chan", email=email, roles=ROLES, at=clock.now(), by="system")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(secrets, "randbelow", lambda _: 123456)
        assert client.post(door, {"email": email}).status_code == 302
    assert client.post(f"{door}/code", {"code": "123456"}).status_code == 302
    return client


def home(kind: str) -> str:
    return "/en/desk/" if kind == "officer" else "/en/me"


def page(kind: str) -> str:
    return "/en/desk/sessions" if kind == "officer" else "/en/sessions"


def copied(client: Client) -> Client:
    other = Client()
    other.cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return other


def listed(client: Client, kind: str) -> list[str]:
    return re.findall(r'name="session" value="([0-9a-f]{32})"', client.get(page(kind)).content.decode())


def test_a_copied_cookie_is_refused_once_its_session_was_signed_out(kind: str) -> None:
    mine, elsewhere = sign_in(kind), sign_in(kind)
    copy = copied(mine)
    assert copy.get(home(kind)).status_code == 200
    mine.post("/en/sign-out")
    assert copy.get(home(kind)).status_code == 302
    assert elsewhere.get(home(kind)).status_code == 200, "another device stays signed in"


def test_a_single_session_is_seen_and_ended_from_another_device(kind: str) -> None:
    lost, mine = sign_in(kind, device=PHONE), sign_in(kind)
    shown = mine.get(page(kind)).content.decode()
    assert "Safari on iPhone" in shown
    assert "Firefox on Windows" in shown
    assert shown.count("This device") == 1
    first, second = listed(mine, kind)
    assert first == mine.session["ref"]
    assert mine.post(page(kind), {"session": second}).status_code == 302
    assert lost.get(home(kind)).status_code == 302
    assert mine.get(home(kind)).status_code == 200
    assert listed(mine, kind) == [first]
    assert mine.post(page(kind), {"session": first})["Location"] == "/en/"
    assert mine.get(home(kind)).status_code == 302


def test_nobody_ends_or_sees_the_session_of_somebody_else(kind: str) -> None:
    victim, other = sign_in(kind), sign_in("resident", email="other@example.com")
    other.post("/en/sessions", {"session": victim.session["ref"]})
    assert victim.get(home(kind)).status_code == 200
    assert listed(other, "resident") == [other.session["ref"]]


def test_signing_out_everywhere_ends_every_session(kind: str) -> None:
    devices = [sign_in(kind, device=PHONE), sign_in(kind)]
    assert b'name="everywhere"' in devices[0].get(page(kind)).content
    devices[0].post("/en/sign-out", {"everywhere": "1"})
    assert [client.get(home(kind)).status_code for client in devices] == [302, 302]
    assert not SessionRow.objects.exists()


def test_a_session_that_began_before_sessions_had_a_reference_ends_with_all_of_them(kind: str) -> None:
    old = sign_in(kind)
    session = old.session
    del session["ref"]
    session.save()
    old.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    copy = copied(old)
    assert copy.get(home(kind)).status_code == 200
    old.post("/en/sign-out")
    assert copy.get(home(kind)).status_code == 302


def test_signing_in_changes_the_number_of_the_session_and_the_token_of_forms(kind: str) -> None:
    client = sign_in(kind)
    ref, token = client.session["ref"], client.cookies[settings.CSRF_COOKIE_NAME].value
    copy = copied(client)
    sign_in(kind, client=client)
    assert client.session["ref"] != ref
    assert client.cookies[settings.CSRF_COOKIE_NAME].value != token
    assert copy.get(home(kind)).status_code == 302, "the session that was left is over"


def test_a_session_from_a_clock_that_was_ahead_is_over(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        ahead = clock.now() + timedelta(days=400)
        patch.setattr(clock, "now", lambda: ahead)
        copy = copied(sign_in(kind))
    assert copy.get(home(kind)).status_code == 302


def test_a_session_costs_one_question_a_request(django_assert_num_queries: Any) -> None:
    resident, officer = sign_in("resident"), sign_in("officer", email="officer@dept.example")
    for client in (resident, officer):
        request = client.get("/en/search").wsgi_request
        request.META.pop(who.SESSION)
        with django_assert_num_queries(1):
            assert who.session(request).ref
            assert who.session(request).ref


def test_last_use_is_noted_each_quarter_of_an_hour_and_old_sessions_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moment = clock.now()
    monkeypatch.setattr(clock, "now", lambda: moment)
    client = sign_in("resident")

    def seen_after(minutes: int) -> datetime:
        nonlocal moment
        moment += timedelta(minutes=minutes)
        assert client.get("/en/me").status_code == 200
        return SessionRow.objects.get().seen_at

    began = moment
    assert seen_after(10) == began
    assert seen_after(10) == began + timedelta(minutes=20)
    assert identity.forget_old_sessions(at=began + timedelta(hours=11)) == 0
    assert identity.forget_old_sessions(at=began + timedelta(hours=13)) == 1


def test_an_erased_person_has_no_session_left() -> None:
    client = sign_in("resident")
    person = client.session["person"]
    identity.erase(person_ref=person, at=clock.now(), by="system")
    assert client.get("/en/me").status_code == 302
    assert not SessionRow.objects.exists()
