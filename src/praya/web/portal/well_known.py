"""By what others verify our records and our journal: keys, revocations, checkpoints (RFC 8615 addresses)."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from praya.blocks.credentials import api as credentials
from praya.kernel.journal import sealing, signer
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
