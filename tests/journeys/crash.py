"""The town of test_crash, before and after; `House.call` runs these in a process in its house."""

import os
from collections import Counter
from datetime import timedelta
from typing import Any

from praya.blocks.bookings import api as bookings
from praya.kernel import clock
from praya.kernel.journal import sealing, signer
from praya.kernel.journal.models import JournalEntry
from praya.kernel.outbox.models import Effect
from praya.project import demonstration, wiring

# These tests run twice, like all of journeys: on SQLite, and on PostgreSQL with DATABASE_URL.
KIND = "postgresql" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"
# Longer than any claim of an effect.
LEASE = timedelta(minutes=3)


def prepare() -> None:
    """Migrate and load the invented people."""
    demonstration.prepare(at=clock.now(), say=lambda _: None)


def token() -> dict[str, Any]:
    """A token that may book, and the references of the invented people."""
    from praya.blocks.identity import api as identity
    from praya.blocks.tokens import api as access

    issued = access.issue(name="soak", department="dpo", scopes=["book"], expires_at=None, at=clock.now(), by="system")
    return {"token": issued.secret, "people": [person.ref for person in identity.residents()]}


def bookings_made() -> list[str]:
    """The references of all bookings."""
    from praya.blocks.bookings.models import Booking

    return list(Booking.objects.values_list("ref", flat=True))


def drained() -> dict[str, Any]:
    """Let a worker finish all that waits, also what a killed one had claimed, and say what there is."""
    from praya.blocks.cases.models import Case
    from praya.blocks.forms.models import Draft
    from praya.blocks.notices.models import DeliveryRow, NoticeRow

    waiting, ahead = Effect.objects.filter(state="waiting"), 0
    while waiting.exists() and ahead < 12:
        before = waiting.count()
        wiring.tick(at=clock.now() + ahead * LEASE)
        # A claim of a worker that died runs out with its lease; pauses after failures are minutes at most here.
        ahead += waiting.count() == before
    sealing.seal(at=clock.now())
    deliveries = DeliveryRow.objects.values_list("channel", "state")
    return {
        "cases": list(Case.objects.values_list("ref", flat=True)),
        "by_draft": dict(Draft.objects.exclude(case_ref="").values_list("ref", "case_ref")),
        "notices": Counter(NoticeRow.objects.values_list("case_ref", flat=True)),
        "deliveries": Counter(f"{channel} {state}" for channel, state in deliveries),
        "sms": list(DeliveryRow.objects.filter(channel="sms").values_list("ref", flat=True)),
        "effects": Counter(Effect.objects.values_list("state", flat=True)),
        "opened": sorted(JournalEntry.objects.filter(event="case_opened").values_list("subject", flat=True)),
        "miscounted": bookings.miscounted(),
        "key": signer.verifier_key(),
    }
