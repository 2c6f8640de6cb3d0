"""Drawing lots among the cases that wait in a state: announced before, drawn on the day, open to anybody's check.

Nobody can choose the draw. Its secret follows from the installation's key, and its digest is in the journal before the
day; its order follows from the secret and the tickets, and each ticket from a reference number. When the secret is
published with the tickets, everybody can draw again and find the same order, and their own ticket in it.
"""

import hashlib
import hmac
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from praya.blocks.cases import api as cases
from praya.definition.flow import Ballot
from praya.definition.service import Service
from praya.journey import load, run
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal

# Whoever ends like this gives the place up.
GIVEN_UP = ("refused", "withdrawn", "lapsed")


@dataclass(frozen=True, slots=True)
class Draw:
    """A draw as the journal tells it; `secret` and `tickets`, in their order, once it was made."""

    state: str
    on: date
    places: int
    commitment: str
    secret: str = ""
    tickets: tuple[str, ...] = ()
    drawn_at: datetime | None = None


def ticket(ref: str) -> str:
    """What stands for a case in a published draw."""
    return hashlib.sha256(ref.encode()).hexdigest()[:16]


def in_order(secret: str, tickets: Iterable[str]) -> list[str]:
    """The order of a draw: by the HMAC-SHA-256 of each ticket under the secret."""
    return sorted(tickets, key=lambda each: hmac.new(secret.encode(), each.encode(), hashlib.sha256).digest())


def of_service(service: Service) -> list[Draw]:
    """The draws of a service that were announced, also those that are over."""
    found = []
    for state, ballot in service.flow.ballots.items():
        facts = {fact.event: fact for fact in journal.about(_ref(service, state, ballot))}
        if announced := facts.get("ballot_announced"):
            made = facts.get("ballot_drawn")
            said: dict[str, Any] = dict(made.facts) if made else {}
            found.append(
                Draw(
                    state=state,
                    on=ballot.on,
                    places=said.get("places", announced.facts["places"]),
                    commitment=announced.facts["commitment"],
                    secret=said.get("secret", ""),
                    tickets=tuple(said.get("tickets", ())),
                    drawn_at=made.at if made else None,
                )
            )
    return found


def hold(*, at: datetime) -> int:
    """Announce what is to be drawn, draw what is due, and let the cases go on; answers how many went."""
    return sum(
        _hold(service, state, ballot, at)
        for service in load.territory().every
        for state, ballot in service.flow.ballots.items()
    )


def _hold(service: Service, state: str, ballot: Ballot, at: datetime) -> int:
    ref = _ref(service, state, ballot)
    done = {fact.event for fact in journal.about(ref)}
    places = _places(service, ballot)
    if "ballot_announced" not in done:
        announced = {"on": ballot.on.isoformat(), "places": places, "commitment": _digest(_secret(ref))}
        journal.record(event="ballot_announced", at=at, by="system", subject=ref, service=service.service,
                       facts=announced)  # fmt: skip
    if at < load.pack().calendar.moment(ballot.on, run.MORNING):
        return 0
    if "ballot_drawn" not in done:
        _draw(service, state, ref, places, at)
    waiting = cases.in_state(service=service.service, state=state)
    for case in waiting:
        # Somebody who withdraws at this very moment goes before the draw.
        with suppress(cases.CaseMoved):
            settle(case, at=at)
    return len(waiting) + _pass_on(ballot, ref, places, at)


def settle(case: cases.Case, *, at: datetime) -> cases.Case:
    """Let a case go on that waited for a draw that was made; who came too late for it goes with those not drawn."""
    service = load.compiled(case.service, case.version)
    ballot = service.flow.ballots.get(case.state)
    if ballot is None:
        return case
    won = case.rank is not None and case.rank <= _places(service, ballot)
    return run.send_on(case, ballot.won if won else ballot.lost, at=at)


def follow(case: cases.Case, *, given_up: int, at: datetime) -> cases.Case:
    """Let a case that waits go on when so many places of its draw were given up, if that reaches its rank."""
    service = load.compiled(case.service, case.version)
    for ballot in service.flow.ballots.values():
        if ballot.passes_on and case.state == ballot.lost and case.rank is not None:
            reached = case.rank <= _places(service, ballot) + given_up
            return run.send_on(case, ballot.won, at=at) if reached else case
    return case


def _draw(service: Service, state: str, ref: str, places: int, at: datetime) -> None:
    refs = {ticket(each): each for each in cases.entrants(service=service.service, state=state)}
    order, secret = in_order(_secret(ref), refs), _secret(ref)
    cases.draw(
        service=service.service,
        ballot=ref,
        ranks={refs[each]: rank for rank, each in enumerate(order, 1)},
        among=len(order),
        facts={"places": places, "secret": secret, "tickets": order},
        at=at,
    )


def _pass_on(ballot: Ballot, ref: str, places: int, at: datetime) -> int:
    """Give places of this draw that were given up to the next in its order."""
    if not ballot.passes_on:
        return 0
    free = places - cases.places_kept(draw=ref, without=GIVEN_UP, lost=ballot.lost)
    following = cases.next_in_order(draw=ref, state=ballot.lost, limit=max(0, free))
    for case in following:
        with suppress(cases.CaseMoved):
            run.send_on(case, ballot.won, at=at)
    return len(following)


def _places(service: Service, ballot: Ballot) -> int:
    return max(0, int(ballot.places.value({"parameters": service.parameters_on(ballot.on)})))


def _ref(service: Service, state: str, ballot: Ballot) -> str:
    """The draw's reference in the journal: another day is another draw."""
    return hashlib.sha256(f"ballot:{service.service}:{state}:{ballot.on}".encode()).hexdigest()[:32]


def _secret(ref: str) -> str:
    return vault.blind_index("ballot", ref)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
