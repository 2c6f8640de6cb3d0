"""A person signs in to a service: code, PKCE, ID token, data, consent."""

from django.test import Client as Browser
from joserfc import jwt
from joserfc.jwk import KeySet
from tests.systems.openid.conftest import BACK, HERE, Provider, query, sent_to

from praya.kernel.journal import api as journal


def test_a_person_agrees_and_the_service_gets_what_they_agreed_to(provider: Provider) -> None:
    page, answer = provider.ask()
    text = answer.content.decode()
    assert "Tree watch" in text
    assert "rp.example" in text
    url = sent_to(provider.browser.post(f"{page}/answer", {"do": "agree", "fields": ["email"]}))
    assert url.startswith(f"{BACK}?")
    assert query(url)["state"] == "st"
    assert query(url)["iss"] == HERE
    answer = provider.redeem(query(url)["code"])
    assert answer["Cache-Control"] == "no-store"
    tokens = answer.json()
    keys = KeySet.import_key_set(Browser().get("/openid/keys").json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"]).claims
    assert claims["iss"] == HERE
    assert claims["aud"] == provider.client.ref
    assert claims["nonce"] == "no"
    assert claims["acr"] == "urn:praya:level:1"
    assert claims["auth_time"] == int(provider.now.timestamp())
    assert "email" not in claims
    said = provider.userinfo(tokens["access_token"]).json()
    assert said == {"sub": claims["sub"], "email": "resident@example.com", "email_verified": True}
    assert provider.person.ref not in tokens["id_token"] + tokens["access_token"] + claims["sub"]


def test_a_person_who_agreed_is_not_asked_again_and_who_refuses_is_told_to_the_service(provider: Provider) -> None:
    provider.code(fields=("name",))
    _, answer = provider.ask()
    assert query(sent_to(answer))["code"]
    _, answer = provider.ask(prompt="consent")
    assert sent_to(answer) == ""
    page, _ = provider.ask(prompt="consent")
    url = sent_to(provider.browser.post(f"{page}/answer", {"do": "decline"}))
    assert query(url)["error"] == "access_denied"
    assert provider.browser.get(page).status_code == 404


def test_whoever_is_not_signed_in_signs_in_first(provider: Provider) -> None:
    stranger = Browser()
    page, answer = provider.ask(stranger)
    assert answer["Location"] == f"/en/sign-in?next={page.replace('/', '%2F')}"
    assert query(sent_to(provider.ask(stranger, prompt="none")[1]))["error"] == "login_required"
    assert query(sent_to(provider.ask(prompt="none")[1]))["error"] == "consent_required"
    provider.code()
    assert query(sent_to(provider.ask(prompt="none")[1]))["code"]


def test_the_page_speaks_the_languages_of_the_person(provider: Provider) -> None:
    page, answer = provider.ask(ui_locales="zh-Hant-HK en")
    assert page.startswith("/zh-hant/")
    assert "樹木觀察" in answer.content.decode()
    assert "树木观察" in provider.browser.get(page.replace("/zh-hant/", "/zh-hans/")).content.decode()


def test_consents_are_read_and_withdrawn_field_by_field(provider: Provider) -> None:
    tokens = provider.tokens()
    assert set(provider.userinfo(tokens["access_token"]).json()) == {"sub", "name", "email", "email_verified"}
    text = provider.browser.get("/en/consents").content.decode()
    assert "Tree watch" in text
    assert "To answer you." in text
    provider.browser.post("/en/consents", {"client": provider.client.ref, "field": "email"})
    assert set(provider.userinfo(tokens["access_token"]).json()) == {"sub", "name"}
    provider.browser.post("/en/consents", {"client": provider.client.ref})
    assert provider.userinfo(tokens["access_token"]).status_code == 401
    assert sent_to(provider.ask()[1]) == ""
    events = [fact.event for fact in journal.about(provider.person.ref)]
    assert events.count("consent_withdrawn") == 2
    assert events.count("consent_answered") == 1


def test_what_the_provider_says_of_itself_is_so(provider: Provider) -> None:
    answer = Browser().get("/.well-known/openid-configuration")
    said = answer.json()
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert said["issuer"] == HERE
    for name, url in said.items():
        if name.endswith(("_endpoint", "_uri")):
            assert Browser().get(url.removeprefix(HERE)).status_code in {200, 303, 400, 401, 405}, name
