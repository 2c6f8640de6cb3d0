"""Fetching a file of a case: only a clean one, never shown inside our own pages, and each time in the journal."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.kernel.crypto import vault
from praya.web import who
from praya.web.desk import reach


@require_GET
@who.open_to("officer")
def download(request: HttpRequest, *, lang: str, ref: str, upload: str) -> HttpResponseBase:
    """The file, to be saved."""
    found = reach.case_or_404(request, ref)
    try:
        kept, data, media = forms.open_upload(upload, case_ref=found.case.ref)
    except (forms.NoUpload, FileNotFoundError, vault.Forgotten):
        raise Http404(upload) from None
    by = f"officer:{found.officer.ref}"
    cases.note_read(ref=ref, service=found.case.service, by=by, at=found.at, what="file")
    response = HttpResponse(data, content_type=media)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=kept.name) or "attachment"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response
