"""The limits of a service: what one person's answers would take of them, and what is told when it is too much."""

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
    said: Text

    @property
    def left_said(self) -> str:
        """What is left, as people read it."""
        return grouped(self.left)

    @property
    def at_most_said(self) -> str:
        """What the limit allows, as people read it."""
        return grouped(self.at_most)


@dataclass
class _Seen:
    """What the sentence of a limit speaks of."""

    service: Service
    context: dict[str, Any]
    texts: dict[str, Text]
    raw: dict[str, Any]


def claims(service: Service, context: Context, pack: Pack, *, person_ref: str, at: datetime) -> list[cases.Claim]:
    """What these answers would take of each limit. Raises ExpressionFailed when that cannot be worked out."""
    if not service.limits:
        return []
    known = {**context, "applicant": {**context["applicant"], "email": identity.person(person_ref).email}}
    found = []
    for number, limit in enumerate(service.limits):
        amount = _millionths(limit.of, known, unknown=0) if limit.of else cases.MILLION
        at_most = _millionths(limit.at_most, known)
        until = pack.calendar.moment_after(at, limit.within) if limit.within else None
        keys = {cases.limit_key(_counted(service, limit), value) for value in _values(limit.per, known)}
        found += [cases.Claim(number, key, max(amount, 0), at_most, until) for key in sorted(keys)]
    return found


def _counted(service: Service, limit: Limit) -> str:
    return "|".join([service.service, *(e.source if e else "" for e in (limit.of, limit.per)), str(limit.within)])


def respelled(service: Service, context: Context) -> dict[str, str]:
    """The key of today for each key under which these answers were counted in small letters and single spaces."""
    found = {}
    for limit in service.limits:
        for value in each(limit.per, context) if limit.per else ():
            written = value
            if not isinstance(value, str):
                written = jsontext.dumps(value, sort_keys=True, default=str)
            before = cases.limit_key(_counted(service, limit), " ".join(written.split()).casefold())
            found[before] = cases.limit_key(_counted(service, limit), counted_as(value))
    return found


def reached(service: Service, context: Context, answers: Mapping[str, Any], over: cases.OverLimit) -> Reached:
    """What to tell of a limit that was reached."""
    limit = service.limits[over.claim.limit]
    at_most, used = _plain(over.claim.at_most), _plain(over.used)
    left = max(_plain(over.claim.at_most - over.used), 0)
    seen = _Seen(service, {**context, "limit": {"at_most": at_most, "used": used, "left": left}}, {}, dict(answers))
    said = Text({language: filled(limit.refuse, language, seen) for language in limit.refuse.words})
    return Reached(limit, at_most, left, said)


def _millionths(expression: Expression, context: Context, *, unknown: Number | None = None) -> int:
    """An amount in millionths; `unknown` is taken for an answer that may be left empty."""
    value = _known(expression, context) if unknown is not None else expression.value(context)
    value = unknown if value is None else value
    if not is_number(value):
        raise ExpressionFailed(f"'{expression.source}' is no amount")
    return int(rounded(exact(value) * cases.MILLION))


def _values(per: Expression | None, context: Context) -> list[str]:
    """For what is counted, written in one way; nothing where the answer is not given, one word for everybody."""
    if per is None:
        return ["everybody"]
    return [counted_as(one) for one in each(per, context)]


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
    return [one for one in (value if isinstance(value, list) else [value]) if one not in (None, "", [])]


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
