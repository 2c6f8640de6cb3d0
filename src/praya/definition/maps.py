"""A map as data: its bounding box and the land in it. Nothing is fetched from elsewhere to draw it."""

from math import cos, radians
from typing import Annotated

from pydantic import Field, model_validator

from praya.definition.model import Model
from praya.kernel.number import Number
from praya.kernel.text import Text

Latitude = Annotated[float, Field(ge=-85, le=85)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class Land(Model):
    """A piece of land: its coast as [longitude, latitude], point after point."""

    label: Text | None = None
    coast: tuple[tuple[Longitude, Latitude], ...] = Field(min_length=3)


class Spot(Model):
    """A place name on the map, for orientation."""

    label: Text
    at: tuple[Longitude, Latitude]


class Map(Model):
    """The box in which every point of the territory lies, and what is drawn in it."""

    west: Longitude
    south: Latitude
    east: Longitude
    north: Latitude
    land: tuple[Land, ...] = ()
    names: tuple[Spot, ...] = ()

    @model_validator(mode="after")
    def _is_a_box(self) -> "Map":
        if self.west >= self.east or self.south >= self.north:
            raise ValueError("a map needs 'west' below 'east' and 'south' below 'north'")
        return self

    def holds(self, lat: float | Number, lon: float | Number) -> bool:
        """Whether the point lies in the box."""
        return self.south <= lat <= self.north and self.west <= lon <= self.east

    def height(self, width: int) -> int:
        """The height of a picture of this width, in pixels; a degree of longitude is shorter than one of latitude."""
        middle = radians((self.south + self.north) / 2)
        return round(width * (self.north - self.south) / ((self.east - self.west) * cos(middle)))

    def drawn(self, lat: float | Number, lon: float | Number, width: int) -> tuple[float, float]:
        """The position of a point in a picture of this width, in pixels: x from the left, y from the top."""
        x = (float(lon) - self.west) / (self.east - self.west) * width
        y = (self.north - float(lat)) / (self.north - self.south) * self.height(width)
        return round(x, 1), round(y, 1)

    def point(self, x: float, y: float, width: int) -> tuple[float, float]:
        """The latitude and longitude of a position in a picture of this width, moved to the edge if it is outside."""
        right, down = min(max(x / width, 0), 1), min(max(y / self.height(width), 0), 1)
        lat = self.north - down * (self.north - self.south)
        return round(lat, 5), round(self.west + right * (self.east - self.west), 5)
