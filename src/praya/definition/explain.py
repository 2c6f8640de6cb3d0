"""Why something came out as it did: its rule opened into answers, the law of the day and the decisions behind it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from praya.definition.questions import DerivedQuestion, FileQuestion, Question, RepeatQuestion, shown_date
from praya.definition.questions.choices import YES_NO
from praya.definition.reasoning import Decision, Node, Row
from praya.definition.service import Service
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.text import Text

NOT_ANSWERED = Text({"en": "Not answered", "zh-hant": "未有作答"})
NOT_KNOWN = Text({"en": "Not known yet", "zh-hant": "尚未確定"})
TODAY = Text({"en": "The day that counts", "zh-hant": "計算日期"})
SUM = Text({"en": "Calculation", "zh-hant": "算式"})
SINCE = Text({"en": "since {day}", "zh-hant": "自{day}起"})
_PATH = re.compile(r"([a-z_]\w*)\.([a-z_]\w*)")
_INNER = re.compile(r"\.\s*([a-z_]\w*)\b(?!\s*\()")
_SIGNS = str.maketrans({"*": "×", "/": "÷", "-": "−"})


@dataclass(frozen=True)
class Line:
    """One thing that a result rests on: what it is, what it came to, its law, and what it rests on in turn."""

    words: str
    value: str
    law: str = ""
    within: "tuple[Line, ...]" = ()


@dataclass(frozen=True)
class Known:
    """What is known where something is explained: answers as they are kept, what expressions see, the day of the law.

    `findings` are those of officers, None where they are not for the reader's eyes.
    """

    service: Service
    answers: Mapping[str, Any]
    context: Mapping[str, Any]
    day: date
    language: str
    findings: Mapping[str, Any] | None = None


def explained(known: Known, *expressions: Expression | None) -> tuple[Line, ...]:
    """What these expressions rest on, each thing opened once."""
    return tuple(_lines([e for e in expressions if e is not None], known, set()))


def derived(known: Known) -> tuple[Line, ...]:
    """Every derived answer of the form that is known, with what it rests on."""
    told: set[Node] = set()
    questions = [q for q in known.service.questions.values() if isinstance(q, DerivedQuestion)]
    lines = [_line("answers", q.name, [], known, told) for q in questions if known.answers.get(q.name) is not None]
    return tuple(line for line in lines if line is not None)


def _lines(expressions: Sequence[Expression], known: Known, told: set[Node]) -> Iterator[Line]:
    for expression in expressions:
        formula = _formula(expression, known)
        if formula:
            yield Line(SUM.in_(known.language), formula)
    for root, name in dict.fromkeys(mention for expression in expressions for mention in expression.mentions):
        line = _line(root, name, expressions, known, told)
        if line is not None:
            yield line
    if any("today" in expression.names for expression in expressions) and ("", "today") not in told:
        told.add(("", "today"))
        yield Line(TODAY.in_(known.language), _said(known.context["today"], known.language))


def _line(root: str, name: str, expressions: Sequence[Expression], known: Known, told: set[Node]) -> Line | None:
    """The line of a name; what was opened before is not opened again."""
    again = (root, name) in told
    told.add((root, name))
    service, language = known.service, known.language
    if root == "parameters":
        return _parameter(name, known)
    if root == "conditions":
        condition = service.conditions[name]
        within = () if again else tuple(_lines([condition.when], known, told))
        return Line(_words(condition.label, name, language), _said(known.context[root][name], language), "", within)
    if root == "decisions":
        return _decision(service.decisions[name], known, told, again=again)
    question = _question(known, root, name)
    if question is None:
        return None
    value = (known.answers if root == "answers" else known.findings or {}).get(name)
    label = question.label.in_(language)
    if value is None:
        missing = NOT_KNOWN if isinstance(question, DerivedQuestion) else NOT_ANSWERED
        return Line(label, missing.in_(language))
    if isinstance(question, DerivedQuestion):
        within = () if again else tuple(_lines([question.value], known, told))
        return Line(label, question.shown(value, language), "", within)
    if isinstance(question, RepeatQuestion):
        inner = {word for expression in expressions for word in _INNER.findall(expression.source)}
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


def _parameter(name: str, known: Known) -> Line | None:
    parameter = known.service.parameters[name]
    found = parameter.on(known.day)
    label = _words(parameter.label, name, known.language)
    if found is None:
        return Line(label, NOT_KNOWN.in_(known.language))
    since = SINCE.in_(known.language).format(day=shown_date(found.from_date, known.language))
    law = " · ".join(filter(None, (found.reference.in_(known.language) if found.reference else "", since)))
    return Line(label, _said(found.value, known.language), law)


def _decision(decision: Decision, known: Known, told: set[Node], *, again: bool) -> Line:
    """The row that decided, and what it and the rows before it read."""
    language = known.language
    label = _words(decision.label, decision.name, language)
    row = decision.row(known.context, known.day)
    # The rows that did not hold say as much as the one that did.
    read = [r for r in decision.rows if r.in_force(known.day)]
    read = read[: read.index(row) + 1] if row is not None else read
    reasons = [e for r in read for e in (r.when, r.value if r is row else None) if e is not None]
    within = () if again else tuple(_lines(reasons, known, told))
    if row is None:
        return Line(label, NOT_KNOWN.in_(language), "", within)
    law = row.reference or decision.reference
    return Line(label, _result(decision, row, known), law.in_(language) if law else "", within)


def _result(decision: Decision, row: Row, known: Known) -> str:
    if row.label is not None:
        return row.label.in_(known.language)
    return _said(known.context["decisions"][decision.name], known.language)


def _formula(expression: Expression, known: Known) -> str:
    """Sums and products with their numbers put in, `100 × 3 × 0.5 = 150`; empty for anything else."""
    if not re.search(r"[-+*/]", expression.source):
        return ""
    numbers: list[str] = []

    def number(match: re.Match[str]) -> str:
        open_to_reader = match[1] in {"answers", "parameters", "decisions"}
        value = known.context[match[1]].get(match[2]) if open_to_reader else None
        numbers.append("" if isinstance(value, bool) or not isinstance(value, int | float) else "known")
        return _said(value, known.language)

    text = _PATH.sub(number, expression.source)
    if not numbers or "" in numbers or not re.fullmatch(r"[\d.,\s()+*/-]+", text):
        return ""
    try:
        result = _said(expression.value(known.context), known.language)
    except ExpressionFailed:
        return ""
    return f"{' '.join(text.split()).translate(_SIGNS)} = {result}"


def _question(known: Known, root: str, name: str) -> Question | None:
    if root == "answers":
        return known.service.questions.get(name)
    if root == "findings" and known.findings is not None:
        return next((question for question in known.service.all_questions() if question.name == name), None)
    return None


def _words(label: Text | None, name: str, language: str) -> str:
    """The label, or the name as words."""
    return label.in_(language) if label else name.replace("_", " ").capitalize()


def _said(value: Any, language: str) -> str:
    if value is None:
        return NOT_KNOWN.in_(language)
    if isinstance(value, bool):
        return YES_NO["yes" if value else "no"].in_(language)
    if isinstance(value, datetime):
        return shown_date(value.date(), language)
    if isinstance(value, date):
        return shown_date(value, language)
    if isinstance(value, int | float):
        return f"{value:,.4f}".rstrip("0").rstrip(".") if isinstance(value, float) else f"{value:,}"
    if isinstance(value, list | tuple):
        return ("、" if language.startswith("zh") else ", ").join(_said(one, language) for one in value)
    return str(value)


def flat(lines: Iterable[Line]) -> Iterator[Line]:
    """Every line, those within after theirs."""
    for line in lines:
        yield line
        yield from flat(line.within)
