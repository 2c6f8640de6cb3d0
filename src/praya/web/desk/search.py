"""Search for a case by its reference, a name, a telephone number, an e-mail address or an identifier.

What is typed is posted. A page of several hits has an address with the sealed query in it, which only the officer who
asked can use, and only for an hour: no log and no history holds what was searched for.
"""

import base64
import binascii
import json
import re
from datetime import timedelta

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods, require_safe

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition import search_terms
from praya.journey import load
from praya.kernel.crypto import vault
from praya.kernel.ids import read_reference
from praya.kernel.journal import api as journal
from praya.web import rate_limits, texts, who
from praya.web.desk import case_rows, reach
from praya.web.words import translator

LASTS = timedelta(hours=1)
_PLACE, LONGEST = "desk.search", 2000
# What is written like a reference, so that its check character is what is wrong.
_REFERENCE = re.compile(r"(?=.*[0-9])[A-Z]{2,6}[- ][0-9A-Z]{3,5}[- ]?[0-9A-Z]{3,5}", re.IGNORECASE)


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("officer")
def show(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The search. One hit leads to its case, several to a list of them."""
    officer = who.officer(request)
    if request.method != "POST":
        return _form(request, officer, lang)
    asked = texts.searched(request.POST, "q", lang)
    if not asked.text:
        return _form(
            request, officer, lang, typed=asked.shown, error=asked.error or translator(lang)("desk.search_missing")
        )
    rate_limits.count("desk_search", officer.ref)
    within = reach.access(request)
    ref = read_reference(asked.text)
    if ref is not None and cases.visible_refs([ref], within=within):
        return HttpResponseRedirect(f"/{lang}/desk/cases/{ref}")
    matches = _matching_cases(asked.text, within)
    journal.record(
        event="cases_searched", at=who.now(), by=f"officer:{officer.ref}", facts={"found": len(matches.rows)}
    )
    if not matches.rows:
        word = "misread" if ref is None and _REFERENCE.fullmatch(asked.text) else "none"
        return _form(request, officer, lang, typed=asked.shown, error=translator(lang)(f"desk.search_{word}"))
    if len(matches.rows) == 1:
        return HttpResponseRedirect(f"/{lang}/desk/cases/{matches.rows[0].case.ref}")
    return HttpResponseRedirect(f"/{lang}/desk/search/{_sealed(asked.text, officer)}")


@require_safe
@who.open_to("officer")
def hits(request: HttpRequest, *, lang: str, token: str) -> HttpResponseBase:
    """A page of the hits of a search that this officer made within the last hour."""
    officer, at = who.officer(request), who.now()
    typed = _opened(token, officer)
    if typed is None:
        raise Http404
    if not typed:
        return _form(request, officer, lang, error=translator(lang)("desk.search_over"))
    mark = request.GET.get("mark", "")[:80]
    matches = _matching_cases(typed, reach.access(request), mark)
    return reach.page(
        request,
        "desk/hits.html",
        lang,
        officer,
        "",
        typed=typed,
        heads=case_rows.heads(case_rows.USUAL, lang),
        rows=case_rows.rows(matches.rows, officer, load.pack(), lang, at),
        first=request.path if mark else None,
        mark=matches.next_mark,
        incomplete=cases.oldest_not_searchable() is not None,
    )


def _matching_cases(typed: str, within: cases.Access, mark: str = "") -> cases.Queue:
    forms = search_terms.of_typed(typed, load.pack().region)
    return cases.with_terms(within=within, forms=forms, mark=mark)


def _form(
    request: HttpRequest, officer: identity.Officer, lang: str, *, typed: str = "", error: str = ""
) -> HttpResponse:
    return reach.page(
        request,
        "desk/search.html",
        lang,
        officer,
        "",
        status=422 if error else 200,
        typed=typed,
        errors=[{"href": "#reference", "text": error}] if error else [],
        incomplete=cases.oldest_not_searchable() is not None,
    )


def _sealed(typed: str, officer: identity.Officer) -> str:
    """The query, readable only for this officer."""
    text = json.dumps([typed, int(who.now().timestamp())]).encode()
    sealed = vault.seal(text, subject=officer.ref, place=_PLACE, row=officer.ref)
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def _opened(token: str, officer: identity.Officer) -> str | None:
    """The query of a token; empty when it is too old, None when it is somebody else's or no token."""
    if len(token) > LONGEST:
        return None
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        typed, made_at = json.loads(vault.unseal(raw, subject=officer.ref, place=_PLACE, row=officer.ref))
    except (vault.Tampered, vault.Forgotten, binascii.Error, ValueError):
        return None
    age = who.now().timestamp() - made_at
    return str(typed) if 0 <= age <= LASTS.total_seconds() else ""
