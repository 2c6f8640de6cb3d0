"""Tell a department what does not work or is not clear: a form whose message goes to the department by e-mail."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.definition.pack import Department
from praya.journey import load
from praya.web import pages, rate_limits, texts, who
from praya.web.words import Translator, translator

MOST = 2000


@who.open_to("anyone")
def feedback(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The form, and the message on its way; a person may leave an address for the answer, and need not."""
    t, errors = translator(lang), dict[str, str]()
    chosen, address = request.POST.get("department", ""), request.POST.get("email", "").strip()
    given = texts.lines(request.POST, "message", lang, most=MOST)
    reachable = _reachable()
    if request.method == "POST":
        errors = _wrong(t, given, chosen in reachable, address)
        if not errors:
            rate_limits.count("feedback", rate_limits.address(request))
            about = reachable[chosen]
            body = t("portal.feedback_mail", message=given.text, address=address or t("portal.feedback_no_address"))
            notices.send_memo(
                email=about.email or "",
                language=lang,
                subject=t("portal.feedback_mail_subject"),
                body=body,
                at=who.now(),
            )
            return HttpResponseRedirect(f"{request.path}?sent=1")
    return pages.page(
        request, "portal/feedback.html", lang, 422 if errors else 200, wrong=errors, message=given.shown, email=address,
        errors=[{"href": f"#{name}", "text": text} for name, text in errors.items()], most=MOST, chosen=chosen,
        sent=request.GET.get("sent") == "1",
        departments=[{"value": one.name, "label": one.title.in_(lang)} for one in reachable.values()],
    )  # fmt: skip


def _reachable() -> dict[str, Department]:
    """The departments that have services and an address, by name."""
    territory = load.territory()
    owners = {card.department for card in territory.offered.values()}
    return {name: one for name, one in territory.pack.departments.items() if name in owners and one.email}


def _wrong(t: Translator, given: texts.Typed, is_known: bool, address: str) -> dict[str, str]:
    errors: dict[str, Any] = {}
    if not is_known:
        errors["department"] = t("portal.feedback_choose")
    if given.error or not given.text:
        errors["message"] = given.error or t("portal.feedback_missing")
    if address:
        try:
            identity.address(address)
        except identity.NotAnAddress as wrong:
            errors["email"] = t(f"identity.{wrong.code}")
    return errors
