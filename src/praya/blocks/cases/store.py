"""The desk's lists as SQL queries with keyset pagination.

Each list is a union of index scans, one per department; each scan reads at most one page of rows, and the database
merges them. So a page costs the same with a hundred cases as with a million.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from praya.blocks.cases import models

Which = Literal["owned", "asked", "mine", "seen", "closed"]
"""`owned`: open cases of the departments; `asked`: cases about which another department awaits their reply; `mine`:
open cases assigned to one officer; `seen`: owned and asked together; `closed`: their closed cases."""


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
class _Walk:
    """One index scan: the rows of a table that satisfy `where`, in the order of `moment` and `ref`."""

    table: str
    moment: str
    ref: str
    row: str
    where: tuple[tuple[str, tuple[Any, ...]], ...]


def of_departments(departments: Sequence[str]) -> "QuerySet[models.Case]":
    """Every case that the departments own, or are asked about: the access rule of every query for an officer."""
    asked = Exists(
        models.Referral.objects.filter(case=OuterRef("pk"), department__in=list(departments), over_at__isnull=True)
    )
    return models.Case.objects.filter(Q(department__in=list(departments)) | Q(asked))


def page(
    which: Which,
    departments: Sequence[str],
    *,
    service: str = "",
    state: str = "",
    assigned_to: str = "",
    without: str = "",
    mark: str = "",
    limit: int,
) -> list[Place]:
    """The rows of one page of a list, in order, after `mark`; an invalid mark is ignored."""
    ours = tuple(sorted(set(departments)))
    more: list[tuple[str, tuple[Any, ...]]] = []
    if service:
        more.append(("service = %s", (service,)))
    if without:
        more.append(("service NOT LIKE %s", (f"{without}%",)))
    in_state = [("state = %s", (state,))] if state else []
    owned = [*more, *in_state, ("closed_at IS NULL", ())]
    walks: list[_Walk] = []
    match which:
        case "mine":
            whose = [("assigned_to = %s", (assigned_to,)), ("NOT (assigned_to = '')", ()), _among("department", ours)]
            walks = [_case_walk("due_at", [*whose, *owned])] if ours else []
        case "closed":
            ended = [*more, *in_state, ("closed_at IS NOT NULL", ())]
            walks = [_case_walk("closed_at", [_is(department), *ended]) for department in ours]
        case "owned" | "seen":
            walks = [_case_walk("due_at", [_is(department), *owned]) for department in ours]
    if which in {"asked", "seen"}:
        walks += [_asked(department, ours, more, state, alone=which == "asked") for department in ours]
    return _walked(walks, mark, limit, latest_first=which == "closed")


def replies(departments: Sequence[str], *, service: str = "", mark: str = "", limit: int) -> list[Place]:
    """The rows of one page of the replies of departments, the newest first; `row` is the referral's primary key."""
    more: list[tuple[str, tuple[Any, ...]]] = [("replied_at IS NOT NULL", ())]
    if service:
        more.append(("service = %s", (service,)))
    walks = [
        _Walk("cases_referral", "replied_at", "case_id", "id", (_is(department), *more))
        for department in sorted(set(departments))
    ]
    return _walked(walks, mark, limit, latest_first=True)


def found(keys: Sequence[tuple[str, str]], *, mark: str, limit: int) -> list[Place]:
    """The rows of one page of the cases found by keys of the search index, each with its department, newest first.

    Whoever is asked no longer finds nothing, even if a row of the index were left behind.
    """
    asked = "SELECT 1 FROM cases_referral r WHERE r.case_id = c.ref AND r.department = %s AND r.over_at IS NULL"
    may = f"EXISTS (SELECT 1 FROM cases_case c WHERE c.ref = case_id AND (c.department = %s OR EXISTS ({asked})))"  # noqa: S608
    walks = [
        _Walk(
            "cases_search", "opened_at", "case_id", "case_id",
            (("key = %s", (key,)), _is(department), (may, (department, department))),
        )
        for key, department in keys
    ]  # fmt: skip
    return _walked(walks, mark, limit, latest_first=True, distinct=True)


def _is(department: str) -> tuple[str, tuple[Any, ...]]:
    return "department = %s", (department,)


def _among(column: str, values: Sequence[str]) -> tuple[str, tuple[Any, ...]]:
    return f"{column} IN ({', '.join(['%s'] * len(values))})", tuple(values)


def _case_walk(moment: str, where: Sequence[tuple[str, tuple[Any, ...]]]) -> _Walk:
    return _Walk("cases_case", moment, "ref", "ref", tuple(where))


def _asked(
    department: str, ours: Sequence[str], more: Sequence[tuple[str, tuple[Any, ...]]], state: str, *, alone: bool
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
    return _Walk("cases_referral", "due_at", "case_id", "case_id", tuple(where))


def _walked(
    walks: Sequence[_Walk], mark: str, limit: int, *, latest_first: bool, distinct: bool = False
) -> list[Place]:
    """The merged page of several scans; with `distinct` a row that several of them find stands in it once."""
    after, parts, values = _read(mark), list[str](), list[Any]()
    for walk in walks:
        for words, more in _stretches(walk, after, latest_first=latest_first):
            where = " AND ".join((*(condition for condition, _ in walk.where), words))
            way = " DESC" if latest_first else ""
            columns = f"{walk.moment} AS moment, {walk.ref} AS ref, {walk.row} AS number"
            order = f"ORDER BY {walk.moment}{way}, {walk.ref}{way} LIMIT {limit:d}"
            # The text consists of constants of this module; everything that people typed is a parameter.
            part = f"SELECT {columns} FROM {walk.table} WHERE {where} {order}"  # noqa: S608
            parts.append(f"SELECT * FROM ({part}) AS walk{len(parts)}")  # noqa: S608
            values += [value for _, several in walk.where for value in several] + list(more)
    if not parts:
        return []
    order = "moment DESC, ref DESC" if latest_first else "moment IS NULL, moment, ref"
    union = " UNION " if distinct else " UNION ALL "
    statement = f"SELECT * FROM ({union.join(parts)}) AS merged ORDER BY {order} LIMIT {limit:d}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [Place(_moment(moment), ref, row) for moment, ref, row in cursor.fetchall()]


def _stretches(walk: _Walk, after: _Mark | None, *, latest_first: bool) -> list[tuple[str, tuple[Any, ...]]]:
    """The conditions that split a scan: rows with a moment, then, in lists by due date, rows without one."""
    dated: tuple[str, tuple[Any, ...]] = (f"{walk.moment} IS NOT NULL", ())
    undated: tuple[str, tuple[Any, ...]] = (f"{walk.moment} IS NULL", ())
    if after is not None:
        if after.moment is None:
            return [] if latest_first else [(f"{walk.moment} IS NULL AND {walk.ref} > %s", (after.ref,))]
        sign = "<" if latest_first else ">"
        at = connection.ops.adapt_datetimefield_value(after.moment)
        # One row comparison, which an index can answer; `OR` would read all rows of the same moment again.
        dated = (f"{walk.moment} IS NOT NULL AND ({walk.moment}, {walk.ref}) {sign} (%s, %s)", (at, after.ref))
    return [dated] if latest_first else [dated, undated]


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


def open_referrals(refs: Sequence[str], departments: Sequence[str]) -> dict[str, models.Referral]:
    """The open referrals of these cases to the departments, by case."""
    rows = models.Referral.objects.filter(
        case_id__in=list(refs), department__in=list(departments), over_at__isnull=True
    )
    return {row.case_id: row for row in rows.order_by("-department")}


def totals(departments: Sequence[str], at: datetime, *, without: str) -> tuple[int, int, int]:
    """How many cases of departments are open, late, and waiting for the applicant, from a covering index alone.

    The few services whose names begin with `without` are counted separately and subtracted.
    """
    ours = [_among("department", sorted(set(departments)))]
    if not departments:
        return 0, 0, 0
    everything = _totals(ours, at)
    if not without:
        return everything
    # The range contains the prefix in every collation, even one that ignores punctuation.
    first = without.rstrip("-")
    beyond = first[:-1] + chr(ord(first[-1]) + 1)
    prefixed = ("service >= %s AND service < %s AND service LIKE %s", (first, beyond, f"{without}%"))
    off = _totals([*ours, prefixed], at)
    return everything[0] - off[0], everything[1] - off[1], everything[2] - off[2]


def _totals(where: Sequence[tuple[str, tuple[Any, ...]]], at: datetime) -> tuple[int, int, int]:
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


def _waits(*, yes: bool) -> tuple[str, tuple[Any, ...]]:
    # Compared with a parameter, because SQLite then uses the index.
    return "waits_for_applicant = %s", (yes,)
