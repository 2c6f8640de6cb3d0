"""Grants that are paid again and again by themselves: each month, from a day, as long as the case is in some states."""

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from praya.definition.chapter import Chapter, Problems, Whole, Words
from praya.definition.model import Model, Name, Path, Plain, Slug
from praya.definition.source import Message, unknown
from praya.kernel.calendar import Length
from praya.kernel.expression import Expression

UNITS = {"days", "weeks", "months", "years"}
LEAST_DAYS = 7


class Payments(Model):
    """When a grant is paid by itself: each so often, from a day, while the case is in some states."""

    every: Length
    first: Expression = Field(alias="from")
    until: Expression | None = None
    states: tuple[Slug, ...] = Field(alias="while", min_length=1)
    when: Expression | None = None
    entry: Slug | None = None
    law: str = Field("opening", alias="of", pattern="^(opening|today)$")
    notify: tuple[str, ...] = ()


class ExpectedPayments(Model):
    """What an example expects of a grant that is paid by itself: how often, how much in all, and the next day."""

    count: int | None = None
    sum: Plain | None = None
    next: str | None = None


class OfExpect(Model):
    """The payments that an example expects, by grant."""

    payments: dict[Name, ExpectedPayments] | None = None


def problems(whole: Whole) -> Problems:
    """Check when grants are paid by themselves, and by whose law."""
    service = whole.service
    for index, fee in enumerate(service.fees):
        if fee.pays is not None:
            yield from _pays(service, fee, ("fees", index, "pays"))
            for path, effects in whole.effects:
                for word in ("promise", "pay_out"):
                    if fee.name in getattr(effects, word):
                        message = f"'{fee.name}' is paid by itself ('pays'), and would be paid twice; take it out here"
                        yield (*path, word), _not(f"{message}, or name another grant, such as one for arrears")


def _pays(service: Any, fee: Any, path: Path) -> Problems:
    pays: Payments = fee.pays
    if fee.kind != "grant":
        yield path, _not(f"only a 'kind: grant' is paid by itself; this is a {fee.kind}, which the person pays")
    least = LEAST_DAYS if pays.every.unit == "days" else 1
    if pays.every.unit not in UNITS or pays.every.count < least:
        message = f"a grant is paid every week at most; '{pays.every}' is no such length, like '1 month' or '2 weeks'"
        yield (*path, "every"), Message("out-of-range", message)
    for index, name in enumerate(pays.states):
        if name not in service.flow.states:
            yield (*path, "while", index), unknown("state", name, service.flow.states)
        elif service.flow.states[name].final:
            yield (
                (*path, "while", index),
                Message("final-state", f"the case has ended in '{name}'; take it out"),
            )
    for index, name in enumerate(pays.notify):
        if name not in service.notices:
            yield (*path, "notify", index), unknown("letter", name, service.notices)
    registers = {*service.registers, *((service.subject.register_in,) if service.subject is not None else ())}
    if pays.entry is not None and pays.entry not in registers:
        yield (*path, "entry"), unknown("register of the case", pays.entry, registers)
    reads = {root for root, _ in fee.amount.paths}
    if pays.law == "today" and not reads & {"parameters", "decisions", "conditions"}:
        message = f"'{fee.amount.source}' reads nothing of today's law: only 'parameters', 'decisions' and 'conditions'"
        yield (*path, "of"), _not(f"{message} are read anew on each day; a derived answer keeps what was worked out")


def doubtful(service: Any) -> Problems:
    """Warn of an amount for years that reads the law of the day of application."""
    for index, fee in enumerate(service.fees):
        reads = {root for root, _ in fee.amount.paths}
        if fee.pays is not None and fee.pays.law == "opening" and reads & {"parameters"} and fee.pays.until is None:
            message = f"'{fee.name}' is paid for ever at the rate of the day on which the case was opened"
            yield ("fees", index, "pays"), Message("old-rate", f"{message}; say 'of: today' for the rate of each day")


def letters(service: Any) -> Iterator[str]:
    """The letters that go with payments."""
    for fee in service.fees:
        yield from fee.pays.notify if fee.pays is not None else ()


def story_problems(service: Any, expect: OfExpect, path: Path) -> Problems:
    """Check that the grants in an example's expectation are paid by themselves."""
    paid = {fee.name for fee in service.fees if fee.pays is not None}
    for name in expect.payments or {}:
        if name not in paid:
            yield (*path, "payments", name), unknown("grant with 'pays'", name, paid)


def _not(message: str) -> Message:
    return Message("not-possible", message)


REFERENCE: dict[str, dict[str, tuple[str, Any]]] = {
    "Payments": {
        "every": ("How often: a number of weeks, months or years, or of days from 7.", "1 month"),
        "from": (
            (
                "An expression for the first day; the others are counted from it. It is paid at nine in the morning, "
                "on a day on which the case is in one of the states. Days before the case came there are not paid."
            ),
            "months_after(days_after(findings.decided_on, 1 - day_of_month(findings.decided_on)), 1)",
        ),
        "until": ("An expression for the last day. With null it does not end.", "findings.ends_on"),
        "while": (
            "The states in which it is paid. A payment that was due before the case left them is made all the same.",
            ["in-payment"],
        ),
        "when": ("On a day on which this does not hold, nothing is paid.", "findings.held == null || !findings.held"),
        "entry": (
            "A register: it is paid only while the entry of the case in it stands, neither struck off nor lapsed.",
            "allowances",
        ),
        "of": (
            (
                "Whose law the amount reads, and `when`: opening, that of the day on which the case was opened, as "
                "everything else in a case; or today: `parameters` as the newest version of the service has them on "
                "the day of payment, and `decisions` and `conditions` worked out with these. Answers and findings, "
                "derived ones too, stay as they were given."
            ),
            "today",
        ),
        "notify": ("The letters that go with each payment: `{fees.monthly.amount}`.", ["payment"]),
    },
    "Expect": {
        "payments": (
            "Of grants with `pays`, by name: the `count` of payments, their `sum`, and the `next` day.",
            {"monthly": {"count": 3, "sum": 6000, "next": "2026-12-01"}},
        ),
    },
    "ExpectedPayments": {
        "count": ("How often it was paid.", 3),
        "sum": ("How much in all, without what was taken back.", 6000),
        "next": ("The next day of payment of the case; empty for none.", "2026-12-01"),
    },
}

CHAPTER = Chapter(
    name="payments",
    expect=(Words(model=OfExpect, at=1090),),
    parts=(Payments, ExpectedPayments),
    problems=problems,
    doubtful=doubtful,
    letters=letters,
    story_problems=story_problems,
    reference=REFERENCE,
)
