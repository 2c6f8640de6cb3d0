"""Playing an example: the real journey, with a clock that the example moves. Examples are tests and sample cases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.parties import api as invitations
from praya.blocks.registers import api as registers
from praya.definition.example import Example, Expect, Held, Step
from praya.definition.pack import Pack
from praya.definition.questions import FileQuestion
from praya.definition.service import Service
from praya.journey import ballots, entries, fees, load, lookups, parties, picture, reserving, run, samples, sent, steps

ROLES = {"officer", "supervisor"}


class Differs(AssertionError):
    """What happened is not what the example expects; carries every difference."""


@dataclass
class Played:
    """How far an example has come."""

    service: Service
    pack: Pack
    person: identity.Person
    now: datetime
    since: datetime
    """From when on what was sent belongs to this moment: while only time passes, timers send letters on their way."""
    case: cases.Case | None = None
    refused: bool = False
    errors: dict[str, str] = field(default_factory=dict)
    booking_ref: str = ""
    subject_ref: str = ""
    transcript: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    """The state of the case after applying and after each step; "" while there is no case."""
    observed: list[dict[str, Any]] = field(default_factory=list)
    """What an example could expect of each of these moments, when it was asked to observe."""


def play(
    example: Example,
    service: Service,
    pack: Pack,
    *,
    person: identity.Person,
    compare: bool = True,
    observe: bool = False,
) -> Played:
    """Play an example to its end. Raises Differs at the first step that turns out otherwise than expected.

    With `compare=False` nothing is expected, as for sample cases that are moved to other dates. With `observe`
    it is noted what an example could expect of each moment.
    """
    starts = example.starts if example.starts.tzinfo else example.starts.replace(tzinfo=pack.calendar.zone)
    played = Played(service, pack, person, starts, starts)
    reserving.make_pools(service, pack, at=starts)
    if example.entry is not None:
        key = f"{person.ref}:{example.example}:{starts.isoformat()}"
        played.subject_ref = entered(service, example.entry, person=person, once_key=key, at=starts)
    _apply(example, played)
    _note(played, "applicant applies", observe=observe)
    if compare:
        _compare(example.expect, played, "on applying")
    for number, step in enumerate(example.steps, 1):
        before = played.now
        if step.after:
            played.now = (
                pack.calendar.moment(
                    pack.calendar.date_after(pack.calendar.day_of(played.now), step.after),
                    played.now.astimezone(pack.calendar.zone).time(),
                )
                if step.after.unit not in {"minutes", "hours"}
                else pack.calendar.after(played.now, step.after)
            )
        played.since = played.now if step.do or step.reply or step.party else before
        if played.case is not None:
            played.errors = {}
            played.case = parties.pass_time(played.case.ref, at=played.now)
        if step.drawn is not None:
            _drawn(step.drawn, played, number)
        if step.given_up is not None and played.case is not None:
            played.case = ballots.follow(played.case, given_up=step.given_up, at=played.now)
        if step.do or step.reply or step.party:
            _take(step, played, number)
        _note(played, _said(step), observe=observe)
        if compare:
            _compare(step.expect, played, f"after step {number} ({_said(step)})")
    return played


def entered(service: Service, held: Held, *, person: identity.Person, once_key: str, at: datetime) -> str:
    """Enter what a service is about: an entry of the person, or, for anyone, of another; or a publication.

    Raises Differs when it is about nothing, or about the register of a service that is not there.
    """
    subject, about = service.subject, service.about
    said = {name: str(value) for name, value in held.facts.items()}
    common = {"case_ref": "", "from_date": held.from_date, "until_date": held.until, "once_key": once_key[:160]}
    if about is not None:
        where = {"service": about.service, "register": about.publication}
        return registers.enter(facts=said, at=at, by="system", **where, **common).ref  # type: ignore[arg-type]
    register = entries.register_of(service, subject.register_in) if subject else None
    if subject is None or register is None:
        raise Differs("the story begins with an entry, but the service is about none")
    holder = person
    if subject.who == "anyone":
        holder = identity.enrol(email="holder@example.com", name="Holder (sample)", language="en", at=at)
    return registers.enter(
        service=subject.service or service.service,
        register=register.name,
        holder_ref=holder.ref,
        facts={name: value for name, value in said.items() if name in register.shown},
        inside={name: value for name, value in said.items() if name in register.kept},
        known={name: entries.kept(value) for name, value in held.facts.items()},
        at=at,
        by="system",
        **common,  # type: ignore[arg-type]
        **entries.next_reminder(register, held.until, load.pack(), today=held.from_date),
    ).ref


def _note(played: Played, what: str, *, observe: bool) -> None:
    played.transcript.append(f"{_when(played)} {what}: {_outcome(played)}")
    played.states.append(played.case.state if played.case else "")
    if observe:
        played.observed.append(_observed(played))


def _observed(played: Played) -> dict[str, Any]:
    """What an example could expect now, without what is empty."""
    if played.refused:
        return {"refused": True}
    found = {"errors": played.errors} if played.errors else {}
    names = ("state", "result", "due", "fee", "notices", "booking", "record_valid", "record_until")
    every = Expect()
    seen = {name: _found(name, every, played) for name in names} if played.case else {}
    return {**found, **{name: value for name, value in seen.items() if value not in (None, 0, False, [], "none")}}


def _said(step: Step) -> str:
    who = f"{step.by} ({step.who})" if step.who else step.by
    if step.party:
        return f"{step.party} {'gives their part' if step.declines is None else 'declines'}"
    if step.drawn is not None:
        return f"drawn as number {step.drawn}"
    if step.given_up is not None:
        return "a place is given up" if step.given_up == 1 else f"{step.given_up} places are given up"
    return f"{who} {step.do}" if step.do else f"{step.by} replies" if step.reply else "time passes"


def _apply(example: Example, played: Played) -> None:
    files, answers = sent.taken_out(played.service.questions.values(), _with_entries(example, played), samples.file)
    seats = [(s.visit, s.place, s.day, f"{s.time:%H:%M}" if s.time else "") for s in example.book]
    try:
        played.case = steps.apply_at_once(
            played.service,
            person=played.person,
            language=example.language,
            answers=answers,
            files=files,
            seats=seats,
            once_key=f"{example.example}:{played.now.isoformat()}",
            at=played.now,
            subject_ref=played.subject_ref,
        )
        played.booking_ref = played.case.booking_ref
    except steps.NotEligible:
        played.refused = True
    except steps.LimitReached:
        played.errors = {"limits": "LimitReached"}
    except steps.Incomplete as incomplete:
        played.errors = {refusal.path: refusal.code for refusal in incomplete.refusals}
    except steps.Closed:
        played.errors = {"open": "Closed"}
    except (entries.NoSubject, entries.TooEarly) as refusal:
        played.errors = {"subject": type(refusal).__name__}
    except (bookings.SlotTaken, bookings.HeldAlready, reserving.BookingClosed) as refusal:
        played.errors = {"booking": type(refusal).__name__}


def _with_entries(example: Example, played: Played) -> dict[str, Any]:
    """The story's answers; the entries that they look up stand in their registers first."""
    today = played.pack.calendar.day_of(played.now)
    refs: dict[str, str] = {}
    for name, given in example.entries.items():
        refs[name] = registers.enter(
            service=given.service or played.service.service, register=given.register_name,
            case_ref=f"story:{name}"[:40],
            facts=given.facts, from_date=given.from_date or today, until_date=given.until,
            once_key=f"story:{played.person.ref}:{example.example}:{name}:{played.now.isoformat()}", at=played.now,
            by="system",
        ).ref  # fmt: skip
    return (
        lookups.replaced(tuple(played.service.questions.values()), example.answers, refs)
        if refs
        else dict(example.answers)
    )


def _take(step: Step, played: Played, number: int) -> None:
    if played.case is None:
        raise Differs(f"step {number}: there is no case to do anything with")
    case, service = cases.case(played.case.ref), played.service
    played.errors = {}
    try:
        if step.party is not None:
            _take_part(step, case, played)
            played.case = cases.case(case.ref)
            return
        if step.reply is not None:
            played.case = run.reply(
                case=case,
                department=step.by,
                result=step.reply.result,
                comment=step.reply.comment,
                by=f"department:{step.by}",
                at=played.now,
            )
            return
        state = service.flow.states[case.state]
        action = state.actions.get(step.do or "")
        files, answers = sent.taken_out(action.ask if action else (), step.answers, samples.file)
        answers = sent.kept(action.ask if action else (), answers, files, _keeping(case, played))
        played.case = run.act(
            case=case,
            action=step.do or "",
            by=_by(step, played),
            answers=answers,
            reason=step.reason or "",
            once_key=f"example:{case.ref}:{number}",
            at=played.now,
        )
    except bookings.SlotTaken:
        played.errors = {"booking": "SlotTaken"}
    except run.NotAllowed:
        played.errors = {"action": "not_allowed"}
    except run.NoReason:
        played.errors = {"reason": "missing"}
    except (run.NotAnswered, steps.Incomplete) as missing:
        played.errors = {refusal.path: refusal.code for refusal in missing.refusals}


def _take_part(step: Step, case: cases.Case, played: Played) -> None:
    """What a party does; one that was not invited, or is not waited for, has nothing to do."""
    newest = invitations.newest(invitations.of_case(case.ref))
    invitation = next((one for one in newest if (one.party, one.number) == (step.party, step.number)), None)
    if invitation is None or not invitation.person_ref:
        played.errors = {"party": "not_invited"}
        return
    found = parties.asked(invitation.ref, person_ref=invitation.person_ref, at=played.now)
    try:
        if step.declines is not None:
            parties.decline(found, reason=step.declines, at=played.now)
            return
        files, answers = sent.taken_out(found.party.questions.values(), step.answers, samples.file)
        parties.give_at_once(found, answers=answers, files=files, language=case.language, at=played.now)
    except invitations.NotWaiting:
        played.errors = {"party": "not_waiting"}


def _drawn(rank: int, played: Played, number: int) -> None:
    """The draw gives the case this rank, whatever it would have been."""
    if played.case is None:
        raise Differs(f"step {number}: there is no case that could be drawn")
    ref = played.case.ref
    cases.draw(service=played.service.service, ballot=ref, ranks={ref: rank}, among=rank, facts={}, at=played.now)
    played.case = ballots.settle(cases.case(ref), at=played.now)


def _keeping(case: cases.Case, played: Played) -> sent.Keep:
    def keep(question: FileQuestion, path: str, name: str, data: bytes) -> str:
        return forms.keep_case_upload(
            case_ref=case.ref, person_ref=case.person_ref, question=question, path=path, name=name, data=data,
            at=played.now,
        ).ref  # fmt: skip

    return keep


def _by(step: Step, played: Played) -> run.By:
    word = step.by
    if word == "applicant":
        return run.applicant(played.person.ref)
    if word in ROLES:
        roles = ("officer", "supervisor") if word == "supervisor" else ("officer",)
        return run.By(f"officer:example-{step.who or word}", roles, played.service.department)
    raise Differs(f"'{word}' does nothing here: it is applicant, officer, supervisor or a department that replies")


def _compare(expect: Expect, played: Played, when: str) -> None:
    differences: list[str] = []
    for name in expect.model_fields_set:
        wanted, found = getattr(expect, name), _found(name, expect, played)
        if name in {"notices", "published"}:
            wanted, found = sorted(wanted), sorted(found)
        if wanted != found:
            differences.append(f"{name}: expected {wanted!r}, found {found!r}")
    if not expect.model_fields_set & {"refused", "errors"} and (played.refused or played.errors):
        differences.append(f"it was not taken: {played.errors or 'not eligible'}")
    if differences:
        raise Differs(f"{when}: {'; '.join(differences)}")


def _found(name: str, expect: Expect, played: Played) -> Any:
    case = played.case
    match name:
        case "refused":
            return played.refused
        case "errors":
            return played.errors
        case "state":
            return case.state if case else None
        case "result":
            return (case.result or None) if case else None
        case "due":
            return played.pack.calendar.day_of(case.due_at) if case and case.due_at else None
        case "fee":
            return fees.sums(cases.fees(case.ref))["total"] / 100 if case else None
        case "fees":
            charged = {fee.name: fee.state for fee in cases.fees(case.ref)} if case else {}
            return {name: charged.get(name, "none") for name in expect.fees or {}}
        case "notices":
            sent = notices.of_case(case.ref) if case else []
            return [n.name for n in sent if n.created_at == played.now or played.since < n.created_at < played.now]
        case "record":
            return _facts_of_record(expect.record or {}, case, played)
        case "record_valid":
            return _verdict(case, played) == "valid"
        case "record_until":
            newest = _newest_record(case)
            return newest.valid_until if newest else None
        case "register_entry":
            return _facts_of_entry(expect.register_entry or {}, played)
        case "entry":
            entry = _entry(played)
            return entry.state(played.pack.calendar.day_of(played.now)) if entry else "none"
        case "published":
            made = registers.of_case(case.ref) if case else []
            today = played.pack.calendar.day_of(played.now)
            current = [
                e.register for e in made if e.register in played.service.publishes and e.state(today) == "in-force"
            ]
            return tuple(sorted(set(current)))
        case "entry_until":
            entry = _entry(played)
            return entry.until_date if entry else None
        case "booking":
            ref = cases.case(case.ref).booking_ref if case else played.booking_ref
            return bookings.booking(ref).status if ref else "none"
        case "actions":
            return _actions(case, played)
        case "parties":
            return _standing(expect.parties or {}, case, played)
        case _:
            raise Differs(f"'{name}' cannot be compared")


def _newest_record(case: cases.Case | None) -> credentials.Record | None:
    issued = credentials.of_case(case.ref) if case else []
    return max(issued, key=lambda record: record.issued_at, default=None)


def _verdict(case: cases.Case | None, played: Played) -> str:
    newest = _newest_record(case)
    return credentials.verify(newest.token, at=played.now).state if newest else "none"


def _facts_of_record(wanted: Mapping[str, Any], case: cases.Case | None, played: Played) -> dict[str, Any] | None:
    newest = _newest_record(case)
    if newest is None:
        return None
    verdict = credentials.verify(newest.token, at=played.now)
    said = {fact.name: fact.value for fact in verdict.facts}
    return {name: _one(said.get(name), wanted[name]) for name in wanted}


def _entry(played: Played) -> registers.Entry | None:
    """The entry that the case is about, or the newest that it made, standing or not."""
    if played.subject_ref:
        return registers.entry(played.subject_ref)
    made = registers.of_case(played.case.ref) if played.case else []
    made = [entry for entry in made if entry.register in played.service.registers]
    return made[-1] if made else None


def _facts_of_entry(wanted: Mapping[str, Any], played: Played) -> dict[str, Any] | None:
    entry = _entry(played)
    if entry is None or entry.struck_at is not None:
        return None
    said = {**entry.facts, **registers.inside([entry])[entry.ref].facts}
    return {name: _one(said.get(name), wanted[name]) for name in wanted}


def _one(value: Any, wanted: Any) -> Any:
    """A value said in several languages agrees with an expectation in any of them."""
    if isinstance(value, Mapping) and not isinstance(wanted, Mapping):
        return wanted if str(wanted) in [str(v) for v in value.values()] else dict(value)
    return value


def _standing(wanted: Mapping[str, str], case: cases.Case | None, played: Played) -> dict[str, str]:
    if case is None:
        return dict.fromkeys(wanted, "none")
    seen = picture.of_case(case, played.service, played.pack, today=played.pack.calendar.day_of(played.now))
    return {name: seen.context["parties"][name]["state"] for name in wanted}


def _actions(case: cases.Case | None, played: Played) -> tuple[str, ...]:
    if case is None:
        return ()
    everybody = run.By("example", ("officer", "supervisor", "applicant"))
    return tuple(action.name for action in run.open_actions(case, everybody, at=played.now))


def _when(played: Played) -> str:
    return played.now.astimezone(played.pack.calendar.zone).strftime("%Y-%m-%d %H:%M")


def _outcome(played: Played) -> str:
    if played.refused:
        return "not eligible"
    if played.errors:
        return f"errors {played.errors}"
    return f"state {played.case.state}" if played.case else "nothing"
