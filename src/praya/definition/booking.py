"""Booking: places with sessions and quotas, visits that belong together, and the window in which to book."""

from collections.abc import Mapping
from datetime import date
from decimal import ROUND_CEILING
from typing import Any, Literal

from pydantic import Field, ValidationInfo, model_validator

from praya.definition.model import ClockTime, Model, Slug
from praya.definition.questions import Option
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression, ExpressionFailed, nearest
from praya.kernel.number import is_number, rounded
from praya.kernel.text import Text

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Sessions(Model):
    """When places are open. Without times, a session is a whole day. `capacity` counts persons."""

    weekdays: tuple[Weekday, ...] = WEEKDAYS
    on_holidays: bool = True
    times: tuple[ClockTime, ...] = ()
    minutes: int = Field(60, ge=5, le=24 * 60)
    capacity: int | dict[str, int]

    def places_in(self, place: str) -> int:
        """How many persons one session takes at `place`."""
        return self.capacity if isinstance(self.capacity, int) else self.capacity.get(place, 0)


class Visit(Model):
    """One of the visits of a booking, such as the second dose, and how many days it lies after another."""

    name: Slug
    label: Text
    after: Slug | None = None
    days: tuple[int, int] | None = None

    @model_validator(mode="after")
    def _has_days(self) -> "Visit":
        if (self.after is None) != (self.days is None):
            raise ValueError("'after' and 'days' belong together, like {after: first, days: [21, 28]}")
        if self.days and not 0 < self.days[0] <= self.days[1]:
            raise ValueError("'days' is [at least, at most], like [21, 28]")
        return self


class WeeklyOpening(Model):
    """Booking is open every week between two moments, for the whole of the following week."""

    opens: Weekday
    opens_at: ClockTime
    closes: Weekday
    closes_at: ClockTime


class Opening(Model):
    """Booking opens on `from` for those for whom `when` holds."""

    from_date: date = Field(alias="from")
    when: Expression | None = None
    label: Text


class Move(Model):
    """Whoever booked may choose other sessions, until a length before each visit: that of `notice` when not said."""

    before: Length | None = None
    when: Expression | None = None
    notify: tuple[str, ...] = ()


class Booking(Model):
    """How the service books."""

    title: Text
    places_label: Text
    places: tuple[Option, ...] = ()
    list: str | None = None
    sessions: Sessions
    visits: tuple[Visit, ...] = ()
    party: Expression | None = None
    max_party: int = Field(1, ge=1, le=50)
    hold: Length = Length(15, "minutes")
    once_per: Expression | None = None
    ahead: Length = Length(14, "days")
    notice: Length = Length(1, "days")
    weekly: WeeklyOpening | None = None
    opens: tuple[Opening, ...] = ()
    runs_from: date | None = None
    runs_until: date | None = None
    move: Move | None = None
    mode: Literal["first-come"] = "first-come"

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, data: Any, info: ValidationInfo) -> Any:
        lists = (info.context or {}).get("lists")
        if lists is None or not isinstance(data, dict) or not isinstance(data.get("list"), str):
            return data
        if data["list"] not in lists:
            raise ValueError(f"the pack has no list '{data['list']}'{nearest(data['list'], [*lists])}")
        return {**data, "places": lists[data["list"]]}

    @model_validator(mode="after")
    def _has_places(self) -> "Booking":
        if not self.places:
            raise ValueError("a booking needs 'places' or the name of a 'list'")
        if isinstance(self.sessions.capacity, dict):
            known = [place.value for place in self.places]
            for name in self.sessions.capacity:
                if name not in known:
                    raise ValueError(f"'capacity' names the unknown place '{name}'{nearest(name, known)}")
        return self

    @property
    def all_visits(self) -> tuple[Visit, ...]:
        """The visits, one without a name of its own when there is only one."""
        return self.visits or (Visit(name="visit", label=self.title),)

    def size(self, context: Mapping[str, Any]) -> int:
        """How many persons come: one while `party` is not known, and never more than `max_party`."""
        try:
            value = self.party.value(context) if self.party else 1
        except ExpressionFailed:
            value = None
        return min(max(int(rounded(value, 0, ROUND_CEILING)), 1), self.max_party) if is_number(value) else 1

    def place_named(self, value: str) -> Option | None:
        """The place with that value."""
        return next((place for place in self.places if place.value == value), None)
