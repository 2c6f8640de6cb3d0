"""Sessions: each is a row, so that it can be listed, and ended before its cookie expires."""

from datetime import datetime, timedelta
from typing import Literal

from django.db import transaction

from praya.blocks.identity import store
from praya.blocks.identity.values import SignedIn
from praya.kernel.journal import api as journal

SESSION_LIFE = timedelta(hours=12)
"""The longest session, however much it is used."""
SEEN_EVERY = timedelta(minutes=15)
Way = Literal["code", "passkey"]
CODE_LEVEL = 1
"""The assurance level that a code by e-mail reaches (see `assurance` of a service)."""


def begin_session(*, holder: str, device: str, level: int, at: datetime, way: Way = "code") -> str:
    """Begin a session of `person:<ref>` or `officer:<ref>`; return its reference.

    `level` is the assurance level that the sign-in reached: `CODE_LEVEL` after a code by e-mail. `way` is how.
    """
    return store.add_session(holder, device[:40], level, way, at)


def person_session(person_ref: str, session: str, *, at: datetime) -> tuple[int | None, bool]:
    """A person's `epoch`, and whether this session is still valid. Its use is recorded."""
    number, state = store.person_session(person_ref, session, at - SEEN_EVERY)
    if state == "unseen":
        store.note_seen(session, at)
    return number, state != "over"


def officer_session(officer_ref: str, session: str, *, at: datetime) -> bool:
    """Whether this session of an officer is still valid. Its use is recorded."""
    state = store.session_state(session, f"officer:{officer_ref}", at - SEEN_EVERY)
    if state == "unseen":
        store.note_seen(session, at)
    return state != "over"


def sessions(*, holder: str, idle: timedelta, at: datetime) -> list[SignedIn]:
    """The valid sessions of a holder, the newest first. A session that was idle for longer than `idle` has ended."""
    rows = store.sessions_of(holder, seen_after=at - idle - SEEN_EVERY, began_after=at - SESSION_LIFE)
    return [SignedIn(row.ref, row.device, row.began_at, row.seen_at, row.way) for row in rows]


def end_session(*, session: str, holder: str, at: datetime) -> bool:
    """End one session of a holder, so that copies of its cookie are refused; False when there is none."""
    with transaction.atomic():
        if not store.drop_sessions(ref=session, holder=holder):
            return False
        kind, _, ref = holder.partition(":")
        journal.record(event=f"{kind}_session_ended", at=at, by=holder, subject=ref)
        return True


def forget_old_sessions(*, at: datetime) -> int:
    """Delete sessions older than SESSION_LIFE; return how many."""
    return store.drop_sessions(began_before=at - SESSION_LIFE)
