"""Queries about cases: one case, a person's cases, the desk's lists, what is due. `api` re-exports the public ones."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from django.db.models import (
    Avg,
    Count,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
)

from praya.blocks.cases import models, search, store
from praya.blocks.cases.rows import (
    case_of,
    content_of,
    fees_of,
    line_of,
    opened_text,
    referral_of,
    review_of,
    round_of,
)
from praya.blocks.cases.values import (
    Access,
    Case,
    Content,
    Ended,
    Fee,
    Load,
    Narrowed,
    NoCase,
    Queue,
    Referral,
    Replies,
    Reply,
    Review,
    Row,
    Step,
    Steps,
    Tally,
    Waiting,
)
from praya.kernel.crypto import vault
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none, row_by, rows_by, values_by, walk

PAGE = 50
Which = store.Which


def case(ref: str) -> Case:
    """A case, without a check of departments: for code that acts for the system or the applicant. Raises NoCase."""
    row = row_by(models.Case, ref=ref)
    if row is None:
        raise NoCase(ref)
    return case_of(row, referrals=True)


def of_person(person_ref: str, *, limit: int = 50) -> list[Case]:
    """A person's cases, the newest first."""
    rows = models.Case.objects.filter(person_ref=person_ref).defer("answers", "findings")
    return [case_of(row) for row in rows.order_by("-opened_at")[:limit]]


def of_refs(refs: Collection[str]) -> list[Case]:
    """These cases, the newest first; deleted ones are left out."""
    if not refs:
        return []
    rows = models.Case.objects.filter(ref__in=list(refs)).defer("answers", "findings")
    return [case_of(row) for row in rows.order_by("-opened_at")]


def refs_of_person(person_ref: str) -> list[str]:
    """The references of all cases of a person."""
    return list(models.Case.objects.filter(person_ref=person_ref).order_by("ref").values_list("ref", flat=True))


def content(ref: str) -> Content:
    """The answers of the applicant and the findings of officers. Raises NoCase, vault.Forgotten."""
    columns = values_by(models.Case, "person_ref", "answers", "findings", ref=ref)
    if columns is None:
        raise NoCase(ref)
    return content_of(ref, *columns)


def visible(ref: str, *, within: Access) -> Case:
    """A case within this access. Raises NoCase for any other."""
    row = one_or_none(store.reached(within).filter(ref=ref))
    if row is None:
        raise NoCase(ref)
    return case_of(row, referrals=True)


def visible_refs(refs: Collection[str], *, within: Access) -> set[str]:
    """The references of those of these cases that are within this access now."""
    return set(store.reached(within).filter(ref__in=list(refs)).values_list("ref", flat=True))


def queue(
    *,
    within: Access,
    which: store.Which = "owned",
    service: str = "",
    state: str = "",
    assigned_to: str = "",
    without: str = "",
    narrowed: Narrowed = store.EVERYTHING,
    mark: str = "",
    limit: int = PAGE,
) -> Queue:
    """A page of a desk list: open cases by due date, the earliest first; closed cases by date, the latest first.

    The list `mine` is that of the officer `assigned_to`; `asked` is narrowed by due date only. Services whose names
    begin with `without` are left out.
    """
    places = store.page(
        which, within, service=service, state=state, assigned_to=assigned_to, without=without, narrowed=narrowed,
        mark=mark, limit=limit,
    )  # fmt: skip
    return _queue(places, within)


def with_terms(*, within: Access, forms: Collection[str], mark: str = "", limit: int = PAGE) -> Queue:
    """A page of the cases, open and closed, whose search terms have one of these forms, the newest first.

    A department finds its own cases by all their terms; a case about which it is asked, by the terms that it may read.
    """
    return _queue(search.places_with_terms(within, forms, mark=mark, limit=limit), within)


def linked(ref: str, *, within: Access, limit: int = 10) -> list[Case]:
    """Other cases that share a name, a number or an address with this one, the newest first."""
    return [row.case for row in _queue(search.linked_places(ref, within, limit=limit), within).rows]


def _queue(places: store.Places, within: Access) -> Queue:
    """The page of cases at these places."""
    refs = [place.row for place in places.rows]
    rows = {row.ref: row for row in models.Case.objects.filter(ref__in=refs).defer("answers", "findings")}
    vault.gather(row.person_ref for row in rows.values() if row.line)
    asked = {ref: tuple(referral_of(row) for row in several) for ref, several in store.open_referrals(refs).items()}
    lines = tuple(
        Row(case_of(rows[ref]), _to(within, asked.get(ref, ())), line_of(rows[ref]), asked.get(ref, ()))
        for ref in refs
        if ref in rows
    )
    return Queue(lines, places.next_mark)


def _to(within: Access, asked: Sequence[Referral]) -> Referral | None:
    """Of these referrals the one to the reader's departments; of several that of the first department by name."""
    ours = [one for one in asked if one.department in within.departments]
    return min(ours, key=lambda one: one.department, default=None)


def replies(*, within: Access, service: str = "", mark: str = "", limit: int = PAGE) -> Replies:
    """A page of the replies that the departments gave to referrals, the newest first, without their comments."""
    places = store.replies(within, service=service, mark=mark, limit=limit)
    numbers = [place.row for place in places.rows]
    rows = {row.id: row for row in _referrals().filter(id__in=numbers)}
    lines = tuple(_reply_of(rows[number]) for number in numbers if number in rows)
    return Replies(lines, places.next_mark)


def reply(number: int, *, within: Access) -> Reply:
    """One reply of these departments, with its comment. Raises NoCase."""
    rows = _referrals().filter(department__in=list(within.departments), replied_at__isnull=False)
    row = one_or_none(rows.filter(id=number))
    if row is None or row.case_id in within.shut:
        raise NoCase(str(number))
    return replace(_reply_of(row), comment=opened_text(row.case, row.comment))


def asked_before(ref: str, *, within: Access) -> list[Reply]:
    """The ended referrals of a case to these departments, with their replies, the newest first."""
    rows = _referrals().filter(case_id=ref, department__in=list(within.departments), over_at__isnull=False)
    if ref in within.shut:
        return []
    rows = rows.order_by("-id")
    return [replace(_reply_of(row), comment=opened_text(row.case, row.comment)) for row in rows]


def _referrals() -> "QuerySet[models.Referral]":
    columns = ("person_ref", "department", "version")
    return models.Referral.objects.select_related("case").only(
        *(field.attname for field in models.Referral._meta.concrete_fields), *(f"case__{name}" for name in columns)
    )


def _reply_of(row: models.Referral) -> Reply:
    return Reply(row.id, row.case_id, row.service, row.case.version, row.case.department, referral_of(row), "")


def of_bookings(booking_refs: Sequence[str]) -> dict[str, Case]:
    """The cases of these bookings, by booking."""
    rows = models.Case.objects.filter(booking_ref__in=[ref for ref in booking_refs if ref])
    rows = rows.defer("answers", "findings")
    return {row.booking_ref: case_of(row) for row in rows}


def about(subject_refs: Sequence[str], *, limit: int = 200) -> list[Case]:
    """The cases about one of these register entries or publications, the newest first."""
    wanted = [ref for ref in subject_refs if ref]
    rows = models.Case.objects.filter(subject_ref__in=wanted).exclude(subject_ref="").defer("answers", "findings")
    return [case_of(row) for row in rows.order_by("-opened_at", "ref")[:limit]] if wanted else []


def tally_about(subject_refs: Sequence[str]) -> dict[str, int]:
    """How many cases about these entries or publications there are, by result; empty for those that have not ended."""
    rows = models.Case.objects.filter(subject_ref__in=[ref for ref in subject_refs if ref]).exclude(subject_ref="")
    return dict(rows.values_list("result").annotate(n=Count("ref")).order_by("result")) if subject_refs else {}


def open_tally_about(subject_refs: Sequence[str]) -> list[tuple[str, int, str, int]]:
    """How many open cases about these entries or publications there are, by service, version and state."""
    rows = models.Case.objects.filter(subject_ref__in=[ref for ref in subject_refs if ref], closed_at__isnull=True)
    counted = rows.exclude(subject_ref="").values_list("service", "version", "state").annotate(n=Count("ref"))
    return list(counted.order_by("service", "version", "state")) if subject_refs else []


def open_about(subject_refs: Sequence[str]) -> list[tuple[str, str, int, str]]:
    """Reference, service, version and state of each open case about these entries or publications."""
    wanted = [ref for ref in subject_refs if ref]
    rows = models.Case.objects.filter(subject_ref__in=wanted, closed_at__isnull=True).exclude(subject_ref="")
    return list(rows.order_by("ref").values_list("ref", "service", "version", "state")) if wanted else []


def tally(*, within: Access, services: Sequence[str], at: datetime) -> list[Tally]:
    """The open cases of these services that the departments own, counted by service and state in one query."""
    ours = models.Case.objects.filter(department__in=list(within.departments), closed_at__isnull=True)
    rows = store.not_shut(ours.filter(service__in=list(services)), within)
    counted = rows.values_list("service", "state").annotate(
        open=Count("ref"),
        late=Count("ref", filter=Q(due_at__lt=at, waits_for_applicant=False)),
        waiting=Count("ref", filter=Q(waits_for_applicant=True)),
    )
    return [Tally(*row) for row in counted.order_by("service", "state")]


def loads(
    *,
    within: Access,
    by: Literal["assigned_to", "service", "state"],
    service: str = "",
    without: str = "",
    at: datetime,
    soon: datetime,
) -> list[Load]:
    """The open cases of departments by officer, service or state, those with the most late cases first.

    Cases that wait for the applicant are neither late nor due `soon`.
    """
    ours = list(within.departments)
    rows = store.not_shut(models.Case.objects.filter(department__in=ours, closed_at__isnull=True), within)
    if service:
        rows = rows.filter(service=service)
    if without:
        rows = rows.exclude(service__startswith=without)
    runs = Q(waits_for_applicant=False)
    counted = rows.values_list(by).annotate(
        open=Count("ref"),
        late=Count("ref", filter=runs & Q(due_at__lt=at)),
        soon=Count("ref", filter=runs & Q(due_at__gte=at, due_at__lt=soon)),
        waiting=Count("ref", filter=~runs),
        oldest=Min("opened_at"),
    )
    return sorted((Load(*row) for row in counted.order_by()), key=lambda one: (-one.late, -one.open, one.name))


def ended(*, within: Access, since: datetime, without: str = "") -> list[Ended]:
    """How many cases of departments ended since a moment, by result."""
    ours = list(within.departments)
    rows = store.not_shut(models.Case.objects.filter(department__in=ours, closed_at__gte=since), within)
    if without:
        rows = rows.exclude(service__startswith=without)
    lasted = ExpressionWrapper(F("closed_at") - F("opened_at"), output_field=DurationField())
    counted = rows.values_list("result").annotate(n=Count("ref"), lasted=Avg(lasted)).order_by("result")
    return [Ended(result, count, mean.total_seconds() / 86400) for result, count, mean in counted]


def totals(*, within: Access, at: datetime, without: str = "") -> Tally:
    """Count all open cases that the departments own; services whose names begin with `without` are left out."""
    return Tally("", "", *store.totals(within, at, without=without))


def reviews(ref: str) -> list[Review]:
    """The reviews of a case, the oldest first; none once the person is erased."""
    rows = models.Review.objects.filter(case_id=ref).select_related("case").order_by("id")
    try:
        return [review_of(row) for row in rows]
    except vault.Forgotten:
        return []


def reviewed(ref: str) -> list[tuple[str, str]]:
    """Action and officer of each review given since the case entered its present state."""
    rows = models.Review.objects.filter(case_id=ref, since=round_of(models.Case.objects.get(ref=ref)))
    return list(rows.values_list("action", "actor"))


def done_by(ref: str, *, by: str) -> set[str]:
    """The actions that an actor ever performed on the case, also as one of several reviewers."""
    rows = models.Step.objects.filter(case_id=ref, actor=by, kind__in=("moved", "acted", "reviewed"))
    return set(rows.values_list("action", flat=True))


def who_did(ref: str, action: str) -> set[str]:
    """The actors who ever performed an action on the case, also as one of several reviewers."""
    rows = models.Step.objects.filter(case_id=ref, action=action, kind__in=("moved", "acted", "reviewed"))
    return set(rows.values_list("actor", flat=True))


def numbers_assigned(officers: Collection[str]) -> dict[str, int]:
    """How many open cases each of these officers has; those without any are left out."""
    rows = models.Case.objects.filter(assigned_to__in=list(officers), closed_at__isnull=True).exclude(assigned_to="")
    counted = rows.values_list("assigned_to").annotate(n=Count("ref")).order_by()
    return dict(counted) if officers else {}


def timers_due(*, at: datetime, batch: int = 200) -> Iterator[Case]:
    """Open cases with a due timer, clock or payment, the longest due first, each once even if it stays due."""
    for column in ("timer_at", "clock_at", "pay_at"):
        rows = models.Case.objects.filter(**{f"{column}__lte": at}, closed_at__isnull=True)
        yield from (case_of(row) for row in walk(rows.defer("answers", "findings"), column, size=batch))


def not_reckoned(reckoned: str, *, limit: int) -> list[Case]:
    """Open cases whose clocks were set by a different calendar than the one with the mark `reckoned`."""
    rows = models.Case.objects.filter(closed_at__isnull=True).exclude(reckoned="").defer("answers", "findings")
    rows = rows.order_by("reckoned", "ref")
    # Two ranges of an index. They are empty when all clocks were set by this calendar.
    outdated = [row for part in (rows.filter(reckoned__lt=reckoned), rows.filter(reckoned__gt=reckoned))
             for row in part[:limit]]  # fmt: skip
    return [case_of(row, referrals=True) for row in outdated[:limit]]


def oldest_timer() -> datetime | None:
    """The moment at which the earliest timer, clock or payment of an open case is due."""
    moments = []
    for column in ("timer_at", "clock_at", "pay_at"):
        rows = models.Case.objects.filter(**{f"{column}__isnull": False}, closed_at__isnull=True).order_by(column)
        moments.append(rows.values_list(column, flat=True).first())
    return min((at for at in moments if at is not None), default=None)


def open_versions(service: str, among: Iterable[int]) -> set[int]:
    """Of these versions of a service, those that have open cases."""
    rows = models.Case.objects.filter(service=service, closed_at__isnull=True)
    return {version for version in among if rows.filter(version=version).exists()}


def entrants(*, service: str, state: str, versions: Collection[int], draw: str) -> list[str]:
    """The cases of these versions that wait in a state for the draw; also those with a rank from another draw."""
    rows = models.Case.objects.filter(service=service, state=state, closed_at__isnull=True).exclude(draw_ref=draw)
    rows = rows.filter(version__in=list(versions))
    return list(rows.order_by("ref").values_list("ref", flat=True))


def waiting(*, service: str, state: str, versions: Collection[int]) -> list[Waiting]:
    """All open cases of these versions in a state, by reference."""
    rows = models.Case.objects.filter(service=service, state=state, closed_at__isnull=True, version__in=list(versions))
    return [Waiting(*row) for row in rows.order_by("ref").values_list("ref", "person_ref", "version")]


def in_state(
    *, service: str, state: str, versions: Collection[int], after: Case | None = None, limit: int = 200
) -> list[Case]:
    """A page of the open cases of these versions in a state: by rank, then those without a rank by reference.

    `after` is the last case of the page before.
    """
    rows = models.Case.objects.filter(service=service, state=state, closed_at__isnull=True, version__in=list(versions))
    rows = rows.defer("answers", "findings")
    ranked, unranked = rows.filter(rank__isnull=False).order_by("rank", "ref"), rows.filter(rank__isnull=True)
    page: list[models.Case] = []
    if after is None or after.rank is not None:
        if after is not None:
            later = Q(rank__gt=after.rank) | Q(ref__gt=after.ref)
            ranked = ranked.filter(later, rank__gte=after.rank)
        page = list(ranked[:limit])
    else:
        unranked = unranked.filter(ref__gt=after.ref)
    if len(page) < limit:
        page += unranked.order_by("ref")[: limit - len(page)]
    return [case_of(row) for row in page]


def places_kept(*, draw: str, without: Collection[str], lost: str) -> int:
    """How many cases of a draw have a place: all but those in the state `lost` and those with a result in `without`."""
    drawn = models.Case.objects.filter(draw_ref=draw).exclude(state=lost)
    return drawn.exclude(result__in=list(without)).count()


def next_in_order(*, draw: str, state: str, limit: int) -> list[Case]:
    """The open cases of a draw that wait in a state, by rank."""
    rows = models.Case.objects.filter(draw_ref=draw, state=state, closed_at__isnull=True)
    return [case_of(row) for row in rows.defer("answers", "findings").order_by("rank")[:limit]]


def done_before(once_key: str) -> bool:
    """Whether a step with this idempotency key was taken."""
    return models.Step.objects.filter(once_key=once_key).exists()


def history(ref: str) -> list[Step]:
    """The steps of a case, the oldest first. Raises NoCase."""
    row = row_by(models.Case, ref=ref)
    if row is None:
        raise NoCase(ref)
    return [
        Step(s.at, s.kind, s.actor, s.department, s.action, s.to_state, opened_text(row, s.text))
        for s in row.steps.order_by("id")[:500]
    ]


def steps(ref: str, *, before: int = 0, of: Sequence[str] | None = None, limit: int = PAGE) -> Steps:
    """A page of the newest steps of a case, in order of time; with `before`, of those before that step.

    With `of`, only referrals to these departments, their replies and their notes. Raises NoCase.
    """
    row = one_or_none(models.Case.objects.filter(ref=ref).only("ref", "person_ref"))
    if row is None:
        raise NoCase(ref)
    rows = row.steps.order_by("-id")
    if of is not None:
        rows = rows.filter(department__in=list(of), kind__in=("referred", "replied", "noted"))
    if before:
        rows = rows.filter(id__lt=before)
    newest_first = list(rows[: limit + 1])
    shown = newest_first[:limit]
    earlier = shown[-1].id if len(newest_first) > limit else 0
    state = ""
    if earlier and of is None:
        state = (
            row.steps.filter(id__lt=earlier).exclude(to_state="").order_by("-id").values_list("to_state", flat=True)[0]
        )
    return Steps(
        tuple(
            Step(s.at, s.kind, s.actor, s.department, s.action, s.to_state, opened_text(row, s.text))
            for s in reversed(shown)
        ),
        state,
        earlier,
    )


def comments(ref: str) -> dict[str, str]:
    """The comment of each department that replied; of several replies, the newest."""
    row = row_by(models.Case, ref=ref)
    if row is None:
        raise NoCase(ref)
    asked = rows_by(models.Referral, "id", case_id=ref)
    return {r.department: opened_text(row, r.comment) for r in asked if r.replied_at is not None}


def visited(ref: str) -> list[tuple[str, datetime]]:
    """The states that a case has entered, in order, each with its moment."""
    rows = models.Step.objects.filter(case_id=ref).exclude(to_state="").order_by("id")
    return list(rows.values_list("to_state", "at"))


def reads(ref: str) -> list[tuple[datetime, str]]:
    """When officers read the case: moment and `officer:REF`. The applicant sees this list."""
    return [(fact.at, fact.actor) for fact in journal.about(ref, events=["case_read"], limit=50)]


def handed_in(*, service: str, since: datetime, after: str, limit: int) -> list[tuple[Case, Content | None]]:
    """A page of the cases of a service that were opened since a moment, by reference after `after`, with their content.

    The content is None where the person was erased.
    """
    rows = models.Case.objects.filter(service=service, opened_at__gte=since, ref__gt=after).order_by("ref")[:limit]
    return [(case_of(row), _content_or_none(row)) for row in rows]


def _content_or_none(row: models.Case) -> Content | None:
    try:
        return content_of(row.ref, row.person_ref, row.answers, row.findings)
    except vault.Forgotten:
        return None


def closed_before(*, service: str, result: str, before: datetime) -> Iterator[str]:
    """The references of cases closed with a result before a moment, the longest closed first."""
    rows = models.Case.objects.filter(service=service, result=result, closed_at__lt=before).only("ref", "closed_at")
    return (row.ref for row in walk(rows, "closed_at"))


def first_closed() -> dict[tuple[str, str], datetime]:
    """The earliest closing moment of each service and result, by one index lookup for each."""
    earliest: dict[tuple[str, str], Any] = {}
    rows = models.Case.objects.filter(closed_at__isnull=False).order_by("service", "result", "closed_at")
    columns = rows.values_list("service", "result", "closed_at")
    at = columns.first()
    while at is not None:
        service, result, closed_at = at
        earliest[service, result] = closed_at
        at = columns.filter(service=service, result__gt=result).first() or columns.filter(service__gt=service).first()
    return earliest


def counted() -> Iterator[Case]:
    """Every case that counts against a limit or has a booking, in constant memory."""
    rows = models.Case.objects.filter(~Q(booking_ref="") | Exists(models.Use.objects.filter(case=OuterRef("pk"))))
    for row in rows.order_by("ref").iterator(chunk_size=500):
        yield case_of(row)


def fees(ref: str) -> tuple[Fee, ...]:
    """The fees of a case, in their present states."""
    written = values_by(models.Case, "fees", ref=ref)
    return fees_of(written[0] if written else "[]")
