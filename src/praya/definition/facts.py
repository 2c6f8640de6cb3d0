"""What expressions see: answers as known values, the law of the day, named conditions, and what a case adds."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from praya.definition.service import Service

Answers = Mapping[str, Any]


def facts(
    service: Service,
    answers: Answers,
    *,
    today: date,
    applicant: Mapping[str, Any] | None = None,
    more: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The context for the service's expressions. A question that is not answered is null."""
    context: dict[str, Any] = {
        "answers": {name: q.known(answers.get(name)) for name, q in service.questions.items()},
        "parameters": service.parameters_on(today),
        "today": moment(today),
        "applicant": {"email": None, "language": "en", **(applicant or {})},
        "conditions": {},
        **(more or {}),
    }
    context["conditions"] = {name: rule.holds(context) for name, rule in service.conditions.items()}
    return context


def moment(day: date) -> datetime:
    """A day as expressions know it: midnight UTC."""
    return datetime.combine(day, time(), tzinfo=UTC)
