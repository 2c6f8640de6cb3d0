"""Noting a height."""

from django.http import HttpRequest, HttpResponse

from praya.web import who
from praya.web.desk import reach
from tide_gauge import api
from tide_gauge.desk import access


@who.open_to("officer", may=access.keeps_tides)
def note(request: HttpRequest, *, lang: str) -> HttpResponse:
    """The form, and what was noted."""
    officer = who.officer(request)
    if request.method == "POST":
        api.note(int(request.POST["height"]), at=who.now(), by=f"officer:{officer.ref}")
    return reach.page(request, "tide_gauge/note.html", lang, officer, "tides", height=api.latest())
