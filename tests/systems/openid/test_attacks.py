"""Each class of attack on the provider: with its defence taken away, its test fails."""

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client as Browser
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from tests.shape.conftest import signed_in
from tests.systems.openid.conftest import BACK, DEPARTMENTS, HERE, Provider, details, query, sent_to

from praya.blocks.identity import api as identity
from praya.kernel.journal import api as journal
from praya.systems.openid import api as openid
from praya.systems.openid.models import Asked, Grant
from praya.systems.openid.rules import jose, keys, levels

# The modulus of an RSA key of 1024 bits.
SHORT = base64.urlsafe_b64encode(b"\xc1" + b"\x55" * 127).rstrip(b"=").decode()

# Redirects


@pytest.mark.parametrize(
    "uri",
    [
        "https://rp.example/back/", "https://rp.example/Back", "https://RP.example/back", "https://rp.example:443/back",
        "https://rp.example:x/back", "https://rp.example:99999/back", "https://rp.example/back?a=1",
        "https://rp.example/back#a", "https://rp.example/back%2F..", "https://rp.example/a/../back",
        "https://rp.example.evil.test/back", "https://rp.example@evil.test/back", "https://evil.test/back",
        "https://evil.test\\@rp.example/back", "http://rp.example/back", "//rp.example/back", "/back", "",
        "https://rp.example/back ", " https://rp.example/back", "https://rp.example/back\t", "javascript:alert(1)",
        "https://rp.example/back;a=b", "https://rp.example//back", "https://rp.example/back/../../evil",
        "https://xn--rp-.example/back", "https://rp.example/bac\u212a",
    ],
)  # fmt: skip
def test_a_browser_is_sent_to_a_registered_address_only(provider: Provider, uri: str) -> None:
    answer = provider.authorize(redirect_uri=uri)
    assert answer.status_code == 400
    assert "Location" not in answer
    assert sent_to(answer) == ""
    assert not Asked.objects.exists()
    data = {**provider.parameters(redirect_uri=uri), **provider.proof()}
    assert provider.machine("par", data).status_code == 400


def test_a_request_with_a_parameter_twice_is_refused(provider: Provider) -> None:
    values = [*provider.parameters().items(), ("redirect_uri", "https://evil.test/")]
    answer = provider.browser.get("/authorize?" + urlencode(values))
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "uri",
    [
        "http://rp.example/back", "https://rp.example/*", "https://*.example/back", "https://rp.example/back#x",
        "https://rp.example", "https://user@rp.example/back", "https://rp.example:0x50/back", "https://rp.example/a/../b",
        "https://RP.example/back", "https://rp.example\\back/", "javascript://rp.example/", "https:///back",
        "https://rp.example /back", "https://rp.ex\u00e4mple/back", "custom.scheme:/back", "http://127.0.0.1:8080/back",
        "http://localhost.evil.test/back",
    ],
)  # fmt: skip
def test_no_address_that_can_be_read_in_two_ways_is_registered_for_everybody(provider: Provider, uri: str) -> None:
    with pytest.raises(openid.Unfit):
        provider.registered(redirect_uris=(uri,))


# PKCE


@pytest.mark.parametrize(
    "wrong",
    [
        {"code_challenge": None}, {"code_challenge_method": None}, {"code_challenge_method": "plain"},
        {"code_challenge_method": "s256"}, {"code_challenge": "short"}, {"code_challenge": "a" * 44},
        {"code_challenge": None, "code_challenge_method": None}, {"response_type": "token"},
        {"response_type": "code id_token"}, {"response_mode": "fragment"}, {"request": "e30.e30."},
        {"scope": "profile"}, {"scope": "openid admin"}, {"prompt": "none login"}, {"max_age": "-1"},
        {"claims": "[1]"}, {"claims": "{"},
    ],
)  # fmt: skip
def test_no_request_is_taken_without_pkce_or_with_what_we_do_not_do(provider: Provider, wrong: dict[str, Any]) -> None:
    answer = provider.authorize(**wrong)
    said = query(answer["Location"])
    assert answer["Location"].startswith(f"{BACK}?error=")
    assert said["iss"] == HERE, "an error says too from whom it is"
    assert said["state"] == "st"
    assert not Asked.objects.exists()


def test_a_code_needs_the_verifier_of_its_own_challenge(provider: Provider) -> None:
    code = provider.code()
    own = provider.verifier
    provider.parameters()
    other = provider.verifier
    for verifier in (None, "", "short", other, jose.digest(own), own + "a"):
        answer = provider.redeem(code, code_verifier=verifier)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant"), verifier
    assert provider.redeem(code, code_verifier=own).status_code == 200


def test_a_code_is_for_one_client_one_address_and_one_minute(provider: Provider) -> None:
    other, secret, _ = provider.registered()
    code = provider.code()
    elsewhere = provider.redeem(code, client_id=other.ref, client_secret=secret)
    assert elsewhere.json()["error"] == "invalid_grant"
    assert provider.redeem(code, redirect_uri="https://rp.example/back2").json()["error"] == "invalid_grant"
    assert provider.redeem(code, redirect_uri=None).json()["error"] == "invalid_grant"
    provider.later(seconds=61)
    assert provider.redeem(code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c[:-1] + ("0" if c[-1] != "0" else "1"), lambda c: "pr_" + c[3:], lambda c: c + "0",
        lambda c: c.upper(), lambda c: c.partition(".")[0] + ".",
    ],
)  # fmt: skip
def test_a_changed_code_is_no_code(provider: Provider, change: Any) -> None:
    assert provider.redeem(change(provider.code())).json()["error"] == "invalid_grant"


# Replay


def test_a_code_used_twice_takes_back_what_it_gave(provider: Provider) -> None:
    provider.browser = provider.resident()
    code = provider.code(scope="openid email offline_access")
    tokens = provider.redeem(code).json()
    assert provider.introspected(tokens["access_token"])["active"]
    assert provider.redeem(code).json()["error"] == "invalid_grant"
    assert provider.introspected(tokens["access_token"]) == {"active": False}
    assert provider.userinfo(tokens["access_token"]).status_code == 401
    assert provider.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert [fact.event for fact in journal.about(Grant.objects.get().ref)] == ["openid_replay_stopped"]


def test_a_refresh_token_used_twice_ends_its_family(provider: Provider) -> None:
    first = provider.tokens(scope="openid offline_access")
    second = provider.refresh(first["refresh_token"]).json()
    third = provider.refresh(second["refresh_token"]).json()
    assert provider.introspected(third["access_token"])["active"]
    assert provider.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
    assert provider.introspected(third["access_token"]) == {"active": False}
    assert provider.refresh(third["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_refresh_token_ends_with_time_and_with_signing_out_everywhere(provider: Provider) -> None:
    tokens = provider.tokens(scope="openid offline_access")
    other = provider.tokens(scope="openid offline_access")
    provider.later(days=31)
    assert provider.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    provider.now -= timedelta(days=31)
    identity.sign_out_everywhere(person_ref=provider.person.ref, at=provider.now)
    assert provider.refresh(other["refresh_token"]).json()["error"] == "invalid_grant"
    assert provider.userinfo(other["access_token"]).status_code == 401


def test_whoever_signed_out_everywhere_meanwhile_gets_no_token_for_a_code(provider: Provider) -> None:
    code = provider.code()
    identity.sign_out_everywhere(person_ref=provider.person.ref, at=provider.now)
    assert provider.redeem(code).json()["error"] == "invalid_grant"


def test_without_offline_access_there_is_no_refresh_token_and_an_access_token_ends(provider: Provider) -> None:
    tokens = provider.tokens()
    assert "refresh_token" not in tokens
    provider.later(minutes=4)
    assert provider.userinfo(tokens["access_token"]).status_code == 200
    provider.later(minutes=1)
    answer = provider.userinfo(tokens["access_token"])
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


def test_a_revoked_token_is_over_and_nobody_else_revokes_it(provider: Provider) -> None:
    tokens = provider.tokens(scope="openid offline_access")
    other, secret, _ = provider.registered()
    thief = {"client_id": other.ref, "client_secret": secret}
    assert provider.machine("revoke", {"token": tokens["refresh_token"], **thief}).status_code == 200
    assert provider.introspected(tokens["refresh_token"])["active"]
    provider.machine("revoke", {"token": tokens["access_token"], **provider.proof()})
    assert provider.introspected(tokens["access_token"]) == {"active": False}
    newer = provider.refresh(tokens["refresh_token"]).json()
    assert provider.introspected(newer["access_token"])["active"]
    provider.machine("revoke", {"token": newer["refresh_token"], **provider.proof()})
    assert provider.introspected(newer["access_token"]) == {"active": False}
    assert provider.machine("revoke", {"token": "nonsense", **provider.proof()}).status_code == 200


# Clients


def private_key_client(provider: Provider, **more: Any) -> None:
    provider.client, provider.secret, provider.key = provider.registered(way="private_key_jwt", **more)


def with_assertion(provider: Provider, proof: dict[str, str]) -> Any:
    return provider.machine("introspect", {"token": "x", **proof})


def test_a_client_proves_itself_by_an_assertion_once(provider: Provider) -> None:
    private_key_client(provider)
    proof = provider.assertion()
    assert with_assertion(provider, proof).json() == {"active": False}
    answer = with_assertion(provider, proof)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    # The same signature in another writing of its base64 is no second token.
    assert with_assertion(provider, {**proof, "client_assertion": proof["client_assertion"] + "="}).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://evil.test"}, {"aud": [HERE, "https://evil.test"]}, {"aud": None}, {"iss": "x"}, {"sub": "x"},
        {"exp": None}, {"exp": True}, {"exp": 1}, {"exp": 4_000_000_000}, {"exp": "9"}, {"jti": None}, {"jti": "short"},
        {"nbf": 4_000_000_000}, {"iat": 4_000_000_000}, {"aud": f"{HERE}/openid/userinfo"},
    ],
)  # fmt: skip
def test_an_assertion_for_others_or_another_time_is_refused(provider: Provider, claims: dict[str, Any]) -> None:
    private_key_client(provider)
    assert with_assertion(provider, provider.assertion(**claims)).status_code == 401
    assert with_assertion(provider, provider.assertion()).status_code == 200


def unsigned(header: dict[str, Any], provider: Provider) -> dict[str, str]:
    proof = provider.assertion()
    _, body, _ = proof["client_assertion"].split(".")
    head = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return {**proof, "client_assertion": f"{head}.{body}."}


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None, ["none"], "HS256"])
def test_an_assertion_without_a_signature_is_refused(provider: Provider, alg: Any) -> None:
    private_key_client(provider)
    assert with_assertion(provider, unsigned({"alg": alg, "kid": "one"}, provider)).status_code == 401


def test_the_public_key_is_no_shared_secret(provider: Provider) -> None:
    private_key_client(provider)
    proof = provider.assertion()
    body = proof["client_assertion"].split(".")[1]
    for secret in (provider.key.as_pem(private=False), json.dumps(provider.key.as_dict(private=False)).encode()):
        head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"one"}').rstrip(b"=").decode()
        mac = hmac.new(secret, f"{head}.{body}".encode(), hashlib.sha256).digest()
        text = f"{head}.{body}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"
        assert with_assertion(provider, {**proof, "client_assertion": text}).status_code == 401


def test_a_key_that_the_token_brings_counts_for_nothing(provider: Provider) -> None:
    private_key_client(provider)
    own = ECKey.generate_key("P-256", {"kid": "one"})
    public = own.as_dict(private=False)
    for header in (
        {"jwk": public}, {"jku": "https://evil.test/keys"}, {"x5u": "https://evil.test/cert"}, {"kid": "two"},
        {"kid": "../../../dev/null"}, {"kid": "' OR '1'='1"}, {"kid": ["one"]}, {"x5c": ["MII"]}, {},
    ):  # fmt: skip
        head = {"alg": "ES256", "kid": "one", **header}
        moment = int(provider.now.timestamp())
        ref = provider.client.ref
        claims = {"iss": ref, "sub": ref, "aud": HERE, "exp": moment + 60, "jti": f"jti-{sorted(header)}"}
        text = _sign(head, claims, own)
        proof = {**provider.assertion(), "client_assertion": text}
        assert with_assertion(provider, proof).status_code == 401, header
        # And with the right key: what would choose a key is refused for itself.
        if set(header) & {"jwk", "jku", "x5u", "x5c"}:
            text = _sign(head, {**claims, "jti": f"right-{sorted(header)}"}, provider.key)
            assert with_assertion(provider, {**proof, "client_assertion": text}).status_code == 401, header


def _sign(head: dict[str, Any], claims: dict[str, Any], key: ECKey) -> str:
    """An ES256 JWS with any header, which joserfc would not write."""
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from cryptography.hazmat.primitives.hashes import SHA256

    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims)]
    r, s = utils.decode_dss_signature(key.private_key.sign(b".".join(parts), ec.ECDSA(SHA256())))
    signature = base64.urlsafe_b64encode(r.to_bytes(32, "big") + s.to_bytes(32, "big")).rstrip(b"=")
    return b".".join([*parts, signature]).decode()


def test_another_clients_key_or_kind_of_key_is_refused(provider: Provider) -> None:
    private_key_client(provider)
    ref, key = provider.client.ref, provider.key
    private_key_client(provider)
    assert with_assertion(provider, provider.assertion(key)).status_code == 401
    assert with_assertion(provider, provider.assertion(key, iss=ref, sub=ref)).status_code == 200
    rsa = RSAKey.generate_key(2048)
    assert with_assertion(provider, provider.assertion(rsa, {"alg": "PS256"})).status_code == 401
    assert with_assertion(provider, provider.assertion(rsa, {"alg": "RS256"})).status_code == 401


@pytest.mark.parametrize("alg", ["none", "HS256", "RS256", "", None])
def test_no_other_algorithm_is_even_read(alg: Any) -> None:
    head = base64.urlsafe_b64encode(json.dumps({"alg": alg}).encode()).rstrip(b"=").decode()
    with pytest.raises(jose.Forged, match="alg must be"):
        jose.parsed(f"{head}.e30.AA")


def test_a_member_given_twice_is_refused() -> None:
    head = base64.urlsafe_b64encode(b'{"alg":"ES256","alg":"none"}').rstrip(b"=").decode()
    with pytest.raises(jose.Forged, match="twice"):
        jose.parsed(f"{head}.e30.AA")
    with pytest.raises(jose.Forged, match="canonical"):
        jose.parsed("eyJhbGciOiJFUzI1NiJ9.e31.AA")


@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "oct", "k": "AAAA"}, {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"}, {"kty": "EC"},
        {"kty": ["EC"]}, {"kty": "RSA", "e": "AQAB", "n": SHORT}, "private", "[]", "{", "1",
    ],
)  # fmt: skip
def test_only_good_public_keys_are_registered(provider: Provider, jwk: Any) -> None:
    text = json.dumps(provider.key.as_dict(private=True)) if jwk == "private" else jwk
    text = text if isinstance(text, str) else json.dumps(text)
    where = {"departments": DEPARTMENTS, "at": provider.now, "by": "officer:one"}
    with pytest.raises(openid.Unfit):
        openid.clients.add_key(provider.client.ref, jwk=text, **where)


def test_a_secret_and_a_key_end_when_the_clock_says_so(provider: Provider) -> None:
    assert with_assertion(provider, provider.proof()).status_code == 200
    keyed, _, key = provider.registered(way="private_key_jwt")
    provider.later(days=364, hours=23)
    mine = {"iss": keyed.ref, "sub": keyed.ref}
    assert with_assertion(provider, provider.proof()).status_code == 200
    assert with_assertion(provider, provider.assertion(key, **mine)).status_code == 200
    provider.later(hours=2)
    answer = with_assertion(provider, provider.proof())
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert "expired" in answer.json()["error_description"]
    assert with_assertion(provider, provider.assertion(key, **mine)).status_code == 401


def test_a_secret_is_needed_and_the_right_one(provider: Provider) -> None:
    ref = provider.client.ref
    for proof in (
        {"client_id": ref}, {"client_id": ref, "client_secret": "ps_wrong"}, {"client_id": ref, "client_secret": ""},
        {"client_id": "0" * 32, "client_secret": provider.secret}, {},
    ):  # fmt: skip
        assert with_assertion(provider, proof).status_code == 401, proof
    basic = base64.b64encode(f"{ref}:{provider.secret}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    assert provider.machine("introspect", {"token": "x"}, **headers).status_code == 200
    both = provider.machine("introspect", {"token": "x", **provider.proof()}, **headers)
    assert both.status_code == 400
    wrong = base64.b64encode(f"{ref}:wrong".encode()).decode()
    answer = provider.machine("introspect", {"token": "x"}, Authorization=f"Basic {wrong}")
    assert (answer.status_code, answer["WWW-Authenticate"][:5]) == (401, "Basic")


def test_a_public_client_has_nothing_to_prove_and_may_not_introspect(provider: Provider) -> None:
    provider.client, _, _ = provider.registered(way="none")
    code = provider.code()
    assert provider.redeem(code).status_code == 401, "a secret that it should not have"
    tokens = provider.redeem(code, client_secret=None).json()
    assert tokens["id_token"]
    answer = provider.machine("introspect", {"token": tokens["access_token"], "client_id": provider.client.ref})
    assert answer.status_code == 401


def test_another_departments_client_learns_nothing_of_a_token(provider: Provider) -> None:
    access = provider.tokens()["access_token"]
    neighbour, secret, _ = provider.registered()
    known = provider.machine(
        "introspect", {"token": access, "client_id": neighbour.ref, "client_secret": secret}
    ).json()
    assert known["active"]
    made = openid.clients.register(department="fehd", details=details(), at=provider.now, by="officer:x")
    _, secret = openid.clients.add_secret(made.ref, departments=["fehd"], at=provider.now, by="officer:x")
    answer = provider.machine("introspect", {"token": access, "client_id": made.ref, "client_secret": secret})
    assert answer.json() == {"active": False}


# DPoP and pushed requests


def test_a_bound_token_is_worthless_without_its_key(provider: Provider) -> None:
    mine, thief = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    code = provider.code(scope="openid email offline_access")
    data = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": provider.verifier}
    tokens = provider.machine("token", {**data, **provider.proof()}, DPoP=provider.dpop(mine, "token")).json()
    assert tokens["token_type"] == "DPoP"
    access = tokens["access_token"]
    assert provider.introspected(access)["cnf"] == {"jkt": mine.thumbprint()}

    def fetched(proof: str, scheme: str = "DPoP") -> int:
        return provider.userinfo(access, scheme, **({"DPoP": proof} if proof else {})).status_code

    good = provider.dpop(mine, "userinfo", access=access, htm="GET")
    assert fetched(good) == 200
    assert fetched(good) == 401, "a proof works once"
    assert fetched("", "Bearer") == 401
    assert fetched("", "DPoP") == 401
    assert fetched(provider.dpop(mine, "userinfo", access=access, htm="GET"), "Bearer") == 401
    for proof in (
        provider.dpop(thief, "userinfo", access=access, htm="GET"),
        provider.dpop(mine, "userinfo", htm="GET"),
        provider.dpop(mine, "userinfo", access=access + "x", htm="GET"),
        provider.dpop(mine, "userinfo", access=access),
        provider.dpop(mine, "token", access=access, htm="GET"),
        provider.dpop(mine, "userinfo", access=access, htm="GET", iat=int(provider.now.timestamp()) - 300),
        provider.dpop(mine, "userinfo", access=access, htm="GET", iat=int(provider.now.timestamp()) + 300),
        provider.dpop(mine, "userinfo", access=access, htm="GET", header={"typ": "JWT"}),
        provider.dpop(mine, "userinfo", access=access, htm="GET", header={"jwk": mine.as_dict(private=True)}),
        provider.dpop(mine, "userinfo", access=access, htm="GET", header={"jwk": thief.as_dict(private=False)}),
    ):
        assert fetched(proof) == 401, proof
    refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], **provider.proof()}
    assert provider.machine("token", refresh).json()["error"] == "invalid_dpop_proof"
    stolen = provider.machine("token", refresh, DPoP=provider.dpop(thief, "token"))
    assert stolen.json()["error"] == "invalid_dpop_proof"
    assert provider.machine("token", refresh, DPoP=provider.dpop(mine, "token")).status_code == 200


def test_a_client_that_must_prove_its_key_gets_nothing_without(provider: Provider) -> None:
    provider.client, provider.secret, _ = provider.registered(bound=True)
    code = provider.code()
    assert provider.redeem(code).json()["error"] == "invalid_dpop_proof"


def test_a_code_is_bound_to_the_key_of_its_request(provider: Provider) -> None:
    mine, thief = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    code = provider.code(dpop_jkt=mine.thumbprint())
    data = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": provider.verifier}
    data |= provider.proof()
    assert provider.redeem(code).json()["error"] == "invalid_dpop_proof"
    stolen = provider.machine("token", data, DPoP=provider.dpop(thief, "token"))
    assert stolen.json()["error"] == "invalid_dpop_proof"
    assert provider.machine("token", data, DPoP=provider.dpop(mine, "token")).status_code == 200


def test_a_pushed_request_is_used_once_by_its_own_client_and_soon(provider: Provider) -> None:
    provider.client, provider.secret, _ = provider.registered(pushed=True)
    other, _, _ = provider.registered()
    assert query(provider.authorize()["Location"])["error"] == "invalid_request", "this client must push"

    def pushed() -> str:
        answer = provider.machine("par", {**provider.parameters(), **provider.proof()})
        assert (answer.status_code, answer.json()["expires_in"]) == (201, 60)
        return answer.json()["request_uri"]

    def begun(uri: str, client: str = "") -> int:
        values = {"client_id": client or provider.client.ref, "request_uri": uri}
        return provider.browser.get("/authorize", values).status_code

    uri = pushed()
    assert begun(uri, other.ref) == 400
    assert begun(uri) == 303
    assert begun(uri) == 400
    late = pushed()
    provider.later(seconds=61)
    assert begun(late) == 400
    assert begun("urn:ietf:params:oauth:request_uri:" + "0" * 32) == 400
    assert begun("https://evil.test/request") == 400
    bad = provider.machine("par", {**provider.parameters(), "client_id": provider.client.ref})
    assert bad.status_code == 401
    # What the browser adds to a pushed request changes nothing of it.
    values = {**provider.parameters(redirect_uri="https://evil.test/"), "request_uri": pushed()}
    page = provider.browser.get("/authorize", values)["Location"]
    url = sent_to(provider.browser.post(f"{page}/answer", {"do": "agree"}))
    assert url.startswith(f"{BACK}?")


# Levels


@pytest.mark.parametrize(
    ("asked", "level", "told"),
    [("3 2 1", 1, "sign_in"), ("1 2", 1, 1), ("2 1", 2, 2), ("2 1", 1, "sign_in"), ("1 2", 2, 2), ("9", 1, 1),
     ("2", 3, 2), ("", 2, 2)],
)  # fmt: skip
def test_of_several_levels_the_preferred_one_is_aimed_at(provider: Provider, asked: str, level: int, told: Any) -> None:
    browser = provider.resident(level=level)
    provider.code(browser=browser)
    values = " ".join(f"urn:praya:level:{one}" for one in asked.split()) or None
    _, answer = provider.ask(browser, acr_values=values)
    if told == "sign_in":
        assert "/sign-in?" in sent_to(answer)
        aim = max(int(asked.split(maxsplit=1)[0]), 1)
        assert f"level={aim}" in sent_to(answer)
    else:
        claims = _body(provider.redeem(query(sent_to(answer))["code"]).json())
        assert claims["acr"] == levels.acr(told)


def _body(tokens: dict[str, Any]) -> dict[str, Any]:
    part = tokens["id_token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_an_essential_level_is_reached_or_nothing_is_given(provider: Provider) -> None:
    claims = json.dumps({"id_token": {"acr": {"essential": True, "values": ["urn:praya:level:2"]}}})
    page, answer = provider.ask(claims=claims)
    assert "level=2" in sent_to(answer)
    # Whoever comes back from signing in with less is sent back with an error, not with a lower level.
    provider.later(seconds=5)
    again = provider.resident(level=1)
    assert query(sent_to(again.get(page)))["error"] == "unmet_authentication_requirements"
    page, _ = provider.ask(claims=claims)
    provider.later(seconds=5)
    higher = provider.resident(level=2)
    assert higher.get(page).status_code == 200
    url = sent_to(higher.post(f"{page}/answer", {"do": "agree"}))
    assert _body(provider.redeem(query(url)["code"]).json())["acr"] == "urn:praya:level:2"
    unknown = json.dumps({"id_token": {"acr": {"essential": True, "values": ["urn:other:gold"]}}})
    assert query(provider.authorize(claims=unknown)["Location"])["error"] == "unmet_authentication_requirements"


def test_a_clients_own_minimum_is_not_lowered_by_a_request(provider: Provider) -> None:
    provider.client, provider.secret, _ = provider.registered(level=2)
    for asked in (None, "urn:praya:level:1"):
        page, answer = provider.ask(acr_values=asked)
        assert "level=2" in sent_to(answer)
        assert provider.browser.post(f"{page}/answer", {"do": "agree"}).status_code == 404
    assert query(sent_to(provider.ask(prompt="none")[1]))["error"] == "login_required"
    assert not Grant.objects.exists()


def test_an_older_sign_in_than_wanted_is_not_enough(provider: Provider) -> None:
    provider.code()
    provider.later(minutes=5)
    for wrong in ({"max_age": "60"}, {"max_age": "0"}, {"prompt": "login"}, {"prompt": "select_account"}):
        page, answer = provider.ask(**wrong)
        assert "/sign-in?" in sent_to(answer), wrong
        assert provider.browser.post(f"{page}/answer", {"do": "agree"}).status_code == 404
    assert query(sent_to(provider.ask(max_age="600")[1]))["code"]
    page, _ = provider.ask(prompt="login")
    provider.later(seconds=2)
    fresh = provider.resident()
    url = sent_to(fresh.get(page))
    claims = _body(provider.redeem(query(url)["code"]).json())
    assert claims["auth_time"] == int(provider.now.timestamp())


def test_a_raised_minimum_challenges_the_holder_of_an_older_token(provider: Provider) -> None:
    tokens = provider.tokens()
    ref, where = provider.client.ref, {"departments": DEPARTMENTS, "at": provider.now}
    openid.clients.change(ref, details=details(level=2), by="officer:one", **where)
    assert provider.userinfo(tokens["access_token"]).status_code == 200, "nobody approved it yet"
    openid.clients.approve(ref, by="officer:two", **where)
    answer = provider.userinfo(tokens["access_token"])
    assert answer.status_code == 401
    challenge = answer["WWW-Authenticate"]
    assert 'error="insufficient_user_authentication"' in challenge
    assert 'acr_values="urn:praya:level:2 urn:praya:level:3"' in challenge


# Persons


def test_services_of_two_hosts_know_a_person_by_two_pseudonyms(provider: Provider) -> None:
    first = _body(provider.tokens())["sub"]
    assert _body(provider.tokens())["sub"] == first
    provider.client, provider.secret, _ = provider.registered()
    assert _body(provider.tokens())["sub"] == first, "one host of one department"
    provider.client, provider.secret, _ = provider.registered(redirect_uris=("https://other.example/back",))
    page, _ = provider.ask(redirect_uri="https://other.example/back")
    url = sent_to(provider.browser.post(f"{page}/answer", {"do": "agree"}))
    other = provider.redeem(query(url)["code"], redirect_uri="https://other.example/back").json()
    assert _body(other)["sub"] != first


def test_nobody_but_its_officers_signs_in_to_a_client_of_the_sandbox(provider: Provider) -> None:
    made = openid.clients.register(department="dpo", details=details(), at=provider.now, by="officer:one")
    provider.client = made
    _, answer = provider.ask()
    assert answer.status_code == 403
    roles = frozenset({identity.Role("dpo", "officer")})
    officer = identity.add_officer(
        name="Officer Sample", email="officer@example.com", roles=roles, at=provider.now, by="system"
    )
    person = identity.resident_for(officer_ref=officer.ref, language="en", at=provider.now)
    assert provider.ask(provider.resident(person=person.ref))[1].status_code == 200
    elsewhere = identity.add_officer(
        name="Officer Other", email="other@example.com", roles=frozenset({identity.Role("fehd", "officer")}),
        at=provider.now, by="system",
    )  # fmt: skip
    stranger = identity.resident_for(officer_ref=elsewhere.ref, language="en", at=provider.now)
    assert provider.ask(provider.resident(person=stranger.ref))[1].status_code == 403


def test_whoever_proposed_a_client_does_not_approve_it(provider: Provider) -> None:
    made = openid.clients.register(department="dpo", details=details(), at=provider.now, by="officer:one")
    where = {"departments": DEPARTMENTS, "at": provider.now}
    openid.clients.ask_live(made.ref, by="officer:one", **where)
    with pytest.raises(openid.clients.NotAnother):
        openid.clients.approve(made.ref, by="officer:one", **where)
    assert openid.clients.client(made.ref, departments=DEPARTMENTS).state == "sandbox"
    openid.clients.approve(made.ref, by="officer:two", **where)
    assert openid.clients.client(made.ref, departments=DEPARTMENTS).state == "live"


def test_a_live_client_changes_only_when_another_officer_agrees(provider: Provider) -> None:
    ref, where = provider.client.ref, {"departments": DEPARTMENTS, "at": provider.now}
    more = details(redirect_uris=(BACK, "https://rp.example/second"))
    openid.clients.change(ref, details=more, by="officer:one", **where)
    assert provider.authorize(redirect_uri="https://rp.example/second").status_code == 400
    openid.clients.approve(ref, by="officer:two", **where)
    assert provider.authorize(redirect_uri="https://rp.example/second").status_code == 303
    elsewhere = details(redirect_uris=("https://evil.test/back",))
    with pytest.raises(openid.Unfit, match="host_changed"):
        openid.clients.change(ref, details=elsewhere, by="officer:one", **where)


def test_a_new_purpose_is_asked_for_anew_and_a_field_that_was_not_approved_never_leaves(provider: Provider) -> None:
    provider.code()
    ref, where = provider.client.ref, {"departments": DEPARTMENTS, "at": provider.now}
    changed = details(purpose={"en": "To sell it.", "zh-hant": "以便出售。"}, fields=("name",))
    openid.clients.change(ref, details=changed, by="officer:one", **where)
    openid.clients.approve(ref, by="officer:two", **where)
    page, answer = provider.ask()
    assert "To sell it." in answer.content.decode()
    assert "E-mail address" not in answer.content.decode()
    url = sent_to(provider.browser.post(f"{page}/answer", {"do": "agree", "fields": ["name", "email"]}))
    tokens = provider.redeem(query(url)["code"]).json()
    assert set(provider.userinfo(tokens["access_token"]).json()) == {"sub", "name"}


def test_a_page_of_consent_is_answered_once_and_by_whoever_is_signed_in(provider: Provider) -> None:
    page, _ = provider.ask()
    answer = Browser().post(f"{page}/answer", {"do": "agree"})
    assert "/sign-in?" in answer["Location"]
    assert query(sent_to(provider.browser.post(f"{page}/answer", {"do": "agree"})))["code"]
    assert provider.browser.post(f"{page}/answer", {"do": "agree"}).status_code == 404
    assert Grant.objects.count() == 1


def test_a_form_of_another_site_does_not_agree(provider: Provider) -> None:
    page, _ = provider.ask()
    strict = Browser(enforce_csrf_checks=True)
    strict.cookies.update(provider.browser.cookies)
    assert strict.post(f"{page}/answer", {"do": "agree"}).status_code == 403
    assert not Grant.objects.exists()


def test_a_wish_for_another_person_is_not_met_by_this_one(provider: Provider) -> None:
    sub = _body(provider.tokens())["sub"]
    same = json.dumps({"id_token": {"sub": {"value": sub}}})
    assert query(sent_to(provider.ask(claims=same)[1]))["code"]
    other = json.dumps({"id_token": {"sub": {"value": "0" * 32}}})
    assert query(sent_to(provider.ask(claims=other, prompt="none")[1]))["error"] == "login_required"


def test_an_erased_person_is_nobody(provider: Provider) -> None:
    tokens = provider.tokens(scope="openid email offline_access")
    code = provider.code(scope="openid email offline_access")
    identity.erase(person_ref=provider.person.ref, at=provider.now, by="system")
    assert provider.userinfo(tokens["access_token"]).status_code == 401
    assert provider.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert provider.redeem(code).json()["error"] == "invalid_grant"


# Claims, field by field


def test_the_claims_parameter_is_honoured_field_by_field(provider: Provider) -> None:
    claims = json.dumps({
        "userinfo": {"name": {"essential": True}, "nickname": None},
        "id_token": {"email": None, "auth_time": {"essential": True}},
    })  # fmt: skip
    page, answer = provider.ask(scope="openid", claims=claims)
    text = answer.content.decode()
    assert "The service needs" in text
    url = sent_to(provider.browser.post(f"{page}/answer", {"do": "agree", "fields": ["email", "language"]}))
    tokens = provider.redeem(query(url)["code"]).json()
    body = _body(tokens)
    assert body["email"] == "resident@example.com"
    assert "name" not in body
    assert "email_verified" not in body
    said = provider.userinfo(tokens["access_token"]).json()
    assert said["name"] == "Sample Resident"
    assert "locale" not in said, "nobody asked for it"


# Keys


def test_a_new_key_is_known_before_it_signs_and_an_old_one_after(provider: Provider) -> None:
    def kids() -> list[str]:
        return [key["kid"] for key in Browser().get("/openid/keys").json()["keys"]]

    def signer() -> str:
        head = provider.tokens()["id_token"].split(".")[0]
        return json.loads(base64.urlsafe_b64decode(head + "=="))["kid"]

    def turn() -> None:
        openid.keys.rotate(at=provider.now)
        provider.browser = provider.resident()

    first = signer()
    assert kids() == [first]
    begun = provider.now
    provider.now = begun + keys.SIGNS_FOR - keys.OVERLAP
    turn()
    both = kids()
    assert both[0] == first
    assert len(both) == 2
    assert signer() == first
    assert openid.keys.rotate(at=provider.now) == 0
    provider.now = begun + keys.SIGNS_FOR + timedelta(hours=1)
    turn()
    assert signer() == both[1]
    assert kids() == both
    provider.now = begun + keys.SIGNS_FOR + keys.OVERLAP + timedelta(hours=1)
    turn()
    assert kids() == [both[1]]


def test_an_id_token_verifies_by_the_published_key_and_by_no_other(provider: Provider) -> None:
    tokens = provider.tokens()
    assert openid.keys.opened(tokens["id_token"], at=provider.now)
    forged = jwt.encode({"alg": "ES256"}, _body(tokens), ECKey.generate_key("P-256"), algorithms=["ES256"])
    assert openid.keys.opened(forged, at=provider.now) is None
    assert openid.keys.opened(tokens["access_token"], at=provider.now) is None


# Sessions


def test_signing_in_anew_for_a_request_begins_a_new_session(provider: Provider) -> None:
    before = signed_in(person_ref=provider.person.ref)
    page, _ = provider.ask(before, prompt="login")
    old = before.cookies.output()
    provider.later(seconds=3)
    after = signed_in(person_ref=provider.person.ref)
    assert after.cookies.output() != old
    assert after.get(page).status_code == 200
    assert "/sign-in?" in sent_to(before.get(page)), "the old session is not made younger by it"
