"""Questions whose answer is an entry of a register, found by its public facts."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from praya.definition.model import Name, Slug
from praya.definition.questions.question import Asking, Look, Posted, Question, Reading, Refusal, Whole, first
from praya.kernel.alikeness import compared
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.ids import read_reference
from praya.kernel.reading import compact, refused_character

_REFERENCE = re.compile(r"[0-9a-f]{32}|E-[2-9A-Z]{4}-[2-9A-Z]{4}")


class _Looked(Whole):
    """The chosen entry, which is displayed by its first fact."""

    __slots__ = ()

    def shown(self, language: str) -> str:
        return self.stored.get(language) or str(self["ref"])


class EntryQuestion(Question):
    """One entry of a public register, which the person searches and chooses; the answer is its reference or its number.

    Entries are offered page by page, with their public facts. Expressions get the public facts by name, in English if a
    fact has several languages: `answers.shop.address`; and `answers.shop.ref`. The entry must be in force, and say what
    is in `where`.
    """

    codes: ClassVar[tuple[str, ...]] = ("no_entry", "entry_ended", "entry_of_others")
    type: Literal["entry"]
    register_name: Slug = Field(alias="register")
    service: Slug | None = None
    where: dict[Name, Expression] = {}

    def wanted(self, context: Mapping[str, Any]) -> dict[str, Any] | None:
        """What an entry must say, by fact; None while one of the values is not known."""
        try:
            values = {name: expression.value(context) for name, expression in self.where.items()}
        except ExpressionFailed:
            return None
        return None if any(value is None for value in values.values()) else values

    @property
    def missing_code(self) -> str:
        return "missing_entry"

    def posted(self, form: Posted, at: str) -> str | None:
        return self._reference(compact(first(form, at))) or None

    def read(self, form: Posted, at: str) -> Reading:
        character = refused_character(first(form, f"{at}-find"))
        return (
            (None, [self.refuse(at, "control_character", character=character)]) if character else super().read(form, at)
        )

    def taken(self, value: Any) -> Any:
        return self._reference(compact(value)) if isinstance(value, str) and not refused_character(value) else value

    @staticmethod
    def _reference(typed: str) -> str:
        return typed if _REFERENCE.fullmatch(typed) else read_reference(typed) or typed

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        if not isinstance(value, str) or not _REFERENCE.fullmatch(value):
            yield self.refuse(at, "no_entry")
        elif asking.look is not None:
            entry = asking.look(self.service, self.register_name, value)
            if entry is None:
                yield self.refuse(at, "no_entry")
            elif not entry.in_force:
                yield self.refuse(at, "entry_ended")
            elif self.where and not self._is_wanted(entry.values, asking.context):
                yield self.refuse(at, "entry_of_others")

    def _is_wanted(self, values: Mapping[str, Any], context: Mapping[str, Any]) -> bool:
        wanted = self.wanted(context)
        return wanted is not None and all(compared(values.get(name)) == compared(wanted[name]) for name in wanted)

    def json_schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": f"^({_REFERENCE.pattern})$"}

    def known(self, value: Any, look: Look | None = None) -> Any:
        if not isinstance(value, str):
            return None
        entry = look(self.service, self.register_name, value) if look is not None else None
        return _Looked({**entry.facts, "ref": entry.number}, self, entry.called) if entry else {"ref": value}
