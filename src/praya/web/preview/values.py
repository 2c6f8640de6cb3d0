"""What every condition, parameter and answer is worth for the draft or the case on the page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.parties import api as invitations
from praya.definition.service import Service
from praya.journey import case_context, draft_progress, load, parties
from praya.kernel import jsontext
from praya.kernel.expression import ExpressionFailed
from praya.web import who

ADDRESS = re.compile(
    r"^/(?P<lang>[a-z-]+)/(?P<kind>apply|cases|desk/cases|parts)/(?P<ref>[A-Za-z0-9-]+)(?:/(?P<rest>[^?]*))?$"
)
LONGEST = 200


@dataclass(frozen=True)
class Seen:
    """The draft or the case on a page, and what its expressions see; a party's section is of its case."""

    kind: str
    ref: str
    person_ref: str
    service: Service
    context: Mapping[str, Any]
    page: str = ""
    state: str = ""


def on(request: HttpRequest, *, at: datetime) -> Seen | None:
    """What the page speaks of, if it is a draft or a case."""
    found = ADDRESS.match(request.path)
    if found is None:
        return None
    rest = (found["rest"] or "").split("/")[0]
    try:
        if found["kind"] == "apply":
            walk = draft_progress.walk(forms.draft(found["ref"], person_ref=who.person_ref(request)), at=at)
            draft = walk.draft
            if draft.case_ref:
                return _of_case(draft.case_ref, at)
            return Seen("draft", draft.ref, draft.person_ref, walk.service, walk.context, page=rest)
        if found["kind"] == "parts":
            person_ref = who.person_ref(request)
            case_ref = invitations.invitation(found["ref"], person_ref=person_ref).case_ref
            part, seen = part_at(request.path, person_ref, at=at), _of_case(case_ref, at)
            return replace(seen, context=part.context, page=rest) if part else seen
        return _of_case(found["ref"], at)
    except (forms.NoDraft, cases.NoCase, invitations.NoInvitation):
        return None


def part_at(path: str, person_ref: str, *, at: datetime) -> parties.Part | None:
    """The section being filled in on a page, if the person was asked for it and still is."""
    found = ADDRESS.match(path.split("?", maxsplit=1)[0])
    if found is None or found["kind"] != "parts":
        return None
    try:
        asked = parties.asked(found["ref"], person_ref=person_ref, at=at)
        return parties.begin(asked, language=found["lang"], at=at)
    except (invitations.NoInvitation, invitations.NotWaiting):
        return None


def asked_in(case_ref: str) -> list[invitations.Invitation]:
    """Those whose section of a case is waited for, and whose address is known."""
    found = invitations.newest(invitations.of_case(case_ref)) if case_ref else []
    return [one for one in found if one.state == "waiting" and one.person_ref]


def _of_case(ref: str, at: datetime) -> Seen:
    case = cases.case(ref)
    service, pack = load.compiled(case.service, case.version), load.pack()
    seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    return Seen("case", case.ref, case.person_ref, service, seen.context, state=case.state)


def rows(seen: Seen) -> list[tuple[str, str, str]]:
    """Name, value and where it comes from, of everything that expressions can speak of."""
    found: list[tuple[str, str, str]] = []
    service, context = seen.service, seen.context
    for name, rule in service.conditions.items():
        found.append((f"conditions.{name}", _said(context["conditions"].get(name)), rule.when.source))
    for page in service.form:
        if page.when is not None:
            found.append((f"form.{page.page}.when", _said(page.when.holds(context)), page.when.source))
        for question in page.questions:
            if question.when is not None:
                found.append((f"{question.name}.when", _said(question.when.holds(context)), question.when.source))
    for number, eligible in enumerate(service.eligibility, 1):
        found.append((f"eligibility.{number}", _said(_value(eligible.unless, context)), eligible.unless.source))
    for fee in service.fees:
        charged = fee.when is None or fee.when.holds(context)
        found.append((fee.label.in_("en"), _said(_value(fee.amount, context)) if charged else "–", fee.amount.source))
    for root, values in context.items():
        if root == "conditions":
            continue
        if isinstance(values, Mapping):
            found += [(f"{root}.{name}", _said(value), "") for name, value in values.items()]
        else:
            found.append((root, _said(values), ""))
    return found


def _value(expression: Any, context: Mapping[str, Any]) -> Any:
    try:
        return expression.value(context)
    except ExpressionFailed:
        return None


def _said(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    text = value if isinstance(value, str) else jsontext.dumps(value, default=str)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
