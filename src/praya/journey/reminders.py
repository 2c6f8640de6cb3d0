"""An officer reminds those for whom a case waits, or puts it before a supervisor: each of them once a day at most."""

from datetime import datetime, time
from typing import Literal

from django.db import transaction

from praya.blocks.cases import api as cases
from praya.journey import case_context, holding, load, party_invitations
from praya.journey.acting.refusals import insist_on_another

SUPERVISOR = "supervisor"
What = Literal["department", "party", "supervisor"]
KINDS: dict[What, cases.Chased] = {"department": "asked_again", "party": "party_reminded", "supervisor": "raised"}


class NotWaited(Exception):
    """The case does not wait for them."""


def today_since(at: datetime) -> datetime:
    """The beginning of a moment's day."""
    calendar = load.pack().calendar
    return calendar.moment(calendar.day_of(at), time(0))


def whom(case: cases.Case) -> list[tuple[What, str]]:
    """Whom an officer can remind about an open case, which was read with its referrals; last, the supervisors."""
    if case.closed_at is not None:
        return []
    asked: list[tuple[What, str]] = [("department", one.department) for one in case.referrals if one.is_open]
    service = load.compiled(case.service, case.version)
    invited = holding.invited(case) if service.parties else []
    asked += [("party", name) for name in dict.fromkeys(one.party for one in invited) if name in service.parties]
    return [*asked, ("supervisor", SUPERVISOR)]


def remind(case: cases.Case, what: str, who: str, *, by: str, at: datetime) -> bool:
    """Remind a department or a party, or put the case before the supervisors; False when it was done today.

    Raises NotWaited, OwnCase.
    """
    insist_on_another(case, by)
    kind = next((KINDS[one] for one, name in whom(case) if (one, name) == (what, who)), None)
    if kind is None:
        raise NotWaited(who)
    with transaction.atomic():
        done = cases.chase(ref=case.ref, kind=kind, who=who, since=today_since(at), at=at, by=by)
        if done and kind == "party_reminded":
            pack = load.pack()
            service = load.compiled(case.service, case.version)
            look = case_context.reader(service, pack, today=pack.calendar.day_of(at))
            party_invitations.remind(case, who, look=look, at=at)
    return done
