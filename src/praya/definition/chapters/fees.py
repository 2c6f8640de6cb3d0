"""Fees, deposits and grants: what a service costs or pays to the person, and what becomes of each."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Discriminator, Tag

from praya.definition.chapter import Chapter, Problems, Whole, Words
from praya.definition.chapters.matters import is_about_a_case, matter_service
from praya.definition.chapters.payments import Payments
from praya.definition.model import InCurrency, Model, Name, Path, Plain, Slug
from praya.definition.source import Message, unknown
from praya.kernel import syntax
from praya.kernel.expression import Expression, ExpressionFailed, nearest
from praya.kernel.number import is_number
from praya.kernel.text import Text

# The form of the value selects the type, so that a wrong expression is not reported as a missing list.
GivenBack = Annotated[
    Annotated[tuple[Name, ...], Tag("whole")] | Annotated[dict[Name, Expression], Tag("in part")],
    Discriminator(lambda written: "in part" if isinstance(written, dict) else "whole"),
]
"""Fees that are given back: their names, all of each; or an expression for how much of each, by name."""

SUMS = frozenset({"total", "owed", "paid", "promised", "paid_out"})
"""The sums of all fees of a case, and of all grants, after `fees.` in expressions."""
OF_A_FEE = ("state", "amount", "returned")
"""What expressions read of one fee, after its name."""
OF_A_GRANT = (*OF_A_FEE, "paid_out", "last")
STATES = ("none", "owed", "paid", "waived", "refunded", "forfeited", "promised", "withdrawn", "returned")
OF_GRANTS = ("promise", "pay_out", "take_back")
"""The effects on grants; the others are on what the person pays."""
EFFECTS = ("charge", "paid", "waive", "refund", "forfeit", *OF_GRANTS)


class Fee(InCurrency):
    """A fee, a deposit or a grant in the territory's currency, in whole units."""

    name: Name | None = None
    kind: Literal["fee", "deposit", "grant"] = "fee"
    label: Text
    amount: Expression
    when: Expression | None = None
    pays: Payments | None = None
    for_cases_of: tuple[Slug, ...] = ()


class OfService(Model):
    """The fees of a service."""

    fees: tuple[Fee, ...] = ()

    if TYPE_CHECKING:
        flow: Any

    @cached_property
    def charged(self) -> dict[str, tuple[str, ...]]:
        """The fees that an effect charges, the grants that one promises or pays, each with the states in which it does.

        All others are due on applying.
        """
        charged: dict[str, dict[str, None]] = {}
        for state in self.flow.states.values():
            due: list[tuple[str, Any]] = [(state.name, state)]
            due += [(action.to or state.name, action) for action in state.actions.values()]
            due += [(timer.to or state.name, timer) for timer in state.timers]
            for due_in, effects in due:
                for name in (*effects.charge, *effects.promise, *effects.pay_out):
                    charged.setdefault(name, {})[due_in] = None
        for fee in self.fees:
            if fee.pays is not None and fee.name is not None:
                charged.setdefault(fee.name, {}).update(dict.fromkeys(fee.pays.states))
        return {name: tuple(states) for name, states in charged.items()}


class OfEffects(Model):
    """What effects do to fees."""

    charge: tuple[Name, ...] = ()
    paid: bool | tuple[Name, ...] = False
    waive: tuple[Name, ...] = ()
    refund: GivenBack = ()
    forfeit: tuple[Name, ...] = ()


class OfGrants(Model):
    """What effects do to grants."""

    promise: tuple[Name, ...] = ()
    pay_out: tuple[Name, ...] = ()
    take_back: GivenBack = ()


class OfMatter(Model):
    """What effects do to the fees of the case that this one is about."""

    refund_matter: GivenBack = ()


if TYPE_CHECKING:

    class OnMoney(OfEffects, OfGrants, OfMatter):
        """Effects, with the words of all."""

else:
    OnMoney = OfEffects


class OfExpect(Model):
    """What an example expects of fees."""

    fee: Plain | None = None
    fees: (
        dict[
            str,
            Literal["owed", "paid", "waived", "refunded", "forfeited", "promised", "withdrawn", "returned", "none"],
        ]
        | None
    ) = None


def problems(whole: Whole) -> Problems:
    """Check the names of fees, the expressions that read them, and the effects on them."""
    service: OfService = whole.service
    seen: set[str] = set()
    for index, fee in enumerate(service.fees):
        if fee.name is None:
            if fee.kind == "deposit":
                yield ("fees", index), _not("a deposit needs a 'name', by which it is given back or forfeited")
            if fee.kind == "grant":
                yield ("fees", index), _not("a grant needs a 'name', by which it is promised and paid out")
            continue
        if fee.name in SUMS:
            yield ("fees", index, "name"), _not(f"'fees.{fee.name}' is the sum of several; give the fee another name")
        if fee.name in seen:
            yield ("fees", index, "name"), Message("named-twice", f"two fees are called '{fee.name}'")
        seen.add(fee.name)
        if fee.kind == "grant" and fee.name not in service.charged:
            message = f"no 'promise', 'pay_out' or 'pays' names the grant '{fee.name}', so that nobody ever gets it"
            yield ("fees", index), _not(message)
    grants = {fee.name for fee in service.fees if fee.kind == "grant"}
    for path, expression in whole.expressions:
        for node in expression.node.walk():
            match syntax.path(node):
                case ("fees", name, part) if name in seen:
                    known = OF_A_GRANT if name in grants else OF_A_FEE
                    if part not in known:
                        message = f"'fees.{name}.{part}' does not exist{nearest(part, known)}"
                        yield path, Message("unknown-name", message)
            for state in _states_compared(node):
                if state not in STATES:
                    yield path, unknown("state of a fee", state, STATES)
    for path, effects in whole.effects:
        yield from _effects(service, effects, path)
    yield from problems_about(whole, service)


def problems_about(whole: Whole, owner: Any) -> Problems:
    """Check that the other service has the fees that are given back, and lets cases of this one do so."""
    service: Any = whole.service
    if matter_service(service) != owner.service:
        return
    fees = {fee.name: fee for fee in owner.fees if fee.name and fee.kind != "grant"}
    for path, effects in whole.effects:
        for name in effects.refund_matter:
            here = (*path, "refund_matter")
            if name not in fees:
                yield here, unknown(f"fee of '{owner.service}' with the name", name, fees)
            elif service.service not in fees[name].for_cases_of:
                message = (
                    f"'{owner.service}' does not let cases of '{service.service}' give '{name}' back; say so there"
                )
                yield here, _not(f"{message}, at the fee: 'for_cases_of: [{service.service}]'")


def _states_compared(node: syntax.Node) -> Iterator[str]:
    """The words with which `fees.name.state` is compared."""
    for of, word in syntax.compared_words(node):
        match syntax.path(of):
            case ("fees", _, "state"):
                yield word


def _effects(service: OfService, effects: OnMoney, path: Path) -> Problems:
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
            elif word in OF_GRANTS and kinds[name] != "grant":
                message = f"'{name}' is a {kinds[name]}, which the person pays; '{word}' is for a 'kind: grant'"
                yield (*path, word, place), _not(message)
            elif word not in OF_GRANTS and kinds[name] == "grant":
                message = f"'{name}' is a grant, which the person gets; for grants there are {', '.join(OF_GRANTS)}"
                yield (*path, word, place), _not(message)
            elif word == "forfeit" and kinds[name] != "deposit":
                yield (*path, word, place), _not(f"'{name}' is no deposit; only a deposit can be forfeited")
    if effects.refund_matter and not is_about_a_case(service):
        message = "the service is about no other case, whose fee it could give back; say 'about' or 'subject'"
        yield (*path, "refund_matter"), _not(message)
    for word, name, part in parts_given_back(effects):
        if _is_no_amount(part):
            message = f"'{part.source}' is no sum of money; for all of it write fees.{name}.amount"
            yield (*path, word, name), Message("wrong-kind", message)
    by_applicant = getattr(effects, "by", "") == "applicant"
    if by_applicant and (effects.paid or effects.waive or effects.refund or effects.refund_matter):
        yield path, _not("an applicant cannot say that a fee was paid, waived or given back")
    if by_applicant and any(getattr(effects, word) for word in OF_GRANTS):
        yield path, _not("an applicant cannot promise, pay out or take back a grant; let the state it leads to do so")


def parts_given_back(effects: OnMoney) -> Iterator[tuple[str, Name, Expression]]:
    """How much is refunded or taken back, where it is said: the word of the effect, the fee's name, the amount."""
    for word in ("refund", "take_back", "refund_matter"):
        named = getattr(effects, word)
        yield from ((word, name, part) for name, part in (named.items() if isinstance(named, dict) else ()))


def _is_no_amount(expression: Expression) -> bool:
    """Whether the result is certainly not a number: a comparison, a text, true or false."""
    if isinstance(expression.node, syntax.Compared | syntax.Both | syntax.Either | syntax.Not):
        return True
    if expression.names:
        return False
    try:
        value = expression.value({})
    except ExpressionFailed:
        return True
    return not is_number(value)


def _not(message: str) -> Message:
    return Message("not-possible", message)


def story_problems(service: OfService, expect: OfExpect, path: Path) -> Problems:
    """Check that the fees in an example's expectation exist."""
    named = {fee.name for fee in service.fees if fee.name}
    for name in expect.fees or {}:
        if name not in named:
            yield (*path, "fees", name), unknown("fee with the name", name, named)


def members(service: OfService) -> dict[str, set[str]]:
    """The names after `fees.` in expressions."""
    return {"fees": {*SUMS} | {fee.name for fee in service.fees if fee.name}}


def before_case(service: OfService, path: Path) -> bool:
    """Whether a fee is due on applying: only a fee that an effect charges can read the case."""
    return path[0] == "fees" and not (isinstance(path[1], int) and service.fees[path[1]].name in service.charged)


def settled_by(service: OfService, effects: OnMoney) -> Iterator[Expression]:
    """The amounts and conditions of what effects charge or pay out, and the amounts that they give or take back."""
    named = (effects.charge, effects.paid, effects.refund, effects.promise, effects.pay_out, effects.take_back)
    names = {name for kind in named if kind is not True for name in kind or ()}
    for fee in service.fees:
        if fee.name in names or effects.paid is True:
            yield fee.amount
            yield from (fee.when,) if fee.when else ()
    yield from (part for _, _, part in parts_given_back(effects))


def differences(data: Mapping[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The fees in a definition's JSON, by their label in its first language."""
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
        "kind": (
            (
                "A fee; a deposit: one that is given back or forfeited; or a grant: money that the department pays to "
                "the person. A grant is due only when an effect promises it, and is no part of what the person owes."
            ),
            "deposit",
        ),
        "label": ("What it is for.", {"en": "Licence fee", "zh-hant": "牌照費"}),
        "amount": ("An expression in whole units of the pack's currency.", "parameters.fee + 10 * answers.kennels"),
        "when": ("It is due only when this holds.", "answers.kennels > 5"),
        "for_cases_of": (
            "Services whose cases about this one may give it back, by `refund_matter`, and read it: `matter.fees`.",
            ["dog-boarding-end"],
        ),
        "pays": (
            "Of a grant: it is paid by itself, each so often. See Payments.",
            {"every": "1 month", "from": "findings.starts_on", "while": ["in-payment"], "of": "today"},
        ),
    },
    "Effects": {
        "refund_matter": (
            (
                "Fees or deposits of the case that this one is about, which are given back whole, or by name how much "
                "of each: `{licence: matter.fees.licence.amount / 2}`. Each once; one that was given back already, or "
                "never paid, stays as it is, and the history of this case says so. The fee lets it: `for_cases_of`."
            ),
            ["licence_fee"],
        ),
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
        "promise": (
            (
                "Grants that the person is to get, by name. The amount is worked out now; one that comes to 0 or less "
                "is not promised."
            ),
            ["first"],
        ),
        "pay_out": (
            (
                "Grants that the department paid to the person. What was not promised before is promised and paid at "
                "once, and again each time, as for a payment each month."
            ),
            ["first"],
        ),
        "take_back": (
            (
                "Grants that the person gave back whole, or by name how much of each. One that was promised and not "
                "paid is withdrawn."
            ),
            {"first": "fees.first.amount - findings.spent"},
        ),
    },
    "Expect": {
        "fee": ("The fees together, without what was waived or given back, and without grants.", 1230),
        "fees": (
            (
                "What became of fees, by name: owed, paid, waived, refunded, forfeited or none; of grants: promised, "
                "paid, withdrawn, returned or none."
            ),
            {"deposit": "paid"},
        ),
    },
}
NAMES = {
    "fees": (
        (
            "`fees.total`, `fees.owed`, `fees.paid`, and each fee with a name: `fees.deposit.state` (none, owed, "
            "paid, waived, refunded, forfeited), `fees.deposit.amount` and `fees.deposit.returned`, how much of "
            "it was given back. `fees.paid` is what was paid and not given back. Grants are no part of these sums: "
            "`fees.promised` is what the person is still to get, `fees.paid_out` what was paid out and not given back; "
            "a grant's state is none, promised, paid, withdrawn or returned, `fees.first.paid_out` how much of it was "
            "paid in all and not given back, and `fees.first.last` the last day of its payments (`pays`)."
        ),
        "in flow, records, registers, notices",
    )
}

CHAPTER = Chapter(
    name="fees",
    service=(Words(model=OfService, at=30),),
    effects=(Words(model=OfEffects, at=60), Words(model=OfGrants, at=1070), Words(model=OfMatter, at=1100)),
    expect=(Words(model=OfExpect, at=10),),
    parts=(Fee,),
    problems=problems,
    problems_about=problems_about,
    story_problems=story_problems,
    members=members,
    before_case=before_case,
    settled_by=settled_by,
    differences=differences,
    reference=REFERENCE,
    names=NAMES,
)
