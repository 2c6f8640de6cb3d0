"""Attacks on signing in: codes, limits of tries, redirects, the doors of a demonstration."""

import re
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.test import Client, override_settings
from tests.web.attacks.world import AT, World

from praya.blocks.identity import api as identity
from praya.web import rate_limits
from praya.web.sign_in import views


def ask(client: Client, email: str = "p0@example.com", *, source: str) -> int:
    return client.post("/en/sign-in", {"email": email}, REMOTE_ADDR=source).status_code


def test_a_stranger_who_asks_for_codes_keeps_nobody_out(world: World) -> None:
    known, stranger, at_home = Client(), Client(), "203.0.113.9"
    assert ask(known, source=at_home) == 302
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(identity, "sign_in", lambda **_: world.people[0])
        known.post("/en/sign-in/code", {"code": "1"})
    assert known.cookies[settings.KNOWN_COOKIE_NAME]["httponly"]
    for _ in range(5):
        assert ask(stranger, source="198.51.100.7") == 302
    refused = stranger.post("/en/sign-in", {"email": "p0@example.com"}, REMOTE_ADDR="198.51.100.7")
    assert (refused.status_code, refused["Retry-After"]) == (429, "8")
    assert "Wait 8 seconds" in refused.content.decode()
    # A new browser at another network, and a known one at the stranger's own.
    assert ask(Client(), source="192.0.2.44") == 302
    assert ask(known, source="198.51.100.7") == 302
    # Somebody else's mark, or one of one's own making, is none.
    forger = Client()
    forger.cookies[settings.KNOWN_COOKIE_NAME] = identity.browser_mark("p0@example.com")
    assert ask(forger, source="198.51.100.7") == 429
    forger.cookies[settings.KNOWN_COOKIE_NAME] = known.cookies[settings.KNOWN_COOKIE_NAME].value
    assert ask(forger, "p1@example.com", source="198.51.100.7") == 302
    for _ in range(4):
        assert ask(known, source=at_home) == 302
    assert ask(known, source="192.0.2.99") == 429, "a known browser has a limit too"


@pytest.mark.parametrize("door", ["/en/sign-in", "/en/desk/sign-in"])
def test_an_office_behind_one_address_signs_in_on_a_monday_morning(world: World, door: str) -> None:
    # Each of them three times at once would be 6,000; 60 people show that nobody counts them as one.
    answers = {
        Client().post(door, {"email": f"o{n}@dept.example"}, REMOTE_ADDR="203.0.113.1").status_code for n in range(60)
    }
    assert answers == {302}
    assert rate_limits._parsed(rate_limits.RATES["sign_in_code"]).amount >= 3 * 2000


def test_signing_in_begins_a_new_session(world: World) -> None:
    client = world.resident(0)
    from praya.journey import sign_in

    challenge = sign_in.ask_code(email="p1@example.com", language="en", for_officer=False, at=world.now)
    planted = client.session
    planted["challenge"], planted["next"], planted["officer"] = challenge, "/en/me", world.officers["fehd"].ref
    planted.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(identity, "sign_in", lambda **_: world.people[1])
        assert client.post("/en/sign-in/code", {"code": "123456"}).status_code == 302
    assert set(client.session.keys()) <= {"person", "person_epoch", "seen", "begun", "ref", "level", "level_at", "way"}
    assert client.session["person"] == world.people[1].ref


ELSEWHERE = (
    "//evil.test", "///evil.test", "/\\evil.test", "\\\\evil.test", "/\t/evil.test", "/\n/evil.test", "https:evil.test",
    "https://evil.test", "javascript:alert(1)", " //evil.test", "\x01//evil.test", "", "evil.test", "/\r/evil.test",
)  # fmt: skip


def test_signing_in_leads_nowhere_else(rf: Any) -> None:
    for wanted in ELSEWHERE:
        for request in (rf.get("/", {"next": wanted}), rf.post("/", {"next": wanted})):
            assert views.next_page(request, "en", desk=False) == "/en/me", repr(wanted)
            assert views.next_page(request, "en", desk=True) == "/en/desk/", repr(wanted)
    assert views.next_page(rf.get("/", {"next": "/en/cases/RL-1"}), "en", desk=False) == "/en/cases/RL-1"


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [("2001:db8::1", "2001:db8::ffff:2", True), ("2001:db8::1", "2001:db8:0:1::1", False),
     ("203.0.113.1", "203.0.113.2", False), ("::ffff:203.0.113.1", "203.0.113.1", True)],
)  # fmt: skip
def test_a_network_is_counted_and_not_each_of_its_addresses(first: str, second: str, same: bool) -> None:
    def seen(address: str) -> str:
        request = HttpRequest()
        request.META["REMOTE_ADDR"] = address
        return rate_limits.address(request)

    assert (seen(first) == seen(second)) is same


def test_a_claimed_address_does_not_escape_the_limit(world: World) -> None:
    """In a demonstration X-Forwarded-For counts for nothing; else only what a trusted proxy added does."""

    def seen(connection: str) -> str:
        request = HttpRequest()
        request.META |= {"REMOTE_ADDR": connection, "HTTP_X_FORWARDED_FOR": "198.51.100.7, 203.0.113.9"}
        return rate_limits.address(request)

    assert seen("127.0.0.1") == "127.0.0.1"
    proxied = settings.PRAYA.model_copy(update={"base_url": "https://services.example.org", "behind_proxy": True})
    with override_settings(PRAYA=proxied):
        assert seen("127.0.0.1") == "203.0.113.9"
        assert seen("198.51.100.200") == "198.51.100.200"


def test_the_demonstrations_doors_are_shut_elsewhere(world: World) -> None:
    assert not settings.PRAYA.demo
    assert Client().post("/en/sign-in/invented", {"ref": world.people[0].ref}).status_code == 404
    assert Client().get("/en/demo/messages").status_code == 404
    with override_settings(PRAYA=settings.PRAYA.model_copy(update={"mode": "demo"})):
        for sent in ({"ref": "x"}, {"ref": "x", "desk": "1"}, {"ref": world.people[0].ref, "desk": "1"}):
            assert Client().post("/en/sign-in/invented", sent).status_code == 404


def test_a_code_is_good_once_for_its_own_challenge_and_five_tries(world: World) -> None:
    first = identity.ask_code(email="a@example.com", language="en", at=AT)
    second = identity.ask_code(email="b@example.com", language="en", at=AT)
    client = world.browser(challenge=second.challenge, next="/en/me")
    if first.code != second.code:
        client.post("/en/sign-in/code", {"code": first.code})
        assert "person" not in client.session
    wrong = f"{(int(second.code) + 1) % 1_000_000:06}"
    for _ in range(5):
        client.post("/en/sign-in/code", {"code": wrong})
    client.post("/en/sign-in/code", {"code": second.code})
    assert "person" not in client.session


def test_no_page_tells_whether_an_address_is_known(world: World) -> None:
    answers = []
    for email in ("p0@example.com", "nobody@example.com"):
        client = Client()
        sent = client.post("/en/sign-in", {"email": email})
        told = words(client.get("/en/sign-in/code").content.decode())
        answers.append((sent.status_code, sent["Location"], told.replace(email, "ADDRESS")))
    assert answers[0] == answers[1]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))
