"""Choosing from a stock at the same moment, in processes of their own; `House.call` runs these in a process."""

from collections import Counter
from typing import Any

from tests.installations import at_once
from tests.small import AT, published

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.stocks import api as stocks
from praya.definition.service import Service
from praya.journey import acting, application_steps, jobs, lines
from praya.journey.stocks import ref_of

TURNS = """
service: small-turns
version: 1
reference: TU
title: {en: Choose a room, zh-hant: 選擇房間}
summary: {en: Rooms in turn., zh-hant: 依次選擇房間。}
department: dh
topic: health
who: {en: Anybody., zh-hant: 任何人。}
legal: {basis: A decision, purpose: {en: To give out rooms., zh-hant: 用於分配房間。}}
form:
  - page: about-you
    questions:
      - persons: {type: number, min: 1, max: 9, label: {en: Persons, zh-hant: 人數}}
stocks:
  rooms:
    label: {en: Rooms, zh-hant: 房間}
    things:
      - {value: r1, label: {en: Room 1, zh-hant: 1 號房}, facts: {beds: 2}}
      - {value: r2, label: {en: Room 2, zh-hant: 2 號房}, facts: {beds: 2}}
      - {value: r3, label: {en: Room 3, zh-hant: 3 號房}, facts: {beds: 4}}
flow:
  start: waiting
  states:
    waiting:
      label: {en: In the line, zh-hant: 輪候中}
      line: {to: choosing, none_left: nothing}
      actions:
        withdraw: {label: {en: Withdraw, zh-hant: 撤回}, by: applicant, to: withdrawn}
    choosing:
      label: {en: Your turn, zh-hant: 輪到你}
      actions:
        choose:
          label: {en: Choose, zh-hant: 選擇}
          by: applicant
          to: chosen
          ask:
            - room:
                type: choice
                stock: rooms
                may_take: thing.beds >= answers.persons
                label: {en: Room, zh-hant: 房間}
        pass: {label: {en: Pass, zh-hant: 放棄}, by: applicant, to: withdrawn}
      timers: [{after: 3 days, to: withdrawn}]
    chosen:
      label: {en: Chosen, zh-hant: 已選擇}
      actions:
        change:
          label: {en: Change, zh-hant: 更換}
          by: applicant
          ask:
            - room:
                type: choice
                stock: rooms
                may_take: thing.beds >= answers.persons
                label: {en: Room, zh-hant: 房間}
        return: {label: {en: Return, zh-hant: 交還}, by: officer, gives_back: [rooms], to: returned}
        keep: {label: {en: Keep, zh-hant: 保留}, by: officer, to: kept}
        refuse: {label: {en: Refuse, zh-hant: 拒絕}, by: officer, to: refused}
    returned: {label: {en: Returned, zh-hant: 已交還}, final: true, result: completed}
    kept: {label: {en: Kept, zh-hant: 已保留}, final: true, result: granted}
    refused: {label: {en: Refused, zh-hant: 已拒絕}, final: true, result: refused}
    withdrawn: {label: {en: Withdrawn, zh-hant: 已撤回}, final: true, result: withdrawn}
    nothing: {label: {en: Nothing left, zh-hant: 沒有餘下}, final: true, result: lapsed}
retention: {completed: 1 year, granted: 1 year, refused: 1 year, withdrawn: 1 year, lapsed: 1 year}
"""


def applied(service: Service, number: int, persons: int = 1) -> cases.Case:
    """Somebody new in the line."""
    person = identity.enrol(email=f"p{number}@example.com", name=None, language="en", at=AT)
    return application_steps.apply_at_once(
        service, person=person, language="en", answers={"persons": persons}, files={}, seats=[],
        once_key=f"turn{number}", at=AT,
    )  # fmt: skip


def choose(ref: str, room: str, action: str = "choose") -> cases.Case:
    """Let the applicant choose."""
    case = cases.case(ref)
    return acting.act(
        case=case, action=action, by=acting.applicant(case.person_ref), answers={"room": room}, reason="",
        once_key=f"{ref}{action}{room}", at=AT,
    )  # fmt: skip


def race(rounds: int, processes: int) -> list[Any]:
    """All have their turn and choose the same room at one moment, while workers call the next, round after round."""
    service = published(TURNS.replace("to: choosing, none_left", f"to: choosing, at_once: {processes}, none_left"))
    found = []
    for turn in range(rounds):
        refs = [applied(service, turn * 100 + number).ref for number in range(processes)]
        later = applied(service, turn * 100 + 99).ref
        jobs.call_lines(at=AT)
        room = f"r{turn + 1}"

        def do(which: int, refs: list[str] = refs, room: str = room) -> str:
            if which == len(refs):
                return f"called {lines.call_due(at=AT)}"
            return choose(refs[which], room).state

        told = at_once(processes + 1, do)
        jobs.call_lines(at=AT)
        states = Counter(cases.case(ref).state for ref in refs)
        holders = [ref for ref in refs if stocks.thing_of(ref_of("small-turns", "rooms"), ref) == room]
        found.append([dict(told), dict(states), len(holders), cases.case(later).state])
        for ref in [*refs, later]:
            if cases.case(ref).state in {"choosing", "waiting"}:
                case = cases.case(ref)
                action = "pass" if case.state == "choosing" else "withdraw"
                acting.act(case=case, action=action, by=acting.applicant(case.person_ref), answers={}, reason="",
                           once_key=f"{ref}gone", at=AT)  # fmt: skip
    return [found, sorted(stocks.taken(ref_of("small-turns", "rooms")))]


def workers(people: int, processes: int) -> list[Any]:
    """Several workers number and call one line at the same moment."""
    service = published(TURNS.replace("to: choosing, none_left", "to: choosing, at_once: 2, none_left"))
    refs = [applied(service, number).ref for number in range(people)]
    at_once(processes, lambda _: lines.call_due(at=AT))
    places = [stocks.of_case(ref) for ref in refs]
    numbers = [place.number for place in places if place]
    return [numbers, Counter(cases.case(ref).state for ref in refs)]
