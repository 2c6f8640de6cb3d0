"""Where a case is visited, and the order in which several visits are a short way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from praya.definition.questions import AddressQuestion, PhoneQuestion, PlaceQuestion
from praya.definition.service import Service
from praya.kernel.geo import is_point, metres

Point = Mapping[str, Any]
"""A latitude and a longitude, `lat` and `lon`, in degrees."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a case is visited, as its answers say: words, a point and a district, each of them or none."""

    words: str = ""
    point: Point | None = None
    district: str = ""
    phone: str = ""

    @property
    def geo(self) -> str:
        """The `geo:` address (RFC 5870), which a phone opens with its own map; empty when nothing is known."""
        if self.point is not None:
            place = f"{self.point['lat']:.5f},{self.point['lon']:.5f}"
            return f"geo:{place}?q={place}"
        return f"geo:0,0?q={quote(self.words)}" if self.words else ""


def whereabouts(service: Service, answers: Mapping[str, Any], language: str) -> Whereabouts:
    """Where a case is visited: the first place and the first address in the territory that the applicant gave.

    The place says the point, the address the district and, when there is one, the words.
    """
    place = address = phone = None
    for question in service.questions.values():
        value = answers.get(question.name)
        if isinstance(question, PlaceQuestion) and isinstance(value, dict):
            place = place or (question, value)
        elif isinstance(question, AddressQuestion) and isinstance(value, dict) and not value.get("country"):
            address = address or (question, value)
        elif isinstance(question, PhoneQuestion) and isinstance(value, str):
            phone = phone or value
    words = address[0].shown(address[1], language) if address else str(place[1].get("text", "")) if place else ""
    point = place[1] if place and is_point(place[1]) else None
    return Whereabouts(
        words=words.replace("\n", ", "),
        point=point and {"lat": point["lat"], "lon": point["lon"]},
        district=str(address[1].get("district", "")) if address else "",
        phone=phone or "",
    )


def ordered(stops: Sequence[Whereabouts], after: Whereabouts | None = None) -> list[int]:
    """The positions of the stops in the order of a short way: from each to the nearest that is left.

    The way begins at the stop that is nearest to `after`, without it at the first. A stop without a point counts as the
    middle of the known points of its district; where there is none, only stops of the same district are near. Of those
    that are equally near, and of those of which nothing is known, the earlier comes first.
    """
    middles = _middles([*stops, after] if after is not None else stops)
    left, way, here = list(range(len(stops))), list[int](), after
    while left:
        far = [0.0 if here is None else _far(here, stops[one], middles) for one in left]
        nearest = left.pop(far.index(min(far)))
        way.append(nearest)
        here = stops[nearest]
    return way


def _middles(stops: Sequence[Whereabouts]) -> dict[str, Point]:
    known: dict[str, list[Point]] = {}
    for stop in stops:
        if stop.point is not None and stop.district:
            known.setdefault(stop.district, []).append(stop.point)
    return {
        district: {part: sum(point[part] for point in points) / len(points) for part in ("lat", "lon")}
        for district, points in known.items()
    }


def _far(one: Whereabouts, other: Whereabouts, middles: Mapping[str, Point]) -> float:
    here, there = (stop.point or middles.get(stop.district) for stop in (one, other))
    if here is not None and there is not None:
        return metres(here, there)
    return 0 if one.district and one.district == other.district else float("inf")
