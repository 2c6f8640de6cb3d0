"""The draws of a service as files: JSON, and the tickets as text."""

from dataclasses import asdict

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse

from praya.journey import ballots, load
from praya.web import who


@who.open_to("anyone")
def ballots_json(request: HttpRequest, *, service: str) -> HttpResponse:
    """The draws of a service as JSON: the commitment before the draw, and afterwards everything needed to repeat it.

    `tickets` is the address of the tickets in their order, one in each line; `digest` is the SHA-256 of that file.
    """
    draws = [
        asdict(draw)
        | {
            "label": draw.label.words if draw.label else None,
            "tickets": f"/data/ballots/{service}/{draw.ref}.txt" if draw.drawn_at else "",
        }
        for draw in _draws(service)
    ]
    return JsonResponse({
        "service": service,
        "draws": [{name: value for name, value in draw.items() if value} for draw in draws],
    })  # fmt: skip


@who.open_to("anyone")
def ballot_tickets(request: HttpRequest, *, service: str, draw: str) -> HttpResponse:
    """The tickets of a draw in their order, one in each line."""
    for ballot in _draws(service):
        if ballot.ref == draw and ballot.drawn_at:
            return HttpResponse(ballots.tickets(ballot), content_type="text/plain; charset=utf-8")
    raise Http404(draw)


def _draws(service: str) -> list[ballots.Draw]:
    owner = load.territory().known_service(service)
    draws = ballots.of_service(owner) if owner is not None else []
    if owner is None or not (draws or owner.flow.ballots):
        raise Http404(service)
    return draws
