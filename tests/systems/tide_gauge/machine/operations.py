"""Noting a height over the API."""

from django.http import HttpRequest, HttpResponse
from pydantic import BaseModel

from praya.web import who
from praya.web.api.guards import answered, operation, token_of
from praya.web.api.schemas import ResponsePart
from tide_gauge import api

SUBJECT = "tide_gauge.subject"


class Noted(ResponsePart):
    """What was noted."""

    ref: str


class Height(BaseModel):
    """A height."""

    centimetres: int


@operation("POST", "tides", audience="machine", scope="tides", gives={201: Noted})
def note_tide(request: HttpRequest, body: Height) -> HttpResponse:
    """Note a height in centimetres."""
    ref = api.note(body.centimetres, service="stall-licence", at=who.now(), by=token_of(request).actor)
    return answered(Noted(ref=ref), status=201)
