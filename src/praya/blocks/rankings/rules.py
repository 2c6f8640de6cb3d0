"""Ranking and awarding: pure, and the same from any order of arrival."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from praya.kernel.number import Number, exact, written


@dataclass(frozen=True, slots=True)
class Contender:
    """A case to rank: its numbers, the most important first, its class, the cents it asks for, and whether it may win.

    A number that is not known is None and comes after all others.
    """

    case_ref: str
    by: tuple[Number | None, ...]
    per: str = ""
    cents: int | None = None
    barred: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """What a ranking says of a case."""

    case_ref: str
    place: int
    won: bool
    cents: int | None


def ticket(ref: str) -> str:
    """What stands for a case in a published ranking; the same as in a draw."""
    return hashlib.sha256(ref.encode()).hexdigest()[:16]


def ranked(contenders: Iterable[Contender]) -> list[Contender]:
    """The contenders in their order: the highest first, equals by their tickets."""
    return sorted(contenders, key=_order)


def _order(one: Contender) -> tuple[tuple[tuple[bool, Fraction], ...], str]:
    keys = tuple((number is None, Fraction(0) if number is None else -Fraction(exact(number))) for number in one.by)
    return keys, ticket(one.case_ref)


def awarded(contenders: Iterable[Contender], *, places: int | None, budget: int | None, short: str) -> list[Place]:
    """Give out places and a budget in cents in the order of the ranking.

    `places` is for each class. The first whose cents are more than what is left ends it (`stop`), is passed over
    (`skip`) or gets the rest (`part`).
    """
    taken: Counter[str] = Counter()
    left, over = budget, False
    found = []
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
        found.append(Place(one.case_ref, number, may, cents if may else None))
    return found


def lines(contenders: Sequence[Contender], places: Sequence[Place]) -> str:
    """The published lines in order: ticket, place, numbers, class, cents, won or lost; tabs between, then a line feed.

    A number that is not known is `-`; so are cents where there is no budget.
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
