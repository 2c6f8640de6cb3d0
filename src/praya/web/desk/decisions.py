"""The page of one action on a case, with its questions, its reason and its warning."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.definition.flow import Action
from praya.definition.questions import FileQuestion, Question
from praya.journey import acting, case_context, visits
from praya.journey.chapters.booking import visit_said
from praya.kernel.ids import opaque
from praya.web import case_actions, who
from praya.web.desk import clocks, reach
from praya.web.fields import State
from praya.web.words import translator


@dataclass(frozen=True)
class Face:
    """The page on which an action is shown: where its form is sent, where it leads back, and where when it is done."""

    template: str
    here: str
    back: str
    done: str
    camera: bool = False


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
@reach.of_case
def show(request: HttpRequest, desk_case: reach.Reach, *, lang: str, action: str) -> HttpResponseBase:
    """Show an action and carry it out. Only the department that owns the case decides."""
    base = f"/{lang}/desk/cases/{desk_case.case.ref}"
    face = Face("desk/decision.html", f"{base}/do/{action}", base, f"{base}?done={action}")
    return _carried_out(request, desk_case, lang, action, face)


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
@reach.of_case
def record(request: HttpRequest, desk_case: reach.Reach, *, lang: str, action: str) -> HttpResponseBase:
    """The same for whoever visits with a phone: the action by itself, its photographs taken by the camera."""
    try:
        day = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        day = desk_case.pack.calendar.day_of(desk_case.at)
    back = f"/{lang}/desk/visits?day={day.isoformat()}"
    here = f"/{lang}/desk/cases/{desk_case.case.ref}/record/{action}?day={day.isoformat()}"
    face = Face("desk/record.html", here, back, f"{back}&done=recorded", camera=True)
    return _carried_out(request, desk_case, lang, action, face)


def _carried_out(request: HttpRequest, desk_case: reach.Reach, lang: str, action: str, face: Face) -> HttpResponseBase:
    if not desk_case.owns:
        raise Http404(action)
    ref = desk_case.case.ref
    known = _known(desk_case, action)
    if known is None:
        raise Http404(action)
    if request.method == "POST" and cases.done_before(case_actions.once_key(request, ref, action)):
        return HttpResponseRedirect(face.done)
    offered = case_actions.action_named(acting.open_actions(desk_case.case, desk_case.by, at=desk_case.at), action)
    if request.method != "POST":
        state = case_actions.first_state(request, desk_case.case, known, lang, at=desk_case.at)
        return _page(request, desk_case, lang, known, state, face, open_now=offered is not None, moved=False)
    if offered is None:
        typed = {name: list(values) for name, values in request.POST.lists()}
        state = case_actions.state_of(desk_case.case, known, typed, (), lang, at=desk_case.at)
        return _page(request, desk_case, lang, known, state, face, open_now=False, moved=True)
    arranged = case_actions.state_after_button(request, desk_case.case, offered, lang, at=desk_case.at)
    if arranged is not None:
        return _page(request, desk_case, lang, offered, arranged, face, open_now=True, moved=False)
    tried = case_actions.attempt(request, desk_case.case, offered, desk_case.by, lang, at=desk_case.at)
    if tried.done is not None:
        return HttpResponseRedirect(face.done)
    fields = {name: list(values) for name, values in tried.state.fields.items()} if tried.state else {}
    again = reach.case_or_404(request, ref)
    state = case_actions.state_of(again.case, offered, fields, tried.refusals, lang, at=again.at)
    open_now = case_actions.action_named(acting.open_actions(again.case, again.by, at=again.at), action) is not None
    return _page(request, again, lang, offered, state, face, open_now=open_now, moved=tried.moved)


def _sessions(desk_case: reach.Reach, action: Action, lang: str) -> list[dict[str, str]]:
    """The sessions with free places as options; the first is preselected."""
    service = desk_case.service
    today = desk_case.pack.calendar.day_of(desk_case.at)
    picture = case_context.of_case(desk_case.case, service, desk_case.pack, today=today)
    size = visits.group_size(service, picture.context)
    visit = service.booking.all_visits[0].name if service.booking else ""
    return [
        {
            "value": f"{place}|{day.isoformat()}|{clock}",
            "label": visit_said(service, bookings.Visit(visit, place, day, clock), lang),
        }
        for place, day, clock in visits.offered(service, desk_case.pack, picture.context, size=size, at=desk_case.at)
    ]


def _known(desk_case: reach.Reach, name: str) -> Action | None:
    """The action with this name, in the case's state or, for a page that is out of date, in any state."""
    states = desk_case.service.flow.states
    here = states[desk_case.case.state].actions.get(name)
    elsewhere = (state.actions[name] for state in states.values() if name in state.actions)
    chosen = here or next(elsewhere, None)
    return chosen if chosen is not None and chosen.by_officers else None


def _page(
    request: HttpRequest,
    desk_case: reach.Reach,
    lang: str,
    action: Action,
    state: State,
    face: Face,
    *,
    open_now: bool,
    moved: bool,
) -> HttpResponse:
    case, state.camera = desk_case.case, face.camera
    status = 409 if moved or not open_now else 422 if state.refusals else 200
    content = case_actions.content_of(case, action, state, desk_case.at)
    questions = [part for part in content if isinstance(part, Question)]
    flow_state = desk_case.service.flow.states[case.state]
    target = desk_case.service.flow.states.get(action.to or "")
    return reach.page(
        request,
        face.template,
        lang,
        desk_case.officer,
        "",
        status=status,
        case=case,
        base=f"/{lang}/desk/cases/{case.ref}",
        sent_to=face.here,
        back=face.back,
        service_title=desk_case.service.title.in_(lang),
        state_label=flow_state.at_desk.in_(lang),
        clock_now=clocks.of_case(case, desk_case.pack, lang, at=desk_case.at),
        label=action.label.in_(lang),
        action=action,
        warning=action.warning.in_(lang) if action.warning else None,
        given=_reviews_given(case, action),
        leads_to=target.label.in_(lang) if target else None,
        asks=[desk_case.pack.departments[name].title.in_(lang) for name in action.refer],
        content=content,
        reveals=case_actions.reveals(action.content),
        told=[part for part in questions if part.shown_to_applicant],
        sessions=_sessions(desk_case, action, lang) if action.book else [],
        state=state,
        reason=state.typed("reason"),
        files={q.name: state.all(q.name) for q in questions if isinstance(q, FileQuestion)},
        upload=any(isinstance(q, FileQuestion) for q in questions),
        typed=_typed(questions, state, lang) if not open_now else [],
        open_now=open_now,
        moved=moved,
        last=translator(lang)("desk.moved_now", state=flow_state.at_desk.in_(lang)),
        once=opaque(),
        errors=state.summary,
    )


def _reviews_given(case: cases.Case, action: Action) -> int:
    """How many reviewers have given their review."""
    if action.reviewers == 1:
        return 0
    return sum(name == action.name for name, _ in cases.reviewed(case.ref))


def _typed(questions: Sequence[Question], state: State, lang: str) -> list[dict[str, Any]]:
    """The input of a form that cannot be submitted any more, for the officer to copy."""
    rows = []
    for question in questions:
        prefixes = (f"{question.name}-", f"{question.name}.")
        values = [
            v for name, vs in state.fields.items() if name == question.name or name.startswith(prefixes) for v in vs
        ]
        rows.append({"key": question.label.in_(lang), "lines": [line for v in values for line in v.splitlines()]})
    return rows
