"""Register entries over time: who may begin a service about an entry, what a case reads of it, and reminders."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.db import transaction

from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.registers import api as registers
from praya.definition.card import Card
from praya.definition.chapters.notices import Notice
from praya.definition.chapters.registers import Register, Reminder, Subject
from praya.definition.expression_context import moment
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import joint, load
from praya.journey.filled_texts import Worded, filled, filled_letter
from praya.journey.reply_address import replies_to
from praya.kernel.calendar import MORNING
from praya.kernel.journal import api as journal
from praya.kernel.number import is_number
from praya.kernel.rounds import by_itself
from praya.kernel.text import Text


class NoSubject(LookupError):
    """There is no such entry in force that the person may choose for the service."""


class TooEarly(Exception):
    """The service may be begun for the entry from a later day on."""

    def __init__(self, opens_on: date) -> None:
        super().__init__(opens_on.isoformat())
        self.opens_on = opens_on


MOST_NAMING = 50
"""Entries that name one person, of which they choose."""


@dataclass(frozen=True)
class Choice:
    """An entry that a person may choose; `opens_on` is the day from which, None when it is now."""

    entry: registers.Entry
    opens_on: date | None


def register_of(service: Service, name: str) -> Register | None:
    """The register on which a service acts: its own, or that of the live service that its subject names."""
    subject = service.subject
    if subject is None or subject.service in (None, service.service):
        return service.registers.get(name)
    owner = load.territory().owner(str(subject.service))
    return owner.registers.get(name) if owner else None


def choices(service: Service, person_ref: str, *, today: date) -> list[Choice]:
    """The person's own entries in force for which the service can be begun, now or later."""
    subject = service.subject
    if subject is None:
        return []
    held = _naming(subject, service, person_ref, today) if subject.named_by else joint.entries_of(person_ref)
    return [
        Choice(entry, _opens_on(subject, entry, today))
        for entry in held
        if _fits(service, subject, entry) and entry.state(today) == "in-force"
    ]


def only_choice(service: Service, person_ref: str, *, today: date) -> str:
    """The one entry for which a person can begin the service now; empty where there is none or a choice."""
    if service.subject is None or service.subject.who == "anyone":
        return ""
    held = choices(service, person_ref, today=today)
    return held[0].entry.ref if len(held) == 1 and held[0].opens_on is None else ""


def chosen(service: Service, ref: str, person_ref: str, *, today: date) -> registers.Entry:
    """The entry, or the publication, that a person chose. Raises NoSubject, TooEarly."""
    subject, about = service.subject, service.about
    try:
        entry = registers.entry(ref)
    except registers.NoEntry:
        raise NoSubject(service.service) from None
    if about is not None:
        fits = (entry.service, entry.register) == (about.service, about.publication)
        if not fits or entry.state(today) != "in-force":
            raise NoSubject(service.service)
        return entry
    if subject is None or not _fits(service, subject, entry) or entry.state(today) != "in-force":
        raise NoSubject(service.service)
    is_holder, asks_holder = (
        joint.holds_entry(entry, person_ref),
        any(party.holder for party in service.parties.values()),
    )
    # The present holder can neither take the entry over nor agree to that.
    if (is_holder and asks_holder) or (not is_holder and subject.who == "holder"):
        raise NoSubject(service.service)
    if subject.named_by and entry.ref not in {one.ref for one in _naming(subject, service, person_ref, today)}:
        raise NoSubject(service.service)
    opens_on = _opens_on(subject, entry, today)
    if opens_on is not None:
        raise TooEarly(opens_on)
    return entry


def _naming(subject: Subject, service: Service, person_ref: str, today: date) -> Sequence[registers.Entry]:
    """The entries that name a person, by the address with which they signed in."""
    register, email = register_of(service, subject.register_in), identity.person(person_ref).email
    if register is None or subject.named_by is None or not email:
        return ()
    search = registers.Search((subject.named_by,), (email,), sealed=frozenset(register.private_facts))
    owner = subject.service or service.service
    return registers.matching(service=owner, register=register.name, search=search, on=today, most=MOST_NAMING)


def _fits(service: Service, subject: Subject, entry: registers.Entry) -> bool:
    return (entry.service, entry.register) == (subject.service or service.service, subject.register_in)


def _opens_on(subject: Subject, entry: registers.Entry, today: date) -> date | None:
    if subject.open_before is None or entry.until_date is None:
        return None
    opens_on = load.pack().calendar.date_before(entry.until_date, subject.open_before)
    return opens_on if opens_on > today else None


def services_about(entry: registers.Entry, *, today: date) -> list[tuple[Service, date | None]]:
    """The live services that the holder may begin for an entry, each with the day from which, None when it is now."""
    if entry.state(today) != "in-force":
        return []
    cards = _about(load.territory().edition).get((entry.service, entry.register), ())
    services = [load.definition(card) for card in cards]
    return [(service, _opens_on(service.subject, entry, today)) for service in services if service.subject is not None]


@lru_cache(maxsize=4)
def _about(_edition: int) -> Mapping[tuple[str, str], list[Card]]:
    by_register: dict[tuple[str, str], list[Card]] = {}
    for card in load.territory().offered.values():
        subject = card.subject
        if subject is not None and subject.who == "holder":
            by_register.setdefault((subject.service, subject.register_name), []).append(card)
    return by_register


# What expressions see


def seen_by(service: Service, ref: str) -> dict[str, Any]:
    """`entry` or `publication` for the expressions of a service that is about one; nothing for others."""
    if not ref or (service.subject is None and service.about is None):
        return {}
    try:
        return {"entry" if service.about is None else "publication": facts_of(registers.entry(ref))}
    except registers.NoEntry:
        return {}


def of_case(
    case_ref: str, subject_ref: str, service: Service, register: str = "", *, struck: frozenset[str] = frozenset()
) -> registers.Entry | None:
    """The entry that a case is about, or else the newest standing one that it made, in one register or in any."""
    own_entries = all_of_case(case_ref, subject_ref, service, register, struck=struck)
    return own_entries[-1] if own_entries else None


def all_of_case(
    case_ref: str, subject_ref: str, service: Service, register: str = "", *, struck: frozenset[str] = frozenset()
) -> list[registers.Entry]:
    """The entry that a case is about, or else the standing ones that it made; several of a repeat, one otherwise.

    Those that are `struck` are read as if they still stood.
    """
    subject = service.subject
    if subject is not None and subject_ref and register in ("", subject.register_in):
        return [registers.entry(subject_ref)]
    if not service.registers:
        return []
    own = _standing(case_ref, {register} if register else set(service.registers), struck)
    return [entry for entry in own if entry.item] if own and own[-1].item else own[-1:]


def _standing(case_ref: str, names: set[str], struck: frozenset[str] = frozenset()) -> list[registers.Entry]:
    """The entries of a case that stand in these registers, and those that are `struck` as if they did."""
    made = (entry for entry in registers.of_case(case_ref) if entry.register in names)
    return [entry for entry in made if entry.struck_at is None or entry.ref in struck]


def holder_found(case: cases.Case) -> str:
    """The holder of the entry before the case transferred it; empty if it had none."""
    entry = registers.entry(case.subject_ref)
    before = (old for old in registers.earlier(entry.ref) if (old.kind, old.case_ref) == ("transferred", case.ref))
    return next((old.holder_ref for old in before), entry.holder_ref)


def certified(case_ref: str, entry_ref: str, item: int) -> str:
    """The word for what a record certifies: an entry, or an item of a case, 0 for the whole of it."""
    if not entry_ref:
        return f"{case_ref}/{item}"
    entry = registers.entry(entry_ref)
    # An entry goes by what first made it, so that a renewal finds the record of the licence that it renews.
    return f"{entry.case_ref}/{entry.item}" if entry.case_ref else entry.ref


def order_of(record: credentials.Record) -> tuple[datetime, int, str]:
    """By what the newest record of a case is found: of several of one moment it is that of the last item."""
    item = record.about_ref.rpartition("/")[2]
    return record.issued_at, int(item) if item.isdecimal() else 0, record.name


def publication_of(case: cases.Case, service: Service, struck: frozenset[str] = frozenset()) -> registers.Entry | None:
    """The publication that a case is about, or the newest that it made and has not taken down; in force or over."""
    if service.about is not None:
        return registers.entry(case.subject_ref) if case.subject_ref else None
    made = _standing(case.ref, set(service.publishes), struck) if service.publishes else []
    return made[-1] if made else None


def publication_seen(
    case: cases.Case, service: Service, struck: frozenset[str] = frozenset()
) -> tuple[dict[str, Any], dict[str, Text]]:
    """`publication` for the expressions and texts of a case."""
    publication = publication_of(case, service, struck)
    if publication is None:
        return {}, {}
    facts = {**facts_of(publication), "received": len(cases.about([publication.ref]))}
    return {"publication": facts}, texts_of(publication, "publication")


def as_handed_in(case: cases.Case, service: Service) -> tuple[dict[str, Any], bool]:
    """The entry that a case is about as it was when the case was handed in, and whether another case changed it since.

    Nothing for a service that is about no entry.
    """
    if service.subject is None or not case.subject_ref:
        return {}, False
    opened = [fact.seq for fact in journal.about(case.ref, events=("case_opened",))]
    entry, inside, changed = registers.as_it_was(
        case.subject_ref, at=case.opened_at, since=min(opened, default=0), case_ref=case.ref
    )
    return {"entry": facts_of(entry, inside)}, changed


def facts_of(entry: registers.Entry, inside: registers.Inside | None = None) -> dict[str, Any]:
    """An entry as expressions see it."""
    known = (inside or registers.inside([entry])[entry.ref]).known
    until = moment(entry.until_date) if entry.until_date else None
    # Of an entry without a holder, or whose holder was erased, only the public facts are known.
    typed = {name: read_value(value) for name, value in {**entry.values, **known}.items()}
    values = {**entry.facts, **{name: value for name, value in typed.items() if value is not None or name in known}}
    return {**values, "ref": entry.number, "from": moment(entry.from_date), "until": until}


def found_facts(
    entry: registers.Entry,
    values: Mapping[str, Any],
    today: date,
    distance: int | None,
    inside: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """An entry that a look-up found, as expressions see it: these of its values, its days, and how far away it is.

    Texts say the values as the entry does; `inside` has the words of those that are not public.
    """
    until = moment(entry.until_date) if entry.until_date else None
    own = {"ref": entry.number, "from": moment(entry.from_date), "until": until, "state": entry.state(today)}
    facts = {**{name: read_value(value) for name, value in values.items()}, **own, "metres": distance}
    words = {**entry.facts, **(inside or {})}
    return Worded(facts, {name: said for name, said in words.items() if name in values and name not in own})


def texts_of(entry: registers.Entry, root: str) -> dict[str, Text]:
    """What `{entry.shop}` says in every language."""
    return _texts(root, {**entry.facts, **registers.inside([entry])[entry.ref].facts})


def publicly_seen(ref: str) -> dict[str, Text]:
    """What everybody may read of an entry, by `entry.` and the name of the fact; nothing of one that is gone."""
    try:
        return _texts("entry", registers.entry(ref).facts)
    except registers.NoEntry:
        return {}


def _texts(root: str, facts: Mapping[str, registers.Value]) -> dict[str, Text]:
    return {f"{root}.{name}": Text({"en": value} if isinstance(value, str) else value) for name, value in facts.items()}


def stored_value(value: Any) -> Any:
    """A value of an expression as it is kept: JSON, a day by its own word."""
    if isinstance(value, datetime):
        return {"day": value.date().isoformat()}
    if isinstance(value, Mapping):
        return {str(name): stored_value(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [stored_value(item) for item in value]
    return value if value is None or isinstance(value, str | bool) or is_number(value) else str(value)


def read_value(value: Any) -> Any:
    """A value as expressions have it, from the form in which it is kept."""
    if isinstance(value, dict) and set(value) == {"day"}:
        return moment(date.fromisoformat(value["day"]))
    if isinstance(value, dict):
        return {name: read_value(item) for name, item in value.items()}
    return [read_value(item) for item in value] if isinstance(value, list) else value


# Reminders


def reminders(register: Register, until: date | None, pack: Pack) -> list[tuple[date, Reminder]]:
    """When the holder of an entry with this last day is reminded, in order."""
    if until is None:
        return []
    days = ((pack.calendar.date_before(until, reminder.before), reminder) for reminder in register.remind)
    return sorted(days, key=lambda pair: pair[0])


def next_reminder(register: Register, until: date | None, pack: Pack, *, today: date) -> dict[str, Any]:
    """What a register keeps of the reminders that are still to come."""
    days = [day for day, _ in reminders(register, until, pack)]
    passed = sum(day <= today for day in days)
    return {"reminded": passed, "remind_on": days[passed] if passed < len(days) else None}


def remind(*, at: datetime) -> int:
    """Remind the holders of entries that end soon; of several reminders that are due, only the last is sent."""
    territory = load.territory()
    today = territory.pack.calendar.day_of(at)
    count = 0
    for entry in registers.to_remind(on=today):
        with by_itself("remind_holders", service=entry.service, entry=entry.ref):
            _remind(entry, territory, at)
        count += 1
    return count


def remind_of(ref: str, *, until: datetime) -> None:
    """Remind the holder of one entry of what is due until then, each time on the morning of its day."""
    territory = load.territory()
    while (entry := registers.entry(ref)).remind_on is not None:
        morning = territory.pack.calendar.moment(entry.remind_on, MORNING)
        if morning > until:
            return
        _remind(entry, territory, morning)


def _remind(entry: registers.Entry, territory: load.Territory, at: datetime) -> None:
    today = territory.pack.calendar.day_of(at)
    owner = territory.owner(entry.service)
    register = owner.registers.get(entry.register) if owner else None
    days = reminders(register, entry.until_date, territory.pack) if register else []
    passed = [index for index, (day, _) in enumerate(days) if day <= today]
    done = max([entry.reminded, *(index + 1 for index in passed)])
    with transaction.atomic():
        registers.set_reminder(ref=entry.ref, reminded=done, on=days[done][0] if done < len(days) else None)
        if owner is not None and passed and passed[-1] >= entry.reminded and entry.state(today) == "in-force":
            _send(owner.notices[days[passed[-1]][1].notify], entry, owner, territory.pack, done, at)


@dataclass
class _Seen:
    """The context of a reminder: an entry, without a case."""

    service: Service
    context: dict[str, Any]
    texts: dict[str, Text]
    raw: dict[str, Any] = field(default_factory=dict)


def _send(notice: Notice, entry: registers.Entry, service: Service, pack: Pack, number: int, at: datetime) -> None:
    try:
        person = identity.person(entry.holder_ref)
    except identity.NoPerson:
        return
    today, language = pack.calendar.day_of(at), person.language
    context = {
        "entry": facts_of(entry),
        "parameters": service.parameters_on(today),
        "today": moment(today),
        "applicant": {"email": person.email, "language": language},
        "url": f"{settings.PRAYA.base_url}/{language}/entries/{entry.ref}",
    }
    seen = _Seen(service, context, texts_of(entry, "entry"))
    notices.send(
        notices.Letter(
            person_ref=person.ref,
            case_ref=entry.case_ref,
            service=service.service,
            name=notice.name,
            language=language,
            subject=filled(notice.subject, language, seen),
            body=filled_letter(notice.body, language, seen),
            email_to=person.email,
            channels=notice.channels,
            otherwise=service.title.in_(language),
            replies=replies_to(pack, service.department, language, ref=entry.ref),
            once_key=f"{entry.ref}:{entry.until_date}:{number}",
        ),
        at=at,
    )
