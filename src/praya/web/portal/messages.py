"""Messages of an applicant to the department that has their case, and its answers."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from praya.blocks.cases import api as cases
from praya.definition.pack import Pack
from praya.journey import load
from praya.journey import messages as journey_messages
from praya.kernel.ids import opaque
from praya.web import case_actions, display, pages, rate_limits, texts, who
from praya.web.portal.own_cases import applied_or_404
from praya.web.words import translator


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("resident")
def show(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """The messages of a case, and the form that writes another."""
    case, pack, t = applied_or_404(request, ref), load.pack(), translator(lang)
    given = texts.lines(request.POST, "message", lang, most=journey_messages.LONGEST)
    problem = ""
    if request.method == "POST":
        problem = given.error or ("" if given.text else t("portal.message_missing"))
        if not problem:
            rate_limits.count("message", case.person_ref)
            once = case_actions.once_key(request, ref, "message")
            journey_messages.write(case, given.text, at=who.now(), once_key=once)
            return HttpResponseRedirect(f"{request.path}?sent=1")
    return pages.page(
        request, "portal/messages.html", lang, 422 if problem else 200,
        case=case,
        service=load.compiled(case.service, case.version),
        department=pack.departments[case.department],
        messages=rows(cases.messages(ref), pack, lang),
        message=given.shown,
        most=journey_messages.LONGEST,
        sent=request.GET.get("sent") == "1",
        once=opaque(),
        errors=[{"href": "#message", "text": problem}] if problem else [],
    )  # fmt: skip


def rows(messages: Sequence[cases.Message], pack: Pack, lang: str) -> list[dict[str, Any]]:
    """A row for each message that has words, the newest first."""
    return [
        {
            "own": one.kind == "wrote",
            "at": one.at.isoformat(),
            "when": display.moment_words(one.at, pack, lang),
            "lines": one.text.splitlines(),
            "waits": one.waits,
        }
        for one in reversed(messages)
        if one.kind != "left"
    ]


def standing(messages: Sequence[cases.Message], pack: Pack, lang: str) -> str:
    """In a sentence: the newest message, and whether it waits for an answer."""
    newest = next((one for one in reversed(messages) if one.kind != "left"), None)
    if newest is None:
        return translator(lang)("portal.messages_none")
    word = "answered" if newest.kind == "answered" else "waits" if newest.waits else "read"
    return translator(lang)(f"portal.messages_{word}", when=display.moment_words(newest.at, pack, lang))
