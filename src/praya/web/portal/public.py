"""Pages for everybody: tracking by reference, verifying a record, public registers."""

from dataclasses import replace
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect

from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.registers import api as registers
from praya.definition.chapters.registers import Register
from praya.definition.questions import shown_date
from praya.definition.sandbox import is_trial
from praya.definition.service import Service
from praya.journey import load
from praya.journey.filled_texts import listed as in_a_row
from praya.kernel.ids import read_reference
from praya.kernel.text import Text
from praya.web import display, pages, paging, rate_limits, texts, who
from praya.web.portal import next_steps
from praya.web.words import translator

MAX_PICTURE = 8 * 1024 * 1024


@who.open_to("anyone")
def track(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """Track an application by its reference: milestones only, nothing about the person."""
    typed = request.GET.get("ref", "")
    problem = case = None
    if typed.strip():
        rate_limits.count("track", rate_limits.address(request))
        ref = read_reference(typed)
        try:
            case = cases.case(ref) if ref else None
        except cases.NoCase:
            case = None
        if case is not None and is_trial(case.service) and not who.may_try(request):
            case = None  # cases of the sandbox are not public
        if case is None:
            problem = "portal.track_wrong" if ref is None else "portal.track_none"
    t = translator(lang)
    errors = [{"href": "#ref", "text": t(problem)}] if problem else []
    shown: dict[str, Any] = {}
    if case is not None:
        service, pack = load.compiled(case.service, case.version), load.pack()
        shown = {
            "service": service,
            "department": pack.departments[case.department],
            "milestones": display.timeline(case, service, pack, lang, at=who.now()),
            "next": next_steps.of_case(case, pack, lang, at=who.now()),
        }
    return pages.page(request, "portal/track.html", lang, typed=typed, case=case, errors=errors, **shown)


@who.open_to("anyone")
def scanned(request: HttpRequest) -> HttpResponseBase:
    """The page behind a scanned QR code. Its token is behind `#`: the page's script, or the person, submits it."""
    return HttpResponseRedirect(f"/{pages.preferred(request)}/verify")


@who.open_to("anyone")
def verify(request: HttpRequest, *, lang: str) -> HttpResponse:
    """Verify a record from a picture, its text, or a scanned QR code."""
    verdict = problem = None
    if request.method == "POST":
        rate_limits.count("verify", rate_limits.address(request))
        text, problem = _submitted(request)
        if text is not None:
            verdict = credentials.verify(text, at=who.now())
    t = translator(lang)
    errors = [{"href": "#picture", "text": t(problem)}] if problem else []
    pack = load.pack()
    return pages.page(
        request,
        "portal/verify.html",
        lang,
        verdict=verdict,
        record="" if verdict else request.POST.get("record", ""),
        errors=errors,
        until=shown_date(verdict.valid_until, lang) if verdict and verdict.valid_until else "",
        issued=display.day_words(verdict.issued_at, pack, lang) if verdict and verdict.issued_at else "",
        ended=display.day_words(verdict.revoked_at, pack, lang) if verdict and verdict.revoked_at else "",
        checked=display.moment_words(who.now(), pack, lang),
    )


def _submitted(request: HttpRequest) -> tuple[str | None, str | None]:
    picture = request.FILES.get("picture")
    if picture is not None:
        if (picture.size or 0) > MAX_PICTURE:
            return None, "portal.verify_large"
        rate_limits.count("picture", rate_limits.address(request))
        try:
            text = credentials.read_picture(picture.read())
        except credentials.Busy:
            return None, "portal.verify_busy"
        except credentials.TooManyPixels:
            return None, "portal.verify_pixels"
        except credentials.NotAPicture:
            text = None
        if text is None:
            return None, "portal.verify_no_code"
    else:
        text = request.POST.get("record", "").strip()
        if not text:
            return None, "portal.verify_nothing"
    return text.rpartition("#")[2][:9000], None


@who.open_to("anyone")
@pages.cached_for_everybody
def all_registers(request: HttpRequest, *, lang: str) -> HttpResponse:
    """The public registers."""
    cards = load.territory().known.values()
    every = {f"{card.service}/{register.name}": register for card in cards for register in card.public_registers}
    listed = paging.page(request, sorted(every.items(), key=lambda row: row[0]), lambda row: row[0])
    rows = [
        {
            "title": register.title.in_(lang),
            "text": register.summary.in_(lang) if register.summary else "",
            "url": f"/{lang}/registers/{path}",
        }
        for path, register in listed.rows
    ]
    return pages.page(request, "portal/registers.html", lang, registers=rows, listed=listed)


def public_register(service: str, register: str) -> tuple[Service, Register]:
    """A public register. Raises Http404."""
    owner = load.territory().known_service(service)
    definition = owner.registers.get(register) if owner else None
    if owner is None or definition is None or not definition.public:
        raise Http404(register)
    return owner, definition


@who.open_to("anyone")
def register(request: HttpRequest, *, lang: str, service: str, register: str) -> HttpResponse:
    """The page of a public register, with a search."""
    owner, definition = public_register(service, register)
    asked = texts.searched(request.GET, "q", lang)
    query = asked.text
    number = request.GET.get("page", "1")
    page_number = max(1, int(number)) if number.isdecimal() and len(number) < 6 else 1
    if query:
        rate_limits.count("search_register", rate_limits.address(request))
    today = load.pack().calendar.day_of(who.now())
    typed = texts.searched(request.POST, "value", lang)
    found = _found_by_value(request, owner, definition, typed.text, today) if typed.text else None
    listed = registers.entries(service=service, register=register, on=today, query=query, page=page_number)
    if found is not None:
        listed = replace(listed, entries=found, more=False)
    return pages.page(
        request,
        "portal/register.html",
        lang,
        owner=owner,
        register=definition,
        department=load.pack().departments[owner.department],
        query=query,
        typed=asked.shown,
        errors=[{"href": "#register-q", "text": asked.error}] if asked.error else [],
        by_value=in_a_row([definition.facts[name].label.in_(lang) for name in definition.search_by], lang),
        value_error=typed.error,
        none_has_value=found is not None and not found,
        columns=[{"label": fact.label.in_(lang), "head": i == 0} for i, fact in enumerate(definition.shown.values())],
        rows=[[value_in(entry.facts.get(name, ""), lang) for name in definition.shown] for entry in listed.entries],
        untils=[shown_date(e.until_date, lang) if e.until_date else "" for e in listed.entries],
        page_number=page_number,
        more=listed.more,
    )


def _found_by_value(
    request: HttpRequest, owner: Service, register: Register, value: str, today: date
) -> tuple[registers.Entry, ...]:
    """The entries in force with this whole value of a fact by which anybody may search; counted by network."""
    rate_limits.count("find_entry", rate_limits.address(request))
    found: dict[str, registers.Entry] = {}
    for name in register.search_by:
        search = registers.Search((name,), (value,), sealed=frozenset(register.private_facts))
        matching = registers.matching(service=owner.service, register=register.name, search=search, on=today, most=20)
        found.update((entry.ref, entry) for entry in matching)
    return tuple(found.values())


def value_in(value: Any, lang: str) -> str:
    """A value of a register in a language."""
    return str(value) if isinstance(value, str) else Text(value).in_(lang)
