"""Clients at the desk, what the worker does for them, and the end of a session."""

import base64
import json
import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import pytest
from django.test import Client as Browser
from tests.shape.conftest import signed_in
from tests.systems.openid.conftest import AT, BACK, DEPARTMENTS, Provider, query, sent_to
from tests.systems.webhooks.receiver import certificate, receiving

from praya.blocks.identity import api as identity
from praya.kernel import plug
from praya.kernel.journal import api as journal
from praya.kernel.journal import folds, sealing
from praya.kernel.posting import PostingSettings
from praya.systems.openid import api as openid
from praya.systems.openid import checks
from praya.systems.openid.models import Asked, Farewell, Grant, Once

FORM = {
    "department": "dpo", "title_en": "Pier watch", "title_zh": "碼頭觀察", "purpose_en": "To write to you.",
    "purpose_zh": "以便聯絡你。",
    "redirect_uris": "https://pier.example/back", "logout_uris": "", "back_channel": "", "fields": ["name"],
    "way": "secret", "level": "1", "more": ["pushed"],
}  # fmt: skip


def officer(email: str, department: str = "dpo", role: str = "supervisor") -> identity.Officer:
    roles = frozenset({identity.Role(department, role)})
    return identity.add_officer(name="Officer Sample", email=email, roles=roles, at=AT, by="system")


def test_an_officer_registers_and_a_second_one_approves(provider: Provider) -> None:
    one, two = (signed_in(officer=officer(f"{name}@example.com")) for name in ("one", "two"))
    plain = signed_in(officer=officer("plain@example.com", role="officer"))
    other = signed_in(officer=officer("other@example.com", "fehd"))
    page = plain.post("/en/desk/clients", FORM)["Location"]
    text = plain.get(page).content.decode()
    assert "Pier watch" in text
    assert "Sandbox" in text
    assert other.get(page).status_code == 404
    made = plain.post(f"{page}/do", {"do": "add_secret"}).content.decode()
    secret = re.search(r'<code id="secret">(ps_[\w-]+)</code>', made)
    assert secret is not None
    assert secret[1] not in plain.get(page).content.decode()
    ref = page.rsplit("/", 1)[1]
    proof = {"client_id": ref, "client_secret": secret[1]}
    assert provider.machine("introspect", {"token": "x", **proof}).status_code == 200
    one.post(f"{page}/do", {"do": "ask_live"})
    assert "Approve for everybody" not in one.get(page).content.decode()
    assert "must approve" in one.post(f"{page}/do", {"do": "approve"}).content.decode()
    assert plain.post(f"{page}/do", {"do": "approve"}).status_code == 404
    assert other.post(f"{page}/do", {"do": "approve"}).status_code == 404
    assert "Approve for everybody" in two.get(page).content.decode()
    two.post(f"{page}/do", {"do": "approve"})
    assert openid.clients.client(ref, departments=DEPARTMENTS).state == "live"
    changed = {**FORM, "title_en": "Pier watch 2", "do": "change"}
    one.post(f"{page}/do", changed)
    assert "Waits for another officer" in two.get(page).content.decode()
    two.post(f"{page}/do", {"do": "refuse"})
    assert openid.clients.client(ref, departments=DEPARTMENTS).details.title["en"] == "Pier watch"
    events = [fact.event for fact in reversed(journal.about(ref))]
    assert events == [
        "openid_client_registered", "openid_credential_added", "openid_client_live_asked", "openid_client_approved",
        "openid_client_change_proposed", "openid_client_refused",
    ]  # fmt: skip
    two.post(f"{page}/do", {"do": "close"})
    assert provider.machine("introspect", {"token": "x", **proof}).status_code == 401


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"title_zh": ""}, "name in both languages"), ({"redirect_uris": "https://a.example/*"}, "not permitted"),
        ({"redirect_uris": "http://a.example/back"}, "must begin with https"), ({"redirect_uris": ""}, "at least one"),
        ({"redirect_uris": "https://a.example/b\nhttps://b.example/b"}, "same host"), ({"title_en": "x" * 101}, "100"),
        ({"level": "9"}, "what is offered"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_said_and_nothing_typed_is_lost(
    provider: Provider, wrong: dict[str, str], says: str
) -> None:
    client = signed_in(officer=officer("one@example.com"))
    answer = client.post("/en/desk/clients", {**FORM, **wrong})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert says in text
    assert "To write to you." in text


def test_departments_are_warned_before_a_secret_ends(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    officer("chief@example.com")
    officer("plain@example.com", role="officer")
    begun, told, sent = provider.now, [], []
    monkeypatch.setattr(openid.warnings.notices, "send_memo", lambda **memo: sent.append(memo))
    for day in range(290, 366):
        provider.now = begun + timedelta(days=day)
        if number := openid.warnings.warn(at=provider.now):
            told.append((365 - day, number))
    # The client has a secret and a key.
    assert told == [(60, 2), (30, 2), (7, 2)]
    assert {memo["email"] for memo in sent} == {"chief@example.com"}
    assert "Tree watch" in sent[0]["body"]
    assert "樹木觀察" in sent[0]["body"]
    assert f"/zh-hans/desk/clients/{provider.client.ref}" in sent[0]["body"]
    provider.now = begun + timedelta(days=360)
    assert openid.warnings.warn(at=provider.now) == 0
    results = list(checks.credentials(at=provider.now))
    assert results[0].state == "warn"
    assert next(iter(checks.credentials(at=begun))).state == "ok"


def test_the_worker_forgets_what_is_over(provider: Provider) -> None:
    provider.tokens()
    provider.authorize()
    assert openid.warnings.forget(at=provider.now) == 0
    openid.warnings.forget(at=provider.now + timedelta(days=31))
    assert (Asked.objects.count(), Grant.objects.count(), Once.objects.count()) == (0, 0, 0)


# The end of a session


def work(provider: Provider) -> None:
    sealing.seal(at=provider.now)
    folds.follow(openid.logouts.FOLDS[0])
    openid.logouts.send(at=provider.now)


def test_clients_are_told_that_a_session_is_over(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pem = certificate(tmp_path)
    monkeypatch.setitem(plug._settings, "openid", PostingSettings(networks="127.0.0.0/8", ca_file=pem, seconds=5))
    with receiving(pem) as server:
        provider.client, provider.secret, _ = provider.registered(back_channel=server.url)
        lasting = provider.tokens(scope="openid offline_access")
        tokens = provider.tokens()
        sid = body(tokens["id_token"])["sid"]
        provider.browser.post("/en/sign-out")
        work(provider)
        assert server.received == []
        provider.later(seconds=61)
        work(provider)
        assert len(server.received) == 2
        said = [body(parse_qs(sent.decode())["logout_token"][0]) for _, sent in server.received]
        mine = next(one for one in said if one["sid"] == sid)
        assert mine["aud"] == provider.client.ref
        assert list(mine["events"]) == [openid.logouts.EVENT]
        assert "nonce" not in mine
        assert mine["sub"] == body(tokens["id_token"])["sub"]
        assert provider.userinfo(tokens["access_token"]).status_code == 401
        assert provider.refresh(lasting["refresh_token"]).status_code == 200, "it may go on offline"
        provider.later(minutes=10)
        work(provider)
        assert len(server.received) == 2
    assert not Farewell.objects.exists()


def body(token: str) -> dict[str, object]:
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def test_whoever_signs_in_anew_for_a_request_leaves_no_client(provider: Provider) -> None:
    tokens = provider.tokens()
    page, _ = provider.ask(prompt="login")
    ended = provider.browser
    provider.later(seconds=3)
    ended.post("/en/sign-out")
    provider.browser = provider.resident()
    assert query(sent_to(provider.browser.get(page)))["code"]
    work(provider)
    provider.later(seconds=61)
    work(provider)
    assert provider.userinfo(tokens["access_token"]).status_code == 200


def test_a_client_wishes_a_sign_out_and_the_person_decides(provider: Provider) -> None:
    tokens = provider.tokens()
    bye = "https://rp.example/bye"
    wish = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": bye, "state": "s1"}
    page = provider.browser.get("/end-session?" + urlencode(wish))["Location"]
    assert page.startswith("/en/end-session?")
    assert tokens["id_token"] not in page
    answer = provider.browser.get(page)
    assert "Tree watch" in answer.content.decode()
    assert provider.browser.get("/en/me").status_code == 200, "nothing happens without the person"
    assert sent_to(provider.browser.post(page)) == f"{bye}?state=s1"
    assert provider.browser.get("/en/me").status_code == 302
    assert Browser().get("/end-session?" + urlencode(wish))["Location"] == f"{bye}?state=s1"
    for wrong in (
        {**wish, "post_logout_redirect_uri": "https://evil.test/"}, {**wish, "id_token_hint": "x.y.z"},
        {**wish, "client_id": "0" * 32}, {"post_logout_redirect_uri": bye}, {**wish, "post_logout_redirect_uri": BACK},
    ):  # fmt: skip
        answer = Browser().get("/end-session?" + urlencode(wrong))
        assert (answer.status_code, sent_to(answer)) == (400, ""), wrong
