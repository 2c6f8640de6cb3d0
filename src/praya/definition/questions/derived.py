"""Derived answers, which are computed from others."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar, Literal

from pydantic import Field, PrivateAttr

from praya.definition.model import InCurrency
from praya.definition.questions.choices import YES_NO
from praya.definition.questions.dates import shown_date
from praya.definition.questions.question import Asking, Look, Posted, Question, Refusal
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.money import Money
from praya.kernel.number import grouped, is_number, rounded
from praya.kernel.text import Text

Shows = Literal["number", "money", "text", "date", "yes_no"]


def reads_of(questions: Iterable[Question], root: str = "answers") -> dict[tuple[str, str], frozenset[tuple[str, str]]]:
    """The names that each derived answer among these questions reads, by (`root`, name)."""
    derived = (question for question in questions if isinstance(question, DerivedQuestion))
    return {(root, q.name): q.value.paths | (q.when.paths if q.when else frozenset()) for q in derived}


class DerivedQuestion(InCurrency, Question):
    """An answer computed from others, displayed and stored with the case. Nobody can set it."""

    codes: ClassVar[tuple[str, ...]] = ("worked_out", "not_worked_out")
    type: Literal["derived"]
    value: Expression
    shows: Shows = "number"
    decimals: int = Field(2, ge=0, le=6)
    unit: Text | None = None
    live: bool | None = None
    # The labels of the results of a decision table; the service, which has both, stores them here.
    _called: Mapping[Any, Text] = PrivateAttr(default_factory=dict)

    def call(self, words: Mapping[Any, Text]) -> None:
        """Set the labels of values."""
        self._called = words

    def worked_out(self, context: Mapping[str, Any]) -> Any:
        """Compute the canonical answer; None while it is unknown."""
        if self.when is not None and not self.when.holds(context):
            return None
        try:
            return self._canonical(self.value.value(context))
        except ExpressionFailed:
            return None

    def _canonical(self, value: Any) -> Any:
        match self.shows:
            case "yes_no":
                return value if isinstance(value, bool) else None
            case "date":
                return value.date().isoformat() if isinstance(value, datetime) else None
            case "text":
                return value if isinstance(value, str) and value else None
        if not is_number(value):
            return None
        return rounded(value, 2 if self.shows == "money" else self.decimals)

    def posted(self, form: Posted, at: str) -> None:
        """Always None: it is never asked."""
        return

    def refused(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        yield self.refuse(at, "worked_out")

    def refusals(self, value: Any, at: str, asking: Asking) -> Iterator[Refusal]:
        if value is not None:
            yield from self.refused(value, at, asking)
        elif self.rules and self.worked_out(asking.context) is not None:
            # Its value may break a rule. While it is unknown, the missing answers that it needs are reported instead.
            for rule in self.rules:
                if not rule.unless.holds(asking.context):
                    yield Refusal(at, "rule", self.label, sentence=rule.say)

    def json_schema(self) -> dict[str, Any]:
        kinds: dict[Shows, dict[str, Any]] = {
            "number": {"type": "number"},
            "money": {"type": "number"},
            "text": {"type": "string"},
            "date": {"type": "string", "format": "date"},
            "yes_no": {"type": "boolean"},
        }
        return {**kinds[self.shows], "readOnly": True}

    def shown(self, value: Any, language: str) -> str:
        match self.shows:
            case "money":
                return Money.of(value, self.in_currency).shown(language)
            case "yes_no":
                return YES_NO["yes" if value else "no"].in_(language)
            case "date":
                return shown_date(date.fromisoformat(value), language)
            case "text":
                return self._called[value].in_(language) if value in self._called else str(value)
        number = grouped(value)
        return f"{number} {self.unit.in_(language)}" if self.unit else number

    def known(self, value: Any, look: Look | None = None) -> Any:
        if self.shows == "date" and isinstance(value, str):
            return datetime.combine(date.fromisoformat(value), time(), tzinfo=UTC)
        return value
