"""The views behind the bar's buttons."""

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.definition import flow_diagram
from praya.definition.example_file import example_yaml
from praya.definition.service import Service
from praya.journey import draft_progress, jobs, load, trial, version_choice
from praya.kernel import clock
from praya.kernel.text import spoken
from praya.web import pages, who
from praya.web.portal.apply import onward
from praya.web.preview import filling, record, stage, values

WIDTHS = {"phone": 360, "tablet": 820, "desktop": 1280}
LONGEST_WAIT = 25.0


def _back(request: HttpRequest) -> str:
    """The page where the bar was used: a path of this site."""
    wanted = request.POST.get("back") or request.GET.get("path") or "/"
    return wanted if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else "/"


def _language(path: str) -> str:
    first = path.strip("/").split("/")[0]
    return first if first in spoken() else spoken()[0]


def _service() -> Service:
    current = stage.edition().service
    if current is None:
        raise Http404
    return load.territory().service(current.service)


def _problem(request: HttpRequest, back: str, reason: str) -> HttpResponse:
    return pages.page(request, "preview/problem.html", _language(back), status=409, reason=reason, back_to=back)


@require_GET
@who.open_to("anyone")
def home(request: HttpRequest) -> HttpResponseBase:
    """Redirect to the page of the service or of the file, signed in as the first invented person."""
    if not who.session(request).person_ref:
        _resident(request)
    language = pages.preferred(request)
    current = stage.edition()
    address = f"services/{current.service.service}" if current.service else current.address
    return HttpResponseRedirect(f"/{language}/{address}")


@require_GET
@who.open_to("anyone")
def edition(request: HttpRequest) -> HttpResponse:
    """Respond with the number of the newest edition; with `than`, wait until there is another."""
    than = request.GET.get("than", "")
    number = stage.newer(int(than), seconds=LONGEST_WAIT) if than.isdecimal() else stage.edition().number
    return JsonResponse({"edition": number})


@require_POST
@who.open_to("anyone")
def person(request: HttpRequest) -> HttpResponseBase:
    """Switch to an invented person, or sign out."""
    back, chosen = _back(request), request.POST.get("person", "")
    language = _language(back)
    kind, _, ref = chosen.partition(":")
    match = values.ADDRESS.match(back.split("?")[0])
    try:
        if kind == "officer":
            who.begin_session(request, officer=identity.officer(ref))
            ref = _case_at(back) if match and match["kind"] != "apply" else ""
            case = f"cases/{ref}" if ref else ""
            return HttpResponseRedirect(f"/{language}/desk/{case}")
        if kind == "party":
            return _as_party(request, ref, language)
        if kind == "person":
            who.begin_session(request, person_ref=identity.person(ref).ref)
            if match and match["kind"] in {"desk/cases", "parts"} and (ref := _case_at(back)):
                return HttpResponseRedirect(f"/{language}/cases/{ref}")
        else:
            request.session.flush()
    except (identity.NoOfficer, identity.NoPerson):
        raise Http404 from None
    personal = match is not None or f"/{language}/desk" in back
    service = stage.edition().service
    return HttpResponseRedirect(f"/{language}/services/{service.service}" if personal and service else back)


def _case_at(back: str) -> str:
    """The case on the page, or the last one shown; "" where there is none."""
    match = values.ADDRESS.match(back.split("?", maxsplit=1)[0])
    if match and match["kind"] in {"cases", "desk/cases"}:
        return match["ref"]
    return stage.doing.ref if stage.doing.kind == "case" else ""


def _as_party(request: HttpRequest, ref: str, language: str) -> HttpResponseBase:
    """Switch to a party of the current case; its section opens with generated answers."""
    waiting = values.asked_in(_case_at(_back(request)))
    invitation = next((one for one in waiting if one.ref == ref), None)
    if invitation is None:
        raise Http404(ref)
    who.begin_session(request, person_ref=invitation.person_ref)
    at, first = clock.now(), f"/{language}/parts/{ref}"
    part = values.part_at(first, invitation.person_ref, at=at)
    if part is None:
        return HttpResponseRedirect(first)
    filling.fill_until(part, "", "", at=at)
    return HttpResponseRedirect(f"{first}/{part.pages[0].page}")


def _resident(request: HttpRequest) -> identity.Person:
    """The resident who is signed in; else sign in the first invented person."""
    session = who.session(request)
    if session.person_ref:
        return identity.person(session.person_ref)
    resident = next(p for p in identity.residents() if p.name)
    who.begin_session(request, person_ref=resident.ref)
    return resident


def _move_clock(request: HttpRequest, moment: datetime | None) -> None:
    """Set the clock to another moment, and run the timers that are due then; the session continues."""
    session = who.session(request)
    clock.pretend(moment)
    at = clock.now()
    if session.officer_ref:
        who.begin_session(request, officer=identity.officer(session.officer_ref))
    elif session.person_ref:
        who.begin_session(request, person_ref=session.person_ref)
    load.forget()  # cached pages are of another day
    jobs.end_holds(at=at)
    jobs.pools_ahead(at=at)
    jobs.run_timers(at=at)


@require_POST
@who.open_to("anyone")
def date(request: HttpRequest) -> HttpResponseBase:
    """Set another day; without a day, return to today."""
    back, typed = _back(request), request.POST.get("day", "").strip()
    if not typed or request.POST.get("today"):
        _move_clock(request, None)
        return HttpResponseRedirect(back)
    try:
        day = datetime.strptime(typed, "%Y-%m-%d").date()  # noqa: DTZ007 (a day has no zone)
        hour = datetime.strptime(request.POST.get("clock") or "09:00", "%H:%M").time()  # noqa: DTZ007
        moment = load.pack().calendar.moment(day, hour)
    except (ValueError, OverflowError):
        return _problem(request, back, "not_a_day")
    _move_clock(request, moment)
    return HttpResponseRedirect(back)


def _draft(request: HttpRequest, language: str) -> forms.Draft:
    person = _resident(request)
    service, pack, at = _service(), load.pack(), clock.now()
    subject = trial.subject_for(service, stage.edition().stories, pack, person=person, at=at)
    return version_choice.begin(service=service, person_ref=person.ref, language=language, subject_ref=subject, at=at)


@require_POST
@who.open_to("anyone")
def fill(request: HttpRequest) -> HttpResponseBase:
    """Fill the current page, or all pages, with generated answers."""
    back, at = _back(request), clock.now()
    language, example = _language(back), request.POST.get("example", "")
    match = values.ADDRESS.match(back.split("?")[0])
    part = values.part_at(back, who.person_ref(request), at=at)
    if part is not None and match:
        page = next((p for p in part.pages if p.page == match["rest"]), None)
        if page is not None and not request.POST.get("all"):
            filling.fill_page(part, page, example, at=at)
            return HttpResponseRedirect(back.split("?")[0])
        return HttpResponseRedirect(onward(filling.fill_until(part, "", example, at=at), language, None))
    draft = None
    if match and match["kind"] == "apply":
        try:
            draft = forms.draft(match["ref"], person_ref=who.person_ref(request))
        except forms.NoDraft:
            draft = None
    if draft is None or draft.case_ref:
        draft, match = _draft(request, language), None
    walk = draft_progress.walk(draft, at=at)
    page = next((p for p in walk.pages if match and p.page == match["rest"]), None)
    if page is not None and not request.POST.get("all"):
        filling.fill_page(walk, page, example, at=at)
        return HttpResponseRedirect(back.split("?")[0])
    walk = filling.fill_until(walk, "", example, at=at)
    _record(walk, at)
    if walk.first_open is None and walk.shut_out() is None:
        filling.hold_first(walk, at=at)
    return HttpResponseRedirect(onward(draft_progress.walk(_again(walk), at=at), language, None))


def _again(walk: draft_progress.Walk) -> forms.Draft:
    return forms.draft(walk.draft.ref, person_ref=walk.draft.person_ref)


def _record(walk: draft_progress.Walk, at: datetime) -> None:
    subject = values.Subject("draft", walk.draft.ref, walk.draft.person_ref, walk.service, walk.context)
    record.note(subject, at=at)


@require_POST
@who.open_to("anyone")
def page(request: HttpRequest) -> HttpResponseBase:
    """Jump to a page of the form, with generated answers on the pages before it."""
    back, at, name = _back(request), clock.now(), request.POST.get("page", "")
    language = _language(back)
    walk = draft_progress.walk(_draft(request, language), at=at)
    base = f"/{language}/apply/{walk.draft.ref}"
    if name in {"check", "book"}:
        walk = filling.fill_until(walk, "", "", at=at)
        if name == "check" and walk.first_open is None and walk.shut_out() is None:
            filling.hold_first(walk, at=at)
        return HttpResponseRedirect(f"{base}/{name}")
    if name not in walk.service.pages:
        raise Http404(name)
    if not any(asked.page == name for asked in walk.pages):
        walk, reached = filling.with_page(walk, name, at=at)
        if not reached:
            return _problem(request, back, "page_not_asked")
    filling.fill_until(walk, name, "", at=at)
    return HttpResponseRedirect(f"{base}/{name}")


@require_POST
@who.open_to("anyone")
def state(request: HttpRequest) -> HttpResponseBase:
    """Jump to a state: bring a generated case there."""
    back, name = _back(request), request.POST.get("state", "")
    language, service = _language(back), _service()
    if name not in service.flow.states:
        raise Http404(name)
    officer = who.session(request).officer_ref
    first = next(p for p in identity.residents() if p.name) if officer else _resident(request)
    others = [p for p in identity.residents() if p.name and p.ref != first.ref]
    edition = stage.edition()
    # When this person has reached a limit with earlier cases, the next invented person is used.
    for person in (first, *others):
        try:
            brought = trial.bring(
                service, name, edition.stories, load.pack(), person=person, number=stage.next_number(), at=clock.now()
            )
            break
        except trial.NotReached as problem:
            reason = problem.reason
            if reason != "limit_reached":
                return _problem(request, back, reason)
    else:
        return _problem(request, back, reason)
    if not officer and person is not first:
        who.begin_session(request, person_ref=person.ref)
    _move_clock(request, brought.at)
    subject = values.Subject("case", brought.case.ref, person.ref, service, {}, state=name)
    record.note(subject, at=brought.at)
    desk = "desk/" if officer else ""
    return HttpResponseRedirect(f"/{language}/{desk}cases/{brought.case.ref}")


@require_POST
@who.open_to("anyone")
def afresh(request: HttpRequest) -> HttpResponseBase:
    """Delete the draft and begin again."""
    back, at = _back(request), clock.now()
    language = _language(back)
    person = _resident(request)
    for draft in forms.drafts(person.ref):
        forms.discard(ref=draft.ref, person_ref=person.ref, at=at)
    return HttpResponseRedirect(f"/{language}/services/{_service().service}/apply")


@require_GET
@who.open_to("anyone")
def story(request: HttpRequest) -> HttpResponse:
    """The recorded steps as an example."""
    recorded = {"example": "…", **stage.doing.story} if stage.doing.story else {}
    text = example_yaml(recorded) if recorded else ""
    return pages.page(request, "preview/story.html", _language(_back(request)), told=text, folder=stage.edition().name)


@require_GET
@who.open_to("anyone")
def flow(request: HttpRequest) -> HttpResponse:
    """The page with the diagram of the flow."""
    back = _back(request)
    lines, number = flow_diagram.in_words(_service(), _language(back), load.pack().role_titles), stage.edition().number
    return pages.page(request, "preview/flow.html", _language(back), lines=lines, shown=back, number=number)


@require_GET
@who.open_to("anyone")
def flow_svg(request: HttpRequest) -> HttpResponse:
    """The diagram itself."""
    svg = flow_diagram.flow_svg(_service(), _language(_back(request)), load.pack().role_titles)
    return HttpResponse(svg, content_type="image/svg+xml", headers={"Cache-Control": "no-store"})


@require_GET
@who.open_to("anyone")
def width(request: HttpRequest, *, width: str) -> HttpResponse:
    """Show the page at another screen width."""
    if width not in WIDTHS:
        raise Http404(width)
    back = _back(request)
    return pages.page(request, "preview/width.html", _language(back), width=width, pixels=WIDTHS[width], frame=back)
