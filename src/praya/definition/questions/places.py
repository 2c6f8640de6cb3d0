"""Questions about a place: a description, and optionally a point on the territory's map."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any, ClassVar, Literal

from pydantic import ValidationInfo, model_validator

from praya.definition.maps import Map
from praya.definition.own_words import WORDS
from praya.definition.questions.question import (
    Asking,
    Look,
    Posted,
    Question,
    Reading,
    Refusal,
    Unreadable,
    Whole,
    first,
    parts_read,
    parts_taken,
)
from praya.definition.questions.typed import read_number
from praya.kernel.number import is_number
from praya.kernel.reading import NotText

LONGEST = 300


class PlaceQuestion(Question):
    """A place in words, with or without a point on the pack's map; the answer is {text, lat, lon}."""

    codes: ClassVar[tuple[str, ...]] = ("no_place_text", "too_long", "not_a_point", "outside_map")
    type: Literal["place"]
    described: Map | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_pack(cls, data: Any, info: ValidationInfo) -> Any:
        drawn = (info.context or {}).get("map")
        return {**data, "described": drawn} if isinstance(data, dict) and drawn is not None else data

    def posted(self, form: Posted, at: str) -> dict[str, Any] | None:
        answer: dict[str, Any] | None = self.read(form, at)[0]
        return answer

    def read(self, form: Posted, at: str) -> Reading:
        answer: dict[str, Any] = {}
        refusals: list[Refusal] = []
        try:
            answer |= parts_read(form, at, ("text",))
        except Unreadable as wrong:
            refusals.append(self.refuse(f"{at}-text", wrong.code, **wrong.values))
        for part in ("lat", "lon"):
            try:
                degrees = read_number(first(form, f"{at}-{part}"), 5, "not_a_point")
            except (Unreadable, NotText):
                refusals.append(self.refuse(f"{at}-{part}", "not_a_point"))
                continue
            if degrees is not None:
                answer[part] = round(degrees, 5)
        return answer or None, refusals

    def taken(self, value: Any) -> Any:
        return parts_taken(value)

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        text = value.get("text", "") if isinstance(value, dict) else None
        if not isinstance(text, str) or not set(value) <= {"text", "lat", "lon"}:
            yield self.refuse(at, "wrong_kind")
            return
        if not text.strip():
            yield self.refuse(f"{at}-text", "no_place_text")
        elif len(text) > LONGEST:
            yield self.refuse(f"{at}-text", "too_long", max=LONGEST, count=len(text))
        lat, lon = value.get("lat"), value.get("lon")
        if lat is None and lon is None:
            return
        if not _is_degrees(lat) or not _is_degrees(lon):
            yield self.refuse(f"{at}-{'lon' if _is_degrees(lat) else 'lat'}", "not_a_point")
        elif self.described is not None and not self.described.holds(lat, lon):
            yield self.refuse(f"{at}-lat", "outside_map")

    def json_schema(self) -> dict[str, Any]:
        box = self.described
        lat = {"minimum": box.south, "maximum": box.north} if box else {"minimum": -90, "maximum": 90}
        lon = {"minimum": box.west, "maximum": box.east} if box else {"minimum": -180, "maximum": 180}
        return {
            "type": "object",
            "required": ["text"],
            "additionalProperties": False,
            "dependentRequired": {"lat": ["lon"], "lon": ["lat"]},
            "properties": {
                "text": {"type": "string", "minLength": 1, "maxLength": LONGEST},
                "lat": {"type": "number", **lat},
                "lon": {"type": "number", **lon},
            },
        }

    def point(self, value: Mapping[str, Any], width: int) -> tuple[float, float] | None:
        """The position of the point on a map of this width; None without a point, or outside the map."""
        lat, lon = value.get("lat"), value.get("lon")
        if self.described is None or lat is None or lon is None or not self.described.holds(lat, lon):
            return None
        return self.described.drawn(lat, lon, width)

    def shown(self, value: Any, language: str) -> str:
        text = str(value.get("text", ""))
        if value.get("lat") is None:
            return text
        point = f"{value['lat']:.5f}, {value['lon']:.5f}"
        return WORDS["with_brackets"].in_(language).format(text=text, words=point)

    def known(self, value: Any, look: Look | None = None) -> Any:
        if not isinstance(value, dict):
            return None
        return Whole({part: value.get(part) for part in ("text", "lat", "lon")}, self, value)


def _is_degrees(value: Any) -> bool:
    return is_number(value) and isfinite(value) and abs(value) <= 180
