"""Drawing lots among the cases that wait in a state: announced before, drawn on the day, open to anybody's check.

Nobody can choose the draw. Its secret follows from the installation's key, and its digest is in the journal before the
day; its order follows from the secret and the tickets, and each ticket from a reference number. When the secret is
published with the tickets, everybody can draw again and find the same order, and their own ticket in it.

A case may have several lots (`weight`), of which its best one counts, or points that go before lots (`order`); the
number stands beside its ticket. Numbers are worked out in slices before the draw, of all who wait on its day.

Places that a class leaves go to the draw of another (`rest_to`). A class gives no place again that it left: nobody
waits for one there any more, and nobody enters a draw that was made.

Who waits from an earlier draw comes first where the draw says so (`waiting_first`), in the order of waiting. They are
cases of this draw from then on, and what is given up of the earlier ones is passed on in its order.
"""

import hashlib
import hmac
import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.services import api as services
from praya.definition.chapters.ballots import UNKNOWN, Ballot
from praya.definition.service import Service
from praya.journey import acting, case_context, load
from praya.journey.tickets import ticket
from praya.kernel import rounds
from praya.kernel.calendar import MORNING
from praya.kernel.crypto import vault
from praya.kernel.expression import ExpressionFailed
from praya.kernel.journal import api as journal
from praya.kernel.number import exact, is_number, written
from praya.kernel.rounds import by_itself
from praya.kernel.text import Text

# The largest number of cases that one call of `draw_due` moves.
SLICE = 500
# Operators are alerted when a draw is not made by this long after its hour.
PATIENCE = timedelta(minutes=15)
# What a case has at most in a draw with weights.
MOST_LOTS = 100
# A case that ends with one of these results gives its place up.
GIVEN_UP = ("refused", "withdrawn", "lapsed")


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw as the journal tells it; from `secret` on once it was made.

    `digest` is the SHA-256 of the tickets in their order, each followed by a line feed; `tickets` gives them.
    """

    ref: str
    state: str
    label: Text | None
    on: date
    places: int
    commitment: str
    secret: str = ""
    entries: int = 0
    digest: str = ""
    drawn_at: datetime | None = None
    by: str = ""
    """What decides beside lots: `weight`, `order` or nothing."""
    from_others: int = 0
    """How many of the places other classes had left when it was made."""
    waited: int = 0
    """How many had waited from an earlier draw and came first."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in a line of a published draw: a ticket and, where there are such, its lots or points."""

    ticket: str
    number: str = ""
    waited: int = 0
    """The place among those who waited from an earlier draw and come first; 0 for all others."""

    @property
    def line(self) -> str:
        """The line, without a line feed."""
        if self.waited:
            return f"{self.ticket} waited {self.waited}"
        return f"{self.ticket} {self.number}" if self.number else self.ticket


def in_order(secret: str, entries: Iterable[Entry], by: str = "") -> list[Entry]:
    """The entries in the order of the draw.

    A lot is the HMAC-SHA-256 under the secret of a ticket, or of a ticket, a space and the number of the lot where it
    has several (`weight`); the lowest is first. With `order` the highest points are first, and lots decide between
    equals. Those who waited are before all of them, by their place.
    """
    every = list(entries)
    waited = sorted((one for one in every if one.waited), key=lambda one: one.waited)
    return waited + _by_lots(secret, [one for one in every if not one.waited], by)


def _by_lots(secret: str, entries: list[Entry], by: str) -> list[Entry]:
    key = secret.encode()

    def lot(words: str) -> bytes:
        return hmac.digest(key, words.encode(), "sha256")

    def weighed(one: Entry) -> tuple[bool, bytes]:
        lots = range(1, int(one.number) + 1)
        return not lots, min((lot(f"{one.ticket} {each}") for each in lots), default=lot(one.ticket))

    def pointed(one: Entry) -> tuple[bool, Fraction, bytes]:
        unknown = one.number == UNKNOWN
        return unknown, Fraction(0) if unknown else -Fraction(one.number), lot(one.ticket)

    if by == "weight":
        return sorted(entries, key=weighed)
    return sorted(entries, key=pointed) if by == "order" else sorted(entries, key=lambda one: lot(one.ticket))


def number_of(ballot: Ballot, context: Mapping[str, Any]) -> str:
    """The lots or the points of a case as they are published; empty where there are none. Raises ExpressionFailed."""
    if ballot.number is None:
        return ""
    value = ballot.number.value(context)
    if ballot.by == "order":
        return written(value) if is_number(value) else UNKNOWN
    return str(max(0, min(MOST_LOTS, math.floor(exact(value))))) if is_number(value) else "0"


@dataclass(frozen=True, slots=True)
class _Lots:
    """A draw to be held: one state and day, for the cases of every version that says the same of them."""

    service: Service
    """The newest of these versions: its number of places counts."""
    state: str
    ballot: Ballot
    versions: frozenset[int]

    @property
    def ref(self) -> str:
        """The draw's reference in the journal: another day is another draw."""
        return _ref(self.service, self.state, self.ballot)

    @property
    def places(self) -> int:
        """The number of places."""
        return _places(self.service, self.ballot)


def _lots(service: Service, versions: Iterable[int]) -> list[_Lots]:
    """The draws of a service by these versions besides its own: a case keeps the draw of the version it began with."""
    by_day: dict[tuple[str, date], _Lots] = {}
    for version in sorted({service.version, *versions}, reverse=True):
        versioned = service if version == service.version else load.compiled(service.service, version)
        for state, ballot in versioned.flow.ballots.items():
            lots = by_day.get((state, ballot.on)) or _Lots(versioned, state, ballot, frozenset())
            by_day[state, ballot.on] = replace(lots, versions=lots.versions | {version})
    return list(by_day.values())


def of_service(service: Service) -> list[Draw]:
    """The draws of every version of a service that were announced, also those that are over."""
    draws = []
    for lots in _lots(service, services.versions_that_wait_for_all(service.service).get(service.service, ())):
        facts = {fact.event: fact for fact in journal.about(lots.ref)}
        if announced := facts.get("ballot_announced"):
            made = facts.get("ballot_drawn")
            said: dict[str, Any] = dict(made.facts) if made else {}
            draws.append(
                Draw(
                    ref=lots.ref,
                    state=lots.state,
                    label=lots.ballot.label,
                    on=lots.ballot.on,
                    places=said.get("places", announced.facts["places"]),
                    commitment=announced.facts["commitment"],
                    secret=said.get("secret", ""),
                    entries=said.get("entries", 0),
                    digest=said.get("digest", ""),
                    drawn_at=made.at if made else None,
                    by=said.get("by", lots.ballot.by),
                    from_others=said.get("from_others", 0),
                    waited=said.get("waited", 0),
                )
            )
    return draws


def tickets(draw: Draw) -> str:
    """The published tickets of a draw in their order, each followed by a line feed; empty before it is made."""
    return cases.draw_tickets(draw.ref) or ""


def overdue(*, at: datetime) -> list[tuple[str, Draw]]:
    """The draws that are overdue, with their service; operators are alerted."""
    drawing = map(load.territory().owner, services.versions_that_wait_for_all())
    draws = [(service.service, draw) for service in drawing if service for draw in of_service(service)]
    return [(service, draw) for service, draw in draws if is_late(draw, at=at)]


def is_late(draw: Draw, *, at: datetime) -> bool:
    """Whether a draw is overdue."""
    return draw.drawn_at is None and load.pack().calendar.moment(draw.on, MORNING) + PATIENCE < at


def oldest_due(*, at: datetime) -> datetime | None:
    """Since when the first draw is due that is not made, or whose cases have not all gone on."""
    due = []
    for name, versions in services.versions_that_wait_for_all().items():
        service = load.territory().owner(name)
        for lots in _lots(service, cases.open_versions(name, versions)) if service else ():
            moment = load.pack().calendar.moment(lots.ballot.on, MORNING)
            made = any(fact.event == "ballot_drawn" for fact in journal.about(lots.ref))
            if moment <= at and (
                not made or cases.in_state(service=name, state=lots.state, versions=lots.versions, limit=1)
            ):
                due.append(moment)
    return min(due, default=None)


def draw_due(*, at: datetime) -> int:
    """Announce new draws, make those that are due, and move their cases on; return how many cases moved.

    Call it until it returns 0: the cases of a large draw are moved in slices.
    """
    count = 0
    for name, versions in services.versions_that_wait_for_all().items():
        with by_itself("draw_ballots", service=name):
            service = load.territory().owner(name)
            # An earlier version is drawn as long as it has open cases.
            every = _lots(service, cases.open_versions(name, versions)) if service else []
            for lots in _in_turn(every):
                count += _announce_and_draw(lots, every, at)
    return count


def _in_turn(every: Sequence[_Lots]) -> list[_Lots]:
    """By day; on one day a class before that to which its places go."""

    def depth(lots: _Lots) -> int:
        return 1 + max((depth(one) for one in every if _gives(one, lots)), default=0)

    return sorted(every, key=lambda lots: (lots.ballot.on, depth(lots)))


def _gives(one: _Lots, to: _Lots) -> bool:
    """Whether the places that one draw leaves go to another: to the one of its newest version, never to two."""
    return one.ballot.rest_to == to.state and one.service.version in to.versions


def _announce_and_draw(lots: _Lots, every: Sequence[_Lots], at: datetime) -> int:
    service, ballot = lots.service, lots.ballot
    done = {fact.event for fact in journal.about(lots.ref)}
    if "ballot_announced" not in done:
        announced = {"on": ballot.on.isoformat(), "places": lots.places, "commitment": _digest(_secret(lots.ref))}
        journal.record(event="ballot_announced", at=at, by="system", subject=lots.ref, service=service.service,
                       facts=announced)  # fmt: skip
    if at < load.pack().calendar.moment(ballot.on, MORNING):
        return 0
    if "ballot_drawn" not in done:
        if any(_gives(one, lots) and one.ballot.on <= ballot.on and _made(one) is None for one in every):
            return 0
        _number(lots, at)
        # Another worker may have made the draw at the same moment; then there is nothing to do.
        with suppress(cases.DrawnAlready):
            _draw(lots, every, at)
    return _settle_all(lots, at) + _settle_waiting(lots, at) + _pass_on(lots, every, at)


def _number(lots: _Lots, at: datetime) -> None:
    """Work out the lots or the points of all cases that have none yet; after a stop it goes on where it was."""
    if lots.ballot.number is None:
        return
    name, pack = lots.service.service, load.pack()
    today, known = pack.calendar.day_of(at), cases.numbers(lots.ref)
    waiting = cases.entrants(service=name, state=lots.state, versions=lots.versions, draw=lots.ref)
    missing = [ref for ref in waiting if ref not in known]
    for first in range(0, len(missing), SLICE):
        found: dict[str, str] = {}
        for ref in missing[first : first + SLICE]:
            case = cases.case(ref)
            try:
                seen = case_context.of_case(case, load.compiled(case.service, case.version), pack, today=today)
                found[ref] = number_of(lots.ballot, seen.context)
            except ExpressionFailed as problem:
                # It is not known, and the operator is told.
                rounds.note("draw_ballots", problem, service=name, case=ref)
                found[ref] = UNKNOWN if lots.ballot.by == "order" else "0"
        cases.set_numbers(lots.ref, found)
        rounds.breathe()


def _made(lots: _Lots) -> Mapping[str, Any] | None:
    """The facts of a draw that was made; None before it."""
    return next((fact.facts for fact in journal.about(lots.ref) if fact.event == "ballot_drawn"), None)


def _from_others(lots: _Lots, every: Sequence[_Lots]) -> int:
    """How many places other classes have left for this one by now; it never becomes fewer."""
    return sum(_left_over(one, every) for one in every if _gives(one, lots))


def _left_over(lots: _Lots, every: Sequence[_Lots]) -> int:
    """How many places of a draw nobody there has or waits for."""
    made, ballot = _made(lots), lots.ballot
    if made is None:
        return 0
    total = lots.places + _from_others(lots, every)
    if not ballot.passes_on:
        return max(0, total - int(made["entries"]))
    # Who waits is asked first: whoever gets a place in between has it when those who have one are counted.
    if cases.next_in_order(draw=lots.ref, state=ballot.lost, limit=1):
        return 0
    return max(0, total - cases.places_kept(draw=lots.ref, without=GIVEN_UP, lost=ballot.lost))


def _settle_all(lots: _Lots, at: datetime) -> int:
    """Move the next cases that waited for the draw. A case that fails stays, and does not delay the others."""
    name, count, made = lots.service.service, 0, _made(lots)
    # What other classes leave later is passed on in the order of the draw.
    places = int(made["places"]) if made is not None else lots.places
    page = cases.in_state(service=name, state=lots.state, versions=lots.versions)
    while page:
        for case in page:
            # An applicant who withdraws at the same moment has precedence over the draw.
            with by_itself("draw_ballots", service=name, case=case.ref), suppress(cases.CaseMoved):
                settle(case, at=at, places=places, draw=lots.ref)
                count += 1
        if count >= SLICE:
            break
        page = cases.in_state(service=name, state=lots.state, versions=lots.versions, after=page[-1])
    return count


def _settle_waiting(lots: _Lots, at: datetime) -> int:
    """Move those who waited from an earlier draw and have a place in this one."""
    made = _made(lots)
    if made is None or not lots.ballot.waiting_first:
        return 0
    count = 0
    for case in cases.next_in_order(draw=lots.ref, state=lots.ballot.lost, limit=SLICE):
        if case.rank is None or case.rank > int(made["places"]):
            break
        with by_itself("draw_ballots", service=case.service, case=case.ref), suppress(cases.CaseMoved):
            acting.send_on(case, _own(case, lots).won, at=at)
            count += 1
    return count


def _own(case: cases.Case, lots: _Lots) -> Ballot:
    """What the version of a case says of this state's draw."""
    return load.compiled(case.service, case.version).flow.ballots.get(lots.state, lots.ballot)


def _before(lots: _Lots, every: Sequence[_Lots]) -> list[_Lots]:
    """The earlier draws whose waiting list this one takes over, the oldest first."""
    if not lots.ballot.waiting_first:
        return []
    alike = [one for one in every if one.state == lots.state and one.ballot.lost == lots.ballot.lost]
    return sorted((one for one in alike if one.ballot.on < lots.ballot.on), key=lambda one: one.ballot.on)


def _free_before(lots: _Lots, every: Sequence[_Lots]) -> int:
    """How many places of the earlier draws nobody has; below 0 where more were passed on than they had themselves."""
    free = 0
    for one in _before(lots, every):
        made = _made(one)
        if made is not None:
            free += int(made["places"])
            free -= cases.places_kept(draw=one.ref, without=GIVEN_UP, lost=one.ballot.lost)
    return free


def settle(case: cases.Case, *, at: datetime, places: int | None = None, draw: str = "") -> cases.Case:
    """Let a case go on that waited for a draw that was made; who came too late for it goes with those not drawn.

    `places` are those of the draw, where another version of the service says how many they are. Of a case that only
    another draw than `draw` gave a number it came too late.
    """
    service = load.compiled(case.service, case.version)
    ballot = service.flow.ballots.get(case.state)
    if ballot is None:
        return case
    drawn = _places(service, ballot) if places is None else places
    won = case.rank is not None and case.rank <= drawn and draw in {"", case.draw_ref}
    return acting.send_on(case, ballot.won if won else ballot.lost, at=at)


def waits_for_next(case: cases.Case) -> Ballot | None:
    """The draw for whose next time a case waits by its order; None where it does not."""
    ballots = load.compiled(case.service, case.version).flow.ballots.values()
    return next((ballot for ballot in ballots if ballot.waiting_first and ballot.lost == case.state), None)


def follow_next(case: cases.Case, ballot: Ballot, *, at: datetime) -> cases.Case:
    """Let a case that waited go on when its rank in the next draw is enough; otherwise it waits on."""
    won = case.rank is not None and case.rank <= _places(load.compiled(case.service, case.version), ballot)
    return acting.send_on(case, ballot.won, at=at) if won else case


def follow(case: cases.Case, *, drawn_in: str, given_up: int, at: datetime) -> cases.Case:
    """Let a case that waits go on when so many places of its draw, in that state, were given up, if that is enough."""
    service = load.compiled(case.service, case.version)
    ballot = service.flow.ballots.get(drawn_in)
    if ballot is None or not ballot.passes_on or case.state != ballot.lost or case.rank is None:
        return case
    return acting.send_on(case, ballot.won, at=at) if case.rank <= _places(service, ballot) + given_up else case


def _draw(lots: _Lots, every: Sequence[_Lots], at: datetime) -> None:
    name, by = lots.service.service, lots.ballot.by
    waiting = cases.entrants(service=name, state=lots.state, versions=lots.versions, draw=lots.ref)
    numbers = cases.numbers(lots.ref) if by else {}
    # Whoever came since the numbers were worked out came too late.
    refs = {ticket(each): each for each in waiting if not by or each in numbers}
    secret = _secret(lots.ref)
    before = [one.ref for one in _before(lots, every)]
    waited = cases.waiting_in_order(service=name, state=lots.ballot.lost, draws=before) if before else []
    entries = [Entry(each, numbers.get(ref, "")) for each, ref in refs.items()]
    entries += [Entry(ticket(ref), "", place) for place, ref in enumerate(waited, 1)]
    refs |= {ticket(ref): ref for ref in waited}
    order = in_order(secret, entries, by)
    lines = [one.line for one in order]
    digest = hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
    from_others = _from_others(lots, every)
    facts = {"places": lots.places + from_others, "secret": secret, "entries": len(order), "digest": digest}
    facts |= {"by": by} if by else {}
    facts |= {"from_others": from_others} if from_others else {}
    facts |= {"waited": len(waited), "free_before": _free_before(lots, every)} if before else {}
    cases.draw(
        service=name,
        ballot=lots.ref,
        ranks={refs[one.ticket]: rank for rank, one in enumerate(order, 1)},
        among=len(order),
        tickets=lines,
        facts=facts,
        at=at,
    )


def _pass_on(lots: _Lots, every: Sequence[_Lots], at: datetime) -> int:
    """Offer places of this draw that were given up, or that other classes left, to the next cases in its order."""
    ballot = lots.ballot
    if not ballot.passes_on:
        return 0
    total = lots.places + _from_others(lots, every)
    made = _made(lots)
    if made is not None and "free_before" in made:
        # What was given up of the earlier draws since their waiting list went over to this one.
        total += max(0, _free_before(lots, every) - int(made["free_before"]))
    free = total - cases.places_kept(draw=lots.ref, without=GIVEN_UP, lost=ballot.lost)
    count = 0
    for case in cases.next_in_order(draw=lots.ref, state=ballot.lost, limit=min(max(0, free), SLICE)):
        with by_itself("draw_ballots", service=case.service, case=case.ref), suppress(cases.CaseMoved):
            acting.send_on(case, _own(case, lots).won, at=at)
            count += 1
    return count


def _places(service: Service, ballot: Ballot) -> int:
    return max(0, int(ballot.places.value({"parameters": service.parameters_on(ballot.on)})))


def _ref(service: Service, state: str, ballot: Ballot) -> str:
    return hashlib.sha256(f"ballot:{service.service}:{state}:{ballot.on}".encode()).hexdigest()[:32]


def _secret(ref: str) -> str:
    return vault.blind_index("ballot", ref)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
