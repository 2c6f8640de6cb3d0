"""The limits of a service over many applications: what an application takes of them, and the sentence when exceeded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.chapters.limits import Limit
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey.draft_progress import Walk
from praya.journey.filled_texts import filled
from praya.kernel import jsontext
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.number import Number, exact, grouped, is_number, plain, rounded
from praya.kernel.reading import matching
from praya.kernel.text import Text

Context = Mapping[str, Any]


@dataclass(frozen=True)
class Reached:
    """A limit that an application goes beyond: what it allows, and what is left of it."""

    limit: Limit
    at_most: Number
    left: Number
    sentence: Text

    @property
    def left_in_words(self) -> str:
        """The amount that is left, in words."""
        return grouped(self.left)

    @property
    def at_most_in_words(self) -> str:
        """The amount that the limit allows, in words."""
        return grouped(self.at_most)


@dataclass
class _Seen:
    """The context of a limit's sentence."""

    service: Service
    context: dict[str, Any]
    texts: dict[str, Text]
    raw: dict[str, Any]


def claims(service: Service, context: Context, pack: Pack, *, person_ref: str, at: datetime) -> list[cases.Claim]:
    """What these answers would take of each limit, but for one that waits for a time to be chosen.

    Raises ExpressionFailed when that cannot be worked out.
    """
    if not service.limits:
        return []
    known = {**context, "applicant": {**context["applicant"], "email": identity.person(person_ref).email}}
    claimed = []
    booked = known.get("booking", {}).get("visits")
    for number, limit in enumerate(service.limits):
        if not booked and rests_on_booking(service, limit):
            continue
        amount = _millionths(limit.of, known, unknown=0) if limit.of else cases.MILLION
        at_most = _millionths(limit.at_most, known)
        until = pack.calendar.moment_after(at, limit.within) if limit.within else None
        keys = {cases.limit_key(_counted(service, limit), value) for value in _values(limit, known)}
        claimed += [cases.Claim(number, key, max(amount, 0), at_most, until) for key in sorted(keys)]
    return claimed


def count_anew(service: Service, case: cases.Case, before: Context, now: Context, pack: Pack, *, at: datetime) -> None:
    """Count what a case takes of the limits that rest on its booking as it is now, instead of as it was before.

    Raises cases.OverLimit, and then nothing is changed; ExpressionFailed.
    """
    numbers = {number for number, limit in enumerate(service.limits) if rests_on_booking(service, limit)}
    if not numbers:
        return
    taken, wanted = (
        [
            claim
            for claim in claims(service, context, pack, person_ref=case.person_ref, at=case.opened_at)
            if claim.limit in numbers
        ]
        for context in (before, now)
    )
    cases.claim_anew(ref=case.ref, instead_of=taken, claims=wanted, at=at)


def free(
    service: Service,
    case: cases.Case,
    context: Context,
    pack: Pack,
    name: str,
    *,
    amount: Expression,
    at: datetime,
    by: str,
) -> None:
    """Let others take again a part of what a case took of the limit with that name. Raises ExpressionFailed."""
    number = next(number for number, limit in enumerate(service.limits) if limit.name == name)
    taken = claims(service, context, pack, person_ref=case.person_ref, at=case.opened_at)
    keys = [claim.key for claim in taken if claim.limit == number]
    cases.free(ref=case.ref, keys=keys, amount=_millionths(amount, context), limit=name, at=at, by=by)


def rests_on_booking(service: Service, limit: Limit) -> bool:
    """Whether what is booked decides what a limit counts, or how much there is of it."""
    expressions = (limit.of, limit.per, limit.at_most)
    return any(service.rests_on_booking(expression) for expression in expressions if expression is not None)


def reached_by(step: Walk, *, at: datetime) -> Reached | None:
    """The limit beyond which the answers of a draft go as things stand now; only submitting decides."""
    if not step.service.limits:
        return None
    answers = step.asked_answers
    known = step.known(answers)
    try:
        cases.look_at_limits(claims(step.service, known, step.pack, person_ref=step.draft.person_ref, at=at), at=at)
    except cases.OverLimit as over:
        return reached(step.service, known, answers, over)
    except ExpressionFailed:
        return None
    return None


def _counted(service: Service, limit: Limit) -> str:
    return "|".join([service.service, *(e.source if e else "" for e in (limit.of, limit.per)), str(limit.within)])


def respelled(service: Service, context: Context) -> dict[str, str]:
    """The key of today for each key under which these answers were counted in small letters and single spaces."""
    keys = {}
    for limit in service.limits:
        # What is counted together was never counted in the spelling of before.
        for value in each(limit.per, context) if limit.per and limit.counts != "together" else ():
            written = value
            if not isinstance(value, str):
                written = jsontext.dumps(value, sort_keys=True, default=str)
            before = cases.limit_key(_counted(service, limit), " ".join(written.split()).casefold())
            keys[before] = cases.limit_key(_counted(service, limit), counted_as(value))
    return keys


def reached(service: Service, context: Context, answers: Mapping[str, Any], over: cases.OverLimit) -> Reached:
    """What to tell of a limit that was reached."""
    limit = service.limits[over.claim.limit]
    at_most, used = _plain(over.claim.at_most), _plain(over.used)
    left = max(_plain(over.claim.at_most - over.used), 0)
    seen = _Seen(service, {**context, "limit": {"at_most": at_most, "used": used, "left": left}}, {}, dict(answers))
    refusal = Text({language: filled(limit.refuse, language, seen) for language in limit.refuse.words})
    return Reached(limit, at_most, left, refusal)


def _millionths(expression: Expression, context: Context, *, unknown: Number | None = None) -> int:
    """An amount in millionths; `unknown` is taken for an answer that may be left empty."""
    value = _known(expression, context) if unknown is not None else expression.value(context)
    value = unknown if value is None else value
    if not is_number(value):
        raise ExpressionFailed(f"'{expression.source}' is no amount")
    return int(rounded(exact(value) * cases.MILLION))


def _values(limit: Limit, context: Context) -> list[str]:
    """For what is counted, written in one way; nothing where the answer is not given, one word for everybody.

    Of what is counted together, all must be given.
    """
    if limit.per is None:
        return ["everybody"]
    if limit.counts != "together":
        return [counted_as(one) for one in each(limit.per, context)]
    named = _known(limit.per, context)
    parts = named if isinstance(named, list) else [named]
    return [jsontext.dumps([counted_as(one) for one in parts])] if all(_is_answered(one) for one in parts) else []


def _known(expression: Expression, context: Context) -> Any:
    """The value; None while an answer that it reads is not given. Raises ExpressionFailed for what else is wrong."""
    try:
        return expression.value(context)
    except ExpressionFailed as failed:
        if failed.missing:
            return None
        raise


def each(expression: Expression, context: Context) -> list[Any]:
    """What an expression names, one or several; nothing where an answer is not given."""
    value = _known(expression, context)
    return [one for one in (value if isinstance(value, list) else [value]) if _is_answered(one)]


def _is_answered(value: Any) -> bool:
    return value not in (None, "", [])


def counted_as(value: Any) -> str:
    """The form in which two spellings of one thing count as one; of a name, however its letters stand in the parts."""
    if isinstance(value, str):
        return matching(value)
    if isinstance(value, dict) and value.keys() <= {"family", "given", "chinese"}:
        latin = matching(f"{value.get('family') or ''}{value.get('given') or ''}")
        return f"{latin}|{matching(value.get('chinese') or '')}"
    if isinstance(value, dict):
        return "|".join(f"{name}:{counted_as(part)}" for name, part in sorted(value.items()) if part not in (None, ""))
    return jsontext.dumps(value, sort_keys=True, default=str)


def _plain(millionths: int) -> Number:
    return plain(Fraction(millionths, cases.MILLION))
