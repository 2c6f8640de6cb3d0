"""Deadlines in words: the working days that are left on the pack's calendar."""

from datetime import datetime
from typing import TypedDict

from praya.blocks.cases import api as cases
from praya.definition.pack import Pack
from praya.definition.questions import shown_date
from praya.journey import load
from praya.web import display
from praya.web.words import translator


class ClockTag(TypedDict):
    """The values of the kit's `clock_tag`."""

    words: str
    kind: str
    due: str | None
    due_words: str | None


KINDS = {"none": "good", "stopped": "waiting", "in-time": "good", "soon": "warning", "late": "bad"}


def of_case(case: cases.Case, pack: Pack, lang: str, *, at: datetime) -> ClockTag:
    """The deadline of a case's state."""
    if case.closed_at is not None:
        t = translator(lang)
        return {"words": t(f"desk.result_{case.result}"), "kind": "good", "due": None,
                "due_words": display.day_words(case.closed_at, pack, lang)}  # fmt: skip
    if case.stopped_at is not None and case.due_at is None and not case.waits_for_applicant:
        words = translator(lang)("desk.clock_stopped")
        return {"words": words, "kind": KINDS["stopped"], "due": None, "due_words": None}
    # The end that comes first counts: of the state's clock, or of the service's promise.
    end = min((moment for moment in (case.due_at, case.promise_at) if moment is not None), default=None)
    line = clock_words(end, case.waits_for_applicant, pack, lang, at=at)
    role = _escalated_to(case, at)
    if role is not None:
        title = display.role_title(role, pack, lang)
        line["words"] = translator(lang)("desk.clock_raised", words=line["words"], role=title)
    return line


def _escalated_to(case: cases.Case, at: datetime) -> str | None:
    """The role that has a late case before it, as its definition says."""
    service = load.compiled(case.service, case.version)
    promise, state = service.promise, service.flow.states[case.state]
    if promise is not None and promise.escalate and case.promise_at is not None and at >= case.promise_at:
        return promise.escalate
    late = case.due_at is not None and at >= case.due_at and not case.waits_for_applicant
    return state.escalate if late else None


def of_referral(referral: cases.Referral, pack: Pack, lang: str, *, at: datetime) -> ClockTag:
    """The deadline of a department that was asked."""
    t = translator(lang)
    if referral.replied_at is not None:
        return {"words": t(f"desk.reply_{referral.result}"), "kind": REPLY_KINDS.get(referral.result, "good"),
                "due": None, "due_words": display.day_words(referral.replied_at, pack, lang)}  # fmt: skip
    return clock_words(referral.due_at, waits=False, pack=pack, lang=lang, at=at)


REPLY_KINDS = {
    "no-objection": "good", "conditions": "warning", "objection": "bad", "not-ours": "neutral", "assumed": "warning",
}  # fmt: skip


def clock_words(due_at: datetime | None, waits: bool, pack: Pack, lang: str, *, at: datetime) -> ClockTag:
    """A deadline in words, with its date."""
    t = translator(lang)
    clock = cases.clock(due_at, waits_for_applicant=waits, at=at, calendar=pack.calendar)
    days = abs(clock.days)
    match clock.state:
        case "none":
            words = t("desk.clock_none")
        case "stopped":
            words = t("desk.clock_waiting")
        case "late":
            words = _counted("desk.clock_late", days, lang)
        case _:
            words = _counted("desk.clock_left", days, lang)
    if due_at is None:
        return {"words": words, "kind": KINDS[clock.state], "due": None, "due_words": None}
    day = pack.calendar.day_of(due_at)
    due_words = t("desk.clock_due", date=display.day_words(due_at, pack, lang))
    if pack.calendar.until is not None and pack.calendar.ends_before(day):
        due_words += t("desk.clock_unsure", date=shown_date(pack.calendar.until, lang))
    return {"words": words, "kind": KINDS[clock.state], "due": day.isoformat(), "due_words": due_words}


def _counted(key: str, days: int, lang: str) -> str:
    t = translator(lang)
    if days == 0:
        return t(f"{key}_none")
    return t(f"{key}_one") if days == 1 else t(f"{key}_many", n=days)
