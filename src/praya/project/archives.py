"""An archive: a tar file, encrypted as an age file (age-encryption.org/v1) and signed inside.

In order: `about.json`, from which an archive of another installation is recognised before anything is unpacked; the
database; the uploads as they lie on disk; `manifest.json` with the size and SHA-256 of each part; `signature.json` over
the manifest. Everything is written and read as a stream: a large archive needs no more memory than a small one.
"""

import base64
import hashlib
import io
import json
import os
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from io import BufferedIOBase
from pathlib import Path, PurePosixPath
from typing import IO, Any

import pyrage
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from pydantic import BaseModel, ConfigDict, ValidationError

from praya.project.refusal import Refused

ABOUT, MANIFEST, SIGNATURE = "about.json", "manifest.json", "signature.json"
FILES = "files/"
FORMAT = 2
SIGNED = b"praya backup\n"
"""Before the manifest in what is signed, so that no other signature of the same key can stand for it."""
LARGEST_TEXT = 512 << 20
"""A manifest of a million uploads is about 150 MB."""


class Part(BaseModel):
    """One file of the archive."""

    model_config = ConfigDict(frozen=True)

    name: str
    size: int
    sha256: str


class About(BaseModel):
    """What an archive states about itself: where it comes from and what a restore of it needs."""

    model_config = ConfigDict(frozen=True)

    format: int
    praya: str
    made_at: datetime
    mode: str
    database: str
    migrations: tuple[str, ...]
    keys: dict[str, str]


class Manifest(BaseModel):
    """The list of an archive's parts. `vanished` counts uploads that were deleted while the archive was written."""

    model_config = ConfigDict(frozen=True)

    about: About
    parts: tuple[Part, ...]
    vanished: int = 0


def recipient(text: str) -> Any:
    """A recipient of archives: an age recipient (`age1...`) or a public SSH key. Raises Refused."""
    try:
        if text.startswith("ssh-"):
            return pyrage.ssh.Recipient.from_str(text)
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise Refused(
            f"'{text[:80]}' is no recipient of age: it begins with `age1`, `ssh-ed25519` or `ssh-rsa`."
        ) from None


def identities(path: Path) -> list[Any]:
    """The secret keys of a file: lines `AGE-SECRET-KEY-...`, or a bare private SSH key. Raises Refused."""
    try:
        data = path.read_bytes()
        if data.startswith(b"-----BEGIN"):
            return [pyrage.ssh.Identity.from_buffer(data)]
        lines = [line.strip() for line in data.decode().splitlines()]
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except OSError as problem:
        raise Refused(f"{path} cannot be read: {problem.strerror}.") from None
    except (pyrage.IdentityError, UnicodeDecodeError):
        raise Refused(f"{path} holds no secret key of age.") from None
    if not keys:
        raise Refused(f"{path} holds no secret key of age.")
    return keys


def own_identity(key: Ed25519PrivateKey) -> Any:
    """The identity by which an installation opens its archives, from its own key."""
    return pyrage.ssh.Identity.from_buffer(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))


def own_recipient(key: Ed25519PrivateKey) -> Any:
    """The recipient that belongs to `own_identity`: archives are encrypted to it."""
    return recipient(key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode())


def public_name(key: Ed25519PublicKey) -> str:
    """The public half of a signing key, in the form that operators read and type."""
    return base64.b64encode(key.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


def write(
    target: BufferedIOBase,
    about: About,
    sources: Iterable[tuple[str, Path]],
    *,
    signing: Ed25519PrivateKey,
    recipients: Sequence[Any],
) -> Manifest:
    """Write an archive. Each file is read once; a file that has been deleted meanwhile is left out and counted.

    Raises Refused when a file grows shorter while it is read, OSError when it cannot be read or written.
    """
    parts: list[Manifest] = []

    def produce(stream: IO[bytes]) -> None:
        parts.append(_write_tar(stream, about, sources, signing))

    with _beside(produce, writes=True) as stream:
        pyrage.encrypt_io(stream, target, list(recipients))
    return parts[0]


def unpack(
    source: BufferedIOBase,
    place: Callable[[str], Path],
    *,
    identities: Sequence[Any],
    trusted: Iterable[str],
    fit: Callable[[About], None],
) -> Manifest:
    """Unpack an archive's parts, each to its `place`; verify that all are there, unchanged, signed by a trusted key.

    `fit` is called with what the archive states before anything is written; it raises Refused for an archive that does
    not belong here. Raises Refused when the archive cannot be opened, is damaged or truncated, or when its signer is
    not trusted.
    """
    done: list[Manifest] = []

    def consume(stream: IO[bytes]) -> None:
        done.append(_read_tar(stream, place, frozenset(trusted), fit))
        while stream.read(1 << 20):  # the last byte is authenticated only at the end of the encrypted file
            pass

    try:
        with _beside(consume, writes=False) as stream:
            pyrage.decrypt_io(source, stream, list(identities))
    except pyrage.DecryptError as problem:
        if "matching" in str(problem):
            raise Refused("The archive is encrypted to other keys than those that are here.") from None
        raise _damaged() from None
    except (tarfile.TarError, EOFError, OSError) as problem:
        if isinstance(problem, OSError) and problem.errno is not None:
            raise
        raise _damaged() from None
    return done[0]


@contextmanager
def _beside(work: Callable[[IO[bytes]], None], *, writes: bool) -> Iterator[BufferedIOBase]:
    """Run `work` at one end of a pipe in a thread, while the caller uses the other end.

    An exception of `work` is raised here, because it explains more than the broken pipe that it causes for the caller.
    """
    reader, writer = os.pipe()
    reading, writing = os.fdopen(reader, "rb"), os.fdopen(writer, "wb")
    theirs, ours = (writing, reading) if writes else (reading, writing)
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work(theirs)
        except BaseException as problem:  # noqa: BLE001 (raised again below)
            raised.append(problem)
        finally:
            _close(theirs)

    thread = threading.Thread(target=run, name="archive")
    thread.start()
    try:
        yield ours
    except BaseException as problem:
        _close(ours)
        thread.join()
        # A failure at one end of the pipe appears as a truncated stream at the other end.
        if raised and isinstance(raised[0], Refused):
            raise raised[0] from None
        if raised and "pipe" in str(problem).lower():
            raise raised[0] from None
        raise
    _close(ours)
    thread.join()
    if raised:
        raise raised[0]


def _close(stream: IO[bytes]) -> None:
    with suppress(BrokenPipeError):
        stream.close()


def _write_tar(
    stream: IO[bytes], about: About, sources: Iterable[tuple[str, Path]], signing: Ed25519PrivateKey
) -> Manifest:
    parts, vanished = [], 0
    with tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        _add_text(tar, ABOUT, about.model_dump_json().encode())
        for name, path in sources:
            try:
                file = path.open("rb")
            except FileNotFoundError:
                vanished += 1
                continue
            with file:
                hashed = _Hashed(file)
                size = os.fstat(file.fileno()).st_size
                try:
                    _add(tar, name, size, hashed)
                except OSError as problem:
                    if problem.errno is None:  # tarfile's own, for a source that ends early
                        raise Refused(f"{path} was cut short while it was read.") from None
                    raise
                parts.append(Part(name=name, size=size, sha256=hashed.digest.hexdigest()))
        manifest = Manifest(about=about, parts=tuple(parts), vanished=vanished)
        text = manifest.model_dump_json().encode()
        _add_text(tar, MANIFEST, text)
        signature = {
            "key": public_name(signing.public_key()),
            "signature": base64.b64encode(signing.sign(SIGNED + text)).decode(),
        }
        _add_text(tar, SIGNATURE, json.dumps(signature).encode())
    return manifest


class _Hashed:
    """A file whose SHA-256 is computed as it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self.file.read(size)
        self.digest.update(block)
        return block


def _add_text(tar: tarfile.TarFile, name: str, text: bytes) -> None:
    _add(tar, name, len(text), io.BytesIO(text))


def _add(tar: tarfile.TarFile, name: str, size: int, source: Any) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    tar.addfile(entry, source)


def _read_tar(
    stream: IO[bytes], place: Callable[[str], Path], trusted: frozenset[str], fit: Callable[[About], None]
) -> Manifest:
    copied: dict[str, Part] = {}
    texts: dict[str, bytes] = {}
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        for entry in iter(tar.next, None):
            source = tar.extractfile(entry) if entry.isreg() else None
            if source is None or entry.name in copied or entry.name in texts or SIGNATURE in texts:
                raise _damaged(entry.name)
            if not texts and entry.name != ABOUT:
                raise _damaged()
            if entry.name in {ABOUT, MANIFEST, SIGNATURE}:
                if entry.size > LARGEST_TEXT:
                    raise _damaged(entry.name)
                texts[entry.name] = source.read()
                if entry.name == ABOUT:
                    fit(_parsed(About, texts[ABOUT]))
                continue
            copied[entry.name] = _copy(entry.name, source, place(_safe(entry.name)))
    if not texts.keys() >= {ABOUT, MANIFEST, SIGNATURE}:
        raise Refused("The archive is cut short. Nothing was changed.")
    _insist_on_signature(texts[MANIFEST], texts[SIGNATURE], trusted)
    manifest: Manifest = _parsed(Manifest, texts[MANIFEST])
    if manifest.about != _parsed(About, texts[ABOUT]):
        raise _damaged(ABOUT)
    for part in manifest.parts:
        if copied.pop(part.name, None) != part:
            raise _damaged(part.name)
    if copied:
        raise _damaged(next(iter(copied)))
    return manifest


def _insist_on_signature(text: bytes, signature: bytes, trusted: frozenset[str]) -> None:
    try:
        parsed = json.loads(signature)
        name, raw = parsed["key"], base64.b64decode(parsed["signature"], validate=True)
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(name, validate=True))
        key.verify(raw, SIGNED + text)
    except (ValueError, KeyError, TypeError, RecursionError, InvalidSignature):
        raise Refused(
            "The archive's signature is wrong: it was changed after it was made. Nothing was changed."
        ) from None
    if name not in trusted:
        raise Refused(
            f"The archive was signed by {name}, which is no key of this installation: it was made elsewhere, or by "
            f"somebody else. Only if you know that key to be right: --trust {name}"
        )


def _parsed(kind: Any, text: bytes) -> Any:
    try:
        return kind.model_validate_json(text)
    except ValidationError:
        raise Refused("The archive was made by another version, or is damaged. Nothing was changed.") from None


def _safe(name: str) -> str:
    path = PurePosixPath(name)
    upload = name.startswith(FILES) and not any(part.startswith(".") for part in path.parts)
    if path.is_absolute() or ".." in path.parts or (len(path.parts) > 1 and not upload):
        raise Refused("The archive holds a file that would leave its folder. Nothing was changed.")
    return name


def _copy(name: str, source: IO[bytes], target: Path) -> Part:
    target.parent.mkdir(parents=True, exist_ok=True)
    hashed = _Hashed(source)
    size = 0
    with target.open("wb") as file:
        while block := hashed.read(1 << 20):
            size += len(block)
            file.write(block)
    return Part(name=name, size=size, sha256=hashed.digest.hexdigest())


def _damaged(name: str = "") -> Refused:
    where = f" at {name}" if name else " or is not an archive of Praya"
    return Refused(f"The archive is damaged{where}. Nothing was changed.")
