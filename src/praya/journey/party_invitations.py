"""Invitations of parties to a case: who is invited, the letter, and repeated invitations."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.parties import api as parties
from praya.definition.chapters.parties import Party
from praya.definition.model import Several
from praya.definition.own_words import colon
from praya.definition.pack import Pack
from praya.definition.questions import Answered, Question, RepeatQuestion, shown_date
from praya.definition.questions import Look as Find
from praya.definition.service import Service
from praya.journey import case_search, entries, load, matters
from praya.journey.chapter import Picture
from praya.journey.own_words import WORDS
from praya.journey.reply_address import replies_to
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.text import Text, spoken

LETTER = "invitation"
# The letter contains no answer of the applicant: the reader at a mistyped address must not learn whose case it is.
# Text of the applicant is sent in the government's name, so only a name is sent, never the address of a web page.
NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ '’·,-]|\.(?=[ ,]|$)){0,79}")


Look = Callable[[cases.Case], Picture]


class OwnAddress(Exception):
    """The address is the applicant's own; applicants may not fill in a party's section themselves."""


def on_opening(case: cases.Case, service: Service, pack: Pack, *, look: Look, at: datetime) -> None:
    """Invite the parties that are invited when the case is opened; `look` reads the case."""
    if case.closed_at is not None:
        return
    first = [party.name for party in service.parties.values() if party.on_opening]
    invite(first, case, pack, look=look, again=False, at=at, by=f"person:{case.person_ref}")


def invite(
    names: Iterable[str], case: cases.Case, pack: Pack, *, look: Look, again: bool, at: datetime, by: str
) -> None:
    """Invite parties, each item of a repeat where there are several.

    Who is waited for gets the letter once more; who has given is asked again only with `again`.
    """
    chosen = list(names)
    if not chosen:
        return
    seen = look(case)
    service = seen.service
    if seen.person is None:
        return
    known = {(one.party, one.number): one for one in parties.newest(parties.of_case(case.ref))}
    for name in chosen:
        party = service.parties[name]
        for number, item in enumerate(items(party, service, seen.answers), 1):
            context = {**seen.context, "item": item}
            last = known.get((name, number))
            if party.when is not None and not party.when.holds(context):
                continue
            if last is not None and last.state == "given" and not again:
                continue
            if last is not None and last.state == "waiting" and last.invited_at == at:
                continue  # the letter that this call sends
            if last is None or last.state != "waiting":
                last = _invited(party, number, context, case, seen.person, pack, at, by)
            _send(last, party, context, service, pack, at)


def _invited(
    party: Party,
    number: int,
    context: Mapping[str, Any],
    case: cases.Case,
    applicant: identity.Person,
    pack: Pack,
    at: datetime,
    by: str,
) -> parties.Invitation:
    try:
        if party.holder:
            person_ref = entries.holder_found(case)
        else:
            person_ref = _person(_word(party.email, context), applicant, case, at=at).ref
    except (identity.NotAnAddress, OwnAddress):
        # The address is not valid: the applicant sees that, and gives another one.
        person_ref = ""
    cases.note_event(ref=case.ref, kind="invited", party=party.name, at=at, by=by)
    return parties.invite(
        case_ref=case.ref,
        service=case.service,
        version=case.version,
        party=party.name,
        number=number,
        applicant_ref=case.person_ref,
        person_ref=person_ref,
        lapses_at=cases.deadline(party.within, at=at, calendar=pack.calendar),
        at=at,
        by=by,
    )


def _person(email: str, applicant: identity.Person, case: cases.Case, *, at: datetime) -> identity.Person:
    """The person with an address, known or not. Raises identity.NotAnAddress, OwnAddress."""
    if identity.address(email) == identity.address(applicant.email):
        raise OwnAddress
    return identity.enrol(email=email, name=None, language=case.language, at=at, by=f"person:{applicant.ref}")


def readdress(case: cases.Case, ref: str, *, look: Look, email: str, at: datetime) -> parties.Invitation:
    """The applicant sends an invitation once more, perhaps to another address; what was begun there is thrown away.

    Raises identity.NotAnAddress, OwnAddress, parties.NoInvitation, parties.NotWaiting.
    """
    service, pack = load.compiled(case.service, case.version), load.pack()
    asked = next((one for one in parties.of_case(case.ref) if one.ref == ref), None)
    if asked is None:
        raise parties.NoInvitation(ref)
    by = f"person:{case.person_ref}"
    with transaction.atomic():
        matters.lock(case.ref)
        person = _person(email, identity.person(case.person_ref), case, at=at)
        if person.ref != asked.person_ref:
            asked = parties.readdress(ref=ref, person_ref=person.ref, at=at, by=by)
            case_search.index(case.ref)
            forms.forget_part(part=ref)
            cases.note_event(ref=case.ref, kind="invited", party=asked.party, at=at, by=by)
        elif not asked.open_at(at):
            raise parties.NotWaiting(ref)
        seen = look(case)
        party = service.parties[asked.party]
        item = items(party, service, seen.answers)[asked.number - 1 :][:1]
        _send(asked, party, {**seen.context, "item": item[0] if item else {}}, service, pack, at)
    return asked


@dataclass(frozen=True)
class ToAsk:
    """A person who will be invited on submission or later; the address of a holder is not shown."""

    party: Party
    name: str
    address: str
    sees: tuple[Text, ...]


def remind(case: cases.Case, party: str, *, look: Look, at: datetime) -> int:
    """Send the invitation once more to everybody of a party who has not answered; return to how many."""
    service, pack = load.compiled(case.service, case.version), load.pack()
    seen = look(case)
    asked, section = [one for one in parties.of_case(case.ref) if one.party == party], service.parties[party]
    waiting = [one for one in asked if one.open_at(at) and one.person_ref]
    for one in waiting:
        item = items(section, service, seen.answers)[one.number - 1 :][:1]
        _send(one, section, {**seen.context, "item": item[0] if item else {}}, service, pack, at)
    return len(waiting)


def to_ask(service: Service, answers: Mapping[str, Any], context: Mapping[str, Any]) -> list[ToAsk]:
    """The people whom these answers invite, shown to the applicant before submitting."""
    invitees = []
    for party in service.parties.values():
        repeat = service.questions.get(party.repeat or "")
        inner = {q.name: q for q in repeat.questions} if isinstance(repeat, RepeatQuestion) else {}
        sees = (
            *(service.questions[n].label for n in party.sees_answers),
            *(inner[n].label for n in party.sees_of_item),
            *(
                said_of(service.parties[other], service.parties[other].questions[n])
                for other, n in party.sees_of_others
            ),
        )
        for item in items(party, service, answers):
            known = {**context, "item": item}
            if party.when is None or party.when.holds(known):
                invitees.append(ToAsk(party, called(party, known), _word(party.email, known), sees))
    return invitees


def said_of(party: Party, question: Question) -> Text:
    """The label of a party's answer for other readers, such as `Doctor: Report`."""
    return Text({lang: f"{party.label.in_(lang)}{colon(lang)}{question.label.in_(lang)}" for lang in spoken()})


def items(
    each: Several, service: Service, answers: Mapping[str, Any], find: Find | None = None
) -> Sequence[dict[str, Any]]:
    """The items for each of which there is one, as expressions know them; one empty item where there is one only.

    `find` looks up entries of registers that they name.
    """
    repeat = service.questions.get(each.repeat or "")
    if not isinstance(repeat, RepeatQuestion):
        return [{}]
    kept = answers.get(repeat.name) or []
    return [Answered(repeat.questions, item, find) for item in kept]


def called(party: Party, context: Mapping[str, Any]) -> str:
    """The name of the invited person, as the applicant gave it; empty when it is not known."""
    return _word(party.called, context)


def _send(
    invitation: parties.Invitation, party: Party, context: Mapping[str, Any], service: Service, pack: Pack, at: datetime
) -> None:
    if not invitation.person_ref:
        return
    try:
        person = identity.person(invitation.person_ref)
    except identity.NoPerson:
        return
    language = person.language if person.language in pack.languages else "en"
    name = called(party, context)
    says = party.says.in_(language) if party.says else ""
    until = shown_date(pack.calendar.day_of(invitation.lapses_at), language) if invitation.lapses_at else ""
    values = {
        "title": service.title.in_(language),
        "label": party.label.in_(language),
        "greeting": WORDS["invitation_greeting"].in_(language).format(name=name) if NAME.fullmatch(name) else "",
        "says": f"{says}\n\n" if says else "",
        "entry": WORDS["invitation_entry"].in_(language).format(number=context["entry"]["ref"]) if party.holder else "",
        "url": f"{settings.PRAYA.base_url}/{language}/parts/{invitation.ref}",
        "until": WORDS["invitation_until"].in_(language).format(day=until) if until else "",
    }
    notices.send(
        notices.Letter(
            person_ref=person.ref,
            case_ref=invitation.case_ref,
            service=service.service,
            name=LETTER,
            language=language,
            subject=WORDS["invitation_subject"].in_(language).format(**values),
            body=WORDS["invitation_body"].in_(language).format(**values),
            email_to=person.email,
            channels=("inbox", "email"),
            replies=replies_to(pack, service.department, language, ref=invitation.case_ref),
            once_key=f"{invitation.ref}:{parties.count_letter(invitation.ref)}",
        ),
        at=at,
    )


def _word(expression: Expression | None, context: Mapping[str, Any]) -> str:
    if expression is None:
        return ""
    try:
        value = expression.value(context)
    except ExpressionFailed:
        return ""
    return value.strip() if isinstance(value, str) else ""
