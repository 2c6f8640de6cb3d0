"""Which blocks are installed, and what the worker does at every tick."""

from collections.abc import Callable
from datetime import datetime, timedelta

INSTALLED: list[str] = [
    "praya.kernel.crypto",
    "praya.kernel.journal",
    "praya.kernel.outbox",
    "praya.blocks.services",
    "praya.blocks.forms",
    "praya.blocks.parties",
    "praya.blocks.cases",
    "praya.blocks.bookings",
    "praya.blocks.analytics",
    "praya.blocks.identity",
    "praya.blocks.notices",
    "praya.blocks.credentials",
    "praya.blocks.registers",
    "praya.blocks.access",
]


def tick(*, at: datetime) -> bool:
    """Do what is due; answers whether there was anything, so that the worker looks again at once."""
    from praya.blocks.analytics import api as analytics
    from praya.blocks.forms import api as forms
    from praya.blocks.notices import api as notices
    from praya.kernel.journal import sealing
    from praya.kernel.outbox import api as outbox

    sealed = sealing.seal(at=at)
    counted = analytics.catch_up()
    worked = outbox.work(notices.DOINGS, at=at)
    scanned = forms.scan(at=at)
    jobs = _periodic()
    for name in outbox.not_due(at=at):
        jobs.pop(name, None)
    done = sum(job(at=at) for name, (every, job) in jobs.items() if outbox.due(name, every=every, at=at))
    return bool(sealed or counted or worked.done or scanned or done)


def _periodic() -> dict[str, tuple[timedelta, Callable[..., int]]]:
    from praya.blocks.access import api as access
    from praya.blocks.identity import api as identity
    from praya.journey import keep

    return {
        "end_holds": (timedelta(seconds=30), keep.end_holds),
        "end_invitations": (timedelta(minutes=1), keep.end_invitations),
        "run_timers": (timedelta(minutes=1), keep.run_timers),
        "hold_ballots": (timedelta(minutes=1), keep.hold_ballots),
        "remind_holders": (timedelta(hours=1), keep.remind_holders),
        "pools_ahead": (timedelta(hours=1), keep.pools_ahead),
        "count_popular": (timedelta(hours=1), keep.count_popular),
        "forget_answers": (timedelta(days=1), access.forget_old_answers),
        "forget_codes": (timedelta(hours=1), identity.forget_old_codes),
        "forget_untaken_forms": (timedelta(hours=1), keep.forget_untaken_forms),
        "forget_drafts": (timedelta(days=1), keep.forget_drafts),
        "end_retention": (timedelta(days=1), keep.end_retention),
    }


def after_restore(*, at: datetime, by: str) -> int:
    """Make a restored database whole: read again what was remembered, erase again who was erased since.

    Answers how many persons an older state had brought back.
    """
    from praya.blocks.access import api as access
    from praya.journey import erasing, load
    from praya.kernel.crypto import erased, vault

    access.forget_memory()
    vault.reset_memory()
    load.make_cards()
    load.forget()
    return erasing.erase_again(erased.subjects(), at=at, by=by)


def note_erased() -> None:
    """Complete the list of the erased outside the database by what the journal knows."""
    from praya.kernel.crypto import erased
    from praya.kernel.journal import api as journal

    erased.note(sorted(journal.subjects_of("person_erased") - erased.subjects()))
