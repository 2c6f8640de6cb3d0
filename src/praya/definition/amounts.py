"""Whether an expression comes to money: where its parts say so for certain, the amount is shown with its currency."""

import re
from collections.abc import Sequence

from praya.definition.model import InCurrency
from praya.definition.questions import DerivedQuestion, MoneyQuestion, Question
from praya.definition.service import Service
from praya.kernel.syntax import bare, closing, sides, split

_NAMED = re.compile(r"(answers|findings|parameters)\.(\w+)((?:\.\w+|\[[^\[\]]+\])*)")
_FEES = re.compile(r"fees\.(?:total|owed|paid|\w+\.(?:amount|returned))")
_OF_EACH = re.compile(r"answers\.(\w+)\.map\(\s*(\w+)\s*,\s*\2\.(\w+)\s*\)")
_ALIKE = re.compile(r"(?:max|min|highest|lowest|sum|average|round|floor|ceil)\(")


def currency_of(source: str, service: Service) -> str:
    """The currency of money plus or minus money (or 0), money times or divided by a number, the higher of two.

    It is "" for what is no money, and wherever that is not certain.
    """
    text = bare(source)
    if found := sides(text):
        return _alike(found[1:], service)
    terms = split(text.removeprefix("-"), "+", "-")
    if len(terms) > 1 or text.startswith("-"):
        return _alike(terms, service)
    factors = split(text, "*", "/", "%")
    if len(factors) > 1:
        found_in = [currency_of(factor, service) for factor in factors]
        divided = len(split(text, "/", "%")) > 1
        counted = [one for one in found_in if one]
        return counted[0] if len(counted) == 1 and (found_in[0] or not divided) else ""
    return _one(text, service)


def _alike(parts: Sequence[str], service: Service) -> str:
    """The currency of parts each of which is money or nothing, one at least money."""
    found = {currency_of(part, service) for part in parts if bare(part) not in {"0", "0.0"}}
    return found.pop() if len(found) == 1 else ""


def _one(text: str, service: Service) -> str:
    if (call := _ALIKE.match(text)) and closing(text, call.end() - 1) == len(text) - 1:
        inner = text[call.end() : -1]
        given = split(inner, ",")
        return _alike(given[:1] if text.startswith("round") else given, service)
    if text.startswith("[") and closing(text, 0) == len(text) - 1:
        return _alike(split(text[1:-1], ","), service)
    if each := _OF_EACH.fullmatch(text):
        repeat = service.questions.get(each[1])
        return _currency(next((q for q in getattr(repeat, "questions", ()) if q.name == each[3]), None))
    if _FEES.fullmatch(text):
        return next((fee.in_currency for fee in service.fees), "")
    named = _NAMED.fullmatch(text)
    if named is None:
        return ""
    if named[1] == "parameters":
        parameter = service.parameters.get(named[2])
        return parameter.in_currency if parameter is not None and parameter.shows == "money" else ""
    if named[3]:
        return ""
    if named[1] == "answers":
        return _currency(service.questions.get(named[2]))
    return _currency(service.flow.asked.get(named[2]))


def _currency(question: Question | None) -> str:
    money = isinstance(question, MoneyQuestion) or (isinstance(question, DerivedQuestion) and question.shows == "money")
    return question.in_currency if isinstance(question, InCurrency) and money else ""
