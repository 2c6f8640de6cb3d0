"""Registers: lists of what was granted, and services about an existing entry."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal, Protocol

from pydantic import BeforeValidator, Field

from praya.definition.chapter import Chapter, Problems, Whole, Words
from praya.definition.chapters.registers import labels
from praya.definition.chapters.registers.reference import NAMES, REFERENCE
from praya.definition.check_several import of_each_item
from praya.definition.model import Keyed, Model, Name, Path, Several, Slug
from praya.definition.outcome import Fact
from praya.definition.own_words import WORDS
from praya.definition.source import Message, unknown
from praya.definition.trials import marked, trial_name
from praya.kernel.calendar import Length
from praya.kernel.expression import PLACEHOLDER, Expression, nearest
from praya.kernel.syntax import named
from praya.kernel.text import Citation, Text

Kind = Literal["text", "number", "money", "date", "choice", "yes-no", "place"]
"""What a fact is. All but text keeps its value beside the words that people read."""
_KIND_OF: dict[str, Kind] = {
    "number": "number", "money": "money", "date": "date", "choice": "choice", "yes-no": "yes-no",
    "declaration": "yes-no", "place": "place", "person-name": "text", "text": "text", "long-text": "text",
    "email": "text", "phone": "text", "identifier": "text",
}  # fmt: skip
"""The kind of a fact whose value is an answer, by the type of its question."""


def _groups(value: Any) -> Any:
    """Read `found_by: [plate, [kind, area]]` as groups of one and of two."""
    return [[one] if isinstance(one, str) else one for one in value] if isinstance(value, list | tuple) else value


Group = Annotated[tuple[Name, ...], Field(min_length=1, max_length=4)]
"""Facts by which together entries are found."""
ENTRY = frozenset({"ref", "from", "until"})
"""What every entry has, after `entry.` in expressions."""
REMINDER = frozenset({"entry", "parameters", "today", "applicant", "url"})
"""What a reminder can speak of: at that time there is an entry and its holder, and no case."""


class RegisterFact(Fact):
    """A fact of entries, public or for its department. It has no `value` in a register filled by a file."""

    value: Expression = Expression("null")
    public: bool = True
    kind: Kind | None = None
    labels: dict[str, Text] = {}


class Kinded(Protocol):
    """A fact that keeps its value: one of a register or of a publication."""

    @property
    def value(self) -> Expression:
        """Where its value comes from."""

    @property
    def kind(self) -> Kind | None:
        """What it is, where it says so."""

    @property
    def labels(self) -> Mapping[str, Text]:
        """The words that people read of its values, by value."""


class Reminder(Model):
    """A letter to the holder of an entry before its last day."""

    before: Length
    notify: Slug


class Register(Several):
    """A register: its entries contain the facts named here, and nothing else of a case."""

    name: Slug
    title: Text
    summary: Text | None = None
    legal_basis: Citation | None = None
    public: bool = True
    facts: Annotated[dict[str, RegisterFact], Keyed] = Field(min_length=1)
    valid: Length | None = None
    renews_from: Literal["end", "today"] = "end"
    remind: tuple[Reminder, ...] = ()
    valid_until: Expression | None = None
    found_by: Annotated[tuple[Group, ...], BeforeValidator(_groups)] = ()
    unique: tuple[Name, ...] = ()
    search_by: tuple[Name, ...] = Field((), max_length=5)
    tells: Literal["count"] | None = None

    @property
    def is_filled(self) -> bool:
        """Whether its entries come from a file and not from cases: its facts then have no value."""
        return all(fact.value.source == "null" for fact in self.facts.values())

    @property
    def is_counted_only(self) -> bool:
        """Whether rules learn of other people's entries how many there are, and nothing else."""
        return not self.public and self.tells == "count"

    @property
    def ends(self) -> bool:
        """Whether its entries have a last day."""
        return self.valid is not None or self.valid_until is not None

    @cached_property
    def shown(self) -> dict[str, RegisterFact]:
        """The facts that everybody may read."""
        return {name: fact for name, fact in self.facts.items() if self.public and fact.public}

    @cached_property
    def private_facts(self) -> dict[str, RegisterFact]:
        """The facts that only the department and the holder can read."""
        return {name: fact for name, fact in self.facts.items() if name not in self.shown}


class Subject(Model):
    """The existing entry that a service is about: the service renews, changes, transfers or ends it."""

    register_in: Slug = Field(alias="register")
    service: Slug | None = None
    who: Literal["holder", "anyone", "named"] = "holder"
    open_before: Length | None = None
    facts: dict[Name, Expression] = {}
    named_by: Name | None = None


class OfSubject(Model):
    """The entry that a service is about."""

    subject: Subject | None = None


class OfService(Model):
    """The registers of a service."""

    registers: Annotated[dict[str, Register], Keyed] = {}


class OfEffects(Model):
    """The effects on entries."""

    register_in: str | None = Field(None, alias="register")
    renew: str | None = None
    amend: str | None = None
    transfer: str | None = None
    strike: bool | Literal["own", "subject"] = False


class OfHandOver(Model):
    """The party to whom effects transfer an entry, if the holder applied."""

    transfer_to: Name | None = None


class OfExpect(Model):
    """What an example expects of the entry that its case is about or has made."""

    register_entry: dict[str, Any] | None = None
    entry: Literal["coming", "in-force", "lapsed", "struck", "none"] | None = None
    own_entry: Literal["coming", "in-force", "lapsed", "struck", "none"] | None = None
    entry_until: date | None = None


def kind_of(service: Any, fact: Kinded) -> Kind:
    """The kind of a fact: as declared, or that of the question whose answer it is; text if that is not certain."""
    return fact.kind or ("choice" if fact.labels else None) or kind_of_expression(service, fact.value) or "text"


def kind_of_expression(service: Any, expression: Expression) -> Kind | None:
    """The kind of value of an expression that is an answer, a finding or `today`; None for any other."""
    if expression.source.strip() == "today":
        return "date"
    root, name = named(expression.node) or ("", "")
    asked = service.questions if root == "answers" else service.flow.action_questions if root == "findings" else {}
    question = asked.get(name)
    return _KIND_OF.get(getattr(question, "type_name", ""))


def is_about_another(service: Any) -> bool:
    """Whether a service is about entries of another one."""
    return service.subject is not None and service.subject.service not in (None, service.service)


def problems(whole: Whole) -> Problems:
    """Check registers, the subject, and the effects on entries."""
    service = whole.service
    for register in service.registers.values():
        yield from _register(service, register)
    yield from of_each_item(whole, "registers", service.registers)
    if service.subject is not None and not is_about_another(service):
        yield from _subject(service.subject, service)
    for path, effects in whole.effects:
        yield from _effects(service, effects, path)


def _register(service: Any, register: Register) -> Problems:
    path: Path = ("registers", register.name)
    for name in register.facts:
        if name in ENTRY:
            yield (*path, "facts", name), _not(f"'entry.{name}' is every entry's own; give the fact another name")
    if register.public and not register.shown:
        yield path, _not("everything in it has 'public: false'; say 'public: false' of the register itself")
    if register.valid is not None and register.valid_until is not None:
        yield (*path, "valid_until"), _not("an entry has one last day: by 'valid' or by 'valid_until', not by both")
    if register.remind and not register.ends:
        yield (*path, "remind"), _not("an entry without 'valid' never ends, so there is nothing to remind of")
    yield from _finding(service, register, path)
    yield from labels.of_facts(register.facts, (*path, "facts"))
    if register.tells is not None and register.public:
        yield (*path, "tells"), _not("the register is public, so that rules read all of it; take 'tells' out")
    for index, reminder in enumerate(register.remind):
        here = (*path, "remind", index, "notify")
        if reminder.notify not in service.notices:
            yield here, unknown("notice", reminder.notify, service.notices)
            continue
        notice = service.notices[reminder.notify]
        if "sms" in notice.channels:
            yield here, _not(f"a reminder goes by inbox and email; take sms out of the channels of '{notice.name}'")
        sources = (PLACEHOLDER.findall(w) for t in (notice.subject, notice.body) for w in t.written.values())
        others = {name for found in sources for source in found for name in _names(source) - REMINDER}
        for name in sorted(others):
            known = ", ".join(sorted(REMINDER))
            message = f"'{notice.name}' speaks of '{name}', which a reminder does not know (known: {known})"
            yield here, Message("unknown-name", message)


def _finding(service: Any, register: Register, path: Path) -> Problems:
    """Check the facts by which entries are searched, and those by which they are unique."""
    for number, group in enumerate(register.found_by):
        here: Path = (*path, "found_by", number)
        for name in group:
            if name not in register.facts:
                yield here, unknown("fact of the register", name, register.facts)
        kinds = [kind_of(service, register.facts[name]) for name in group if name in register.facts]
        if any(kind in {"number", "money", "date", "place"} for kind in kinds[:-1]):
            yield here, _not(f"a number, a date or a place stands last in a group: {', '.join(group)}")
    for index, name in enumerate(register.search_by):
        here = (*path, "search_by", index)
        if name not in register.facts:
            yield here, unknown("fact of the register", name, register.facts)
        elif not register.public:
            yield here, _not("the register is not public, so nobody searches it; say 'public: true', or take it out")
        elif name in register.shown:
            yield here, _not(f"'{name}' is shown to everybody, and found as it is; say 'public: false' of the fact")
        elif kind_of(service, register.facts[name]) != "text":
            message = f"'{name}' is a {kind_of(service, register.facts[name])}, which is soon guessed"
            yield here, Message("wrong-kind", f"{message}; an entry is found by a text, such as a mark or a number")
    for index, name in enumerate(register.unique):
        if name not in register.facts:
            yield (*path, "unique", index), unknown("fact of the register", name, register.facts)


def _names(source: str) -> frozenset[str]:
    try:
        return Expression(source).names
    except ValueError:
        return frozenset()


def _subject(subject: Subject, owner: Any) -> Problems:
    register = owner.registers.get(subject.register_in)
    if register is None:
        yield ("subject", "register"), unknown("register", subject.register_in, owner.registers)
        return
    for name, expression in subject.facts.items():
        if name not in register.facts:
            yield ("subject", "facts", name), unknown("fact of the register", name, register.facts)
        else:
            yield from labels.written(register.facts[name], expression, ("subject", "facts", name))
    if (subject.who == "named") != (subject.named_by is not None):
        message = "'who: named' and 'named_by' go together: the fact with the e-mail address of whoever may apply"
        yield ("subject", "who"), _not(message)
    elif subject.named_by is not None and subject.named_by not in register.facts:
        yield ("subject", "named_by"), unknown("fact of the register", subject.named_by, register.facts)
    elif subject.named_by is not None and (subject.named_by,) not in register.found_by:
        yield (
            ("subject", "named_by"),
            _not(f"the register is not found by it: it needs {{found_by: [{subject.named_by}]}}"),
        )


def _effects(service: Any, effects: Any, path: Path) -> Problems:
    subject = service.subject
    if effects.register_in and effects.register_in not in service.registers:
        yield (*path, "register"), unknown("register", effects.register_in, service.registers)
    reachable = {subject.register_in} if subject is not None else set(service.registers)
    for word in ("renew", "amend", "transfer"):
        name = getattr(effects, word)
        if name is not None and name not in reachable:
            yield (*path, word), unknown("register that the case can act on", name, reachable)
    yield from _strike(service, effects, (*path, "strike"))
    if effects.transfer_to is not None:
        yield from _transfer_to(service, effects, path)
    elif effects.transfer and (subject is None or subject.who == "holder"):
        message = "the applicant is the holder already: say whose it becomes, with 'transfer_to: PARTY'"
        yield (*path, "transfer"), _not(f"{message}, or let whoever takes it begin, with {{subject: {{who: anyone}}}}")
    elif effects.transfer and not any(party.holder for party in service.parties.values()):
        message = "nobody loses an entry unasked: let the holder agree, as a party with 'holder: true'"
        yield (*path, "transfer"), _not(f"{message}; its 'when' may say for whom that cannot be")
    if effects.renew in service.registers and not service.registers[effects.renew].ends:
        yield (*path, "renew"), _not(f"'{effects.renew}' has no 'valid', so its entries never end")
    if effects.amend and is_about_another(service) and not subject.facts:
        yield (*path, "amend"), _not("say what it writes: {subject: {facts: {name: expression}}}")


def _strike(service: Any, effects: Any, path: Path) -> Problems:
    if effects.strike == "subject" and service.subject is None:
        yield path, _not("the service has no 'subject' that could be struck off")
    elif effects.strike == "own" and not service.registers:
        yield path, _not("the service has no register of its own, so its cases make no entry that could be struck off")
    elif effects.strike is True and service.subject is not None and service.registers and is_about_another(service):
        message = "this would end what the case entered and also the entry that it is about"
        yield path, _not(f"{message}; say which: 'own' or 'subject'")


def _transfer_to(service: Any, effects: Any, path: Path) -> Problems:
    """Check a transfer that the holder applies for: the party that gets the entry is one person who has answered."""
    here = (*path, "transfer_to")
    party = service.parties.get(effects.transfer_to)
    if effects.transfer is None:
        yield here, _not("say which register's entry it is, with 'transfer'")
    elif service.subject is None or service.subject.who != "holder":
        yield here, _not("the applicant becomes the holder here; 'transfer_to' is for {subject: {who: holder}}")
    elif party is None:
        yield here, unknown("party", effects.transfer_to, service.parties)
    elif party.several or party.holder:
        yield here, _not(f"'{party.name}' is not one other person by their address")


def others(service: Any) -> Iterator[tuple[Path, str]]:
    """The service whose register contains the entry, if it is another one."""
    if is_about_another(service):
        yield ("subject", "service"), service.subject.service


def problems_about(whole: Whole, owner: Any) -> Problems:
    """Check that the other service has the register of the subject, with the facts that this one names."""
    service, subject = whole.service, whole.service.subject
    if not is_about_another(service) or subject.service != owner.service:
        return
    register = owner.registers.get(subject.register_in)
    if register is None:
        message = unknown(f"register of '{owner.service}'", subject.register_in, owner.registers)
        yield ("subject", "register"), message
        return
    yield from _subject(subject, owner)
    if service.opened_by == "staff" and owner.department != service.department:
        whose = f"'{owner.service}' belongs to another department ({owner.department}), whose staff open such cases"
        yield ("subject", "service"), _not(whose)
    known = ENTRY | set(register.facts)
    for path, expression in whole.expressions:
        # The entries that a look-up finds, or that `on_entries` changes, are compared with their own register.
        of_others = path[0] == "lookups" or "on_entries" in path
        for root, member in sorted(expression.paths) if not of_others else ():
            if root == "entry" and member not in known:
                yield path, Message("unknown-name", f"'entry.{member}' does not exist{nearest(member, sorted(known))}")
    for path, effects in whole.effects if not register.ends else ():
        if effects.renew:
            yield (*path, "renew"), _not(f"'{register.name}' has no 'valid', so its entries never end")


def _not(message: str) -> Message:
    return Message("not-possible", message)


def story_problems(service: Any, expect: OfExpect, path: Path) -> Problems:
    """Check that the facts in an example's expectation exist."""
    if is_about_another(service):
        return
    facts = {name for register in service.registers.values() for name in register.facts}
    for name in expect.register_entry or {}:
        if name not in facts:
            yield (*path, "register_entry", name), unknown("fact of a register", name, facts)


def members(service: Any) -> dict[str, set[str]]:
    """The names after `entry.` in expressions; empty for a register of another service, which is checked later."""
    if is_about_another(service):
        return {}
    names = [service.subject.register_in] if service.subject is not None else list(service.registers)
    facts = {fact for name in names if name in service.registers for fact in service.registers[name].facts}
    return {"entry": set(ENTRY | facts) if names else set()}


def settled_by(service: Any, effects: OfEffects) -> Iterator[Expression]:
    """The facts of entries that effects make or amend."""
    if effects.amend and service.subject is not None:
        yield from service.subject.facts.values()
    for name in (effects.amend, effects.register_in):
        if name in service.registers:
            yield from (fact.value for fact in service.registers[name].facts.values())
    for name in (effects.renew, effects.register_in):
        register = service.registers.get(name)
        yield from (register.valid_until,) if register and register.valid_until else ()


def letters(service: Any) -> Iterator[str]:
    """The reminders to holders."""
    return (reminder.notify for register in service.registers.values() for reminder in register.remind)


def in_trial(service: Any) -> dict[str, Any]:
    """The registers, marked as those of a trial, and the subject, in a register of the other service's trial."""
    subject = service.subject
    of_other = subject is not None and subject.service
    return {
        "subject": subject.model_copy(update={"service": trial_name(subject.service)}) if of_other else subject,
        "registers": {
            name: register.model_copy(update={"title": marked(register.title, WORDS["trial"])})
            for name, register in service.registers.items()
        },
    }


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The subject, and the registers by name."""
    return {"subject": {"": data["subject"]} if data["subject"] else {}, "register": data["registers"]}


CHAPTER = Chapter(
    name="registers",
    service=(Words(model=OfSubject, at=10), Words(model=OfService, at=62)),
    effects=(Words(model=OfEffects, at=20), Words(model=OfHandOver)),
    expect=(Words(model=OfExpect, at=26),),
    parts=(Register, RegisterFact, Reminder, Subject),
    problems=problems,
    others=others,
    problems_about=problems_about,
    story_problems=story_problems,
    errors=("already_entered",),
    members=members,
    before=frozenset({"entry"}),
    settled_by=settled_by,
    letters=letters,
    made={"registers": ("register_in", "entered")},
    in_trial=in_trial,
    differences=differences,
    reference=REFERENCE,
    names=NAMES,
)
