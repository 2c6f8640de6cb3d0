"""Download of a case's file by an officer."""

from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_GET

from praya.journey import referrals
from praya.kernel.crypto import vault
from praya.web import files, who
from praya.web.desk import reach


@require_GET
@who.open_to("officer")
@reach.of_case
def download(request: HttpRequest, desk_case: reach.Reach, *, lang: str, upload: str) -> HttpResponseBase:
    """The file as a download. A department that is asked gets only the files that are shared with it."""
    if desk_case.shared is not None:
        try:
            shared = referrals.files(desk_case.case, desk_case.service, desk_case.shared)
        except vault.Forgotten:
            shared = set()
        if upload not in shared:
            raise Http404(upload)
    case = desk_case.case
    return files.download(upload, case_ref=case.ref, service=case.service, by=f"officer:{desk_case.officer.ref}")
