"""What a list of the desk shows: its filters, order and columns, as they stand in its address and in a saved view.

Only what an index answers, or what bounds the entries that are looked through, is offered (`cases.Narrowed`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.pack import Pack
from praya.web.desk import case_rows
from praya.web.words import translator

TABS = ("todo", "waiting", "asked", "mine", "closed", "open")
LISTS: dict[str, cases.Which] = {
    "todo": "owned", "waiting": "owned", "asked": "asked", "mine": "mine", "closed": "closed", "open": "owned",
}  # fmt: skip
HELD = {"todo": False, "waiting": True}
"""Lists of the cases that an officer is to act on, and of those that wait for somebody else; `open` has both."""
OFFERED = {
    "todo": ("due", "age", "opened_from", "opened_to", "assigned", "order"),
    "waiting": ("due", "age", "opened_from", "opened_to", "assigned", "waiting", "order"),
    "open": ("due", "age", "opened_from", "opened_to", "assigned", "waiting", "order"),
    "asked": ("due",),
    "mine": ("due", "age", "opened_from", "opened_to", "waiting"),
    "closed": ("result", "opened_from", "opened_to"),
}
"""The filters of each list, besides service and state."""
CHOICES = {
    "due": ("late", "today", "week", "none"),
    "age": ("7", "14", "30", "60", "90", "180", "365"),
    "assigned": ("nobody", "me"),
    "waiting": ("yes", "no"),
    "result": ("granted", "refused", "withdrawn", "completed", "lapsed"),
    "order": ("age",),
}
DATES = ("opened_from", "opened_to")
LONGEST = 130


@dataclass(frozen=True, kw_only=True)
class Filters:
    """The filters of a list by name; empty means that nothing is filtered by it.

    `assigned` is `me`, `nobody` or the reference of a colleague; `columns` are names with commas between them.
    """

    tab: str = "todo"
    service: str = ""
    state: str = ""
    due: str = ""
    age: str = ""
    opened_from: str = ""
    opened_to: str = ""
    assigned: str = ""
    waiting: str = ""
    result: str = ""
    order: str = ""
    columns: str = ""

    @property
    def query(self) -> dict[str, str]:
        """The names and values that stand in an address, and are saved."""
        return {name: value for name, value in self._all.items() if value}

    @property
    def _all(self) -> dict[str, str]:
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @property
    def narrows(self) -> bool:
        """Whether fewer cases are shown than the whole list."""
        return any(value for name, value in self._all.items() if name not in {"tab", "order", "columns"})

    @property
    def more(self) -> bool:
        """Whether anything besides service and state was chosen."""
        return any(value for name, value in self._all.items() if name not in {"tab", "service", "state"})

    @property
    def shown_columns(self) -> tuple[str, ...]:
        """The columns of the list."""
        return case_rows.read_columns(self.columns.split(","))


NAMES = tuple(field.name for field in fields(Filters))


def read(asked: Mapping[str, str], *, tab: str) -> Filters:
    """The filters in an address or a saved view, without what the list does not offer."""
    values = {name: str(asked.get(name, ""))[:LONGEST].replace("\0", "") for name in NAMES}
    values["tab"] = tab
    for name, choices in CHOICES.items():
        colleague = name == "assigned" and len(values[name]) == 32 and values[name].isalnum()
        if name not in OFFERED[tab] or (values[name] not in choices and not colleague):
            values[name] = ""
    for name in DATES:
        if name not in OFFERED[tab]:
            values[name] = ""
    if hasattr(asked, "getlist"):
        values["columns"] = ",".join(asked.getlist("columns"))[:LONGEST]
    columns = case_rows.read_columns(values["columns"].split(","))
    values["columns"] = "" if columns == case_rows.USUAL else ",".join(columns)
    return Filters(**values)


def errors(filters: Filters, lang: str) -> dict[str, str]:
    """What is wrong with the dates, by field."""
    t, wrong = translator(lang), {}
    for name in DATES:
        if getattr(filters, name) and _day(getattr(filters, name)) is None:
            wrong[name] = t("desk.date_wrong")
    first, last = _day(filters.opened_from), _day(filters.opened_to)
    if first is not None and last is not None and last < first:
        wrong["opened_to"] = t("desk.date_before")
    return wrong


def valid(filters: Filters, lang: str) -> Filters:
    """The filters without what is wrong."""
    return replace(filters, **dict.fromkeys(errors(filters, lang), ""))


def queue(
    filters: Filters,
    officer: identity.Officer,
    pack: Pack,
    *,
    within: cases.Access,
    without: str,
    at: datetime,
    mark: str = "",
    limit: int = 50,
) -> cases.Queue:
    """A page of the list."""
    which, assigned_to = LISTS[filters.tab], officer.ref if filters.tab == "mine" else ""
    if filters.assigned not in {"", "nobody"}:
        # A colleague's cases are along the index of that officer, and of the departments of whoever asks.
        which, assigned_to = "mine", officer.ref if filters.assigned == "me" else filters.assigned
    return cases.queue(
        within=within, which=which, service=filters.service, state=filters.state.rpartition(".")[2],
        assigned_to=assigned_to, without=without, narrowed=_narrowed(filters, pack, at), mark=mark, limit=limit,
    )  # fmt: skip


def _narrowed(filters: Filters, pack: Pack, at: datetime) -> cases.Narrowed:
    today = pack.calendar.day_of(at)

    def begins(day: date) -> datetime:
        return pack.calendar.moment(day, time(0))

    period: dict[str, Any] = {}
    match filters.due:
        case "late":
            period = {"due_before": at, "waiting": False}
        case "today":
            period = {"due_from": begins(today), "due_before": begins(today + timedelta(days=1))}
        case "week":
            period = {"due_from": begins(today), "due_before": begins(today + timedelta(days=7))}
        case "none":
            period = {"undated": True}
    first, last = _day(filters.opened_from), _day(filters.opened_to)
    opened_before = begins(last + timedelta(days=1)) if last is not None else None
    if filters.age:
        aged = begins(today - timedelta(days=int(filters.age)))
        opened_before = aged if opened_before is None else min(aged, opened_before)
    if filters.waiting:
        period["waiting"] = filters.waiting == "yes"
    return cases.Narrowed(
        nobody=filters.assigned == "nobody",
        result=filters.result,
        opened_from=begins(first) if first is not None else None,
        opened_before=opened_before,
        by_age=filters.order == "age" and filters.assigned in {"", "nobody"},
        held=HELD.get(filters.tab),
        **period,
    )


def _day(typed: str) -> date | None:
    try:
        day = date.fromisoformat(typed) if typed else None
    except ValueError:
        return None
    # The day after must be a day, too.
    return day if day is not None and date(1900, 1, 1) <= day <= date(9000, 1, 1) else None
