"""What an example expects of a moment, and what is found there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.blocks.registers import api as registers
from praya.definition.example import Expect, Seat
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import case_context, entries, fees, rebooking, run
from praya.journey.draft_progress import ShutOut


class Differs(AssertionError):
    """What happened is not what the example expects; carries every difference."""


@dataclass
class Played:
    """How far an example has come."""

    service: Service
    pack: Pack
    person: identity.Person
    now: datetime
    since: datetime
    """From when on what was sent belongs to this moment: while only time passes, timers send letters on their way."""
    case: cases.Case | None = None
    others: dict[str, "Played"] = field(default_factory=dict)
    """How far the other people of the story have come, by name."""
    drawn_in: str = ""
    """The state in which the case was drawn; "" while it was in no draw."""
    given_up: int = 0
    """How many places of the draw were given up by people of whom the story tells nothing more."""
    shut_out: ShutOut | None = None
    errors: dict[str, str] = field(default_factory=dict)
    subject_ref: str = ""
    transcript: list[str] = field(default_factory=list)
    states: list[str] = field(default_factory=list)
    """The state of the case after applying and after each step; "" while there is no case."""
    observed: list[dict[str, Any]] = field(default_factory=list)
    """What an example could expect of each of these moments, when it was asked to observe."""
    letters: list[list[str]] = field(default_factory=list)
    """The references of the notices of each of these moments, likewise."""

    @property
    def refused(self) -> bool:
        """Whether a rule of eligibility refused the person."""
        return self.shut_out is not None


class Moment:
    """What is found at a moment of an example, each thing asked for once."""

    def __init__(self, played: Played) -> None:
        self.played, self.case = played, played.case

    @cached_property
    def sent(self) -> list[notices.Sent]:
        """Every notice of the case so far."""
        return notices.of_case(self.case.ref) if self.case else []

    @property
    def sent_now(self) -> list[notices.Sent]:
        """The notices that belong to this moment."""
        since, now = self.played.since, self.played.now
        return [n for n in self.sent if n.created_at == now or since < n.created_at < now]

    @cached_property
    def booking(self) -> bookings.Booking | None:
        """The booking of the case, as it is now."""
        if self.case is None or self.played.service.booking is None:
            return None
        ref = cases.case(self.case.ref).booking_ref
        return bookings.booking(ref) if ref else None

    @cached_property
    def record(self) -> credentials.Record | None:
        """The newest record of the case."""
        issued = credentials.of_case(self.case.ref) if self.case and self.played.service.records else []
        return max(issued, key=entries.order_of, default=None)

    @cached_property
    def verdict(self) -> credentials.Verdict | None:
        """What whoever checks the newest record is told."""
        return credentials.verify(self.record.token, at=self.played.now) if self.record else None

    @cached_property
    def fees(self) -> tuple[cases.Fee, ...]:
        """What the case was charged, as it is now."""
        return cases.fees(self.case.ref) if self.case else ()


def observe(one: Played, *, into: Played) -> None:
    """Note in the story what an example could expect now of one of its people, and which notices they got."""
    moment = Moment(one)
    into.observed.append(_observed(moment))
    into.letters.append([notice.ref for notice in moment.sent_now])


def _observed(moment: Moment) -> dict[str, Any]:
    """What an example could expect of a moment, without what is empty."""
    played = moment.played
    if played.refused:
        return {"refused": True}
    found = {"errors": played.errors} if played.errors else {}
    names = ("state", "result", "due", "fee", "notices", "booking", "record_valid", "record_until")
    every = Expect()
    seen = {name: _found(name, every, moment) for name in names} if played.case else {}
    return {**found, **{name: value for name, value in seen.items() if value not in (None, 0, False, [], "none")}}


def compare(expect: Expect, played: Played, when: str) -> None:
    """Raise Differs, with every difference, unless what is found is what is expected."""
    differences: list[str] = []
    moment = Moment(played)
    for name in expect.model_fields_set:
        wanted, found = getattr(expect, name), _found(name, expect, moment)
        if name == "visits":
            wanted = [_seat_said(seat) for seat in wanted]
        if name in {"notices", "published", "visits"}:
            wanted, found = sorted(wanted), sorted(found)
        if wanted != found:
            differences.append(f"{name}: expected {wanted!r}, found {found!r}")
    if not expect.model_fields_set & {"refused", "errors"} and (played.refused or played.errors):
        differences.append(f"it was not taken: {played.errors or 'not eligible'}")
    if differences:
        raise Differs(f"{when}: {'; '.join(differences)}")


def _found(name: str, expect: Expect, moment: Moment) -> Any:
    played, case = moment.played, moment.case
    match name:
        case "refused":
            return played.refused
        case "errors":
            return played.errors
        case "state":
            return case.state if case else None
        case "result":
            return (case.result or None) if case else None
        case "due":
            return played.pack.calendar.day_of(case.due_at) if case and case.due_at else None
        case "fee":
            return fees.units(fees.sums(moment.fees)["total"]) if case else None
        case "fees":
            charged = {fee.name: fee.state for fee in moment.fees}
            return {name: charged.get(name, "none") for name in expect.fees or {}}
        case "findings":
            found = cases.content(case.ref).findings if case else {}
            return {name: found.get(name) for name in expect.findings or {}}
        case "notices":
            return [
                n.name for n in moment.sent if n.created_at == played.now or played.since < n.created_at < played.now
            ]
        case "record":
            return _facts_of_record(expect.record or {}, moment)
        case "record_valid":
            return moment.verdict is not None and moment.verdict.state == "valid"
        case "record_until":
            return moment.record.valid_until if moment.record else None
        case "register_entry":
            return _facts_of_entry(expect.register_entry or {}, played)
        case "entry":
            entry = entry_of(played)
            return entry.state(played.pack.calendar.day_of(played.now)) if entry else "none"
        case "published":
            made = registers.of_case(case.ref) if case else []
            today = played.pack.calendar.day_of(played.now)
            current = [
                e.register for e in made if e.register in played.service.publishes and e.state(today) == "in-force"
            ]
            return tuple(sorted(set(current)))
        case "entry_until":
            entry = entry_of(played)
            return entry.until_date if entry else None
        case "booking":
            return moment.booking.status if moment.booking else "none"
        case "visits":
            booking = moment.booking
            seats = rebooking.seats_of(booking) if booking and booking.status in {"held", "booked"} else []
            return [" ".join((visit, place, day.isoformat(), clock)).strip() for visit, place, day, clock in seats]
        case "actions":
            return _actions(case, played)
        case "parties":
            return _standing(expect.parties or {}, case, played)
        case _:
            raise Differs(f"'{name}' cannot be compared")


def _seat_said(seat: Seat) -> str:
    return " ".join((seat.visit, seat.place, seat.day.isoformat(), f"{seat.time:%H:%M}" if seat.time else "")).strip()


def _facts_of_record(wanted: Mapping[str, Any], moment: Moment) -> dict[str, Any] | None:
    if moment.verdict is None:
        return None
    said = {fact.name: fact.value for fact in moment.verdict.facts}
    return {name: _one(said.get(name), wanted[name]) for name in wanted}


def entry_of(played: Played) -> registers.Entry | None:
    """The entry that the case is about, or the newest that it made, standing or not."""
    if played.subject_ref:
        return registers.entry(played.subject_ref)
    made = registers.of_case(played.case.ref) if played.case else []
    made = [entry for entry in made if entry.register in played.service.registers]
    return made[-1] if made else None


def _facts_of_entry(wanted: Mapping[str, Any], played: Played) -> dict[str, Any] | None:
    entry = entry_of(played)
    if entry is None or entry.struck_at is not None:
        return None
    said = {**entry.facts, **registers.inside([entry])[entry.ref].facts}
    return {name: _one(said.get(name), wanted[name]) for name in wanted}


def _one(value: Any, wanted: Any) -> Any:
    """A value said in several languages agrees with an expectation in any of them."""
    if isinstance(value, Mapping) and not isinstance(wanted, Mapping):
        return wanted if str(wanted) in [str(v) for v in value.values()] else dict(value)
    return value


def _standing(wanted: Mapping[str, str], case: cases.Case | None, played: Played) -> dict[str, str]:
    if case is None:
        return dict.fromkeys(wanted, "none")
    seen = case_context.of_case(case, played.service, played.pack, today=played.pack.calendar.day_of(played.now))
    return {name: seen.context["parties"][name]["state"] for name in wanted}


def _actions(case: cases.Case | None, played: Played) -> tuple[str, ...]:
    if case is None:
        return ()
    everybody = run.By("example", ("applicant", *played.pack.all_roles.known))
    return tuple(action.name for action in run.open_actions(case, everybody, at=played.now))
