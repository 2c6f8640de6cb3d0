"""Decisions about panels: who judges which entry, and the results. Pure, and independent of the order of input.

A total of marks is a share of the whole scale from 0 to 100: the weighted mean of the criteria, each as a share of its
own scale. Numbers are exact fractions. Only the square root of `z-score` is rounded, to 50 digits, and results to
DECIMALS.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Any

from praya.kernel.number import Number, exact, rounded

DECIMALS = 6
HUNDRED = Fraction(100)
_ROOT = Context(prec=50, rounding=ROUND_HALF_EVEN)


@dataclass(frozen=True, slots=True)
class Scale:
    """A criterion: its scale and its weight."""

    name: str
    least: Number
    most: Number
    weight: int


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks that a member gave an entry, by criterion."""

    entry: str
    member: str
    by: Mapping[str, Number]


@dataclass(frozen=True, slots=True)
class Result:
    """The result of an entry: its score, and the mean of each criterion.

    `spread` is the difference between the highest and the lowest total that members gave it, `marks_given` their
    number.
    """

    score: Number
    spread: Number
    marks_given: int
    means: dict[str, Number]


def ticket(*parts: str) -> str:
    """A sort key for things without an order of their own: the SHA-256 of their references."""
    return hashlib.sha256(":".join(parts).encode()).hexdigest()


def given_out(
    entries: Iterable[str],
    members: Sequence[str],
    *,
    judges: int | None,
    seated: Mapping[str, Collection[str]],
    barred: Mapping[str, Collection[str]],
    load: Mapping[str, int],
) -> list[tuple[str, str]]:
    """Assign entries to members who judge them; return the new pairs of entry and member.

    Each entry gets members until it has `judges` of them (all members if that is None): first those with the fewest
    entries, and among these in the order of the tickets of entry and member. `seated` lists, by entry, the members who
    judge it or have done so, to whom it is not given again; `barred` those with a conflict. `load` is the present
    number of entries of each member.
    """
    counts, pairs = Counter(load), []
    for entry in sorted(entries, key=ticket):
        there, shut_out = seated.get(entry, ()), set(barred.get(entry, ()))
        judging = [member for member in there if member not in shut_out]
        free = [member for member in members if member not in there and member not in shut_out]
        missing = len(free) if judges is None else max(0, judges - len(judging))
        for member in sorted(free, key=lambda one: (counts[one], ticket(entry, one)))[:missing]:
            counts[member] += 1
            pairs.append((entry, member))
    return pairs


def total(by: Mapping[str, Number], scales: Sequence[Scale]) -> Fraction:
    """The weighted mean of marks, each as a share of its scale, from 0 to 100."""
    weights = sum(scale.weight for scale in scales)
    return sum((share(by[scale.name], scale) * scale.weight for scale in scales), Fraction()) / weights


def share(mark: Number, scale: Scale) -> Fraction:
    """A mark as a share of its scale, from 0 to 100."""
    least, most = Fraction(exact(scale.least)), Fraction(exact(scale.most))
    return (Fraction(exact(mark)) - least) / (most - least) * HUNDRED


def results(given: Iterable[Marks], scales: Sequence[Scale], how: str) -> dict[str, Result]:
    """The result of every entry that has marks. `how` evens out strict and lenient members: none, z-score or rank."""
    marks = list(given)
    totals = {(one.entry, one.member): total(one.by, scales) for one in marks}
    evened = _EVENED[how](totals)
    of_entry: dict[str, list[Marks]] = {}
    for one in marks:
        of_entry.setdefault(one.entry, []).append(one)
    by_entry = {}
    for entry, several in of_entry.items():
        counted = [evened[entry, one.member] for one in several]
        raw = [totals[entry, one.member] for one in several]
        means = {scale.name: _rounded(_mean([share(one.by[scale.name], scale) for one in several])) for scale in scales}
        by_entry[entry] = Result(_rounded(_mean(counted)), _rounded(max(raw) - min(raw)), len(several), means)
    return by_entry


Totals = Mapping[tuple[str, str], Fraction]


def _as_given(totals: Totals) -> Totals:
    return totals


def _by_spread(totals: Totals) -> Totals:
    """Shift and scale each member's totals to the mean and standard deviation of all. Equal totals become the mean."""
    if not totals:
        return {}
    mean, variance = _mean(totals.values()), _variance(totals.values())
    stretch: dict[str, tuple[Fraction, Fraction]] = {}
    for member, own in _of_members(totals).items():
        own_variance = _variance(own)
        factor = _root(variance / own_variance) if own_variance else Fraction()
        stretch[member] = (_mean(own), factor)
    return {
        (entry, member): mean + (value - stretch[member][0]) * stretch[member][1]
        for (entry, member), value in totals.items()
    }


def _by_rank(totals: Totals) -> Totals:
    """The percentage of a member's other entries with a lower total, equal ones counted half; 50 for a single entry."""
    own = {member: sorted(values) for member, values in _of_members(totals).items()}

    def place(member: str, value: Fraction) -> Fraction:
        values = own[member]
        if len(values) == 1:
            return HUNDRED / 2
        below, alike = sum(v < value for v in values), sum(v == value for v in values)
        return (below + Fraction(alike - 1, 2)) / (len(values) - 1) * HUNDRED

    known: dict[tuple[str, Fraction], Fraction] = {}
    for (_, member), value in totals.items():
        if (member, value) not in known:
            known[member, value] = place(member, value)
    return {(entry, member): known[member, value] for (entry, member), value in totals.items()}


_EVENED = {"none": _as_given, "z-score": _by_spread, "rank": _by_rank}


def _of_members(totals: Totals) -> dict[str, list[Fraction]]:
    own: dict[str, list[Fraction]] = {}
    for (_, member), value in totals.items():
        own.setdefault(member, []).append(value)
    return own


def _mean(values: Collection[Fraction]) -> Fraction:
    return sum(values, Fraction()) / len(values)


def _variance(values: Collection[Fraction]) -> Fraction:
    mean = _mean(values)
    return _mean([(value - mean) ** 2 for value in values])


def _root(value: Fraction) -> Fraction:
    quotient = _ROOT.divide(Decimal(value.numerator), Decimal(value.denominator))
    return Fraction(_ROOT.sqrt(quotient))


def _rounded(value: Fraction) -> Number:
    return rounded(value, DECIMALS)


def digest(scores: Mapping[str, Any]) -> str:
    """The SHA-256 of lines `ticket score`, in the order of the tickets."""
    lines = [f"{key} {scores[key]}\n" for key in sorted(scores)]
    return hashlib.sha256("".join(lines).encode()).hexdigest()
