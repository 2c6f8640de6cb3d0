"""Fees and deposits: what a service costs, and what becomes of each fee on a case's way."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Discriminator, Tag

from praya.definition.chapter import Chapter, Found, Whole, Words
from praya.definition.model import InCurrency, Model, Name, Path, Plain
from praya.definition.source import Said, unknown
from praya.kernel import syntax
from praya.kernel.expression import Expression, ExpressionFailed, nearest
from praya.kernel.number import is_number
from praya.kernel.text import Text

# Told apart by what is written, so that a wrong expression is not said to be no list.
GivenBack = Annotated[
    Annotated[tuple[Name, ...], Tag("whole")] | Annotated[dict[Name, Expression], Tag("in part")],
    Discriminator(lambda written: "in part" if isinstance(written, dict) else "whole"),
]
"""Fees that are given back: their names, all of each; or an expression for how much of each, by name."""

SUMS = frozenset({"total", "owed", "paid"})
"""The sums of all fees of a case, after `fees.` in expressions."""
OF_A_FEE = ("state", "amount", "returned")
"""What expressions read of one fee, after its name."""
STATES = ("none", "owed", "paid", "waived", "refunded", "forfeited")
EFFECTS = ("charge", "paid", "waive", "refund", "forfeit")


class Fee(InCurrency):
    """A fee or a deposit in the territory's currency, in whole units."""

    name: Name | None = None
    kind: Literal["fee", "deposit"] = "fee"
    label: Text
    amount: Expression
    when: Expression | None = None


class OfService(Model):
    """The fees of a service."""

    fees: tuple[Fee, ...] = ()

    if TYPE_CHECKING:
        flow: Any

    @cached_property
    def charged(self) -> dict[str, tuple[str, ...]]:
        """The fees that an effect charges, each with the states that owe it; all others are due on applying."""
        charged: dict[str, dict[str, None]] = {}
        for state in self.flow.states.values():
            due = [(state.name, state.charge)]
            due += [(action.to or state.name, action.charge) for action in state.actions.values()]
            due += [(timer.to or state.name, timer.charge) for timer in state.timers]
            for due_in, names in due:
                for name in names:
                    charged.setdefault(name, {})[due_in] = None
        return {name: tuple(states) for name, states in charged.items()}


class OfEffects(Model):
    """What effects do to fees."""

    charge: tuple[Name, ...] = ()
    paid: bool | tuple[Name, ...] = False
    waive: tuple[Name, ...] = ()
    refund: GivenBack = ()
    forfeit: tuple[Name, ...] = ()


class OfExpect(Model):
    """What an example expects of fees."""

    fee: Plain | None = None
    fees: dict[str, Literal["owed", "paid", "waived", "refunded", "forfeited", "none"]] | None = None


def problems(whole: Whole) -> Found:
    """Check the names of fees, the expressions that read them, and the effects on them."""
    service: OfService = whole.service
    seen: set[str] = set()
    for index, fee in enumerate(service.fees):
        if fee.name is None:
            if fee.kind == "deposit":
                yield ("fees", index), _not("a deposit needs a 'name', by which it is given back or forfeited")
            continue
        if fee.name in SUMS:
            yield ("fees", index, "name"), _not(f"'fees.{fee.name}' is the sum of several; give the fee another name")
        if fee.name in seen:
            yield ("fees", index, "name"), Said("named-twice", f"two fees are called '{fee.name}'")
        seen.add(fee.name)
    for path, expression in whole.expressions:
        for node in expression.node.walk():
            match syntax.path(node):
                case ("fees", name, part) if name in seen and part not in OF_A_FEE:
                    yield path, Said("unknown-name", f"'fees.{name}.{part}' does not exist{nearest(part, OF_A_FEE)}")
            for state in _states_compared(node):
                if state not in STATES:
                    yield path, unknown("state of a fee", state, STATES)
    for path, effects in whole.effects:
        yield from _effects(service, effects, path)


def _states_compared(node: syntax.Node) -> Iterator[str]:
    """The words with which `fees.name.state` is compared."""
    for of, word in syntax.compared_words(node):
        match syntax.path(of):
            case ("fees", _, "state"):
                yield word


def _effects(service: OfService, effects: OfEffects, path: Path) -> Found:
    kinds = {fee.name: fee.kind for fee in service.fees if fee.name}
    for word in EFFECTS:
        named = getattr(effects, word)
        places = (
            enumerate(named)
            if isinstance(named, tuple)
            else ((name, name) for name in named)
            if isinstance(named, dict)
            else ()
        )
        for place, name in places:
            if name not in kinds:
                yield (*path, word, place), unknown("fee with the name", name, kinds)
            elif word == "forfeit" and kinds[name] != "deposit":
                yield (*path, word, place), _not(f"'{name}' is no deposit; only a deposit can be forfeited")
    for name, part in effects.refund.items() if isinstance(effects.refund, dict) else ():
        if _is_no_amount(part):
            said = f"'{part.source}' is no sum of money; for all of it write fees.{name}.amount"
            yield (*path, "refund", name), Said("wrong-kind", said)
    by_applicant = getattr(effects, "by", "") == "applicant"
    if by_applicant and (effects.paid or effects.waive or effects.refund):
        yield path, _not("an applicant cannot say that a fee was paid, waived or given back")


def _is_no_amount(expression: Expression) -> bool:
    """Whether the result is certainly no number: a comparison, or a word or yes and no that is written out."""
    if isinstance(expression.node, syntax.Compared | syntax.Both | syntax.Either | syntax.Not):
        return True
    if expression.names:
        return False
    try:
        value = expression.value({})
    except ExpressionFailed:
        return True
    return not is_number(value)


def _not(message: str) -> Said:
    return Said("not-possible", message)


def story_problems(service: OfService, expect: OfExpect, path: Path) -> Found:
    """Check that an example expects something of fees that there are."""
    named = {fee.name for fee in service.fees if fee.name}
    for name in expect.fees or {}:
        if name not in named:
            yield (*path, "fees", name), unknown("fee with the name", name, named)


def members(service: OfService) -> dict[str, set[str]]:
    """What stands after `fees.` in expressions."""
    return {"fees": {*SUMS} | {fee.name for fee in service.fees if fee.name}}


def before_case(service: OfService, path: Path) -> bool:
    """Whether a fee is due on applying: only a fee that an effect charges can read the case."""
    return path[0] == "fees" and not (isinstance(path[1], int) and service.fees[path[1]].name in service.charged)


def settled_by(service: OfService, effects: OfEffects) -> Iterator[Expression]:
    """The amounts and conditions of the fees that effects charge, and the parts that they give back."""
    names = {name for kind in (effects.charge, effects.paid, effects.refund) if kind is not True for name in kind or ()}
    for fee in service.fees:
        if fee.name in names or effects.paid is True:
            yield fee.amount
            yield from (fee.when,) if fee.when else ()
    yield from effects.refund.values() if isinstance(effects.refund, dict) else ()


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The fees by the first language of their labels."""
    return {
        "fee": {
            fee["label"].get("en") or next(iter(fee["label"].values())): {
                word: value for word, value in fee.items() if word not in {"label", "name"}
            }
            for fee in data["fees"]
        }
    }


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Service": {
        "fees": (
            "What it costs, worked out when the case is opened.",
            [{"label": {"en": "Licence fee", "zh-hant": "牌照費"}, "amount": "parameters.fee"}],
        )
    },
    "Fee": {
        "name": ("Its name, for effects and expressions: fees.deposit.state, fees.deposit.amount.", "deposit"),
        "kind": ("A fee, or a deposit: one that is given back or forfeited.", "deposit"),
        "label": ("What it is for.", {"en": "Licence fee", "zh-hant": "牌照費"}),
        "amount": ("An expression in whole units of the pack's currency.", "parameters.fee + 10 * answers.kennels"),
        "when": ("It is due only when this holds.", "answers.kennels > 5"),
    },
    "Effects": {
        "charge": ("Fees that are charged now, by name; they are then not due on applying.", ["licence_fee"]),
        "paid": ("Fees that an officer says were paid, by name, or true for all that are owed.", ["licence_fee"]),
        "waive": ("Fees that need not be paid.", ["licence_fee"]),
        "refund": (
            (
                "Fees or deposits that are given back whole, or by name how much of each; the rest is "
                "kept. One that was never paid is owed no more."
            ),
            {"deposit": "fees.deposit.amount - findings.damage"},
        ),
        "forfeit": ("Deposits that were paid and are not given back.", ["deposit"]),
    },
    "Expect": {
        "fee": ("The fees together, without what was waived or given back.", 1230),
        "fees": ("What became of fees, by name: owed, paid, waived, refunded, forfeited or none.", {"deposit": "paid"}),
    },
}
NAMES = {
    "fees": (
        (
            "`fees.total`, `fees.owed`, `fees.paid`, and each fee with a name: `fees.deposit.state` (none, owed, "
            "paid, waived, refunded, forfeited), `fees.deposit.amount` and `fees.deposit.returned`, how much of "
            "it was given back. `fees.paid` is what was paid and not given back."
        ),
        "in flow, records, registers, notices",
    )
}

CHAPTER = Chapter(
    name="fees",
    service=(Words(model=OfService, at=30),),
    effects=(Words(model=OfEffects, at=60),),
    expect=(Words(model=OfExpect, at=10),),
    parts=(Fee,),
    problems=problems,
    story_problems=story_problems,
    members=members,
    before_case=before_case,
    settled_by=settled_by,
    differences=differences,
    reference=REFERENCE,
    names=NAMES,
)
