"""Download of a case's file: only one that passed the scan, and as an attachment, never inside our own pages."""

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.kernel.crypto import vault
from praya.web import who


def download(upload: str, *, case_ref: str, service: str, by: str) -> HttpResponse:
    """The response with a file; the caller has checked the access. The journal notes the reading. Raises Http404."""
    try:
        file, data, media = forms.open_upload(upload, case_ref=case_ref)
    except (forms.NoUpload, FileNotFoundError, vault.Forgotten):
        raise Http404(upload) from None
    cases.note_read(ref=case_ref, service=service, by=by, at=who.now(), what="file")
    return _attached(file, data, media)


def own(upload: str, *, person_ref: str, draft_ref: str = "", case_ref: str = "") -> HttpResponse:
    """The response with a person's own file; nobody else reads anything, so nothing is noted. Raises Http404."""
    try:
        opened = forms.open_own_upload(upload, person_ref=person_ref, draft_ref=draft_ref, case_ref=case_ref)
    except (forms.NoUpload, FileNotFoundError, vault.Forgotten):
        raise Http404(upload) from None
    return _attached(*opened)


def _attached(file: forms.Upload, data: bytes, media: str) -> HttpResponse:
    response = HttpResponse(data, content_type=media)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=file.name) or "attachment"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response
