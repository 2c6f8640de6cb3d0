"""Playing an example through the real journey, with a clock that the example moves. Examples are tests too."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from typing import Any

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.panels import api as panels
from praya.blocks.parties import api as invitations
from praya.blocks.registers import api as registers
from praya.definition.chapters.booking import Seat
from praya.definition.example import Example, Step
from praya.definition.pack import Pack
from praya.definition.questions import FileQuestion, Question
from praya.definition.service import Service
from praya.journey import (
    acting,
    answer_files,
    application_steps,
    assignment,
    ballots,
    case_context,
    draft_booking,
    entries,
    expectations,
    joint,
    load,
    lookups,
    matters,
    parties,
    rebooking,
    samples,
    sampling,
    story_calls,
)
from praya.journey.expectations import Differs, Played
from praya.journey.story_entries import entered, entries_of, invented_person
from praya.journey.story_time import adopt, pass_time_of
from praya.kernel.expression import ExpressionFailed
from praya.kernel.number import plain


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
    # Sample cases are given to the officers of the installation.
    officers = assignment.among(example.officers) if compare or observe else nullcontext()
    with officers, sampling.among(example.sampled):
        return _play(example, service, pack, person=person, compare=compare, observe=observe)


def _play(
    example: Example, service: Service, pack: Pack, *, person: identity.Person, compare: bool, observe: bool
) -> Played:
    starts = example.starts if example.starts.tzinfo else example.starts.replace(tzinfo=pack.calendar.zone)
    played = Played(service, pack, person, starts)
    draft_booking.make_pools(service, pack, at=starts)
    if example.entry is not None:
        key = f"{person.ref}:{example.example}:{starts.isoformat()}"
        played.subject_ref = entered(service, example.entry, person=person, once_key=key, at=starts)
    played.entries = entries_of(example, played)
    played.key = f"{person.ref}:{example.example}:{starts.isoformat()}"
    if example.panels:
        story = story_calls.story_of(played.key, ())
        story_calls.begin(service, example.panels, story, language=example.language, at=starts)
    _apply(played, example, answers=example.answers, book=example.book)
    adopt(played)
    _hold_calls(played, at=starts)
    _note(played, played, "applicant applies", observe=observe)
    if compare:
        expectations.compare(example.expect, played, "on applying")
    expectations.tell(played)
    for number, step in enumerate(example.steps, 1):
        _pass_time(step, played)
        one = _somebody(step, played, example, number)
        if step.drawn is not None:
            _drawn(step.drawn, one, number)
        one.given_up = step.given_up or one.given_up
        if step.applies is not None:
            same = one.service.service == service.service
            answers = {**example.answers, **step.answers} if same else step.answers
            _apply(one, example, answers=answers, book=step.book, as_=f"{number}{step.whose}")
        elif step.does_something:
            if one.case is None and not compare:
                # The way there is told as far as it goes; that nothing follows is said where it is compared.
                break
            _take(step, one, number)
        _pass_on(played)
        adopt(played)
        _hold_calls(played, at=played.now)
        _note(played, one, _step_in_words(step), observe=observe)
        if compare:
            at = ("steps", number - 1, "expect")
            expectations.compare(step.expect, one, f"after step {number} ({_step_in_words(step)})", at)
        expectations.tell(one)
    return played


def _differs(number: int, sentence: str) -> Differs:
    return Differs(f"step {number}", [expectations.Difference(sentence, ("steps", number - 1))])


def _pass_time(step: Step, played: Played) -> None:
    """Let time pass for everybody until the moment of a step."""
    pack, before = played.pack, played.now
    now = before
    if step.after:
        now = (
            pack.calendar.moment(
                pack.calendar.date_after(pack.calendar.day_of(before), step.after),
                before.astimezone(pack.calendar.zone).time(),
            )
            if step.after.unit not in {"minutes", "hours"}
            else pack.calendar.after(before, step.after)
        )
    for moment in story_calls.moments(played.service, pack, after=before, until=now):
        for one in (played, *played.others.values()):
            if one.case is not None:
                one.case = pass_time_of(one.case, one, moment)
        _hold_calls(played, at=moment)
    for one in (played, *played.others.values()):
        one.now = now
        if one.case is not None:
            one.errors = {}
            one.case = pass_time_of(one.case, one, now)
            for entry in registers.of_case(one.case.ref):
                entries.remind_of(entry.ref, until=now)
    adopt(played)


def _hold_calls(played: Played, *, at: datetime) -> None:
    """Give out, close and rank what is due among the cases of the story."""
    service = played.service
    if not service.flow.waits_for_all:
        return
    same = [one for one in (played, *played.others.values()) if one.case and one.service.service == service.service]
    story = story_calls.story_of(played.key, (one.case.ref for one in same if one.case))
    story_calls.hold(service, story, at=at)
    for one in same:
        one.case = cases.case(one.case.ref) if one.case else None


def _somebody(step: Step, played: Played, example: Example, number: int) -> Played:
    """Whose step it is: the person of the story, or another one, who first applies; or it is of their second case."""
    if not step.whose:
        return played
    one = played.others.get(step.whose)
    if step.applies is None:
        if one is None:
            raise _differs(number, f"'{step.person or step.of}': nobody has applied yet")
        return one
    service = load.territory().services.get(step.applies)
    if step.applies == played.service.service:
        service = played.service
    if service is None:
        raise _differs(number, f"there is no service '{step.applies}' to apply for")
    draft_booking.make_pools(service, played.pack, at=played.now)
    if one is None and not step.person:
        one = Played(service, played.pack, played.person, played.now, told=played.told)
    elif one is None:
        person = invented_person(step.whose, played, example)
        one = Played(service, played.pack, person, played.now, told=played.told)
    one.entries = played.entries
    subject_ref = _subject(service, played, one)
    one = replace(one, service=service, case=None, shut_out=None, drawn_in="", given_up=0, subject_ref=subject_ref)
    played.others[step.whose] = one
    return one


def _subject(service: Service, played: Played, one: Played) -> str:
    """What an application is about: what the person has themselves, else what the story's case made or is about."""
    if service.subject is not None and service.subject.who == "holder" and one is not played:
        register, owner = service.subject.register_in, service.subject.service or service.service
        own = [e for e in registers.of_holder(one.person.ref) if (e.service, e.register) == (owner, register)]
        if own:
            return own[0].ref
    if service.subject is None and service.about is None:
        return ""
    if service.service == played.service.service or not service.rests_on:
        return played.subject_ref
    name = service.about.publication if service.about else service.subject.register_in if service.subject else ""
    made = registers.of_case(played.case.ref) if played.case else []
    held = [registers.entry(played.subject_ref)] if played.subject_ref else []
    return next((entry.ref for entry in reversed(held + made) if entry.register == name), "")


def _pass_on(played: Played) -> None:
    """Let those who wait for a place of their draw follow those before them who gave theirs up."""
    draws: dict[tuple[str, str], list[Played]] = {}
    for one in (played, *played.others.values()):
        if one.drawn_in:
            draws.setdefault((one.service.service, one.drawn_in), []).append(one)
    for drawn in draws.values():
        gone = max(one.given_up for one in drawn)
        current = [(cases.case(one.case.ref), one) for one in drawn if one.case]
        for case, one in sorted(current, key=lambda pair: pair[0].rank or 0):
            one.case = ballots.follow(case, drawn_in=one.drawn_in, given_up=gone, at=one.now)
            gone += one.case.result in ballots.GIVEN_UP


def _note(played: Played, one: Played, what: str, *, observe: bool) -> None:
    """Note in the story how it went for one of its people."""
    when = one.now.astimezone(one.pack.calendar.zone).strftime("%Y-%m-%d %H:%M")
    played.transcript.append(f"{when} {what}: {_outcome(one)}")
    played.states.append(played.case.state if played.case else "")
    played.services.append(one.service)
    if observe:
        expectations.observe(one, into=played)


def _outcome(played: Played) -> str:
    if played.shut_out is not None:
        return f"not eligible: {played.shut_out.rule.refuse.in_('en')}"
    if played.errors:
        return f"errors {played.errors}"
    return f"state {played.case.state}" if played.case else "nothing"


def _step_in_words(step: Step) -> str:
    who = f"{step.by} ({step.who})" if step.who else step.by
    if step.party and step.do:
        what = f"{step.party} {step.do}"
    elif step.party:
        what = f"{step.party} {'gives their part' if step.declines is None else 'declines'}"
    elif step.applies:
        what = f"applies for {step.applies}"
    elif step.judge is not None:
        what = f"member {step.judge} {'gives marks' if step.conflict is None else 'declares a conflict'}"
    elif step.chair is not None:
        what = f"the chair sets the score to {step.chair}"
    elif step.drawn is not None:
        what = f"drawn as number {step.drawn}"
    elif step.given_up is not None:
        what = "a place is given up" if step.given_up == 1 else f"{step.given_up} places are given up"
    elif step.do:
        what = f"{who} {step.do}"
    elif step.book:
        what = f"{step.by} moves the booking"
    else:
        what = f"{step.by} replies" if step.reply else "time passes"
    return f"{step.person or step.of}: {what}" if step.person or step.of else what


def _seats(book: Sequence[Seat]) -> list[bookings.Seat]:
    return [(s.visit, s.place, s.day, f"{s.time:%H:%M}" if s.time else "") for s in book]


def _tried(played: Played, do: Callable[[], cases.Case]) -> None:
    """Try a step, and record why it was refused."""
    played.errors, played.why = {}, ("", ())
    try:
        played.case = do()
    except application_steps.NotEligible as not_eligible:
        played.shut_out = not_eligible.found
    except application_steps.LimitReached:
        played.errors = {"limits": "LimitReached"}
    except (acting.NotAnswered, application_steps.Incomplete) as missing:
        played.errors = {refusal.path: refusal.code for refusal in missing.refusals}
    except application_steps.Closed:
        played.errors = {"open": "Closed"}
    except (entries.NoSubject, entries.TooEarly) as refusal:
        played.errors = {"subject": type(refusal).__name__}
    except (
        bookings.SlotTaken, bookings.HeldAlready, draft_booking.BookingClosed, draft_booking.SessionRefused,
        rebooking.NotMovable,
    ) as refusal:  # fmt: skip
        played.errors = {"booking": type(refusal).__name__}
    except acting.AlreadyEntered as taken:
        played.errors, played.why = {"action": "already_entered"}, (taken.why, taken.at)
        played.tried = str(taken)
    except acting.NotAllowed as problem:
        played.errors, played.why = {"action": "not_allowed"}, (problem.why, problem.at)
        played.tried = str(problem)
    except acting.NoReason:
        played.errors = {"reason": "missing"}
    except invitations.NotWaiting:
        played.errors = {"party": "not_waiting"}
    except (story_calls.NoJudge, panels.NoSeat):
        played.errors = {"judge": "not_given"}
    except panels.NotOpen:
        played.errors = {"judge": "not_open"}
    except cases.NotAsked:
        played.errors = {"reply": "not_asked"}
    except cases.CannotRefuse:
        played.errors = {"reply": "cannot_refuse"}


def _apply(
    played: Played,
    example: Example,
    *,
    answers: dict[str, Any],
    book: Sequence[Seat],
    as_: str = "",
) -> None:
    """Apply, as the person of the story or as somebody else.

    `as_` tells this application from others of the story at the same moment.
    """
    questions = tuple(played.service.questions.values())
    given = lookups.replaced(questions, with_defaults(questions, answers), played.entries)
    files, taken = answer_files.taken_out(questions, given, samples.file)

    def apply() -> cases.Case:
        with acting.allowed("apply", service=played.service.service):
            return application_steps.apply_at_once(
                played.service,
                person=played.person,
                language=example.language,
                answers=taken,
                files=files,
                seats=_seats(book),
                once_key=f"{as_}{example.example}:{played.now.isoformat()}",
                at=played.now,
                subject_ref=played.subject_ref,
            )

    _tried(played, apply)


def with_defaults(questions: Iterable[Question], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers with what stands on the page at first where a story says nothing; `null` clears it."""
    return {**{one.name: one.default for one in questions if one.default is not None}, **answers}


def _take(step: Step, played: Played, number: int) -> None:
    if played.case is None:
        raise _differs(number, "there is no case to do anything with")
    case = cases.case(played.case.ref)
    if step.judge is not None or step.chair is not None:
        _tried(played, lambda: _judged(step, case, played))
    elif step.party is not None and step.do is None:
        _take_part(step, case, played)
    elif step.reply is not None:
        reply = step.reply
        _tried(
            played,
            lambda: acting.reply(
                case=case, department=step.by, result=reply.result, comment=reply.comment,
                belongs_to=reply.belongs_to or "",
                by=f"department:{step.by}", at=played.now,
            ),
        )  # fmt: skip
    elif step.do is None:
        _tried(played, lambda: rebooking.move(case.ref, _seats(step.book), at=played.now))
    else:
        _act(step, case, played, number)


def _judged(step: Step, case: cases.Case, played: Played) -> cases.Case:
    """What a member of a panel, or its chair, does."""
    if step.judge is not None:
        story_calls.judge(case, step.judge, step.answers, conflict=step.conflict, at=played.now)
    else:
        story_calls.moderate(case, plain(step.chair), step.reason or "", at=played.now)
    return cases.case(case.ref)


def _act(step: Step, case: cases.Case, played: Played, number: int) -> None:
    by = _together(step, case) if step.party else _by(step, played)
    if by is None:
        played.errors = {"party": "not_invited"}
        return
    action = played.service.flow.states[case.state].actions.get(step.do or "")
    ask = action.ask if action else ()
    given = lookups.replaced(ask, with_defaults(ask, step.answers), played.entries)
    files, answers = answer_files.taken_out(ask, given, samples.file)
    kept = answer_files.answers_with_files(ask, answers, files, _keeping(case, played))
    _tried(
        played,
        lambda: acting.act(
            case=case,
            action=step.do or "",
            by=by,
            answers=kept,
            reason=step.reason or "",
            once_key=f"example:{case.ref}:{number}",
            at=played.now,
            session=next((seat[1:] for seat in _seats(step.book)), None),
        ),
    )


def _together(step: Step, case: cases.Case) -> acting.By | None:
    """A party that has the case together with the applicant and acts as the applicant does."""
    service = load.compiled(case.service, case.version)
    holder = next((one for one in joint.of_case(case, service) if one.party == step.party), None)
    return acting.applicant(holder.person_ref) if holder else None


def _take_part(step: Step, case: cases.Case, played: Played) -> None:
    """What a party does; one that was not invited, or is not waited for, has nothing to do."""
    newest = invitations.newest(invitations.of_case(case.ref))
    invitation = next((one for one in newest if (one.party, one.number) == (step.party, step.number)), None)
    if invitation is None or not invitation.person_ref:
        played.errors = {"party": "not_invited"}
        return
    invited = parties.asked_section(invitation.ref, person_ref=invitation.person_ref, at=played.now)

    def take() -> cases.Case:
        if step.declines is not None:
            parties.decline(invited, reason=step.declines, at=played.now)
        else:
            asked = tuple(invited.party.questions.values())
            given = lookups.replaced(asked, with_defaults(asked, step.answers), played.entries)
            files, answers = answer_files.taken_out(asked, given, samples.file)
            parties.give_at_once(invited, answers=answers, files=files, language=case.language, at=played.now)
        return cases.case(case.ref)

    _tried(played, take)


def _drawn(rank: int, played: Played, number: int) -> None:
    """Give the case this rank in the draw, instead of the one that the lots would give."""
    if played.case is None:
        raise _differs(number, "there is no case that could be drawn")
    ref, again = played.case.ref, ballots.waits_for_next(played.case)
    if again is None:
        played.drawn_in = played.case.state
    _numbered(played, f"{ref}-{number}")
    cases.draw(
        service=played.service.service,
        ballot=f"{ref}-{number}",
        ranks={ref: rank},
        among=rank,
        facts={},
        at=played.now,
    )
    drawn = cases.case(ref)
    played.case = ballots.follow_next(drawn, again, at=played.now) if again else ballots.settle(drawn, at=played.now)


def _numbered(played: Played, draw_ref: str) -> None:
    """Work out the lots or the points with which the case of a story is drawn. Raises Differs where that fails."""
    ballot = played.service.flow.ballots.get(played.drawn_in)
    if ballot is None or ballot.number is None or played.case is None:
        return
    seen = case_context.of_case(played.case, played.service, played.pack, today=played.pack.calendar.day_of(played.now))
    try:
        number = ballots.number_of(ballot, seen.context)
    except ExpressionFailed as failed:
        raise Differs(f"the {ballot.by} of the draw cannot be worked out: {failed}") from None
    cases.set_numbers(draw_ref, {played.case.ref: number})


def _keeping(case: cases.Case, played: Played) -> answer_files.Keep:
    def keep(question: FileQuestion, path: str, name: str, data: bytes) -> str:
        return forms.keep_case_upload(
            case_ref=case.ref, person_ref=case.person_ref, question=question, path=path, name=name, data=data,
            at=played.now,
        ).ref  # fmt: skip

    return keep


def _by(step: Step, played: Played) -> acting.By:
    word = step.by
    if word == "applicant":
        return acting.applicant(played.person.ref)
    if word == "respondent":
        matter = matters.matter_of(played.case) if played.case is not None else None
        if matter is None:
            raise Differs("nobody is the respondent: the case is about no other case of the story")
        return acting.respondent(matter.person_ref)
    if roles := tuple(sorted(played.pack.all_roles.with_included([word]))):
        return acting.By(f"officer:example-{step.who or word}", roles, played.service.department)
    raise Differs(
        f"'{word}' does nothing here: it is applicant, respondent, a role in a department or a department that replies"
    )


__all__ = ["Differs", "Played", "play"]
