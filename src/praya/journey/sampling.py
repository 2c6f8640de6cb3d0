"""Drawing cases at random as they come: nobody can foresee it, and everybody can check it afterwards.

Each service has a secret for each month, which follows from the installation's key. Its digest is in the journal before
the first case of the month is drawn (`sample_announced`), the secret itself once the month is over (`sample_told`). A
case is drawn when the HMAC-SHA-256 under the secret of its ticket, a space and the name of the sample is low enough:
its first 16 hexadecimal digits, as a part of 16**16, are below the percentage.
"""

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from praya.blocks.cases import api as cases
from praya.journey import load
from praya.journey.tickets import ticket
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.number import Number, exact, is_number, plain, written
from praya.kernel.rounds import breathe

SAMPLED, ANNOUNCED, TOLD = "case_sampled", "sample_announced", "sample_told"
_story: ContextVar[Sequence[str] | None] = ContextVar("samples of the story that is played", default=None)


@contextmanager
def among(names: Sequence[str]) -> Iterator[None]:
    """Draw cases into these samples and no others while a story is played."""
    token = _story.set(names)
    try:
        yield
    finally:
        _story.reset(token)


def is_drawn(secret: str, case_ticket: str, name: str, percent: Number) -> bool:
    """Whether a ticket is drawn into a sample of so many percent."""
    lot = hmac.digest(secret.encode(), f"{case_ticket} {name}".encode(), "sha256").hex()[:16]
    return int(lot, 16) * 100 < exact(percent) * 16**16


def draw(case: cases.Case, name: str, percent: object, *, at: datetime) -> None:
    """Draw a case into a sample, or not, once for each name; what is no number counts as 0."""
    if name in of_case(case.ref):
        return
    # What is written is what counts, so that others come to the same.
    share: Number = plain(percent) if is_number(percent) else 0
    month, story = _month(at), _story.get()
    facts = {"sample": name, "percent": written(share), "month": month}
    if story is None:
        _announce(case.service, month, at=at)
        drawn = is_drawn(_secret(case.service, month), ticket(case.ref), name, share)
    else:
        # What a story says is no draw, and the journal does not pretend that it was.
        drawn, facts["by"] = name in story, "story"
    journal.record(event=SAMPLED, at=at, by="system", subject=case.ref, service=case.service,
                   facts={**facts, "drawn": drawn})  # fmt: skip


def of_case(case_ref: str) -> dict[str, bool]:
    """Into which samples a case was drawn (true) or not (false)."""
    return {fact.facts["sample"]: fact.facts["drawn"] for fact in journal.about(case_ref, events=(SAMPLED,))}


def tell_secrets(*, at: datetime) -> int:
    """Tell the secrets of the months that are over; return how many."""
    month, count = _month(at), 0
    for service in load.territory().every:
        facts = journal.about(subject(service))
        told = {fact.facts["month"] for fact in facts if fact.event == TOLD}
        for over in sorted({fact.facts["month"] for fact in facts if fact.event == ANNOUNCED} - told):
            if over < month:
                journal.record(event=TOLD, at=at, by="system", subject=subject(service), service=service,
                               facts={"month": over, "secret": _secret(service, over)})  # fmt: skip
                count += 1
        breathe()
    return count


def subject(service: str) -> str:
    """The subject in the journal under which the samples of a service are announced and told."""
    return hashlib.sha256(f"sample:{service}".encode()).hexdigest()[:32]


def _announce(service: str, month: str, *, at: datetime) -> None:
    """Put the digest of the month's secret into the journal, before the first case of the month is drawn.

    Two cases at the same moment may both do so, with the same words.
    """
    known = journal.about(subject(service), events=(ANNOUNCED,), limit=1)
    if not known or known[0].facts["month"] < month:
        commitment = hashlib.sha256(_secret(service, month).encode()).hexdigest()
        journal.record(event=ANNOUNCED, at=at, by="system", subject=subject(service), service=service,
                       facts={"month": month, "commitment": commitment})  # fmt: skip


def _month(at: datetime) -> str:
    return load.pack().calendar.day_of(at).isoformat()[:7]


def _secret(service: str, month: str) -> str:
    return vault.blind_index("sample", f"{service}:{month}")
