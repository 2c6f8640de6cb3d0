"""The interface of tokens: access tokens for the machines of departments, and idempotent requests.

The secret of a token is displayed once, when it is issued. A token belongs to one department and permits only its
scopes.
"""

import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import IntegrityError, transaction

from praya.blocks.tokens import models, rules
from praya.blocks.tokens.rules import BadName, NoScope
from praya.kernel import plug
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.rounds import breathe
from praya.kernel.rows import one_or_none

REMEMBER_SECONDS = 30.0
KEEP_ANSWERS = timedelta(days=7)
SLICE = 500
_MOST_REMEMBERED = 10_000

__all__ = [
    "KEEP_ANSWERS",
    "Answer",
    "BadName",
    "Issued",
    "KeyReused",
    "NameTaken",
    "NoScope",
    "NoToken",
    "Token",
    "forget_memory",
    "forget_old_answers",
    "issue",
    "known_scopes",
    "oldest_answer",
    "once",
    "revoke",
    "tokens",
    "verify",
]


class NoToken(LookupError):
    """There is no such token, or it has expired or was revoked."""


class NameTaken(Exception):
    """A token of this name was issued before. The journal refers to names, so none is used twice."""


class KeyReused(Exception):
    """The idempotency key was used before with another payload."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token without its secret."""

    name: str
    department: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_date: date | None

    @property
    def actor(self) -> str:
        """The name of the token as an actor in the journal."""
        return f"token:{self.name}"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new token and its secret, which cannot be read again."""

    token: Token
    secret: str

    def __repr__(self) -> str:
        return f"Issued({self.token.name!r})"


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request; `again` is true when it is the stored answer of an earlier one."""

    status: int
    body: str
    again: bool


def known_scopes() -> dict[str, str]:
    """The scopes that a token may have, each with a description, as the plugs declare them."""
    return plug.merged("scopes")


def issue(
    *, name: str, department: str, scopes: Iterable[str], expires_at: datetime | None, at: datetime, by: str
) -> Issued:
    """Create a token. Raises NameTaken, BadName, NoScope."""
    rules.insist_on_name(name)
    wanted = rules.scopes(scopes, known_scopes())
    secret = rules.written(secrets.token_bytes(rules.SECRET_BYTES))
    try:
        with transaction.atomic():
            row = models.TokenRow.objects.create(
                name=name,
                digest=rules.digest(secret) or "",
                department=department,
                scopes=" ".join(sorted(wanted)),
                created_at=at,
                expires_at=expires_at,
            )
            facts = {
                "department": department,
                "scopes": sorted(wanted),
                "expires_at": expires_at.isoformat() if expires_at else None,
            }
            journal.record(event="token_issued", at=at, by=by, subject=name, facts=facts)
    except IntegrityError:
        if models.TokenRow.objects.filter(name=name).exists():
            raise NameTaken(name) from None
        raise
    return Issued(_token(row), secret)


_remembered: dict[str, tuple[float, Token]] = {}


def verify(secret: str, *, at: datetime) -> Token:
    """The token with this secret; cached for 30 seconds, so that most requests need no query. Raises NoToken.

    Only the day of the last use is stored, not the moment.
    """
    digest = rules.digest(secret)
    if digest is None:
        raise NoToken
    cached = _remembered.get(digest)
    token = cached[1] if cached is not None and cached[0] > time.monotonic() else _read(digest, at)
    if not rules.opens(revoked_at=token.revoked_at, expires_at=token.expires_at, at=at):
        raise NoToken
    return token


def _read(digest: str, at: datetime) -> Token:
    row = one_or_none(models.TokenRow.objects.filter(digest=digest))
    if row is None:
        raise NoToken
    if row.last_used_date is None or row.last_used_date < at.date():
        models.TokenRow.objects.filter(name=row.name).update(last_used_date=at.date())
    token = _token(row)
    if len(_remembered) >= _MOST_REMEMBERED:
        _remembered.clear()
    _remembered[digest] = (time.monotonic() + REMEMBER_SECONDS, token)
    return token


def revoke(*, name: str, at: datetime, by: str) -> bool:
    """Revoke a token; False when it was already revoked. Other processes notice within 30 seconds. Raises NoToken."""
    with transaction.atomic():
        row = one_or_none(models.TokenRow.objects.filter(name=name))
        if row is None:
            raise NoToken(name)
        changed = models.TokenRow.objects.filter(name=name, revoked_at__isnull=True).update(revoked_at=at)
        if changed:
            journal.record(event="token_revoked", at=at, by=by, subject=name, facts={"department": row.department})
    _remembered.pop(row.digest, None)
    return bool(changed)


def tokens(*, department: str = "") -> list[Token]:
    """Every token, also expired and revoked ones, by department and name."""
    rows = models.TokenRow.objects.order_by("department", "name")
    return [_token(row) for row in (rows.filter(department=department) if department else rows)]


def once(*, token: str, key: str, payload: str, at: datetime, do: Callable[[], tuple[int, str]]) -> Answer:
    """Call `do` and store its answer (status, body); if the key was used before, return the stored answer instead.

    The changes of `do` and its answer are committed together. Of two concurrent requests the second waits for the
    first. If `do` raises, nothing is stored and the key can be used again. Raises KeyReused for another payload.
    """
    index = vault.blind_index("once", f"{token}:{key}")
    fingerprint = vault.blind_index("once", payload)
    with transaction.atomic():
        row, created = models.AnsweredRow.objects.get_or_create(
            key=index, defaults={"payload": fingerprint, "answered_at": at}
        )
        if not created:
            if row.payload != fingerprint:
                raise KeyReused
            return Answer(row.status, row.body, again=True)
        status, body = do()
        models.AnsweredRow.objects.filter(key=index).update(status=status, body=body)
    return Answer(status, body, again=False)


def forget_old_answers(*, at: datetime) -> int:
    """Delete answers older than KEEP_ANSWERS; return how many."""
    count = 0
    rows = models.AnsweredRow.objects.filter(answered_at__lt=at - KEEP_ANSWERS).order_by("answered_at")
    while keys := list(rows.values_list("key", flat=True)[:SLICE]):
        count += models.AnsweredRow.objects.filter(key__in=keys).delete()[0]
        breathe()
    return count


def oldest_answer(*, at: datetime) -> datetime | None:  # noqa: ARG001 (every part takes it)
    """The moment since which the oldest answer should have been deleted."""
    oldest = models.AnsweredRow.objects.order_by("answered_at").values_list("answered_at", flat=True).first()
    return oldest + KEEP_ANSWERS if oldest is not None else None


def forget_memory() -> None:
    """Empty the cache of tokens; needed after a restore, and in tests."""
    _remembered.clear()


def _token(row: models.TokenRow) -> Token:
    return Token(
        row.name,
        row.department,
        frozenset(row.scopes.split()),
        row.created_at,
        row.expires_at,
        row.revoked_at,
        row.last_used_date,
    )
