"""Look-ups: entries of registers that rules, letters and officers read, and that effects change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from praya.definition.chapter import Chapter, Problems, Whole, Words
from praya.definition.chapters.fees import GivenBack
from praya.definition.chapters.lookups import entry_questions
from praya.definition.chapters.lookups.reference import NAMES, REFERENCE
from praya.definition.chapters.registers import Kind, Register, kind_of, kind_of_expression, labels
from praya.definition.model import Keyed, Model, Name, Path, Slug
from praya.definition.places import with_effects
from praya.definition.source import Message, unknown
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
    """A place, and the greatest distance of the entries from it."""

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
    """A search for entries of one register: by values of facts, by distance, or the applicant's own entries."""

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
        """The fact that is searched by a range or a distance, and is therefore the last of its group."""
        return self.near.fact if self.near else next(iter(self.between), None)

    @property
    def facts(self) -> tuple[str, ...]:
        """The facts by which entries are searched; the one with a range or a distance is last."""
        return (*self.where, *((self.last,) if self.last else ()))

    def group_of(self, register: Register) -> tuple[str, ...] | None:
        """The group of the register's `found_by` whose index is used: the longest one whose facts are all given."""
        groups = [
            group
            for group in register.found_by
            if set(group) <= set(self.facts) and (self.last is None or group[-1] == self.last)
        ]
        return max(groups, key=len, default=None)

    def expressions(self) -> Iterator[Expression]:
        """The expressions that are evaluated before the search."""
        yield from self.where.values()
        for bounds in self.between.values():
            yield from (bound for bound in (bounds.from_value, bounds.until) if bound is not None)
        if self.near is not None:
            yield self.near.to


SUBJECT = "subject"
"""The entry that the service is about, among those on which effects act."""
PAID = "paid"
"""What expressions read of the fees of the case that was paid for the entry at hand."""


class OnEntries(Model):
    """What an effect does with the entries that a look-up returns, that an answer names, or with the `subject`.

    `refund` gives fees back of the case that was paid for the entry.
    """

    which: Literal["all", "first"] = "all"
    strike: bool = False
    renew: bool = False
    amend: dict[Name, Expression] = {}
    refund: GivenBack = ()
    paid_in: Slug | None = None


class OfService(Model):
    """The look-ups of a service."""

    lookups: Annotated[dict[str, Lookup], Keyed] = {}


class OfEffects(Model):
    """The effects on entries of look-ups."""

    on_entries: dict[str, OnEntries] = {}


def _not(message: str) -> Message:
    return Message("not-possible", message)


def problems(whole: Whole) -> Problems:
    """Check the look-ups in the service's own registers, and the expressions and effects on their entries."""
    service = whole.service
    for lookup in service.lookups.values():
        yield from _alone(lookup)
        if lookup.service in (None, service.service):
            yield from _in_register(service, service, lookup)
    for path, expression in whole.expressions:
        yield from _reading(service, expression, path)
    for path, effects in whole.effects:
        yield from _on_entries(service, effects, path)
    yield from entry_questions.of_owner(service, service)


def problems_about(whole: Whole, owner: Any) -> Problems:
    """Check the look-ups in the registers of another service, and the expressions and effects on their entries."""
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
            if target is not None and _paid_in(service, target, done) == owner.service != service.service:
                yield from _refunded(service, owner, done, (*path, "on_entries", name))
    if owner.service != service.service:
        yield from entry_questions.of_owner(service, owner)


def own_names(_service: Any, path: Path) -> frozenset[str]:
    """`entry` is the current entry where the entries of a look-up are filtered, ordered or amended."""
    of_lookup = path[0] == "lookups" and path[-1] in {"when", "rank"}
    if "on_entries" in path and path[-2] == "refund":
        return frozenset({"entry", PAID})
    return frozenset({"entry"}) if of_lookup or "on_entries" in path else frozenset()


def others(service: Any) -> Iterator[tuple[Path, str]]:
    """The services in whose registers it searches, or whose entries it changes."""
    for name, lookup in service.lookups.items():
        if lookup.service not in (None, service.service):
            yield ("lookups", name, "service"), lookup.service
    for path, effects in with_effects(service):
        for name in effects.on_entries:
            target = _target(service, name) if "." in name else None
            if target is not None and target.service not in (None, service.service):
                yield (*path, "on_entries", name), str(target.service)
        for name, done in effects.on_entries.items():
            target = _target(service, name)
            if target is not None and _paid_in(service, target, done) not in (None, service.service):
                yield (*path, "on_entries", name), str(_paid_in(service, target, done))
    for path, question in entry_questions.narrowed(service):
        if question.service not in (None, service.service):
            yield (*path, "service"), str(question.service)


def _alone(lookup: Lookup) -> Problems:
    """Check a look-up without the definition of its register."""
    path: Path = ("lookups", lookup.name)
    if lookup.near is not None and lookup.between:
        yield (*path, "near"), _not("a look-up is by a place ('near') or by an order ('between'), not by both")
    if lookup.last in lookup.where:
        yield (*path, "where", str(lookup.last)), _not(f"'{lookup.last}' is looked up twice; leave it out of 'where'")
    if lookup.whose != "own" and not lookup.facts:
        message = "it would read the whole register: say by which facts, with 'where', 'between' or 'near'"
        yield path, _not(f"{message}; or 'whose: own' for the applicant's own entries")
    for word in ("when", "rank"):
        expression = getattr(lookup, word)
        if expression is not None and "entry" not in expression.names:
            yield (*path, word), _not("it says the same of every entry; it reads what is found as 'entry'")


def _in_register(service: Any, owner: Any, lookup: Lookup) -> Problems:
    """Check a look-up against its register: facts, kinds of facts, the index, and private facts."""
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
        message = f"'{owner.service}' belongs to another department ({owner.department})"
        yield (*path, "whose"), _not(f"{message}, whose entries that are not public nobody looks up here")


def _kinds(service: Any, owner: Any, register: Register, lookup: Lookup, path: Path) -> Problems:
    kinds: dict[str, Kind] = {name: kind_of(owner, register.facts[name]) for name in lookup.facts}
    written = [((*path, "where", name), name, expression) for name, expression in lookup.where.items()]
    for name, bounds in lookup.between.items():
        if kinds[name] not in _ORDERED:
            yield (
                (*path, "between", name),
                Message("wrong-kind", f"'{name}' is a {kinds[name]}; numbers and dates have an order"),
            )
            return
        for word, bound in (("from", bounds.from_value), ("until", bounds.until)):
            written += [((*path, "between", name, word), name, bound)] if bound is not None else []
    if lookup.near is not None:
        if kinds[lookup.near.fact] != "place":
            message = f"'{lookup.near.fact}' is a {kinds[lookup.near.fact]}, not a place"
            yield (*path, "near", "fact"), Message("wrong-kind", message)
        written.append(((*path, "near", "to"), lookup.near.fact, lookup.near.to))
    for where, name, expression in written:
        kind = kind_of_expression(service, expression)
        if (
            kind is not None
            and kind not in _ALIKE.get(kinds[name], {kinds[name]})
            and "text" not in {kind, kinds[name]}
        ):
            yield where, Message("wrong-kind", f"'{name}' is a {kinds[name]}, and '{expression.source}' a {kind}")


def _readable(register: Register, lookup: Lookup, path: Path) -> Problems:
    """Check that a look-up does not reveal a private fact of another person's entry."""
    if lookup.whose in {"own", "department"}:
        return
    if not register.public and not register.is_counted_only:
        message = f"'{register.name}' is not public: only its holder's own entries are looked up ('whose: own')"
        message = f"{message}, or by officers of the department ('whose: department'); or the register says"
        yield (*path, "whose"), _not(f"{message} 'tells: count', and rules then learn how many there are")
        return
    if register.is_counted_only and lookup.label is not None:
        message = f"of '{register.name}' nobody sees more than how many entries there are ('tells: count')"
        yield (*path, "label"), _not(f"{message}; take 'label' out")
    for word in ("when", "rank"):
        expression = getattr(lookup, word)
        for root, member in sorted(expression.paths) if expression else ():
            if root == "entry" and member in register.private_facts:
                yield (*path, word), _not(f"'{member}' is not public: no rule reads it of somebody else's entry")


def _indexed(register: Register, lookup: Lookup, path: Path) -> Problems:
    """Check that a look-up can use an index, so that it does not take longer in a larger register."""
    sealed = [name for name in lookup.facts if name in register.private_facts]
    group = lookup.group_of(register)
    if group is None:
        wanted = lookup.facts[0] if len(lookup.facts) == 1 else f"[{', '.join(lookup.facts)}]"
        message = f"the register '{register.name}' is not found by it: it needs {{found_by: [{wanted}]}}"
        yield path, Message("not-possible", message)
        return
    if lookup.last in sealed:
        yield path, _not(f"'{lookup.last}' is not public: it is found by its exact value only, with 'where'")
    for name in sealed:
        if name not in group and lookup.whose == "anyone":
            yield (*path, "where", name), _not(f"'{name}' is not public, so it stands in the group of 'found_by' too")


def _reading(service: Any, expression: Expression, path: Path) -> Problems:
    """Check that the names after a look-up in an expression exist."""
    for names in expression.deepest:
        lookup = service.lookups.get(names[1]) if names[0] == "lookups" and len(names) > 1 else None
        if lookup is None:
            continue
        if lookup.whose == "department":
            message = f"'{lookup.name}' finds what only officers may see; no rule and no text reads it"
            yield path, _not(f"{message}. With a 'label' officers see it beside the case")
        elif len(names) > 2 and names[2] not in OF_A_LOOKUP:
            known = ", ".join(OF_A_LOOKUP)
            yield path, Message("unknown-name", f"'{'.'.join(names[:3])}' does not exist (known: {known})")
    own = {name: one for name, one in service.lookups.items() if one.service in (None, service.service)}
    yield from _facts_read(own, service, expression, path)


def _facts_read(lookups: Mapping[str, Lookup], owner: Any, expression: Expression, path: Path) -> Problems:
    """Check the facts after `lookups.x.first.`, `lookups.x.total.` and, in the look-ups' own expressions, `entry.`."""
    inside = lookups.get(str(path[1])) if path[0] == "lookups" and path[-1] in {"when", "rank"} else None
    register = owner.registers.get(inside.register_in) if inside else None
    for root, member in sorted(expression.paths) if inside and register else ():
        if root == "entry" and member not in OF_EACH | set(register.facts if register else ()):
            yield path, unknown("fact of the register", member, OF_EACH | set(register.facts if register else ()))
    yield from _only_counted(lookups, owner, expression, path)
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
            known -= set(register.private_facts)
        if names[3] not in known:
            yield path, unknown(what, names[3], known)


def _only_counted(lookups: Mapping[str, Lookup], owner: Any, expression: Expression, path: Path) -> Problems:
    """Check that of the entries of a register that tells their number only nothing else is read."""
    for names in expression.deepest:
        lookup = lookups.get(names[1]) if names[0] == "lookups" and len(names) > 1 else None
        register = owner.registers.get(lookup.register_in) if lookup and lookup.whose == "anyone" else None
        if register is not None and register.is_counted_only and names[2:3] not in ((), ("count",), ("more",)):
            message = f"'{register.name}' tells how many entries there are ('tells: count'), and nothing else of them"
            yield path, _not(f"{message}; read 'lookups.{names[1]}.count'")


@dataclass(frozen=True, slots=True)
class _Target:
    """The register of the entries that an effect changes, and whose entries they are."""

    register: str
    service: str | None
    whose: str


def _target(service: Any, name: str) -> _Target | None:
    """The entries that an effect changes: those of a look-up, or the one that an answer names; None for neither."""
    root, dot, asked = name.partition(".")
    if not dot and name == SUBJECT and service.subject is not None and name not in service.lookups:
        whose = "own" if service.subject.who == "holder" else "anyone"
        return _Target(service.subject.register_in, service.subject.service, whose)
    if not dot:
        lookup = service.lookups.get(name)
        return _Target(lookup.register_in, lookup.service, lookup.whose) if lookup else None
    questions = {"answers": service.questions, "findings": service.flow.action_questions}.get(root, {})
    question = questions.get(asked)
    if question is None or question.type_name != "entry":
        return None
    return _Target(question.register_name, question.service, "anyone")


def _on_entries(service: Any, effects: Any, path: Path) -> Problems:
    for name, done in effects.on_entries.items():
        here: Path = (*path, "on_entries", name)
        target = _target(service, name)
        if target is None:
            what = "look-up, or question that names an entry,"
            yield here, unknown(what, name, [*service.lookups, *_named(service)])
            continue
        if not (done.strike or done.renew or done.amend or done.refund):
            yield here, _not("say what happens to them: {strike: true}, {renew: true} or {amend: {fact: expression}}")
        if name == SUBJECT and name not in service.lookups and (done.strike or done.renew or done.amend):
            message = "of the entry that the case is about fees are given back here ('refund')"
            yield here, _not(f"{message}; the effects 'strike', 'renew' and 'amend' change it")
        if done.refund and getattr(effects, "by", "") == "applicant":
            yield (*here, "refund"), _not("an applicant cannot give a fee back; the state to which it leads can")
        if done.strike and (done.renew or done.amend):
            yield here, _not("what is struck off is neither renewed nor amended")
        if target.whose != "own" and getattr(effects, "by", "system") in {"applicant", "system"}:
            yield here, _not("entries of other people are changed by an officer's action only")
        if target.service in (None, service.service):
            yield from _done_in(service, service, target, done, here)
        if _paid_in(service, target, done) == service.service:
            yield from _refunded(service, service, done, here)


def _paid_in(service: Any, target: _Target, done: OnEntries) -> str | None:
    """The service whose case was paid for the entry; None where nothing is given back."""
    return str(done.paid_in or target.service or service.service) if done.refund else None


def _refunded(service: Any, owner: Any, done: OnEntries, path: Path) -> Problems:
    """Check that the other service has the fees that are given back, and lets this one do so."""
    fees = {fee.name: fee for fee in owner.fees if fee.name and fee.kind != "grant"}
    for name in done.refund:
        here = (*path, "refund")
        if name not in fees:
            yield here, unknown(f"fee of '{owner.service}' with the name", name, fees)
        elif service.service not in (owner.service, *fees[name].for_cases_of):
            message = f"'{owner.service}' does not let cases of '{service.service}' give '{name}' back; say so there"
            yield here, _not(f"{message}, at the fee: 'for_cases_of: [{service.service}]'")
    for expression in done.refund.values() if isinstance(done.refund, dict) else ():
        for root, name in sorted(expression.paths):
            if root == PAID and name not in fees:
                yield (*path, "refund"), unknown(f"fee of '{owner.service}' with the name", name, fees)


def _named(service: Any) -> Iterator[str]:
    """The questions whose answer is an entry."""
    for root, asked in (("answers", service.questions), ("findings", service.flow.action_questions)):
        yield from (f"{root}.{name}" for name, question in asked.items() if question.type_name == "entry")


def _done_in(service: Any, owner: Any, target: _Target, done: OnEntries, path: Path) -> Problems:
    register = owner.registers.get(target.register)
    if owner.department != service.department:
        yield (
            path,
            _not(f"'{owner.service}' belongs to another department ({owner.department}), which changes its entries"),
        )
    if register is None:
        yield path, unknown(f"register of '{owner.service}'", target.register, owner.registers)
        return
    if register.is_counted_only and target.whose == "anyone":
        yield path, _not(f"'{register.name}' tells how many entries there are ('tells: count'); nothing changes them")
    if done.renew and not register.ends:
        yield (*path, "renew"), _not(f"'{register.name}' has no 'valid', so its entries never end")
    known = {"ref", "from", "until", *register.facts}
    for name, expression in done.amend.items():
        if name not in register.facts:
            yield (*path, "amend", name), unknown("fact of the register", name, register.facts)
        else:
            yield from labels.written(register.facts[name], expression, (*path, "amend", name))
        for root, member in sorted(expression.paths):
            if root == "entry" and member not in known:
                yield (*path, "amend", name), unknown("fact of the register", member, known)


def members(service: Any) -> dict[str, set[str]]:
    """The names after `lookups.` in expressions."""
    return {"lookups": set(service.lookups)}


def settled_by(_service: Any, effects: OfEffects) -> Iterator[Expression]:
    """The new facts of amended entries."""
    for done in effects.on_entries.values():
        yield from done.amend.values()
        yield from done.refund.values() if isinstance(done.refund, dict) else ()


def in_trial(service: Any) -> dict[str, Any]:
    """The look-ups, in the registers of the trial versions of other services."""
    return {
        "lookups": {
            name: lookup.model_copy(update={"service": trial_name(lookup.service)}) if lookup.service else lookup
            for name, lookup in service.lookups.items()
        }
    }


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The look-ups by name."""
    return {"look-up": data["lookups"]}


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
