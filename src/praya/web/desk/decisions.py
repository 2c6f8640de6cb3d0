"""Deciding: one action on a case, with its questions, its reason and its warning."""

from collections.abc import Sequence
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.definition.flow import Action
from praya.definition.questions import FileQuestion, Question
from praya.journey import case_context, run, visits
from praya.kernel.ids import opaque
from praya.web import case_actions, who
from praya.web.desk import clocks, reach
from praya.web.fields import State
from praya.web.words import translator


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
@reach.of_case
def show(request: HttpRequest, found: reach.Reach, *, lang: str, action: str) -> HttpResponseBase:
    """The page of an action, and doing it. Only the department that owns the case decides."""
    if not found.owns:
        raise Http404(action)
    ref = found.case.ref
    known = _known(found, action)
    if known is None:
        raise Http404(action)
    base = f"/{lang}/desk/cases/{ref}"
    if request.method == "POST" and cases.done_before(case_actions.once_key(request, ref, action)):
        return HttpResponseRedirect(f"{base}?done={action}")
    offered = case_actions.offered(run.open_actions(found.case, found.by, at=found.at), action)
    if request.method != "POST":
        state = case_actions.begun(request, found.case, known, lang, at=found.at)
        return _page(request, found, lang, known, state, open_now=offered is not None, moved=False)
    if offered is None:
        typed = {name: list(values) for name, values in request.POST.lists()}
        return _page(
            request,
            found,
            lang,
            known,
            case_actions.state_of(found.case, known, typed, (), lang, at=found.at),
            open_now=False,
            moved=True,
        )
    arranged = case_actions.arranged(request, found.case, offered, lang, at=found.at)
    if arranged is not None:
        return _page(request, found, lang, offered, arranged, open_now=True, moved=False)
    tried = case_actions.attempt(request, found.case, offered, found.by, lang, at=found.at)
    if tried.done is not None:
        return HttpResponseRedirect(f"{base}?done={action}")
    fields = {name: list(values) for name, values in tried.state.fields.items()} if tried.state else {}
    again = reach.case_or_404(request, ref)
    state = case_actions.state_of(again.case, offered, fields, tried.refusals, lang, at=again.at)
    open_now = case_actions.offered(run.open_actions(again.case, again.by, at=again.at), action) is not None
    return _page(request, again, lang, offered, state, open_now=open_now, moved=tried.moved)


def _sessions(found: reach.Reach, action: Action, lang: str) -> list[dict[str, str]]:
    """The sessions with room from which the officer chooses; the first is chosen already."""
    service = found.service
    seen = case_context.of_case(found.case, service, found.pack, today=found.pack.calendar.day_of(found.at))
    size = visits.party(service, seen.context)
    visit = service.booking.all_visits[0].name if service.booking else ""
    return [
        {
            "value": f"{place}|{day.isoformat()}|{clock}",
            "label": case_context.visit_said(service, bookings.Visit(visit, place, day, clock), lang),
        }
        for place, day, clock in visits.offered(service, found.pack, size=size, at=found.at)
    ]


def _known(found: reach.Reach, name: str) -> Action | None:
    """The action of that name: in the state of the case, or, for a page that is out of date, in any."""
    states = found.service.flow.states
    here = states[found.case.state].actions.get(name)
    elsewhere = (state.actions[name] for state in states.values() if name in state.actions)
    chosen = here or next(elsewhere, None)
    return chosen if chosen is not None and chosen.by_officers else None


def _page(
    request: HttpRequest,
    found: reach.Reach,
    lang: str,
    action: Action,
    state: State,
    *,
    open_now: bool,
    moved: bool,
) -> HttpResponse:
    case = found.case
    status = 409 if moved or not open_now else 422 if state.refusals else 200
    content = case_actions.content_of(case, action, state, found.at)
    questions = [part for part in content if isinstance(part, Question)]
    flow_state = found.service.flow.states[case.state]
    target = found.service.flow.states.get(action.to or "")
    return reach.page(
        request,
        "desk/decision.html",
        lang,
        found.officer,
        "",
        status=status,
        case=case,
        base=f"/{lang}/desk/cases/{case.ref}",
        service_title=found.service.title.in_(lang),
        state_label=flow_state.label.in_(lang),
        clock_now=clocks.of_case(case, found.pack, lang, at=found.at),
        label=action.label.in_(lang),
        action=action,
        warning=action.warning.in_(lang) if action.warning else None,
        given=_given(case, action),
        leads_to=target.label.in_(lang) if target else None,
        asks=[found.pack.departments[name].title.in_(lang) for name in action.refer],
        content=content,
        sessions=_sessions(found, action, lang) if action.book else [],
        state=state,
        reason=state.typed("reason"),
        files={q.name: state.all(q.name) for q in questions if isinstance(q, FileQuestion)},
        upload=any(isinstance(q, FileQuestion) for q in questions),
        typed=_typed(questions, state, lang) if not open_now else [],
        open_now=open_now,
        moved=moved,
        last=translator(lang)("desk.moved_now", state=flow_state.label.in_(lang)),
        once=opaque(),
        errors=state.summary,
    )


def _given(case: cases.Case, action: Action) -> int:
    """How many of several reviewers have given theirs."""
    if action.reviewers == 1:
        return 0
    return sum(name == action.name for name, _ in cases.reviewed(case.ref))


def _typed(questions: Sequence[Question], state: State, lang: str) -> list[dict[str, Any]]:
    """What was typed into a form that cannot be sent any more, to be copied."""
    rows = []
    for question in questions:
        prefixes = (f"{question.name}-", f"{question.name}.")
        values = [
            v for name, vs in state.fields.items() if name == question.name or name.startswith(prefixes) for v in vs
        ]
        rows.append({"key": question.label.in_(lang), "lines": [line for v in values for line in v.splitlines()]})
    return rows
