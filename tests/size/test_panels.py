"""Awards of a city: 1,600 entries through three stages with 60 judges come to the same result from any order."""

import json
from datetime import datetime
from random import Random

import pytest
from django.db import transaction

from praya.blocks.cases import api as cases
from praya.blocks.cases import models
from praya.blocks.panels import api as panels
from praya.blocks.panels.models import ConflictRow, SeatRow
from praya.blocks.rankings import api as rankings
from praya.definition.service import Service
from praya.journey import jobs
from praya.kernel.crypto import vault
from tests.journeys.test_panels import CALL, CLOSED, OPENED, RANKED, day, entered, invited, round_of
from tests.small import published

pytestmark = pytest.mark.django_db

STREAMS = [{"value": name, "label": {"en": name.upper(), "zh-hant": name.upper()}} for name in "abcdefgh"]


def enter(service: Service, number: int) -> None:
    """So many entries: one that was handed in, and copies of it under other references."""
    first = models.Case.objects.get(ref=entered(service, 0).ref)
    copies = []
    for copy in range(1, number):
        ref = f"SG-{copy:06}"
        answers = {
            "applicant_name": "Chan",
            "idea": f"Idea {copy}",
            "needed": 100 + copy % 900,
            "stream": "abcdefgh"[copy % 8],
        }
        sealed = vault.seal_json(answers, subject=first.person_ref, place="cases.case.answers", row=ref)
        values = {f.attname: getattr(first, f.attname) for f in models.Case._meta.fields}
        copies.append(models.Case(**values | {"ref": ref, "answers": sealed, "once_key": ref}))
    models.Case.objects.bulk_create(copies, batch_size=2000)


def _is_partial(seat: SeatRow) -> bool:
    """Whether a member has a conflict about an entry, always the same one."""
    return int(panels.ticket("conflict", seat.entry.case_ref, seat.person_ref)[:4], 16) % 50 == 0


def a_round(service: Service, chance: Random, *, at: datetime, closes: datetime, ranks: datetime) -> None:
    """One stage in an order that chance chooses: conflicts, marks, closing and ranking."""
    jobs.judge_entries(at=at)
    one = round_of(service)
    state = service.flow.states[one.state].judging
    assert state is not None
    # Whoever gets an entry in another's place may have a conflict too.
    while True:
        seats = list(SeatRow.objects.filter(round_ref=one.ref, state="given").select_related("entry"))
        partial = [seat for seat in seats if _is_partial(seat)]
        if not partial:
            break
        for seat in chance.sample(partial, len(partial)):
            panels.declare(ref=seat.ref, person_ref=seat.person_ref, conflict=True, reason="A.", at=at)
        jobs.judge_entries(at=at)
    seats = list(SeatRow.objects.filter(round_ref=one.ref, state="given").select_related("entry"))
    for seat in chance.sample(seats, len(seats)):
        marks = {
            name: int(panels.ticket(name, seat.entry.case_ref, seat.person_ref)[:4], 16) % 11 for name in state.criteria
        }
        panels.declare(ref=seat.ref, person_ref=seat.person_ref, conflict=False, at=at)
        panels.mark(ref=seat.ref, person_ref=seat.person_ref, marks=marks, comments={}, at=at)
    conflicts = set(ConflictRow.objects.values_list("case_ref", "person_ref"))
    marked = SeatRow.objects.filter(state="marked").values_list("entry__case_ref", "person_ref")
    assert not conflicts & set(marked), "whoever has a conflict scores nothing"
    jobs.judge_entries(at=closes)
    jobs.rank_cases(at=ranks)


def through(service: Service, seed: int) -> tuple[list[str], dict[str, tuple[str, int]]]:
    """Three stages; answers the digests of the rankings, and what became of each entry."""
    chance = Random(seed)
    a_round(service, chance, at=OPENED, closes=CLOSED, ranks=RANKED)
    a_round(service, chance, at=day(20), closes=day(24), ranks=day(26))
    jobs.rank_cases(at=day(27))
    digests = [one.digest for one in rankings.of_service(service.service)]
    digests += [one.digest for one in panels.rounds_of_service(service.service)]
    found = {}
    for ref, state in models.Case.objects.values_list("ref", "state"):
        last = rankings.last_of(ref)
        assert last is not None
        found[ref] = (state, last.cents or 0)
    return digests, found


@pytest.mark.parametrize(
    ("entries", "judges", "orders"),
    [(48, 9, 2), pytest.param(1600, 60, 2, marks=pytest.mark.size)],
    ids=["48", "1600"],
)
@pytest.mark.size
def test_three_stages_come_to_the_same_from_any_order(entries: int, judges: int, orders: int) -> None:
    options = "[{value: a, label: {en: A, zh-hant: 甲}}, {value: b, label: {en: B, zh-hant: 乙}}]"
    service = published(CALL.replace(options, json.dumps(STREAMS)))
    enter(service, entries)
    people = invited(service, judges)
    outcomes = []
    for seed in range(orders):
        before = transaction.savepoint()
        outcomes.append(through(service, seed))
        loads = [len(panels.worklist(round_of(service).ref, person)) for person in people]
        assert max(loads) - min(loads) <= 3
        transaction.savepoint_rollback(before)
        vault.reset_memory()
    assert all(outcome == outcomes[0] for outcome in outcomes)
    _, found = outcomes[0]
    states = [state for state, _ in found.values()]
    assert states.count("granted") + states.count("refused") == entries
    assert 0 < sum(cents for _, cents in found.values()) <= 100_000
    assert cases.open_versions(service.service, [1]) == {1}
