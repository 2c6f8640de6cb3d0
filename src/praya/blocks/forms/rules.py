"""Read and validate answers: from the fields of a page to canonical values and refusals. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import takewhile
from typing import Any, Protocol, TypeVar

from praya.definition.form import Page
from praya.definition.questions import (
    ROW,
    Asking,
    Content,
    DerivedQuestion,
    Posted,
    Question,
    Refusal,
    RepeatQuestion,
    SignatureQuestion,
)

Context = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""A function from answers to the context in which expressions are evaluated."""

Part = TypeVar("Part", bound=Question | Content)
MAX_EXTRA = 20


class Form(Protocol):
    """Pages and their questions: the form of a service, or the section of a party."""

    @property
    def form(self) -> tuple[Page, ...]:
        """The pages, in order."""

    @property
    def questions(self) -> Mapping[str, Question]:
        """The questions by name, without those inside repeats."""


@dataclass
class Read:
    """The result of reading a page: canonical answers and refusals.

    `newly_asked` is true when the answers made a question appear that the page did not show.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    refusals: list[Refusal] = field(default_factory=list)
    newly_asked: bool = False


def asked_parts(questions: Sequence[Part], context: Mapping[str, Any]) -> list[Part]:
    """Those questions, or other parts of a page, whose condition holds."""
    return [q for q in questions if q.when is None or q.when.holds(context)]


def read_page(
    page: Page,
    posted: Posted,
    kept: Mapping[str, Any],
    *,
    context: Context,
    asking: Callable[[Mapping[str, Any]], Asking],
) -> Read:
    """Read the fields of `page`, given the answers `kept` so far.

    A question that appears only because of answers on the same page is not missing: the page is displayed again.
    """
    read = Read()
    shown = set(posted.get("_asked", ()))
    for question in page.questions:
        answers = {**kept, **read.answers}
        known = context(answers)
        if question.when is not None and not question.when.holds(known):
            read.answers[question.name] = None
            continue
        if isinstance(question, DerivedQuestion):
            read.refusals += question.refusals(None, question.name, asking(answers))
            continue
        if shown and question.name not in shown:
            read.newly_asked = True
            continue

        def knowing(value: Any, name: str = question.name, before: Mapping[str, Any] = answers) -> Asking:
            return asking({**before, name: value})

        value, refusals = _read(question, question.name, posted, knowing, read, shown)
        read.answers[question.name] = value
        read.refusals += refusals
    return read


Knowing = Callable[[Any], Asking]
"""From the answer of the present question to the context in which its rules and limits are evaluated."""


def _read(
    question: Question, at: str, posted: Posted, knowing: Knowing, read: Read, shown: set[str]
) -> tuple[Any, list[Refusal]]:
    if isinstance(question, RepeatQuestion):
        return _read_repeat(question, at, posted, knowing, read, shown)
    value, unreadable = question.read(posted, at)
    asking = knowing(value)
    value = question.settled(value, asking)
    # An answer with an unreadable part is reported as unreadable, not also as missing.
    wrong = {refusal.path for refusal in unreadable} | ({at} if unreadable and value is None else set())
    return value, [*unreadable, *(r for r in question.refusals(value, at, asking) if r.path not in wrong)]


def _of_item(reasons: Iterable[Refusal], repeat: RepeatQuestion, index: int) -> list[Refusal]:
    """The refusals of the answers in one item, with the item's position."""
    return [replace(reason, items=((repeat.item, index + 1), *reason.items)) for reason in reasons]


def _read_repeat(
    question: RepeatQuestion, at: str, posted: Posted, knowing: Knowing, read: Read, shown: set[str]
) -> tuple[Any, list[Refusal]]:
    items: list[dict[str, Any]] = []
    refusals: list[Refusal] = []
    known = knowing(())
    rows = question.rows(known.context)
    # What is found of the rows changes no answer, and nothing else but these.
    found = {"findings", "conditions", "decisions"}
    unchanged = {} if rows is None else {name: value for name, value in known.context.items() if name not in found}
    for index in range(question.count(posted, at) if rows is None else len(rows)):
        item: dict[str, Any] = {} if rows is None else {ROW: rows[index]}
        for inner in question.questions:

            def within(
                value: Any,
                name: str = inner.name,
                so_far: Mapping[str, Any] = item,
                before: Sequence[Any] = tuple(items),
            ) -> Asking:
                whole = {**so_far, name: value}
                at_hand = {} if rows is None else {**unchanged, **_of_item_at_hand(question, whole, known)}
                return replace(
                    known, context=_Later(lambda: _within(question, whole, knowing([*before, whole])).context, at_hand)
                )

            if inner.when is not None and not inner.when.holds(within(None).context):
                continue
            if isinstance(inner, DerivedQuestion):
                refusals += _of_item(inner.refusals(None, f"{at}.{index}.{inner.name}", within(None)), question, index)
                continue
            where = f"{at}.{index}.{inner.name}"
            if shown and where not in shown:
                read.newly_asked = True
                continue
            value, reasons = _read(inner, where, posted, within, read, shown)
            refusals += _of_item(reasons, question, index)
            if value is not None:
                item[inner.name] = value
        items.append(item)
    return items, refusals + list(question.refusals(items, at, knowing(items)))


def asked_in_items(questions: Sequence[Question], fields: Posted, asking: Asking, prefix: str = "") -> set[str]:
    """The field names of all questions and texts displayed inside repeats, given the present fields."""
    names: set[str] = set()
    for question in questions:
        if not isinstance(question, RepeatQuestion):
            continue
        at = f"{prefix}{question.name}"
        rows = question.rows(asking.context)
        for index in range(question.count(fields, at) if rows is None else len(rows)):
            item = {q.name: _field_value(q, fields, f"{at}.{index}.{q.name}") for q in question.questions}
            item |= {ROW: rows[index]} if rows else {}
            within = _within(question, item, asking)
            inner = asked_parts(question.questions, within.context)
            names |= {f"{at}.{index}.{q.name}" for q in inner}
            names |= {f"{at}.{index}.#{n}" for n in _displayed_texts(question, within)}
            names |= asked_in_items(inner, fields, within, f"{at}.{index}.")
    return names


def _displayed_texts(question: RepeatQuestion, within: Asking) -> Iterator[int]:
    """The positions of the displayed texts among the questions of an item."""
    for position, part in enumerate(question.content):
        if isinstance(part, Content) and (part.when is None or part.when.holds(within.context)):
            yield position


def _field_value(question: Question, fields: Posted, at: str) -> Any:
    """The present value of a field; None when it is empty or unreadable."""
    if isinstance(question, RepeatQuestion):
        return None
    return question.read(fields, at)[0]


class _Later(Mapping[str, Any]):
    """A context that is computed when it is first read, because most rules read nothing of hundreds of rows."""

    def __init__(self, work_out: Callable[[], Mapping[str, Any]], at_hand: Mapping[str, Any]) -> None:
        """`at_hand` is what is known without it."""
        self._work_out, self._at_hand = work_out, at_hand

    @cached_property
    def _computed(self) -> Mapping[str, Any]:
        return self._work_out()

    def __getitem__(self, name: str) -> Any:
        return self._at_hand[name] if name in self._at_hand else self._computed[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._computed)

    def __len__(self) -> int:
        return len(self._computed)


def _within(question: RepeatQuestion, item: Mapping[str, Any], asking: Asking) -> Asking:
    return replace(asking, context={**asking.context, **_of_item_at_hand(question, item, asking)})


def _of_item_at_hand(question: RepeatQuestion, item: Mapping[str, Any], asking: Asking) -> dict[str, Any]:
    """What expressions know of the item: `item`, and the `row` for which it stands."""
    known = question.item_known(item, asking.look)
    return {"item": known, **question.row_known(known)}


def refusals(
    questions: Sequence[Question], answers: Mapping[str, Any], asking: Asking, prefix: str = ""
) -> Iterator[Refusal]:
    """Every refusal of canonical `answers` to `questions`; used at submission and by the API."""
    for question in questions:
        at = f"{prefix}{question.name}"
        if question.when is not None and not question.when.holds(asking.context):
            continue
        value = answers.get(question.name)
        reasons = list(question.refusals(value, at, asking))
        yield from reasons
        unread = {"wrong_kind", "control_character", "too_many_items"} & {reason.code for reason in reasons}
        # Items of another number than the rows cannot be told to which row they belong.
        unread |= {r.code for r in reasons if r.code == "not_so_many_items" and getattr(question, "of", None)}
        # A refusal of the whole repeat does not hide refusals of its items, as long as the items can be read.
        if isinstance(question, RepeatQuestion) and value and not unread:
            for index, item in enumerate(value):
                within = _within(question, item, asking)
                inner = refusals(question.questions, item, within, f"{at}.{index}.")
                yield from (replace(r, items=((question.item, index + 1), *r.items)) for r in inner)
                own = {name: answer for name, answer in item.items() if name != ROW or question.of is None}
                yield from _unknown_answers(question.questions, own, f"{at}.{index}.", question)


def not_worked_out(questions: Sequence[Question], known: Mapping[str, Any], asking: Asking) -> list[Refusal]:
    """A refusal for each derived answer of an item that is asked, and is not known; `known` has the items."""
    reasons: list[Refusal] = []
    for repeat in (question for question in questions if isinstance(question, RepeatQuestion)):
        derived = [question for question in repeat.questions if isinstance(question, DerivedQuestion)]
        for index, item in enumerate(known[repeat.name] if derived else ()):
            at_hand = {**asking.context, "item": item, **repeat.row_known(item)}
            unknown = (q for q in derived if item[q.name] is None and (q.when is None or q.when.holds(at_hand)))
            found = [q.refuse(f"{repeat.name}.{index}.{q.name}", "not_worked_out") for q in unknown]
            reasons += _of_item(found, repeat, index)
    return reasons


def all_refusals(form: Form, answers: Mapping[str, Any], *, asking: Asking) -> list[Refusal]:
    """Every refusal of a complete set of answers, including answers to unknown questions."""
    reasons: list[Refusal] = []
    for page in form.form:
        if page.when is None or page.when.holds(asking.context):
            reasons += refusals(page.questions, answers, asking)
    everything = tuple(form.questions.values())
    reasons += _unknown_answers(everything, answers, "", everything[0])
    return reasons


def _unknown_answers(
    questions: Sequence[Question], answers: Mapping[str, Any], prefix: str, owner: Question
) -> Iterator[Refusal]:
    known = {q.name for q in questions}
    for name in [name for name in answers if name not in known][:MAX_EXTRA]:
        yield Refusal(f"{prefix}{str(name)[:60]}", "unknown_answer", owner.label)


def pruned(form: Form, answers: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Remove the answers to questions that are not asked, repeatedly, since removing one may hide another question.

    Derived answers are not included: they are computed from the others.
    """
    asked_for = {q.name for q in form.questions.values() if not isinstance(q, DerivedQuestion)}
    current = {name: value for name, value in answers.items() if value is not None and name in asked_for}
    for _ in range(len(form.form) + 1):
        known = context(current)
        kept: dict[str, Any] = {}
        for page in form.form:
            if page.when is None or page.when.holds(known):
                kept |= {q.name: current[q.name] for q in asked_parts(page.questions, known) if q.name in current}
        if kept == current:
            break
        current = kept
    return current


def signed(form: Form, answers: Mapping[str, Any], context: Context, name: str) -> dict[str, Any]:
    """The content of a signature: the answers to every question before it that is asked."""
    kept = pruned(form, answers, context)
    before = takewhile(lambda question: question.name != name, form.questions.values())
    return {question.name: kept[question.name] for question in before if question.name in kept}


def settled(form: Form, answers: Mapping[str, Any], asking: Asking) -> dict[str, Any]:
    """The answers, with each signature completed for the person who signs now."""
    complete = dict(answers)
    for question in form.questions.values():
        if isinstance(question, SignatureQuestion) and question.name in complete:
            complete[question.name] = question.settled(complete[question.name], asking)
    return complete
