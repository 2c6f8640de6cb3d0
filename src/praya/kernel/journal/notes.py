"""Checkpoints as signed notes: C2SP tlog-checkpoint over signed-note with Ed25519. Pure."""

import base64
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ORIGIN = "praya/journal"
_ED25519 = b"\x01"
# Size, root of 32 bytes (44 characters of base64), and a signature of 4 + 64 bytes (92 characters).
_WHOLE = re.compile(rf"{ORIGIN}\n[^\n]+\n[^\n]{{44}}\n\n\u2014 {ORIGIN} [^\n]{{92}}\n+")


def checkpoint(size: int, root: bytes, key: Ed25519PrivateKey) -> str:
    """The signed note which states that the tree of the first `size` entries has this root."""
    body = f"{ORIGIN}\n{size}\n{base64.b64encode(root).decode()}\n"
    public = key.public_key()
    signature = base64.b64encode(_key_hash(public) + key.sign(body.encode())).decode()
    return f"{body}\n\u2014 {ORIGIN} {signature}\n"


def verified(note: str, public: Ed25519PublicKey) -> tuple[int, bytes]:
    """Verify a note and return the size and root that it states.

    Raises ValueError when the note is malformed or its signature is wrong.
    """
    body, separator, tail = note.partition("\n\n")
    lines = body.split("\n")
    if not separator or len(lines) != 3 or lines[0] != ORIGIN or not lines[1].isdecimal():
        raise ValueError("the note is malformed")
    prefix = f"\u2014 {ORIGIN} "
    for line in tail.splitlines():
        if not line.startswith(prefix):
            continue
        raw = base64.b64decode(line.removeprefix(prefix), validate=True)
        if raw[:4] != _key_hash(public):
            continue
        try:
            public.verify(raw[4:], (body + "\n").encode())
        except InvalidSignature:
            raise ValueError("the note's signature is wrong") from None
        return int(lines[1]), base64.b64decode(lines[2], validate=True)
    raise ValueError("the note is not signed by this key")


def split(text: str) -> tuple[list[str], int]:
    """Split a checkpoint file into its complete notes and the number of incomplete pieces, which a power cut leaves.

    A complete note that was altered is still returned as a note: checking its signature reveals the change.
    """
    whole, torn = [], 0
    for piece in text.split("\f"):
        start = piece.rfind(f"{ORIGIN}\n")
        note = piece[start:] if start >= 0 else ""
        rest = piece[:start] if note else piece
        if _WHOLE.fullmatch(note):
            whole.append(note)
        else:
            rest += note
        torn += bool(rest.strip())
    return whole, torn


def public_text(public: Ed25519PublicKey) -> str:
    """The verifier key as text: `name+hash+base64(type || key)`, C2SP signed-note."""
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"{ORIGIN}+{_key_hash(public).hex()}+{base64.b64encode(_ED25519 + raw).decode()}"


def read_public(text: str) -> Ed25519PublicKey:
    """Parse the text that `public_text` returns. Raises ValueError."""
    raw = base64.b64decode(text.strip().split("+", 2)[2], validate=True)
    if raw[:1] != _ED25519:
        raise ValueError("the verifier key is not Ed25519")
    return Ed25519PublicKey.from_public_bytes(raw[1:])


def _key_hash(public: Ed25519PublicKey) -> bytes:
    raw = public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    return hashlib.sha256(ORIGIN.encode() + b"\n" + _ED25519 + raw).digest()[:4]
