"""Answers, dates, times, fees and cases as words and rows, the same on every face."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.definition.form import Page
from praya.definition.opening import Standing
from praya.definition.own_words import WORDS, colon, length_words
from praya.definition.pack import Pack
from praya.definition.questions import ROW, DerivedQuestion, Question, RepeatQuestion, clock_said, shown_date
from praya.definition.service import Service
from praya.definition.ways import Way
from praya.journey.chapters.booking import visit_said
from praya.kernel.money import Money
from praya.kernel.text import Text, spoken
from praya.web.words import translator

FEE_KIND = {
    "owed": "warning", "paid": "good", "waived": "neutral", "refunded": "neutral", "forfeited": "bad",
    "promised": "warning", "withdrawn": "neutral", "returned": "neutral",
}  # fmt: skip


def day_words(at: datetime, pack: Pack, language: str) -> str:
    """The date of a moment in the territory's time zone: 5 January 2023, 2023年1月5日."""
    return shown_date(pack.calendar.day_of(at), language)


def role_title(role: str, pack: Pack, language: str) -> str:
    """What a role is called: as the pack says, else by the word of whoever brings it."""
    title, known = pack.role_titles.get(role), pack.all_roles.known.get(role)
    if title is not None:
        return title.in_(language)
    return translator(language)(known.label) if known is not None else role


def moment_words(at: datetime, pack: Pack, language: str) -> str:
    """Date and time in the territory's time zone: 5 January 2023, 6:00pm."""
    local = at.astimezone(pack.calendar.zone)
    clock = clock_said(f"{local:%H:%M}", language)
    day = shown_date(local.date(), language)
    return WORDS["day_and_clock"].in_(language).format(day=day, clock=clock)


KIND = {"granted": "good", "completed": "good", "refused": "bad", "withdrawn": "neutral", "lapsed": "neutral"}
"""The kind of tag for each result of a case."""


def answer_words(question: Question, value: Any, language: str, names: Mapping[str, str] | None = None) -> Any:
    """An answer for a summary list: a text, or a list of texts. `names` has the names of files and register entries."""
    if value is None:
        return ""
    if isinstance(question, RepeatQuestion):
        return [item_words(question, item, index, language, names) for index, item in enumerate(value)]
    if question.type_name == "file" and names:
        return [names.get(ref, "") for ref in value]
    if question.type_name == "entry":
        return (names or {}).get(value, value)
    shown = question.shown(value, language)
    return shown.split("\n") if "\n" in shown else shown


def item_words(
    question: RepeatQuestion,
    item: Mapping[str, Any],
    index: int,
    language: str,
    names: Mapping[str, str] | None = None,
) -> str:
    """One item of a repeat on a line."""
    parts = []
    for inner in question.questions:
        words = answer_words(inner, item.get(inner.name), language, names)
        if words:
            parts.append("; ".join(words) if isinstance(words, list) else words)
    separator = WORDS["comma"].in_(language)
    between = separator if item.get(ROW) else colon(language)
    return f"{question.title(index + 1, item, language)}{between}{separator.join(parts)}"


def summary_of(
    pages: Sequence[Page],
    answers: Mapping[str, Any],
    context: Mapping[str, Any],
    language: str,
    *,
    change: str = "",
    names: Mapping[str, str] | None = None,
) -> list[dict[str, Any]]:
    """The rows of a summary list; `change` is the address of the link "Change", with `{page}` for the page's name."""
    return [
        {
            "key": question.label.in_(language),
            "value": answer_words(question, answers.get(question.name), language, names),
            # A derived answer has no link: it changes with the answers that it depends on.
            "change": change.replace("{page}", page.page)
            if change and not isinstance(question, DerivedQuestion)
            else None,
        }
        for page in pages
        for question in page.questions
        if (question.when is None or question.when.holds(context))
        # A derived answer has a row once its value is known.
        and (answers.get(question.name) is not None or not isinstance(question, DerivedQuestion))
    ]


def fee_rows(fees: Sequence[cases.Fee], language: str, currency: str) -> list[dict[str, str]]:
    """A row for each fee: its amount, its state (owed, paid, waived, ...) and its legal reference. No grants."""
    return _money_rows([fee for fee in fees if not fee.is_grant], "fee", language, currency)


def grant_rows(fees: Sequence[cases.Fee], language: str, currency: str) -> list[dict[str, str]]:
    """A row for each grant, which the department pays to the person, as for a fee."""
    return _money_rows([fee for fee in fees if fee.is_grant and not fee.day], "grant", language, currency)


def payment_rows(case: cases.Case, service: Service, pack: Pack, language: str) -> list[dict[str, Any]]:
    """A row for each grant that is paid by itself: how much in all, when next, and its payments, the newest first."""
    t, rows = translator(language), []
    for fee in (fee for fee in service.fees if fee.pays is not None):
        paid = [one for one in case.fees if one.day and one.name == fee.name]
        listed = _money_rows(paid[::-1], "grant", language, pack.currency)
        days = [shown_date(date.fromisoformat(one.day), language) for one in paid[::-1]]
        in_states = fee.pays is not None and case.state in fee.pays.states
        upcoming = day_words(case.pay_at, pack, language) if case.pay_at and in_states else ""
        if paid or upcoming:
            rows.append(
                {
                    "label": fee.label.in_(language),
                    "total": Money(sum(one.amount_kept for one in paid), pack.currency).shown(language),
                    "times": t("portal.payments_made", n=len(paid)),
                    "next": t("portal.payment_next", day=upcoming) if upcoming else "",
                    "payments": [{**row, "day": day} for row, day in zip(listed, days, strict=True)],
                }
            )
    return rows


def _money_rows(fees: Sequence[cases.Fee], what: str, language: str, currency: str) -> list[dict[str, str]]:
    t = translator(language)

    def became(fee: cases.Fee) -> str:
        if fee.state in {"refunded", "returned"} and fee.amount_kept:
            returned, retained = (Money(cents, currency).shown(language) for cents in (fee.returned, fee.amount_kept))
            return t(f"portal.{what}_{fee.state}_part", returned=returned, kept=retained)
        return t(f"portal.{what}_{fee.state}")

    return [
        {
            "label": fee.label.get(language) or Text(fee.label).in_(language),
            "amount": Money(fee.cents, currency).shown(language),
            "reference": Text(fee.reference).in_(language),
            "kind": fee.kind,
            "became": became(fee),
            "look": FEE_KIND[fee.state],
        }
        for fee in fees
    ]


def closed_words(standing: Standing, pack: Pack) -> Text:
    """Why a service is closed to applications now, and when it opens."""
    return Text(
        {language: WORDS["sentence_gap"].in_(language).join(_closed(standing, pack, language)) for language in spoken()}
    )


def _closed(standing: Standing, pack: Pack, language: str) -> list[str]:
    t = translator(language)
    lines = [standing.say.in_(language)] if standing.say else []
    if standing.opens_at is not None:
        return [*lines, t("portal.closed_opens", when=moment_words(standing.opens_at, pack, language))]
    return [*lines, t("portal.closed_over" if standing.over else "portal.closed_now")]


def visit_lines(service: Service, booking: bookings.Booking | None, language: str) -> list[str]:
    """Every visit of a booking on a line."""
    return [visit_said(service, visit, language) for visit in booking.visits] if booking else []


SETTLED = {"answers", "parameters", "conditions", "decisions"}
"""What does not change after a case was opened."""


def timeline(
    case: cases.Case,
    service: Service,
    pack: Pack,
    language: str,
    *,
    notes: bool = True,
    at: datetime | None = None,
    context: Mapping[str, Any] | None = None,
) -> list[dict[str, Any]]:
    """The milestones of a case: done with their dates, the current one, and those to come.

    The current one has the day by which it is promised, and whether it is late `at` a moment; those to come have how
    long they take. With the context of the case those to come follow from what was handed in, as far as it decides on
    them.
    """

    def truth(way: Way) -> bool | None:
        if way.when is None:
            return True
        roots = {root for root, _ in way.when.paths}
        return way.when.truth(context) if context is not None and roots <= SETTLED else None

    visited = [(state, pack.calendar.day_of(at)) for state, at in cases.visited(case.ref)]
    rows, named = [], set[str]()
    for milestone in cases.milestones(service.flow, visited, truth if context is not None else None):
        state = service.flow.states[milestone.state]
        kind = "coming" if milestone.reached_on is None else "current" if milestone.current else "done"
        if milestone.current and state.final:
            kind = "done"
        title = state.label.in_(language)
        # A step that comes a second time is named as such.
        again = title in named
        named.add(title)
        t = translator(language)
        row: dict[str, Any] = {"title": t("portal.milestone_again", title=title) if again else title, "state": kind}
        if milestone.reached_on:
            row["date"] = milestone.reached_on.isoformat()
            row["date_words"] = shown_date(milestone.reached_on, language)
        if kind == "current" and case.due_at is not None and not case.closed_at:
            late = at is not None and at >= case.due_at and not case.waits_for_applicant
            words = "portal.milestone_late" if late else "portal.milestone_due"
            row["promised"], row["late"] = t(words, day=day_words(case.due_at, pack, language)), late
        elif kind == "coming" and state.clock and not state.waits_for_applicant:
            row["promised"] = t("portal.milestone_within", length=length_words(state.clock, language))
        if notes and milestone.current and state.says:
            row["note"] = state.says.in_(language)
        rows.append(row)
    return rows


def distinctions(records: Sequence[credentials.Record], pack: Pack, language: str) -> list[str]:
    """A text that distinguishes each record from others with its title; "" where the title is unique.

    It is the first fact that differs in all of them, else the date of issue.
    """
    alike: dict[str, list[credentials.Record]] = {}
    for record in records:
        alike.setdefault(record.title.in_(language), []).append(record)
    words = []
    for record in records:
        same = alike[record.title.in_(language)]
        facts = [{fact.name: fact.in_(language) for fact in one.facts} for one in same]
        mine = {fact.name: fact.in_(language) for fact in record.facts}
        differs = (mine[name] for name in mine if len({other.get(name) for other in facts}) == len(same))
        words.append("" if len(same) == 1 else next(differs, "") or day_words(record.issued_at, pack, language))
    return words
