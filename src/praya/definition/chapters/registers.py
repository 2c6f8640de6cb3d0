"""Registers: lists of what was granted, and services about an entry that exists."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from praya.definition.chapter import Chapter, Found, Whole, Words
from praya.definition.check_several import of_each_item
from praya.definition.model import Keyed, Model, Name, Path, Several, Slug
from praya.definition.outcome import Fact
from praya.definition.own_words import WORDS
from praya.definition.source import Said, unknown
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
    """One thing that a register says: in public, or to its department only. What a file fills has no value here."""

    value: Expression = Expression("null")
    public: bool = True
    kind: Kind | None = None


class Reminder(Model):
    """A letter to the holder of an entry before its last day."""

    before: Length
    notify: Slug


class Register(Several):
    """A list of what was granted: it holds every fact named here, and nothing else leaves the case."""

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

    @property
    def is_filled(self) -> bool:
        """Whether no case enters it: its facts have no value of their own, and its entries come from a file."""
        return all(fact.value.source == "null" for fact in self.facts.values())

    @property
    def ends(self) -> bool:
        """Whether its entries have a last day."""
        return self.valid is not None or self.valid_until is not None

    @cached_property
    def shown(self) -> dict[str, RegisterFact]:
        """The facts that everybody may read."""
        return {name: fact for name, fact in self.facts.items() if self.public and fact.public}

    @cached_property
    def kept(self) -> dict[str, RegisterFact]:
        """The facts that only the department reads, and the holder."""
        return {name: fact for name, fact in self.facts.items() if name not in self.shown}


class Subject(Model):
    """The service is about an entry that exists: it renews, changes, transfers or ends it."""

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
    """What effects do with entries."""

    register_in: str | None = Field(None, alias="register")
    renew: str | None = None
    amend: str | None = None
    transfer: str | None = None
    strike: bool = False


class OfExpect(Model):
    """What an example expects of the entry that its case is about or made."""

    register_entry: dict[str, Any] | None = None
    entry: Literal["coming", "in-force", "lapsed", "struck", "none"] | None = None
    entry_until: date | None = None


def kind_of(service: Any, fact: RegisterFact) -> Kind:
    """What a fact is: what is written, or what the question asks whose answer it is; text wherever that is not sure."""
    return fact.kind or kind_of_expression(service, fact.value) or "text"


def kind_of_expression(service: Any, expression: Expression) -> Kind | None:
    """What an expression comes to, where it is an answer, a finding or `today`; None where that is not sure."""
    if expression.source.strip() == "today":
        return "date"
    root, name = named(expression.node) or ("", "")
    asked = service.questions if root == "answers" else service.flow.asked if root == "findings" else {}
    question = asked.get(name)
    return _KIND_OF.get(getattr(question, "type_name", ""))


def is_about_another(service: Any) -> bool:
    """Whether a service is about entries of another one."""
    return service.subject is not None and service.subject.service not in (None, service.service)


def problems(whole: Whole) -> Found:
    """Check registers, the subject, and the effects on entries."""
    service = whole.service
    for register in service.registers.values():
        yield from _register(service, register)
    yield from of_each_item(whole, "registers", service.registers)
    if service.subject is not None and not is_about_another(service):
        yield from _subject(service.subject, service)
    for path, effects in whole.effects:
        yield from _effects(service, effects, path)


def _register(service: Any, register: Register) -> Found:
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
            said = f"'{notice.name}' speaks of '{name}', which a reminder does not know (known: {known})"
            yield here, Said("unknown-name", said)


def _finding(service: Any, register: Register, path: Path) -> Found:
    """Check by which facts entries are found, and by which they are unique."""
    for number, group in enumerate(register.found_by):
        here: Path = (*path, "found_by", number)
        for name in group:
            if name not in register.facts:
                yield here, unknown("fact of the register", name, register.facts)
        kinds = [kind_of(service, register.facts[name]) for name in group if name in register.facts]
        if any(kind in {"number", "money", "date", "place"} for kind in kinds[:-1]):
            yield here, _not(f"a number, a date or a place stands last in a group: {', '.join(group)}")
    for index, name in enumerate(register.unique):
        if name not in register.facts:
            yield (*path, "unique", index), unknown("fact of the register", name, register.facts)


def _names(source: str) -> frozenset[str]:
    try:
        return Expression(source).names
    except ValueError:
        return frozenset()


def _subject(subject: Subject, owner: Any) -> Found:
    register = owner.registers.get(subject.register_in)
    if register is None:
        yield ("subject", "register"), unknown("register", subject.register_in, owner.registers)
        return
    for name in subject.facts:
        if name not in register.facts:
            yield ("subject", "facts", name), unknown("fact of the register", name, register.facts)
    if (subject.who == "named") != (subject.named_by is not None):
        said = "'who: named' and 'named_by' go together: the fact with the e-mail address of whoever may apply"
        yield ("subject", "who"), _not(said)
    elif subject.named_by is not None and subject.named_by not in register.facts:
        yield ("subject", "named_by"), unknown("fact of the register", subject.named_by, register.facts)
    elif subject.named_by is not None and (subject.named_by,) not in register.found_by:
        yield (
            ("subject", "named_by"),
            _not(f"the register is not found by it: it needs {{found_by: [{subject.named_by}]}}"),
        )


def _effects(service: Any, effects: Any, path: Path) -> Found:
    subject = service.subject
    if effects.register_in and effects.register_in not in service.registers:
        yield (*path, "register"), unknown("register", effects.register_in, service.registers)
    reachable = {subject.register_in} if subject is not None else set(service.registers)
    for word in ("renew", "amend", "transfer"):
        name = getattr(effects, word)
        if name is not None and name not in reachable:
            yield (*path, word), unknown("register that the case can act on", name, reachable)
    if effects.transfer and (subject is None or subject.who == "holder"):
        yield (
            (*path, "transfer"),
            _not("the applicant is the holder already; a service that transfers says {subject: {who: anyone}}"),
        )
    elif effects.transfer and not any(party.holder for party in service.parties.values()):
        said = "nobody loses an entry unasked: let the holder agree, as a party with 'holder: true'"
        yield (*path, "transfer"), _not(f"{said}; its 'when' may say for whom that cannot be")
    if effects.renew in service.registers and not service.registers[effects.renew].ends:
        yield (*path, "renew"), _not(f"'{effects.renew}' has no 'valid', so its entries never end")
    if effects.amend and is_about_another(service) and not subject.facts:
        yield (*path, "amend"), _not("say what it writes: {subject: {facts: {name: expression}}}")


def others(service: Any) -> Iterator[tuple[Path, str]]:
    """The service whose register the entry is in, when it is another one."""
    if is_about_another(service):
        yield ("subject", "service"), service.subject.service


def problems_about(whole: Whole, owner: Any) -> Found:
    """Check that another service has the register of the subject, and the facts that this one names."""
    service, subject = whole.service, whole.service.subject
    if not is_about_another(service) or subject.service != owner.service:
        return
    register = owner.registers.get(subject.register_in)
    if register is None:
        said = unknown(f"register of '{owner.service}'", subject.register_in, owner.registers)
        yield ("subject", "register"), said
        return
    yield from _subject(subject, owner)
    known = ENTRY | set(register.facts)
    for path, expression in whole.expressions:
        for root, member in sorted(expression.paths):
            if root == "entry" and member not in known:
                yield path, Said("unknown-name", f"'entry.{member}' does not exist{nearest(member, sorted(known))}")
    for path, effects in whole.effects if not register.ends else ():
        if effects.renew:
            yield (*path, "renew"), _not(f"'{register.name}' has no 'valid', so its entries never end")


def _not(message: str) -> Said:
    return Said("not-possible", message)


def story_problems(service: Any, expect: OfExpect, path: Path) -> Found:
    """Check that an example expects facts that an entry has."""
    if is_about_another(service):
        return
    facts = {name for register in service.registers.values() for name in register.facts}
    for name in expect.register_entry or {}:
        if name not in facts:
            yield (*path, "register_entry", name), unknown("fact of a register", name, facts)


def members(service: Any) -> dict[str, set[str]]:
    """What stands after `entry.`; nothing of an entry in another service's register, which is not at hand."""
    if is_about_another(service):
        return {}
    names = [service.subject.register_in] if service.subject is not None else list(service.registers)
    facts = {fact for name in names if name in service.registers for fact in service.registers[name].facts}
    return {"entry": set(ENTRY | facts) if names else set()}


def settled_by(service: Any, effects: OfEffects) -> Iterator[Expression]:
    """What an entry says that is made or amended."""
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
    """The registers, which say that they are tried; and the entry, which is one of the other service's trial."""
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


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "subject": (
            ("The service is about an entry that exists: a renewal, a change, a transfer. See Subject."),
            {"register": "boarders", "service": "dog-boarding", "who": "holder"},
        ),
        "registers": (
            "Lists that a case can enter, by name.",
            {
                "boarders": {
                    "title": {"en": "Licensed boarders", "zh-hant": "持牌寄養場所"},
                    "facts": {"shop": {"label": {"en": "Shop", "zh-hant": "店舖"}, "value": "answers.shop_name"}},
                }
            },
        ),
    },
    "Register": {
        "name": ("Its name; written as the key.", "boarders"),
        "title": ("What it is called.", {"en": "Licensed boarders", "zh-hant": "持牌寄養場所"}),
        "summary": (
            "A sentence above it.",
            {"en": "Every shop with a licence in force.", "zh-hant": "所有持有有效牌照的店舖。"},
        ),
        "legal_basis": (
            "The law that makes it public, in each language or as one plain text.",
            {"en": "Cap. 139, section 9", "zh-hant": "第 139 章第 9 條"},
        ),
        "public": (
            ("Whether anybody may see it. Officers of the department see and search every register on the desk."),
            False,
        ),
        "facts": (
            "What it shows of an entry, by name, and nothing else.",
            {"shop": {"label": {"en": "Shop", "zh-hant": "店舖"}, "value": "answers.shop_name"}},
        ),
        "valid": (
            (
                "How long an entry stands, its first day included: a year from 12 March is through 11 March. "
                "Then it lapses by itself."
            ),
            "1 year",
        ),
        "several": (
            (
                "A repeat of the applicant's: one entry is made for each of its items. In the facts `item` is "
                "the one at hand."
            ),
            "answers.dogs",
        ),
        "renews_from": ("Whether a renewal counts from the day after the entry's end or from today.", "today"),
        "remind": ("Letters to the holder before the last day.", [{"before": "2 months", "notify": "renewal-due"}]),
        "valid_until": (
            "An expression for the last day, instead of valid, also when it is renewed. With null it never ends.",
            "booking.last_date",
        ),
        "found_by": (
            (
                "The facts by which `lookups` find entries: one, or several together. A number, a date or a place "
                "stands last. By a fact that is not public an entry is found by its exact value, and it is not shown."
            ),
            ["plate", ["kind", "area"]],
        ),
        "unique": (
            (
                "Facts that no two live entries have alike, taken together, whatever their case, width and spaces. Who "
                "would enter a second one is refused."
            ),
            ["plate"],
        ),
    },
    "RegisterFact": {
        "name": ("Its name; written as the key. Services about the entry see it as {entry.shop}.", "shop"),
        "label": ("What people read beside it.", {"en": "Shop", "zh-hant": "店舖"}),
        "value": ("An expression. An answer is shown as its question shows it.", "answers.shop_name"),
        "public": (
            (
                "Whether anybody may see it; a fact that is not public is sealed, and shown to the department "
                "and the holder."
            ),
            False,
        ),
        "kind": (
            (
                "What it is: text, number, money, date, choice, yes-no or place. Rules, the API and files then have "
                "its value. Without it, what the question asks whose answer it is."
            ),
            "date",
        ),
    },
    "Reminder": {
        "before": ("How long before the last day.", "2 months"),
        "notify": (
            ("The letter. It can say {entry.until} and the entry's facts, {url}, and nothing of a case."),
            "renewal-due",
        ),
    },
    "Subject": {
        "register": ("The register of the entry.", "boarders"),
        "service": ("The service whose register it is, when it is another one.", "dog-boarding"),
        "who": (
            (
                "Who may begin: the entry's holder, anyone who knows its number, as for a transfer, or the person whom "
                "the entry names (`named_by`)."
            ),
            "anyone",
        ),
        "open_before": ("How long before the entry's end it can be begun. Without it at any time.", "3 months"),
        "facts": (
            (
                "What amend writes, by the name of the register's fact; others stay, and so does one whose "
                "expression is null. Without it the register's own expressions."
            ),
            {"shop": "answers.new_name"},
        ),
        "named_by": (
            "With `who: named`, the fact of the register that is the e-mail address of whoever may begin.",
            "email",
        ),
    },
    "Effects": {
        "register": ("The register in which the case is entered.", "boarders"),
        "renew": (
            (
                "The entry that the case is about, or that it made in this register, lasts longer by the "
                "register's valid."
            ),
            "boarders",
        ),
        "amend": ("It says the register's facts anew, or those of subject.facts. What it said is kept.", "boarders"),
        "transfer": ("The applicant becomes its holder.", "boarders"),
        "strike": ("The case's entries, and the one that it is about, are struck off.", True),
    },
    "Expect": {
        "register_entry": (
            "Facts of the entry that the case is about or made, unless it is struck off.",
            {"shop": "Sample Shop"},
        ),
        "entry": ("What that entry is: coming, in-force, lapsed, struck or none.", "in-force"),
        "entry_until": (
            "Its last day. Of several that the case made, that of the last item, as for `record`.",
            date(2027, 3, 5),
        ),
    },
}
NAMES = {
    "entry": (
        (
            "The entry that the service is about, or that the case made (of several, the last item's): "
            "`entry.ref`, `entry.from`, `entry.until`, and the register's facts, `entry.shop`."
        ),
        "everywhere in a service with a `subject`; in flow, records and notices of one with registers",
    ),
}

CHAPTER = Chapter(
    name="registers",
    service=(Words(model=OfSubject, at=10), Words(model=OfService, at=62)),
    effects=(Words(model=OfEffects, at=20),),
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
