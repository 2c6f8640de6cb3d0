"""The entries that a service's look-ups find: for rules and letters, for the officer of a case, and for effects.

Of somebody else's entry a rule sees what everybody may read. What only officers may see is found for them alone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from praya.blocks.registers import api as registers
from praya.definition.chapters.lookups import Lookup
from praya.definition.chapters.registers import Register
from praya.definition.service import Service
from praya.journey import entries, load
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.geo import is_point, metres
from praya.kernel.number import is_number

MOST_READ = 1000
"""How many entries are read of which only some match: an index finds these."""


@dataclass(frozen=True)
class Match:
    """An entry that matches, as expressions see it."""

    entry: registers.Entry
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Matches:
    """The entries that match, in order, at most as many as the look-up reads, and whether there are more."""

    all: tuple[Match, ...] = ()
    more: bool = False
    counted_only: bool = False
    """Whether rules learn how many there are, and nothing else of them."""


class Finder:
    """Finds entries for the rules of a service, on behalf of a person, on a day. What it has found it keeps."""

    def __init__(self, service: Service, person_ref: str, today: date) -> None:
        self._service, self._person_ref, self._today = service, person_ref, today
        self._kept: dict[str, Matches] = {}

    def __call__(self, name: str, context: Mapping[str, Any]) -> "_Seen":
        """What expressions see of a look-up. It is looked up when something of it is read."""
        return _Seen(self, self._service.lookups[name], context)

    def matches(self, lookup: Lookup, context: Mapping[str, Any]) -> Matches | None:
        """What matches; None while a value by which it is looked up is unknown, or the person whose entries are meant,
        or where the register is not there.
        """
        wanted = _Searched.of(lookup, context)
        register = register_of(self._service, lookup)
        if wanted is None or register is None or (lookup.whose == "own" and not self._person_ref):
            return None
        return self._of(lookup, register, wanted, context)

    def _of(
        self, lookup: Lookup, register: "tuple[str, Register]", wanted: "_Searched", context: Mapping[str, Any]
    ) -> Matches:
        # A look-up whose conditions read the answers is made anew for others.
        read = lookup.when or lookup.rank
        key = None if read else f"{lookup.name}:{wanted!r}"
        if key is not None and key in self._kept:
            return self._kept[key]
        candidates = self._matches(lookup, register, wanted)
        matching = [match for match in candidates if _holds(lookup.when, match, context)]
        matching = _in_order(matching, lookup, context)
        more = len(candidates) > MOST_READ or len(matching) > lookup.most
        counted_only = lookup.whose == "anyone" and register[1].is_counted_only
        result = Matches(tuple(matching[: lookup.most]), more, counted_only)
        if key is not None:
            self._kept[key] = result
        return result

    def _matches(self, lookup: Lookup, register: "tuple[str, Register]", wanted: "_Searched") -> list[Match]:
        owner, of = register
        if lookup.whose == "own":
            rows: Sequence[registers.Entry] = registers.own(
                self._person_ref, service=owner, register=of.name, most=MOST_READ + 1
            )
            rows = [row for row in rows if lookup.ended or row.state(self._today) == "in-force"]
        else:
            group = lookup.group_of(of)
            if group is None or (lookup.whose == "anyone" and not of.public and not of.is_counted_only):
                return []
            rows = registers.matching(
                service=owner, register=of.name, search=wanted.search(lookup, of, group), on=self._today,
                ended=lookup.ended, most=MOST_READ + 1,
            )  # fmt: skip
        inside = registers.inside(rows) if lookup.whose != "anyone" and rows else {}
        matches = []
        for row in rows:
            values = {**row.values, **inside[row.ref].known} if row.ref in inside else dict(row.values)
            distance = _distance(lookup, values, wanted)
            # What the index has matched, of a fact that is not public, is not read again.
            if wanted.agrees(lookup, values, () if lookup.whose == "own" else of.private_facts, distance):
                shown = values if row.ref in inside else {n: v for n, v in values.items() if n in of.shown}
                words = inside[row.ref].facts if row.ref in inside else None
                matches.append(Match(row, entries.found_facts(row, shown, self._today, distance, words)))
        return matches


def _distance(lookup: Lookup, values: Mapping[str, Any], wanted: "_Searched") -> int | None:
    place = values.get(lookup.near.fact) if lookup.near else None
    return metres(place, wanted.near) if place is not None and is_point(place) and wanted.near is not None else None


@dataclass(frozen=True)
class _Searched:
    """What is looked up, as values are kept."""

    where: Mapping[str, Any]
    low: Any = None
    high: Any = None
    near: Any = None

    @classmethod
    def of(cls, lookup: Lookup, context: Mapping[str, Any]) -> "_Searched | None":
        def value(expression: Expression | None) -> Any:
            if expression is None:
                return None
            kept = entries.stored_value(expression.value(context))
            if kept is None:
                raise ExpressionFailed(f"'{expression.source}' is not known")
            return kept

        bounds = next(iter(lookup.between.values()), None)
        try:
            near = value(lookup.near.to) if lookup.near else None
            if near is not None and not is_point(near):
                return None
            return cls(
                {name: value(expression) for name, expression in lookup.where.items()},
                value(bounds.from_value) if bounds else None, value(bounds.until) if bounds else None, near,
            )  # fmt: skip
        except ExpressionFailed:
            return None

    def search(self, lookup: Lookup, register: Register, group: tuple[str, ...]) -> registers.Search:
        before = group[:-1] if lookup.last is not None else group
        return registers.Search(
            group, tuple(self.where[name] for name in before), self.low, self.high, self.near,
            lookup.near.within if lookup.near else 0, frozenset(register.private_facts),
        )  # fmt: skip

    def agrees(
        self, lookup: Lookup, values: Mapping[str, Any], unread: Mapping[str, Any] | tuple[()], distance: int | None
    ) -> bool:
        """Whether an entry says what is looked up, in every word."""
        for name, wanted in self.where.items():
            if not (name in unread and name not in values) and not registers.alike(values.get(name), wanted):
                return False
        for name in lookup.between:
            if not registers.is_between(values.get(name), self.low, self.high):
                return False
        return lookup.near is None or (distance is not None and distance <= lookup.near.within)


def _holds(when: Expression | None, match: Match, context: Mapping[str, Any]) -> bool:
    return when is None or when.holds({**context, "entry": match.facts})


def _in_order(matches: list[Match], lookup: Lookup, context: Mapping[str, Any]) -> list[Match]:
    """The best first: by rank, else the nearest, else the newest."""
    newest = sorted(matches, key=lambda match: (match.entry.from_date, match.entry.number), reverse=True)
    if lookup.rank is not None:
        return sorted(newest, key=lambda match: _rank(lookup.rank, match, context))
    return sorted(newest, key=lambda match: match.facts["metres"]) if lookup.near else newest


def _rank(rank: Expression | None, match: Match, context: Mapping[str, Any]) -> tuple[bool, Any]:
    try:
        value: Any = rank.value({**context, "entry": match.facts}) if rank else None
    except ExpressionFailed:
        value = None
    return (False, -value) if is_number(value) else (True, 0)


class _Seen(Mapping[str, Any]):
    """A look-up as expressions see it; nothing stands in it while it is unknown what is looked up."""

    def __init__(self, finder: Finder, lookup: Lookup, context: Mapping[str, Any]) -> None:
        self._finder, self._lookup, self._context = finder, lookup, context
        self._values: dict[str, Any] | None = None

    def anew(self, context: Mapping[str, Any]) -> "_Seen":
        """The same look-up when something else is known."""
        return _Seen(self._finder, self._lookup, context)

    def _looked_up(self) -> dict[str, Any]:
        if self._values is None:
            matches = self._finder.matches(self._lookup, self._context)
            self._values = {} if matches is None else _values(matches, self._lookup)
        return self._values

    def __getitem__(self, name: str) -> Any:
        return self._looked_up()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._looked_up())

    def __len__(self) -> int:
        return len(self._looked_up())


def _values(matches: Matches, lookup: Lookup) -> dict[str, Any]:
    each = [match.facts for match in matches.all]
    if matches.counted_only:
        return {"count": lookup.most + 1 if matches.more else len(each), "more": matches.more}
    values: dict[str, Any] = {
        "count": lookup.most + 1 if matches.more else len(each),
        "more": matches.more,
        "each": each,
    }
    if each:
        values["first"] = each[0]
    if not matches.more:
        names = {name for facts in each for name in facts}
        values["total"] = _Totals(
            {name: sum(f[name] for f in each if _counts(f.get(name))) for name in names if _is_summed(name, each)}
        )
    return values


class _Totals(dict[str, Any]):
    """The sums of numbers; where nothing was found, of anything 0."""

    def __contains__(self, _name: object) -> bool:
        return True

    def __missing__(self, _name: str) -> int:
        return 0


def _counts(value: Any) -> bool:
    return is_number(value)


def _is_summed(name: str, each: Sequence[Mapping[str, Any]]) -> bool:
    return all(facts.get(name) is None or is_number(facts[name]) for facts in each)


def register_of(service: Service, lookup: Lookup) -> tuple[str, Register] | None:
    """The service whose register it is, and the register; None where no live service has it."""
    owner = owner_of(service, lookup.service)
    register = owner.registers.get(lookup.register_in) if owner else None
    return (owner.service, register) if owner and register else None


def owner_of(service: Service, name: str | None) -> Service | None:
    """The service of a register: the one at hand, or the live one of that name."""
    return service if name in (None, service.service) else load.territory().owner(str(name))
