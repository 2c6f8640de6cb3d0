"""The key that signs checkpoints. It is generated once and stored encrypted by the vault."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from praya.kernel.crypto import vault
from praya.kernel.journal.models import JournalKey
from praya.kernel.journal.notes import public_text

SUBJECT = "@journal"


def signing_key() -> Ed25519PrivateKey:
    """The installation's signing key; generated at the first call."""
    row = JournalKey.objects.order_by("pk").last()
    if row is None:
        vault.new_key(SUBJECT)
        key = Ed25519PrivateKey.generate()
        raw = key.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
        sealed = vault.seal(raw, subject=SUBJECT, place="journal.key", row="1")
        JournalKey.objects.create(sealed=sealed, public=public_text(key.public_key()))
        return key
    raw = vault.unseal(row.sealed, subject=SUBJECT, place="journal.key", row="1")
    return Ed25519PrivateKey.from_private_bytes(raw)


def prove() -> None:
    """Check that the signing key, if there is one, can be decrypted. Raises vault.Tampered, vault.Forgotten."""
    if JournalKey.objects.exists():
        signing_key()


def verifier_key() -> str:
    """The public key as text, which auditors need."""
    return public_text(signing_key().public_key())
