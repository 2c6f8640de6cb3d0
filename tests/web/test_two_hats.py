"""Two hats: somebody may be resident and officer, but one at a time in a session, and never both on one case."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from tests.shape.conftest import signed_in
from tests.small import AT, player, published

from praya.blocks.identity import api as identity
from praya.blocks.identity.models import PersonRow
from praya.journey import load
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.kernel.journal.models import JournalEntry
from praya.web import who

NOW = [AT]


@pytest.fixture(autouse=True)
def _day(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    NOW[0] = AT
    monkeypatch.setattr(clock, "now", lambda: NOW[0])
    load.forget()
    yield
    load.forget()
    vault.reset_memory()


def officer(email: str = "player@example.com") -> identity.Officer:
    roles = frozenset({identity.Role("dh", "officer")})
    return identity.add_officer(name="Officer Sample", email=email, roles=roles, at=AT, by="system")


def reaches(client: Client) -> tuple[int, int]:
    """The statuses of the desk and of a person's page: 200 or, to sign in, 302."""
    return client.get("/en/desk/").status_code, client.get("/en/me").status_code


def test_an_officer_goes_on_as_a_resident_and_back_with_one_hat_at_a_time() -> None:
    published()
    me = officer()
    client = signed_in(officer=me)
    assert reaches(client) == (200, 302)
    assert "/en/desk/to-portal" in client.get("/en/desk/sessions").content.decode()
    assert client.post("/en/desk/to-portal")["Location"] == "/en/me"
    assert reaches(client) == (302, 200)
    page = client.get("/en/me").content.decode()
    assert "Nobody deals with a case of their own" in page
    assert client.post("/en/to-desk")["Location"] == "/en/desk/"
    assert reaches(client) == (200, 302)
    assert PersonRow.objects.count() == 1, "the resident was made once"


def test_nobody_deals_with_their_own_case_whichever_hat_they_wear() -> None:
    case = player(published())().case
    client = signed_in(officer=officer())
    own = client.get(f"/en/desk/cases/{case.ref}")
    assert (own.status_code, "your own" in own.content.decode()) == (403, True)
    client.post("/en/desk/to-portal")
    assert client.get(f"/en/cases/{case.ref}").status_code == 200
    assert client.get(f"/en/desk/cases/{case.ref}").status_code == 302
    client.post("/en/to-desk")
    assert client.get(f"/en/desk/cases/{case.ref}").status_code == 403
    assert client.post(f"/en/desk/cases/{case.ref}/do/recommend", {"reason": "mine"}).status_code == 403
    assert client.get(f"/en/cases/{case.ref}").status_code == 302


def test_an_old_code_does_not_open_the_desk_and_a_hat_makes_no_session_longer() -> None:
    published()
    me = officer()
    person = identity.resident_for(officer_ref=me.ref, language="en", at=AT)
    client = signed_in(person_ref=person.ref)
    NOW[0] = AT + who.idle(officer=True) + timedelta(minutes=1)
    assert client.post("/en/to-desk")["Location"] == "/en/desk/sign-in"
    assert reaches(client) == (302, 200)

    NOW[0] = AT
    client = signed_in(officer=me)
    for hour in range(13):
        for minute in (0, 15, 30, 45):
            NOW[0] = AT + timedelta(hours=hour, minutes=minute)
            client.post("/en/desk/to-portal")
            client.get("/en/me")
    assert reaches(client) == (302, 302), "a session ends after twelve hours, whatever was worn"


def test_a_level_goes_on_with_its_moment() -> None:
    client = signed_in(officer=officer(), level=2)
    NOW[0] = AT + timedelta(minutes=5)
    client.post("/en/desk/to-portal")
    assert (client.session["level"], client.session["level_at"]) == (2, int(AT.timestamp()))


def test_only_who_has_two_hats_is_offered_the_other() -> None:
    published()
    person = identity.enrol(email="resident@example.com", name=None, language="en", at=AT)
    client = signed_in(person_ref=person.ref)
    assert "/en/to-desk" not in client.get("/en/me").content.decode()
    assert client.post("/en/to-desk").status_code == 404
    me = officer("left@example.com")
    left = signed_in(person_ref=identity.resident_for(officer_ref=me.ref, language="en", at=AT).ref)
    identity.officer_leaves(officer_ref=me.ref, at=AT, by="system")
    assert left.post("/en/to-desk").status_code == 404
    assert Client().post("/en/to-desk")["Location"].startswith("/en/sign-in")


def test_a_trial_has_no_other_hat() -> None:
    me = officer()
    made_up = identity.enrol(email="made.up@example.com", name="Made Up", language="en", at=AT)
    client = signed_in(officer=me, person_ref=made_up.ref, trial=True)
    assert client.post("/en/desk/to-portal").status_code == 404
    assert client.post("/en/to-desk").status_code == 404


def test_the_journal_does_not_tell_which_officer_is_which_resident() -> None:
    me = officer()
    client = signed_in(officer=me)
    client.post("/en/desk/to-portal")
    person = PersonRow.objects.get()
    entries = list(JournalEntry.objects.values_list("event", "subject", "actor", "facts"))
    assert ("person_signed_in", person.ref, f"person:{person.ref}", "{}") in entries
    assert not [entry for entry in entries if me.ref in str(entry) and person.ref in str(entry)]
