"""Put the preview's bar above every page. It shows the file's errors while the last valid edition stays usable."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from praya.blocks.identity import api as identity
from praya.journey import load
from praya.kernel import clock
from praya.kernel.text import html_language, spoken
from praya.web import errors, pages, who
from praya.web.preview import record, stage, values
from praya.web.words import LABELS

OWN = "/preview/"
AFTER_SKIP = re.compile(r'<a class="skip"[^>]*>[^<]*</a>')


class Bar:
    """Middleware that adds the bar to every page of a preview."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Respond with the page and the bar; with the errors alone while there is no valid edition."""
        request.META.pop("HTTP_IF_NONE_MATCH", None)  # a cached page would have an old bar
        own = request.path_info.startswith(OWN)
        if not own and not stage.edition().has_page:
            response: HttpResponseBase = pages.page(request, "preview/broken.html", language_of(request))
        else:
            response = self.get_response(request)
        if not own and request.method == "POST":
            self._note(request)
        if isinstance(response, HttpResponse) and response.get("Content-Type", "").startswith("text/html"):
            self._dress(request, response)
        return response

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """Answers from before a change may fail with the new edition: the page says so and offers to begin again."""
        if isinstance(problem, Http404 | PermissionDenied | SuspiciousOperation):
            return None
        language = language_of(request)
        return pages.page(request, "preview/misfit.html", language, status=500, problem=type(problem).__name__)

    def _note(self, request: HttpRequest) -> None:
        at = clock.now()
        subject = values.on(request, at=at)
        if subject is not None:
            record.note(subject, at=at)

    def _dress(self, request: HttpRequest, response: HttpResponse) -> None:
        framed = request.headers.get("Sec-Fetch-Dest") == "iframe"
        if not framed:
            language = language_of(request)
            bar = pages.part(request, "preview/bar.html", language, **context(request, language))
            text = response.content.decode(response.charset)
            at = AFTER_SKIP.search(text) or re.search(r"<body[^>]*>", text)
            if at is not None:
                text = f"{text[: at.end()]}\n{bar}{text[at.end() :]}"
            response.content = text.replace(
                "</head>", pages.part(request, "preview/head.html", language) + "</head>", 1
            )
        response["Content-Security-Policy"] = (
            "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:; frame-src 'self'; "
            "frame-ancestors 'self'; form-action 'self'; base-uri 'none'; object-src 'none'"
        )
        response["X-Frame-Options"] = "SAMEORIGIN"
        response["Cache-Control"] = "no-store"
        for name in ("ETag", "Content-Length"):
            response.headers.pop(name, None)


def context(request: HttpRequest, language: str) -> dict[str, Any]:
    """The values of the bar's template."""
    edition, at = stage.edition(), clock.now()
    service = edition.service
    pack = load.pack()
    session = who.session(request)
    subject = values.on(request, at=at) if service is not None else None
    local = at.astimezone(pack.calendar.zone)
    back = _back(request) or f"/{language}/"
    rest = back[len(language) + 1 :] if back.startswith(f"/{language}/") else "/"
    own = request.path.removeprefix(OWN) if request.path.startswith(OWN) else ""
    return {
        "tongues": [
            {
                "url": f"{request.path}?{urlencode({'path': f'/{code}{rest}'})}" if own else f"/{code}{rest}",
                "label": LABELS.get(code, code),
                "html": html_language(code),
                "current": code == language,
            }
            for code in pack.languages
        ],
        "widths": [
            ("full", back),
            *((name, f"{OWN}width/{name}?{urlencode({'path': back})}") for name in ("phone", "tablet", "desktop")),
        ],
        "width_now": own.removeprefix("width/") if own.startswith("width/") else "full",
        "edition": edition,
        "service": service,
        "title": service.title.in_(language) if service else edition.name,
        "saved": edition.saved_at.astimezone(pack.calendar.zone).strftime("%H:%M:%S"),
        "people": _people(session, language),
        "parties": _parties(session, subject, language),
        "day": local.date().isoformat(),
        "clock": f"{local:%H:%M}",
        "pretends": clock.pretends(),
        "back": back,
        "seen": subject,
        "values": values.rows(subject) if subject is not None else [],
        "pages": [(page.page, page.heading.in_(language)) for page in service.form] if service else [],
        "states": [(s.name, s.label.in_(language)) for s in service.flow.states.values()] if service else [],
        "examples": [(name, example.example) for name, example in edition.stories],
        "told": stage.doing.story,
    }


def _back(request: HttpRequest) -> str:
    """The address of the service's page under the bar, or of the last one before one of the bar's own pages."""
    if not request.path.startswith(OWN):
        return request.get_full_path()
    wanted = request.GET.get("path", "")
    return wanted if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else ""


def language_of(request: HttpRequest) -> str:
    """The language of the page; the bar's own pages have that of the page before."""
    first = _back(request).strip("/").split("/")[0]
    return first if first in spoken() else errors.language_of(request)


def _parties(session: who.Session, subject: values.Subject | None, language: str) -> list[dict[str, Any]]:
    """The parties with open invitations, of the case on the page or of the last one shown."""
    ref = subject.ref if subject and subject.kind == "case" else stage.doing.ref if stage.doing.kind == "case" else ""
    parties = []
    for one in values.asked_in(ref):
        party = load.compiled(one.service, one.version).parties[one.party]
        label = f"{party.label.in_(language)} {one.number}" if party.several else party.label.in_(language)
        parties.append({"value": f"party:{one.ref}", "label": label, "current": one.person_ref == session.person_ref})
    return parties


def _people(session: who.Session, language: str) -> list[dict[str, Any]]:
    departments = load.pack().departments

    def title(name: str) -> str:
        return departments[name].title.in_(language) if name in departments else name

    residents = [
        {"value": f"person:{p.ref}", "label": p.name, "current": p.ref == session.person_ref, "desk": False}
        for p in identity.residents()
        if p.name
    ]
    owner = stage.edition().service
    part = owner.departments if owner else frozenset()
    officers = [
        {
            "value": f"officer:{o.ref}",
            "label": f"{o.name} – {', '.join(title(d) for d in sorted(o.departments & part))}",
            "current": o.ref == session.officer_ref,
            "desk": True,
        }
        for o in identity.officers()
        if o.departments & part
    ]
    return [*residents, *officers]
