"""The territory's map as SVG, from the pack's outline: no tiles and no third-party server."""

from functools import lru_cache
from xml.sax.saxutils import escape

from django.http import Http404, HttpRequest, HttpResponse

from praya.definition.maps import Map
from praya.journey import load
from praya.web import who
from praya.web.fields import MAP_WIDTHS

WIDTH = MAP_WIDTHS[-1]


@who.open_to("anyone")
def picture(request: HttpRequest, *, lang: str) -> HttpResponse:
    """The map as SVG; `?narrow` makes its labels larger, for narrow screens."""
    drawn = load.pack().map
    if drawn is None:
        raise Http404("map")
    response = HttpResponse(
        _svg(drawn.model_dump_json(), lang, 26 if "narrow" in request.GET else 14), content_type="image/svg+xml"
    )
    response["Cache-Control"] = "public, max-age=3600"
    return response


@lru_cache(maxsize=16)
def _svg(described: str, lang: str, size: int) -> str:
    drawn = Map.model_validate_json(described)
    height = drawn.height(WIDTH)
    parts = [f'<rect width="{WIDTH}" height="{height}" fill="#d3e6ec"/>']
    for land in drawn.land:
        points = " ".join(f"{x},{y}" for x, y in (drawn.drawn(lat, lon, WIDTH) for lon, lat in land.coast))
        parts.append(f'<polygon points="{points}" fill="#f4f1e6" stroke="#6d8790" stroke-width="1.2"/>')
    written: list[tuple[float, float, float]] = []
    for spot in drawn.names:
        x, y = drawn.drawn(spot.at[1], spot.at[0], WIDTH)
        words = spot.label.in_(lang)
        half = size * sum(1 if char > "\u2e80" else 0.6 for char in words) / 2
        if any(abs(x - at_x) < half + other and abs(y - at_y) < size for at_x, at_y, other in written):
            continue  # it would overlap another label
        written.append((x, y, half))
        parts.append(
            f'<text x="{x}" y="{y}" text-anchor="middle" font-family="sans-serif" font-size="{size}" fill="#0b2b3c" '
            f'stroke="#f4f1e6" stroke-width="3" paint-order="stroke">{escape(words)}</text>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">'
        f"{''.join(parts)}</svg>"
    )
