"""Levels 2 and 3: an identity proven at a counter, shown with a passkey, on every path that a definition guards."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from tests import small
from tests.authenticator import Authenticator
from tests.web.test_passkeys import ORIGIN, add, asked, confirm, enter, is_in, later
from tests.web.test_sessions import ROLES, sign_in

from praya.blocks.identity import api as identity
from praya.blocks.identity.models import PersonRow, ProofRow
from praya.blocks.notices import api as notices
from praya.blocks.tokens import api as access
from praya.journey import load
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.kernel.journal.models import JournalEntry

ADULT = {"born-year": "1990", "born-month": "2", "born-day": "3"}


@pytest.fixture(autouse=True)
def _at_a_name(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings, "PRAYA", settings.PRAYA.model_copy(update={"base_url": ORIGIN}))
    monkeypatch.setattr(clock, "now", lambda: small.AT)
    load.forget()
    yield
    load.forget()
    vault.reset_memory()


@pytest.fixture
def officer() -> Client:
    return sign_in("officer", email="officer@example.com")


def code_of(client: Client) -> str:
    found = re.search(r"\d{4} \d{4}", client.post("/en/identity").content.decode())
    assert found
    return found[0]


def prove(officer: Client, code: str, born: dict[str, str] = ADULT, **more: str) -> bool:
    sent = {"code": code, "document": "identity_card", "seen": "yes", **born, **more}
    return officer.post("/en/desk/identity", sent).status_code == 302


def ref_of(email: str) -> str:
    person = identity.find(email=email)
    assert person is not None
    return person.ref


def proven(officer: Client, email: str = "chan@example.com") -> Authenticator:
    client = sign_in("resident", email=email)
    key = add(client)
    assert prove(officer, code_of(client))
    return key


def level(client: Client) -> int:
    found = re.search(r"sign-in: (\d) of 3", client.get("/en/identity").content.decode())
    return int(found[1]) if found else 0


def born(years: int) -> dict[str, str]:
    return {**ADULT, "born-year": str(small.AT.year - years), "born-month": "1", "born-day": "1"}


def test_a_proof_ends_sessions_and_a_passkey_shows_it(officer: Client) -> None:
    client = sign_in("resident")
    key = add(client)
    assert level(enter(key)) == 1
    assert prove(officer, code_of(client))
    assert not is_in(client)
    assert level(enter(key)) == 2
    assert level(sign_in("resident")) == 1
    fact = JournalEntry.objects.get(event="identity_proven")
    assert fact.actor.startswith("officer:")
    assert "1990" not in fact.facts
    assert b"1990" not in bytes(ProofRow.objects.get().born)
    assert "account_identity_proven" in {one.name for one in notices.inbox(fact.subject)}


def test_a_confirmation_reaches_level_3_for_ten_minutes(officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    key = proven(officer)
    client = enter(key)
    assert (confirm(client, proven(officer, "wong@example.com")), level(client)) == (200, 2)
    assert confirm(client, key) == 302
    assert level(client) == 3
    later(monkeypatch, timedelta(minutes=11))
    assert level(client) == 2


def test_a_code_is_used_once_and_not_after_a_quarter_of_an_hour(
    officer: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = sign_in("resident")
    code = code_of(client)
    assert prove(officer, code)
    assert not prove(officer, code)
    other = sign_in("resident", email="wong@example.com")
    first, second = code_of(other), code_of(other)
    assert not prove(officer, first)
    later(monkeypatch, timedelta(minutes=16))
    assert not prove(sign_in("officer", email="officer@example.com"), second)
    assert identity.forget_counter_codes(at=clock.now()) == 1


def test_an_address_that_somebody_says_links_nothing(officer: Client) -> None:
    """Linking by another's e-mail: an officer has no way to choose an account, but by the code that its owner shows."""
    sign_in("resident", email="victim@example.com")
    for said in ("victim@example.com", ref_of("victim@example.com"), "00000000"):
        assert not prove(officer, said, email="victim@example.com", person=ref_of("victim@example.com"))
    assert ProofRow.objects.count() == 0


def test_nobody_proves_their_own_identity() -> None:
    officer = sign_in("officer", email="chan@example.com")
    assert not prove(officer, code_of(sign_in("resident", email="chan@example.com")))
    assert ProofRow.objects.count() == 0


@pytest.mark.parametrize(("years", "fine"), [(10, False), (11, False), (17, False), (18, True)])
def test_the_young_need_a_guardian(officer: Client, years: int, fine: bool) -> None:
    assert prove(officer, code_of(sign_in("resident")), born(years)) is fine


def test_a_guardian_is_of_age_proven_and_another_person(officer: Client) -> None:
    child = sign_in("resident", email="child@example.com")
    guardian = sign_in("resident", email="guardian@example.com")
    assert not prove(officer, code_of(child), born(12), guardian=code_of(guardian))
    assert prove(officer, code_of(guardian))
    guardian = sign_in("resident", email="guardian@example.com")
    assert not prove(officer, code_of(child), born(9), guardian=code_of(guardian))
    own = code_of(child)
    assert not prove(officer, own, born(12), guardian=own)
    assert prove(officer, code_of(child), born(12), guardian=code_of(guardian))
    fact = JournalEntry.objects.filter(event="identity_proven").latest("seq")
    assert json.loads(fact.facts)["guardian"] == ref_of("guardian@example.com")
    # The young cannot approve for others.
    friend = sign_in("resident", email="friend@example.com")
    young = sign_in("resident", email="child@example.com")
    assert not prove(officer, code_of(friend), born(12), guardian=code_of(young))


def test_recovery_is_no_way_around_the_proof(officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proven without a passkey, then a stranger with the mail adds one: it waits like any other."""
    assert prove(officer, code_of(sign_in("resident")))
    stranger = add(sign_in("resident"))
    assert level(enter(stranger)) == 1
    assert confirm(enter(stranger), stranger) == 200
    later(monkeypatch, timedelta(days=3, minutes=1))
    assert level(enter(stranger)) == 2


def test_a_proof_is_taken_back(officer: Client) -> None:
    key = proven(officer)
    client = enter(key)
    assert identity.withdraw_proof(person_ref=PersonRow.objects.get().ref, at=clock.now(), by="system")
    assert not is_in(client)
    assert level(enter(key)) == 1
    assert not identity.withdraw_proof(person_ref=PersonRow.objects.get().ref, at=clock.now(), by="system")


def test_erasure_leaves_no_proof(officer: Client) -> None:
    proven(officer)
    identity.erase(person_ref=PersonRow.objects.get().ref, at=clock.now(), by="system")
    assert ProofRow.objects.count() == 0


def test_a_service_leads_to_the_level_that_it_asks_for(officer: Client) -> None:
    """`assurance: {apply: 3}` by the page: refused, led to the confirmation, back, and in."""
    small.published(small.GRANT + "assurance: {apply: 3}\n")
    key = proven(officer)
    client = enter(key)
    refused = client.get("/en/services/small-grant/apply")
    assert refused.status_code == 403
    found = re.search(r'href="(/en/sign-in/confirm\?[^"]+)"', refused.content.decode())
    assert found
    way = found[1].replace("&amp;", "&")
    assert client.get(way).status_code == 200
    answer = json.dumps(key.answer(asked(client, "step_up")))
    back = client.post("/en/sign-in/confirm", {"answer": answer, "next": "/en/services/small-grant/apply"})
    assert client.get(back["Location"]).status_code == 302
    # Whom another service sends here for a level confirms, and does not sign in anew.
    assert client.get("/en/sign-in?level=3&next=/en/me")["Location"].startswith("/en/sign-in/confirm?level=3")
    weak = sign_in("resident", email="wong@example.com")
    assert "Yours is not checked yet" in weak.get(way).content.decode()


def test_a_machine_cannot_vouch_for_who_somebody_is() -> None:
    service = small.published(small.GRANT + "assurance: {apply: 2}\n")
    secret = access.issue(
        name="machine", department=service.department, scopes=access.known_scopes(), expires_at=None, at=clock.now(),
        by="operator",
    ).secret  # fmt: skip
    body = {"applicant": {"email": "player@example.com", "language": "en"}, "answers": {}}
    answer = Client().post(
        "/api/v1/services/small-grant/applications", body, content_type="application/json",
        headers={"authorization": f"Bearer {secret}", "idempotency-key": "k"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "level_missing")
    assert identity.find(email="player@example.com") is None


def test_the_roles_of_an_officer_are_no_level() -> None:
    officer = identity.add_officer(name="A", email="a@example.com", roles=ROLES, at=clock.now(), by="system")
    assert identity.passkey_level(f"officer:{officer.ref}", step_up=True) == 1
