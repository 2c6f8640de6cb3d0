"""Booking: places with sessions and quotas, visits that belong together, and the window in which to book."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import ROUND_CEILING
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, ValidationInfo, model_validator

from praya.definition.chapter import Chapter, Found, Whole, Words
from praya.definition.model import WEEKDAYS, ClockTime, Model, Path, Slug, Weekday
from praya.definition.questions import Option
from praya.definition.source import Said, unknown
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression, ExpressionFailed, nearest
from praya.kernel.number import is_number, rounded
from praya.kernel.text import Text

FACTS = frozenset({"ref", "size", "visits", "status", "place", "first_date", "last_date"})
"""What expressions read of a booking."""


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
        """The booking that the applicant makes; none where an effect gives the visit later."""
        return None if any(effects.book for effects in self.flow.effects()) else self.booking


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


def problems(whole: Whole) -> Found:
    """Check the visits of the booking, its letters, and the effects that give and release one."""
    booking: Booking | None = whole.service.booking
    for path, effects in whole.effects:
        if effects.book and booking is None:
            yield (*path, "book"), _not("'book: true' gives a visit, but the service has no 'booking'")
        elif effects.book and booking is not None and len(booking.all_visits) > 1:
            yield (*path, "book"), _not("'book: true' gives one visit; take 'visits' out of the booking")
    if booking is None:
        if any(effects.release for _, effects in whole.effects):
            said = "'release: true' gives a booking back, but the service has no 'booking'"
            yield ("flow",), Said("missing-word", said)
        return
    names = [visit.name for visit in booking.visits]
    for index, visit in enumerate(booking.visits):
        if visit.after and visit.after not in names[:index]:
            yield ("booking", "visits", index, "after"), unknown("earlier visit", visit.after, names[:index])
    for index, name in enumerate(booking.move.notify if booking.move else ()):
        if name not in whole.service.notices:
            yield ("booking", "move", "notify", index), unknown("notice", name, whole.service.notices)


def _not(message: str) -> Said:
    return Said("not-possible", message)


def story_problems(service: OfService, expect: OfExpect, path: Path) -> Found:
    """Check that the visits that an example expects are of the service."""
    yield from _seats(expect.visits or (), (*path, "visits"), service)


def step_problems(service: OfService, told: Any, path: Path) -> Found:
    """Check that what an example books, or books in a step, is there to be booked and moved."""
    here = (*path, "book")
    yield from _seats(told.book, here, service)
    if not told.book:
        return
    if not path:
        if service.booked_on_applying is None:
            yield here, _not("the service books nothing")
    elif service.booking is None:
        yield here, _not("the service books nothing")
    elif told.applies is not None or told.party is not None or told.reply is not None:
        return
    elif told.do is None and told.by != "applicant":
        yield here, _not("only the applicant moves a booking; an officer chooses a session with an action: 'do'")
    elif told.do is None and service.booking.move is None:
        yield here, _not("the service does not let people move a booking: it has no 'booking: {move: ...}'")
    elif told.do is not None:
        named = [action for action in service.flow.actions if action.name == told.do]
        if named and not any(action.book for action in named):
            yield here, _not(f"the action '{told.do}' gives no visit: it has no 'book: true'")


def _seats(book: tuple[Seat, ...], path: Path, service: OfService) -> Found:
    if service.booking is None:
        return
    visits = [visit.name for visit in service.booking.all_visits]
    places = [place.value for place in service.booking.places]
    for index, seat in enumerate(book):
        if seat.visit not in visits:
            yield (*path, index, "visit"), unknown("visit", seat.visit, visits)
        if seat.place not in places:
            yield (*path, index, "place"), unknown("place", seat.place, places)


def members(_service: OfService) -> dict[str, set[str]]:
    """What stands after `booking.` in expressions."""
    return {"booking": {*FACTS}}


def before_case(_service: OfService, path: Path) -> bool:
    """Whether it stands in the words of the booking; whether one may move it is asked of a case."""
    return path[0] == "booking" and path[:2] != ("booking", "move")


def letters(service: OfService) -> Iterator[str]:
    """The letters that tell of a moved booking."""
    if service.booking is not None and service.booking.move is not None:
        yield from service.booking.move.notify


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The booking as one part."""
    return {"booking": {"": data["booking"]} if data["booking"] else {}}


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "booking": (
            "How places are booked, for a service that books. See Booking.",
            {
                "title": {"en": "Choose a time", "zh-hant": "選擇時間"},
                "places_label": {"en": "Office", "zh-hant": "辦事處"},
                "list": "vaccination-centres",
                "sessions": {"times": ["09:00"], "capacity": 4},
            },
        ),
    },
    "Booking": {
        "title": (
            "The heading of the page on which one books.",
            {"en": "Choose a time", "zh-hant": "選擇時間"},
        ),
        "places_label": (
            "What places are called.",
            {"en": "Office", "zh-hant": "辦事處"},
        ),
        "places": (
            "The places, written here.",
            [{"value": "sha-tin", "label": {"en": "Sha Tin Office", "zh-hant": "沙田辦事處"}}],
        ),
        "list": (
            "The name of one of the pack's lists, instead of places.",
            "vaccination-centres",
        ),
        "sessions": (
            "When the places are open and how many persons they take.",
            {"weekdays": ["mon", "wed"], "times": ["09:00", "10:00"], "capacity": 8},
        ),
        "visits": (
            "Visits that are booked together, in order. Without it there is one visit, called `visit`.",
            [
                {"name": "first", "label": {"en": "First", "zh-hant": "第一次"}},
                {"name": "second", "label": {"en": "Second", "zh-hant": "第二次"}, "after": "first", "days": [21, 28]},
            ],
        ),
        "party": (
            "An expression for how many persons come.",
            "1 + size(answers.companions)",
        ),
        "max_party": (
            "The greatest party.",
            4,
        ),
        "hold": (
            "How long places stay held while the form is finished.",
            "15 minutes",
        ),
        "once_per": (
            "An expression for whom or what has one live booking only; a list makes each of them have one.",
            "answers.hkid",
        ),
        "ahead": (
            "How far ahead one can book.",
            "14 days",
        ),
        "notice": (
            "How soon one can book.",
            "1 day",
        ),
        "weekly": (
            (
                "Booking is open only every week between two moments, for the whole of the following week. It "
                "replaces ahead and notice."
            ),
            {"opens": "wed", "opens_at": "09:00", "closes": "fri", "closes_at": "18:00"},
        ),
        "opens": (
            "From which day booking is open for whom; the earliest that fits counts.",
            [{"from": date(2026, 3, 1), "label": {"en": "Everyone", "zh-hant": "所有人士"}}],
        ),
        "runs_from": (
            "The first day of any session.",
            date(2026, 3, 1),
        ),
        "runs_until": (
            "The last day of any session.",
            date(2026, 12, 31),
        ),
        "move": (
            (
                "Whoever booked may choose other sessions on the page of the case. The new places are taken and the"
                " old ones given back at once, or nothing changes. Without it a booking is not moved."
            ),
            {"before": "2 days", "notify": ["moved"]},
        ),
        "mode": (
            "How places are given. First come, first served, is the only way so far.",
            "first-come",
        ),
    },
    "Move": {
        "before": (
            "Until how long before each visit. Without it the length of `notice`.",
            "2 days",
        ),
        "when": (
            "Only while this holds. It sees what the flow sees.",
            "case.state == 'booked'",
        ),
        "notify": (
            "The letters that tell of the new time: `{booking.visits}`.",
            ["moved"],
        ),
    },
    "Sessions": {
        "weekdays": (
            "On which days of the week.",
            ["mon", "tue", "wed", "thu", "fri"],
        ),
        "on_holidays": (
            "Whether also on public holidays.",
            False,
        ),
        "times": (
            "The beginnings, in quotes. Without them a session is a whole day.",
            ["09:00", "14:30"],
        ),
        "minutes": (
            "How long one lasts.",
            30,
        ),
        "capacity": (
            "How many persons one session takes: a number, or a number for each place.",
            {"sha-tin": 8, "tai-po": 4},
        ),
    },
    "Visit": {
        "name": (
            "Its name.",
            "first",
        ),
        "label": (
            "What it is called.",
            {"en": "First visit", "zh-hant": "第一次到訪"},
        ),
        "after": (
            "The earlier visit from which days are counted; with days.",
            "first",
        ),
        "days": (
            "How many days after it, at least and at most; with after.",
            [21, 28],
        ),
    },
    "WeeklyOpening": {
        "opens": (
            "The day of the week on which booking opens.",
            "wed",
        ),
        "opens_at": (
            "At what time.",
            "09:00",
        ),
        "closes": (
            "The day of the same week on which it closes.",
            "fri",
        ),
        "closes_at": (
            "At what time.",
            "18:00",
        ),
    },
    "Opening": {
        "from": (
            "The first day.",
            date(2026, 3, 1),
        ),
        "when": (
            "For whom: an expression. Without it, for everybody.",
            "answers.priority_group != 'none'",
        ),
        "label": (
            "What this group is called.",
            {"en": "Priority groups", "zh-hant": "優先組別"},
        ),
    },
    "Effects": {
        "release": (
            "What was booked is given back.",
            True,
        ),
        "book": (
            (
                "A visit is given, such as an inspection: at the session that the officer chooses, or at the first "
                "with room. Nothing is then booked on applying."
            ),
            True,
        ),
    },
    "Seat": {
        "visit": (
            "Which visit, when there are several.",
            "first",
        ),
        "place": (
            "The value of the place.",
            "sha-tin",
        ),
        "day": (
            "The day.",
            date(2026, 3, 9),
        ),
        "time": (
            "The beginning of the session, in quotes. None for whole days.",
            "09:00",
        ),
    },
    "Example": {
        "book": (
            "What is booked: one seat for each visit.",
            [{"place": "sha-tin", "day": date(2026, 3, 9), "time": "09:00"}],
        ),
    },
    "Step": {
        "book": (
            (
                "With do, the session that the officer chooses; with applies, what is booked; by applicant alone, "
                "the sessions to which the booking is moved."
            ),
            [{"place": "sha-tin", "day": date(2026, 3, 12), "time": "09:00"}],
        ),
    },
    "Expect": {
        "booking": (
            "held, booked, cancelled or none.",
            "booked",
        ),
        "visits": (
            "The sessions that are held or booked.",
            [{"place": "sha-tin", "day": date(2026, 3, 12), "time": "09:00"}],
        ),
    },
}
NAMES = {
    "booking": (
        (
            "The case's booking: `booking.status` is none, held, booked, cancelled or expired; `.size` the persons;"
            " `.place` the place of the first visit, its value in `places`; `.first_date` and `.last_date` the days"
            " of the first and last visit; `.visits` how many there are; `.ref` its reference. Without one, `.size`"
            " and `.visits` are 0, the days are null. In letters `{booking.visits}` is a line for each visit with "
            "its day, time and place, and `{booking.place}` the name of the place."
        ),
        "in flow, records, registers, notices",
    )
}

CHAPTER = Chapter(
    name="booking",
    service=(Words(model=OfService, at=40),),
    effects=(Words(model=OfEffects, at=30),),
    stories=(Words(model=OfStory, at=10),),
    steps=(Words(model=OfStep, at=30),),
    expect=(Words(model=OfExpect, at=30),),
    parts=(Booking, Move, Sessions, Visit, WeeklyOpening, Opening, Seat),
    problems=problems,
    story_problems=story_problems,
    step_problems=step_problems,
    errors=("SlotTaken", "NoSession", "HeldAlready", "BookingClosed", "NotMovable"),
    members=members,
    kinds={"booking.first_date": "day", "booking.last_date": "day"},
    before_case=before_case,
    letters=letters,
    differences=differences,
    reference=REFERENCE,
    names=NAMES,
)
