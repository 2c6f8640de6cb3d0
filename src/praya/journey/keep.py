"""What must be done from time to time: pools ahead, holds that ran out, cases whose retention is over."""

from contextlib import suppress
from datetime import datetime, timedelta

from praya.blocks.analytics import api as analytics
from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.parties import api as invitations
from praya.blocks.services import api as services
from praya.journey import ballots, entries, load, parties, reserving, run
from praya.kernel.rounds import by_itself

# The services that the home page and a starting server have first: for which most people applied in these days.
LATELY = timedelta(days=30)
MOST_POPULAR = 100


def pools_ahead(*, at: datetime) -> int:
    """Make the pools that can be booked from now on."""
    territory = load.territory()
    booking = [card for card in (*territory.live.values(), *territory.trials.values()) if card.booking]
    return sum(reserving.make_pools(load.definition(card), territory.pack, at=at) for card in booking)


def count_popular(*, at: datetime) -> int:
    """Note for which services most people applied lately; the home page shows them first."""
    territory = load.territory()
    since = territory.pack.calendar.day_of(at) - LATELY
    names = analytics.most_applied_for(services=[*territory.live], since=since, most=MOST_POPULAR)
    services.set_popular(names)
    return 0


def end_holds(*, at: datetime) -> int:
    """Give back what was held and not booked in time."""
    return bookings.expire(at=at)


def forget_drafts(*, at: datetime) -> int:
    """Throw away drafts that nobody touched for long."""
    return forms.forget_old(before=at - forms.KEEP_DRAFTS)


def forget_untaken_forms(*, at: datetime) -> int:
    """Delete what was typed, could not be taken and was not fetched again within a day."""
    return forms.forget_untaken(at=at)


def run_timers(*, at: datetime) -> int:
    """Do what time asks of cases: remind, lapse, decide."""
    count = 0
    for case in cases.timers_due(at=at):
        # Somebody who acts at this very moment goes before time; the timer is looked at again.
        with by_itself("run_timers", service=case.service, case=case.ref), suppress(cases.CaseMoved):
            run.fire_timers(case, at=at)
            count += 1
    return count


def hold_ballots(*, at: datetime) -> int:
    """Announce and hold the draws."""
    return ballots.hold(at=at)


def remind_holders(*, at: datetime) -> int:
    """Remind the holders of register entries that end soon."""
    return entries.remind(at=at)


def end_invitations(*, at: datetime) -> int:
    """Let invitations lapse whose time is over."""
    over = invitations.lapsing(at=at)
    for invitation in over:
        # Somebody who answers at this very moment goes before time.
        with by_itself("end_invitations", case=invitation.case_ref), suppress(invitations.NotWaiting):
            parties.lapse(invitation, at=at)
    return len(over)


def end_retention(*, at: datetime) -> int:
    """Delete cases whose retention is over, as each service's definition says by result."""
    territory, count = load.territory(), 0
    for service in territory.every.values():
        for result, length in service.retention.items():
            day = territory.pack.calendar.day_of(at)
            # The longest month and year are counted, so that nothing goes a day too early.
            span = territory.pack.calendar.date_after(day, length) - day + timedelta(days=1)
            for case in cases.closed_before(service=service.service, result=result, before=at - span):
                with by_itself("end_retention", service=service.service, case=case.ref):
                    forms.forget_of_case(case_ref=case.ref)
                    invitations.forget_of_case(case_ref=case.ref)
                    cases.erase(ref=case.ref, at=at)
                    count += 1
    return count
