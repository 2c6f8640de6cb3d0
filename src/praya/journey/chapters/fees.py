"""Fees, deposits and grants at any point of a case: charging or promising them, and recording what became of each."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction
from typing import Any, Literal

from praya.blocks.cases import api as cases
from praya.definition.chapters.fees import EFFECTS, Fee, GivenBack, OnMoney
from praya.definition.expression_context import moment
from praya.definition.own_words import WORDS
from praya.definition.pack import Pack
from praya.definition.reasoning import rests_on
from praya.definition.service import Service
from praya.definition.trials import real_name
from praya.journey import load, matters
from praya.journey.chapter import Chapter, Effect, Moment, Occasion, Reading
from praya.kernel.expression import Expression, ExpressionFailed
from praya.kernel.money import Money
from praya.kernel.number import Number, is_number, plain
from praya.kernel.text import Text, spoken


def first(service: Service, context: Mapping[str, Any], pack: Pack, today: date) -> list[cases.Fee]:
    """The fees of an application with these answers, without those that effects charge later.

    Raises ExpressionFailed when an amount cannot be worked out.
    """
    return worked_out([fee for fee in service.fees if fee.name not in service.charged], service, context, pack, today)


def worked_out(
    fees: list[Fee], service: Service, context: Mapping[str, Any], pack: Pack, today: date
) -> list[cases.Fee]:
    """These fees as they are charged, and grants as they are promised, by the law of a day. Raises ExpressionFailed."""
    charges = []
    for fee in fees:
        if fee.when is not None and not fee.when.holds(context):
            continue
        # A fee that cannot be calculated is never left out: the applicant would be charged too little.
        cents = cents_of(fee.amount, context, pack)
        reference = _reference(service, fee, context, today)
        if fee.kind == "grant" and cents <= 0:
            continue
        state: cases.FeeState = "promised" if fee.kind == "grant" else "owed"
        charges.append(cases.Fee(dict(fee.label.words), cents, reference, fee.name or "", fee.kind, state))
    return charges


def cents_of(amount: Expression, context: Mapping[str, Any], pack: Pack) -> int:
    """The amount to which an expression comes, in cents. Raises ExpressionFailed."""
    value = amount.value(context)
    if not is_number(value):
        raise ExpressionFailed(f"'{amount.source}' is no amount")
    return Money.of(value, pack.currency).cents


def _reference(service: Service, fee: Fee, context: Mapping[str, Any], today: date) -> dict[str, str]:
    """The law behind an amount: of the parameters and decisions from which it comes, in each language."""
    behind = sorted(rests_on(fee.amount.paths, service.reads))
    values = [service.parameters[name].on(today) for root, name in behind if root == "parameters"]
    references = [value.reference for value in values if value]
    for decision in (service.decisions[name] for root, name in behind if root == "decisions"):
        row = decision.row(context, today)
        references.append(row.reference if row and row.reference else decision.reference)
    laws = list(dict.fromkeys(law for law in references if law is not None))
    languages = {language for law in laws for language in law.words} - {""}
    return {
        language: WORDS["semicolon"].in_(language).join(law.in_(language) for law in laws)
        for language in sorted(languages) or [""]
        if laws
    }


def _carry_out(effects: OnMoney, now: Occasion) -> None:
    """Settle the fees that the effects name, and then charge others. Raises ExpressionFailed."""
    ref, context = now.case.ref, now.seen().context
    if effects.paid:
        named = effects.paid if isinstance(effects.paid, tuple) else None
        cases.settle(ref=ref, how="paid", names=named, at=now.at, by=now.by)
    if effects.waive:
        cases.settle(ref=ref, how="waive", names=effects.waive, at=now.at, by=now.by)
    _give_back(effects.refund, "refund", now, context)
    if effects.forfeit:
        cases.settle(ref=ref, how="forfeit", names=effects.forfeit, at=now.at, by=now.by)
    _give_back(effects.take_back, "take_back", now, context)
    if effects.refund_matter:
        _refund_matter(effects, now, context)
    _charge((*effects.charge, *effects.promise), now, context)
    if effects.pay_out:
        promised = {fee.name for fee in cases.fees(ref) if fee.state == "promised"}
        _charge([name for name in effects.pay_out if name not in promised], now, context)
        cases.settle(ref=ref, how="pay_out", names=effects.pay_out, at=now.at, by=now.by)


def _refund_matter(effects: OnMoney, now: Occasion, context: Mapping[str, Any]) -> None:
    """Give fees back of the case that this one is about; what was given back before is told with this one."""
    matter = matters.matter_of(now.case)
    if matter is None:
        return
    owner, service = load.compiled(matter.service, matter.version), real_name(now.service.service)
    let = {fee.name for fee in owner.fees if service in fee.for_cases_of}
    parts = effects.refund_matter
    for name in parts:
        most = cents_of(parts[name], context, now.pack) if isinstance(parts, dict) else None
        before = cases.fees(matter.ref)
        if name in let:
            cases.settle(ref=matter.ref, how="refund", names=[name], most=most, at=now.at, by=now.by)
        if cases.fees(matter.ref) == before:
            cases.note_clock(ref=now.case.ref, kind="not_refunded", who=name, what="matter", at=now.at)


def _give_back(
    given_back: GivenBack, how: Literal["refund", "take_back"], now: Occasion, context: Mapping[str, Any]
) -> None:
    ref, at, by = now.case.ref, now.at, now.by
    if isinstance(given_back, dict):
        for name, part in given_back.items():
            cases.settle(ref=ref, how=how, names=[name], most=cents_of(part, context, now.pack), at=at, by=by)
    elif given_back:
        cases.settle(ref=ref, how=how, names=given_back, at=at, by=by)


def _charge(names: Iterable[str], now: Occasion, context: Mapping[str, Any]) -> None:
    """Charge the fees, and promise the grants, of these names."""
    wanted = [fee for name in names for fee in now.service.fees if fee.name == name]
    if wanted:
        # The law of the day on which the case was opened, as for everything in it.
        opened = now.pack.calendar.day_of(now.case.opened_at)
        charges = worked_out(wanted, now.service, context, now.pack, opened)
        cases.charge(ref=now.case.ref, fees=charges, at=now.at, by=now.by)


def work_out_anew(
    service: Service, case: cases.Case, context: Mapping[str, Any], pack: Pack, *, at: datetime, by: str
) -> None:
    """Let the fees that are still owed be those of a booking that was moved. Raises ExpressionFailed."""
    changes = _changes(service, case, context, pack)
    cases.change_fees(ref=case.ref, fees=[now for was, now in changes if was and was.state == "owed"], at=at, by=by)
    cases.charge(ref=case.ref, fees=[now for was, now in changes if was is None], at=at, by=by)


def refusal_of_change(service: Service, case: cases.Case, context: Mapping[str, Any], pack: Pack) -> Text | None:
    """What to tell where a fee that was paid would be another one; None where none would. Raises ExpressionFailed."""
    for was, now in _changes(service, case, context, pack):
        if was is not None and was.state == "paid":
            paid, due = (Money(fee.cents, pack.currency).shown() for fee in (was, now))
            label, words = Text(was.label), WORDS["move_costs_other"]
            return Text({lang: words.in_(lang).format(fee=label.in_(lang), paid=paid, now=due) for lang in spoken()})
    return None


def _changes(
    service: Service, case: cases.Case, context: Mapping[str, Any], pack: Pack
) -> list[tuple[cases.Fee | None, cases.Fee]]:
    """The fees that rest on the booking and are not what was charged: the newest of each, and what it would be."""
    opened, charged = pack.calendar.day_of(case.opened_at), cases.fees(case.ref)
    changes: list[tuple[cases.Fee | None, cases.Fee]] = []
    for fee in service.fees:
        if fee.kind == "grant" or not any(
            service.rests_on_booking(one) for one in (fee.amount, fee.when) if one is not None
        ):
            continue
        label = dict(fee.label.words)
        was = next((c for c in reversed(charged) if (c.name == fee.name if fee.name else c.label == label)), None)
        due = worked_out([fee], service, context, pack, opened)
        if was is None and due and fee.name not in service.charged:
            changes.append((None, due[0]))
        elif was is not None:
            now = due[0] if due else replace(was, cents=0)
            if now.cents != was.cents:
                changes.append((was, replace(was, cents=now.cents, reference=now.reference)))
    return changes


def _charged(reading: Reading) -> tuple[cases.Fee, ...]:
    # As they are now: an effect may have changed them since the case was read.
    return cases.fees(reading.case.ref) if reading.service.fees else ()


def _facts(reading: Reading) -> tuple[dict[str, Any], dict[str, Text]]:
    """Answer what expressions and texts see of fees."""
    charged = _charged(reading)
    return {"fees": facts_of(reading.service, charged)}, texts_of(charged, reading.pack.currency)


def _total(moment: Moment, _expected: object) -> Number | None:
    return units(sums(cases.fees(moment.case.ref))["total"]) if moment.case else None


def _states(moment: Moment, expected: Mapping[str, str]) -> dict[str, str]:
    """The state of each fee of which something is expected."""
    charged = cases.fees(moment.case.ref) if moment.case else ()
    states = {fee.name: fee.state for fee in charged}
    return {name: states.get(name, "none") for name in expected}


def facts_of(service: Service, charged: tuple[cases.Fee, ...]) -> dict[str, Any]:
    """Fees as expressions see them: sums, and each named one as it was charged last."""
    facts: dict[str, Any] = {name: units(cents) for name, cents in sums(charged).items()}
    for fee in service.fees:
        newest = next((one for one in reversed(charged) if fee.name and one.name == fee.name), None)
        if fee.name:
            facts[fee.name] = {
                "state": newest.state if newest else "none",
                "amount": units(newest.cents) if newest else 0,
                "returned": units(newest.returned) if newest else 0,
            }
        if fee.name and fee.kind == "grant":
            facts[fee.name] |= _paid_out([one for one in charged if one.name == fee.name])
    return facts


def _paid_out(grants: list[cases.Fee]) -> dict[str, Any]:
    """How much of a grant was paid in all and not given back, and the last day on which it was paid by itself."""
    days = [grant.day for grant in grants if grant.day]
    return {
        "paid_out": units(sum(one.amount_kept for one in grants if one.state in {"paid", "returned"})),
        "last": moment(date.fromisoformat(max(days))) if days else None,
    }


def units(cents: int) -> Number:
    """An amount in whole units of its currency."""
    return plain(Fraction(cents, 100))


def texts_of(charged: tuple[cases.Fee, ...], currency: str) -> dict[str, Text]:
    """What `{fees.total}`, `{fees.deposit.amount}` and `{fees.deposit.returned}` say."""
    texts = {f"fees.{name}": cents for name, cents in sums(charged).items()}
    for one in charged:
        if one.name:
            texts[f"fees.{one.name}.amount"] = one.cents
            texts[f"fees.{one.name}.returned"] = one.returned
    return {
        path: Text({language: Money(cents, currency).shown(language) for language in ("en", "zh-hant")})
        for path, cents in texts.items()
    }


def sums(charged: tuple[cases.Fee, ...]) -> dict[str, int]:
    """In cents: `total` what stays to be paid or was, `owed` what is still to be paid, `paid` what was and is kept.

    Of grants: `promised` what the person is still to get, `paid_out` what was paid and not given back.
    """
    grants = [fee for fee in charged if fee.is_grant]
    charged = tuple(fee for fee in charged if not fee.is_grant)
    return {
        "total": sum(fee.amount_kept for fee in charged if fee.state != "waived"),
        "owed": sum(fee.cents for fee in charged if fee.state == "owed"),
        "paid": sum(fee.amount_kept for fee in charged if fee.state in {"paid", "refunded", "forfeited"}),
        "promised": sum(fee.cents for fee in grants if fee.state == "promised"),
        "paid_out": sum(fee.amount_kept for fee in grants if fee.state in {"paid", "returned"}),
    }


CHAPTER = Chapter(
    effects=(Effect(60, (*EFFECTS, "refund_matter"), _carry_out),),
    facts=_facts,
    expectations={"fee": _total, "fees": _states},
)
