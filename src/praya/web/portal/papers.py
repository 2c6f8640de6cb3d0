"""A person's letters and applications as PDF. Where none can be made the page says so, and has the text as before."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.definition.service import Service
from praya.journey import case_context, joint, load
from praya.journey.chapter import Picture
from praya.journey.reply_address import replies_to
from praya.web import papers, who
from praya.web.portal import parts
from praya.web.portal.own_cases import case_or_404
from praya.web.words import translator


@require_safe
@who.open_to("resident")
def letter(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """A letter of the person, in the language in which it was sent."""
    me = who.person_ref(request)
    try:
        sent = notices.read(ref, person_ref=me, at=who.now())
        case = cases.case(sent.case_ref)
    except (LookupError, cases.NoCase):
        raise Http404(ref) from None
    try:
        return papers.letter(sent, case, whom=me)
    except papers.NoFont:
        return HttpResponseRedirect(f"/{lang}/notices/{ref}?paper=none")


@require_safe
@who.open_to("resident")
def copy(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """What the person handed in; who has a case together with its applicant gets what they see on its page."""
    try:
        return papers.copy(*_of(request, ref), lang, **_told(request, ref, lang))
    except papers.NoFont:
        return HttpResponseRedirect(f"/{lang}/cases/{ref}?paper=none")


@require_POST
@who.open_to("resident")
def send_copy(request: HttpRequest, *, lang: str, ref: str) -> HttpResponseBase:
    """Send that copy to the address with which the person signs in, as a file of a letter; once for each minute."""
    case, service, picture = _of(request, ref)
    person, at, t = identity.person(who.person_ref(request)), who.now(), translator(lang)
    try:
        data = papers.copy_data(case, service, picture, lang, **_told(request, ref, lang))
    except papers.NoFont:
        return HttpResponseRedirect(f"/{lang}/cases/{ref}?paper=none")
    url = f"{settings.PRAYA.base_url}/{lang}/cases/{ref}"
    notices.send(
        notices.Letter(
            person_ref=person.ref, case_ref=ref, service=case.service, name="copy", language=lang,
            subject=t("portal.copy_subject", ref=ref),
            body=t("portal.copy_body", title=service.title.in_(lang), url=url),
            email_to=person.email, channels=("inbox", "email"), otherwise=service.title.in_(lang),
            replies=replies_to(load.pack(), case.department, lang, ref=ref),
            attached=(notices.Attachment(name=f"{ref}.pdf", media="application/pdf", data=data),),
            once_key=f"{ref}:copy:{person.ref}:{at:%Y%m%d%H%M}",
        ),
        at=at,
    )  # fmt: skip
    return HttpResponseRedirect(f"/{lang}/cases/{ref}?paper=sent")


def _of(request: HttpRequest, ref: str) -> tuple[cases.Case, Service, Picture]:
    case, pack = case_or_404(request, ref), load.pack()
    service = load.compiled(case.service, case.version)
    return case, service, case_context.of_case(case, service, pack, today=pack.calendar.day_of(who.now()))


def _told(request: HttpRequest, ref: str, lang: str) -> dict[str, Any]:
    me = who.person_ref(request)
    together = joint.party_of(case_or_404(request, ref), me)
    return {"whom": me, "rows": parts.rows_together(together, lang) if together is not None else None}
