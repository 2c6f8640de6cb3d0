"""The desk's lists as SQL queries with keyset pagination.

Each list is a union of index scans, one per department; each scan reads at most one page of rows, and the database
merges them. So a page costs the same with a hundred cases as with a million.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from praya.blocks.cases import models
from praya.blocks.cases.values import Access, Narrowed

Which = Literal["owned", "asked", "mine", "seen", "closed"]
"""`owned`: open cases of the departments; `asked`: cases about which another department awaits their reply; `mine`:
open cases assigned to one officer; `seen`: owned and asked together; `closed`: their closed cases."""


EVERYTHING = Narrowed()
Condition = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Place:
    """The position of a row in a list: the moment and key that sort it, and the primary key of the row."""

    moment: datetime | None
    ref: str
    row: Any

    @property
    def mark(self) -> str:
        """The text from which `page` and `replies` continue after this row."""
        return f"{self.moment.isoformat() if self.moment else ''}|{self.ref}"


@dataclass(frozen=True, slots=True)
class _Mark:
    moment: datetime | None
    ref: str


@dataclass(frozen=True, slots=True)
class Places:
    """The rows of a page, in order, and the mark from which the next page continues; empty when there is none."""

    rows: tuple[Place, ...]
    next_mark: str


LOOKED_THROUGH = 6000
"""Entries of indexes that one page reads at most where conditions have no index of their own."""
LEAST_WINDOW = 300


@dataclass(frozen=True, slots=True)
class _Walk:
    """One index scan: the rows of a table that satisfy `where`, in the order of `moment` and `ref`.

    `among` are conditions for which there is no index. The scan then reads a window of so many entries, and keeps those
    that satisfy them; the index holds the `columns` that they test, so no row of the table is read for the others.
    `dated` leaves out the rows without a moment, `undated` those with one.
    """

    table: str
    moment: str
    ref: str
    row: str
    where: tuple[Condition, ...]
    among: tuple[Condition, ...] = ()
    columns: tuple[str, ...] = ()
    dated: bool = False
    undated: bool = False


def reached(within: Access) -> "QuerySet[models.Case]":
    """Every case within this access: the access rule of each query for an officer."""
    ours = list(within.departments)
    asked = Exists(models.Referral.objects.filter(case=OuterRef("pk"), department__in=ours, over_at__isnull=True))
    return not_shut(models.Case.objects.filter(Q(department__in=ours) | Q(asked)), within)


def not_shut(rows: "QuerySet[models.Case]", within: Access) -> "QuerySet[models.Case]":
    """The rows, without those of cases in `within.shut`."""
    return rows.exclude(ref__in=list(within.shut)) if within.shut else rows


def _not_shut(column: str, within: Access) -> list[Condition]:
    """The condition of `not_shut` in SQL. It reads no other column of the index than the reference."""
    return [(f"NOT {words}", values) for words, values in _in(column, within.shut)] if within.shut else []


def _in(column: str, refs: Collection[str]) -> list[Condition]:
    # One parameter, however many they are.
    if connection.vendor == "postgresql":
        return [(f"({column} = ANY(%s))", (sorted(refs),))]
    return [(f"({column} IN (SELECT value FROM json_each(%s)))", (json.dumps(sorted(refs)),))]  # noqa: S608


def page(
    which: Which,
    within: Access,
    *,
    service: str = "",
    state: str = "",
    assigned_to: str = "",
    without: str = "",
    narrowed: Narrowed = EVERYTHING,
    mark: str = "",
    limit: int,
) -> Places:
    """One page of a list after `mark`; an invalid mark is ignored.

    The list `asked` is narrowed by due date only.
    """
    ours = tuple(sorted(set(within.departments)))
    more: list[Condition] = []
    if service:
        more.append(("service = %s", (service,)))
    if without:
        more.append(("service NOT LIKE %s", (f"{without}%",)))
    in_state = [("state = %s", (state,))] if state else []
    open_to = _not_shut("ref", within)
    owned = [*more, *in_state, ("closed_at IS NULL", ()), *open_to]
    # The indexes tell those that wait for somebody else apart: a list of both is a scan of each. Whoever waits for the
    # applicant is among them, so that the others need no window to find those that do not.
    kinds: list[tuple[Condition, Narrowed]] = [
        (("held = %s", (held,)), narrowed if held else replace(narrowed, waiting=None))
        for held in (False, True)
        if narrowed.held in {None, held} and (held or not narrowed.waiting)
    ]
    walks: list[_Walk] = []
    match which:
        case "mine":
            whose = [("assigned_to = %s", (assigned_to,)), ("NOT (assigned_to = '')", ()), _among("department", ours)]
            kind = [("held = %s", (narrowed.held,))] if narrowed.held is not None else []
            walks = [_case_walk("due_at", [*whose, *owned], narrowed, kind)] if ours else []
        case "closed":
            ended = [*more, *in_state, ("closed_at IS NOT NULL", ()), *open_to]
            walks = [_case_walk("closed_at", [_is(department), *ended], narrowed) for department in ours]
        case "owned" if narrowed.by_age:
            # No index of this order begins with a service or a state: they are conditions of the window.
            open_ones, among = [("closed_at IS NULL", ()), *open_to], [*more, *in_state]
            walks = [
                _case_walk("opened_at", [_is(department), kind, *open_ones], tested, among)
                for department in ours
                for kind, tested in kinds
            ]
        case "owned" | "seen":
            walks = [
                _case_walk("due_at", [_is(department), kind, *owned], tested)
                for department in ours
                for kind, tested in kinds
            ]
    if which in {"asked", "seen"}:
        more += [*_bounds("due_at", narrowed.due_from, narrowed.due_before), *_not_shut("case_id", within)]
        walks += [_asked_walk(department, ours, more, state, narrowed, alone=which == "asked") for department in ours]
    return _walked(walks, mark, limit, latest_first=which == "closed")


def _bounds(column: str, first: datetime | None, beyond: datetime | None) -> list[Condition]:
    adapt = connection.ops.adapt_datetimefield_value
    conditions: list[Condition] = [(f"{column} >= %s", (adapt(first),))] if first is not None else []
    return [*conditions, (f"{column} < %s", (adapt(beyond),))] if beyond is not None else conditions


def replies(within: Access, *, service: str = "", mark: str = "", limit: int) -> Places:
    """One page of the replies of departments, the newest first; `row` is the referral's primary key."""
    more: list[Condition] = [("replied_at IS NOT NULL", ()), *_not_shut("case_id", within)]
    if service:
        more.append(("service = %s", (service,)))
    walks = [
        _Walk("cases_referral", "replied_at", "case_id", "id", (_is(department), *more))
        for department in sorted(set(within.departments))
    ]
    return _walked(walks, mark, limit, latest_first=True)


def page_with_terms(keys: Sequence[tuple[str, str]], within: Access, *, mark: str, limit: int) -> Places:
    """One page of the cases with one of these search keys, each given with its department; the newest first.

    A department that is no longer asked finds nothing, even if its row of the search index was not deleted.
    """
    asked = "SELECT 1 FROM cases_referral r WHERE r.case_id = c.ref AND r.department = %s AND r.over_at IS NULL"
    may = f"EXISTS (SELECT 1 FROM cases_case c WHERE c.ref = case_id AND (c.department = %s OR EXISTS ({asked})))"  # noqa: S608
    walks = [
        _Walk(
            "cases_search", "opened_at", "case_id", "case_id",
            (("key = %s", (key,)), _is(department), *_not_shut("case_id", within), (may, (department, department))),
        )
        for key, department in keys
    ]  # fmt: skip
    return _walked(walks, mark, limit, latest_first=True, distinct=True)


def _is(department: str) -> Condition:
    return "department = %s", (department,)


def _among(column: str, values: Sequence[str]) -> Condition:
    return f"{column} IN ({', '.join(['%s'] * len(values))})", tuple(values)


def _case_walk(moment: str, where: Sequence[Condition], narrowed: Narrowed, among: Sequence[Condition] = ()) -> _Walk:
    """A scan of cases. A condition on its moment bounds the scan; the others are tested within a window."""
    bounds = {
        "due_at": _bounds("due_at", narrowed.due_from, narrowed.due_before),
        "opened_at": _bounds("opened_at", narrowed.opened_from, narrowed.opened_before),
    }
    tested = [*among, *(one for column, several in bounds.items() if column != moment for one in several)]
    if narrowed.undated and moment != "due_at":
        tested.append(("due_at IS NULL", ()))
    if narrowed.nobody:
        tested.append(("assigned_to = ''", ()))
    if narrowed.waiting is not None:
        tested.append(("waits_for_applicant = %s", (narrowed.waiting,)))
    if narrowed.result:
        tested.append(("result = %s", (narrowed.result,)))
    columns = {words.split()[0] for words, _ in tested} - {moment}
    own = bounds.get(moment, [])
    return _Walk(
        "cases_case", moment, "ref", "ref", (*where, *own), tuple(tested), tuple(sorted(columns)),
        dated=bool(own) or moment == "opened_at", undated=narrowed.undated and moment == "due_at",
    )  # fmt: skip


def _asked_walk(
    department: str, ours: Sequence[str], more: Sequence[Condition], state: str, narrowed: Narrowed, *, alone: bool
) -> _Walk:
    where = [_is(department), *more, ("over_at IS NULL", ())]
    before = [other for other in ours if other < department]
    if before:
        # A case about which several of the officer's departments are asked is listed once.
        among, values = _among("o.department", before)
        other = "SELECT 1 FROM cases_referral o WHERE o.case_id = cases_referral.case_id AND o.over_at IS NULL"
        where.append((f"NOT EXISTS ({other} AND {among})", values))
    conditions = [("c.state = %s", (state,))] if state else []
    if not alone:
        among, values = _among("c.department", ours)
        conditions.append((f"NOT {among}", values))
    if conditions:
        joined = " AND ".join(["c.ref = cases_referral.case_id", *(words for words, _ in conditions)])
        values = tuple(value for _, values in conditions for value in values)
        where.append((f"EXISTS (SELECT 1 FROM cases_case c WHERE {joined})", values))  # noqa: S608
    bounded = narrowed.due_from is not None or narrowed.due_before is not None
    return _Walk(
        "cases_referral", "due_at", "case_id", "case_id", tuple(where), dated=bounded, undated=narrowed.undated
    )


def _walked(walks: Sequence[_Walk], mark: str, limit: int, *, latest_first: bool, distinct: bool = False) -> Places:
    """The merged page of several scans; with `distinct`, a row that several scans return appears once."""
    after = _read(mark)
    scans = [(walk, *one) for walk in walks for one in _stretches(walk, after, latest_first=latest_first)]
    if not scans:
        return Places((), "")
    windows = sum(bool(walk.among) for walk, _, _ in scans)
    window = max(LEAST_WINDOW, LOOKED_THROUGH // windows) if windows else 0
    way = " DESC" if latest_first else ""
    tables, parts, table_values, values = list[str](), list[str](), list[Any](), list[Any]()
    # The texts consist of constants of this module; everything that people typed is a parameter.
    for number, (walk, words, more) in enumerate(scans):
        where = " AND ".join((*(condition for condition, _ in walk.where), words))
        known = [*(value for _, several in walk.where for value in several), *more]
        columns = f"{walk.moment} AS moment, {walk.ref} AS ref, {walk.row} AS number"
        order = f"ORDER BY {walk.moment}{way}, {walk.ref}{way}"
        if not walk.among:
            part = f"SELECT {columns}, 0 AS edge FROM {walk.table} WHERE {where} {order} LIMIT {limit + 1:d}"  # noqa: S608
            parts.append(f"SELECT * FROM ({part}) AS walk{number}")  # noqa: S608
            values += known
            continue
        columns = ", ".join((columns, *walk.columns))
        tables.append(f"walk{number} AS (SELECT {columns} FROM {walk.table} WHERE {where} {order} LIMIT {window:d})")  # noqa: S608
        table_values += known
        # The condition may name the moment itself, which has another name in the window.
        tested = " AND ".join(condition for condition, _ in walk.among)
        order = f"ORDER BY moment{way}, ref{way}"
        part = f"SELECT moment, ref, number, 0 AS edge FROM walk{number} WHERE {tested} {order} LIMIT {limit + 1:d}"  # noqa: S608
        last = f"SELECT moment, ref, number, 1 AS edge FROM walk{number} {order} LIMIT 1 OFFSET {window - 1:d}"  # noqa: S608
        parts += [f"SELECT * FROM ({part}) AS kept{number}", f"SELECT * FROM ({last}) AS last{number}"]  # noqa: S608
        values += [value for _, several in walk.among for value in several]
    union = " UNION " if distinct else " UNION ALL "
    order = "moment DESC, ref DESC" if latest_first else "moment IS NULL, moment, ref"
    merged = f"SELECT * FROM ({union.join(parts)}) AS merged ORDER BY {order}, edge LIMIT {limit + 1 + windows:d}"  # noqa: S608
    statement = f"WITH {', '.join(tables)} {merged}" if tables else merged
    with connection.cursor() as cursor:
        cursor.execute(statement, [*table_values, *values])
        places = [(Place(_moment(moment), ref, row), bool(edge)) for moment, ref, row, edge in cursor.fetchall()]
    # The page ends where a window ends: after that, the same scan may have rows that sort before those of others.
    end = next((number for number, (_, edge) in enumerate(places) if edge), None)
    rows = [place for place, edge in places[:end] if not edge]
    if len(rows) > limit:
        return Places(tuple(rows[:limit]), rows[limit - 1].mark)
    return Places(tuple(rows), places[end][0].mark if end is not None else "")


def _stretches(walk: _Walk, after: _Mark | None, *, latest_first: bool) -> list[Condition]:
    """The conditions that split a scan: rows with a moment, then, in lists by due date, rows without one."""
    dated: Condition = (f"{walk.moment} IS NOT NULL", ())
    undated: Condition = (f"{walk.moment} IS NULL", ())
    if after is not None:
        if after.moment is None:
            none = latest_first or walk.dated
            return [] if none else [(f"{walk.moment} IS NULL AND {walk.ref} > %s", (after.ref,))]
        sign = "<" if latest_first else ">"
        at = connection.ops.adapt_datetimefield_value(after.moment)
        # One row comparison, which an index can answer; `OR` would read all rows of the same moment again.
        dated = (f"{walk.moment} IS NOT NULL AND ({walk.moment}, {walk.ref}) {sign} (%s, %s)", (at, after.ref))
    if walk.undated:
        return [undated]
    return [dated] if latest_first or walk.dated else [dated, undated]


def _read(mark: str) -> _Mark | None:
    moment, separator, ref = mark.partition("|")
    if not separator or "\0" in ref:
        return None
    if not moment:
        return _Mark(None, ref)
    try:
        at = datetime.fromisoformat(moment)
        return _Mark(at.astimezone(UTC), ref) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _moment(value: datetime | str | None) -> datetime | None:
    # SQLite stores moments in UTC without a time zone.
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.replace(tzinfo=UTC) if at is not None and at.tzinfo is None else at


def open_referrals(refs: Sequence[str]) -> dict[str, list[models.Referral]]:
    """The open referrals of these cases, by case, in the order in which they were made."""
    # Without a condition on the department: by that one SQLite would read all that a department is asked.
    found: dict[str, list[models.Referral]] = {}
    for row in models.Referral.objects.filter(case_id__in=list(refs), over_at__isnull=True).order_by("case_id", "id"):
        found.setdefault(row.case_id, []).append(row)
    return found


def totals(within: Access, at: datetime, *, without: str) -> tuple[int, int, int]:
    """How many cases of departments are open, late, and waiting for the applicant, from a covering index alone.

    The few services whose names begin with `without`, and the few cases that are shut, are counted separately and
    subtracted.
    """
    if not within.departments:
        return 0, 0, 0
    ours = [_among("department", sorted(set(within.departments)))]
    everything = _totals(ours, at)
    if within.shut:
        also = [("service NOT LIKE %s", (f"{without}%",))] if without else []
        everything = _less(everything, _totals([*ours, *also, *_in("ref", within.shut)], at))
    if not without:
        return everything
    # The range contains the prefix in every collation, even one that ignores punctuation.
    first = without.rstrip("-")
    beyond = first[:-1] + chr(ord(first[-1]) + 1)
    prefixed = ("service >= %s AND service < %s AND service LIKE %s", (first, beyond, f"{without}%"))
    return _less(everything, _totals([*ours, prefixed], at))


def _less(counts: tuple[int, int, int], others: tuple[int, int, int]) -> tuple[int, int, int]:
    return counts[0] - others[0], counts[1] - others[1], counts[2] - others[2]


def _totals(where: Sequence[Condition], at: datetime) -> tuple[int, int, int]:
    late = ("due_at < %s", (connection.ops.adapt_datetimefield_value(at),))
    counts, values = [], list[Any]()
    for more in ([_waits(yes=False)], [_waits(yes=True)], [_waits(yes=False), late]):
        conditions = [*where, *more]
        words = " AND ".join(("closed_at IS NULL", *(condition for condition, _ in conditions)))
        counts.append(f"(SELECT COUNT(*) FROM cases_case WHERE {words})")  # noqa: S608
        values += [value for _, several in conditions for value in several]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}", values)
        going, waiting, late_ones = cursor.fetchone()
    return going + waiting, late_ones, waiting


def _waits(*, yes: bool) -> Condition:
    # Compared with a parameter, because SQLite then uses the index.
    return "waits_for_applicant = %s", (yes,)
