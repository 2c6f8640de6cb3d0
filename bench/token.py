"""A code exchanged for an ID token, with PKCE: our provider beside django-oauth-toolkit, on one database.

Both answer the same request (POST with code and verifier, a public client) with an access token, a refresh token and
an ID token. Ours goes through every middleware of the house, theirs through none. The codes are made beforehand and
not timed. Theirs is measured a second time with a confidential client, whose secret it hashes as its settings say by
default, beside ours with a secret. CPU is that of the process; the database's own is not in it.
"""

import json
import statistics
from pathlib import Path

from bench.ground import installation, report, scratch_database, small_service

ROUNDS, EACH = 6, 150
_SETTINGS = """
from praya.project.settings import *
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

INSTALLED_APPS = [*INSTALLED_APPS, "django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"]
_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OAUTH2_PROVIDER = {
    "OIDC_ENABLED": True, "PKCE_REQUIRED": True, "SCOPES": {"openid": "", "email": ""},
    "OIDC_RSA_PRIVATE_KEY": _key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode(),
}
"""
_CODE = """
import json, secrets, statistics, sys, time
from datetime import UTC, datetime, timedelta
import django
django.setup()
from django.contrib.auth import get_user_model
from django.core.handlers.base import BaseHandler
from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import include, path
import types
from urllib.parse import urlencode
call_command("migrate", verbosity=0)
from oauth2_provider.models import Grant as TheirGrant, get_application_model
from praya.blocks.identity import api as identity
from praya.systems.openid import api as openid
from praya.systems.openid.rules import jose

rounds, each = int(sys.argv[1]), int(sys.argv[2])
at, back = datetime.now(UTC), "https://rp.example/back"
person = identity.enrol(email="bench@example.com", name="Sample", language="en", at=at)
user = get_user_model().objects.create(username="bench", email="bench@example.com")
session = openid.authorizing.Session(person.ref, "0" * 32, 1, at)
factory = RequestFactory(SERVER_NAME="localhost")

def form(url, data):
    return factory.post(url, urlencode(data), content_type="application/x-www-form-urlencoded")

def client(way):
    made = openid.clients.register(department="dpo", at=at, by="officer:one", details=openid.Details(
        title={"en": "Bench", "zh-hant": "x"}, purpose={"en": "p", "zh-hant": "x"}, redirect_uris=(back,),
        fields=("email",), way=way))
    openid.clients.ask_live(made.ref, departments=["dpo"], at=at, by="officer:one")
    openid.clients.approve(made.ref, departments=["dpo"], at=at, by="officer:two")
    secret = openid.clients.add_secret(made.ref, departments=["dpo"], at=at, by="officer:one")[1]
    return made.ref, secret

ours_public, ours_secret = client("none"), client("secret")
Application = get_application_model()
def their_client(kind):
    secret = secrets.token_urlsafe(32)
    return Application.objects.create(
        name=kind, client_type=kind, client_secret=secret, redirect_uris=back, algorithm="RS256",
        authorization_grant_type="authorization-code", skip_authorization=True, user=user), secret
their_public, their_secret = their_client("public"), their_client("confidential")

def our_codes(which, count):
    out = []
    for _ in range(count):
        verifier = secrets.token_urlsafe(40)
        values = {"client_id": which[0], "redirect_uri": back, "response_type": "code",
                  "scope": "openid email offline_access", "nonce": "n",
                  "code_challenge": jose.digest(verifier), "code_challenge_method": "S256"}
        moment = datetime.now(UTC)
        ref, _ = openid.authorizing.begin({k: [v] for k, v in values.items()}, issuer="x", at=moment)
        url = openid.authorizing.agree(ref, session, given=["email"], issuer="x", at=moment)
        data = {"grant_type": "authorization_code", "code": url.partition("code=")[2].partition("&")[0],
                "redirect_uri": back, "code_verifier": verifier, "client_id": which[0]}
        out.append(form("/openid/token", data | ({"client_secret": which[1]} if which is ours_secret else {})))
    return out

def their_codes(which, count):
    out = []
    for _ in range(count):
        verifier = secrets.token_urlsafe(40)
        grant = TheirGrant.objects.create(
            user=user, code=secrets.token_urlsafe(24), application=which[0], redirect_uri=back, scope="openid email",
            expires=datetime.now(UTC) + timedelta(minutes=5), nonce="n",
            code_challenge=jose.digest(verifier), code_challenge_method="S256")
        data = {"grant_type": "authorization_code", "code": grant.code, "redirect_uri": back, "code_verifier": verifier,
                "client_id": which[0].client_id}
        out.append(form("/o/token/", data | ({"client_secret": which[1]} if which is their_secret else {})))
    return out

urls = types.ModuleType("their_urls")
urls.urlpatterns = [path("o/", include("oauth2_provider.urls", namespace="oauth2_provider"))]
sys.modules["their_urls"] = urls

def handler(**settings):
    with override_settings(**settings):
        made = BaseHandler()
        made.load_middleware()
    return made

house, bare = handler(), handler(MIDDLEWARE=[])

def timed(made, requests, urlconf=None):
    for request in requests:
        request._dont_enforce_csrf_checks = True
        if urlconf:
            request.urlconf = urlconf
    began = time.process_time()
    answers = [made.get_response(request) for request in requests]
    used = (time.process_time() - began) / len(requests) * 1000
    for answer in answers:
        said = json.loads(answer.content)
        assert answer.status_code == 200 and {"access_token", "refresh_token", "id_token"} <= set(said), said
    return used

def queries(made, requests, urlconf=None):
    with CaptureQueriesContext(connection) as asked:
        timed(made, requests, urlconf)
    return len([one for one in asked if not one["sql"].startswith(("SAVEPOINT", "RELEASE"))])

kinds = {
    "ours": (lambda n: timed(house, our_codes(ours_public, n)), each),
    "theirs": (lambda n: timed(bare, their_codes(their_public, n), "their_urls"), each),
    "ours_with_secret": (lambda n: timed(house, our_codes(ours_secret, n)), each),
    "theirs_with_secret": (lambda n: timed(bare, their_codes(their_secret, n), "their_urls"), max(5, each // 30)),
}
for run, _ in kinds.values():
    run(5)
found = {name: [] for name in kinds}
for _ in range(rounds):
    for name, (run, count) in kinds.items():
        found[name].append(run(count))
asked = {
    "ours": queries(house, our_codes(ours_public, 1)),
    "theirs": queries(bare, their_codes(their_public, 1), "their_urls"),
    "ours_with_secret": queries(house, our_codes(ours_secret, 1)),
    "theirs_with_secret": queries(bare, their_codes(their_secret, 1), "their_urls"),
}
print(json.dumps({"cpu": found, "queries": asked}))
"""


def main() -> None:
    """Measure, and print a last line of JSON."""
    with scratch_database() as database, installation(small_service(), DATABASE_URL=database) as made:
        (made.folder / "token_settings.py").write_text(_SETTINGS, "utf-8")
        made.environment["DJANGO_SETTINGS_MODULE"] = "token_settings"
        made.environment["PYTHONPATH"] += f":{Path(made.folder)}"
        found = json.loads(made.run("-c", _CODE, str(ROUNDS), str(EACH)).splitlines()[-1])
    middle = {name: statistics.median(rounds) for name, rounds in found["cpu"].items()}
    for name, rounds in found["cpu"].items():
        spread = ", ".join(f"{one:.2f}" for one in sorted(rounds))
        print(f"{name}: {middle[name]:.2f} ms of CPU ({spread}), {found['queries'][name]} queries")
    report(
        "token", ratio=round(middle["ours"] / middle["theirs"], 3),
        ratio_with_secret=round(middle["ours_with_secret"] / middle["theirs_with_secret"], 4),
        cpu_ms={name: round(one, 2) for name, one in middle.items()}, queries=found["queries"],
    )  # fmt: skip


if __name__ == "__main__":
    main()
