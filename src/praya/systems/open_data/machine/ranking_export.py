"""The rankings of a service as open data: the digest of each, with which its lines can be compared."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from praya.journey import awarding, load
from praya.web import who


@who.open_to("anyone")
def rankings_json(request: HttpRequest, *, service: str) -> HttpResponse:
    """The rankings that were made, the newest first. `digest` is the SHA-256 of the lines that the department has."""
    owner = load.territory().known_service(service)
    if owner is None or not any(state.ranking for state in owner.flow.states.values()):
        raise Http404(service)
    made = [
        {
            "state": call.state,
            "label": call.word.label.words if call.word.label else None,
            "on": call.word.on,
            "made_at": one.made_at,
            "entries": one.lines.count("\n"),
            "won": one.lines.count("\twon\n"),
            "digest": one.digest,
        }
        for call, one in awarding.of_service(owner)
    ]
    return JsonResponse({"service": service, "rankings": made})
