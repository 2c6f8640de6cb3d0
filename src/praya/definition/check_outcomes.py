"""What pydantic cannot see of that which comes out of a case: entries that live on."""

from collections.abc import Iterator
from typing import Any

from praya.definition.chapter import Found
from praya.definition.flow import Effects
from praya.definition.model import Path, Several, leaves
from praya.definition.questions import RepeatQuestion
from praya.definition.service import Service
from praya.definition.source import Said, unknown
from praya.kernel.expression import PLACEHOLDER, Expression, nearest
from praya.kernel.text import Text

ENTRY = frozenset({"ref", "from", "until"})
# `received` is how many cases there are about it.
PUBLICATION = ENTRY | {"received"}
# What a reminder can speak of: at that time there is an entry and its holder, and no case.
REMINDER = frozenset({"entry", "parameters", "today", "applicant", "url"})


def problems(service: Service) -> Found:
    """Every problem of registers, subjects and the effects on entries."""
    yield from _registers(service)
    yield from _records(service)
    yield from _of_items(service)
    yield from _subject(service)
    yield from _publications(service)
    yield from _visits(service)
    yield from _to_holders(service)
    for path, effects in with_effects(service):
        yield from _on_entries(service, effects, path)


def members(service: Service) -> dict[str, set[str]]:
    """What stands after the dot of `entry` and `publication`; nothing of an entry in another service's register."""
    subject = service.subject
    # What another service publishes is compared with it where both are at hand.
    published = {name for one in service.publishes.values() for name in one.facts}
    publication = {} if service.about else {"publication": {*PUBLICATION, *published} if service.publishes else set()}
    if subject is not None and subject.service not in (None, service.service):
        return publication
    names = [subject.register_in] if subject is not None else list(service.registers)
    facts = {fact for name in names if name in service.registers for fact in service.registers[name].facts}
    return {"entry": set(ENTRY | facts) if names else set(), **publication}


def with_effects(service: Service) -> Iterator[tuple[Path, Effects]]:
    """Everything that has effects, with its path."""
    for state in service.flow.states.values():
        path: Path = ("flow", "states", state.name)
        yield path, state
        for action in state.actions.values():
            yield (*path, "actions", action.name), action
        for index, timer in enumerate(state.timers):
            yield (*path, "timers", index), timer


def _registers(service: Service) -> Found:
    for register in service.registers.values():
        path: Path = ("registers", register.name)
        for name in register.facts:
            if name in ENTRY:
                yield (*path, "facts", name), _not(f"'entry.{name}' is every entry's own; give the fact another name")
        if register.public and not register.shown:
            yield path, _not("everything in it has 'public: false'; say 'public: false' of the register itself")
        if register.remind and register.valid is None:
            yield (*path, "remind"), _not("an entry without 'valid' never ends, so there is nothing to remind of")
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


def _records(service: Service) -> Found:
    for record in service.records.values():
        foreign = service.subject is not None and service.subject.service not in (None, service.service)
        if record.replaces and not foreign and record.replaces not in service.records:
            yield ("records", record.name, "replaces"), unknown("record", record.replaces, service.records)


def _of_items(service: Service) -> Found:
    """What is made for each item of a repeat speaks of that item, and nothing else does."""
    for kind, made in (("records", service.records), ("registers", service.registers)):
        for name, one in made.items():
            path: Path = (kind, name)
            yield from several(service, one, path)
            repeat = service.questions.get(one.repeat or "")
            inner = {question.name for question in getattr(repeat, "questions", ())}
            for where, expression in expressions(one, path):
                if where[-1] == "several" or "item" not in expression.names:
                    continue
                if one.several is None:
                    yield where, _not("there is no item: say of which repeat, 'several: answers.…'")
                for root, member in sorted(expression.paths):
                    if root == "item" and repeat is not None and member not in inner:
                        yield where, unknown(f"question of '{repeat.name}'", member, inner)


def several(service: Service, one: Several, path: Path) -> Found:
    """`several` names a repeat of the applicant's."""
    repeats = [f"answers.{q.name}" for q in service.questions.values() if isinstance(q, RepeatQuestion)]
    if one.several and one.several.source.strip() not in repeats:
        yield (*path, "several"), unknown("repeat", one.several.source, repeats)


def _names(source: str) -> frozenset[str]:
    try:
        return Expression(source).names
    except ValueError:
        return frozenset()


def _subject(service: Service) -> Found:
    subject = service.subject
    if subject is None or subject.service not in (None, service.service):
        return
    if subject.register_in not in service.registers:
        yield ("subject", "register"), unknown("register", subject.register_in, service.registers)
        return
    facts = service.registers[subject.register_in].facts
    for name in subject.facts:
        if name not in facts:
            yield ("subject", "facts", name), unknown("fact of the register", name, facts)


def _publications(service: Service) -> Found:
    if service.subject is not None and service.about is not None:
        yield ("about",), _not("a service is about an entry ('subject') or about a publication ('about'), not both")
    for name, publication in service.publishes.items():
        if name in service.registers:
            yield ("publishes", name), Said("named-twice", f"a register is called '{name}' too; choose another name")
        for fact in publication.facts:
            if fact in PUBLICATION:
                said = f"'publication.{fact}' is every publication's own; give the fact another name"
                yield ("publishes", name, "facts", fact), _not(said)
    for path, effects in with_effects(service):
        if effects.publish and effects.publish not in service.publishes:
            yield (*path, "publish"), unknown("publication", effects.publish, service.publishes)
    if any(effects.unpublish for effects in service.flow.effects()) and not service.publishes:
        yield ("flow",), _not("'unpublish: true' takes a publication down, but the service has no 'publishes'")


def about_published(service: Service, owner: Service) -> Found:
    """What is wrong with a service that is about what another, `owner`, publishes."""
    about = service.about
    if about is None:
        return
    publication = owner.publishes.get(about.publication)
    if publication is None:
        yield (
            ("about", "publication"),
            unknown(f"publication of '{owner.service}'", about.publication, owner.publishes),
        )
        return
    known = PUBLICATION | set(publication.facts)
    for path, expression in expressions(service):
        for root, member in sorted(expression.paths):
            if root == "publication" and member not in known:
                said = f"'publication.{member}' does not exist{nearest(member, sorted(known))}"
                yield path, Said("unknown-name", said)


def _visits(service: Service) -> Found:
    for path, effects in with_effects(service):
        if effects.book and service.booking is None:
            yield (*path, "book"), _not("'book: true' gives a visit, but the service has no 'booking'")
        elif effects.book and service.booking is not None and len(service.booking.all_visits) > 1:
            yield (*path, "book"), _not("'book: true' gives one visit; take 'visits' out of the booking")


def about_another(service: Service, owner: Service) -> Found:
    """What is wrong with a service that is about entries in the register of another, `owner`."""
    subject = service.subject
    if subject is None:
        return
    register = owner.registers.get(subject.register_in)
    if register is None:
        yield ("subject", "register"), unknown(f"register of '{owner.service}'", subject.register_in, owner.registers)
        return
    for name in subject.facts:
        if name not in register.facts:
            yield ("subject", "facts", name), unknown("fact of the register", name, register.facts)
    names = {*service.records, *owner.records}
    for record in service.records.values():
        if record.replaces and record.replaces not in names:
            yield ("records", record.name, "replaces"), unknown("record", record.replaces, names)
    known = ENTRY | set(register.facts)
    for path, expression in expressions(service):
        for root, member in sorted(expression.paths):
            if root == "entry" and member not in known:
                yield path, Said("unknown-name", f"'entry.{member}' does not exist{nearest(member, sorted(known))}")
    renews = [(path, effects) for path, effects in with_effects(service) if effects.renew]
    if register.valid is None:
        for path, _ in renews:
            yield (*path, "renew"), _not(f"'{register.name}' has no 'valid', so its entries never end")


def expressions(value: Any, path: Path = ()) -> Iterator[tuple[Path, Expression]]:
    """Every expression within a part of a definition, with its path; also those in braces of notices."""
    yield from leaves(value, Expression, path)
    for where, text in leaves(value, Text, path):
        for language, words in text.written.items() if where and where[0] == "notices" else ():
            yield from (((*where, language), Expression(source)) for source in PLACEHOLDER.findall(words))


def _to_holders(service: Service) -> Found:
    for notice in service.notices.values():
        path: Path = ("notices", notice.name)
        if notice.to == "holder" and service.subject is None:
            yield (*path, "to"), _not("there is no holder: the service is not about an entry ('subject')")
        if notice.to == "holder" and "sms" in notice.channels:
            yield (*path, "channels"), _not("a letter to the holder goes by inbox and email; take sms out")


def _on_entries(service: Service, effects: Effects, path: Path) -> Found:
    subject = service.subject
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
    if effects.renew in service.registers and service.registers[effects.renew].valid is None:
        yield (*path, "renew"), _not(f"'{effects.renew}' has no 'valid', so its entries never end")
    foreign = subject is not None and subject.service not in (None, service.service)
    if effects.amend and foreign and subject is not None and not subject.facts:
        yield (*path, "amend"), _not("say what it writes: {subject: {facts: {name: expression}}}")


def _not(message: str) -> Said:
    return Said("not-possible", message)
