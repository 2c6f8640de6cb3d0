"""Check the shape of answers in JSON before any expression is evaluated with them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import jsonschema_rs

from praya.blocks.forms import api as forms
from praya.definition.expression_context import facts
from praya.definition.questions import Asking, FileQuestion, MoneyQuestion, Question, RepeatQuestion, answers_taken
from praya.definition.service import Service
from praya.journey import lookups
from praya.journey.draft_progress import ShutOut, context_of, shut_out
from praya.web.api.refusals import Reason, Wrong

STANDING_FOR_A_FILE = "0" * 32


@dataclass(frozen=True)
class Looked:
    """The answers of the right shape, the context of expressions with them, and the refusals."""

    answers: dict[str, Any]
    context: dict[str, Any]
    reasons: list[Reason]
    misshapen: bool
    shut_out: ShutOut | None


def look(
    service: Service,
    answers: Mapping[str, Any],
    *,
    language: str,
    today: date,
    files: Mapping[str, int] | None = None,
    subject: Mapping[str, Any] | None = None,
) -> Looked:
    """Check a whole set of answers. `files` has the number of files by question; None skips the check of files.

    `subject` is the register entry that the service is about, as expressions see it.
    """
    finds = lookups.looking(service, today)
    asking = Asking(today, facts(service, {}, today=today))
    wrong: list[Reason] = []
    valid: dict[str, Any] = {}
    for name, value in answers_taken(service.questions.values(), answers).items():
        question = service.questions.get(name)
        reasons = (
            [Wrong(name[:60], "unknown_answer")] if question is None else list(_shape(question, value, name, asking))
        )
        if reasons:
            wrong += reasons
        elif value is not None:
            valid[name] = value

    def context(answers_so_far: Mapping[str, Any]) -> dict[str, Any]:
        return context_of(service, answers_so_far, language, today, subject or {}, finds)

    valid = forms.pruned(service, valid, context)
    known = context(valid)
    held = {name: [STANDING_FOR_A_FILE] * count for name, count in (files or {}).items()}
    left_out = {reason.path.split(".")[0] for reason in wrong}
    if files is None:
        left_out |= files_needed(service)
    refusals_of_values = forms.all_refusals(service, {**valid, **held}, asking=Asking(today, known, finds))
    more = [refusal for refusal in refusals_of_values if refusal.path.split(".")[0] not in left_out]
    # A rule may depend on a file that is sent later.
    missing = {reason.path.split(".")[0] for reason in wrong} | {refusal.question for refusal in refusals_of_values}
    refused = shut_out(service, {**valid, **held}, missing, context, today)
    return Looked(valid, known, [*wrong, *more], bool(wrong), refused)


def files_needed(service: Service) -> set[str]:
    """The file questions of a service."""
    return {name for name, question in service.questions.items() if isinstance(question, FileQuestion)}


def _shape(question: Question, value: Any, at: str, asking: Asking) -> Iterator[Reason]:
    """The refusals of a value that expressions cannot use, or that the published schema forbids.

    A value of the right shape is checked later, together with all other answers.
    """
    if value is None:
        return
    if isinstance(question, FileQuestion):
        # A reference could point at another person's upload: only files in the request are accepted.
        yield Wrong(at, "send_as_file")
        return
    if isinstance(question, RepeatQuestion) and isinstance(value, list) and all(isinstance(i, dict) for i in value):
        for index, item in enumerate(value[: question.max + 1]):
            for inner in question.questions:
                yield from _shape(inner, item.get(inner.name), f"{at}.{index}.{inner.name}", asking)
        return
    reasons = list(question.refused(value, at, asking))
    if not _can_be_known(question, value):
        yield from reasons or [question.refuse(at, "wrong_kind")]
    elif not reasons and not _fits(question, value):
        yield question.refuse(at, "wrong_kind")


def _can_be_known(question: Question, value: Any) -> bool:
    try:
        question.known(value)
    except (TypeError, ValueError, AttributeError):
        return False
    return True


def _fits(question: Question, value: Any) -> bool:
    """Whether the value matches the published schema, also where the question itself is more lenient."""
    # multipleOf 0.01 is not exact in binary floating point: amounts are checked by their question.
    return isinstance(question, MoneyQuestion) or bool(_validator(question).is_valid(value))


_validators: dict[int, tuple[Question, Any]] = {}


def _validator(question: Question) -> Any:
    """The question's schema, compiled once and stored by id(), because questions cannot be hashed."""
    compiled_before = _validators.get(id(question))
    if compiled_before is None or compiled_before[0] is not question:
        compiled = jsonschema_rs.Draft202012Validator(question.json_schema(), validate_formats=True)
        compiled_before = _validators[id(question)] = (question, compiled)
    return compiled_before[1]
