"""The checks of booking: visits, letters, expressions that read bookings, and bookings in examples."""

from collections.abc import Sequence
from typing import Any

from praya.definition.chapter import Problems, Whole
from praya.definition.chapters.booking.words import TICK, Booking, OfExpect, OfService, Seat
from praya.definition.model import WEEKDAYS, Path
from praya.definition.source import Message, unknown
from praya.kernel import syntax


def problems(whole: Whole) -> Problems:
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
            message = "'release: true' gives a booking back, but the service has no 'booking'"
            yield ("flow",), Message("missing-word", message)
        return
    if booking.one_at_a_time is not None:
        for index, block in enumerate(booking.blocks):
            if block.minutes % TICK or any(clock.minute % TICK for clock in block.times):
                where = (
                    ("booking", "sessions", index) if isinstance(booking.sessions, tuple) else ("booking", "sessions")
                )
                message = f"with 'one_at_a_time' sessions begin and last in steps of {TICK} minutes"
                yield where, Message("out-of-range", message)
    names = [visit.name for visit in booking.visits]
    for index, visit in enumerate(booking.visits):
        if visit.after and visit.after not in names[:index]:
            yield ("booking", "visits", index, "after"), unknown("earlier visit", visit.after, names[:index])
        before = next((one for one in booking.visits[:index] if one.name == visit.after), None)
        if before is not None and before.when is not None and visit.when is None:
            message = f"'{visit.name}' is booked by people who do not book '{before.name}': say when, as there"
            yield ("booking", "visits", index, "after"), _not(message)
    if booking.visits and all(visit.when is not None for visit in booking.visits):
        yield ("booking", "visits"), _not("every visit has a 'when', so some would book nothing: leave it out of one")
    for index, name in enumerate(booking.move.notify if booking.move else ()):
        if name not in whole.service.notices:
            yield ("booking", "move", "notify", index), unknown("notice", name, whole.service.notices)
    for index, name in enumerate(booking.postpone.notify if booking.postpone else ()):
        if name not in whole.service.notices:
            yield ("booking", "postpone", "notify", index), unknown("notice", name, whole.service.notices)


def _reading(whole: Whole) -> Problems:
    """Check that expressions read the booking only where it is known, and compare it only with existing words."""
    service, booking = whole.service, whole.service.booking
    for path, expression in whole.expressions:
        if service.rests_on_booking(expression):
            if path[0] == "form" or before_case(service, path):
                message = "'booking' is not known here: the time is chosen after the form, by these very rules"
                yield path, Message("never-known", message)
            elif service.booked_on_applying is None and _on_applying(service, path):
                yield path, Message("never-known", "'booking' is not known here: nothing is booked on applying")
        for node in expression.node.walk():
            for of, word in syntax.compared_words(node):
                known = _words_of(booking, syntax.path(of))
                if known is not None and word not in known[1]:
                    yield path, unknown(known[0], word, known[1])
            law, key = (syntax.path(node.of), syntax.path(node.key)) if isinstance(node, syntax.Index) else (None, None)
            if law and key == ("booking", "class") and booking is not None and law[0] == "parameters":
                yield from _a_value_for_each(service, booking, law[1], path)


def _on_applying(service: Any, path: Path) -> bool:
    """Whether an expression is evaluated when an application is submitted."""
    if path[0] == "fees":
        return isinstance(path[1], int) and service.fees[path[1]].name not in service.charged
    return path[0] in {"eligibility", "limits"}


def _words_of(booking: Booking | None, place: tuple[str, ...] | None) -> tuple[str, Sequence[str]] | None:
    """The name of the kind of word that a fact of a booking can be, and all these words; None for any other fact."""
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


def _a_value_for_each(service: Any, booking: Booking, name: str, path: Path) -> Problems:
    parameter = service.parameters.get(name)
    for value in parameter.values if parameter else ():
        missing = [one for one in booking.classes if isinstance(value.value, dict) and one not in value.value]
        if missing:
            message = f"from {value.from_date} 'parameters.{name}' has no value for the class '{missing[0]}'"
            yield path, Message("never-known", message)


def _not(message: str) -> Message:
    return Message("not-possible", message)


def story_problems(service: OfService, expect: OfExpect, path: Path) -> Problems:
    """Check that the visits in an example's expectation exist in the service."""
    yield from _seats(expect.visits or (), (*path, "visits"), service)


def step_problems(service: OfService, told: Any, path: Path) -> Problems:
    """Check that the bookings of an example or of its steps are possible in the service."""
    here = (*path, "book")
    yield from _seats(told.book, here, service)
    if not told.book:
        return
    if not path:
        if service.booked_on_applying is None:
            message = "the service books nothing"
            if service.booking is not None and service.booking.on_applying is None:
                message = (
                    "nothing is booked on applying, since an effect says 'book'; where both do, write "
                    "'on_applying: true' in 'booking'"
                )
            elif service.booking is not None:
                message = "nothing is booked on applying: 'booking' says 'on_applying: false'"
            yield here, _not(message)
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


def _seats(book: tuple[Seat, ...], path: Path, service: OfService) -> Problems:
    if service.booking is None:
        return
    visits = [visit.name for visit in service.booking.all_visits]
    places = [place.value for place in service.booking.places]
    for index, seat in enumerate(book):
        if seat.visit not in visits:
            yield (*path, index, "visit"), unknown("visit", seat.visit, visits)
        if seat.place not in places:
            yield (*path, index, "place"), unknown("place", seat.place, places)


def before_case(_service: OfService, path: Path) -> bool:
    """Whether the expression at a path belongs to the booking; the condition for moving one is evaluated for a case."""
    return path[0] == "booking" and path[:2] != ("booking", "move")
