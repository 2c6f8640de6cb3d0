"""What needs a person now: an answer, a fee, an appointment in two days, a record that ends, places that are kept."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.forms import api as forms
from praya.definition.questions import shown_date
from praya.journey import load
from praya.journey.chapters import fees
from praya.kernel.money import Money
from praya.web import display
from praya.web.portal import next_steps
from praya.web.words import translator

SOON = timedelta(days=2)
"""An appointment that is as near as this needs somebody now."""
ENDING = timedelta(days=30)
"""A record that ends within this time does, too."""


def rows(
    mine: Sequence[cases.Case],
    drafts: Sequence[forms.Draft],
    records: Sequence[credentials.Record],
    visits: Iterable[dict[str, Any]],
    lang: str,
    *,
    at: datetime,
) -> list[dict[str, str]]:
    """A row for each: `title`, `url`, `why` and `ref`, the most pressing kind first."""
    pack, t = load.pack(), translator(lang)
    today = pack.calendar.day_of(at)
    found = []
    for case in mine:
        if case.waits_for_applicant and case.closed_at is None:
            found.append(_of(case, lang, next_steps.of_case(case, pack, lang, at=at).lines[0]))
    for visit in visits:
        if visit["day"] <= today + SOON:
            why = t("portal.need_visit", when=visit["when"])
            found.append({"title": visit["title"], "url": visit["url"], "why": why, "ref": visit["ref"]})
    for case in mine:
        owed = fees.sums(case.fees)["owed"] if case.fees else 0
        if owed:
            found.append(_of(case, lang, t("portal.need_fee", amount=Money(owed, pack.currency).shown(lang))))
    found += _holds(drafts, lang, at)
    for record in records:
        until = record.valid_until
        if until is not None and record.state(at=at) == "valid" and until <= today + ENDING:
            why = t("portal.need_ends", day=shown_date(until, lang))
            found.append(
                {"title": record.title.in_(lang), "url": f"/{lang}/records/{record.ref}", "why": why, "ref": ""}
            )
    return found


def _of(case: cases.Case, lang: str, why: str) -> dict[str, str]:
    title = load.compiled(case.service, case.version).title.in_(lang)
    return {"title": title, "url": f"/{lang}/cases/{case.ref}", "why": why, "ref": case.ref}


def _holds(drafts: Sequence[forms.Draft], lang: str, at: datetime) -> list[dict[str, str]]:
    """The drafts for which places are kept until a moment that is not over."""
    of_ref, pack, t = {draft.booking_ref: draft for draft in drafts if draft.booking_ref}, load.pack(), translator(lang)
    held = bookings.bookings(of_ref) if of_ref else []
    return [
        {
            "title": load.compiled(of_ref[one.ref].service, of_ref[one.ref].version).title.in_(lang),
            "url": f"/{lang}/apply/{of_ref[one.ref].ref}/check",
            "why": t("portal.need_hold", when=display.moment_words(one.expires_at, pack, lang)),
            "ref": "",
        }
        for one in held
        if one.status == "held" and one.expires_at is not None and one.expires_at > at
    ]
