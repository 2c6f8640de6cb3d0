"""The two secrets of an installation on disk: the signing key and the file of master keys.

Demo and test modes create them, readable by their owner only. Production must be given its own.
"""

import base64
import binascii
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from praya.project.config import Configuration
from praya.project.refusal import Refused


def signing_key(configuration: Configuration) -> str:
    """The key that signs cookies and tokens; made on first use outside production."""
    if configuration.secret_key is not None:
        return configuration.secret_key.get_secret_value()
    path = configuration.data_dir / "secret_key"
    _write_once(path, secrets.token_urlsafe(64))
    return path.read_text(encoding="ascii").strip()


def ensure_master_keys(configuration: Configuration) -> Path:
    """Create the file of master keys if there is none, outside production only; return its path."""
    if configuration.mode != "production":
        _write_once(configuration.keys_path, new_master_keys())
    return configuration.keys_path


def new_master_keys(name: str = "k1") -> str:
    """A file of master keys with one new key, as text."""
    key = base64.b64encode(secrets.token_bytes(32)).decode("ascii")
    return json.dumps({"current": name, "keys": {name: key}}, indent=2) + "\n"


def key_names(path: Path) -> tuple[str, ...]:
    """The names of the master keys in a file, the current one first.

    Raises Refused when the file is absent, is not readable, or holds anything but 32-byte keys.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        current, keys = data["current"], data["keys"]
        sizes = {name: len(base64.b64decode(key, validate=True)) for name, key in keys.items()}
    except FileNotFoundError:
        raise Refused(f"The file of master keys {path} does not exist.") from None
    except OSError as error:
        raise Refused(f"The file of master keys {path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise Refused(f"The file of master keys {path} is not of the form that PRAYA_KEYS needs.") from None
    if current not in sizes or set(sizes.values()) != {32}:
        raise Refused(f"The file of master keys {path} must name a current key and hold keys of 32 bytes.")
    return (current, *sorted(name for name in sizes if name != current))


@dataclass(frozen=True)
class BackupKey:
    """The backup keys derived from one master key, from which that key cannot be computed."""

    name: str
    fingerprint: str
    """Distinguishes two keys of the same name."""
    signing: Ed25519PrivateKey
    opening: Ed25519PrivateKey
    """As an SSH key it opens what was encrypted to its public half (age, ssh-ed25519)."""


def backup_keys(path: Path) -> tuple[BackupKey, ...]:
    """The keys that sign and open archives, one pair for each master key of a file, the current one first.

    They are derived (HKDF, RFC 5869), so whoever has the key file needs nothing else to restore. Raises Refused.
    """
    names = key_names(path)
    masters = json.loads(path.read_text(encoding="utf-8"))["keys"]
    return tuple(_backup_key(name, base64.b64decode(masters[name])) for name in names)


def _backup_key(name: str, master: bytes) -> BackupKey:
    def derived(purpose: str, length: int = 32) -> bytes:
        info = f"praya/{purpose}".encode()
        return HKDF(algorithm=SHA256(), length=length, salt=None, info=info).derive(master)

    return BackupKey(
        name=name,
        fingerprint=derived("fingerprint", 8).hex(),
        signing=Ed25519PrivateKey.from_private_bytes(derived("backup-signing")),
        opening=Ed25519PrivateKey.from_private_bytes(derived("backup-opening")),
    )


def _write_once(path: Path, text: str) -> None:
    """Write a secret file unless it exists. Of several processes one writes it, and none sees an incomplete file."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
