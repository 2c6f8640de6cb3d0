"""Rows of clients, requests, grants and receipts: queries, single statements that decide races, encryption of keys."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet
from joserfc.jwk import ECKey

from praya.kernel import jsontext
from praya.kernel.crypto import vault
from praya.kernel.ids import opaque
from praya.kernel.rows import one_or_none, row_by, rows_by
from praya.systems.openid.models import Asked, Client, Credential, Farewell, Grant, Once, Purpose, Receipt, SigningKey

OURS = "@openid"
"""The subject whose key encrypts the signing keys."""
_PRIVATE = "openid.signing_key.private"
SLICE = 500


# Clients


def client(ref: str, *, lock: bool = False) -> Client | None:
    """A client that is not closed."""
    if len(ref) != 32:
        return None
    row = one_or_none(Client.objects.select_for_update().filter(ref=ref)) if lock else row_by(Client, ref=ref)
    return row if row is not None and row.state != "closed" else None


def clients(departments: Collection[str] | None) -> list[Client]:
    """The clients of these departments, or all, the oldest first."""
    rows = Client.objects.exclude(state="closed")
    rows = rows if departments is None else rows.filter(department__in=list(departments))
    return list(rows.order_by("department", "created_at", "ref"))


def clients_by_ref(refs: Collection[str]) -> dict[str, Client]:
    """These clients, also those that are closed."""
    return {row.ref: row for row in Client.objects.filter(ref__in=list(refs))}


def purposes(refs: Collection[str]) -> dict[tuple[str, int], str]:
    """The purposes of clients by client and edition."""
    rows = Purpose.objects.filter(client_id__in=list(refs)).values_list("client_id", "edition", "text")
    return {(ref, edition): text for ref, edition, text in rows}


def in_force(client_ref: str, kind: str, at: datetime) -> list[Credential]:
    """The keys or secrets of a client that it may use now."""
    rows = rows_by(Credential, "created_at", "ref", client_id=client_ref, kind=kind)
    return [row for row in rows if row.ended_at is None and row.expires_at > at]


def credentials(client_ref: str) -> list[Credential]:
    """The keys and secrets of a client that were not ended, the newest first."""
    return list(Credential.objects.filter(client_id=client_ref, ended_at=None).order_by("-created_at", "ref"))


def ending(before: datetime) -> list[Credential]:
    """The keys and secrets of open clients that end before a moment."""
    rows = Credential.objects.filter(ended_at=None, expires_at__lte=before).exclude(client__state="closed")
    return list(rows.select_related("client").order_by("expires_at", "ref"))


def use_once(purpose: str, text: str, until: datetime) -> bool:
    """Whether this is used for the first time."""
    try:
        with transaction.atomic():
            Once.objects.create(hash=vault.blind_index(f"openid.once.{purpose}", text), until=until)
    except IntegrityError:
        return False
    return True


# Requests


def asked(ref: str, *, pushed: bool, at: datetime) -> Asked | None:
    """A request that waits for the browser, or for the person."""
    rows = Asked.objects.filter(ref=ref, pushed=pushed, expires_at__gt=at).exclude(client__state="closed")
    return one_or_none(rows.select_related("client")) if len(ref) == 32 else None


def take(ref: str) -> bool:
    """Take a request away; only one of several who do so gets True."""
    return Asked.objects.filter(ref=ref).delete()[0] == 1


def note_session(ref: str, session: str) -> None:
    """Note the session with which the person came first."""
    Asked.objects.filter(ref=ref, session="").update(session=session)


# Grants


def grant(ref: str, *, of: Client | None = None) -> Grant | None:
    """A grant with its client, unless that is closed; `of` is a client that was read before."""
    row = row_by(Grant, ref=ref)
    if row is None:
        return None
    known = of if of is not None and of.ref == row.client_id else client(row.client_id)
    if known is None:
        return None
    row.client = known
    return row


# The two updates that decide a race are written out: Django takes longer to write each than the database to do it.
_USE_CODE = """UPDATE openid_grant SET used_at = %s, refreshed_at = %s, key_thumbprint = %s
    WHERE ref = %s AND used_at IS NULL AND ended_at IS NULL"""
_USE_REFRESH = """UPDATE openid_grant SET round = round + 1, refreshed_at = %s
    WHERE ref = %s AND round = %s AND ended_at IS NULL"""


def use_code(ref: str, *, thumbprint: str, at: datetime) -> bool:
    """Use the code of a grant; False when it was used before, or the grant ended."""
    moment = connection.ops.adapt_datetimefield_value(at)
    return _changed(_USE_CODE, moment, moment, thumbprint, ref)


def use_refresh(ref: str, round_: int, *, at: datetime) -> bool:
    """Begin the next round of a grant; False when somebody else did, or the grant ended."""
    return _changed(_USE_REFRESH, connection.ops.adapt_datetimefield_value(at), ref, round_)


def _changed(statement: str, *values: str | int | None) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount) == 1


def end_grant(ref: str, at: datetime) -> bool:
    """End a grant with all its tokens; False when it has ended."""
    return Grant.objects.filter(ref=ref, ended_at=None).update(ended_at=at) == 1


def end_access(ref: str, round_: int) -> None:
    """Refuse the access tokens of a round and of those before."""
    Grant.objects.filter(ref=ref, access_from__lte=round_).update(access_from=round_ + 1)


def move_grants(before: str, after: str) -> None:
    """Let grants of a session follow the person into the session that takes its place."""
    Grant.objects.filter(session=before, ended_at=None).update(session=after)


def open_grants(person: str, client_ref: str = "") -> QuerySet[Grant]:
    """The grants of a person that were used and have not ended."""
    rows = Grant.objects.filter(person=person, ended_at=None)
    return (rows.filter(client_id=client_ref) if client_ref else rows).select_related("client")


# Receipts


def answers(person: str, client_ref: str) -> dict[str, Receipt]:
    """The present answers of a person to a client, by field."""
    rows = Receipt.objects.filter(person=person, client_id=client_ref, over_at=None)
    return {row.field: row for row in rows}


def receipts(person: str) -> list[Receipt]:
    """Every receipt of a person, the newest first."""
    return list(Receipt.objects.filter(person=person).order_by("-at", "client_id", "field"))


def answer(
    person: str, client_ref: str, edition: int, given: Iterable[str], refused: Iterable[str], at: datetime
) -> list[Receipt]:
    """Store a person's answers; those that do not change stay as they are. Returns the new receipts."""
    present = answers(person, client_ref)
    wanted = {**dict.fromkeys(refused, "refused"), **dict.fromkeys(given, "given")}
    new = {
        name: said
        for name, said in wanted.items()
        if name not in present or (present[name].answer, present[name].edition) != (said, edition)
    }
    over = [present[name].ref for name in new if name in present]
    Receipt.objects.filter(ref__in=over).update(over_at=at)
    rows = [
        Receipt(ref=opaque(), person=person, client_id=client_ref, field=name, edition=edition, answer=said, at=at)
        for name, said in new.items()
    ]
    return Receipt.objects.bulk_create(rows)


def withdraw(person: str, client_ref: str, names: Collection[str] | None, at: datetime) -> list[str]:
    """Withdraw what a person gave: these fields, or all; return the fields."""
    rows = Receipt.objects.filter(person=person, client_id=client_ref, answer="given", over_at=None)
    rows = rows if names is None else rows.filter(field__in=list(names))
    fields = sorted(rows.values_list("field", flat=True))
    rows.update(over_at=at)
    return fields


# Keys


def signing_keys() -> list[SigningKey]:
    """Every signing key, the oldest first."""
    return list(SigningKey.objects.order_by("number"))


def add_key(number: int, key: ECKey, *, at: datetime, signs_from: datetime) -> None:
    """Store a new signing key, unless another process stored one of this number."""
    vault.new_key(OURS)
    private = vault.seal(key.as_pem(private=True), subject=OURS, place=_PRIVATE, row=str(number))
    public = _public(key)
    row = SigningKey(number=number, public=public, private=private, made_at=at, signs_from=signs_from)
    SigningKey.objects.bulk_create([row], ignore_conflicts=True)


def _public(key: ECKey) -> str:
    """The public JWK of a key as JSON."""
    return jsontext.dumps({**key.as_dict(private=False), "kid": key.thumbprint(), "use": "sig", "alg": "ES256"})


def private_pem(row: SigningKey) -> bytes:
    """The private key of a signing key."""
    return vault.unseal(row.private, subject=OURS, place=_PRIVATE, row=str(row.number))


# Farewells


def due_farewells(at: datetime, limit: int) -> list[Farewell]:
    """The clients that must be told now."""
    rows = Farewell.objects.filter(due_at__lte=at).select_related("grant__client")
    return list(rows.order_by("due_at")[:limit])


def postpone(pk: str, *, expected: int, due_at: datetime) -> bool:
    """Reserve a farewell, and say when it is tried again; False when another worker has it."""
    rows = Farewell.objects.filter(pk=pk, attempts=expected)
    return rows.update(attempts=F("attempts") + 1, due_at=due_at) == 1


def note_farewells(rows: Sequence[Farewell]) -> None:
    """Note who must be told, each once."""
    Farewell.objects.bulk_create(rows, ignore_conflicts=True)


def drop_farewell(pk: str) -> None:
    """Forget a farewell that was said, or is needless."""
    Farewell.objects.filter(pk=pk).delete()


def note_warned(ref: str, *, before: int, days: int) -> bool:
    """Note that a warning is given; False when another worker gives it."""
    return Credential.objects.filter(ref=ref, warned=before, ended_at=None).update(warned=days) == 1


def forget(*, before: datetime, grants: Q) -> int:
    """Delete used texts and requests from before a moment, and some of these grants; return how many rows."""
    count = Once.objects.filter(until__lt=before).delete()[0] + Asked.objects.filter(expires_at__lt=before).delete()[0]
    refs = list(Grant.objects.filter(grants).values_list("ref", flat=True)[:SLICE])
    return count + (Grant.objects.filter(ref__in=refs).delete()[0] if refs else 0)
