"""Answers that came as JSON: the reasons against their shape, before any expression looks at them."""

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
    """Answers of the right shape to questions that are asked, what expressions see of them, and what is wrong."""

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
    """Look at a whole set of answers. `files` says how many files each question gets; None leaves files out of it.

    `subject` is what expressions see of the entry that the service is about.
    """
    finds = lookups.looking(service, today)
    asking = Asking(today, facts(service, {}, today=today))
    wrong: list[Reason] = []
    sound: dict[str, Any] = {}
    for name, value in answers_taken(service.questions.values(), answers).items():
        question = service.questions.get(name)
        reasons = (
            [Wrong(name[:60], "unknown_answer")] if question is None else list(_shape(question, value, name, asking))
        )
        if reasons:
            wrong += reasons
        elif value is not None:
            sound[name] = value

    def context(kept: Mapping[str, Any]) -> dict[str, Any]:
        return context_of(service, kept, language, today, subject or {}, finds)

    sound = forms.pruned(service, sound, context)
    known = context(sound)
    held = {name: [STANDING_FOR_A_FILE] * count for name, count in (files or {}).items()}
    left_out = {reason.path.split(".")[0] for reason in wrong}
    if files is None:
        left_out |= files_needed(service)
    found = forms.all_refusals(service, {**sound, **held}, asking=Asking(today, known, finds))
    more = [refusal for refusal in found if refusal.path.split(".")[0] not in left_out]
    # A file that is still to come may be what a rule reads.
    missing = {reason.path.split(".")[0] for reason in wrong} | {refusal.question for refusal in found}
    refused = shut_out(service, {**sound, **held}, missing, context, today)
    return Looked(sound, known, [*wrong, *more], bool(wrong), refused)


def files_needed(service: Service) -> set[str]:
    """The questions that are answered with files."""
    return {name for name, question in service.questions.items() if isinstance(question, FileQuestion)}


def _shape(question: Question, value: Any, at: str, asking: Asking) -> Iterator[Reason]:
    """The reasons against a value that expressions could not look at, or that the published schema forbids.

    What is wrong with a value of the right shape is found with all other answers at hand.
    """
    if value is None:
        return
    if isinstance(question, FileQuestion):
        # A reference would point at somebody's upload; only files that came with the request are taken.
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
    """Whether the value is what the published schema says, also where the question itself would be lenient."""
    # multipleOf 0.01 is not exact in binary; amounts are looked at by their question alone.
    return isinstance(question, MoneyQuestion) or bool(_validator(question).is_valid(value))


_validators: dict[int, tuple[Question, Any]] = {}


def _validator(question: Question) -> Any:
    """The question's schema, compiled once; a question is no key, because it cannot be hashed."""
    kept = _validators.get(id(question))
    if kept is None or kept[0] is not question:
        compiled = jsonschema_rs.Draft202012Validator(question.json_schema(), validate_formats=True)
        kept = _validators[id(question)] = (question, compiled)
    return kept[1]
