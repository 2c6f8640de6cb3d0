"""The rows of a list of cases, with the columns that an officer chose."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition import sharing
from praya.definition.chapters import desk_lines
from praya.definition.pack import Pack
from praya.definition.questions import shown_date
from praya.definition.service import Service
from praya.definition.sharing import Shared
from praya.journey import load
from praya.web.desk import clocks
from praya.web.words import translator

COLUMNS = ("service", "state", "clock", "officer", "opened", "since", "department")
"""Every column besides the reference, in their order on the page."""
USUAL = ("service", "state", "clock", "officer")


def read_columns(names: Iterable[str]) -> tuple[str, ...]:
    """The known ones of these columns, in their order; the usual ones when none is known."""
    wanted = set(names)
    return tuple(name for name in COLUMNS if name in wanted) or USUAL


def heads(columns: Sequence[str], lang: str, *, closed: bool = False) -> list[dict[str, Any]]:
    """The heads of a table of cases."""
    t = translator(lang)
    head_cells: list[dict[str, Any]] = [{"name": "reference", "label": t("desk.reference"), "head": True}]
    for name in columns:
        word = "desk.result" if name == "clock" and closed else f"desk.{HEADS.get(name, name)}"
        head_cells.append({"name": name, "label": t(word)})
    return head_cells


def about(line: Mapping[str, Any], service: Service, shared: Shared | None, lang: str) -> str:
    """What a case is about, as its definition's `desk_line` says, of what is shared; all when that is None."""
    return SEPARATOR.join(
        text
        for name, text in desk_lines.shown(service, line, lang)
        if shared is None or desk_lines.may_read(name, shared.answers, shared.findings)
    )


def waits(row: cases.Row, service: Service, pack: Pack, lang: str, at: datetime) -> list[dict[str, Any]]:
    """For whom a case waits: each department with the clock of its reply, or one of the others."""
    t, state = translator(lang), service.flow.states[row.case.state]
    if row.case.waits_for_applicant:
        return [{"who": t("desk.waits_applicant"), "clock": None}]
    if row.asked:
        return [
            {
                "who": pack.departments[one.department].title.in_(lang),
                "clock": clocks.of_referral(one, pack, lang, at=at) if one.due_at is not None else None,
            }
            for one in row.asked
        ]
    return [{"who": t("desk.waits_party" if state.when_given else "desk.waits_other"), "clock": None}]


SEPARATOR = " · "
HEADS = {"opened": "received", "since": "state_since"}


def rows(
    listed: Sequence[cases.Row], officer: identity.Officer, pack: Pack, lang: str, at: datetime
) -> list[dict[str, Any]]:
    """A row for each case; the names of the officers to whom they are assigned are read with one query."""
    names = identity.officer_names({row.case.assigned_to for row in listed} - {""})
    t, today = translator(lang), pack.calendar.day_of(at)
    made = []
    for row in listed:
        case = row.case
        service = load.compiled(case.service, case.version)
        ours = case.department in officer.departments
        if row.referral is not None and not ours:
            clock = clocks.of_referral(row.referral, pack, lang, at=at)
        else:
            clock = clocks.of_case(case, pack, lang, at=at)
        opened = pack.calendar.day_of(case.opened_at)
        shared = None
        if not ours:
            shared = sharing.shared(service, row.referral.sees) if row.referral is not None else Shared()
        made.append(
            {
                "ref": case.ref,
                "url": f"/{lang}/desk/cases/{case.ref}",
                "service": service.title.in_(lang),
                "about": about(row.line, service, shared, lang),
                "waits": waits(row, service, pack, lang, at) if ours and case.held else [],
                "state": service.flow.states[case.state].at_desk.in_(lang),
                "clock": clock,
                "asked": row.referral is not None,
                "owner": None if ours else pack.departments[case.department].title.in_(lang),
                "department": pack.departments[case.department].title.in_(lang),
                "assigned": names.get(case.assigned_to, t("desk.officer_left")) if case.assigned_to else "",
                "mine": case.assigned_to == officer.ref,
                "opened": shown_date(opened, lang),
                "age": t("desk.age_days", n=(today - opened).days) if case.closed_at is None else "",
                "since": shown_date(pack.calendar.day_of(case.state_since), lang),
            }
        )
    return made
