"""The currency of an expression whose result is certainly an amount of money, so that it is shown with its symbol."""

from collections.abc import Sequence

from praya.definition.model import InCurrency
from praya.definition.questions import DerivedQuestion, MoneyQuestion, Question
from praya.definition.service import Service
from praya.definition.shapes import behind, item_of, question_of, roots
from praya.kernel.syntax import (
    Call,
    Choice,
    Index,
    Listing,
    Literal,
    Macro,
    Member,
    Negative,
    Node,
    Reckoned,
    path,
)

_ALIKE = frozenset({"max", "min", "highest", "lowest", "sum", "average", "round", "floor", "ceil"})
_OF_A_FEE = frozenset({"amount", "returned"})


def currency_of(node: Node, service: Service) -> str:
    """The currency of money plus or minus money (or 0), money times or divided by a number, the higher of two.

    It is "" for any other expression, and when it is not certain that the result is money.
    """
    if isinstance(node, Choice):
        return _alike([node.one, node.other], service)
    if isinstance(node, Negative):
        return currency_of(node.of, service)
    if isinstance(node, Reckoned):
        return _reckoned(node, service)
    if isinstance(node, Call) and node.name in _ALIKE:
        return _alike(node.arguments[:1] if node.name == "round" else node.arguments, service)
    if isinstance(node, Listing):
        return _alike(node.items, service)
    if isinstance(node, Macro):
        return _of_each(node, service)
    if (question := question_of(node, service)) is not None:
        return _currency(question)
    return _named(_names(node), service)


def _alike(parts: Sequence[Node], service: Service) -> str:
    """The currency of parts that are each money or 0, at least one of them money; "" otherwise."""
    currencies = {currency_of(part, service) for part in parts if not (isinstance(part, Literal) and part.value == 0)}
    return currencies.pop() if len(currencies) == 1 else ""


def _reckoned(node: Reckoned, service: Service) -> str:
    if {*node.signs} <= {"+", "-"}:
        return _alike(node.terms, service)
    currencies = [currency_of(term, service) for term in node.terms]
    divided = not {*node.signs} <= {"*"}
    counted = [one for one in currencies if one]
    return counted[0] if len(counted) == 1 and (currencies[0] or not divided) else ""


def _of_each(node: Macro, service: Service) -> str:
    """`answers.repeat.map(item, item.amount)`: one answer of each item, and nothing else."""
    shape = item_of(behind(node, roots(service))) if node.name == "map" else None
    return _currency(shape) if isinstance(shape, Question) else ""


def _names(node: Node) -> tuple[str, ...]:
    """The path of a value; of one that an answer picks, `parameters.fee[answers.kind]`, up to there."""
    while path(node) is None and isinstance(node, Member | Index):
        node = node.of
    return path(node) or ()


def _named(names: tuple[str, ...], service: Service) -> str:
    match names:
        case ("fees", "total" | "owed" | "paid" | "promised" | "paid_out"):
            return _of_fees(service)
        case ("fees", _, part) if part in _OF_A_FEE:
            return _of_fees(service)
        case ("parameters", name, *_) if name in service.parameters:
            parameter = service.parameters[name]
            return parameter.in_currency if parameter.shows == "money" else ""
    return ""


def _of_fees(service: Service) -> str:
    return next((fee.in_currency for fee in service.fees), "")


def _currency(question: Question) -> str:
    money = isinstance(question, MoneyQuestion) or (isinstance(question, DerivedQuestion) and question.shows == "money")
    return question.in_currency if isinstance(question, InCurrency) and money else ""
