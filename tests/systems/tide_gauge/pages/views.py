"""Pages for everybody, and one for residents who proved who they are."""

from django.http import HttpRequest, HttpResponse

from praya.web import pages, rate_limits, who
from tide_gauge import api, models


@who.open_to("anyone")
def show(request: HttpRequest, *, lang: str) -> HttpResponse:
    """The height noted last, and a published table."""
    if "counted" in request.GET:
        rate_limits.count("tides_looked_at", rate_limits.address(request))
    table = models.Table.objects.filter(name=request.GET.get("table", "")).first()
    return pages.page(request, "tide_gauge/show.html", lang, height=api.latest(), table=table)


@who.open_to("resident", level=2)
def charts(request: HttpRequest, *, lang: str) -> HttpResponse:
    """A page for which a code by e-mail is not enough."""
    return pages.page(request, "tide_gauge/show.html", lang, height=api.latest(), table=None)
