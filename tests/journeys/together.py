"""Several people at one case at the same moment; `House.call` runs these in a process in a house."""

from random import Random
from typing import Any

from tests import small_services
from tests.installations import at_once
from tests.small import AT, CHILD, GRANT, SCHOOL, player, published

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.parties import api as invitations
from praya.blocks.registers import api as registers
from praya.definition.example import Example
from praya.journey import acting, load, parties, play, register_facts


def reviews(rounds: int, processes: int) -> list[Any]:
    """For each round: what the officers were told, how many reviews were kept, and where the case is."""
    service = published(GRANT)
    found = []
    for number in range(rounds):
        recommend = {"by": "officer", "who": "anna", "do": "recommend"}
        ref = player(service, answers={"applicant_name": f"N{number}"}, example=f"R{number}")(recommend).case.ref
        case = cases.case(ref)

        def assess(officer: int, case: cases.Case = case) -> str:
            by = acting.By(f"officer:{officer % (processes - 1)}", ("officer",), "dh")
            once = f"{case.ref}{officer}"
            acting.act(case=case, action="assess", by=by, answers={"score": 7}, reason="", once_key=once, at=AT)
            return "done"

        told = at_once(processes, assess)
        found.append([dict(told), len(cases.reviews(ref)), cases.case(ref).state])
    return found


def sections(rounds: int) -> list[Any]:
    """For each round: three parties give and the applicant withdraws, all at once."""
    service = published(SCHOOL)
    guardians = [{"guardian_name": n, "guardian_email": f"{n.lower()}@example.com"} for n in ("Ann", "Bob")]
    found = []
    for number in range(rounds):
        ref = player(service, answers={**CHILD, "guardians": guardians}, example=f"S{number}")().case.ref
        waiting = invitations.of_case(ref)

        def part(which: int, ref: str = ref, waiting: Any = tuple(waiting)) -> str:
            if which == len(waiting):
                case = cases.case(ref)
                acting.act(case=case, action="withdraw", by=acting.applicant(case.person_ref), answers={}, reason="",
                        once_key=f"{ref}:withdraw", at=AT)  # fmt: skip
                return "withdrawn"
            one = waiting[which]
            answers: dict[str, Any] = {"agrees": True}
            if one.party == "doctor":
                answers = {"fit": True, "fit_from": "2026-01-12"}
            asked = parties.asked_section(one.ref, person_ref=one.person_ref, at=AT)
            parties.give_at_once(asked, answers=answers, files={}, language="en", at=AT)
            return "given"

        told = at_once(len(waiting) + 1, part)
        states = sorted(one.state for one in invitations.of_case(ref))
        found.append([dict(told), states, cases.case(ref).state])
    return found


def matters(rounds: int, reviews: int) -> list[Any]:
    """For each round: an allowance is withdrawn while all reviews of it are decided, all at once."""
    from tests.matters import both
    from tests.small_services import published as live

    from praya.blocks.identity import api as identity
    from praya.blocks.registers import api as registers
    from praya.journey import application_steps

    territory = live(*both())
    found = []
    for number in range(rounds):

        def apply(service: str, name: str, about: str = "", number: int = number) -> cases.Case:
            person = identity.enrol(email=f"{name}{number}@example.com", name=None, language="en", at=AT)
            answers = {"who": name, "grounds": "G"} if about else {"name": name}
            return application_steps.apply_at_once(
                territory.services[service], person=person, language="en", answers=answers, files={}, seats=[],
                once_key=f"{name}{number}", at=AT, subject_ref=about,
            )  # fmt: skip

        case = apply("small-allowance", "holder")
        entry = registers.of_case(case.ref)[0].ref
        refs = [apply("small-review", f"r{which}", entry).ref for which in range(reviews)]

        def decide(which: int, refs: Any = tuple(refs), ref: str = case.ref) -> str:
            if which == len(refs):
                mine = cases.case(ref)
                acting.act(case=mine, action="withdraw", by=acting.applicant(mine.person_ref), answers={}, reason="",
                        once_key=f"{ref}:withdraw", at=AT)  # fmt: skip
                return "withdrawn"
            by = acting.By(f"officer:{which}", ("officer",), "fehd")
            action = "uphold" if which == 0 else "reject"
            acting.act(case=cases.case(refs[which]), action=action, by=by, answers={}, reason="",
                    once_key=f"{refs[which]}:{action}", at=AT)  # fmt: skip
            return "done"

        told = at_once(reviews + 1, decide)
        acting.run_errands(at=AT)
        found.append([dict(told), cases.case(case.ref).state, [cases.case(ref).state for ref in refs]])
    return found


CREDIT = """
form:
  - page: goods
    questions:
      - goods: {type: text, label: {en: Goods, zh-hant: 貨品}}
lookups:
  credit: {register: credits, whose: own, where: {kind: "'refund'"}}
registers:
  credits:
    title: {en: Credits, zh-hant: 抵用額}
    public: false
    found_by: [kind]
    facts:
      kind: {label: {en: Kind, zh-hant: 類別}}
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions:
        spend: {label: {en: Spend, zh-hant: 使用}, on_entries: {credit: {which: first, strike: true}}, to: done}
    done: {label: {en: Done, zh-hant: 已完成}, final: true, result: completed}
retention: {completed: 1 year}
"""


def spending(rounds: int, seed: int) -> list[Any]:
    """For each round: how many credits and cases of one person there were, what officers were told who spent at once,
    how many credits are left in force, and how many cases are done."""
    service = small_services.published(small_services.service("credit", "CT", CREDIT)).services["credit"]
    chance, found = Random(seed), []
    for number in range(rounds):
        person = identity.enrol(email=f"c{number}@example.com", name=None, language="en", at=AT)
        has, wants = chance.randint(0, 4), chance.randint(1, 6)
        for credit in range(has):
            registers.enter(
                registers.NewEntry(
                    service="credit", register="credits", case_ref="", holder_ref=person.ref, from_date=AT.date(),
                    until_date=None, once_key=f"{number}:{credit}",
                    finding=register_facts.finding(service.registers["credits"]),
                    **register_facts.written(service.registers["credits"], service, {"kind": "refund"}),
                ),
                at=AT, by="system",
            )  # fmt: skip
        refs = []
        for case in range(wants):
            told = {"example": f"{number}.{case}", "starts": AT.isoformat(), "answers": {"goods": "Tea"}}
            opened = play.play(Example.model_validate(told), service, load.pack(), person=person).case
            assert opened is not None
            refs.append(opened.ref)

        def spend(which: int, refs: Any = tuple(refs)) -> str:
            by = acting.By(f"officer:{which}", ("officer",), "fehd")
            acting.act(case=cases.case(refs[which]), action="spend", by=by, answers={}, reason="", once_key=refs[which],
                       at=AT)  # fmt: skip
            return "spent"

        told_to = dict(at_once(wants, spend))
        left = [one for one in registers.of_holder(person.ref) if one.struck_at is None]
        done = sum(cases.case(ref).state == "done" for ref in refs)
        found.append([has, wants, told_to, len(left), done])
    return found


def refunds(rounds: int, closings: int) -> list[Any]:
    """For each round: several closings give back the fee of the case that was paid for one entry, all at once."""
    from tests.pitches import services
    from tests.small_services import published as live

    from praya.journey import application_steps

    territory, officer = live(*services()), acting.By("officer:x", ("officer",), "fehd")
    found = []
    for number in range(rounds):

        def apply(service: str, who: str, number: int = number) -> cases.Case:
            person = identity.enrol(email=f"{who}{number}@example.com", name=None, language="en", at=AT)
            return application_steps.apply_at_once(
                territory.services[service], person=person, language="en", answers={"street": f"S{number}"}, files={},
                seats=[], once_key=f"{service}{who}{number}", at=AT,
            )  # fmt: skip

        def do(case: cases.Case, action: str) -> cases.Case:
            return acting.act(case=case, action=action, by=officer, answers={}, reason="",
                              once_key=f"{case.ref}{action}", at=AT)  # fmt: skip

        paid = do(apply("small-permit", "holder"), "pay")
        asking = [apply("small-closing", f"c{which}") for which in range(closings)]

        def close(which: int, asking: Any = tuple(asking), do: Any = do) -> str:
            do(asking[which], "back")
            return "done"

        told = at_once(closings, close)
        noted = sum(step.kind == "refunded" for case in asking for step in cases.history(case.ref))
        found.append([dict(told), cases.case(paid.ref).fees[0].returned, noted])
    return found
