"""Checks of the flow: states exist, can be reached and lead to an end, and their actions are possible."""

from collections.abc import Mapping, Sequence

from praya.definition.chapter import Problems
from praya.definition.chapters.clocks import Promise
from praya.definition.flow import RESULTS, Action, State
from praya.definition.model import MATTER, Path
from praya.definition.pack import Pack
from praya.definition.questions import SignatureQuestion
from praya.definition.service import Service
from praya.definition.sharing import FINDINGS
from praya.definition.source import Message, unknown
from praya.kernel.roles import ACTORS


def states(service: Service, pack: Pack) -> Problems:
    """Every problem of the states, the ways between them and what happens in them."""
    flow = service.flow
    if flow.start not in flow.states:
        yield ("flow", "start"), unknown("state", flow.start, flow.states)
        return
    for state in flow.states.values():
        path: Path = ("flow", "states", state.name)
        yield from _state(service, state, path)
        for index, timer in enumerate(state.timers):
            if timer.to and timer.to not in flow.states:
                yield (*path, "timers", index, "to"), unknown("state", timer.to, flow.states)
        for action in state.actions.values():
            yield from _action(service, pack, action, (*path, "actions", action.name))
        yield from _alerted_roles(state, pack, path)
        yield from _refers(service, state, pack, path)
    if service.promise is not None:
        yield from _alerted_roles(service.promise, pack, ("promise",))
    if service.arbiter is not None and service.arbiter.department not in pack.departments:
        yield ("arbiter", "department"), unknown("department", service.arbiter.department, pack.departments)
    targets = {to for state in flow.states.values() for to in flow.leads_to(state)}
    if targets <= set(flow.states):
        # A mistyped target would make every later state look unreachable.
        yield from _reaching(service)


def _alerted_roles(clock: State | Promise, pack: Pack, path: Path) -> Problems:
    """Check that the roles that a clock warns, or to which it escalates, exist."""
    roles = pack.all_roles.of_departments()
    for index, warning in enumerate(clock.warn):
        if warning.role not in roles:
            yield (*path, "warn", index, "role"), unknown("role", warning.role, roles)
    if clock.escalate is not None and clock.escalate not in roles:
        yield (*path, "escalate"), unknown("role", clock.escalate, roles)


def _state(service: Service, state: State, path: Path) -> Problems:
    states = service.flow.states
    for kind in ("next", "when_replied", "when_given"):
        for index, way in enumerate(getattr(state, kind)):
            if way.to not in states:
                yield (*path, kind, index, "to"), unknown("state", way.to, states)
    if state.final and not state.result:
        message = f"a final state needs its 'result' (known: {', '.join(RESULTS)})"
        yield path, Message("missing-word", message)
    if state.result and not state.final:
        yield (
            (*path, "result"),
            Message("final-state", "only a final state has a 'result'; add 'final: true' or remove it"),
        )
    for word in ("clock", "timers", "next", "when_replied") if state.final else ():
        if getattr(state, word):
            message = f"a final state has no '{word}': the case has ended; take it out, or 'final: true'"
            yield (*path, word), Message("final-state", message)
    for action in state.actions.values() if state.final else ():
        if action.to in states and not states[action.to].final:
            message = f"the case has ended and cannot go on in '{action.to}'; take 'to' out, or 'final: true'"
            yield (*path, "actions", action.name, "to"), Message("final-state", message)


def _action(service: Service, pack: Pack, action: Action, path: Path) -> Problems:
    if action.to and action.to not in service.flow.states:
        yield (*path, "to"), unknown("state", action.to, service.flow.states)
    roles = (*pack.all_roles.of_departments(), *ACTORS)
    if action.by not in roles:
        yield (*path, "by"), unknown("role", action.by, roles)
    by_officers = action.by_officers
    if action.reviewers > 1 and not by_officers:
        message = f"only officers review: '{action.name}' is by '{action.by}'"
        yield (*path, "reviewers"), Message("not-possible", message)
    if action.unlike is not None:
        names = {other.name for other in service.flow.actions} - {action.name}
        if not by_officers:
            message = f"'unlike' is about officers: '{action.name}' is by '{action.by}'"
            yield (*path, "unlike"), Message("not-possible", message)
        elif not action.unlike.startswith(MATTER) and action.unlike not in names:
            yield (*path, "unlike"), unknown("other action", action.unlike, names)
    for index, department in enumerate(action.refer):
        if department not in pack.departments:
            yield (*path, "refer", index), unknown("department", department, pack.departments)
    for department in action.may_ask[len(action.refer) :]:
        if department not in pack.departments:
            yield (*path, "refer_to"), unknown("department", department, pack.departments)
    if action.sees and not action.may_ask:
        message = f"'sees' is what the departments in 'refer' may read: '{action.name}' asks none"
        yield (*path, "sees"), Message("not-possible", message)
    yield from _sees(service, action.sees, path)
    for question in action.ask:
        if isinstance(question, SignatureQuestion):
            message = "a signature stands on a page of the form, not in an action"
            yield (*path, "ask", question.name), Message("wrong-kind", message)


def _refers(service: Service, state: State, pack: Pack, path: Path) -> Problems:
    """Check the departments that a state asks, and what they may read."""
    if state.refers is None:
        return
    for index, department in enumerate(state.refers.departments):
        if department not in pack.departments:
            yield (*path, "refers", "to", index), unknown("department", department, pack.departments)
        elif department == service.department:
            message = f"'{department}' owns the service and need not be asked"
            yield (*path, "refers", "to", index), Message("not-possible", message)
    yield from _sees(service, state.refers.sees, (*path, "refers"))


def _sees(service: Service, sees: Sequence[str] | None, path: Path) -> Problems:
    for index, name in enumerate(sees or ()):
        before, dot, after = name.partition(".")
        party = service.parties.get(before)
        if not dot:
            what, word, known = "question or page", name, {*service.questions, *service.pages}
        elif before == FINDINGS:
            what, word, known = "question of an action", after, {*service.flow.action_questions}
        elif party is None:
            what, word, known = "party", before, {*service.parties, FINDINGS}
        else:
            what, word, known = f"question of '{before}'", after, {*party.questions}
        if word not in known:
            yield (*path, "sees", index), unknown(what, word, known)


def _reaching(service: Service) -> Problems:
    flow = service.flow
    reached, todo = set(), [flow.start]
    while todo:
        name = todo.pop()
        if name in reached or name not in flow.states:
            continue
        reached.add(name)
        todo += sorted(flow.leads_to(flow.states[name]))
    for name in sorted(set(flow.states) - reached):
        message = f"the state '{name}' can never be reached from '{flow.start}'"
        yield ("flow", "states", name), Message("never-reached", message)
    ending = {name for name, state in flow.states.items() if state.final}
    changed = True
    while changed:
        more = {n for n, s in flow.states.items() if n not in ending and flow.leads_to(s) & ending}
        ending |= more
        changed = bool(more)
    yield from _circles(flow.states)
    for name in sorted(reached - ending):
        message = f"a case in state '{name}' can never end: no way leads to a final state"
        yield ("flow", "states", name), Message("never-ends", message)


def _circles(states: Mapping[str, State]) -> Problems:
    """Check that automatic ways without a condition do not form a circle."""
    at_once = {name: state.next[0].to for name, state in states.items() if state.next and state.next[0].when is None}
    told: set[str] = set()
    for start in sorted(at_once):
        way = [start]
        while (to := at_once.get(way[-1])) and to not in way:
            way.append(to)
        circle = way[way.index(to) :] if to in way and to != way[-1] else []
        if circle and not told & set(circle):
            told |= set(circle)
            first = min(circle, key=list(states).index)
            message = f"a case would go round for ever: {' → '.join(repr(name) for name in (*circle, circle[0]))}"
            yield ("flow", "states", first, "next", 0), Message("goes-round", message)
