"""The effects of an action, of entering a state, or of a timer, carried out one after another from a table."""

from datetime import datetime

from praya.blocks.cases import api as cases
from praya.definition.flow import Effects
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import case_context, visits
from praya.journey.chapter import Occasion
from praya.journey.chapters import EFFECTS


def has_any(effects: Effects) -> bool:
    """Whether anything follows: a letter, a record, an entry, a fee, a booking, an invitation."""
    return any(getattr(effects, word) for effect in EFFECTS for word in effect.words)


def carry_out(
    effects: Effects,
    case: cases.Case,
    service: Service,
    pack: Pack,
    *,
    mark: str,
    reason: str = "",
    session: visits.Session | None = None,
    at: datetime,
    by: str,
) -> list[str]:
    """Carry out the effects in the order of the table. `mark` tells this occasion from any other of the same case.

    Return the references of the entries that look-ups found and effects have changed.

    `session` is the one that was chosen for a visit. Raises bookings.SlotTaken, registers.NoEntry, ExpressionFailed.
    """
    look = case_context.reader(service, pack, today=pack.calendar.day_of(at))
    now = Occasion(case, service, pack, mark, reason, session, at, by, look)
    for effect in EFFECTS:
        if any(getattr(effects, word) for word in effect.words):
            effect.run(effects, now)
    return now.found
