"""What happens next with a case, by when, and who has it now, in words that are true also when it is late."""

from dataclasses import dataclass
from datetime import datetime

from praya.blocks.cases import api as cases
from praya.definition.own_words import WORDS
from praya.definition.pack import Pack
from praya.web import display
from praya.web.words import translator


@dataclass(frozen=True, slots=True)
class NextStep:
    """The sentences about the next step, the first of them most important. `late`: its day is over."""

    lines: tuple[str, ...] = ()
    late: bool = False
    yours: bool = False


def of_case(case: cases.Case, pack: Pack, lang: str, *, at: datetime) -> NextStep:
    """The next step of a case for its applicant; without lines once the case is closed."""
    if case.closed_at is not None:
        return NextStep()
    t, holder = translator(lang), holder_of(case, pack, lang)
    day = display.day_words(case.due_at, pack, lang) if case.due_at else ""
    over = case.due_at is not None and at >= case.due_at
    if case.waits_for_applicant:
        if not day:
            return NextStep((t("portal.next_yours"),), yours=True)
        words = t("portal.next_yours_over" if over else "portal.next_yours_by", day=day, department=holder)
        return NextStep((words,), late=over, yours=True)
    lines = []
    if day and over:
        lines.append(t("portal.next_late", day=day, late=_late(case.due_at, pack, lang, at)))
    elif day:
        lines.append(t("portal.due_by", day=day))
    lines.append(t("portal.next_holder", department=holder))
    promised = case.promise_at is not None and at >= case.promise_at
    if case.promise_at is not None:
        words = "portal.promise_late" if promised else "portal.promise_by"
        lines.append(t(words, day=display.day_words(case.promise_at, pack, lang)))
    elif case.stopped_at is not None:
        lines.append(t("portal.promise_stopped"))
    return NextStep(tuple(lines), late=over or promised)


def holder_of(case: cases.Case, pack: Pack, lang: str) -> str:
    """Who has the case now: the departments that were asked and have not replied, else the one that owns it."""
    asked = dict.fromkeys(one.department for one in case.referrals if one.replied_at is None)
    names = [pack.departments[name].title.in_(lang) for name in asked or (case.department,) if name in pack.departments]
    return WORDS["list_comma"].in_(lang).join(names)


def _late(due_at: datetime | None, pack: Pack, lang: str, at: datetime) -> str:
    days = abs(cases.clock(due_at, waits_for_applicant=False, at=at, calendar=pack.calendar).days)
    t = translator(lang)
    return t("portal.late_none") if not days else t("portal.late_one") if days == 1 else t("portal.late_many", n=days)
