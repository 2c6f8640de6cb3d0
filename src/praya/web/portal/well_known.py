"""Well-known addresses (RFC 8615): keys to verify records and the journal, and the contact for vulnerabilities."""

from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from praya.blocks.credentials import api as credentials
from praya.journey import load
from praya.kernel.journal import sealing, signer
from praya.kernel.text import html_language
from praya.web import who


@who.open_to("anyone")
def jwks(request: HttpRequest) -> HttpResponse:
    """The keys that verify records (RFC 7517)."""
    return JsonResponse(credentials.jwks())


@who.open_to("anyone")
def revoked(request: HttpRequest) -> HttpResponse:
    """The `jti` of every revoked record."""
    return JsonResponse({"revoked": credentials.revoked()})


@who.open_to("anyone")
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest signed checkpoint of the journal (C2SP tlog-checkpoint)."""
    note = sealing.latest()
    if note is None:
        raise Http404("no checkpoint yet")
    return HttpResponse(note, content_type="text/plain; charset=utf-8")


@who.open_to("anyone")
def journal_key(request: HttpRequest) -> HttpResponse:
    """The key that verifies checkpoints (C2SP signed-note)."""
    return HttpResponse(signer.verifier_key() + "\n", content_type="text/plain; charset=utf-8")


@who.open_to("anyone")
def security_txt(request: HttpRequest) -> HttpResponse:
    """The contact for vulnerability reports (RFC 9116); 404 where none is set."""
    configuration = settings.PRAYA
    if not configuration.security_contact:
        raise Http404
    # The file is generated for each request, so it always agrees with the settings.
    expires_at = (who.now() + timedelta(days=180)).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [
        *(f"Contact: {contact}" for contact in configuration.security_contact),
        f"Expires: {expires_at:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(html_language(language) for language in load.pack().languages)}",
        f"Canonical: {configuration.base_url}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")
