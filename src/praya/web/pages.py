"""Render pages: the template, the language and its words, and the values that every page needs."""

import hashlib
import re
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, partial, wraps
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.csrf import get_token
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from praya.definition.model import LANGUAGE
from praya.definition.questions import clock_said
from praya.definition.sandbox import is_trial
from praya.journey import load
from praya.kernel import plug
from praya.kernel.memory import Memory
from praya.kernel.text import Text, direction, html_language
from praya.web import kept_forms, menus, who
from praya.web.question_html import Asker
from praya.web.words import LABELS, PageWords, speaking, translator

CACHED_BYTES = 8 * 1024 * 1024
MAX_AGE = 60


_OF_DICTS = frozenset(dir(dict))


class _Environment(Environment):
    """Looks for `row.title` among the keys of a dict only: a row of a table has no such attribute."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute not in _OF_DICTS:
            # A key that may be missing is asked for often, and two exceptions for each cost more than the page's words.
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)


def environment(**_: Any) -> Environment:
    """The Jinja2 environment of all faces; an undefined name is an error."""
    env = _Environment(
        loader=FileSystemLoader([str(path) for path in plug.folders("templates")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.do"],
    )
    env.filters["prose"] = prose
    # Macros get these as globals: they are imported without a page's context, so that their modules are built once.
    env.globals |= {"static": static, "t": PageWords(), "csrf_input": _CsrfOfPage()}
    return env


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return environment()


@lru_cache(maxsize=256)
def static(path: str) -> str:
    """The address of a static file."""
    return staticfiles_storage.url(path)


@lru_cache(maxsize=2048)
def prose(text: str) -> Markup:
    """Plain text as HTML: paragraphs are separated by an empty line, and lines that begin with `- ` become a list.

    An address of this platform becomes a link, any other stays text: a letter cannot link to a forged site.
    """
    out: list[str] = []
    for block in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in block.splitlines() if line.strip()]
        if lines and all(line.startswith("- ") for line in lines):
            out.append("<ul>" + "".join(f"<li>{_linked(line[2:])}</li>" for line in lines) + "</ul>")
        elif lines:
            out.append("<p>" + "<br>".join(_linked(line) for line in lines) + "</p>")
    return Markup("".join(out))  # noqa: S704 (every part is escaped above)


def _linked(line: str) -> str:
    own = re.escape(settings.PRAYA.base_url)
    parts = re.split(rf"({own}(?:/(?:[\w\-./?=&%#]*[\w/])?|(?![\w.@:-])))", line, flags=re.ASCII)
    return "".join(
        f'<a href="{escape(part)}">{escape(part)}</a>' if index % 2 else str(escape(part))
        for index, part in enumerate(parts)
    )


class _CsrfInput:
    """The hidden fields of a form (CSRF token; owner and page of kept input), made when a template uses them."""

    __slots__ = ("_html", "_page", "_request")

    def __init__(self, request: HttpRequest, page: str) -> None:
        self._request, self._page = request, page
        self._html = ""

    def __html__(self) -> str:
        if not self._html:
            whose = next(iter(who.marks(self._request)), kept_forms.ANYBODY)
            signature = escape(kept_forms.hidden_value(kept_forms.Form(whose, self._page)))
            self._html = (
                f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(self._request)}">'
                f'<input type="hidden" name="{kept_forms.FIELD}" value="{signature}">'
            )
        return self._html

    __str__ = __html__


_csrf: ContextVar[_CsrfInput] = ContextVar("_csrf")


class _CsrfOfPage:
    """`csrf_input` of the macros: that of the page that is being rendered."""

    __slots__ = ()

    def __html__(self) -> str:
        return _csrf.get().__html__()

    __str__ = __html__


@lru_cache(maxsize=8)
def urls(language: str) -> dict[str, str]:
    """The addresses of the links in the header and the footer."""
    home = f"/{language}/"
    names = {
        "search": "search", "sign_in": "sign-in", "sign_out": "sign-out", "me": "me", "desk": "desk/",
        "sessions": "sessions", "desk_sessions": "desk/sessions",
        "verify": "verify", "registers": "registers", "statistics": "statistics", "track": "track",
        "accessibility": "accessibility", "privacy": "privacy", "contact": "contact",
        "feedback": "feedback",
    }  # fmt: skip
    addresses = {name: f"{home}{path}" for name, path in names.items()}
    return {"home": home, **addresses}


@lru_cache(maxsize=8)
def _steady(language: str) -> dict[str, Any]:
    return {
        "lang": language,
        "html_lang": html_language(language),
        "direction": direction(language),
        "t": translator(language),
        "urls": urls(language),
        "demo": settings.PRAYA.demo,
        "ask": Asker(_environment(), language),
    }


def _languages(page: str, language: str) -> list[dict[str, Any]]:
    rest = page[len(language) + 1 :] if page.startswith(f"/{language}") else "/"
    return [
        {
            "code": code,
            "html": html_language(code),
            "label": LABELS.get(code, code),
            "url": f"/{code}{rest}",
            "current": code == language,
        }
        for code in load.pack().languages
    ]


def context(request: HttpRequest, language: str, here: str = "") -> dict[str, Any]:
    """The values that every page needs. `here` is the page's own address, where it is rendered at another one."""
    here = here or request.get_full_path()
    session = who.session(request)
    t = translator(language)
    return {
        **_steady(language),
        "territory": {"name": load.pack().name.in_(language)},
        "languages": _languages(here, language),
        # No name: the header needs no query, and a photo of the screen reveals nobody.
        "person": {"name": t("portal.my_page")} if session.person_ref else None,
        "officer": {"name": t("desk.title")} if session.officer_ref else None,
        "csrf_input": _CsrfInput(request, here),
        "menu": partial(menus.menu, language=language, whom=request),
        "slot": partial(menus.slot_markup, request=request, language=language),
        "restored": request.META.get(kept_forms.RESTORED),
        "session_end": session_end(request, language) if session != who.Session() else None,
        "say": lambda text: text.in_(language) if isinstance(text, Text) else text,
    }


def session_end(request: HttpRequest, language: str) -> dict[str, Any]:
    """When the session ends without further requests, as a time in the territory's time zone and in seconds."""
    ends, pack = who.session_ends_at(request), load.pack()
    local = ends.astimezone(pack.calendar.zone)
    return {
        "at": clock_said(f"{local:%H:%M}", language),
        "seconds": max(0, int((ends - who.now()).total_seconds())),
    }


def part(request: HttpRequest, template: str, language: str, **values: Any) -> str:
    """Render a template in a language, with the values that every page needs."""
    known = context(request, language, values.pop("here", ""))
    known["trial"] = who.session(request).trial or _tried(values)
    before = _csrf.set(known["csrf_input"])
    try:
        with speaking(language):
            return _environment().get_template(template).render({**known, **values})
    finally:
        _csrf.reset(before)


def _tried(values: Mapping[str, Any]) -> bool:
    """Whether a page is about a service in the sandbox."""
    services = (getattr(values.get(name), "service", None) for name in ("service", "case", "owner"))
    return any(isinstance(name, str) and is_trial(name) for name in services)


def page(request: HttpRequest, template: str, language: str, status: int = 200, **values: Any) -> HttpResponse:
    """The response with a page in a language."""
    body = part(request, template, language, **values)
    response = HttpResponse(body, status=status)
    response["Content-Language"] = html_language(language)
    if who.session(request) != who.Session():
        response["Cache-Control"] = "no-store"
    return response


@dataclass(frozen=True, slots=True)
class _CachedPage:
    edition: int
    until: float
    body: bytes
    etag: str


_cached: Memory[str, _CachedPage] = Memory(CACHED_BYTES)


def cached_for_everybody(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
    """Cache the whole page, with an ETag, for GET requests without a session and without a query."""

    @wraps(view)
    def cached(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        plain = request.method in {"GET", "HEAD"} and settings.SESSION_COOKIE_NAME not in request.COOKIES
        if not plain or request.META.get("QUERY_STRING"):
            return view(request, *args, **kwargs)
        edition, moment = load.territory().edition, time.monotonic()
        entry = _cached.get(request.path)
        if entry is None or entry.edition != edition or entry.until < moment:
            response = view(request, *args, **kwargs)
            if response.status_code != 200:
                return response
            etag = f'"{hashlib.sha256(response.content).hexdigest()[:24]}"'
            # Pages depend on the day (open bookings, the fee in force), so the cache is short.
            entry = _CachedPage(edition, moment + MAX_AGE, response.content, etag)
            _cached.put(request.path, entry, len(entry.body))
        same = request.headers.get("If-None-Match") == entry.etag
        answer = HttpResponse(status=304) if same else HttpResponse(entry.body)
        answer["ETag"] = entry.etag
        answer["Cache-Control"] = f"public, max-age={MAX_AGE}"
        answer["Vary"] = "Cookie"
        answer["Content-Language"] = html_language(str(kwargs.get("lang", "en")))
        return answer

    return cached


class Language:
    """Django's path converter for the language in an address."""

    regex = LANGUAGE.strip("^$").replace("(", "(?:")

    def to_python(self, value: str) -> str:
        """The language. Raises ValueError for one that the territory does not have."""
        if value not in load.pack().languages:
            raise ValueError(value)
        return value

    def to_url(self, value: str) -> str:
        """The language as it is."""
        return value


def preferred(request: HttpRequest) -> str:
    """The browser's preferred language among the territory's."""
    spoken = load.pack().languages
    for part in request.headers.get("Accept-Language", "").lower().split(","):
        tag = part.split(";")[0].strip()
        if tag.startswith("zh"):
            tag = "zh-hans" if tag.startswith(("zh-cn", "zh-sg", "zh-hans")) else "zh-hant"
        for language in (tag, tag.split("-")[0]):
            if language in spoken:
                return language
    return "en" if "en" in spoken else spoken[0]


def value_or_404(language: str, mapping: Mapping[str, Any], name: str) -> Any:
    """The value under `name`, or a 404."""
    if name not in mapping:
        raise Http404(f"{language}: {name}")
    return mapping[name]
