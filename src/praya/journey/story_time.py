"""The time of a story: what it does to a case, and the cases that those of the story open as it passes."""

from dataclasses import replace
from datetime import datetime

from praya.blocks.cases import api as cases
from praya.journey import draft_booking, load, parties
from praya.journey.expectations import Played


def pass_time_of(case: cases.Case, one: Played, now: datetime) -> cases.Case:
    """Let time pass for a case; at each moment there are the sessions that the worker would have made by then."""
    if one.service.booking is not None:
        while case.timer_at is not None and case.timer_at < now and not case.closed_at:
            draft_booking.make_pools(one.service, one.pack, at=case.timer_at)
            case = parties.pass_time(case.ref, at=case.timer_at)
        if not case.closed_at:
            draft_booking.make_pools(one.service, one.pack, at=now)
    return parties.pass_time(case.ref, at=now)


def adopt(played: Played) -> None:
    """Let the cases that those of the story have opened go on in it: of each service the newest, as a step's `of`."""
    waiting = [played, *played.others.values()]
    while waiting:
        one = waiting.pop()
        for case in cases.opened_by(one.case.ref) if one.case is not None and one.service.opened_cases else ():
            known, number = played.others.get(f"/{case.service}"), cases.item_of(case)
            key = f"/{case.service}#{number}"
            of_item = number > 0 and key not in played.others
            newest = known is None or (known.case is not None and known.case.opened_at < case.opened_at)
            if newest or of_item:
                service = load.compiled(case.service, case.version)
                opened = replace(
                    one, service=service, case=pass_time_of(case, one, played.now), others={}, shut_out=None,
                    errors={}, drawn_in="", given_up=0, subject_ref=case.subject_ref,
                )  # fmt: skip
                played.others |= {f"/{case.service}": opened} if newest else {}
                played.others |= {key: opened} if of_item else {}
                waiting.append(opened)
