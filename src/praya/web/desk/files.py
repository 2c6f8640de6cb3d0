"""Fetching a file of a case that an officer may see."""

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_GET

from praya.journey import referrals
from praya.kernel.crypto import vault
from praya.web import files, who
from praya.web.desk import reach


@require_GET
@who.open_to("officer")
@reach.of_case
def download(request: HttpRequest, found: reach.Reach, *, lang: str, upload: str) -> HttpResponseBase:
    """The file, to be saved. A department that is asked fetches what is shared with it and no other."""
    if found.shared is not None:
        try:
            shared = referrals.files(found.case, found.service, found.shared)
        except vault.Forgotten:
            shared = set()
        if upload not in shared:
            raise Http404(upload)
    return files.sent(upload, case_ref=found.case.ref, service=found.case.service, by=f"officer:{found.officer.ref}")
