"""Passkeys: how long one waits before it counts, and the assurance level that it reaches. Pure."""

from datetime import datetime, timedelta

CHALLENGE_LIFE = timedelta(minutes=10)
"""How long a challenge can be answered; a page of signing in may stand open that long."""
MOST_PASSKEYS = 20
LONGEST_NAME = 60
WAITING_PERIOD = timedelta(days=3)
"""How long a passkey waits before it counts, when it was added without an earlier one. Meanwhile its owner is told on
every channel and can remove it: who reads somebody's e-mail does not become that person."""
FRESH = timedelta(minutes=10)
"""How long a confirmation with a passkey lasts for what is asked for at level 3."""


def counts_from(at: datetime, *, guarded: bool, by_passkey: bool) -> datetime:
    """From when a new passkey counts. `guarded`: there is something to take over, such as an earlier passkey."""
    return at + WAITING_PERIOD if guarded and not by_passkey else at


def level_of(*, proven: bool, step_up: bool) -> int:
    """The assurance level that a passkey that counts reaches: 2 for a proven identity, 3 for a confirmation of it."""
    if not proven:
        return 1
    return 3 if step_up else 2
