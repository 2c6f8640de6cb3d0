"""What a person agreed to: read, withdrawn field by field or for a whole client, exported."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from praya.kernel.journal import api as journal
from praya.systems.openid import store


@dataclass(frozen=True, slots=True)
class Receipt:
    """An answer about a field: `given` or `refused`. `purpose` is the text of the edition that the person was told."""

    ref: str
    field: str
    answer: str
    edition: int
    purpose: Mapping[str, str]
    at: datetime
    over_at: datetime | None


@dataclass(frozen=True, slots=True)
class Connection:
    """A client that a person signed in to: its title, present answers, and earlier ones, the newest first."""

    client: str
    title: Mapping[str, str]
    department: str
    now: tuple[Receipt, ...]
    before: tuple[Receipt, ...]

    @property
    def open(self) -> bool:
        """Whether the client may still sign the person in without asking."""
        return any(one.answer == "given" for one in self.now)


def connections(person: str) -> list[Connection]:
    """The clients that a person answered, the latest first, with every receipt."""
    rows = store.receipts(person)
    refs = list(dict.fromkeys(row.client_id for row in rows))
    clients, purposes = store.clients_by_ref(refs), store.purposes(refs)
    found = []
    for ref in refs:
        receipts = []
        for row in (row for row in rows if row.client_id == ref):
            text = json.loads(purposes.get((ref, row.edition), '{"purpose": {}}'))["purpose"]
            receipts.append(Receipt(row.ref, row.field, row.answer, row.edition, text, row.at, row.over_at))
        now = tuple(one for one in receipts if one.over_at is None)
        before = tuple(one for one in receipts if one.over_at is not None)
        title = json.loads(clients[ref].details)["title"]
        found.append(Connection(ref, title, clients[ref].department, now, before))
    return found


def withdraw(person: str, client: str, *, field: str = "", at: datetime) -> None:
    """Withdraw a field, or everything for a client, whose tokens end then."""
    with transaction.atomic():
        gone = store.withdraw(person, client, [field] if field and field != "openid" else None, at)
        if not gone:
            return
        if not field or field == "openid":
            for grant in store.open_grants(person, client):
                store.end_grant(grant.ref, at)
        facts = {"client": client, "fields": gone}
        journal.record(event="consent_withdrawn", at=at, by=f"person:{person}", subject=person, facts=facts)
