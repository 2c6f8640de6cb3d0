"""Fetching a file of a case that an officer may see."""

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_GET

from praya.web import files, who
from praya.web.desk import reach


@require_GET
@who.open_to("officer")
def download(request: HttpRequest, *, lang: str, ref: str, upload: str) -> HttpResponseBase:
    """The file, to be saved."""
    found = reach.case_or_404(request, ref)
    return files.sent(upload, case_ref=ref, service=found.case.service, by=f"officer:{found.officer.ref}")
