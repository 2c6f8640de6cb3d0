"""The periodic jobs of the journey: pools ahead, holds that ran out, timers, draws, cases whose retention is over."""

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.panels import api as judging
from praya.blocks.parties import api as invitations
from praya.blocks.rankings import api as rankings
from praya.blocks.registers import api as registers
from praya.blocks.stocks import api as stocks
from praya.journey import (
    absences,
    acting,
    awarding,
    ballots,
    batches,
    case_search,
    clock_letters,
    clocks,
    draft_booking,
    entries,
    lines,
    load,
    panels,
    parties,
    postponing,
    sampling,
)
from praya.kernel.calendar import MORNING
from praya.kernel.outbox.parts import Part
from praya.kernel.rounds import breathe, by_itself


def pools_ahead(*, at: datetime) -> int:
    """Create the pools of all sessions that can be booked from now on."""
    territory = load.territory()
    booking = [card for card in (*territory.live.values(), *territory.trials.values()) if card.booking]
    return sum(draft_booking.make_pools(load.definition(card), territory.pack, at=at) for card in booking)


def release_places(*, at: datetime) -> int:
    """Release the places that are due in services that release them in steps."""
    territory = load.territory()
    cards = [card for card in (*territory.live.values(), *territory.trials.values()) if card.releases]
    for card in cards:
        draft_booking.make_pools(load.definition(card), territory.pack, at=at)
    return len(cards)


def end_holds(*, at: datetime) -> int:
    """Free the places of expired holds."""
    return bookings.expire(at=at)


def forget_drafts(*, at: datetime) -> int:
    """Delete drafts that were not touched for a long time."""
    return forms.forget_old(before=at - forms.KEEP_DRAFTS)


def forget_untaken_forms(*, at: datetime) -> int:
    """Delete stored form input that was not accepted, and not restored within a day."""
    count = 0
    while deleted := forms.forget_untaken(at=at):
        count += deleted
        breathe()
    return count


def run_timers(*, at: datetime) -> int:
    """Fire the timers of cases that are due: reminders, lapses, decisions."""
    count = 0
    for case in cases.timers_due(at=at):
        # A person who acts at the same moment has precedence; the timer is examined again.
        with by_itself("run_timers", service=case.service, case=case.ref), suppress(cases.CaseMoved):
            acting.fire_timers(case, at=at)
            count += 1
    return count


def oldest_errand(*, at: datetime) -> datetime | None:  # noqa: ARG001 (the form of every part of the worker)
    """Since when the oldest errand waits."""
    return cases.oldest_errand()


def set_clocks_anew(*, at: datetime) -> int:  # noqa: ARG001 (the form of every part of the worker)
    """Set the clocks of open cases anew after the calendar changed, as for a day on which offices were closed."""
    pack, count = load.pack(), 0
    while outdated := cases.not_reckoned(pack.calendar_mark, limit=200):
        for one in outdated:
            with by_itself("set_clocks_anew", service=one.service, case=one.ref), transaction.atomic():
                cases.lock(one.ref)
                case = cases.case(one.ref)
                clocks.reckon_anew(case, load.compiled(case.service, case.version), pack)
                count += 1
        if {one.ref for one in cases.not_reckoned(pack.calendar_mark, limit=200)} & {one.ref for one in outdated}:
            # What could not be set is tried again in the next round.
            break
        breathe()
    return count


def draw_ballots(*, at: datetime) -> int:
    """Announce draws and make those that are due, until all their cases have moved on."""
    count = 0
    while moved := ballots.draw_due(at=at):
        count += moved
    return count


def judge_entries(*, at: datetime) -> int:
    """Give entries to the members of panels, and close judging that is over."""
    return panels.judge_due(at=at)


def rank_cases(*, at: datetime) -> int:
    """Make the rankings that are due, until all their cases have moved on."""
    count = 0
    while moved := awarding.rank_due(at=at):
        count += moved
    return count


def call_lines(*, at: datetime) -> int:
    """Call from every line whoever's turn it is, until every turn is taken."""
    count = 0
    while moved := lines.call_due(at=at):
        count += moved
    return count


def tell_samples(*, at: datetime) -> int:
    """Tell the secrets of samples of months that are over."""
    return sampling.tell_secrets(at=at)


def remind_holders(*, at: datetime) -> int:
    """Remind the holders of register entries that end soon."""
    return entries.remind(at=at)


def end_invitations(*, at: datetime) -> int:
    """Let overdue invitations lapse."""
    count = 0
    for invitation in invitations.lapsing(at=at):
        # A person who answers at the same moment has precedence.
        with by_itself("end_invitations", case=invitation.case_ref), suppress(invitations.NotWaiting):
            parties.lapse(invitation, at=at)
        count += 1
    return count


def end_retention(*, at: datetime) -> int:
    """Delete every case whose retention period, set by result in the definition, is over. One transaction each."""
    count = 0
    for (service, result), before in _kept_until(at).items():
        for ref in cases.closed_before(service=service, result=result, before=before):
            with by_itself("end_retention", service=service, case=ref), transaction.atomic():
                forms.forget_of_case(case_ref=ref)
                invitations.forget_of_case(case_ref=ref)
                judging.forget_of_case(case_ref=ref)
                rankings.forget_of_case(case_ref=ref)
                stocks.forget_of_case(case_ref=ref)
                cases.erase(ref=ref, at=at)
                count += 1
    return count


def _kept_until(at: datetime) -> dict[tuple[str, str], datetime]:
    """By service and result: the moment before which a case must have been closed to be deleted now."""
    territory = load.territory()
    day = territory.pack.calendar.day_of(at)
    # The longest month and year are counted, so that nothing is deleted a day too early.
    return {
        (service.service, result): at - (territory.pack.calendar.date_after(day, length) - day + timedelta(days=1))
        for service in territory.every.values()
        for result, length in service.retention.items()
    }


# Since when the oldest thing is due that each of them should do


def oldest_batch(*, at: datetime) -> datetime | None:  # noqa: ARG001
    """Since when the first action on many cases waits for its end."""
    return cases.oldest_batch()


def oldest_hold(*, at: datetime) -> datetime | None:  # noqa: ARG001 (the form of every part of the worker)
    """When the first hold ran out."""
    return bookings.oldest_hold()


def oldest_invitation(*, at: datetime) -> datetime | None:  # noqa: ARG001
    """When the time of the first invitation was over."""
    return invitations.oldest_waiting()


def oldest_timer(*, at: datetime) -> datetime | None:  # noqa: ARG001
    """When the first timer was due."""
    return cases.oldest_timer()


def oldest_reminder(*, at: datetime) -> datetime | None:  # noqa: ARG001
    """The morning of the first day on which somebody is to be reminded."""
    day = registers.first_reminder()
    return load.pack().calendar.moment(day, MORNING) if day is not None else None


def oldest_alert(*, at: datetime) -> datetime | None:  # noqa: ARG001
    """Since when the first alert of a clock is to be deleted."""
    return cases.oldest_alert_to_forget()


def oldest_untaken_form(*, at: datetime) -> datetime | None:  # noqa: ARG001
    """When the first form was to be deleted that could not be taken."""
    return forms.oldest_untaken()


def oldest_draft(*, at: datetime) -> datetime | None:  # noqa: ARG001
    """When the first draft was to be thrown away."""
    touched = forms.oldest_draft()
    return touched + forms.KEEP_DRAFTS if touched is not None else None


def oldest_retained(*, at: datetime) -> datetime | None:
    """When the retention of a case was over that is there still; the first of all services."""
    first, until = cases.first_closed(), _kept_until(at)
    due = [closed_at + (at - until[key]) for key, closed_at in first.items() if key in until]
    return min(due, default=None)


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
PARTS = (
    Part(name="end_holds", run=end_holds, every=MINUTE / 2, overdue=oldest_hold),
    Part(name="end_invitations", run=end_invitations, every=MINUTE, overdue=oldest_invitation),
    Part(name="run_timers", run=run_timers, every=MINUTE, overdue=oldest_timer),
    Part(name="run_errands", run=acting.run_errands, every=MINUTE / 2, overdue=oldest_errand),
    Part(name="tell_officers", run=clock_letters.tell, every=10 * MINUTE, lane="slow"),
    Part(name="forget_alerts", run=cases.forget_alerts, every=DAY, lane="slow", destructive=True, overdue=oldest_alert),
    Part(name="set_clocks_anew", run=set_clocks_anew, every=10 * MINUTE, lane="slow"),
    Part(name="draw_ballots", run=draw_ballots, every=MINUTE, lane="slow", overdue=ballots.oldest_due),
    Part(name="judge_entries", run=judge_entries, every=MINUTE, lane="slow", overdue=panels.oldest_due),
    Part(name="rank_cases", run=rank_cases, every=MINUTE, lane="slow", overdue=awarding.oldest_due),
    Part(name="call_lines", run=call_lines, every=MINUTE / 2, lane="slow"),
    Part(name="tell_samples", run=tell_samples, every=HOUR, lane="slow"),
    Part(name="remind_holders", run=remind_holders, every=HOUR, lane="slow", overdue=oldest_reminder),
    Part(name="run_batches", run=batches.run, every=timedelta(seconds=2), lane="slow", overdue=oldest_batch,
         late=timedelta(days=1)),
    Part(name="hand_over", run=absences.run, every=MINUTE, lane="slow"),
    Part(name="index_cases", run=case_search.index_what_is_missing, every=10 * MINUTE, lane="slow"),
    Part(name="release_places", run=release_places, every=MINUTE / 6),
    Part(name="postpone_visits", run=postponing.run, every=MINUTE / 4, lane="slow"),
    Part(name="pools_ahead", run=pools_ahead, every=HOUR, lane="slow"),
    Part(name="forget_untaken_forms", run=forget_untaken_forms, every=HOUR, lane="slow", destructive=True,
         overdue=oldest_untaken_form),
    Part(name="forget_drafts", run=forget_drafts, every=DAY, lane="slow", destructive=True, overdue=oldest_draft),
    Part(name="end_retention", run=end_retention, every=DAY, lane="slow", destructive=True, overdue=oldest_retained,
         seldom=True),
)  # fmt: skip
"""The jobs as parts of the worker."""
