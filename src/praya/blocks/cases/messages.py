"""Messages between the applicant of a case and the department that decides it, in the history of the case."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, cast

from django.db import transaction

from praya.blocks.cases import models, store
from praya.blocks.cases.reading import done_before
from praya.blocks.cases.rows import add_step, locked, opened_text
from praya.blocks.cases.values import Access
from praya.kernel.journal import api as journal

Written = Literal["wrote", "answered", "left"]
"""The applicant wrote; the department answered; an officer left the messages without an answer, as none is needed."""
KINDS: tuple[Written, ...] = ("wrote", "answered", "left")
MOST = 100
"""Messages of a case that are shown at most, the newest."""
PAGE = 50


@dataclass(frozen=True, slots=True)
class Message:
    """A message of a case. `waits` says that it is the applicant's and nobody has answered it yet."""

    at: datetime
    kind: Written
    by: str
    text: str
    waits: bool = False

    def __repr__(self) -> str:
        return f"Message({self.kind!r}, {self.at!r})"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case with a message that waits for an answer, since when."""

    case_ref: str
    since: datetime


def write(*, ref: str, text: str, kind: Written, at: datetime, by: str, once_key: str | None = None) -> bool:
    """Add a message to a case; False when the same one was added before, or `left` finds none that waits.

    Raises NoCase.
    """
    with transaction.atomic():
        row = locked(ref)
        if (once_key and done_before(once_key)) or (kind == "left" and row.message_at is None):
            return False
        department = "" if kind == "wrote" else row.department
        add_step(row, at, kind, by, department, "", "", text, once_key)
        # The oldest message that waits decides how long the applicant has waited.
        row.message_at = (row.message_at or at) if kind == "wrote" else None
        row.save(update_fields=["message_at"])
        journal.record(event=f"case_message_{kind}", at=at, by=by, subject=ref, service=row.service)
    return True


def messages(ref: str) -> list[Message]:
    """The newest messages of a case, the oldest first; their texts are empty once the person was erased."""
    rows = list(models.Step.objects.filter(case_id=ref, kind__in=KINDS).select_related("case").order_by("-id")[:MOST])
    answered = next((number for number, row in enumerate(rows) if row.kind != "wrote"), len(rows))
    return [
        Message(row.at, cast("Written", row.kind), row.actor, opened_text(row.case, row.text), number < answered)
        for number, row in reversed(list(enumerate(rows)))
    ]


def messages_waiting(within: Access, *, after: tuple[datetime, str] | None = None, limit: int = PAGE) -> list[Waiting]:
    """The cases of the officer's own departments with a message that waits, the longest first; `after` one of these."""
    rows = models.Case.objects.filter(department__in=list(within.departments), message_at__isnull=False)
    rows = store.not_shut(rows, within)
    if after is not None:
        # A tuple compares along the index; written as two conditions it would not.
        at, ref = after
        rows = rows.filter(message_at__gte=at).exclude(message_at=at, ref__lte=ref)
    listed = rows.order_by("message_at", "ref").values_list("ref", "message_at")[:limit]
    return [Waiting(ref, at) for ref, at in listed if at is not None]


def count_messages_waiting(within: Access) -> int:
    """In how many cases of the officer's own departments a message waits."""
    rows = models.Case.objects.filter(department__in=list(within.departments), message_at__isnull=False)
    return store.not_shut(rows, within).count()
