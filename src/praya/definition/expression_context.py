"""The context of expressions: answers, parameters of the law, values computed from both, and facts of a case."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Protocol

from praya.definition.chapters.parties import Party
from praya.definition.flow import Action
from praya.definition.questions import Answered, DerivedQuestion, Look, Question, RepeatQuestion
from praya.definition.reasoning import Node
from praya.definition.rows import rows_of
from praya.definition.service import Service

Answers = Mapping[str, Any]


class LookedUp(Protocol):
    """The results of look-ups, a mapping for expressions."""

    def anew(self, context: Mapping[str, Any]) -> "LookedUp":
        """The look-ups for another context."""


Find = Callable[[str, Mapping[str, Any]], LookedUp]
"""What expressions see of a look-up, by its name and what is known."""


def facts(
    service: Service,
    answers: Answers,
    *,
    today: date,
    applicant: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
    look: Look | None = None,
    now: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The context for the service's expressions. A question that is not answered is null; `look` finds entries.

    `more` may contain `lookups`, a function of a look-up's name and the context that finds entries. Derived answers are
    computed again and those in `answers` are ignored, unless `now` gives what has changed since the application was
    submitted: then the submitted values count, except those that are `live`.
    """
    context: dict[str, Any] = {
        "answers": Answered(service.questions, answers, look),
        "parameters": service.parameters_on(today),
        "today": moment(today),
        "applicant": {"email": None, "language": "en", **(applicant or {})},
        "conditions": {},
        "decisions": {},
        **(more or {}),
        "lookups": {},
    }
    find = (more or {}).get("lookups")
    changed = {**context, **(now or {})}
    kept = {} if now is None else context["answers"]
    handed_in = {name: kept.get(name) for root, name in service.reads if root == "answers" and name not in service.live}
    for root, name in service.reads:
        context[root][name] = None
    for root, name in service.worked_out:
        if root == "answers" and name in service.rows:
            # The submitted values of an item count like any answer; a table by row is decided from them.
            rows, items = service.rows[name], context["answers"][name]
            context["decisions"] |= rows.work_out(items, context, today, anew=now is None)
        elif root == "decisions" and service.decisions[name].several is not None:
            _decide_found(service, name, context, today)
        elif root == "lookups":
            context[root][name] = find(name, changed) if find is not None else None
        elif now is not None and root == "answers" and name in handed_in:
            context[root][name] = handed_in[name]
        else:
            seen = changed if (root, name) in service.rests_on_live else context
            context[root][name] = _worked_out(service, root, name, seen, today)
    return changed


def worked_out_anew(service: Service, context: Mapping[str, Any], day: date) -> dict[str, Any]:
    """A changed context with its conditions and decisions computed again; answers stay as they are."""
    changed = {**context, **{root: {**context[root]} for root in ("conditions", "decisions", "lookups")}}
    for node in service.worked_out:
        if node[0] != "answers":
            _decide(service, node, changed, day)
    return changed


def _decide(service: Service, node: Node, context: Mapping[str, Any], day: date) -> None:
    """Store the result of a condition, a look-up or a table in the context; for a table by row, one for each item."""
    root, name = node
    if root == "lookups":
        if (found := context["lookups"].get(name)) is not None:
            context["lookups"][name] = found.anew(context)
        return
    decision = service.decisions[name] if root == "decisions" else None
    repeat = decision.repeat if decision else None
    if decision is None or decision.several is None:
        context[root][name] = _worked_out(service, root, name, context, day)
    elif repeat is None:
        _decide_found(service, name, context, day)
    elif repeat in service.rows:
        context[root].update(service.rows[repeat].work_out(context["answers"][repeat], context, day, anew=False))


def _decide_found(service: Service, name: str, context: Mapping[str, Any], day: date) -> None:
    """Store the results of a table for each item of what an action asked; a table for items of the form is let be."""
    root, repeat = service.decisions[name].rows_of or ("", "")
    if root == "findings" and repeat in service.rows_found:
        items = context.get("findings", {}).get(repeat) or []
        context["decisions"].update(service.rows_found[repeat].work_out(items, context, day, anew=False))


def _worked_out(service: Service, root: str, name: str, context: Mapping[str, Any], today: date) -> Any:
    if root == "conditions":
        return service.conditions[name].when.truth(context)
    if root == "decisions":
        return service.decisions[name].decided(context, today)
    return _of_others(service.questions[name], context)


def _of_others(question: Question, context: Mapping[str, Any]) -> Any:
    assert isinstance(question, DerivedQuestion)  # noqa: S101 (nothing else among the answers is worked out)
    return question.known(question.worked_out(context))


def derived(section: Service | Party, context: Mapping[str, Any]) -> dict[str, Any]:
    """The derived answers with a value, as they are stored with a case: those on pages that are asked."""
    asked = [
        question
        for page in section.form
        if page.when is None or page.when.holds(context)
        for question in page.questions
        if question.when is None or question.when.holds(context)
    ]
    values = {q.name: q.worked_out(context) for q in asked if isinstance(q, DerivedQuestion)}
    for name in (q.name for q in asked if q.name in section.rows and section.rows[q.name].derived):
        items = context["answers"][name]
        # Unknown values of an item are left out, as those of the form are.
        values[name] = [{n: v for n, v in item.stored.items() if v is not None} for item in items] or None
    return {name: value for name, value in values.items() if value is not None}


def party_facts(
    service: Service,
    party: Party,
    *,
    sees: Answers,
    item: Answers,
    own: Answers,
    today: date,
    look: Look | None = None,
) -> dict[str, Any]:
    """The context for a party's section: its own answers, what it may read of the applicant's, and the law.

    Derived answers are always computed again; those in `own` are ignored.
    """
    repeat = service.questions.get(party.repeat or "")
    inner = {q.name: q for q in repeat.questions} if isinstance(repeat, RepeatQuestion) else {}
    known = {name: service.questions[name].known(sees.get(name), look) for name in party.sees_answers}
    answers = known | {
        name: None if ("answers", name) in party.reads else question.known(own.get(name), look)
        for name, question in party.questions.items()
    }
    context = {
        "answers": answers,
        "parameters": service.parameters_on(today),
        "today": moment(today),
        "item": {name: inner[name].known(item.get(name), look) for name in party.sees_of_item},
    }
    for _, name in party.worked_out:
        if name in party.rows:
            party.rows[name].work_out(answers[name], {**context, "decisions": {}}, today, anew=True)
        else:
            answers[name] = _of_others(party.questions[name], context)
    return context


def as_found(
    service: Service, action: Action, answers: Answers, context: Mapping[str, Any], look: Look | None = None
) -> dict[str, Any]:
    """The context after an action's questions were answered, with the values that depend on them computed again.

    These are its derived answers, those of the items of its repeats, and the conditions and tables that read findings.
    """
    asked = {question.name: question for question in action.ask}
    answers = joined(action, answers, context)
    given = {
        name: None if isinstance(question, DerivedQuestion) else question.known(answers.get(name), look)
        for name, question in asked.items()
    }
    findings = {**context["findings"], **given}
    seen = _decided_anew(service, {**context, "findings": findings})
    rows = service.rows_asked(action)
    for _, name in action.worked_out:
        if name in rows:
            # With the law of the day on which the case was opened, like everything in it.
            day = context["case"]["opened_date"].date()
            seen["decisions"] |= rows[name].work_out(findings[name], seen, day, anew=True)
        else:
            findings[name] = _of_others(asked[name], seen)
    return _decided_anew(service, seen) if action.worked_out else seen


def joined(action: Action, answers: Answers, context: Mapping[str, Any]) -> Answers:
    """An action's answers, with the row for which each item of a repeat stands (`of`)."""
    repeats = [q for q in action.ask if isinstance(q, RepeatQuestion) and q.of is not None and q.name in answers]
    return {**answers, **{q.name: q.joined(answers[q.name], context) for q in repeats}} if repeats else answers


def _decided_anew(service: Service, context: Mapping[str, Any]) -> dict[str, Any]:
    """The context with the conditions and tables that read findings computed again."""
    seen = {**context, **{root: {**context[root]} for root in ("conditions", "decisions", "lookups")}}
    for node in service.rests_on_findings:
        # With the law of the day on which the case was opened, like everything in it.
        _decide(service, node, seen, context["case"]["opened_date"].date())
    return seen


def sums(action: Action, context: Mapping[str, Any]) -> dict[str, Any]:
    """The derived answers of an action, as they are stored; None for one that is not asked or unknown."""
    return {q.name: q.worked_out(context) for q in action.ask if isinstance(q, DerivedQuestion)}


def items_with_sums(action: Action, context: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The items of an action's repeats that have derived answers, as they are stored: without what is unknown."""
    return {
        name: [
            {n: value for n, value in item.stored.items() if value is not None} for item in context["findings"][name]
        ]
        for name, rows in rows_of(action.ask, {}, "findings").items()
        if rows.derived
    }


def moment(day: date) -> datetime:
    """The form of a day in expressions: midnight UTC."""
    return datetime.combine(day, time(), tzinfo=UTC)
