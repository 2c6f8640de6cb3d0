"""What the bar's buttons do."""

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.definition import drawing
from praya.definition.example_file import example_yaml
from praya.definition.service import Service
from praya.journey import application_steps, draft_progress, jobs, load, trial
from praya.kernel import clock
from praya.kernel.text import spoken
from praya.web import pages, who
from praya.web.portal.apply import onward
from praya.web.preview import filling, record, stage, values

WIDTHS = {"phone": 360, "tablet": 820, "desktop": 1280}
LONGEST_WAIT = 25.0


def _back(request: HttpRequest) -> str:
    """Where the bar was used: a path of this site."""
    wanted = request.POST.get("back") or request.GET.get("path") or "/"
    return wanted if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else "/"


def _language(path: str) -> str:
    first = path.strip("/").split("/")[0]
    return first if first in spoken() else spoken()[0]


def _service() -> Service:
    found = stage.edition().service
    if found is None:
        raise Http404
    return load.territory().service(found.service)


def _problem(request: HttpRequest, back: str, reason: str) -> HttpResponse:
    return pages.page(request, "preview/problem.html", _language(back), status=409, reason=reason, back_to=back)


@require_GET
@who.open_to("anyone")
def home(request: HttpRequest) -> HttpResponseBase:
    """The page of the service, signed in as the first of the invented people."""
    if not who.session(request).person_ref:
        _resident(request)
    language = pages.preferred(request)
    found = stage.edition().service
    return HttpResponseRedirect(f"/{language}/services/{found.service}" if found else f"/{language}/")


@require_GET
@who.open_to("anyone")
def edition(request: HttpRequest) -> HttpResponse:
    """The number of the newest edition; with `than`, as soon as there is another."""
    than = request.GET.get("than", "")
    number = stage.newer(int(than), seconds=LONGEST_WAIT) if than.isdecimal() else stage.edition().number
    return JsonResponse({"edition": number})


@require_POST
@who.open_to("anyone")
def person(request: HttpRequest) -> HttpResponseBase:
    """Be one of the invented people, or nobody."""
    back, chosen = _back(request), request.POST.get("person", "")
    language = _language(back)
    kind, _, ref = chosen.partition(":")
    seen = values.ADDRESS.match(back.split("?")[0])
    try:
        if kind == "officer":
            who.begin_session(request, officer=identity.officer(ref))
            ref = _case_at(back) if seen and seen["kind"] != "apply" else ""
            case = f"cases/{ref}" if ref else ""
            return HttpResponseRedirect(f"/{language}/desk/{case}")
        if kind == "party":
            return _as_party(request, ref, language)
        if kind == "person":
            who.begin_session(request, person_ref=identity.person(ref).ref)
            if seen and seen["kind"] in {"desk/cases", "parts"} and (ref := _case_at(back)):
                return HttpResponseRedirect(f"/{language}/cases/{ref}")
        else:
            request.session.flush()
    except (identity.NoOfficer, identity.NoPerson):
        raise Http404 from None
    personal = seen is not None or f"/{language}/desk" in back
    service = stage.edition().service
    return HttpResponseRedirect(f"/{language}/services/{service.service}" if personal and service else back)


def _case_at(back: str) -> str:
    """The case on the page, or the one that was looked at last; "" where there is none."""
    seen = values.ADDRESS.match(back.split("?", maxsplit=1)[0])
    if seen and seen["kind"] in {"cases", "desk/cases"}:
        return seen["ref"]
    return stage.doing.ref if stage.doing.kind == "case" else ""


def _as_party(request: HttpRequest, ref: str, language: str) -> HttpResponseBase:
    """Be somebody who was asked for a section of the case at hand; it opens filled with made-up answers."""
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
    """The resident who is signed in; else the first of the invented people, signed in now."""
    kept = who.session(request)
    if kept.person_ref:
        return identity.person(kept.person_ref)
    found = next(p for p in identity.residents() if p.name)
    who.begin_session(request, person_ref=found.ref)
    return found


def _move_clock(request: HttpRequest, moment: datetime | None) -> None:
    """Go to another moment, and let time do what it then asks for; whoever is signed in stays so."""
    kept = who.session(request)
    clock.pretend(moment)
    at = clock.now()
    if kept.officer_ref:
        who.begin_session(request, officer=identity.officer(kept.officer_ref))
    elif kept.person_ref:
        who.begin_session(request, person_ref=kept.person_ref)
    load.forget()  # pages that were kept speak of another day
    jobs.end_holds(at=at)
    jobs.pools_ahead(at=at)
    jobs.run_timers(at=at)


@require_POST
@who.open_to("anyone")
def date(request: HttpRequest) -> HttpResponseBase:
    """As if it were another day; without a day, today again."""
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
    return application_steps.begin(
        service=service, person_ref=person.ref, language=language, subject_ref=subject, at=at
    )


@require_POST
@who.open_to("anyone")
def fill(request: HttpRequest) -> HttpResponseBase:
    """Made-up answers on the present page, or on all of them."""
    back, at = _back(request), clock.now()
    language, example = _language(back), request.POST.get("example", "")
    found = values.ADDRESS.match(back.split("?")[0])
    part = values.part_at(back, who.person_ref(request), at=at)
    if part is not None and found:
        page = next((p for p in part.pages if p.page == found["rest"]), None)
        if page is not None and not request.POST.get("all"):
            filling.fill_page(part, page, example, at=at)
            return HttpResponseRedirect(back.split("?")[0])
        return HttpResponseRedirect(onward(filling.fill_until(part, "", example, at=at), language, None))
    draft = None
    if found and found["kind"] == "apply":
        try:
            draft = forms.draft(found["ref"], person_ref=who.person_ref(request))
        except forms.NoDraft:
            draft = None
    if draft is None or draft.case_ref:
        draft, found = _draft(request, language), None
    walk = draft_progress.walk(draft, at=at)
    page = next((p for p in walk.pages if found and p.page == found["rest"]), None)
    if page is not None and not request.POST.get("all"):
        filling.fill_page(walk, page, example, at=at)
        return HttpResponseRedirect(back.split("?")[0])
    walk = filling.fill_until(walk, "", example, at=at)
    _told(walk, at)
    if walk.first_open is None and walk.shut_out() is None:
        filling.hold_first(walk, at=at)
    return HttpResponseRedirect(onward(draft_progress.walk(_again(walk), at=at), language, None))


def _again(walk: draft_progress.Walk) -> forms.Draft:
    return forms.draft(walk.draft.ref, person_ref=walk.draft.person_ref)


def _told(walk: draft_progress.Walk, at: datetime) -> None:
    seen = values.Seen("draft", walk.draft.ref, walk.draft.person_ref, walk.service, walk.context)
    record.note(seen, at=at)


@require_POST
@who.open_to("anyone")
def page(request: HttpRequest) -> HttpResponseBase:
    """Jump to any page of the form, with made-up answers before it."""
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
    """Jump to any state: a made-up case is brought there."""
    back, name = _back(request), request.POST.get("state", "")
    language, service = _language(back), _service()
    if name not in service.flow.states:
        raise Http404(name)
    officer = who.session(request).officer_ref
    first = next(p for p in identity.residents() if p.name) if officer else _resident(request)
    others = [p for p in identity.residents() if p.name and p.ref != first.ref]
    edition = stage.edition()
    # Whoever has used up a limit with sample cases before gives way to the next of the invented people.
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
    seen = values.Seen("case", brought.case.ref, person.ref, service, {}, state=name)
    record.note(seen, at=brought.at)
    desk = "desk/" if officer else ""
    return HttpResponseRedirect(f"/{language}/{desk}cases/{brought.case.ref}")


@require_POST
@who.open_to("anyone")
def afresh(request: HttpRequest) -> HttpResponseBase:
    """Throw the draft away and begin again."""
    back, at = _back(request), clock.now()
    language = _language(back)
    person = _resident(request)
    for draft in forms.drafts(person.ref):
        forms.discard(ref=draft.ref, person_ref=person.ref, at=at)
    return HttpResponseRedirect(f"/{language}/services/{_service().service}/apply")


@require_GET
@who.open_to("anyone")
def story(request: HttpRequest) -> HttpResponse:
    """What was just done, as it would be recorded."""
    told = {"example": "…", **stage.doing.story} if stage.doing.story else {}
    text = example_yaml(told) if told else ""
    return pages.page(request, "preview/story.html", _language(_back(request)), told=text, folder=stage.edition().name)


@require_GET
@who.open_to("anyone")
def flow(request: HttpRequest) -> HttpResponse:
    """The flow as a drawing."""
    back = _back(request)
    lines, number = drawing.told(_service(), _language(back), load.pack().role_titles), stage.edition().number
    return pages.page(request, "preview/flow.html", _language(back), lines=lines, shown=back, number=number)


@require_GET
@who.open_to("anyone")
def flow_svg(request: HttpRequest) -> HttpResponse:
    """The drawing itself."""
    svg = drawing.flow_svg(_service(), _language(_back(request)), load.pack().role_titles)
    return HttpResponse(svg, content_type="image/svg+xml", headers={"Cache-Control": "no-store"})


@require_GET
@who.open_to("anyone")
def width(request: HttpRequest, *, width: str) -> HttpResponse:
    """The page as it looks on a narrower or wider screen."""
    if width not in WIDTHS:
        raise Http404(width)
    back = _back(request)
    return pages.page(request, "preview/width.html", _language(back), width=width, pixels=WIDTHS[width], frame=back)
