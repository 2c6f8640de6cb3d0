"""A provider with a live client, a resident in a browser, and what a relying party does by hand."""

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from django.test import Client as Browser
from joserfc import jwt
from joserfc.jwk import ECKey
from tests.installations import _append_only_again, committed  # noqa: F401
from tests.shape.conftest import signed_in

from praya.blocks.identity import api as identity
from praya.journey import load
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.systems.openid import api as openid
from praya.systems.openid.rules import jose

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
BACK = "https://rp.example/back"
HERE = "http://127.0.0.1:8000"
DEPARTMENTS = ("dpo",)
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def details(**more: Any) -> openid.Details:
    given = {
        "title": {"en": "Tree watch", "zh-hant": "樹木觀察"},
        "purpose": {"en": "To answer you.", "zh-hant": "以便回覆你。"},
        "redirect_uris": (BACK,),
        "fields": ("name", "email", "language"),
        "way": "secret",
        "logout_uris": ("https://rp.example/bye",),
    }
    return openid.Details(**{**given, **more})


class Provider:
    """The provider, as a relying party and a browser see it."""

    def __init__(self) -> None:
        self.now = AT
        self.person = identity.enrol(email="resident@example.com", name="Sample Resident", language="en", at=AT)
        self.client, self.secret, self.key = self.registered()
        self.browser = self.resident()

    def registered(self, **more: Any) -> tuple[openid.clients.Client, str, ECKey]:
        """A live client with a secret and a key."""
        made = openid.clients.register(department="dpo", details=details(**more), at=self.now, by="officer:one")
        where = {"departments": DEPARTMENTS, "at": self.now}
        openid.clients.ask_live(made.ref, by="officer:one", **where)
        openid.clients.approve(made.ref, by="officer:two", **where)
        _, secret = openid.clients.add_secret(made.ref, by="officer:one", **where)
        key = ECKey.generate_key("P-256", {"kid": "one"})
        openid.clients.add_key(made.ref, jwk=json.dumps(key.as_dict(private=False)), by="officer:one", **where)
        return openid.clients.client(made.ref, departments=DEPARTMENTS), secret, key

    def resident(self, level: int = 1, person: str = "") -> Browser:
        return signed_in(person_ref=person or self.person.ref, level=level)

    def later(self, **delta: float) -> None:
        self.now += timedelta(**delta)

    # What a relying party does.

    def parameters(self, **more: Any) -> dict[str, str]:
        self.verifier = secrets.token_urlsafe(40)
        given = {
            "client_id": self.client.ref, "redirect_uri": BACK, "response_type": "code",
            "scope": "openid profile email", "state": "st", "nonce": "no", "code_challenge": jose.digest(self.verifier),
            "code_challenge_method": "S256",
        }  # fmt: skip
        return {name: value for name, value in {**given, **more}.items() if value is not None}

    def authorize(self, browser: Browser | None = None, **more: Any) -> Any:
        """The answer to the authorization request."""
        return (browser or self.browser).get("/authorize?" + urlencode(self.parameters(**more)))

    def ask(self, browser: Browser | None = None, **more: Any) -> tuple[str, Any]:
        """The address of the person's page, and what it answers."""
        page = self.authorize(browser, **more)["Location"]
        return page, (browser or self.browser).get(page)

    def agreed(self, browser: Browser | None = None, fields: tuple[str, ...] = ("name", "email"), **more: Any) -> str:
        """The address to which the person is led who agrees."""
        page, answer = self.ask(browser, **more)
        if sent_to(answer):
            return sent_to(answer)
        return sent_to((browser or self.browser).post(f"{page}/answer", {"do": "agree", "fields": list(fields)}))

    def code(self, **more: Any) -> str:
        return query(self.agreed(**more))["code"]

    def machine(self, path: str, data: dict[str, Any], **headers: Any) -> Any:
        return Browser().post(f"/openid/{path}", data, headers=headers)

    def proof(self, client: str = "") -> dict[str, str]:
        return {"client_id": client or self.client.ref, "client_secret": self.secret}

    def redeem(self, code: str, **more: Any) -> Any:
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": self.verifier}
        values = {**given, **self.proof(), **more}
        return self.machine("token", {name: value for name, value in values.items() if value is not None})

    def tokens(self, **more: Any) -> dict[str, Any]:
        answer = self.redeem(self.code(**more))
        assert answer.status_code == 200, answer.content
        return answer.json()

    def refresh(self, token: str, **more: Any) -> Any:
        return self.machine("token", {"grant_type": "refresh_token", "refresh_token": token, **self.proof(), **more})

    def userinfo(self, access: str, scheme: str = "Bearer", **headers: Any) -> Any:
        return Browser().get("/openid/userinfo", headers={"Authorization": f"{scheme} {access}", **headers})

    def introspected(self, token: str) -> dict[str, Any]:
        return self.machine("introspect", {"token": token, **self.proof()}).json()

    def assertion(self, key: Any = None, header: dict[str, Any] | None = None, **claims: Any) -> dict[str, str]:
        moment = int(self.now.timestamp())
        given = {
            "iss": self.client.ref, "sub": self.client.ref, "aud": HERE, "exp": moment + 60,
            "jti": secrets.token_hex(16),
        }  # fmt: skip
        head = {"alg": "ES256", "kid": "one", **(header or {})}
        signed = jwt.encode(head, {**given, **claims}, key or self.key, algorithms=[head["alg"]])
        return {"client_assertion_type": ASSERTION, "client_assertion": signed}

    def dpop(
        self, key: ECKey, path: str, *, access: str = "", header: dict[str, Any] | None = None, **more: Any
    ) -> str:
        claims = {
            "htm": "POST", "htu": f"{HERE}/openid/{path}", "iat": int(self.now.timestamp()),
            "jti": secrets.token_hex(8),
            **({"ath": jose.digest(access)} if access else {}), **more,
        }  # fmt: skip
        head = {"alg": "ES256", "typ": "dpop+jwt", "jwk": key.as_dict(private=False), **(header or {})}
        return jwt.encode(head, claims, key, algorithms=["ES256"], default_type=None)


def sent_to(answer: Any) -> str:
    """Where an answer leads the browser: by a redirect, or by a page that goes on; empty for any other page."""
    if "Location" in answer:
        return str(answer["Location"])
    import html
    import re

    found = re.search(r'http-equiv="refresh" content="0;url=([^"]+)"', answer.content.decode())
    return html.unescape(found[1]) if found else ""


def query(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.fixture
def provider(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    box: list[Provider] = []
    monkeypatch.setattr(clock, "now", lambda: box[0].now if box else AT)
    load.forget()
    openid.keys.forget()
    made = Provider()
    box.append(made)
    yield made
    load.forget()
    openid.keys.forget()
    vault.reset_memory()
