"""Services in the sandbox: officers try them as invented applicants and as officers; nobody else sees them."""

from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe

from praya.blocks.identity import api as identity
from praya.web import who
from praya.web.desk import reach


@require_safe
@who.open_to("officer")
def show(request: HttpRequest, *, lang: str) -> HttpResponseBase:
    """The list of services that can be tried."""
    officer = who.officer(request)
    listed = reach.listed(request, reach.trials_of(officer), lang)
    rows = [
        {
            "title": service.title.in_(lang),
            "text": service.summary.in_(lang),
            "try": f"/{lang}/desk/trials/{service.service}",
            "cases": f"/{lang}/desk/?service={service.service}",
            "version": service.version,
        }
        for service in listed.services
    ]
    return reach.page(request, "desk/trials.html", lang, officer, "trials", rows=rows, listed=listed)


@require_POST
@who.open_to("officer")
def begin(request: HttpRequest, *, lang: str, service: str) -> HttpResponseBase:
    """Start an application as an invented applicant, while staying signed in as the officer."""
    officer = who.officer(request)
    if service not in {one.service for one in reach.trials_of(officer)}:
        raise Http404(service)
    # An address that cannot receive mail, and no name: the sign-in pages do not offer this person.
    email = f"trial.{officer.ref}@example.invalid"
    person = identity.enrol(email=email, name=None, language=lang, at=who.now(), by=f"officer:{officer.ref}")
    who.begin_session(request, person_ref=person.ref, officer=officer, trial=True)
    return HttpResponseRedirect(f"/{lang}/services/{service}")
