"""The values of all conditions, parameters, decisions and answers for the draft or case on the page."""

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
from praya.kernel.evaluation import outside
from praya.kernel.expression import ExpressionFailed
from praya.web import who

ADDRESS = re.compile(
    r"^/(?P<lang>[a-z-]+)/(?P<kind>apply|cases|desk/cases|parts)/(?P<ref>[A-Za-z0-9-]+)(?:/(?P<rest>[^?]*))?$"
)
LONGEST = 200


@dataclass(frozen=True)
class Subject:
    """The draft or case on a page, and the context of its expressions; a party's section belongs to its case."""

    kind: str
    ref: str
    person_ref: str
    service: Service
    context: Mapping[str, Any]
    page: str = ""
    state: str = ""


def on(request: HttpRequest, *, at: datetime) -> Subject | None:
    """The draft or case that the page is about; None where there is none."""
    match = ADDRESS.match(request.path)
    if match is None:
        return None
    rest = (match["rest"] or "").split("/")[0]
    try:
        if match["kind"] == "apply":
            walk = draft_progress.walk(forms.draft(match["ref"], person_ref=who.person_ref(request)), at=at)
            draft = walk.draft
            if draft.case_ref:
                return _of_case(draft.case_ref, at)
            return Subject("draft", draft.ref, draft.person_ref, walk.service, walk.context, page=rest)
        if match["kind"] == "parts":
            person_ref = who.person_ref(request)
            case_ref = invitations.invitation(match["ref"], person_ref=person_ref).case_ref
            part, picture = part_at(request.path, person_ref, at=at), _of_case(case_ref, at)
            return replace(picture, context=part.context, page=rest) if part else picture
        return _of_case(match["ref"], at)
    except (forms.NoDraft, cases.NoCase, invitations.NoInvitation):
        return None


def part_at(path: str, person_ref: str, *, at: datetime) -> parties.Part | None:
    """The party's section on a page, if the person's invitation is open."""
    match = ADDRESS.match(path.split("?", maxsplit=1)[0])
    if match is None or match["kind"] != "parts":
        return None
    try:
        asked = parties.asked_section(match["ref"], person_ref=person_ref, at=at)
        return parties.begin(asked, language=match["lang"], at=at)
    except (invitations.NoInvitation, invitations.NotWaiting):
        return None


def asked_in(case_ref: str) -> list[invitations.Invitation]:
    """The open invitations of a case whose address is known."""
    invited = invitations.newest(invitations.of_case(case_ref)) if case_ref else []
    return [one for one in invited if one.state == "waiting" and one.person_ref]


def _of_case(ref: str, at: datetime) -> Subject:
    case = cases.case(ref)
    service, pack = load.compiled(case.service, case.version), load.pack()
    picture = case_context.of_case(case, service, pack, today=pack.calendar.day_of(at))
    return Subject("case", case.ref, case.person_ref, service, picture.context, state=case.state)


def rows(subject: Subject) -> list[tuple[str, str, str]]:
    """Name, value and source of everything that expressions can refer to."""
    lines: list[tuple[str, str, str]] = []
    service, context = subject.service, subject.context
    for name, rule in service.conditions.items():
        lines.append((f"conditions.{name}", _value_words(context["conditions"].get(name)), rule.when.source))
    for page in service.form:
        if page.when is not None:
            lines.append((f"form.{page.page}.when", _value_words(page.when.holds(context)), page.when.source))
        for question in page.questions:
            if question.when is not None:
                lines.append(
                    (f"{question.name}.when", _value_words(question.when.holds(context)), question.when.source)
                )
    for number, eligible in enumerate(service.eligibility, 1):
        lines.append((f"eligibility.{number}", _value_words(_value(eligible.unless, context)), eligible.unless.source))
    for fee in service.fees:
        charged = fee.when is None or fee.when.holds(context)
        lines.append(
            (fee.label.in_("en"), _value_words(_value(fee.amount, context)) if charged else "–", fee.amount.source)
        )
    for root, values in context.items():
        if root == "conditions":
            continue
        if isinstance(values, Mapping):
            lines += [(f"{root}.{name}", _value_words(value), "") for name, value in values.items()]
        else:
            lines.append((root, _value_words(values), ""))
    return lines


def _value(expression: Any, context: Mapping[str, Any]) -> Any:
    try:
        return expression.value(context)
    except ExpressionFailed:
        return None


def _value_words(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime | date):
        return value.isoformat()[:10]
    text = value if isinstance(value, str) else jsontext.dumps(outside(value), default=_plain)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _plain(value: Any) -> Any:
    """What JSON has no word for: a mapping that is read only when it is asked as its members, all else as text."""
    return {str(name): outside(one) for name, one in value.items()} if isinstance(value, Mapping) else str(value)
