"""The registry of question types: a new type is a class in this folder, a line here, and a template in web/kit."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from praya.definition.model import Named
from praya.definition.questions.choices import (
    ChoiceQuestion,
    ChoicesQuestion,
    DeclarationQuestion,
    Option,
    YesNoQuestion,
)
from praya.definition.questions.content import Content, DetailsBlock, GuidanceBlock, WarningBlock, questions_in
from praya.definition.questions.dates import DateQuestion, MonthQuestion, shown_date
from praya.definition.questions.derived import DerivedQuestion, reads_of
from praya.definition.questions.entries import EntryQuestion
from praya.definition.questions.files import FileQuestion
from praya.definition.questions.particulars import (
    AddressQuestion,
    EmailQuestion,
    IdentifierQuestion,
    PersonNameQuestion,
    PhoneQuestion,
)
from praya.definition.questions.places import PlaceQuestion
from praya.definition.questions.question import (
    MESSAGES,
    OF_EVERY_TYPE,
    Answered,
    Asking,
    EntryFacts,
    Look,
    Posted,
    Question,
    Refusal,
    Unreadable,
    Whole,
    answers_taken,
)
from praya.definition.questions.repeats import ROW, RepeatQuestion
from praya.definition.questions.signatures import SignatureQuestion, digest
from praya.definition.questions.tables import TableQuestion
from praya.definition.questions.typed import (
    LongTextQuestion,
    MoneyQuestion,
    NumberQuestion,
    TextQuestion,
    TimeQuestion,
    clock_said,
)

_Questions = (
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
    | SignatureQuestion
    | PersonNameQuestion
    | IdentifierQuestion
    | PhoneQuestion
    | EmailQuestion
    | AddressQuestion
    | PlaceQuestion
    | FileQuestion
    | EntryQuestion
    | TableQuestion
    | RepeatQuestion
    | DerivedQuestion
)
AnyQuestion = Annotated[_Questions, Field(discriminator="type"), Named]
"""One question, written `name: {type: ...}`."""
AnyPart = Annotated[_Questions | GuidanceBlock | WarningBlock | DetailsBlock, Field(discriminator="type"), Named]
"""What stands in a list of questions: a question, or something to read."""

RepeatQuestion.model_rebuild()


def answers_schema(questions: Iterable[Question]) -> dict[str, Any]:
    """The JSON Schema of the answers to `questions`; only those always asked are required."""
    asked = list(questions)
    required = [q.name for q in asked if not q.optional and q.when is None and not _may_be_empty(q)]
    schema: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {q.name: {"title": q.label.in_("en"), **q.json_schema()} for q in asked},
    }
    return {**schema, "required": required} if required else schema


def _may_be_empty(question: Question) -> bool:
    return isinstance(question, RepeatQuestion | DerivedQuestion) or (
        isinstance(question, TableQuestion) and question.optional_rows
    )


__all__ = [
    "MESSAGES",
    "OF_EVERY_TYPE",
    "ROW",
    "AddressQuestion",
    "Answered",
    "AnyPart",
    "AnyQuestion",
    "Asking",
    "ChoiceQuestion",
    "ChoicesQuestion",
    "Content",
    "DateQuestion",
    "DeclarationQuestion",
    "DerivedQuestion",
    "DetailsBlock",
    "EmailQuestion",
    "EntryFacts",
    "EntryQuestion",
    "FileQuestion",
    "GuidanceBlock",
    "IdentifierQuestion",
    "LongTextQuestion",
    "Look",
    "MoneyQuestion",
    "MonthQuestion",
    "NumberQuestion",
    "Option",
    "PersonNameQuestion",
    "PhoneQuestion",
    "PlaceQuestion",
    "Posted",
    "Question",
    "Refusal",
    "RepeatQuestion",
    "SignatureQuestion",
    "TableQuestion",
    "TextQuestion",
    "TimeQuestion",
    "Unreadable",
    "WarningBlock",
    "Whole",
    "YesNoQuestion",
    "answers_schema",
    "answers_taken",
    "clock_said",
    "digest",
    "questions_in",
    "reads_of",
    "shown_date",
]
