"""The gallery as a page."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse

from praya.web import pages, who


@who.open_to("anyone")
def gallery(request: HttpRequest, *, lang: str = "en") -> HttpResponse:
    """Every component in every state, for those who make pages; 404 in production."""
    if settings.PRAYA.mode == "production":
        raise Http404
    return pages.page(request, "gallery/gallery.html", lang)
