"""E-mails to officers about what clocks told them: one for all cases, each hour or each day, as each officer chose.

A warning goes to the officer who has the case, or to everybody with the role when nobody has it; an escalation goes to
everybody with the role. The e-mail has numbers and an address of the desk, and nothing of any case. Cases that are shut
to the officer (`conflicts.shut_to`) are not counted.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.definition.pack import Pack
from praya.journey import acting, conflicts, load
from praya.journey.own_words import WORDS
from praya.kernel.calendar import MORNING
from praya.kernel.rounds import breathe, by_itself

PAGE = 200
HOUR = timedelta(hours=1)


def tell(*, at: datetime) -> int:
    """Send the e-mails that are due; return how many."""
    pack, until, count = load.pack(), cases.last_alert(), 0
    alerted: dict[str, list[str]] = {}
    for department, role in cases.alerted_roles():
        alerted.setdefault(department, []).append(role)
    seen, counts = set[str](), _Counts(until)
    for department in alerted:
        for officer, choice in _holders(department):
            breathe()
            if officer.ref not in seen and is_due(choice, pack, at=at):
                seen.add(officer.ref)
                with by_itself("tell_officers", officer=officer.ref):
                    count += _tell(officer, choice, alerted, counts, pack, at)
    return count


def is_due(choice: cases.AlertChoice, pack: Pack, *, at: datetime) -> bool:
    """Whether it is time for the next e-mail: an hour after the last one, or in the morning of another day."""
    match choice.often:
        case "never":
            return False
        case "hourly":
            return choice.told_at is None or at - choice.told_at >= HOUR
        case "daily":
            day = pack.calendar.day_of(at)
            new_day = choice.told_at is None or pack.calendar.day_of(choice.told_at) < day
            return new_day and at >= pack.calendar.moment(day, MORNING)


def _holders(department: str) -> Iterator[tuple[identity.Officer, cases.AlertChoice]]:
    page = identity.holders(department, limit=PAGE)
    while page:
        chosen = cases.alert_choices([one.ref for one in page])
        for one in page:
            yield one, chosen.get(one.ref, cases.AlertChoice())
        page = identity.holders(department, after=page[-1].ref, limit=PAGE)


class _Counts:
    """The numbers of a role in a department, counted once for all officers who were told up to the same alert."""

    def __init__(self, until: int) -> None:
        self.until = until
        self._known: dict[tuple[str, str, int], dict[cases.AlertGroup, int]] = {}

    def of(self, department: str, role: str, after: int) -> dict[cases.AlertGroup, int]:
        key = department, role, after
        if key not in self._known:
            self._known[key] = cases.alert_counts(department, role, after=after, until=self.until)
        return self._known[key]


def _tell(
    officer: identity.Officer,
    choice: cases.AlertChoice,
    alerted: Mapping[str, list[str]],
    counts: _Counts,
    pack: Pack,
    at: datetime,
) -> int:
    groups = Counter[cases.AlertGroup]()
    by_department = {
        department: [role for role in alerted[department] if role in acting.officer(officer, department).roles]
        for department in sorted(officer.departments & alerted.keys())
    }
    for department, roles in by_department.items():
        for role in roles:
            groups.update(counts.of(department, role, choice.last_sent))
    # Most officers have nothing new: only for the others it is asked what is shut to them.
    if not _said_to(officer, groups).total():
        return 0
    shut = conflicts.shut_to(officer.ref)
    for department, roles in by_department.items():
        groups.subtract(cases.alerts_about(shut, department, roles, after=choice.last_sent, until=counts.until))
    found = _said_to(officer, groups)
    if not found.total():
        return 0
    language = choice.language if choice.language in pack.languages else pack.languages[0]
    said = {
        "warned": str(found["warned"]), "escalated": str(found["escalated"]), "all": str(found.total()),
        "url": f"{settings.PRAYA.base_url}/{language}/desk/?order=age",
        "settings": f"{settings.PRAYA.base_url}/{language}/desk/alerts",
    }  # fmt: skip
    with transaction.atomic():
        if not cases.note_alerts_sent(officer_ref=officer.ref, before=choice.last_sent, until=counts.until, at=at):
            return 0
        notices.send_memo(
            email=officer.email, language=language, subject=WORDS["clocks_subject"].in_(language).format(**said),
            body=WORDS["clocks_body"].in_(language).format(**said), at=at,
        )  # fmt: skip
    return 1


def _said_to(officer: identity.Officer, groups: Mapping[cases.AlertGroup, int]) -> Counter[str]:
    """How many of these alerts are for an officer, by kind: no warnings about cases that another one has."""
    found = Counter[str]()
    for (kind, assigned), number in groups.items():
        if kind == "reminded":
            # The officer to whom the case is assigned is one of the department that reminds.
            found["warned"] += number
        elif kind == "escalated" or assigned in {"", officer.ref}:
            found[kind] += number
    return found
