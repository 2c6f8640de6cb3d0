"""The history of a case in words: when, who, what, and the reason or comment that was written."""

from collections.abc import Mapping, Sequence
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.pack import Pack
from praya.definition.service import Service
from praya.journey import load
from praya.kernel.money import Money
from praya.kernel.text import Text
from praya.web import display
from praya.web.words import translator


def officers(steps: Sequence[cases.Step]) -> set[str]:
    """The references of the officers who acted in these steps, or got the case."""
    actors = (step.actor.partition(":") for step in steps)
    return {ref for kind, _, ref in actors if kind == "officer"} | {_given_to(step) for step in steps} - {"", "nobody"}


def _given_to(step: cases.Step) -> str:
    """To whom a step gave the case; `nobody` when it went back, empty when the step does not say."""
    return step.action if step.kind == "assigned" else ""


def step_rows(
    page: cases.Steps, service: Service, pack: Pack, names: Mapping[str, str], lang: str
) -> list[dict[str, Any]]:
    """A row for each step, the newest first."""
    t, rows, state = translator(lang), [], page.state
    for step in page.steps:
        what = _what(step, state, service, pack, lang, names)
        moved = bool(step.to_state) and step.to_state != state
        state = step.to_state or state
        rows.append(
            {
                "at": step.at.isoformat(),
                "when": display.moment_words(step.at, pack, lang),
                "who": t("desk.other_party")
                if step.kind in {"given", "declined"}
                else actor_name(step.actor, names, pack, lang),
                "department": _title(step.department, pack, lang)
                if step.kind in {"replied", "noted", "answered"}
                else "",
                "what": what,
                "state": service.flow.states[state].at_desk.in_(lang) if moved and state in service.flow.states else "",
                "lines": step.text.splitlines(),
                "note": step.kind == "noted",
            }
        )
    return rows[::-1]


def actor_name(actor: str, names: Mapping[str, str], pack: Pack, lang: str) -> str:
    """The name of whoever acted: an officer, the applicant or a party, a department, or the system."""
    t = translator(lang)
    kind, _, ref = actor.partition(":")
    if kind == "officer":
        return names.get(ref, t("desk.officer_left"))
    if kind == "person":
        return names.get(ref, t("desk.applicant"))
    if kind == "department":
        return _title(ref, pack, lang)
    return t("desk.system")


def _what(step: cases.Step, before: str, service: Service, pack: Pack, lang: str, names: Mapping[str, str]) -> str:
    t = translator(lang)
    match step.kind:
        case "assigned" if to := _given_to(step):
            if to == "nobody":
                return t("desk.step_given_back")
            if step.actor == f"officer:{to}":
                return t("desk.step_taken")
            return t("desk.step_assigned_to", who=names.get(to, t("desk.officer_left")))
        case "opened":
            return t("desk.step_opened")
        case "referred":
            return t("desk.step_referred", department=_title(step.department, pack, lang))
        case "replied":
            return t(f"desk.reply_{step.action}")
        case "wrote" | "answered" | "left":
            return t(f"desk.message_{step.kind}")
        case "noted":
            return t("desk.step_noted")
        case "assigned" | "assisted" | "handed_over" | "handed_back" | "rebooked" | "taken_back" | "timer_stopped":
            return t(f"desk.step_{step.kind}")
        case "invited" | "given" | "declined" | "lapsed":
            party = service.parties.get(step.action)
            return t(f"desk.step_{step.kind}", party=party.label.in_(lang) if party else step.action)
        case "warned" | "escalated":
            return t(f"desk.step_{step.kind}", who=display.role_title(step.action, pack, lang))
        case "not_done":
            return t("desk.step_not_done")
        case "refunded":
            return _refunded(*step.action.split(" ", 1), pack=pack, lang=lang)
        case "not_paid" | "not_refunded":
            return t(f"desk.step_{step.kind}")
        case "opened_another" | "not_opened":
            return t(f"desk.step_{step.kind}", service=_opened_title(step.action, service, lang))
        case "party_reminded":
            party = service.parties.get(step.action)
            return t("desk.step_asked_again", who=party.label.in_(lang) if party else step.action)
        case "raised":
            return t("desk.step_raised", who=display.role_title(step.action, pack, lang))
        case "late" | "asked_again":
            return t(f"desk.step_{step.kind}", who=_title(step.action, pack, lang))
        case "reviewed":
            reviewed = next((a for a in service.flow.reviewed if a.name == step.action), None)
            return t("desk.step_reviewed", action=reviewed.label.in_(lang) if reviewed else step.action)
    state = service.flow.states.get(before)
    action = state.actions.get(step.action) if state else None
    return action.label.in_(lang) if action else t("desk.step_moved")


def _refunded(paid_in: str, fee: str, *, pack: Pack, lang: str) -> str:
    """Which fee of which case was given back, how much of it, and to whom."""
    t = translator(lang)
    try:
        case = cases.case(paid_in)
        whom = identity.person(case.person_ref).name or t("desk.applicant")
    except (cases.NoCase, identity.Erased, identity.NoPerson):
        return t("desk.step_refunded_gone", case=paid_in)
    given = [one for one in case.fees if one.name == fee and one.returned]
    amount = Money(sum(one.returned for one in given), pack.currency).shown(lang)
    label = Text(given[-1].label).in_(lang) if given else fee
    return t("desk.step_refunded", fee=label, amount=amount, case=paid_in, whom=whom)


def _opened_title(name: str, service: Service, lang: str) -> str:
    """The title of the service of which a case was to be opened; its name where it is live no more."""
    one = service.opened_cases.get(name.partition("#")[0])
    other = load.territory().services.get(one.service) if one is not None else None
    return other.title.in_(lang) if other is not None else name


def _title(department: str, pack: Pack, lang: str) -> str:
    department_named = pack.departments.get(department)
    return department_named.title.in_(lang) if department_named else department
