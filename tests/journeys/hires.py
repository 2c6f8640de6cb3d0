"""Hires by the hour at the same moment, in processes of their own; `House.call` runs these in a process in a house."""

from datetime import date, timedelta
from typing import Any

from tests import small_services
from tests.installations import at_once
from tests.web.test_hire import AT, HIRE

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.journey import acting, application_steps, draft_booking, rebooking

DAY = date(2026, 3, 3)
OFFICER = acting.By("officer:x", ("officer",), "fehd")


class Pitch:
    """The service, live, with sessions; whoever applies is another person each time."""

    def __init__(self) -> None:
        territory = small_services.published(small_services.service("pitch", "PT", HIRE))
        self.service = territory.services["pitch"]
        draft_booking.make_pools(self.service, territory.pack, at=AT)

    def apply(self, key: str, team: str, day: date, clock: str, place: str = "west") -> cases.Case:
        person = identity.enrol(email=f"{key}@example.com", name=None, language="en", at=AT)
        return application_steps.apply_at_once(
            self.service, person=person, language="en", answers={"age": 30, "team": team}, files={},
            seats=[("visit", place, day, clock)], once_key=key, at=AT,
        )  # fmt: skip


def moved_and_paid(rounds: int) -> list[Any]:
    """For each round: one hour is moved to a dearer one while an officer notes that it was paid."""
    pitch, found = Pitch(), []
    for number in range(rounds):
        day = DAY + timedelta(days=7 * (number % 2) + number // 2 % 3)
        case = pitch.apply(f"paid{number}", f"Team {number}", day, "10:00")

        def do(which: int, case: cases.Case = case, day: date = day, number: int = number) -> str:
            if which:
                acting.act(case=cases.case(case.ref), action="paid", by=OFFICER, answers={}, reason="",
                           once_key=f"pay{number}", at=AT)  # fmt: skip
                return "paid"
            rebooking.move(case.ref, [("visit", "west", day, "18:30")], at=AT)
            return "moved"

        told = at_once(2, do)
        (fee,) = cases.fees(case.ref)
        (visit,) = bookings.booking(cases.case(case.ref).booking_ref).visits
        found.append([dict(told), visit.clock, fee.cents // 100, fee.state])
        if visit.clock != "10:00":
            free_the_evening(case, number)
    return [found, bookings.miscounted()]


def free_the_evening(case: cases.Case, number: int) -> None:
    """Free the evening for the next round."""
    acting.act(
        case=cases.case(case.ref), action="close", by=OFFICER, answers={}, reason="", once_key=f"c{number}", at=AT
    )


def one_team(processes: int) -> list[Any]:
    """One team applies for hours of one day at both places, and moves there from others, all at once."""
    pitch = Pitch()
    others = [pitch.apply(f"other{n}", "Reds", DAY + timedelta(days=1 + n), "10:00").ref for n in range(2)]
    sessions = [(place, clock) for clock in ("10:00", "11:00", "12:00") for place in ("east", "west")]

    def do(which: int) -> str:
        place, clock = sessions[which % len(sessions)]
        if which < len(others):
            rebooking.move(others[which], [("visit", place, DAY, clock)], at=AT)
        else:
            pitch.apply(f"team{which}", "Reds", DAY, clock, place)
        return "booked"

    told = at_once(processes, do)
    day = [slot for slot in bookings.slots(scheme="pitch", first=DAY, last=DAY) if slot.left == 0]
    return [dict(told), sorted(slot.clock for slot in day), bookings.miscounted()]
