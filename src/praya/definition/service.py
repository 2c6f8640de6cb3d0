"""The whole of one `service.yaml`."""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from praya.definition.chapters import (
    CHAPTERS,
    FLOW,
    Words,
    booking,
    clocks,
    fees,
    limits,
    lookups,
    matters,
    notices,
    opened_cases,
    panels,
    parties,
    public_notices,
    records,
    referrals,
    registers,
    sections,
    service_with,
    stocks,
)
from praya.definition.flow import Action, Flow
from praya.definition.form import Eligibility, Page, Parameter
from praya.definition.model import Keyed, Model, Path, Slug, keyed, leaves
from praya.definition.opening import OpeningTimes
from praya.definition.outcome import Legal, Statistics
from praya.definition.places import expressions as every_expression
from praya.definition.questions import (
    ROW,
    AnyQuestion,
    DerivedQuestion,
    Question,
    RepeatQuestion,
    answers_schema,
    reads_of,
)
from praya.definition.reasoning import Condition, Decision, Node, Reads, in_order, rests_on
from praya.definition.row_lists import rows_behind
from praya.definition.rows import Rows, rows_of, with_rows
from praya.definition.value_labels import labels_of
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression
from praya.kernel.text import Text


def _parameters(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return keyed({k: {"values": v} if isinstance(v, list | tuple) else v for k, v in value.items()})


def _conditions(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return keyed({k: v if isinstance(v, dict | Condition) else {"when": v} for k, v in value.items()})


class _Named(Model):
    service: Slug
    version: int = Field(ge=1)
    reference: Annotated[str, StringConstraints(pattern=r"^[A-HJ-NP-Z]{2,4}$")]
    title: Text
    summary: Text
    department: Slug
    topic: Slug
    keywords: dict[str, tuple[str, ...]] = {}
    who: Text
    needs: tuple[Text, ...] = ()
    minutes: int = Field(10, ge=1, le=600)
    legal: Legal
    assurance: dict[str, Annotated[int, Field(ge=1, le=3)]] = {}
    parameters: Annotated[dict[str, Parameter], BeforeValidator(_parameters)] = {}
    conditions: Annotated[dict[str, Condition], BeforeValidator(_conditions)] = {}
    decisions: Annotated[dict[str, Decision], Keyed] = {}


class _Opening(Model):
    open_times: OpeningTimes | None = Field(None, alias="open")


class _Form(Model):
    form: tuple[Page, ...] = Field(min_length=1)


class _Eligible(Model):
    eligibility: tuple[Eligibility, ...] = ()


class _Flow(Model):
    flow: Flow


class _Keeping(Model):
    retention: dict[str, Length]
    statistics: Statistics = Statistics()
    opened_by: Literal["applicant", "staff", "both", "cases"] = "applicant"


# The order of fields is part of the canonical JSON of a definition, so these places never change.
_OWN = (
    Words(model=_Named, at=0), Words(model=_Opening, at=6), Words(model=_Form, at=14), Words(model=_Eligible, at=18),
    Words(model=_Flow, at=FLOW), Words(model=_Keeping, at=100),
)  # fmt: skip

# A type checker needs by name those chapters whose words are read outside them; at run time every chapter is joined.
if TYPE_CHECKING:

    class _Words(
        opened_cases.OfService, stocks.OfService, panels.OfService, clocks.OfService, matters.OfService,
        referrals.OfService,
        lookups.OfService, _Keeping,
        notices.OfService, public_notices.OfService, registers.OfService,
        records.OfService, _Flow, booking.OfService, fees.OfService, limits.OfService, _Eligible, parties.OfService,
        _Form, public_notices.OfAbout, registers.OfSubject, _Opening, notices.OfContact, _Named,
    ): ...  # fmt: skip

else:
    _Words = service_with(*_OWN)


class Service(_Words):
    """A public service, from which everything else is generated."""

    @model_validator(mode="after")
    def _calls_results(self) -> Self:
        """Give each derived answer that is the result of a decision table, or an option, the labels of these."""
        asked: list[Question] = [*self.questions.values(), *(q for action in self.flow.actions for q in action.ask)]
        known: dict[str, Mapping[str, Any]] = {
            "answers": self.questions,
            "findings": self.flow.action_questions,
            "decisions": self.decisions,
        }
        for question in asked:
            inner = question.by_name if isinstance(question, RepeatQuestion) else {}
            for one in (question, *inner.values()):
                if isinstance(one, DerivedQuestion):
                    one.call(labels_of(one.value.node, {**known, "item": inner}))
        return self

    @model_validator(mode="after")
    def _joins_rows(self) -> Self:
        """Tell each repeat of an action that stands for rows of the form (`of`) which questions these answer."""
        for question in (q for action in self.flow.actions for q in action.ask):
            if isinstance(question, RepeatQuestion) and question.of is not None:
                repeat = rows_behind(question.of, self, findings=True)
                behind = repeat
                while behind is not None and behind is not question:
                    behind = behind.rows_of
                # Repeats that stand for each other in a circle have no rows; the check says so.
                if repeat is not None and behind is None:
                    question.stand_for(repeat)
        return self

    def level_for(self, action: str) -> int:
        """The assurance level that an action requires: 1 an e-mail code, 2 an identity, 3 a signature."""
        return self.assurance.get(action, self.assurance.get("apply", 1))

    @cached_property
    def pages(self) -> dict[str, Page]:
        """The pages by name."""
        return {page.page: page for page in self.form}

    @cached_property
    def questions(self) -> dict[str, AnyQuestion]:
        """The questions of the form by name, without those inside repeats."""
        return {question.name: question for page in self.form for question in page.questions}

    def all_questions(self) -> Iterator[Question]:
        """Every question, including those inside repeats, in sections for other people, and of actions."""

        def opened(questions: tuple[AnyQuestion, ...]) -> Iterator[Question]:
            for question in questions:
                yield question
                if isinstance(question, RepeatQuestion):
                    yield from opened(question.questions)

        for page in (page for section in self.sections.values() for page in section.form):
            yield from opened(page.questions)
        for state in self.flow.states.values():
            for action in state.actions.values():
                yield from opened(action.ask)

    @cached_property
    def sections(self) -> dict[Path, Any]:
        """The forms by path: its own at the empty path, and those that people other than the applicant fill."""
        return sections(self)

    @cached_property
    def reads_address(self) -> bool:
        """Whether the applicant's own e-mail address is read: by an expression, or to tell it from that of a party."""
        return any(party.email is not None for party in self.parties.values()) or any(
            ("applicant", "email") in expression.paths for _, expression in leaves(self, Expression)
        )

    @cached_property
    def reads(self) -> Reads:
        """The names that each condition, decision and derived answer reads."""
        return {
            **{("conditions", name): condition.when.paths for name, condition in self.conditions.items()},
            **{
                ("decisions", name): decision.paths - {path for path in decision.paths if path[0] == "item"}
                if decision.rows_of is None
                else frozenset({decision.rows_of, *(p for p in decision.paths if p[0] not in {"item", ROW})})
                for name, decision in self.decisions.items()
            },
            # The filter of a look-up reads the current entry, which is not a value of the case.
            **{
                ("lookups", name): frozenset(path for e in lookup.expressions() for path in e.paths)
                | frozenset(path for e in (lookup.when, lookup.rank) if e for path in e.paths if path[0] != "entry")
                for name, lookup in self.lookups.items()
            },
            **reads_of(self.questions.values()),
        }

    @cached_property
    def rows(self) -> dict[str, Rows]:
        """The values computed for each item of a repeat, by repeat."""
        return rows_of(self.questions.values(), self.decisions)

    @cached_property
    def rows_found(self) -> dict[str, Rows]:
        """The values computed for each item of what actions ask, by the name of the repeat."""
        return rows_of(self.flow.action_questions.values(), self.decisions, "findings")

    def rows_asked(self, action: Action) -> dict[str, Rows]:
        """The values computed for each item of what one action asks."""
        found = self._rows_of_actions.get(id(action))
        return rows_of(action.ask, self.decisions, "findings") if found is None else found

    @cached_property
    def _rows_of_actions(self) -> dict[int, dict[str, Rows]]:
        return {id(action): rows_of(action.ask, self.decisions, "findings") for action in self.flow.actions}

    @cached_property
    def worked_out(self) -> tuple[Node, ...]:
        """Conditions, decisions, derived answers and rows of repeats, in their order of evaluation."""
        return in_order(with_rows(self.reads, self.rows))

    @cached_property
    def live(self) -> dict[str, DerivedQuestion]:
        """The derived answers that are computed again after the application was submitted."""
        return {q.name: q for q in self.questions.values() if isinstance(q, DerivedQuestion) and q.live}

    @cached_property
    def rests_on_live(self) -> frozenset[Node]:
        """The values that may change after the application was submitted: live ones, and those that depend on them."""
        nodes = {node: rests_on({node}, self._reads_in_case) for node in self.reads}
        return frozenset(
            node
            for node, behind in nodes.items()
            if any(root == "lookups" or (root == "answers" and name in self.live) for root, name in behind)
        )

    @cached_property
    def rests_on_findings(self) -> tuple[Node, ...]:
        """The conditions, decisions and look-ups that depend on findings, in their order of evaluation."""
        return tuple(
            node
            for node in self.worked_out
            if node[0] != "answers" and any(root == "findings" for root, _ in rests_on({node}, self.reads))
        )

    @cached_property
    def rests_on_entry(self) -> frozenset[Node]:
        """The derived answers, decisions and conditions that were computed from the entry at the submission."""
        nodes = {node: rests_on({node}, self.reads) for node in self.reads if node not in self.rests_on_live}
        return frozenset(node for node, behind in nodes.items() if any(root == "entry" for root, _ in behind))

    @property
    def _reads_in_case(self) -> Reads:
        """Like `reads`, but a derived answer that was submitted no longer depends on anything."""
        return {n: read for n, read in self.reads.items() if n[0] != "answers" or n[1] in self.live}

    def answers_behind(self, expression: Expression) -> set[str]:
        """The questions on whose answers an expression depends, directly or indirectly."""
        nodes = rests_on(expression.paths, self.reads)
        return {name for root, name in nodes if root == "answers" and (root, name) not in self.reads}

    @cached_property
    def departments(self) -> frozenset[str]:
        """The departments that take part: the owner, and those that are asked."""
        asked = (department for one in self.flow.asking for department in one.may_ask)
        arbiter = {self.arbiter.department} if self.arbiter is not None else set()
        return frozenset({self.department, *asked, *arbiter})

    @cached_property
    def names_read(self) -> frozenset[str]:
        """The first names of all paths that its expressions read, including those in braces."""
        return frozenset(name for _, expression in every_expression(self) for name in expression.names)

    @cached_property
    def has_clocks(self) -> bool:
        """Whether it has clocks other than the time limits of states."""
        states = self.flow.states.values()
        return (
            bool(self.flow.asking) or self.promise is not None or any(state.warn or state.escalate for state in states)
        )

    @property
    def rests_on(self) -> frozenset[str]:
        """The other services whose entries or publications it is about."""
        named = {name for chapter in CHAPTERS for _, name in chapter.others(self)}
        return frozenset(name for name in named if name != self.service)

    def parameters_on(self, day: date) -> dict[str, Any]:
        """The values of the law in force on `day`."""
        values = {name: parameter.on(day) for name, parameter in self.parameters.items()}
        return {name: value.value if value else None for name, value in values.items()}

    def answers_schema(self) -> dict[str, Any]:
        """The JSON Schema 2020-12 of a whole set of answers."""
        hidden = {q.name for page in self.form if page.when is not None for q in page.questions}
        schema = answers_schema(self.questions.values())
        schema["required"] = [name for name in schema.get("required", ()) if name not in hidden]
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": self.title.in_("en"),
            **schema,
        }
