"""Drawing lots among the cases that wait in a state: announced before, drawn on the day, open to anybody's check.

Nobody can choose the draw. Its secret follows from the installation's key, and its digest is in the journal before the
day; its order follows from the secret and the tickets, and each ticket from a reference number. When the secret is
published with the tickets, everybody can draw again and find the same order, and their own ticket in it.
"""

import hashlib
import hmac
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.services import api as services
from praya.definition.chapters.ballots import Ballot
from praya.definition.service import Service
from praya.journey import acting, load
from praya.kernel.calendar import MORNING
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.rounds import by_itself
from praya.kernel.text import Text

# The largest number of cases that one call of `draw_due` moves.
SLICE = 500
# Operators are alerted when a draw is not made by this long after its hour.
PATIENCE = timedelta(minutes=15)
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


def ticket(ref: str) -> str:
    """The ticket of a case: its pseudonym in a published draw."""
    return hashlib.sha256(ref.encode()).hexdigest()[:16]


def in_order(secret: str, tickets: Iterable[str]) -> list[str]:
    """The tickets in the order of the draw: sorted by their HMAC-SHA-256 under the secret."""
    return sorted(tickets, key=lambda each: hmac.new(secret.encode(), each.encode(), hashlib.sha256).digest())


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
    found: dict[tuple[str, date], _Lots] = {}
    for version in sorted({service.version, *versions}, reverse=True):
        said = service if version == service.version else load.compiled(service.service, version)
        for state, ballot in said.flow.ballots.items():
            lots = found.get((state, ballot.on)) or _Lots(said, state, ballot, frozenset())
            found[state, ballot.on] = replace(lots, versions=lots.versions | {version})
    return list(found.values())


def of_service(service: Service) -> list[Draw]:
    """The draws of every version of a service that were announced, also those that are over."""
    found = []
    for lots in _lots(service, services.versions_that_draw_lots(service.service).get(service.service, ())):
        facts = {fact.event: fact for fact in journal.about(lots.ref)}
        if announced := facts.get("ballot_announced"):
            made = facts.get("ballot_drawn")
            said: dict[str, Any] = dict(made.facts) if made else {}
            found.append(
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
                )
            )
    return found


def tickets(draw: Draw) -> str:
    """The published tickets of a draw in their order, each followed by a line feed; empty before it is made."""
    return cases.draw_tickets(draw.ref) or ""


def overdue(*, at: datetime) -> list[tuple[str, Draw]]:
    """The draws that are overdue, with their service; operators are alerted."""
    drawing = map(load.territory().owner, services.versions_that_draw_lots())
    draws = [(service.service, draw) for service in drawing if service for draw in of_service(service)]
    return [(service, draw) for service, draw in draws if is_late(draw, at=at)]


def is_late(draw: Draw, *, at: datetime) -> bool:
    """Whether a draw is overdue."""
    return draw.drawn_at is None and load.pack().calendar.moment(draw.on, MORNING) + PATIENCE < at


def oldest_due(*, at: datetime) -> datetime | None:
    """Since when the first draw is due that is not made, or whose cases have not all gone on."""
    due = []
    for name, versions in services.versions_that_draw_lots().items():
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
    for name, versions in services.versions_that_draw_lots().items():
        with by_itself("draw_ballots", service=name):
            service = load.territory().owner(name)
            # An earlier version is drawn as long as it has open cases.
            for lots in _lots(service, cases.open_versions(name, versions)) if service else ():
                count += _announce_and_draw(lots, at)
    return count


def _announce_and_draw(lots: _Lots, at: datetime) -> int:
    service, ballot = lots.service, lots.ballot
    done = {fact.event for fact in journal.about(lots.ref)}
    if "ballot_announced" not in done:
        announced = {"on": ballot.on.isoformat(), "places": lots.places, "commitment": _digest(_secret(lots.ref))}
        journal.record(event="ballot_announced", at=at, by="system", subject=lots.ref, service=service.service,
                       facts=announced)  # fmt: skip
    if at < load.pack().calendar.moment(ballot.on, MORNING):
        return 0
    if "ballot_drawn" not in done:
        # Another worker may have made the draw at the same moment; then there is nothing to do.
        with suppress(cases.DrawnAlready):
            _draw(lots, at)
    return _settle_all(lots, at) + _pass_on(lots, at)


def _settle_all(lots: _Lots, at: datetime) -> int:
    """Move the next cases that waited for the draw. A case that fails stays, and does not delay the others."""
    name, count = lots.service.service, 0
    page = cases.in_state(service=name, state=lots.state, versions=lots.versions)
    while page:
        for case in page:
            # An applicant who withdraws at the same moment has precedence over the draw.
            with by_itself("draw_ballots", service=name, case=case.ref), suppress(cases.CaseMoved):
                settle(case, at=at, places=lots.places)
                count += 1
        if count >= SLICE:
            break
        page = cases.in_state(service=name, state=lots.state, versions=lots.versions, after=page[-1])
    return count


def settle(case: cases.Case, *, at: datetime, places: int | None = None) -> cases.Case:
    """Let a case go on that waited for a draw that was made; who came too late for it goes with those not drawn.

    `places` are those of the draw, where another version of the service says how many they are.
    """
    service = load.compiled(case.service, case.version)
    ballot = service.flow.ballots.get(case.state)
    if ballot is None:
        return case
    drawn = _places(service, ballot) if places is None else places
    won = case.rank is not None and case.rank <= drawn
    return acting.send_on(case, ballot.won if won else ballot.lost, at=at)


def follow(case: cases.Case, *, drawn_in: str, given_up: int, at: datetime) -> cases.Case:
    """Let a case that waits go on when so many places of its draw, in that state, were given up, if that is enough."""
    service = load.compiled(case.service, case.version)
    ballot = service.flow.ballots.get(drawn_in)
    if ballot is None or not ballot.passes_on or case.state != ballot.lost or case.rank is None:
        return case
    return acting.send_on(case, ballot.won, at=at) if case.rank <= _places(service, ballot) + given_up else case


def _draw(lots: _Lots, at: datetime) -> None:
    name = lots.service.service
    refs = {ticket(each): each for each in cases.entrants(service=name, state=lots.state, versions=lots.versions)}
    secret = _secret(lots.ref)
    order = in_order(secret, refs)
    digest = hashlib.sha256("".join(f"{each}\n" for each in order).encode()).hexdigest()
    cases.draw(
        service=name,
        ballot=lots.ref,
        ranks={refs[each]: rank for rank, each in enumerate(order, 1)},
        among=len(order),
        tickets=order,
        facts={"places": lots.places, "secret": secret, "entries": len(order), "digest": digest},
        at=at,
    )


def _pass_on(lots: _Lots, at: datetime) -> int:
    """Offer places of this draw that were given up to the next cases in its order."""
    ballot = lots.ballot
    if not ballot.passes_on:
        return 0
    free = lots.places - cases.places_kept(draw=lots.ref, without=GIVEN_UP, lost=ballot.lost)
    count = 0
    for case in cases.next_in_order(draw=lots.ref, state=ballot.lost, limit=min(max(0, free), SLICE)):
        with by_itself("draw_ballots", service=case.service, case=case.ref), suppress(cases.CaseMoved):
            own = load.compiled(case.service, case.version).flow.ballots.get(lots.state, ballot)
            acting.send_on(case, own.won, at=at)
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
