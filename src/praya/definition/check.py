"""What pydantic cannot see: names that must exist, states that must end, languages that must be there."""

from collections.abc import Collection, Iterator, Mapping, Set
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from praya.definition import outcomes
from praya.definition.check_parties import deeper, parties
from praya.definition.flow import Action, Ballot, Effects, State
from praya.definition.pack import Pack
from praya.definition.questions import DerivedQuestion, EntryQuestion, Question, RepeatQuestion, SignatureQuestion
from praya.definition.reasoning import circles
from praya.definition.service import Service
from praya.definition.source import Problem, Said, Source
from praya.definition.source import unknown as _unknown
from praya.kernel.expression import PLACEHOLDER, Expression, nearest
from praya.kernel.text import Citation, Text

# An e-mail code. A definition that asks for more could be used by nobody, so it is not published.
HIGHEST_LEVEL = 1
ROLES = ("officer", "supervisor", "applicant", "system")
# What follows the reference of a draft in an address.
RESERVED = ("check", "book", "stop", "discard")
RESULTS = ("granted", "refused", "withdrawn", "completed", "lapsed")
PERSONAL = {"person-name", "identifier", "phone", "email", "address"}
LAW = frozenset({"answers", "parameters", "today"})
KNOWN_BEFORE = LAW | {"conditions", "decisions", "applicant", "entry", "publication"}
FORM = KNOWN_BEFORE | {"item"}
CASE = FORM | {"case", "findings", "booking", "replies", "parties", "reviews", "record", "fees", "ballot"}
PARTY = LAW | {"item"}
KNOWN = {
    "case": {"ref", "opened_at", "opened_date", "state", "result"},
    "applicant": {"email", "language"},
    "booking": {"ref", "size", "visits", "status", "place", "first_date", "last_date"},
    "replies": {"open", "adverse", "all"},
    "record": {"ref", "valid_until"},
    "ballot": {"rank", "entries"},
}
Path = tuple[str | int, ...]
Found = Iterator[tuple[Path, str]]


def problems_of(service: Service, pack: Pack, source: Source) -> list[Problem]:
    """Every problem that needs the whole definition to be seen."""
    errors = [
        *_names(service, pack),
        *_questions(service),
        *_expressions(service),
        *_circles(service),
        *_derived(service),
        *_flow(service, pack),
        *parties(service),
        *_limits(service),
        *_notices(service),
        *_languages(service, (), pack),
        *_keeping(service),
        *_booking(service),
        *outcomes.problems(service),
        *_registers(service),
    ]
    return [source.problem(_in_file(source, path), message) for path, message in errors]


def _names(service: Service, pack: Pack) -> Found:
    if service.department not in pack.departments:
        yield ("department",), _unknown("department", service.department, pack.departments)
    if service.topic not in pack.topics:
        yield ("topic",), _unknown("topic", service.topic, pack.topics)
    seen: set[str] = set()
    for index, page in enumerate(service.form):
        if page.page in RESERVED:
            said = f"a page cannot be called '{page.page}': that address is taken (also {', '.join(RESERVED)})"
            yield ("form", index, "page"), Said("named-twice", said)
        if page.page in seen:
            yield ("form", index, "page"), Said("named-twice", f"two pages are called '{page.page}'")
        seen.add(page.page)
    own_actions = {a.name for s in service.flow.states.values() for a in s.actions.values() if a.by == "applicant"}
    for name, level in service.assurance.items():
        if name not in {"apply", "sign"} and name not in own_actions:
            yield ("assurance", name), _unknown("action of the applicant", name, own_actions | {"apply", "sign"})
        if level > HIGHEST_LEVEL:
            said = f"no way of signing in reaches level {level} yet; the highest is {HIGHEST_LEVEL}"
            yield ("assurance", name), Said("out-of-range", said)
    for index, rule in enumerate(service.eligibility):
        if rule.after and rule.after not in service.pages:
            yield ("eligibility", index, "after"), _unknown("page", rule.after, service.pages)


def _questions(service: Service) -> Found:
    if not service.questions:
        yield ("form",), Said("missing", "a form asks at least one question")
    seen: set[str] = set()
    for index, page in enumerate(service.form):
        for question in page.questions:
            path = ("form", index, "questions", question.name)
            if question.name in seen:
                said = f"two questions are called '{question.name}'; a name is used once in a form"
                yield path, Said("named-twice", said)
            seen.add(question.name)
            if question.fill not in (None, "person.email", "person.name"):
                said = f"cannot fill from '{question.fill}' (known: person.email, person.name)"
                yield (*path, "fill"), Said("unknown-name", said)
            if isinstance(question, RepeatQuestion):
                yield from _inside(question, path)
        if page.when is not None and page.when.source == "false":
            yield ("form", index, "when"), Said("never-reached", "this page can never be reached")
    yield from _findings(service)
    for name in service.statistics.by:
        asked = service.questions.get(name)
        if asked is None:
            yield ("statistics", "by"), _unknown("question", name, service.questions)
        elif not asked.cells:
            said = f"'{name}' is not a choice: figures count by choice, yes-no or address"
            yield ("statistics", "by"), Said("wrong-kind", said)


def _findings(service: Service) -> Found:
    """Two actions may ask the same question; two questions of one name would overwrite each other's answer."""
    first: dict[str, tuple[Action, Question]] = {}
    for state in service.flow.states.values():
        for action in state.actions.values():
            own: set[str] = set()
            for index, question in enumerate(action.ask):
                path = ("flow", "states", state.name, "actions", action.name, "ask", index)
                before, other = first.setdefault(question.name, (action, question))
                if question.name in own:
                    said = f"two questions are called '{question.name}'; a name is used once in an action"
                    yield path, Said("named-twice", said)
                elif _kind(question) != _kind(other):
                    said = f"the action '{before.name}' asks another question called '{question.name}'"
                    yield path, Said("named-twice", f"{said}; its answer would be lost")
                own.add(question.name)


def _kind(question: Question) -> tuple[str, Any]:
    return question.type_name, [option.value for option in getattr(question, "options", ())]


def _inside(repeat: RepeatQuestion, path: Path) -> Found:
    seen: set[str] = set()
    for question in repeat.questions:
        here = (*path, "questions", question.name)
        if question.name in seen:
            yield here, Said("named-twice", f"two questions of '{repeat.name}' are called '{question.name}'")
        seen.add(question.name)
        if isinstance(question, SignatureQuestion):
            said = "a signature stands on a page of the form, not in a repeat: it is for all answers before it"
            yield here, Said("wrong-kind", said)
        if isinstance(question, RepeatQuestion):
            yield from _inside(question, here)


def _expressions(service: Service) -> Found:
    members = _members(service)
    for path, expression in _walk(service, ()):
        allowed = CASE
        if path[0] in {"conditions", "decisions"}:
            allowed = KNOWN_BEFORE
        elif path[0] in {"form", "eligibility", "limits", "fees", "booking"} and not outcomes.is_charged(service, path):
            allowed = FORM
        elif path[-2:] == ("ballot", "places"):
            allowed = frozenset({"parameters"})
        here = members
        if path[0] == "parties":
            # What a party is asked depends on what it sees and answers, and on nothing else.
            party = service.parties[str(path[1])]
            in_form = path[2] == "form"
            allowed = PARTY if in_form else FORM
            here = {**members, "answers": {*party.sees_answers, *party.questions}} if in_form else members
        for name in sorted(expression.names - allowed):
            yield path, _unknown("name", name, sorted(allowed))
        for root, member in sorted(expression.paths):
            if root in here and root in allowed and member not in here[root]:
                yield path, _no_member(root, member, here[root])
        yield from ((path, said) for said in deeper(service, expression))


def _circles(service: Service) -> Found:
    """What is worked out from itself is never known."""
    places = {question.name: path for path, question in questions_of(service) if path[0] == "form"}
    for circle in circles(service.reads):
        root, name = circle[0]
        way = " reads ".join(f"{kind}.{word}" for kind, word in [*circle, circle[0]])
        said = f"'{root}.{name}' is worked out from itself: {way}"
        yield places[name] if root == "answers" else (root, name), Said("circle", said)


def _derived(service: Service) -> Found:
    """A derived answer stands on a page, for all that it reads is known there."""
    for path, question in questions_of(service):
        if isinstance(question, DerivedQuestion) and service.questions.get(question.name) is not question:
            yield path, "a derived answer stands on a page of the form, not in a repeat or an action"


def _members(service: Service) -> dict[str, set[str]]:
    """What stands after the dot of each name."""
    return {
        **KNOWN,
        **outcomes.members(service),
        "answers": set(service.questions),
        "findings": {q.name for s in service.flow.states.values() for a in s.actions.values() for q in a.ask},
        "reviews": {action.reviewed_as for action in service.flow.reviewed},
        "parties": set(service.parties),
        "conditions": set(service.conditions),
        "decisions": set(service.decisions),
        "parameters": set(service.parameters),
    }


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Expression]]:
    if isinstance(value, Expression):
        yield path, value
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            yield from _walk(getattr(value, name), (*path, field.alias or name))
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _walk(item, (*path, key))
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _walk(item, (*path, index))


def _flow(service: Service, pack: Pack) -> Found:
    flow = service.flow
    if flow.start not in flow.states:
        yield ("flow", "start"), _unknown("state", flow.start, flow.states)
        return
    for state in flow.states.values():
        path: Path = ("flow", "states", state.name)
        yield from _state(service, state, path)
        yield from _effects(service, state, path)
        for index, timer in enumerate(state.timers):
            yield from _effects(service, timer, (*path, "timers", index))
            if timer.to and timer.to not in flow.states:
                yield (*path, "timers", index, "to"), _unknown("state", timer.to, flow.states)
        for action in state.actions.values():
            yield from _action(service, pack, action, (*path, "actions", action.name))
            yield from _effects(service, action, (*path, "actions", action.name))
    targets = {to for state in flow.states.values() for to in flow.leads_to(state)}
    if targets <= set(flow.states):
        # A mistyped target would make every later state look unreachable.
        yield from _reaching(service)


def _state(service: Service, state: State, path: Path) -> Found:
    states = service.flow.states
    for kind in ("next", "when_replied", "when_given"):
        for index, way in enumerate(getattr(state, kind)):
            if way.to not in states:
                yield (*path, kind, index, "to"), _unknown("state", way.to, states)
    if state.final and not state.result:
        said = f"a final state needs its 'result' (known: {', '.join(RESULTS)})"
        yield path, Said("missing-word", said)
    if state.result and not state.final:
        yield (
            (*path, "result"),
            Said("final-state", "only a final state has a 'result'; add 'final: true' or remove it"),
        )
    if state.ballot is not None:
        yield from _ballot(state.ballot, states, (*path, "ballot"))
    for word in ("clock", "timers", "next", "when_replied", "ballot") if state.final else ():
        if getattr(state, word):
            said = f"a final state has no '{word}': the case has ended; take it out, or 'final: true'"
            yield (*path, word), Said("final-state", said)
    for action in state.actions.values() if state.final else ():
        if action.to in states and not states[action.to].final:
            said = f"the case has ended and cannot go on in '{action.to}'; take 'to' out, or 'final: true'"
            yield (*path, "actions", action.name, "to"), Said("final-state", said)


def _ballot(ballot: Ballot, states: Mapping[str, State], path: Path) -> Found:
    for word in ("won", "lost"):
        if getattr(ballot, word) not in states:
            yield (*path, word), _unknown("state", getattr(ballot, word), states)
    lost = states.get(ballot.lost)
    if ballot.passes_on and lost is not None and lost.final:
        said = f"'{ballot.lost}' is final: whoever waits for a place that is given up must wait in a state that is not"
        yield (*path, "passes_on"), Said("final-state", said)


def _action(service: Service, pack: Pack, action: Action, path: Path) -> Found:
    if action.to and action.to not in service.flow.states:
        yield (*path, "to"), _unknown("state", action.to, service.flow.states)
    if action.by not in ROLES:
        yield (*path, "by"), _unknown("role", action.by, ROLES)
    by_officers = action.by in {"officer", "supervisor"}
    if action.reviewers > 1 and not by_officers:
        said = f"only officers review: '{action.name}' is by '{action.by}'"
        yield (*path, "reviewers"), Said("not-possible", said)
    if action.unlike is not None:
        names = {other.name for other in service.flow.actions} - {action.name}
        if not by_officers:
            said = f"'unlike' is about officers: '{action.name}' is by '{action.by}'"
            yield (*path, "unlike"), Said("not-possible", said)
        elif action.unlike not in names:
            yield (*path, "unlike"), _unknown("other action", action.unlike, names)
    for index, department in enumerate(action.refer):
        if department not in pack.departments:
            yield (*path, "refer", index), _unknown("department", department, pack.departments)
    for question in action.ask:
        if isinstance(question, SignatureQuestion):
            said = "a signature stands on a page of the form, not in an action"
            yield (*path, "ask", question.name), Said("wrong-kind", said)


def _effects(service: Service, effects: Effects, path: Path) -> Found:
    for index, name in enumerate(effects.notify):
        if name not in service.notices:
            yield (*path, "notify", index), _unknown("notice", name, service.notices)
    for index, name in enumerate(effects.invite):
        if name not in service.parties:
            yield (*path, "invite", index), _unknown("party", name, service.parties)
    if isinstance(effects.revoke, str) and effects.revoke not in service.records:
        yield (*path, "revoke"), _unknown("record", effects.revoke, service.records)
    if effects.issue and effects.issue not in service.records:
        yield (*path, "issue"), _unknown("record", effects.issue, service.records)
    if effects.register_in and effects.register_in not in service.registers:
        yield (*path, "register"), _unknown("register", effects.register_in, service.registers)


def _reaching(service: Service) -> Found:
    flow = service.flow
    reached, todo = set(), [flow.start]
    while todo:
        name = todo.pop()
        if name in reached or name not in flow.states:
            continue
        reached.add(name)
        todo += sorted(flow.leads_to(flow.states[name]))
    for name in sorted(set(flow.states) - reached):
        said = f"the state '{name}' can never be reached from '{flow.start}'"
        yield ("flow", "states", name), Said("never-reached", said)
    ending = {name for name, state in flow.states.items() if state.final}
    changed = True
    while changed:
        more = {n for n, s in flow.states.items() if n not in ending and flow.leads_to(s) & ending}
        ending |= more
        changed = bool(more)
    for name in sorted(reached - ending):
        said = f"a case in state '{name}' can never end: no way leads to a final state"
        yield ("flow", "states", name), Said("never-ends", said)


def _limits(service: Service) -> Found:
    known = {"limit": {"at_most", "used", "left"}}
    for index, limit in enumerate(service.limits):
        for language, words in limit.refuse.written.items():
            yield from _placeholders(service, words, ("limits", index, "refuse", language), FORM, known)
        if limit.at_most.source in {"0", "0.0"}:
            yield ("limits", index, "at_most"), Said("out-of-range", "nobody could apply: 'at_most' is 0")


def _notices(service: Service) -> Found:
    for notice in service.notices.values():
        for part in ("subject", "body", "sms"):
            text = getattr(notice, part)
            if text is None:
                continue
            for language, words in text.written.items():
                yield from _placeholders(service, words, ("notices", notice.name, part, language))
        if "sms" in notice.channels and notice.sms is None:
            yield ("notices", notice.name), Said("missing-word", "a notice by SMS needs its short text 'sms'")
        if "sms" in notice.channels and service.contact.phone is None:
            said = "a notice by SMS needs a telephone number: {contact: {phone: answers.mobile}}"
            yield ("notices", notice.name), Said("missing-word", said)


def _placeholders(
    service: Service,
    words: str,
    path: Path,
    allowed: Set[str] = CASE | {"fees", "reason", "url"},
    more: Mapping[str, set[str]] = MappingProxyType({}),
) -> Found:
    for source in PLACEHOLDER.findall(words):
        try:
            expression = Expression(source)
        except ValueError as error:
            yield path, Said("wrong-expression", f"in '{{{source}}}': {error}")
            continue
        for name in sorted(expression.names - allowed - more.keys()):
            known = sorted((CASE & allowed) | more.keys())
            yield path, Said("unknown-name", f"in '{{{source}}}': {_unknown('name', name, known)}")
        members = {**_members(service), **more}
        for root, member in sorted(expression.paths):
            if root in members and member not in members[root]:
                yield path, _no_member(root, member, members[root])


def _languages(value: Any, path: Path, pack: Pack) -> Found:
    if isinstance(value, Text):
        if isinstance(value, Citation) and value.is_plain:
            return
        missing = [language for language in pack.languages if language not in value.words]
        if missing:
            yield path, Said("missing-language", f"the text is missing in {', '.join(missing)}")
        unknown = sorted(set(value.written) - set(pack.languages))
        if unknown:
            near = f"{nearest(unknown[0], pack.languages)} (known: {', '.join(pack.languages)})"
            yield (*path, unknown[0]), Said("unknown-language", f"'{unknown[0]}' is not a language of the pack{near}")
    elif isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            if name not in {"described", "districts"}:
                yield from _languages(getattr(value, name), (*path, field.alias or name), pack)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _languages(item, (*path, key), pack)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _languages(item, (*path, index), pack)


def _keeping(service: Service) -> Found:
    results = {state.result for state in service.flow.states.values() if state.result}
    for missing in sorted(results - set(service.retention)):
        said = f"say how long a case that ends '{missing}' is kept, like {{{missing}: 7 years}}"
        yield ("retention",), Said("not-kept", said)
    for result in sorted(set(service.retention) - {str(name) for name in results}):
        yield ("retention", result), Said("not-kept", f"no case ends '{result}'{nearest(result, RESULTS)}")
    for path, question in questions_of(service):
        needs = question.personal and question.type_name not in PERSONAL
        if needs and question.purpose is None:
            yield path, Said("no-purpose", f"the personal question '{question.name}' needs its 'purpose'")


def _registers(service: Service) -> Found:
    for path, question in questions_of(service):
        if not isinstance(question, EntryQuestion) or question.service not in (None, service.service):
            continue
        if question.register_name not in service.registers:
            yield (*path, "register"), _unknown("register", question.register_name, service.registers)


def problems_between(service: Service, source: Source, registers: Mapping[str, Collection[str]]) -> list[Problem]:
    """The look-ups in registers that no other service of the pack has; `registers` are their names by service."""
    found: list[Problem] = []
    for path, question in questions_of(service):
        if not isinstance(question, EntryQuestion) or question.service in (None, service.service):
            continue
        if question.service not in registers:
            where, message = (*path, "service"), _unknown("service", question.service, registers)
        elif question.register_name not in registers[question.service]:
            message = _unknown("register", question.register_name, registers[question.service])
            where = (*path, "register")
        else:
            continue
        found.append(source.problem(_in_file(source, where), message))
    return found


def _booking(service: Service) -> Found:
    booking = service.booking
    if booking is None:
        effects = [e for s in service.flow.states.values() for e in (s, *s.actions.values())]
        if any(effect.release for effect in effects):
            said = "'release: true' gives a booking back, but the service has no 'booking'"
            yield ("flow",), Said("missing-word", said)
        return
    names = [visit.name for visit in booking.visits]
    for index, visit in enumerate(booking.visits):
        if visit.after and visit.after not in names[:index]:
            yield ("booking", "visits", index, "after"), _unknown("earlier visit", visit.after, names[:index])


def _no_member(root: str, member: str, known: set[str]) -> Said:
    return Said("unknown-name", f"'{root}.{member}' does not exist{nearest(member, sorted(known))}")


def questions_of(service: Service) -> Iterator[tuple[Path, Question]]:
    """Every question with its path in the file."""

    def opened(content: tuple[Any, ...], path: Path) -> Iterator[tuple[Path, Question]]:
        for index, question in enumerate(content):
            if not isinstance(question, Question):
                continue
            here = (*path, index, question.name)
            yield here, question
            if isinstance(question, RepeatQuestion):
                yield from opened(question.content, (*here, "questions"))

    for number, page in enumerate(service.form):
        yield from opened(page.content, ("form", number, "questions"))
    for party in service.parties.values():
        for number, page in enumerate(party.form):
            yield from opened(page.content, ("parties", party.name, "form", number, "questions"))
    for state in service.flow.states.values():
        for action in state.actions.values():
            yield from opened(action.content, ("flow", "states", state.name, "actions", action.name, "ask"))


def _in_file(source: Source, path: Path) -> Path:
    """The path as the file writes it: a named question is `questions.INDEX.NAME` there."""
    data = source.data
    found: list[str | int] = []
    for step in path:
        if isinstance(data, list) and isinstance(step, str):
            index = next((i for i, item in enumerate(data) if isinstance(item, dict) and step in item), None)
            if index is None:
                break
            found += [index, step]
            data = data[index][step]
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            found.append(step)
            data = data[step]
            if isinstance(data, dict) and len(data) == 1 and isinstance(next(iter(data.values())), dict):
                found.append(next(iter(data)))
                data = next(iter(data.values()))
        elif isinstance(data, dict) and step in data:
            found.append(step)
            data = data[step]
        else:
            break
    return tuple(found)


__all__ = ["PLACEHOLDER", "Question", "RepeatQuestion", "problems_between", "problems_of", "questions_of"]
