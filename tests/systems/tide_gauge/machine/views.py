"""Heights for machines, and errors in a format of its own."""

import json

from django.http import HttpRequest, HttpResponse, JsonResponse

from praya.kernel.plug import ErrorResponse
from praya.web import who
from tide_gauge import api

MEDIA_TYPE = "application/vnd.tides+json;version=1"


@who.open_to("anyone")
def heights(request: HttpRequest) -> HttpResponse:
    """The height noted last."""
    return JsonResponse({"height": api.latest()})


@who.open_to("anyone")
def private(request: HttpRequest) -> HttpResponse:
    """A response that sets its own Cache-Control."""
    return JsonResponse({}, headers={"Cache-Control": "private"})


def error(problem: ErrorResponse) -> HttpResponse:
    """An error as this standard writes it."""
    body = json.dumps({"title": problem.message, "http_status": str(problem.status), "error_code": problem.code})
    return HttpResponse(body, status=problem.status, content_type=MEDIA_TYPE)
