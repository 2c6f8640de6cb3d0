"""A service that people sign in to with their Praya account. It needs `pip install Authlib requests`.

PROVIDER=http://127.0.0.1:8000 CLIENT_ID=... CLIENT_SECRET=... python relying_party.py
"""

import html
import os
import secrets
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

PROVIDER, CLIENT_ID = os.environ["PROVIDER"], os.environ["CLIENT_ID"]
PORT = int(os.environ.get("PORT", "8765"))
BACK = f"http://127.0.0.1:{PORT}/back"
session = OAuth2Session(
    CLIENT_ID, os.environ["CLIENT_SECRET"], scope="openid profile email", redirect_uri=BACK,
    code_challenge_method="S256", token_endpoint_auth_method="client_secret_post",
)  # fmt: skip
provider = session.get(f"{PROVIDER}/.well-known/openid-configuration", withhold_token=True).json()
waiting: dict[str, tuple[str, str]] = {}
"""State -> nonce and code verifier of a sign-in that has begun. A real service keeps them in the person's session."""


def begin() -> str:
    """The address to which the browser of a person is sent."""
    nonce, verifier = secrets.token_urlsafe(), secrets.token_urlsafe(48)
    url, state = session.create_authorization_url(
        provider["authorization_endpoint"], nonce=nonce, code_verifier=verifier, acr_values="urn:praya:level:1"
    )
    waiting[state] = nonce, verifier
    return url


def finish(address: str) -> dict[str, str]:
    """What the provider tells of the person who comes back to an address of ours. Raises if something is amiss."""
    said = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    nonce, verifier = waiting.pop(said["state"])
    assert said["iss"] == provider["issuer"], "another provider answers (RFC 9207)"
    tokens = session.fetch_token(provider["token_endpoint"], authorization_response=address, code_verifier=verifier)
    keys = KeySet.import_key_set(session.get(provider["jwks_uri"], withhold_token=True).json())
    claims = jwt.decode(tokens["id_token"], keys, algorithms=["ES256"]).claims
    jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": PROVIDER}, aud={"essential": True, "value": CLIENT_ID},
        nonce={"essential": True, "value": nonce},
    ).validate(claims)  # fmt: skip
    person = session.get(provider["userinfo_endpoint"]).json()
    assert person["sub"] == claims["sub"]
    return {**person, "acr": claims["acr"]}


class Service(BaseHTTPRequestHandler):
    """Two pages: every address begins a sign-in, and /back ends it."""

    def do_GET(self) -> None:
        """Answer a request."""
        if self.path.startswith("/back?"):
            body = "".join(f"<p>{name}: {html.escape(str(value))}</p>" for name, value in finish(self.path).items())
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
        else:
            body = ""
            self.send_response(303)
            self.send_header("Location", begin())
        self.end_headers()
        self.wfile.write(body.encode())


if __name__ == "__main__":
    print(f"Open http://127.0.0.1:{PORT}/", flush=True)
    HTTPServer(("127.0.0.1", PORT), Service).serve_forever()
