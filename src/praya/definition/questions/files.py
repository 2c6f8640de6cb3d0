"""Questions answered with files."""

import re
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from pydantic import Field

from praya.definition.own_words import WORDS
from praya.definition.questions.question import Asking, Posted, Question, Refusal

REF = re.compile(r"[0-9a-f]{32}")
Kind = Literal["pdf", "png", "jpg", "docx", "xlsx", "csv", "txt"]


class FileQuestion(Question):
    """Files of the kinds and sizes given here; the answer is a list of upload references."""

    codes: ClassVar[tuple[str, ...]] = (
        "too_many_files",
        "file_empty",
        "file_kind",
        "file_too_large",
        "file_locked",
        "file_formulas",
        "file_no_room",
        "file_too_much",
        "file_not_what_it_says",
    )
    type: Literal["file"]
    accept: tuple[Kind, ...] = ("pdf", "png", "jpg")
    max_mb: float = Field(5.0, gt=0, le=50)
    max_files: int = Field(1, ge=1, le=20)

    @property
    def photographs(self) -> bool:
        """Whether only pictures are accepted."""
        return set(self.accept) <= {"jpg", "png"}

    @property
    def missing_code(self) -> str:
        return "missing_file"

    def posted(self, form: Posted, at: str) -> Any:
        """The uploads so far; the forms block adds and removes them."""
        return list(dict.fromkeys(ref for ref in form.get(at, ()) if ref)) or None

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        refs = isinstance(value, list) and all(isinstance(ref, str) and REF.fullmatch(ref) for ref in value)
        if not refs or len(set(value)) < len(value):
            yield self.refuse(at, "wrong_kind")
        elif len(value) > self.max_files:
            yield self.refuse(at, "too_many_files", max=self.max_files)

    def json_schema(self) -> dict[str, Any]:
        return {
            "type": "array",
            "items": {"type": "string", "pattern": f"^{REF.pattern}$"},
            "minItems": 1,
            "maxItems": self.max_files,
            "uniqueItems": True,
        }

    def shown(self, value: Any, language: str) -> str:
        count = len(value)
        return WORDS["files_one" if count == 1 else "files_many"].in_(language).format(count=count)
