"""Look-ups: entries of registers that rules, letters and officers ask for, and that effects change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from praya.definition.chapter import Chapter, Found, Whole, Words
from praya.definition.chapters.registers import Kind, Register, kind_of, kind_of_expression
from praya.definition.model import Keyed, Model, Name, Path, Slug
from praya.definition.source import Said, unknown
from praya.definition.trials import trial_name
from praya.kernel.expression import Expression
from praya.kernel.text import Text

FARTHEST = 20_000
"""Metres around a place."""
MOST = 500
"""Entries of one look-up."""
OF_EACH = frozenset({"ref", "from", "until", "state", "metres"})
"""What an entry that was found has beside its facts."""
OF_A_LOOKUP = ("count", "more", "first", "each", "total")
_ALIKE: Mapping[str, frozenset[str]] = {
    "number": frozenset({"number", "money"}),
    "money": frozenset({"number", "money"}),
}
_ORDERED = frozenset({"number", "money", "date"})


class Near(Model):
    """A place around which entries are found."""

    fact: Name
    to: Expression
    within: int = Field(ge=1, le=FARTHEST)


class Between(Model):
    """The least and the greatest value of a number or date, both included."""

    from_value: Expression | None = Field(None, alias="from")
    until: Expression | None = None

    @model_validator(mode="after")
    def _has_a_bound(self) -> "Between":
        if self.from_value is None and self.until is None:
            raise ValueError("expected 'from', 'until' or both")
        return self


class Lookup(Model):
    """Entries of one register, found by what they say, by a place, or because they are the applicant's own."""

    name: Name
    register_in: Slug = Field(alias="register")
    service: Slug | None = None
    whose: Literal["anyone", "own", "department"] = "anyone"
    where: dict[Name, Expression] = {}
    between: dict[Name, Between] = Field({}, max_length=1)
    near: Near | None = None
    when: Expression | None = None
    rank: Expression | None = None
    most: int = Field(100, ge=1, le=MOST)
    ended: bool = False
    label: Text | None = None

    @property
    def last(self) -> str | None:
        """The fact that is looked up by its order or place, and so stands last in its group."""
        return self.near.fact if self.near else next(iter(self.between), None)

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts by which it finds, the one in order or place last."""
        return (*self.where, *((self.last,) if self.last else ()))

    def group_of(self, register: Register) -> tuple[str, ...] | None:
        """The group of the register's `found_by` whose index is walked: the longest whose facts are all looked up."""
        groups = [
            group
            for group in register.found_by
            if set(group) <= set(self.facts) and (self.last is None or group[-1] == self.last)
        ]
        return max(groups, key=len, default=None)

    def expressions(self) -> Iterator[Expression]:
        """What it reads before anything is found."""
        yield from self.where.values()
        for bounds in self.between.values():
            yield from (bound for bound in (bounds.from_value, bounds.until) if bound is not None)
        if self.near is not None:
            yield self.near.to


class OnEntries(Model):
    """What an effect does with the entries that a look-up finds, or that an answer names."""

    which: Literal["all", "first"] = "all"
    strike: bool = False
    renew: bool = False
    amend: dict[Name, Expression] = {}


class OfService(Model):
    """The look-ups of a service."""

    lookups: Annotated[dict[str, Lookup], Keyed] = {}


class OfEffects(Model):
    """What effects do with entries that are found."""

    on_entries: dict[str, OnEntries] = {}


def _not(message: str) -> Said:
    return Said("not-possible", message)


def problems(whole: Whole) -> Found:
    """Check the look-ups into the service's own registers, what reads them, and the effects on what they find."""
    service = whole.service
    for lookup in service.lookups.values():
        yield from _alone(lookup)
        if lookup.service in (None, service.service):
            yield from _in_register(service, service, lookup)
    for path, expression in whole.expressions:
        yield from _reading(service, expression, path)
    for path, effects in whole.effects:
        yield from _on_entries(service, effects, path)


def problems_about(whole: Whole, owner: Any) -> Found:
    """Check the look-ups into the registers of another service, and what reads and changes their entries."""
    service = whole.service
    mine = {name: one for name, one in service.lookups.items() if one.service == owner.service != service.service}
    for lookup in mine.values():
        yield from _in_register(service, owner, lookup)
    for path, expression in whole.expressions:
        yield from _facts_read(mine, owner, expression, path)
    for path, effects in whole.effects:
        for name, done in effects.on_entries.items():
            target = _target(service, name)
            if target is not None and target.service == owner.service != service.service:
                yield from _done_in(service, owner, target, done, (*path, "on_entries", name))


def own_names(_service: Any, path: Path) -> frozenset[str]:
    """`entry` is the entry at hand where found entries are tried, ordered or amended."""
    of_lookup = path[0] == "lookups" and path[-1] in {"when", "rank"}
    return frozenset({"entry"}) if of_lookup or "on_entries" in path else frozenset()


def others(service: Any) -> Iterator[tuple[Path, str]]:
    """The services into whose registers it looks, or whose entries it changes."""
    for name, lookup in service.lookups.items():
        if lookup.service not in (None, service.service):
            yield ("lookups", name, "service"), lookup.service
    for effects in service.flow.effects():
        for name in effects.on_entries:
            target = _target(service, name) if "." in name else None
            if target is not None and target.service not in (None, service.service):
                yield ("flow",), str(target.service)


def _alone(lookup: Lookup) -> Found:
    """Check what can be seen without the register."""
    path: Path = ("lookups", lookup.name)
    if lookup.near is not None and lookup.between:
        yield (*path, "near"), _not("a look-up is by a place ('near') or by an order ('between'), not by both")
    if lookup.last in lookup.where:
        yield (*path, "where", str(lookup.last)), _not(f"'{lookup.last}' is looked up twice; leave it out of 'where'")
    if lookup.whose != "own" and not lookup.facts:
        said = "it would read the whole register: say by which facts, with 'where', 'between' or 'near'"
        yield path, _not(f"{said}; or 'whose: own' for the applicant's own entries")
    for word in ("when", "rank"):
        expression = getattr(lookup, word)
        if expression is not None and "entry" not in expression.names:
            yield (*path, word), _not("it says the same of every entry; it reads what is found as 'entry'")


def _in_register(service: Any, owner: Any, lookup: Lookup) -> Found:
    """Check a look-up with the register at hand: its facts, their kinds, its index, and what is private."""
    path: Path = ("lookups", lookup.name)
    register = owner.registers.get(lookup.register_in)
    if register is None:
        of = "register" if owner is service else f"register of '{owner.service}'"
        yield (*path, "register"), unknown(of, lookup.register_in, owner.registers)
        return
    for word, names in (("where", lookup.where), ("between", lookup.between)):
        for name in names:
            if name not in register.facts:
                yield (*path, word, name), unknown("fact of the register", name, register.facts)
    if lookup.near is not None and lookup.near.fact not in register.facts:
        yield (*path, "near", "fact"), unknown("fact of the register", lookup.near.fact, register.facts)
    if not set(lookup.facts) <= set(register.facts):
        return
    yield from _kinds(service, owner, register, lookup, path)
    yield from _readable(register, lookup, path)
    if lookup.whose != "own":
        yield from _indexed(register, lookup, path)
    if lookup.whose == "department" and owner.department != service.department:
        said = f"'{owner.service}' belongs to another department ({owner.department})"
        yield (*path, "whose"), _not(f"{said}, whose entries that are not public nobody looks up here")


def _kinds(service: Any, owner: Any, register: Register, lookup: Lookup, path: Path) -> Found:
    kinds: dict[str, Kind] = {name: kind_of(owner, register.facts[name]) for name in lookup.facts}
    written = [((*path, "where", name), name, expression) for name, expression in lookup.where.items()]
    for name, bounds in lookup.between.items():
        if kinds[name] not in _ORDERED:
            yield (
                (*path, "between", name),
                Said("wrong-kind", f"'{name}' is a {kinds[name]}; numbers and dates have an order"),
            )
            return
        for word, bound in (("from", bounds.from_value), ("until", bounds.until)):
            written += [((*path, "between", name, word), name, bound)] if bound is not None else []
    if lookup.near is not None:
        if kinds[lookup.near.fact] != "place":
            said = f"'{lookup.near.fact}' is a {kinds[lookup.near.fact]}, not a place"
            yield (*path, "near", "fact"), Said("wrong-kind", said)
        written.append(((*path, "near", "to"), lookup.near.fact, lookup.near.to))
    for where, name, expression in written:
        kind = kind_of_expression(service, expression)
        if (
            kind is not None
            and kind not in _ALIKE.get(kinds[name], {kinds[name]})
            and "text" not in {kind, kinds[name]}
        ):
            yield where, Said("wrong-kind", f"'{name}' is a {kinds[name]}, and '{expression.source}' a {kind}")


def _readable(register: Register, lookup: Lookup, path: Path) -> Found:
    """Check that nothing private of somebody else's entry can be learnt."""
    if lookup.whose in {"own", "department"}:
        return
    if not register.public:
        said = f"'{register.name}' is not public: only its holder's own entries are looked up ('whose: own')"
        yield (*path, "whose"), _not(f"{said}, or by officers of the department ('whose: department')")
        return
    for word in ("when", "rank"):
        expression = getattr(lookup, word)
        for root, member in sorted(expression.paths) if expression else ():
            if root == "entry" and member in register.kept:
                yield (*path, word), _not(f"'{member}' is not public: no rule reads it of somebody else's entry")


def _indexed(register: Register, lookup: Lookup, path: Path) -> Found:
    """Check that there is an index for a look-up, so that it takes as long in a large register as in a small one."""
    sealed = [name for name in lookup.facts if name in register.kept]
    group = lookup.group_of(register)
    if group is None:
        wanted = lookup.facts[0] if len(lookup.facts) == 1 else f"[{', '.join(lookup.facts)}]"
        said = f"the register '{register.name}' is not found by it: it needs {{found_by: [{wanted}]}}"
        yield path, Said("not-possible", said)
        return
    if lookup.last in sealed:
        yield path, _not(f"'{lookup.last}' is not public: it is found by its exact value only, with 'where'")
    for name in sealed:
        if name not in group and lookup.whose == "anyone":
            yield (*path, "where", name), _not(f"'{name}' is not public, so it stands in the group of 'found_by' too")


def _reading(service: Any, expression: Expression, path: Path) -> Found:
    """Check what an expression reads of a look-up."""
    for names in expression.deepest:
        lookup = service.lookups.get(names[1]) if names[0] == "lookups" and len(names) > 1 else None
        if lookup is None:
            continue
        if lookup.whose == "department":
            said = f"'{lookup.name}' finds what only officers may see; no rule and no text reads it"
            yield path, _not(f"{said}. With a 'label' officers see it beside the case")
        elif len(names) > 2 and names[2] not in OF_A_LOOKUP:
            known = ", ".join(OF_A_LOOKUP)
            yield path, Said("unknown-name", f"'{'.'.join(names[:3])}' does not exist (known: {known})")
    own = {name: one for name, one in service.lookups.items() if one.service in (None, service.service)}
    yield from _facts_read(own, service, expression, path)


def _facts_read(lookups: Mapping[str, Lookup], owner: Any, expression: Expression, path: Path) -> Found:
    """Check the facts behind `lookups.x.first.` and `lookups.x.total.`, and those of `entry` in the look-ups' own."""
    inside = lookups.get(str(path[1])) if path[0] == "lookups" and path[-1] in {"when", "rank"} else None
    register = owner.registers.get(inside.register_in) if inside else None
    for root, member in sorted(expression.paths) if inside and register else ():
        if root == "entry" and member not in OF_EACH | set(register.facts if register else ()):
            yield path, unknown("fact of the register", member, OF_EACH | set(register.facts if register else ()))
    for names in expression.deepest:
        if names[0] != "lookups" or len(names) < 4 or names[1] not in lookups:
            continue
        register = owner.registers.get(lookups[names[1]].register_in)
        if register is None or names[2] not in {"first", "total"}:
            continue
        if names[2] == "total":
            known = {name for name, fact in register.facts.items() if kind_of(owner, fact) in {"number", "money"}}
            what = "number of the register"
        else:
            known, what = {*OF_EACH, *register.facts}, "fact of the register"
        if lookups[names[1]].whose == "anyone":
            known -= set(register.kept)
        if names[3] not in known:
            yield path, unknown(what, names[3], known)


@dataclass(frozen=True, slots=True)
class _Target:
    """Where the entries are that an effect changes, and whose they are."""

    register: str
    service: str | None
    whose: str


def _target(service: Any, name: str) -> _Target | None:
    """What an effect changes: what a look-up finds, or the entry that an answer names; None where there is neither."""
    root, dot, asked = name.partition(".")
    if not dot:
        lookup = service.lookups.get(name)
        return _Target(lookup.register_in, lookup.service, lookup.whose) if lookup else None
    questions = {"answers": service.questions, "findings": service.flow.asked}.get(root, {})
    question = questions.get(asked)
    if question is None or question.type_name != "entry":
        return None
    return _Target(question.register_name, question.service, "anyone")


def _on_entries(service: Any, effects: Any, path: Path) -> Found:
    for name, done in effects.on_entries.items():
        here: Path = (*path, "on_entries", name)
        target = _target(service, name)
        if target is None:
            what = "look-up, or question that names an entry,"
            yield here, unknown(what, name, [*service.lookups, *_named(service)])
            continue
        if not (done.strike or done.renew or done.amend):
            yield here, _not("say what happens to them: {strike: true}, {renew: true} or {amend: {fact: expression}}")
        if done.strike and (done.renew or done.amend):
            yield here, _not("what is struck off is neither renewed nor amended")
        if target.whose != "own" and getattr(effects, "by", "system") in {"applicant", "system"}:
            yield here, _not("entries of other people are changed by an officer's action only")
        if target.service in (None, service.service):
            yield from _done_in(service, service, target, done, here)


def _named(service: Any) -> Iterator[str]:
    """The questions that name an entry."""
    for root, asked in (("answers", service.questions), ("findings", service.flow.asked)):
        yield from (f"{root}.{name}" for name, question in asked.items() if question.type_name == "entry")


def _done_in(service: Any, owner: Any, target: _Target, done: OnEntries, path: Path) -> Found:
    register = owner.registers.get(target.register)
    if owner.department != service.department:
        yield (
            path,
            _not(f"'{owner.service}' belongs to another department ({owner.department}), which changes its entries"),
        )
    if register is None:
        yield path, unknown(f"register of '{owner.service}'", target.register, owner.registers)
        return
    if done.renew and not register.ends:
        yield (*path, "renew"), _not(f"'{register.name}' has no 'valid', so its entries never end")
    known = {"ref", "from", "until", *register.facts}
    for name, expression in done.amend.items():
        if name not in register.facts:
            yield (*path, "amend", name), unknown("fact of the register", name, register.facts)
        for root, member in sorted(expression.paths):
            if root == "entry" and member not in known:
                yield (*path, "amend", name), unknown("fact of the register", member, known)


def members(service: Any) -> dict[str, set[str]]:
    """What stands after `lookups.`."""
    return {"lookups": set(service.lookups)}


def settled_by(_service: Any, effects: OfEffects) -> Iterator[Expression]:
    """What entries say that are amended."""
    for done in effects.on_entries.values():
        yield from done.amend.values()


def in_trial(service: Any) -> dict[str, Any]:
    """The look-ups into the registers of the other services' trials."""
    return {
        "lookups": {
            name: lookup.model_copy(update={"service": trial_name(lookup.service)}) if lookup.service else lookup
            for name, lookup in service.lookups.items()
        }
    }


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The look-ups by name."""
    return {"look-up": data["lookups"]}


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "lookups": (
            "Entries of registers that rules ask for, by name: `lookups.fines.count`. See Lookup.",
            {"fines": {"register": "fines", "service": "parking-fine", "whose": "own"}},
        )
    },
    "Lookup": {
        "name": ("Its name; written as the key.", "fines"),
        "register": ("The register in which it looks.", "fines"),
        "service": ("The service whose register it is, when it is another one.", "parking-fine"),
        "whose": (
            (
                "Whose entries: anyone's of a public register, of which rules see what everybody may read; the "
                "applicant's own, also of a register that is not public, with all their facts; or department, all "
                "entries of a register of the same department, which officers see beside the case and no rule reads."
            ),
            "own",
        ),
        "where": (
            "What the entries say: facts, and expressions with their values. While one is unknown, nothing is known.",
            {"plate": "answers.plate"},
        ),
        "between": (
            "A number or a date in order, from and until, both included; one of the two may be left out.",
            {"found_on": {"from": "answers.lost_on"}},
        ),
        "near": ("A place, and how far around it.", {"fact": "place", "to": "answers.place", "within": 500}),
        "when": (
            "Of the entries that were found, those for which this holds; `entry` is the entry at hand.",
            "entry.paid == false",
        ),
        "rank": (
            (
                "A number by which they are ordered, the highest first; `entry` is the entry at hand. Without it the "
                "nearest first, otherwise the newest."
            ),
            "similar(entry.description, answers.description)",
        ),
        "most": ("How many entries are read at most.", 20),
        "ended": (
            "Also entries that have lapsed or are to begin, and of one's own also those that were struck off.",
            True,
        ),
        "label": (
            "With it officers see beside the case what is found, in its order.",
            {"en": "Items that may be it", "zh-hant": "可能相符的物品"},
        ),
    },
    "Near": {
        "fact": ("The place in the register.", "place"),
        "to": ("An expression: a place with a point on the map.", "answers.place"),
        "within": ("Metres, as the crow flies.", 500),
    },
    "Between": {
        "from": ("The least value.", "answers.lost_on"),
        "until": ("The greatest value.", "today"),
    },
    "Effects": {
        "on_entries": (
            (
                "What happens to the entries that a look-up finds, or that an answer to an `entry` question names. "
                "When there is none any more the action is refused, so that a credit is spent once."
            ),
            {"credit": {"which": "first", "strike": True}},
        )
    },
    "OnEntries": {
        "which": ("All of them, or the first in the order of the look-up.", "first"),
        "strike": ("They are struck off.", True),
        "renew": ("They last longer, as their register says.", True),
        "amend": (
            "What they say from now on, by fact; `entry` is the entry at hand, and what it said is kept.",
            {"paid": "true"},
        ),
    },
}
NAMES = {
    "lookups": (
        (
            "What a look-up finds at the moment: `lookups.fines.count`, `.first` and `.each` with the facts, `ref`, "
            "`from`, `until`, `state` and, of a look-up by place, `metres`; `.total.amount` the sum of a number over "
            "all. Where more than `most` match, `.more` is true, `.count` is one more than `most`, and `.total` is "
            "unknown."
        ),
        "everywhere",
    )
}

CHAPTER = Chapter(
    name="lookups",
    service=(Words(model=OfService),),
    effects=(Words(model=OfEffects),),
    parts=(Lookup, Near, Between, OnEntries),
    problems=problems,
    others=others,
    problems_about=problems_about,
    members=members,
    before=frozenset({"lookups"}),
    own_names=own_names,
    settled_by=settled_by,
    in_trial=in_trial,
    differences=differences,
    reference=REFERENCE,
    names=NAMES,
)
