"""The registry of question types: a new type is a class in this folder, a line here, and a template in web/kit."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from praya.definition.model import Named
from praya.definition.questions.asked import MESSAGES, Asking, Posted, Question, Refusal, Unreadable
from praya.definition.questions.choices import (
    ChoiceQuestion,
    ChoicesQuestion,
    DeclarationQuestion,
    Option,
    YesNoQuestion,
)
from praya.definition.questions.dates import DateQuestion, MonthQuestion, shown_date
from praya.definition.questions.derived import DerivedQuestion
from praya.definition.questions.files import FileQuestion
from praya.definition.questions.particulars import (
    AddressQuestion,
    EmailQuestion,
    IdentifierQuestion,
    PersonNameQuestion,
    PhoneQuestion,
    is_email,
)
from praya.definition.questions.repeats import RepeatQuestion
from praya.definition.questions.typed import (
    LongTextQuestion,
    MoneyQuestion,
    NumberQuestion,
    TextQuestion,
    TimeQuestion,
)

AnyQuestion = Annotated[
    Annotated[
        TextQuestion
        | LongTextQuestion
        | NumberQuestion
        | MoneyQuestion
        | DateQuestion
        | MonthQuestion
        | TimeQuestion
        | ChoiceQuestion
        | ChoicesQuestion
        | YesNoQuestion
        | DeclarationQuestion
        | PersonNameQuestion
        | IdentifierQuestion
        | PhoneQuestion
        | EmailQuestion
        | AddressQuestion
        | FileQuestion
        | RepeatQuestion
        | DerivedQuestion,
        Field(discriminator="type"),
    ],
    Named,
]

RepeatQuestion.model_rebuild()


def answers_schema(questions: Iterable[Question]) -> dict[str, Any]:
    """The JSON Schema of the answers to `questions`; only those always asked are required."""
    asked = list(questions)
    left_out = (RepeatQuestion, DerivedQuestion)
    required = [q.name for q in asked if not q.optional and q.when is None and not isinstance(q, left_out)]
    schema: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {q.name: {"title": q.label.in_("en"), **q.json_schema()} for q in asked},
    }
    return {**schema, "required": required} if required else schema


__all__ = [
    "MESSAGES",
    "AddressQuestion",
    "AnyQuestion",
    "Asking",
    "ChoiceQuestion",
    "ChoicesQuestion",
    "DateQuestion",
    "DeclarationQuestion",
    "DerivedQuestion",
    "EmailQuestion",
    "FileQuestion",
    "IdentifierQuestion",
    "LongTextQuestion",
    "MoneyQuestion",
    "MonthQuestion",
    "NumberQuestion",
    "Option",
    "PersonNameQuestion",
    "PhoneQuestion",
    "Posted",
    "Question",
    "Refusal",
    "RepeatQuestion",
    "TextQuestion",
    "TimeQuestion",
    "Unreadable",
    "YesNoQuestion",
    "answers_schema",
    "is_email",
    "shown_date",
]
