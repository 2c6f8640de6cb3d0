"""Two client libraries that others wrote, and the relying party of `examples/`, against the provider."""

import html
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from django.conf import settings
from django.test import Client as Browser
from joserfc.jwk import ECKey
from jwskate import Jwk, JwkSet
from pytest_django.live_server_helper import LiveServer
from requests.adapters import BaseAdapter
from requests_oauth2client import BearerToken, MismatchingIssuer, OAuth2Client, PrivateKeyJwt
from tests.shape.conftest import signed_in
from tests.systems.openid.conftest import BACK, DEPARTMENTS, HERE, Provider, query, sent_to

from praya.blocks.identity import api as identity
from praya.systems.openid import api as openid

ROOT = Path(__file__).parents[3]
TUTORIAL = ROOT / "docs" / "tutorial" / "sign-in-client.md"


class Direct(BaseAdapter):
    """Brings the requests of a client library to the provider, in this process."""

    def send(self, request: Any, **_: Any) -> requests.Response:
        parts = urlsplit(request.url)
        kind = request.headers.pop("Content-Type", "application/octet-stream")
        headers = {name: value for name, value in request.headers.items() if name != "Content-Length"}
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        answer = Browser().generic(request.method, path, request.body or b"", content_type=kind, headers=headers)
        made = requests.Response()
        made.status_code, made._content, made.url, made.request = (
            answer.status_code,
            answer.content,
            request.url,
            request,
        )
        made.headers.update(answer.headers)
        return made

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def today(provider: Provider) -> Provider:
    """The provider at the real moment, to which libraries compare."""
    provider.now = datetime.now(UTC)
    openid.keys.forget()
    provider.browser = provider.resident()
    return provider


@pytest.fixture
def keyed(today: Provider) -> Provider:
    provider = today
    more = {"way": "private_key_jwt", "pushed": True, "bound": True}
    provider.client, provider.secret, provider.key = provider.registered(**more)
    return provider


def led_back(provider: Provider, url: str, fields: tuple[str, ...] = ("email",)) -> str:
    """The address to which a browser is led that opens an address of the provider and agrees."""
    page = provider.browser.get(url.removeprefix(HERE))["Location"]
    shown = provider.browser.get(page)
    return sent_to(shown) or sent_to(provider.browser.post(f"{page}/answer", {"do": "agree", "fields": list(fields)}))


def test_requests_oauth2client_pushes_proves_its_key_and_refreshes(keyed: Provider) -> None:
    session = requests.Session()
    session.mount("http://", Direct())
    found = session.get(f"{HERE}/.well-known/openid-configuration").json()
    client = OAuth2Client.from_discovery_document(
        found, issuer=HERE, redirect_uri=BACK, session=session, testing=True, id_token_signed_response_alg="ES256",
        auth=PrivateKeyJwt(keyed.client.ref, Jwk(keyed.key.as_dict(private=True)), alg="ES256"),
        authorization_server_jwks=JwkSet(session.get(found["jwks_uri"]).json()), dpop_bound_access_tokens=True,
    )  # fmt: skip
    request = client.authorization_request(
        scope="openid email offline_access", acr_values="urn:praya:level:1", max_age=600
    )
    pushed = client.pushed_authorization_request(request)
    answer = request.validate_callback(led_back(keyed, str(pushed)))
    # The library (1.8.0) cannot keep a DPoP token when it validates an ID token; the next test validates one.
    tokens = client.authorization_code(answer, validate=False)
    assert tokens.token_type == "DPoP"
    assert tokens.id_token.acr == "urn:praya:level:1"
    said = requests_userinfo(session, found, tokens)
    assert said == {"sub": tokens.id_token.sub, "email": "resident@example.com", "email_verified": True}
    again = client.refresh_token(tokens)
    assert requests_userinfo(session, found, again)["sub"] == said["sub"]
    assert client.introspect_token(again.access_token)["active"]
    assert client.revoke_refresh_token(again.refresh_token)
    assert client.introspect_token(again.access_token) == {"active": False}


def test_requests_oauth2client_validates_an_id_token(today: Provider) -> None:
    session = requests.Session()
    session.mount("http://", Direct())
    found = session.get(f"{HERE}/.well-known/openid-configuration").json()
    client = OAuth2Client.from_discovery_document(
        found, issuer=HERE, redirect_uri=BACK, session=session, testing=True, id_token_signed_response_alg="ES256",
        auth=(today.client.ref, today.secret), authorization_server_jwks=JwkSet(session.get(found["jwks_uri"]).json()),
    )  # fmt: skip
    request = client.authorization_request(scope="openid", acr_values="urn:praya:level:1", max_age=600)
    assert found["authorization_response_iss_parameter_supported"]
    answer = request.validate_callback(led_back(today, str(request)))
    tokens = client.authorization_code(answer)
    assert tokens.id_token.nonce == request.nonce
    mixed = led_back(today, str(client.authorization_request(scope="openid"))).replace("iss=http%3A", "iss=https%3A")
    other = client.authorization_request(scope="openid", state=query(mixed)["state"])
    with pytest.raises(MismatchingIssuer):
        other.validate_callback(mixed)


def requests_userinfo(session: requests.Session, found: dict[str, Any], tokens: BearerToken) -> dict[str, Any]:
    return dict(session.get(found["userinfo_endpoint"], auth=tokens).json())


def test_authlib_signs_in_refreshes_and_revokes(today: Provider) -> None:
    provider = today
    provider.client, provider.secret, provider.key = provider.registered(way="private_key_jwt")
    client = OAuth2Session(
        provider.client.ref, provider.key, scope="openid profile email offline_access",
        redirect_uri=BACK, code_challenge_method="S256", token_endpoint_auth_method="private_key_jwt",
        revocation_endpoint_auth_method="private_key_jwt",
    )  # fmt: skip
    client.mount("http://", Direct())
    found = client.get(f"{HERE}/.well-known/openid-configuration", withhold_token=True).json()
    client.register_client_auth_method(PrivateKeyJWT(found["token_endpoint"], headers={"kid": "one"}, alg="ES256"))
    verifier = "v" * 64
    url, state = client.create_authorization_url(found["authorization_endpoint"], code_verifier=verifier, nonce="n")
    back = led_back(provider, url, ("name", "email"))
    tokens = client.fetch_token(
        found["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state
    )
    assert client.get(found["userinfo_endpoint"]).json()["name"] == "Sample Resident"
    newer = client.refresh_token(found["token_endpoint"], tokens["refresh_token"])
    assert newer["access_token"] != tokens["access_token"]
    client.register_client_auth_method(PrivateKeyJWT(found["revocation_endpoint"], headers={"kid": "one"}, alg="ES256"))
    answer = client.revoke_token(found["revocation_endpoint"], newer["refresh_token"])
    assert answer.status_code == 200, answer.text
    assert client.get(found["userinfo_endpoint"]).status_code == 401


def table(heading: str) -> dict[str, str]:
    """The rows of the table below a heading of the tutorial."""
    part = TUTORIAL.read_text("utf-8").split(f"## {heading}")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (.+?) \|$", part, re.MULTILINE)
    return dict(rows[1:])


@pytest.fixture
def served(committed: None, today: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Provider, str]]:
    """The provider behind a real address."""
    server = LiveServer("127.0.0.1")
    monkeypatch.setattr(settings, "PRAYA", settings.PRAYA.model_copy(update={"base_url": str(server.url)}))
    yield today, str(server.url)
    server.stop()


def test_the_tutorial_leads_an_integrator_to_a_service_that_works(served: tuple[Provider, str], tmp_path: Path) -> None:
    provider, here = served
    officer = identity.add_officer(
        name="Officer Sample", email="officer@example.com", roles=frozenset({identity.Role("dpo", "supervisor")}),
        at=provider.now, by="system",
    )  # fmt: skip
    desk = signed_in(officer=officer)
    # Step 2: the form, filled in as the table says.
    labels = {
        "Name in English": "title_en", "Name in Traditional Chinese": "title_zh", "Purpose in English": "purpose_en",
        "Purpose in Traditional Chinese": "purpose_zh", "Redirect addresses": "redirect_uris",
    }  # fmt: skip
    rows = table("2.")
    form: dict[str, Any] = {labels[name]: value for name, value in rows.items() if name in labels}
    chosen = {"Name": "name", "E-mail address": "email", "Language": "language"}
    form["fields"] = [chosen[name] for name in rows["Data that it may ask for"].split(", ")]
    assert rows["How the client proves who it is"] == "By a secret"
    page = desk.post("/en/desk/clients", {**form, "department": "dpo", "way": "secret", "level": "1"})["Location"]
    text = desk.post(f"{page}/do", {"do": "add_secret"}).content.decode()
    ref, secret = (re.search(rf'<code id="{name}">([^<]+)</code>', text)[1] for name in ("client-id", "secret"))
    # Step 3: the example as a program of its own. Its port is the one of the registered address.
    port = urlsplit(rows["Redirect addresses"]).port
    environment = {**os.environ, "PROVIDER": here, "CLIENT_ID": ref, "CLIENT_SECRET": secret, "PORT": str(port)}
    command = [sys.executable, str(ROOT / "examples" / "relying_party.py")]
    program = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout is not None
        service = program.stdout.readline().removeprefix("Open ").strip()
        # Step 4: the browser.
        person = identity.resident_for(officer_ref=officer.ref, language="en", at=provider.now)
        browser = requests.Session()
        cookie = signed_in(person_ref=person.ref).cookies[settings.SESSION_COOKIE_NAME].value
        browser.cookies.set(settings.SESSION_COOKIE_NAME, cookie)
        shown = browser.get(service)
        assert "Sign in to Ferry alerts" in shown.text
        form = shown.text.split(f"{urlsplit(shown.url).path}/answer")[1]
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
        hidden = {name: html.unescape(value) for name, value in hidden.items()}
        answer = browser.post(f"{shown.url}/answer", {**hidden, "do": "agree", "fields": "email"})
        back = html.unescape(re.search(r'content="0;url=([^"]+)"', answer.text)[1])
        assert query(back)["iss"] == here
        told = requests.get(back, timeout=20).text
    finally:
        program.terminate()
        program.wait(10)
    assert "email: officer@example.com" in told
    assert "acr: urn:praya:level:1" in told
    assert "name:" not in told
    assert set(table("4.")) == {"`sub`", "`email`", "`acr`"}
    # Step 6.
    desk.post(f"{page}/do", {"do": "ask_live"})
    assert openid.clients.client(ref, departments=DEPARTMENTS).proposed is None, "http:// is for the sandbox only"


def test_the_example_is_short() -> None:
    lines = (ROOT / "examples" / "relying_party.py").read_text("utf-8").splitlines()
    assert len([line for line in lines if line.strip()]) <= 65


def test_discovery_leads_to_keys_that_a_library_reads(provider: Provider) -> None:
    found = Browser().get("/.well-known/openid-configuration").json()
    keys = Browser().get(urlsplit(found["jwks_uri"]).path).json()
    assert [ECKey.import_key(key).kid for key in keys["keys"]]
