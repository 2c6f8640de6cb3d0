"""Booking: places with sessions and quotas, visits that belong together, and the window in which to book."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_CEILING
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationInfo, model_validator

from praya.definition.chapter import Chapter, Found, Whole, Words
from praya.definition.model import WEEKDAYS, ClockTime, Model, Path, Slug, Weekday, leaves
from praya.definition.own_words import WORDS
from praya.definition.questions import Option, clock_said, shown_date
from praya.definition.reasoning import rests_on
from praya.definition.source import Said, unknown
from praya.kernel import syntax
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression, ExpressionFailed, nearest
from praya.kernel.number import is_number, rounded, written
from praya.kernel.text import Text

FACTS = frozenset(
    {"ref", "size", "visits", "status", "place", "first_date", "last_date", "time", "hour", "weekday", "class", "hours",
     "each"}
)  # fmt: skip
"""What expressions read of a booking."""
OF_A_VISIT = ("visit", "place", "date", "time", "hour", "weekday", "class", "hours")
"""What they read of each visit, in `booking.each`."""
TICK = 5
"""Minutes: sessions that begin and end in these steps can be told to overlap."""
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

    @property
    def clocks(self) -> tuple[str, ...]:
        """The beginnings as `HH:MM`; one that is empty for a whole day."""
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


# Told apart by what is written, so that a mistake in one block is not said to be no list.
Blocks = Annotated[
    Annotated[Sessions, Tag("one")] | Annotated[tuple[Sessions, ...], Field(min_length=1), Tag("several")],
    Discriminator(_one_or_several),
]
"""The sessions of a booking, or several blocks of them."""


class Visit(Model):
    """One of the visits of a booking, such as the second dose, and how many days it lies after another."""

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
    first_day: Expression | None = None
    last_day: Expression | None = None


class Booking(Model):
    """How the service books."""

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
        """The blocks of sessions. Where several give the same session, the first counts."""
        return self.sessions if isinstance(self.sessions, tuple) else (self.sessions,)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of all blocks."""
        return tuple(dict.fromkeys(block.class_name for block in self.blocks if block.class_name))

    def block_of(self, place: str, day: date, clock: str, holidays: Container[date]) -> Sessions | None:
        """The block that gives a session; None when the service has no such session now."""
        return next(
            (
                block
                for block in self.blocks
                if clock in block.clocks and block.places_in(place) and block.on(day, holidays)
            ),
            None,
        )

    def ticks(self, seats: Iterable[Chosen], holidays: Container[date]) -> tuple[str, ...]:
        """The steps of `TICK` minutes that these seats take, as `2026-03-12T09:05`."""
        found: dict[str, None] = {}
        for _, place, day, clock in seats:
            block = self.block_of(place, day, clock, holidays)
            begin = int(clock[:2]) * 60 + int(clock[3:]) if clock else 0
            length = (block.minutes if block else TICK) if clock else 24 * 60
            for minute in range(begin - begin % TICK, begin + length, TICK):
                later, rest = divmod(minute, 24 * 60)
                at = day + timedelta(days=later)
                found[f"{at.isoformat()}T{rest // 60:02d}:{rest % 60:02d}"] = None
        return tuple(found)

    @property
    def all_visits(self) -> tuple[Visit, ...]:
        """The visits, one without a name of its own when there is only one."""
        return self.visits or (Visit(name="visit", label=self.title),)

    def visits_for(self, context: Mapping[str, Any]) -> tuple[Visit, ...]:
        """The visits that somebody with these answers books."""
        return tuple(visit for visit in self.all_visits if visit.when is None or visit.when.holds(context))

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
        """The booking that the applicant makes; none where an effect gives the visit later, unless it says so."""
        if self.booking is None or self.booking.on_applying is not None:
            return self.booking if self.booking and self.booking.on_applying else None
        return None if any(effects.book for effects in self.flow.effects()) else self.booking

    def rests_on_booking(self, expression: Expression) -> bool:
        """Whether an expression reads what is booked, also by conditions and decisions."""
        service: Any = self
        return any(root == "booking" for root, _ in rests_on(expression.paths, service.reads))

    @cached_property
    def reads_booking(self) -> bool:
        """Whether rules that hold before there is a case, or what they rest on, read what is booked."""
        words = ("conditions", "decisions", "eligibility", "limits", "fees")
        found = (leaves(getattr(self, word), Expression) for word in words) if self.booking is not None else ()
        return any("booking" in expression.names for each in found for _, expression in each)


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


def facts_of(
    booking: Booking | None,
    seats: Sequence[Chosen],
    holidays: Container[date],
    *,
    ref: str = "",
    size: int = 0,
    status: str = "none",
) -> dict[str, Any]:
    """A booking as expressions see it; without seats, what they see while nothing is booked."""
    in_order = sorted(seats, key=lambda seat: (seat[2], seat[3]))
    each = [_visit_facts(booking, seat, holidays) for seat in in_order]
    first = each[0] if each else dict.fromkeys(OF_A_VISIT)
    lengths = [one["hours"] for one in each]
    return {
        "ref": ref,
        "size": size,
        "status": status,
        "place": first["place"] or "",
        "first_date": first["date"],
        "last_date": each[-1]["date"] if each else None,
        "visits": len(each),
        "time": first["time"],
        "hour": first["hour"],
        "weekday": first["weekday"],
        "class": first["class"],
        "hours": sum(lengths) if each and None not in lengths else None,
        "each": each,
    }


def _visit_facts(booking: Booking | None, seat: Chosen, holidays: Container[date]) -> dict[str, Any]:
    name, place, day, clock = seat
    block = booking.block_of(place, day, clock, holidays) if booking else None
    return {
        "visit": name,
        "place": place,
        "date": datetime.combine(day, time(), tzinfo=UTC),
        "time": clock or None,
        "hour": Fraction(int(clock[:2]) * 60 + int(clock[3:]), 60) if clock else None,
        "weekday": WEEKDAYS[day.weekday()],
        "class": block.class_name if block else None,
        "hours": Fraction(block.minutes, 60) if block and clock else None,
    }


def shown(service: Any, name: str, context: Mapping[str, Any], language: str) -> tuple[str, str] | None:
    """What a fact of the booking is called, and what it is; None where nothing is booked or the fact is not told."""
    booking, facts = service.booking, context.get("booking") or {}
    value = facts.get(name)
    if booking is None or not facts.get("visits") or value in (None, "", []):
        return None
    key = {"hour": "booked_time"}.get(name, f"booked_{name}")
    label = booking.places_label if name == "place" else WORDS.get(key)
    return (label.in_(language), _told(booking, name, facts, language)) if label is not None else None


def _told(booking: Booking, name: str, facts: Mapping[str, Any], language: str) -> str:
    value = facts[name]
    match name:
        case "place":
            return _place(booking, value, language)
        case "class":
            labels = [block.label for block in booking.blocks if block.class_name == value and block.label]
            return labels[0].in_(language) if labels else str(value)
        case "weekday":
            return WORDS[f"weekday_{value}"].in_(language)
        case "time" | "hour":
            return clock_said(facts["time"], language)
        case "hours":
            said = WORDS["hours_one" if value == 1 else "hours_many"].in_(language)
            return said.format(count=written(rounded(value, 2)))
        case "each":
            return WORDS["semicolon"].in_(language).join(_visit(booking, one, language) for one in value)
    return shown_date(value.date(), language) if isinstance(value, datetime) else str(value)


def _visit(booking: Booking, visit: Mapping[str, Any], language: str) -> str:
    when = shown_date(visit["date"].date(), language)
    if visit["time"]:
        clock = clock_said(visit["time"], language)
        when = WORDS["day_and_clock"].in_(language).format(day=when, clock=clock)
    return f"{when} {_place(booking, visit['place'], language)}"


def _place(booking: Booking, value: str, language: str) -> str:
    place = booking.place_named(value)
    return place.label.in_(language) if place else value


def problems(whole: Whole) -> Found:
    """Check the visits of the booking, its letters, and the effects that give and release one."""
    booking: Booking | None = whole.service.booking
    yield from _reading(whole)
    for path, effects in whole.effects:
        if effects.book and booking is None:
            yield (*path, "book"), _not("'book: true' gives a visit, but the service has no 'booking'")
        elif effects.book and booking is not None and (len(booking.all_visits) > 1 and not booking.on_applying):
            yield (*path, "book"), _not("'book: true' gives one visit; take 'visits' out of the booking")
    if booking is None:
        if any(effects.release for _, effects in whole.effects):
            said = "'release: true' gives a booking back, but the service has no 'booking'"
            yield ("flow",), Said("missing-word", said)
        return
    if booking.one_at_a_time is not None:
        for index, block in enumerate(booking.blocks):
            if block.minutes % TICK or any(clock.minute % TICK for clock in block.times):
                where = (
                    ("booking", "sessions", index) if isinstance(booking.sessions, tuple) else ("booking", "sessions")
                )
                said = f"with 'one_at_a_time' sessions begin and last in steps of {TICK} minutes"
                yield where, Said("out-of-range", said)
    names = [visit.name for visit in booking.visits]
    for index, visit in enumerate(booking.visits):
        if visit.after and visit.after not in names[:index]:
            yield ("booking", "visits", index, "after"), unknown("earlier visit", visit.after, names[:index])
        before = next((one for one in booking.visits[:index] if one.name == visit.after), None)
        if before is not None and before.when is not None and visit.when is None:
            said = f"'{visit.name}' is booked by people who do not book '{before.name}': say when, as there"
            yield ("booking", "visits", index, "after"), _not(said)
    if booking.visits and all(visit.when is not None for visit in booking.visits):
        yield ("booking", "visits"), _not("every visit has a 'when', so some would book nothing: leave it out of one")
    for index, name in enumerate(booking.move.notify if booking.move else ()):
        if name not in whole.service.notices:
            yield ("booking", "move", "notify", index), unknown("notice", name, whole.service.notices)


def _reading(whole: Whole) -> Found:
    """Check what expressions read of the booking: where it is known, and of which words it is made."""
    service, booking = whole.service, whole.service.booking
    for path, expression in whole.expressions:
        if service.rests_on_booking(expression):
            if path[0] == "form" or before_case(service, path):
                said = "'booking' is not known here: the time is chosen after the form, by these very rules"
                yield path, Said("never-known", said)
            elif service.booked_on_applying is None and _on_applying(service, path):
                yield path, Said("never-known", "'booking' is not known here: nothing is booked on applying")
        for node in expression.node.walk():
            for of, word in syntax.compared_words(node):
                known = _words_of(booking, syntax.path(of))
                if known is not None and word not in known[1]:
                    yield path, unknown(known[0], word, known[1])
            law, key = (syntax.path(node.of), syntax.path(node.key)) if isinstance(node, syntax.Index) else (None, None)
            if law and key == ("booking", "class") and booking is not None and law[0] == "parameters":
                yield from _a_value_for_each(service, booking, law[1], path)


def _on_applying(service: Any, path: Path) -> bool:
    """Whether an expression decides about an application that is being handed in."""
    if path[0] == "fees":
        return isinstance(path[1], int) and service.fees[path[1]].name not in service.charged
    return path[0] in {"eligibility", "limits"}


def _words_of(booking: Booking | None, place: tuple[str, ...] | None) -> tuple[str, Sequence[str]] | None:
    """What a word is called, and which there are, of a fact of a booking that is one of several words."""
    if booking is None:
        return None
    match place:
        case ("booking", "class"):
            return "class of sessions", booking.classes
        case ("booking", "place"):
            return "place", ("", *(option.value for option in booking.places))
        case ("booking", "weekday"):
            return "weekday", WEEKDAYS
    return None


def _a_value_for_each(service: Any, booking: Booking, name: str, path: Path) -> Found:
    parameter = service.parameters.get(name)
    for value in parameter.values if parameter else ():
        missing = [one for one in booking.classes if isinstance(value.value, dict) and one not in value.value]
        if missing:
            said = f"from {value.from_date} 'parameters.{name}' has no value for the class '{missing[0]}'"
            yield path, Said("never-known", said)


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
            (
                "When the places are open and how many persons they take: one block, or a list of several with their "
                "own days, times, places, class and capacity. Where several give the same session, the first counts."
            ),
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
        "first_day": (
            (
                "An expression for the first day that may be booked, within what ahead, notice and weekly allow. Null "
                "sets none."
            ),
            "answers.from_date",
        ),
        "last_day": (
            "An expression for the last day that may be booked, likewise; also where a booking is moved.",
            "entry.until",
        ),
        "one_at_a_time": (
            (
                "An expression for whom or what has no two bookings of the service that overlap, at whatever places; a "
                "list makes each of them have none. Unlike once_per it lets them book again for another time."
            ),
            "answers.hkid",
        ),
        "on_applying": (
            (
                "Whether one books on applying. Without it one does, unless an effect says `book`; with true also "
                "where such an effect lets people, or the department, choose another time later."
            ),
            True,
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
        "first_day": (
            "An expression for the first day to which one may move, instead of that of the booking.",
            "booking.first_date",
        ),
        "last_day": ("An expression for the last such day, likewise.", "days_after(booking.first_date, 14)"),
    },
    "Sessions": {
        "weekdays": (
            "On which days of the week.",
            ["mon", "tue", "wed", "thu", "fri"],
        ),
        "on_holidays": (
            "Whether also on public holidays; `only` for sessions that are on public holidays alone.",
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
        "places": ("The places that have these sessions, without it all.", ["sha-tin"]),
        "class": ("What expressions read as `booking.class`, such as a class of prices.", "peak"),
        "label": ("What stands beside their times.", {"en": "Peak hours", "zh-hant": "繁忙時段"}),
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
            "How many days after it, at least and at most; with after. 0 is the same day.",
            [21, 28],
        ),
        "when": (
            "It is booked only when this holds. The visit after which it comes is then booked too.",
            "answers.hours >= 2",
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
            "What is booked: `booking.status` is none, held, booked, cancelled or expired; `.size` the persons; "
            "of the first visit `.place`, its value in `places`, `.first_date`, `.weekday` (mon), `.time` "
            '("09:30"), `.hour` (9.5) and `.class`, that of its block of sessions; `.last_date` the day of the '
            "last visit; `.visits` how many there are, `.hours` how long all of them last; `.ref` its reference. "
            "`.each` is a list with `.visit`, `.place`, `.date`, `.weekday`, `.time`, `.hour`, `.class` and "
            "`.hours` of each. Without one, `.size` and `.visits` are 0, the others null. In eligibility, limits "
            "and fees it is what the applicant chose, and a rule waits until they have. In letters "
            "`{booking.visits}` is a line for each visit with its day, time and place, `{booking.place}` the name"
            " of the place, `{booking.time}` and `{booking.weekday}` as people write them, `{booking.class}` the "
            "label of its sessions."
        ),
        "in eligibility, limits, fees, conditions, decisions; in flow, records, registers, notices",
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
    errors=("SlotTaken", "NoSession", "HeldAlready", "Overlaps", "BookingClosed", "NotMovable", "SessionRefused"),
    members=members,
    kinds={
        "booking.first_date": "day",
        "booking.last_date": "day",
        **dict.fromkeys(("booking.size", "booking.visits", "booking.hour", "booking.hours"), "number"),
        **dict.fromkeys(
            ("booking.status", "booking.place", "booking.time", "booking.weekday", "booking.class"), "text"
        ),
    },
    before=frozenset({"booking"}),
    before_case=before_case,
    letters=letters,
    differences=differences,
    reference=REFERENCE,
    names=NAMES,
    shown=shown,
)
