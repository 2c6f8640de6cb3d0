"""The steps of a party: read what is asked and what may be seen, fill in the section, give it or decline."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.parties import api as parties
from praya.definition import sharing
from praya.definition.chapters.parties import Party
from praya.definition.expression_context import derived, party_facts
from praya.definition.pack import Pack
from praya.definition.questions import FileQuestion, Question, RepeatQuestion
from praya.definition.service import Service
from praya.journey import (
    acting,
    answer_files,
    application_steps,
    draft_progress,
    load,
    lookups,
    matters,
    party_invitations,
)
from praya.kernel.crypto import vault
from praya.kernel.text import Text


@dataclass(frozen=True)
class AskedSection:
    """The section that one person is asked to fill in, and the answers of the case that they may read."""

    invitation: parties.Invitation
    service: Service
    version: int
    pack: Pack
    today: date
    subject_ref: str
    sees: dict[str, Any]
    item: dict[str, Any]
    others: tuple[tuple[Text, Question, Any], ...] = ()

    @property
    def party(self) -> Party:
        """The party of the definition."""
        return self.service.parties[self.invitation.party]

    def known(self, own: Mapping[str, Any]) -> dict[str, Any]:
        """The context of the section's expressions."""
        look = lookups.looking(self.service, self.today)
        return party_facts(
            self.service, self.party, sees=self.sees, item=self.item, own=own, today=self.today, look=look
        )

    def shown(self) -> list[tuple[Text, Question, Any]]:
        """The label and value of each answer that they may read: first the applicant's, in the order of the form."""
        repeat = self.service.questions.get(self.party.repeat or "")
        inner = repeat.questions if isinstance(repeat, RepeatQuestion) else ()
        own = [(q, self.sees[q.name]) for q in self.service.questions.values() if q.name in self.sees]
        own += [(q, self.item[q.name]) for q in inner if q.name in self.item]
        return [*((q.label, q, value) for q, value in own), *self.others]

    @property
    def files(self) -> set[str]:
        """The references of the files that they may read."""
        return {
            ref for _, question, value in self.shown() for ref in sharing.uploads([question], {question.name: value})
        }


@dataclass(frozen=True, kw_only=True)
class Part(draft_progress.Walk):
    """A section that is being filled in."""

    asked_section: AskedSection

    @property
    def section(self) -> Party:
        """The section."""
        return self.asked_section.party

    @property
    def path(self) -> str:
        """The address below which its pages are."""
        return f"parts/{self.asked_section.invitation.ref}"

    @property
    def start(self) -> str:
        """The address of the page before its first page."""
        return self.path

    @property
    def books(self) -> bool:
        """A section books nothing."""
        return False

    def known(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """The context of expressions with these answers."""
        return self.asked_section.known(answers)

    def again(self, draft: forms.Draft, *, at: datetime) -> "Part":
        """The section, read again after something was saved."""
        return replace(self, draft=draft, context=self.known(draft.answers))

    def shut_out(self) -> draft_progress.ShutOut | None:
        """None: no rule of eligibility applies to a party."""
        return None


def asked_section(ref: str, *, person_ref: str, at: datetime) -> AskedSection:
    """The section that a person is asked for. Raises parties.NoInvitation, also for a person who was not invited."""
    invitation = parties.invitation(ref, person_ref=person_ref)
    try:
        case = cases.case(invitation.case_ref)
        content = cases.content(invitation.case_ref)
        answers = content.answers
    except (cases.NoCase, vault.Forgotten):
        raise parties.NoInvitation(ref) from None
    service, pack = load.compiled(case.service, case.version), load.pack()
    party = service.parties[invitation.party]
    sees = {name: answers[name] for name in party.sees_answers if name in answers}
    repeat = answers.get(party.repeat or "") or []
    item = repeat[invitation.number - 1] if 0 < invitation.number <= len(repeat) else {}
    of_item = {name: item[name] for name in party.sees_of_item if name in item}
    return AskedSection(
        invitation, service, case.version, pack, pack.calendar.day_of(at), case.subject_ref, sees, of_item,
        (*_of_others(service, party, invitation.case_ref), *_findings_to_read(service, party, content.findings)),
    )  # fmt: skip


def _of_others(service: Service, party: Party, case_ref: str) -> Iterator[tuple[Text, Question, Any]]:
    """The newest answers of other parties that this one may read."""
    if not party.sees_of_others:
        return
    given = parties.answers_of_case(case_ref)
    answers = {one.party: given.get(one.ref, {}) for one in parties.newest(parties.of_case(case_ref))}
    for other, name in party.sees_of_others:
        if name in answers.get(other, {}):
            question = service.parties[other].questions[name]
            yield party_invitations.said_of(service.parties[other], question), question, answers[other][name]


def _findings_to_read(
    service: Service, party: Party, findings: Mapping[str, Any]
) -> Iterator[tuple[Text, Question, Any]]:
    """What officers found of what the party may read."""
    for name in party.sees_findings:
        if findings.get(name) is not None:
            question = service.flow.action_questions[name]
            yield question.label, question, findings[name]


def begin(asked: AskedSection, *, language: str, at: datetime) -> Part:
    """The draft of the section, created if there is none. Raises parties.NotWaiting."""
    invitation = asked.invitation
    if not invitation.open_at(at):
        raise parties.NotWaiting(invitation.ref)
    draft = forms.start_for_key(
        person_ref=invitation.person_ref, service=asked.service.service, version=asked.version, language=language,
        once_key=f"part:{invitation.ref}", part=invitation.ref, about_ref=invitation.applicant_ref, at=at,
    )  # fmt: skip
    look = lookups.looking(asked.service, asked.today)
    return Part(draft, asked.service, asked.pack, asked.today, asked.known(draft.answers), look, asked_section=asked)


def give(part: Part, *, at: datetime) -> None:
    """Give the section; the case then continues as its definition says.

    Raises application_steps.Incomplete, parties.NotWaiting.
    """
    invitation, party, draft = part.asked_section.invitation, part.section, part.draft
    answers = part.asked_answers
    reasons = forms.all_refusals(party, answers, asking=part.asking(answers))
    if reasons:
        raise application_steps.Incomplete(reasons)
    answers |= derived(party, part.known(answers))
    with transaction.atomic():
        matters.lock(invitation.case_ref)
        parties.give(ref=invitation.ref, person_ref=draft.person_ref, answers=answers, at=at)
        forms.close(ref=draft.ref, person_ref=draft.person_ref, case_ref=invitation.case_ref, at=at)
        acting.heard(invitation.case_ref, "given", invitation.party, by=f"person:{draft.person_ref}", at=at)


def give_at_once(
    asked: AskedSection,
    *,
    answers: Mapping[str, Any],
    files: answer_files.Files,
    language: str,
    at: datetime,
) -> None:
    """Give a whole section in one call, as stories do: all of it or nothing. Raises as `give`, and forms.Unwelcome."""
    with transaction.atomic():
        part = begin(asked, language=language, at=at)

        def keep(question: FileQuestion, path: str, name: str, data: bytes) -> str:
            return forms.keep_upload(
                draft_ref=part.draft.ref, person_ref=part.draft.person_ref, question=question, path=path, name=name,
                data=data, at=at,
            ).ref  # fmt: skip

        given = answer_files.answers_with_files(asked.party.questions.values(), answers, files, keep)
        whole = forms.settled(part.section, given, part.asking(given, now=at))
        saved = forms.save(
            ref=part.draft.ref, person_ref=part.draft.person_ref, answers=whole, page="", typed=None, at=at
        )
        give(part.again(saved, at=at), at=at)


def decline(asked: AskedSection, *, reason: str, at: datetime) -> None:
    """Decline, and delete the draft. Raises parties.NotWaiting."""
    invitation = asked.invitation
    with transaction.atomic():
        matters.lock(invitation.case_ref)
        kept = acting.lines_kept(reason, "reason", acting.REASON)
        parties.decline(ref=invitation.ref, person_ref=invitation.person_ref, reason=kept, at=at)
        forms.forget_part(part=invitation.ref)
        acting.heard(invitation.case_ref, "declined", invitation.party, by=f"person:{invitation.person_ref}", at=at)


def lapse(invitation: parties.Invitation, *, at: datetime) -> None:
    """Let an unanswered invitation lapse. Raises parties.NotWaiting when somebody has just answered."""
    with transaction.atomic():
        matters.lock(invitation.case_ref)
        parties.lapse(ref=invitation.ref, at=at)
        forms.forget_part(part=invitation.ref)
        acting.heard(invitation.case_ref, "lapsed", invitation.party, by="system", at=at)


def pass_time(case_ref: str, *, at: datetime) -> cases.Case:
    """Carry out everything that is due in a case, each as of its moment: invitations lapse, timers fire."""
    case = cases.case(case_ref)
    if not load.compiled(case.service, case.version).parties:
        return acting.fire_timers(case, at=at)
    for invitation in parties.lapsing(at=at, case_ref=case_ref):
        moment = invitation.lapses_at or at
        acting.fire_timers(cases.case(case_ref), at=moment)
        # A timer may have ended the case, and with it all waiting invitations.
        still = {one.ref: one for one in parties.of_case(case_ref)}[invitation.ref]
        if still.state == "waiting":
            lapse(invitation, at=moment)
    return acting.fire_timers(cases.case(case_ref), at=at)
