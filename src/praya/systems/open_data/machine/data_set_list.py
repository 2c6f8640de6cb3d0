"""The list of all sets of open data, for harvesters."""

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse

from praya.systems.open_data import data_sets
from praya.web import who

SETS = 100
"""The number of sets in one response."""


@who.open_to("anyone")
def every_set(request: HttpRequest) -> HttpResponse:
    """The sets of open data by name, a hundred at a time; `next` is the address of the next page."""
    sets = data_sets.page(request.GET.get("after", ""), SETS + 1)
    rows = [{"name": one.name, "title": one.title.words, "files": dict(one.files)} for one in sets[:SETS]]
    following = f"{request.path}?{urlencode({'after': rows[-1]['name']})}" if len(sets) > SETS else None
    return JsonResponse({"sets": rows, "next": following})
