"""Points on the globe and the distance between them."""

from collections.abc import Mapping
from math import asin, cos, radians, sin, sqrt
from typing import Any

from praya.kernel.number import is_number

EARTH_RADIUS = 6_371_008.8
"""The mean radius in metres (IUGG)."""


def is_point(value: Any) -> bool:
    """Whether a value has a latitude and a longitude, `lat` and `lon`, in degrees."""
    return isinstance(value, Mapping) and is_number(value.get("lat")) and is_number(value.get("lon"))


def metres(one: Mapping[str, Any], other: Mapping[str, Any]) -> int:
    """The distance between two points in whole metres, by the haversine formula."""
    lat, lon, other_lat, other_lon = (
        radians(float(degrees)) for degrees in (one["lat"], one["lon"], other["lat"], other["lon"])
    )
    half = sin((other_lat - lat) / 2) ** 2 + cos(lat) * cos(other_lat) * sin((other_lon - lon) / 2) ** 2
    return round(2 * EARTH_RADIUS * asin(min(1.0, sqrt(half))))
