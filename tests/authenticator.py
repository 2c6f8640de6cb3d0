"""An authenticator in Python: it makes passkeys and answers with them, also falsely where a test asks for that."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

FLAG = AuthenticatorData.FLAG


@dataclass
class Authenticator:
    """One passkey. `counter` is what it sends next; `synced` says that its key may be copied."""

    origin: str
    synced: bool = False
    counter: int = 0
    verifies: bool = True
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    handle: bytes | None = None

    def _flags(self) -> FLAG:
        flags = FLAG.UP | (FLAG.UV if self.verifies else FLAG(0))
        return flags | FLAG.BE | FLAG.BS if self.synced else flags

    def _client_data(self, kind: str, challenge: str, **changes: Any) -> bytes:
        data = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False, **changes}
        return json.dumps(data).encode()

    def make(self, options: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """Answer `create`; changes go into the client data."""
        rp = hashlib.sha256(options["rp"]["id"].encode()).digest()
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(b"\0" * 16, self.credential_id, public)
        data = AuthenticatorData.create(rp, self._flags() | FLAG.AT, self.counter, bytes(credential))
        self.handle = websafe_decode(options["user"]["id"])
        made = AttestationObject.create("none", data, {})
        client_data = self._client_data("webauthn.create", options["challenge"], **changes)
        return self._answer({"clientDataJSON": client_data, "attestationObject": bytes(made)})

    def answer(self, options: dict[str, Any], *, rp_id: str | None = None, **changes: Any) -> dict[str, Any]:
        """Answer `get`; changes go into the client data."""
        rp = hashlib.sha256((rp_id or options["rpId"]).encode()).digest()
        data = AuthenticatorData.create(rp, self._flags(), self.counter)
        client_data = self._client_data("webauthn.get", options["challenge"], **changes)
        signature = self.key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(hashes.SHA256()))
        sent = {"clientDataJSON": client_data, "authenticatorData": bytes(data), "signature": signature}
        return self._answer(sent | ({"userHandle": self.handle} if self.handle is not None else {}))

    def _answer(self, response: dict[str, bytes]) -> dict[str, Any]:
        name = websafe_encode(self.credential_id)
        coded = {key: websafe_encode(value) for key, value in response.items()}
        return {"id": name, "rawId": name, "type": "public-key", "response": coded, "clientExtensionResults": {}}
