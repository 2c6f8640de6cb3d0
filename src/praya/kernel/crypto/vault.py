"""Encryption of personal columns: AES-256-GCM. The column and row are authenticated, so bytes cannot be moved.

Every subject (a person) has a data key of its own. Data keys are stored wrapped (encrypted) by the master key that the
key file names `current`; rotating the master key wraps the data keys again and leaves the data unchanged. Deleting a
subject's data key makes everything encrypted with it unreadable, in the database and in every later backup.
"""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection, transaction

from praya.kernel import jsontext
from praya.kernel.crypto import erased
from praya.kernel.crypto.models import SubjectKey
from praya.kernel.rows import row_by

log = structlog.get_logger("crypto")

NONCE = 12
REMEMBER_SECONDS = 60
INDEX = "@index"
_remembered: dict[str, tuple[float, AESGCM]] = {}
# Subjects whose key was created in a transaction that has not committed. Such a key must not be cached across a
# rollback, so it is stored with Django's `run_on_commit` list: Django replaces that list whenever a transaction or a
# savepoint is rolled back, and the key is valid only while the list is the same object. After a rollback the subject
# stays in this dictionary; that only costs a query.
_uncommitted: dict[str, tuple[list[Any], AESGCM] | None] = {}
_lock = threading.Lock()


Subject = str | tuple[str, ...]
"""Whose key encrypts. Several subjects encrypt in layers: decryption then needs the keys of all of them."""


class Forgotten(Exception):
    """The subject's key was deleted or never existed: data encrypted for it cannot be read."""


class Tampered(Exception):
    """The encrypted bytes were changed, or moved to another column or row."""


@lru_cache(maxsize=4)
def _masters(path: str, _changed_ns: int) -> tuple[str, dict[str, bytes]]:
    data = json.loads(Path(path).read_text("utf-8"))
    return data["current"], {name: base64.b64decode(key) for name, key in data["keys"].items()}


def _master_keys() -> tuple[str, dict[str, bytes]]:
    path = Path(settings.PRAYA.keys_path)
    return _masters(str(path), path.stat().st_mtime_ns)


def _wrap(subject: str, key: bytes, master: str, masters: dict[str, bytes]) -> bytes:
    nonce = secrets.token_bytes(NONCE)
    return nonce + AESGCM(masters[master]).encrypt(nonce, key, subject.encode())


def _unwrap(row: SubjectKey) -> bytes:
    _, masters = _master_keys()
    wrapped = bytes(row.wrapped)
    try:
        return AESGCM(masters[row.master]).decrypt(wrapped[:NONCE], wrapped[NONCE:], row.subject.encode())
    except (InvalidTag, KeyError):
        raise Tampered(f"the key of subject {row.subject} cannot be unwrapped with master key {row.master}") from None


def new_key(subject: str) -> None:
    """Create the data key of a subject, unless it has one."""
    current, masters = _master_keys()
    wrapped = _wrap(subject, secrets.token_bytes(32), current, masters)
    row = SubjectKey(subject=subject, wrapped=wrapped, master=current)
    SubjectKey.objects.bulk_create([row], ignore_conflicts=True)
    # bulk_create does not report whether the row is new, so a key that is cached is dropped and read again.
    with _lock:
        _remembered.pop(subject, None)
        _uncommitted[subject] = None
    transaction.on_commit(lambda: _uncommitted.pop(subject, None))


def forget(subject: str) -> bool:
    """Delete the key of a subject; False when it had none. Other processes drop their copy within REMEMBER_SECONDS.

    After the commit the subject is added to the list of `erased`, so that restoring a backup does not bring it back.
    """
    deleted, _ = SubjectKey.objects.filter(subject=subject).delete()
    if deleted:
        transaction.on_commit(lambda: _note_erased(subject))
    with _lock:
        _remembered.pop(subject, None)
        if subject in _uncommitted:
            _uncommitted[subject] = None
    return bool(deleted)


def _note_erased(subject: str) -> None:
    try:
        erased.note([subject])
    except OSError:
        # The journal records the erasure too; the next backup completes the list from it.
        log.error("an erasure could not be noted outside the database", file=str(erased.path()))


def _key(subject: str) -> AESGCM:
    moment = time.monotonic()
    cached = _remembered.get(subject)
    if cached is not None and cached[0] > moment:
        return cached[1]
    uncommitted = _uncommitted.get(subject)
    if uncommitted is not None and _not_rolled_back(uncommitted[0]):
        return uncommitted[1]
    row = row_by(SubjectKey, subject=subject)
    if row is None:
        raise Forgotten(subject)
    cipher = AESGCM(_unwrap(row))
    with _lock:
        if subject in _uncommitted:
            _uncommitted[subject] = (connection.run_on_commit, cipher)
            return cipher
        if len(_remembered) > 10_000:
            _remembered.clear()
        _remembered[subject] = (moment + REMEMBER_SECONDS, cipher)
    return cipher


def _not_rolled_back(since: list[Any]) -> bool:
    """Whether the present transaction has not been rolled back since its `run_on_commit` list was stored."""
    return since is connection.run_on_commit and connection.in_atomic_block


def gather(subjects: Iterable[str]) -> None:
    """Cache the keys of several subjects with one query, before a list decrypts a value of each."""
    moment = time.monotonic()
    missing = [s for s in dict.fromkeys(subjects) if (cached := _remembered.get(s)) is None or cached[0] <= moment]
    for row in SubjectKey.objects.filter(subject__in=[s for s in missing if s not in _uncommitted]) if missing else ():
        with _lock:
            _remembered[row.subject] = (moment + REMEMBER_SECONDS, AESGCM(_unwrap(row)))


def seal(data: bytes, *, subject: Subject, place: str, row: str) -> bytes:
    """Encrypt for `subject`; `place` (table and column) and `row` are authenticated with the data. Raises Forgotten."""
    for one in _each(subject):
        nonce = secrets.token_bytes(NONCE)
        data = nonce + _key(one).encrypt(nonce, data, f"{place}:{row}".encode())
    return data


def unseal(sealed: bytes | memoryview, *, subject: Subject, place: str, row: str) -> bytes:
    """Decrypt the result of `seal` for the same subject, place and row. Raises Forgotten, Tampered."""
    raw = bytes(sealed)
    try:
        for one in reversed(_each(subject)):
            raw = _key(one).decrypt(raw[:NONCE], raw[NONCE:], f"{place}:{row}".encode())
    except InvalidTag:
        raise Tampered(f"{place} of row {row}") from None
    return raw


def _each(subject: Subject) -> tuple[str, ...]:
    return (subject,) if isinstance(subject, str) else subject


def seal_json(value: Any, *, subject: Subject, place: str, row: str) -> bytes:
    """Encrypt a JSON value."""
    return seal(jsontext.dumps(value).encode(), subject=subject, place=place, row=row)


def unseal_json(sealed: bytes | memoryview, *, subject: Subject, place: str, row: str) -> Any:
    """Decrypt a JSON value."""
    return jsontext.loads(unseal(sealed, subject=subject, place=place, row=row))


def blind_index(purpose: str, value: str) -> str:
    """A keyed hash that finds equal values without storing them: HMAC-SHA-256, its first 32 hexadecimal digits."""
    return hmac.new(_index_key(), f"{purpose}:{value}".encode(), hashlib.sha256).hexdigest()[:32]


# The index key of each database. For a key that is not committed, the `run_on_commit` list as above; else None.
_index: dict[str, tuple[list[Any] | None, bytes]] = {}


def _index_key() -> bytes:
    place = str(settings.DATABASES["default"]["NAME"])
    cached = _index.get(place)
    if cached is not None and (cached[0] is None or _not_rolled_back(cached[0])):
        return cached[1]
    row = row_by(SubjectKey, subject=INDEX)
    if row is None:
        new_key(INDEX)
        row = SubjectKey.objects.get(subject=INDEX)
    key = _unwrap(row)
    _index[place] = (connection.run_on_commit if INDEX in _uncommitted else None, key)
    return key


def rotate() -> int:
    """Wrap every data key that an older master key wraps with the current master key; return how many."""
    current, masters = _master_keys()
    count = 0
    for row in SubjectKey.objects.exclude(master=current).iterator(chunk_size=500):
        wrapped = _wrap(row.subject, _unwrap(row), current, masters)
        # Unless the subject was erased meanwhile.
        count += SubjectKey.objects.filter(subject=row.subject, master=row.master).update(
            wrapped=wrapped, master=current
        )
    return count


def masters_in_use() -> list[str]:
    """The names of the master keys that wrap at least one data key; one index lookup for each."""
    return [row.master for row in _one_of_each_master()]


def prove() -> None:
    """Check that the key file unwraps one data key of each master key and the installation's own keys (`@...`).

    Raises Tampered, with the subject and the master key in its text, if it does not.
    """
    for row in (*_one_of_each_master(), *SubjectKey.objects.filter(subject__startswith="@")):
        _unwrap(row)


def _one_of_each_master() -> list[SubjectKey]:
    rows: list[SubjectKey] = []
    while row := SubjectKey.objects.filter(master__gt=rows[-1].master if rows else "").order_by("master").first():
        rows.append(row)
    return rows


def reset_memory() -> None:
    """Empty this process's key caches; needed after a restore, and in tests."""
    with _lock:
        _remembered.clear()
        _uncommitted.clear()
        _index.clear()
