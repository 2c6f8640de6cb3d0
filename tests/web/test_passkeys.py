"""Passkeys: added, used to sign in and to confirm, and every way of cheating with them that the notes name."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from tests.authenticator import Authenticator
from tests.web.test_sessions import copied, sign_in

from praya.blocks.identity import api as identity
from praya.blocks.identity import passkey_store
from praya.blocks.identity.models import PasskeyRow, PersonRow, SessionRow, UsedChallenge
from praya.blocks.notices import api as notices
from praya.journey import load
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.kernel.journal.models import JournalEntry

ORIGIN = "http://localhost:8000"
DAYS = timedelta(days=1)


@pytest.fixture(autouse=True)
def _at_a_name(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings, "PRAYA", settings.PRAYA.model_copy(update={"base_url": ORIGIN}))
    load.forget()
    yield
    vault.reset_memory()


def repr8(value: str) -> str:
    return repr(value[:8])


def asked(client: Client, purpose: str) -> dict[str, Any]:
    answer = client.post("/en/passkey-options", {"for": purpose})
    assert answer.status_code == 200
    return dict(answer.json())


def add(client: Client, authenticator: Authenticator | None = None, door: str = "/en/passkeys") -> Authenticator:
    made = authenticator or Authenticator(ORIGIN)
    sent = {"name": "My phone", "answer": json.dumps(made.make(asked(client, "add")))}
    assert client.post(door, sent).status_code == 302
    return made


def enter(authenticator: Authenticator, client: Client | None = None, **changes: Any) -> Client:
    """A browser that tried to sign in; it is signed in if that was accepted."""
    client = client or Client()
    answer = json.dumps(authenticator.answer(asked(client, "sign_in"), **changes))
    client.post("/en/sign-in/passkey", {"answer": answer})
    return client


def is_in(client: Client, page: str = "/en/me") -> bool:
    return client.get(page).status_code == 200


def confirm(client: Client, authenticator: Authenticator) -> int:
    answer = json.dumps(authenticator.answer(asked(client, "step_up")))
    return client.post("/en/sign-in/confirm", {"answer": answer}).status_code


def later(monkeypatch: pytest.MonkeyPatch, passed: timedelta) -> None:
    moment = clock.now() + passed
    monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.fixture
def mine() -> Authenticator:
    return add(sign_in("resident"))


def test_a_passkey_is_asked_to_be_found_without_a_name_and_to_verify_its_user() -> None:
    client = sign_in("resident")
    made = asked(client, "add")
    assert made["rp"]["id"] == "localhost"
    assert made["authenticatorSelection"] == {
        "residentKey": "required", "requireResidentKey": True, "userVerification": "required",
    }  # fmt: skip
    found = asked(Client(), "sign_in")
    assert (found["userVerification"], found.get("allowCredentials", [])) == ("required", [])


def test_a_passkey_signs_in_and_begins_a_new_session(mine: Authenticator) -> None:
    client = Client()
    client.get("/en/sign-in")
    before = client.cookies.get(settings.SESSION_COOKIE_NAME)
    enter(mine, client)
    assert is_in(client)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != (before.value if before else "")
    assert sorted(SessionRow.objects.values_list("way", flat=True)) == ["code", "passkey"]
    assert JournalEntry.objects.filter(event="person_signed_in").count() == 2


def test_what_the_browser_held_before_signing_in_is_no_session_afterwards(mine: Authenticator) -> None:
    planted = Client()
    options = asked(planted, "sign_in")
    victim = copied(planted)
    victim.post("/en/sign-in/passkey", {"answer": json.dumps(mine.answer(options))})
    assert (is_in(victim), is_in(planted)) == (True, False)


def test_several_passkeys_are_named_and_removed(mine: Authenticator) -> None:
    client = enter(mine)
    second = add(client)
    rows = {one.ref: one for one in identity.passkeys(_holder())}
    assert len(rows) == 2
    ref = list(rows)[1]
    too_long = client.post("/en/passkeys", {"do": "rename", "passkey": ref, "name": "k" * 61})
    assert "Write a name of at most 60 characters" in too_long.content.decode()
    client.post("/en/passkeys", {"do": "rename", "passkey": ref, "name": "A key on paper"})
    page = client.get("/en/passkeys").content.decode()
    assert "A key on paper" in page
    client.post("/en/passkeys", {"do": "remove", "passkey": ref})
    assert [one.name for one in identity.passkeys(_holder())] == ["My phone"]
    assert not is_in(enter(second))
    events = JournalEntry.objects.filter(event__startswith="passkey_").order_by("seq")
    assert list(events.values_list("event", flat=True)) == [
        "passkey_added",
        "passkey_added",
        "passkey_renamed",
        "passkey_removed",
    ]


def _holder() -> str:
    return f"person:{PersonRow.objects.get().ref}"


def test_neither_name_nor_credential_is_in_the_tables_or_the_journal(mine: Authenticator) -> None:
    row = PasskeyRow.objects.get()
    assert b"My phone" not in bytes(row.name)
    assert mine.credential_id not in bytes(row.credential)
    facts = " ".join(JournalEntry.objects.values_list("facts", flat=True))
    assert "phone" not in facts
    assert mine.credential_id.hex() not in facts


def test_a_challenge_is_answered_once_and_by_the_browser_that_asked_only(mine: Authenticator) -> None:
    client = Client()
    options = asked(client, "sign_in")
    other, before = Client(), copied(client)
    answer = {"answer": json.dumps(mine.answer(options))}
    other.post("/en/sign-in/passkey", answer)
    assert not is_in(other)
    client.post("/en/sign-in/passkey", answer)
    assert is_in(client)
    before.post("/en/sign-in/passkey", answer)
    assert not is_in(before)


def test_a_challenge_lasts_ten_minutes(mine: Authenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    options = asked(client, "sign_in")
    later(monkeypatch, timedelta(minutes=11))
    client.post("/en/sign-in/passkey", {"answer": json.dumps(mine.answer(options))})
    assert not is_in(client)
    later(monkeypatch, timedelta(minutes=30))
    enter(mine)
    later(monkeypatch, timedelta(minutes=30))
    assert identity.forget_used_challenges(at=clock.now()) >= 1
    assert UsedChallenge.objects.count() == 0


@pytest.mark.parametrize(
    "origin",
    ["http://localhost.evil.example:8000", "http://evil.localhost:8000", "https://localhost:8000", "http://localhost",
     "http://localhost:8001"],
)  # fmt: skip
def test_another_origin_is_refused_however_alike(mine: Authenticator, origin: str) -> None:
    assert not is_in(enter(mine, origin=origin))


@pytest.mark.parametrize(
    "changes", [{"crossOrigin": True}, {"type": "webauthn.create"}, {"rp_id": "evil.example"}, {"rp_id": "host"}]
)
def test_a_page_within_another_a_wrong_type_and_another_rp_are_refused(
    mine: Authenticator, changes: dict[str, Any]
) -> None:
    assert not is_in(enter(mine, **changes))


def test_without_verifying_its_user_nothing_is_accepted(mine: Authenticator) -> None:
    mine.verifies = False
    assert not is_in(enter(mine))
    client, careless = sign_in("resident", email="wong@example.com"), Authenticator(ORIGIN, verifies=False)
    client.post("/en/passkeys", {"answer": json.dumps(careless.make(asked(client, "add")))})
    assert PasskeyRow.objects.count() == 1


def test_the_handle_names_the_owner_and_nobody_else(mine: Authenticator) -> None:
    other = add(sign_in("resident", email="wong@example.com"))
    own, mine.handle = mine.handle, other.handle
    assert not is_in(enter(mine))
    mine.handle = None
    assert not is_in(enter(mine))
    mine.handle = own
    client = enter(mine)
    assert is_in(client)
    # Where the account is known, an older key that stores no handle is good.
    mine.handle = None
    assert confirm(client, mine) == 302
    mine.handle = other.handle
    assert confirm(client, mine) == 200


def test_a_confirmation_is_by_ones_own_passkey(mine: Authenticator) -> None:
    other = add(sign_in("resident", email="wong@example.com"))
    client = enter(mine)
    assert confirm(client, other) == 200
    assert confirm(client, mine) == 302


def test_a_confirmation_begins_a_new_session_and_ends_the_old_one(mine: Authenticator) -> None:
    client = sign_in("resident")
    before = copied(client)
    assert confirm(client, mine) == 302
    assert (is_in(client), is_in(before)) == (True, False)


@pytest.mark.parametrize("synced", [True, False])
def test_an_authenticator_that_does_not_count_always_works(synced: bool) -> None:
    key = add(sign_in("resident"), Authenticator(ORIGIN, synced=synced))
    assert all(is_in(enter(key)) for _ in range(3))


def test_a_counter_that_stands_still_or_goes_back_says_that_a_key_was_copied() -> None:
    key = add(sign_in("resident"), Authenticator(ORIGIN, counter=5))
    key.counter = 9
    assert is_in(enter(key))
    for counter in (9, 6, 0):
        key.counter = counter
        assert not is_in(enter(key))
    assert JournalEntry.objects.filter(event="passkey_copied").count() == 3
    key.counter = 10
    assert is_in(enter(key))


def test_a_synced_key_whose_counter_goes_back_locks_nobody_out() -> None:
    key = add(sign_in("resident"), Authenticator(ORIGIN, synced=True, counter=5))
    for counter in (9, 6, 0, 7):
        key.counter = counter
        assert is_in(enter(key))
    assert PasskeyRow.objects.get().counter == 9


def test_a_credential_belongs_to_one_account(mine: Authenticator) -> None:
    other = sign_in("resident", email="wong@example.com")
    other.post("/en/passkeys", {"answer": json.dumps(mine.make(asked(other, "add")))})
    assert PasskeyRow.objects.count() == 1


def test_who_only_reads_the_mail_cannot_replace_passkeys_at_once(
    mine: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weakest door: a code by e-mail lists, but does not remove; what it adds waits, and its owner is told."""
    thief = sign_in("resident")
    ref = PasskeyRow.objects.get().ref
    thief.post("/en/passkeys", {"do": "remove", "passkey": ref})
    assert PasskeyRow.objects.count() == 1
    waiting = add(thief)
    told = notices.inbox(PersonRow.objects.get().ref)
    assert sum(one.name == "account_passkey_waits" for one in told) == 1
    later(monkeypatch, timedelta(minutes=5))
    client = enter(waiting)
    assert is_in(client)
    assert confirm(client, waiting) == 200
    client.post("/en/passkeys", {"do": "remove", "passkey": ref})
    assert PasskeyRow.objects.filter(ref=ref).exists()
    # A passkey that waits opens no shorter way to another one.
    add(client)
    assert identity.passkeys(_holder())[-1].counts_from > clock.now() + 2 * DAYS
    later(monkeypatch, 4 * DAYS)
    assert confirm(enter(waiting), waiting) == 302


def test_its_owner_removes_a_passkey_that_waits(mine: Authenticator) -> None:
    waiting = add(sign_in("resident"))
    owner = sign_in("resident")
    ref = identity.passkeys(_holder())[-1].ref
    owner.post("/en/passkeys", {"do": "remove", "passkey": ref})
    assert not is_in(enter(waiting))


def test_nobody_touches_another_persons_passkey(mine: Authenticator) -> None:
    other = sign_in("resident", email="wong@example.com")
    ref = PasskeyRow.objects.get().ref
    for do in ("remove", "rename"):
        assert other.post("/en/passkeys", {"do": do, "passkey": ref, "name": "x"}).status_code == 404
    assert PasskeyRow.objects.count() == 1


def test_an_officers_passkey_is_not_a_residents() -> None:
    key = add(sign_in("officer"), door="/en/desk/passkeys")
    assert not is_in(enter(key))
    client = Client()
    client.post("/en/desk/sign-in/passkey", {"answer": json.dumps(key.answer(asked(client, "sign_in")))})
    assert is_in(client, "/en/desk/")
    resident = add(sign_in("resident"))
    other = Client()
    other.post("/en/desk/sign-in/passkey", {"answer": json.dumps(resident.answer(asked(other, "sign_in")))})
    assert not is_in(other, "/en/desk/")


def test_who_was_erased_or_left_since_the_question_is_not_let_in(mine: Authenticator) -> None:
    key = add(sign_in("officer"), door="/en/desk/passkeys")
    client = Client()
    options = asked(client, "sign_in")
    officer = identity.officers()[0]
    identity.officer_leaves(officer_ref=officer.ref, at=clock.now(), by="system")
    sent = {"answer": json.dumps(key.answer(options))}
    assert client.post("/en/desk/sign-in/passkey", sent).status_code == 200
    assert not is_in(client, "/en/desk/")
    identity.erase(person_ref=_holder().removeprefix("person:"), at=clock.now(), by="system")
    assert not is_in(enter(mine))
    assert passkey_store.rows_of(_holder()) == []


@pytest.mark.parametrize(
    "answer",
    ["", "[]", "{}", "null", '{"id": 1}', "[" * 8000, "x" * 9000, '{"id":"a","rawId":"!","type":"x"}'],
    ids=repr8,
)
def test_nonsense_is_refused_in_words(answer: str) -> None:
    client = sign_in("resident")
    page = client.post("/en/sign-in/passkey", {"answer": answer})
    assert page.status_code == 200
    assert "could not be checked" in page.content.decode()
    assert client.post("/en/passkeys", {"answer": answer}).status_code == 200


def test_where_the_installation_has_no_name_no_passkey_is_offered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "PRAYA", settings.PRAYA.model_copy(update={"base_url": "http://127.0.0.1:8000"}))
    client = sign_in("resident")
    assert client.post("/en/passkey-options", {"for": "add"}).status_code == 404
    assert "data-passkey" not in client.get("/en/sign-in").content.decode()
    assert "only a number" in client.get("/en/passkeys").content.decode()


def test_a_sign_in_in_a_new_browser_is_told_and_in_a_known_one_not() -> None:
    known = sign_in("resident")
    ref = PersonRow.objects.get().ref
    assert [one.name for one in notices.inbox(ref)] == []
    PersonRow.objects.update(created_at=clock.now() - DAYS)
    sign_in("resident", client=known)
    assert [one.name for one in notices.inbox(ref)] == []
    sign_in("resident")
    assert [one.name for one in notices.inbox(ref)] == ["account_new_device"]
