"""A person's own files: those of a draft, and those that they handed in with a case."""

from collections.abc import Sequence

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe

from praya.blocks.forms import api as forms
from praya.web import case_actions, files, who
from praya.web.portal.own_cases import applied_or_404


@require_safe
@who.open_to("resident")
def of_draft(request: HttpRequest, *, lang: str, ref: str, upload: str) -> HttpResponseBase:
    """A file of the person's draft, once it passed the scan."""
    return files.own(upload, person_ref=who.person_ref(request), draft_ref=ref)


@require_safe
@who.open_to("resident")
def of_case(request: HttpRequest, *, lang: str, ref: str, upload: str) -> HttpResponseBase:
    """A file that the person handed in with their case."""
    case = applied_or_404(request, ref)
    return files.own(upload, person_ref=case.person_ref, case_ref=case.ref)


def rows(uploads: Sequence[forms.Upload], base: str) -> list[dict[str, str]]:
    """The files as rows for the kit; those that passed the scan have an address below `base`, where there is one."""
    return [
        {
            **case_actions.upload_row(upload),
            "url": f"{base}/files/{upload.ref}" if base and upload.state == "clean" else "",
        }
        for upload in uploads
    ]
