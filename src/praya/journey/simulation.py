"""A changed definition tried on past cases before it is published: whom it would have touched, in numbers and samples.

Both definitions look at what each case handed in, on the day it was opened or on one day for all. So only a change of
the definition shows, not what time or officers did. Values that may be personal are counted and never shown.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.definition.expression_context import derived
from praya.definition.pack import Pack
from praya.definition.questions import SignatureQuestion
from praya.definition.service import Service
from praya.journey import draft_progress, entries, lookups
from praya.journey.chapters import fees
from praya.kernel.expression import ExpressionFailed
from praya.kernel.text import Text

CHUNK = 500
SAMPLES = 5
NOT_ELIGIBLE = "not eligible"
CANNOT = "cannot be worked out"


@dataclass(slots=True)
class Change:
    """One thing that comes out differently: for how many cases, from what to what, and the references of a few.

    `values` counts pairs of before and after where these say nothing personal. `cents` are the sums before and after of
    a fee, over the cases that differ.
    """

    what: str
    count: int = 0
    values: Counter[tuple[str, str]] = field(default_factory=Counter)
    cents: tuple[int, int] = (0, 0)
    more: int = 0
    less: int = 0
    samples: list[str] = field(default_factory=list)

    def add(self, ref: str, before: Any, after: Any) -> None:
        """Count a case for which the outcome is `after` and was `before`."""
        self.count += 1
        if len(self.samples) < SAMPLES:
            self.samples.append(ref)
        if isinstance(before, Cents) and isinstance(after, Cents):
            self.cents = self.cents[0] + before, self.cents[1] + after
            self.more += after > before
            self.less += after < before
        elif isinstance(before, str) and isinstance(after, str):
            self.values[before, after] += 1


class Cents(int):
    """An amount of money, so that sums are told of it."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """How many cases were looked at, how many of them differ, and in what; `skipped` are of people who were erased."""

    looked_at: int
    touched: int
    changes: tuple[Change, ...]
    skipped: int


def simulate(old: Service, new: Service, pack: Pack, *, since: datetime, on: date | None = None) -> Simulated:
    """Compare what two definitions make of each case of the service that was opened since a moment.

    With `on` the law of that day counts for all; otherwise that of the day on which each case was opened.
    """
    changes: dict[str, Change] = {}
    looked_at = touched = skipped = 0
    for case, content in _cases(old.service, since):
        if content is None:
            skipped += 1
            continue
        looked_at += 1
        day = on or pack.calendar.day_of(case.opened_at)
        before, after = (_outcomes(case, content.answers, one, pack, day) for one in (old, new))
        refused = before[NOT_ELIGIBLE] or after[NOT_ELIGIBLE]
        # Who may not apply pays nothing: that is told as such, and not as a lower fee.
        compared = (what for what in {**before, **after} if not (refused and what.startswith("fee")))
        differing = [what for what in compared if _of(before, what) != _of(after, what)]
        touched += bool(differing)
        for what in differing:
            changes.setdefault(what, Change(what)).add(case.ref, _of(before, what), _of(after, what))
    ordered = sorted(changes.values(), key=lambda change: (-change.count, change.what))
    return Simulated(looked_at, touched, tuple(ordered), skipped)


def _of(outcomes: dict[str, Any], what: str) -> Any:
    return outcomes.get(what, Cents(0) if what.startswith("fee ") else "")


def _cases(service: str, since: datetime) -> Iterator[tuple[cases.Case, cases.Content | None]]:
    last = ""
    while chunk := cases.handed_in(service=service, since=since, after=last, limit=CHUNK):
        yield from chunk
        last = chunk[-1][0].ref


def _outcomes(case: cases.Case, answers: dict[str, Any], service: Service, pack: Pack, day: date) -> dict[str, Any]:
    """What a definition makes of a case, by name: texts and `Cents` to be shown, anything else only to be compared."""
    look = lookups.looking(service, day)
    subject = _seen_before(case, service, pack)
    known = _known(service, case.language, day, subject, look)
    given = {name: value for name, value in answers.items() if name in service.questions}
    kept = forms.pruned(service, given, known)
    context = known(kept)
    wrong = _wrong(service, kept, known, day, look)
    outcomes: dict[str, Any] = {f"answer {name}": f"refused: {code}" for name, code in wrong.items()}
    shut_out = draft_progress.shut_out(service, kept, wrong.keys(), known, day)
    outcomes[NOT_ELIGIBLE] = shut_out.rule.refuse.in_("en") if shut_out else ""
    for name, decision in service.decisions.items():
        value = context["decisions"][name]
        # What a row works out may be as personal as an answer; the words of its rows are not.
        is_listed = all(row.value is None for row in decision.rows)
        outcomes[f"decision {name}"] = (value,) if not is_listed else "not known" if value is None else str(value)
    for name in service.conditions:
        outcomes[f"condition {name}"] = {True: "yes", False: "no"}.get(context["conditions"][name], "not known")
    for name, value in derived(service, context).items():
        outcomes[f"derived answer {name}"] = (value,)
    if shut_out is None:
        outcomes |= _fees(service, context, pack, day)
    return outcomes


def _seen_before(case: cases.Case, service: Service, pack: Pack) -> dict[str, Any]:
    email = None
    if service.reads_address:
        email = identity.person(case.person_ref).email
    return {
        **entries.seen_by(service, case.subject_ref),
        **draft_progress.held_by(service, case.booking_ref, pack),
        "applicant": {"email": email, "language": case.language},
    }


def _known(
    service: Service, language: str, day: date, subject: dict[str, Any], look: Any
) -> Callable[[Any], dict[str, Any]]:
    return lambda answers: draft_progress.context_of(service, answers, language, day, subject, look)


def _wrong(service: Service, answers: dict[str, Any], known: Any, day: date, look: Any) -> dict[str, str]:
    """The questions whose answers the definition would not take, with the code of the first reason."""
    asking = draft_progress.asking_of(service, answers, known(answers), known, day, look)
    codes: dict[str, str] = {}
    for reason in forms.all_refusals(service, answers, asking=asking):
        # A signature is of the definition under which it was given.
        if not isinstance(service.questions.get(reason.question), SignatureQuestion):
            codes.setdefault(reason.question, reason.code)
    return codes


def _fees(service: Service, context: dict[str, Any], pack: Pack, day: date) -> dict[str, Any]:
    try:
        charged = fees.first(service, context, pack, day)
    except ExpressionFailed:
        return {"fees": CANNOT}
    return {f"fee {one.name or Text(one.label).in_('en')}": Cents(one.cents) for one in charged}
