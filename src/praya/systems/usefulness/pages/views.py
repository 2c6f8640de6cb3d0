"""Was this page useful? A link on the page of a service, which is cached for everybody; the page it opens counts."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_http_methods

from praya.blocks.notices import api as notices
from praya.definition.service import Service
from praya.journey import load
from praya.systems.usefulness import api as usefulness
from praya.web import pages, rate_limits, texts, who
from praya.web.words import translator

MOST = 1000


def question(request: HttpRequest, language: str, *, service: Service) -> str:
    """The question, for the page of a service that residents use by themselves."""
    if service.service not in load.territory().offered:
        return ""
    return pages.part(
        request, "usefulness/question.html", language, at=f"/{language}/services/{service.service}/useful"
    )


@require_http_methods(["GET", "HEAD", "POST"])
@who.open_to("anyone")
def useful(request: HttpRequest, *, lang: str, service: str) -> HttpResponseBase:
    """Take yes or no, and what was missing, which goes to the department by e-mail; nothing of who said it is kept."""
    territory, t = load.territory(), translator(lang)
    card = pages.value_or_404(lang, territory.offered, service)
    department = territory.pack.departments[card.department]
    answer = request.POST.get("useful", request.GET.get("is", ""))
    given = texts.lines(request.POST, "missing", lang, most=MOST)
    errors: dict[str, Any] = {}
    if request.method == "POST":
        if answer not in {"yes", "no"}:
            errors["useful"] = t("usefulness.choose")
        if given.error:
            errors["missing"] = given.error
        if not errors:
            rate_limits.count("useful", rate_limits.address(request))
            at = who.now()
            usefulness.count(service, useful=answer == "yes", today=territory.pack.calendar.day_of(at))
            if given.text and department.email:
                title = card.title.in_(lang)
                notices.send_memo(
                    email=department.email, language=lang, at=at,
                    subject=t("usefulness.mail_subject", service=title),
                    body=t("usefulness.mail", service=title, answer=t(f"usefulness.{answer}"), message=given.text),
                )  # fmt: skip
            return HttpResponseRedirect(f"{request.path}?sent=1")
    return pages.page(
        request, "usefulness/useful.html", lang, 422 if errors else 200, card=card, wrong=errors, answer=answer,
        missing=given.shown, sent=request.GET.get("sent") == "1", most=MOST, may_write=bool(department.email),
        options=[{"value": value, "label": t(f"usefulness.{value}")} for value in ("yes", "no")],
        errors=[{"href": f"#{name}", "text": text} for name, text in errors.items()],
    )  # fmt: skip
