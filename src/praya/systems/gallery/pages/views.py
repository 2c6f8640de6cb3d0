"""The gallery as a page."""

from django.http import HttpRequest, HttpResponse

from praya.web import pages, who


@who.open_to("anyone")
def gallery(request: HttpRequest, *, lang: str = "en") -> HttpResponse:
    """Every component in every state."""
    return pages.page(request, "gallery/gallery.html", lang)
