"""The words of booking: places with sessions, visits, opening times, and its words in effects and examples."""

from collections.abc import Container, Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_CEILING
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationInfo, model_validator

from praya.definition.model import WEEKDAYS, ClockTime, Model, Slug, Weekday, leaves
from praya.definition.questions import Option
from praya.definition.reasoning import rests_on
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression, ExpressionFailed, nearest
from praya.kernel.number import is_number, rounded
from praya.kernel.text import Text

TICK = 5
"""Minutes: sessions that begin and end in these steps can be told to overlap."""


MINUTES = {"minutes": 1, "hours": 60}
"""The minutes of the units in which a waiting room is timed."""
Chosen = tuple[str, str, date, str]
"""Visit, place, day, clock: `HH:MM`, empty for a whole day."""


class Sessions(Model):
    """When places are open. Without times, a session is a whole day. `capacity` counts persons."""

    weekdays: tuple[Weekday, ...] = WEEKDAYS
    on_holidays: bool | Literal["only"] = True
    times: tuple[ClockTime, ...] = ()
    minutes: int = Field(60, ge=5, le=24 * 60)
    capacity: int | dict[str, int]
    places: tuple[Slug, ...] = ()
    class_name: Slug | None = Field(None, alias="class")
    label: Text | None = None

    @cached_property
    def clocks(self) -> tuple[str, ...]:
        """The times of day at which sessions begin, as `HH:MM`; one empty text for a session of a whole day."""
        return tuple(f"{clock:%H:%M}" for clock in self.times) or ("",)

    def places_in(self, place: str) -> int:
        """How many persons one session takes at `place`."""
        if self.places and place not in self.places:
            return 0
        return self.capacity if isinstance(self.capacity, int) else self.capacity.get(place, 0)

    def on(self, day: date, holidays: Container[date]) -> bool:
        """Whether there are sessions on a day."""
        if WEEKDAYS[day.weekday()] not in self.weekdays:
            return False
        is_holiday = day in holidays
        return is_holiday if self.on_holidays == "only" else bool(self.on_holidays) or not is_holiday


def _one_or_several(written: Any) -> str:
    return "several" if isinstance(written, list | tuple) else "one"


# The form of the value selects the type, so that a mistake in one block is not reported as a missing list.
Blocks = Annotated[
    Annotated[Sessions, Tag("one")] | Annotated[tuple[Sessions, ...], Field(min_length=1), Tag("several")],
    Discriminator(_one_or_several),
]
"""The sessions of a booking, or several blocks of them."""


class Visit(Model):
    """One of the visits of a booking, such as the second dose, and its distance in days from an earlier one."""

    name: Slug
    label: Text
    after: Slug | None = None
    days: tuple[int, int] | None = None
    when: Expression | None = None

    @model_validator(mode="after")
    def _has_days(self) -> "Visit":
        if (self.after is None) != (self.days is None):
            raise ValueError("'after' and 'days' belong together, like {after: first, days: [21, 28]}")
        if self.days and not 0 <= self.days[0] <= self.days[1]:
            raise ValueError("'days' is [at least, at most], like [21, 28]")
        return self


class WeeklyOpening(Model):
    """Booking opens every week between two moments, for the whole following week."""

    opens: Weekday
    opens_at: ClockTime
    closes: Weekday
    closes_at: ClockTime


class Opening(Model):
    """Booking opens on `from` for the persons for whom `when` holds."""

    from_date: date = Field(alias="from")
    when: Expression | None = None
    label: Text


class Move(Model):
    """The applicant may choose other sessions, until some time before each visit (by default `notice`)."""

    before: Length | None = None
    when: Expression | None = None
    notify: tuple[str, ...] = ()
    first_day: Expression | None = None
    last_day: Expression | None = None


class WaitingRoom(Model):
    """Whoever comes to apply or to book waits in a queue, which lets `admits` persons in each minute."""

    admits: int = Field(ge=1, le=100_000)
    gathers: Length = Length(30, "minutes")
    stays: Length = Length(20, "minutes")

    @model_validator(mode="after")
    def _lasts(self) -> "WaitingRoom":
        for word, length in (("gathers", self.gathers), ("stays", self.stays)):
            if length.unit not in MINUTES:
                raise ValueError(f"'{word}' is a length in minutes or hours, like 30 minutes")
        if self.gathers.count * MINUTES[self.gathers.unit] < self.stays.count * MINUTES[self.stays.unit]:
            raise ValueError("'gathers' is at least as long as 'stays', so that nobody is inside when booking opens")
        return self


class Release(Model):
    """Each session's places are released in steps: so many every day at a time, from the day when it can be booked."""

    places: int = Field(ge=1)
    at: ClockTime


class Postpone(Model):
    """Visits in sessions that are closed move by themselves to the next session with room at the same place."""

    days: int = Field(14, ge=1, le=60)
    notify: tuple[str, ...] = ()


class Booking(Model):
    """The booking of a service."""

    title: Text
    places_label: Text
    places: tuple[Option, ...] = ()
    list: str | None = None
    sessions: Blocks
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
    first_day: Expression | None = None
    last_day: Expression | None = None
    one_at_a_time: Expression | None = None
    on_applying: bool | None = None
    waiting_room: WaitingRoom | None = None
    release: Release | None = None
    hot: bool = False
    postpone: Postpone | None = None

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
    def _is_released(self) -> "Booking":
        if self.release is not None and (self.weekly is not None or self.ahead.unit != "days"):
            raise ValueError("'release' counts the days from 'ahead', like 14 days, and goes without 'weekly'")
        return self

    @model_validator(mode="after")
    def _has_places(self) -> "Booking":
        if not self.places:
            raise ValueError("a booking needs 'places' or the name of a 'list'")
        known = [place.value for place in self.places]
        for block in self.blocks:
            named = {"capacity": block.capacity if isinstance(block.capacity, dict) else (), "places": block.places}
            for word, names in named.items():
                for name in names:
                    if name not in known:
                        raise ValueError(f"'{word}' names the unknown place '{name}'{nearest(name, known)}")
        return self

    @property
    def blocks(self) -> tuple[Sessions, ...]:
        """The blocks of sessions. If several define the same session, the first one counts."""
        return self.sessions if isinstance(self.sessions, tuple) else (self.sessions,)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of all blocks."""
        return tuple(dict.fromkeys(block.class_name for block in self.blocks if block.class_name))

    def block_of(self, place: str, day: date, clock: str, holidays: Container[date]) -> Sessions | None:
        """The block that defines a session; None when the service has no such session now."""
        return next(
            (
                block
                for block in self.blocks
                if clock in block.clocks and block.places_in(place) and block.on(day, holidays)
            ),
            None,
        )

    def ticks(self, seats: Iterable[Chosen], holidays: Container[date]) -> tuple[str, ...]:
        """The intervals of `TICK` minutes that these seats occupy, as texts like `2026-03-12T09:05`."""
        steps: dict[str, None] = {}
        for _, place, day, clock in seats:
            block = self.block_of(place, day, clock, holidays)
            begin = int(clock[:2]) * 60 + int(clock[3:]) if clock else 0
            length = (block.minutes if block else TICK) if clock else 24 * 60
            for minute in range(begin - begin % TICK, begin + length, TICK):
                later, rest = divmod(minute, 24 * 60)
                at = day + timedelta(days=later)
                steps[f"{at.isoformat()}T{rest // 60:02d}:{rest % 60:02d}"] = None
        return tuple(steps)

    @property
    def all_visits(self) -> tuple[Visit, ...]:
        """The visits; a service without named visits has one with an empty name."""
        return self.visits or (Visit(name="visit", label=self.title),)

    def visits_for(self, context: Mapping[str, Any]) -> tuple[Visit, ...]:
        """The visits that somebody with these answers books."""
        return tuple(visit for visit in self.all_visits if visit.when is None or visit.when.holds(context))

    def size(self, context: Mapping[str, Any]) -> int:
        """The number of persons: one while `party` is unknown, at most `max_party`."""
        try:
            value = self.party.value(context) if self.party else 1
        except ExpressionFailed:
            value = None
        return min(max(int(rounded(value, 0, ROUND_CEILING)), 1), self.max_party) if is_number(value) else 1

    def place_named(self, value: str) -> Option | None:
        """The place with that value."""
        return next((place for place in self.places if place.value == value), None)


class Seat(Model):
    """A place to book: which visit, where and when."""

    visit: Slug = "visit"
    place: Slug
    day: date
    time: ClockTime | None = None


class OfService(Model):
    """The booking of a service."""

    booking: Booking | None = None

    if TYPE_CHECKING:
        flow: Any

    @cached_property
    def booked_on_applying(self) -> Booking | None:
        """The booking that the applicant makes while applying; None when an effect books later."""
        if self.booking is None or self.booking.on_applying is not None:
            return self.booking if self.booking and self.booking.on_applying else None
        return None if any(effects.book for effects in self.flow.effects()) else self.booking

    def rests_on_booking(self, expression: Expression) -> bool:
        """Whether an expression reads the booking, directly or through conditions and decisions."""
        service: Any = self
        return any(root == "booking" for root, _ in rests_on(expression.paths, service.reads))

    @cached_property
    def reads_booking(self) -> bool:
        """Whether rules that are evaluated before a case exists read the booking, directly or indirectly."""
        words = ("conditions", "decisions", "eligibility", "limits", "fees")
        expressions = (leaves(getattr(self, word), Expression) for word in words) if self.booking is not None else ()
        return any("booking" in expression.names for each in expressions for _, expression in each)


class OfEffects(Model):
    """What effects do to bookings."""

    release: bool = False
    book: bool = False


class OfStory(Model):
    """What the applicant of an example books."""

    book: tuple[Seat, ...] = ()


class OfStep(Model):
    """What is booked in a step."""

    book: tuple[Seat, ...] = ()


class OfExpect(Model):
    """What an example expects of the booking."""

    booking: Literal["held", "booked", "cancelled", "none"] | None = None
    visits: tuple[Seat, ...] | None = None
