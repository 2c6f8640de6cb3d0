"""Ranking and awarding. Pure, and independent of the order of input."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from praya.kernel.number import Number, exact, written


@dataclass(frozen=True, slots=True)
class Contender:
    """A case to rank: its numbers, the most important first; its class; the cents it applies for; whether it may win.

    An unknown number is None and sorts after all others.
    """

    case_ref: str
    by: tuple[Number | None, ...]
    per: str = ""
    cents: int | None = None
    barred: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a case in a ranking, among all and among those of its class."""

    case_ref: str
    place: int
    place_in_class: int
    won: bool
    cents: int | None


def ticket(ref: str) -> str:
    """The identifier of a case in a published ranking; the same as in a draw."""
    return hashlib.sha256(ref.encode()).hexdigest()[:16]


def ranked(contenders: Iterable[Contender]) -> list[Contender]:
    """The contenders in order: the highest numbers first, equal ones by ticket."""
    return sorted(contenders, key=_order)


def _order(one: Contender) -> tuple[tuple[tuple[bool, Fraction], ...], str]:
    keys = tuple((number is None, Fraction(0) if number is None else -Fraction(exact(number))) for number in one.by)
    return keys, ticket(one.case_ref)


def awarded(contenders: Iterable[Contender], *, places: int | None, budget: int | None, short: str) -> list[Place]:
    """Award places and a budget in cents, in the order of the ranking.

    `places` is the number for each class. When the remaining budget is less than a contender applies for, `short`
    decides: `stop` ends the award, `skip` continues with the next, `part` awards the remainder.
    """
    taken: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    left, over = budget, False
    awards = []
    for number, one in enumerate(ranked(contenders), 1):
        may = not one.barred and one.by[:1] != (None,) and not over
        may = may and (places is None or taken[one.per] < places)
        cents: int | None = None
        if may and left is not None:
            asked = one.cents
            if asked is None or asked <= 0:
                may = False
            elif asked <= left:
                cents = asked
            elif short == "part" and left > 0:
                cents = left
            else:
                may, over = False, short != "skip"
            left -= cents or 0
            over = over or (short == "part" and left == 0)
        if may:
            taken[one.per] += 1
        seen[one.per] += 1
        awards.append(Place(one.case_ref, number, seen[one.per], may, cents if may else None))
    return awards


def lines(contenders: Sequence[Contender], places: Sequence[Place]) -> str:
    """The published lines in order: ticket, place, numbers, class, cents, won or lost; tabs between, then a line feed.

    An unknown number is `-`, and so are the cents when there is no budget.
    """
    known = {one.case_ref: one for one in contenders}
    rows = []
    for place in places:
        one = known[place.case_ref]
        numbers = " ".join("-" if number is None else written(number) for number in one.by)
        cents = "-" if place.cents is None else str(place.cents)
        class_ = hashlib.sha256(one.per.encode()).hexdigest()[:8] if one.per else "-"
        rows.append(
            "\t".join((ticket(one.case_ref), str(place.place), numbers, class_, cents, "won" if place.won else "lost"))
        )
    return "".join(f"{row}\n" for row in rows)


def digest(text: str) -> str:
    """The SHA-256 of published lines."""
    return hashlib.sha256(text.encode()).hexdigest()
