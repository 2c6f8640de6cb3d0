"""Explain a result: the answers, the parameters of the law and the decisions on which it rests."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from praya.definition.calculation_steps import steps
from praya.definition.chapters import CHAPTERS
from praya.definition.condition_words import Known, branch, compiled, condition, label_of
from praya.definition.missing import missing_in
from praya.definition.own_words import WORDS
from praya.definition.questions import DerivedQuestion, FileQuestion, RepeatQuestion, shown_date
from praya.definition.reasoning import Decision, Node, Row
from praya.definition.value_words import value_of
from praya.kernel import syntax
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.syntax import Index, Member, named


@dataclass(frozen=True)
class Line:
    """Something on which a result rests: its label, its value, its law, and the lines on which it rests itself."""

    words: str
    value: str
    law: str = ""
    within: "tuple[Line, ...]" = ()


def explained(known: Known, *expressions: Expression | None) -> tuple[Line, ...]:
    """The lines on which these expressions rest; each is expanded once."""
    return tuple(_lines([e for e in expressions if e is not None], known, set()))


def derived(known: Known) -> tuple[Line, ...]:
    """Every derived answer of the form with a value, with the lines on which it rests."""
    told: set[Node] = set()
    questions = [q for q in known.service.questions.values() if isinstance(q, DerivedQuestion)]
    lines = [_line("answers", q.name, [], known, told) for q in questions if known.answers.get(q.name) is not None]
    return tuple(line for line in lines if line is not None)


def finding(known: Known, name: str, told: set[Node]) -> Iterator[Line]:
    """A finding, with the lines on which it rests. Nodes in `told` were expanded before, and are not expanded again."""
    line = _line("findings", name, [], known, told)
    if line is not None:
        yield line


def _lines(expressions: Sequence[Expression], known: Known, told: set[Node]) -> Iterator[Line]:
    for expression in expressions:
        yield from (Line(words, value) for words, value in steps(expression.node, known))
    for root, name in dict.fromkeys(mention for expression in expressions for mention in expression.mentions):
        line = _line(root, name, expressions, known, told)
        if line is not None:
            yield line
    if any("today" in expression.names for expression in expressions) and ("", "today") not in told:
        told.add(("", "today"))
        yield Line(WORDS["today"].in_(known.language), value_of(known.context["today"], known.language))


def _line(root: str, name: str, expressions: Sequence[Expression], known: Known, told: set[Node]) -> Line | None:
    """The line of a name. Nodes in `told` are not expanded again."""
    again = (root, name) in told
    told.add((root, name))
    service, language = known.service, known.language
    if root == "parameters":
        return _parameter(name, expressions, known)
    if root == "conditions":
        rule = service.conditions[name]
        within = () if again else tuple(_lines([rule.when], known, told))
        return Line(label_of(rule.label, name, language), value_of(known.context[root][name], language), "", within)
    if root == "decisions":
        return _decision(service.decisions[name], known, told, again=again)
    question = known.asks(root, name)
    if question is None:
        shown = (chapter.shown(service, name, known.context, language) for chapter in CHAPTERS if root in chapter.names)
        line = None if again else next((one for one in shown if one is not None), None)
        return Line(*line) if line is not None else None
    value = (known.answers if root == "answers" else known.findings or {}).get(name)
    label = question.label.in_(language)
    if value is None:
        if not isinstance(question, DerivedQuestion):
            return Line(label, WORDS["not_answered"].in_(language))
        missing = missing_in(service, question.value, known.context)
        return Line(label, missing.sentence(language) if missing else WORDS["not_known"].in_(language))
    if isinstance(question, DerivedQuestion):
        # Findings may have changed since; then they no longer explain this result.
        stands = root == "answers" or question.worked_out(known.context) == value
        within = tuple(_lines([question.value], known, told)) if stands and not again else ()
        return Line(label, question.shown(value, language), "", within)
    if isinstance(question, RepeatQuestion):
        inner = {part.name for expression in expressions for part in expression.node.walk() if isinstance(part, Member)}
        return Line(label, str(len(value)), "", () if again else tuple(_items(question, value, inner, language)))
    if isinstance(question, FileQuestion):
        return Line(label, str(len(value)))
    return Line(label, question.shown(value, language))


def _items(question: RepeatQuestion, value: Sequence[Any], inner: set[str], language: str) -> Iterator[Line]:
    """Each item with those of its answers that the rule reads."""
    for number, item in enumerate(value, 1):
        within: list[Line] = []
        for asked in question.questions:
            given = item.get(asked.name)
            if asked.name not in inner or given is None:
                continue
            if isinstance(asked, RepeatQuestion):
                deeper = tuple(_items(asked, given, inner, language))
                within.append(Line(asked.label.in_(language), str(len(given)), "", deeper))
            else:
                within.append(Line(asked.label.in_(language), asked.shown(given, language)))
        if within:
            yield Line(f"{question.item.in_(language)} {number}", "", "", tuple(within))


def _parameter(name: str, expressions: Sequence[Expression], known: Known) -> Line | None:
    parameter = known.service.parameters[name]
    dated = parameter.on(known.day)
    label = label_of(parameter.label, name, known.language)
    if dated is None:
        return Line(label, WORDS["not_known"].in_(known.language))
    since = WORDS["since"].in_(known.language).format(day=shown_date(dated.from_date, known.language))
    law = " · ".join(filter(None, (dated.reference.in_(known.language) if dated.reference else "", since)))
    values = _looked_up(name, expressions, known) if isinstance(dated.value, Mapping) else [dated.value]
    return Line(label, value_of([parameter.shown(value, known.language) for value in values], known.language), law)


def _looked_up(name: str, expressions: Sequence[Expression], known: Known) -> list[Any]:
    """The values that these expressions read from a parameter that is a mapping, at any depth."""
    # The branch of `condition ? one : other` that is taken explains more than the whole.
    for nodes in ([branch(e.node, known) for e in expressions], [e.node for e in expressions]):
        values = []
        for text in (part.text for node in nodes for part in node.walk() if _looks_into(part, name)):
            try:
                values.append(compiled(text).value(known.context))
            except (ExpressionFailed, ValueError):
                continue
        if single := [value for value in values if not isinstance(value, Mapping)]:
            return list(dict.fromkeys(single))
    return []


def _looks_into(node: syntax.Node, parameter: str) -> bool:
    """Whether the node reads a value from this parameter, at any depth."""
    inner = node
    while isinstance(inner, Member | Index):
        if isinstance(inner.of, Member | Index) and named(inner.of) == ("parameters", parameter):
            return True
        inner = inner.of
    return False


def _decision(decision: Decision, known: Known, told: set[Node], *, again: bool) -> Line:
    """The row that decided, and the values that it and the rows before it read."""
    language = known.language
    label = label_of(decision.label, decision.name, language)
    row = decision.row(known.context, known.day)
    # The rows that did not hold are part of the explanation.
    read = [r for r in decision.rows if r.in_force(known.day)]
    read = read[: read.index(row) + 1] if row is not None else read
    reasons = [e for r in read for e in (r.when, r.value if r is row else None) if e is not None]
    within = () if again else (*_why(row, decision, known), *_lines(reasons, known, told))
    if row is None:
        return Line(label, WORDS["not_known"].in_(language), "", within)
    law = row.reference or decision.reference
    return Line(label, _result(decision, row, known), law.in_(language) if law else "", within)


def _why(row: Row | None, decision: Decision, known: Known) -> Iterator[Line]:
    """The row's condition in words; nothing if there are no plain words."""
    if row is None or (row.when is None and row is decision.rows[0]):
        return
    reason = (
        condition(row.when, known) if row.when else WORDS["no_other_case"].in_(known.language) if row.is_last else ""
    )
    if reason:
        yield Line(WORDS["because"].in_(known.language), reason)


def _result(decision: Decision, row: Row, known: Known) -> str:
    if row.label is not None:
        return row.label.in_(known.language)
    return value_of(known.context["decisions"][decision.name], known.language)


def as_text(lines: Iterable[Line]) -> Iterator[str]:
    """The lines as plain text, inner ones indented."""
    for line in lines:
        yield f"{line.words}{f': {line.value}' if line.value else ''}{f' ({line.law})' if line.law else ''}"
        yield from (f"  {inner}" for inner in as_text(line.within))


def flat(lines: Iterable[Line]) -> Iterator[Line]:
    """Every line, each followed by its inner lines."""
    for line in lines:
        yield line
        yield from flat(line.within)


__all__ = ["Known", "Line", "as_text", "derived", "explained", "finding", "flat"]
