"""After a change of the canonical spelling, earlier limits, bookings and entries are still counted and found."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests import small_services
from tests.journeys.test_entries import person

from praya.blocks.bookings import api as bookings
from praya.blocks.bookings.models import Holder
from praya.blocks.cases import api as cases
from praya.blocks.cases.models import Use
from praya.blocks.registers import api as registers
from praya.blocks.registers import store
from praya.blocks.registers.models import EntryRow
from praya.journey import application_steps, draft_booking, load, respelling

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
PLATES = """
form:
  - page: car
    questions:
      - plate: {type: text, label: {en: Plate, zh-hant: 車牌}}
      - keeper: {type: text, label: {en: Keeper, zh-hant: 車主}}
limits:
  - {at_most: 1, per: answers.plate, refuse: {en: Once only., zh-hant: 只限一次。}}
booking:
  title: {en: Test, zh-hant: 驗車}
  places_label: {en: Lane, zh-hant: 車道}
  places: [{value: one, label: {en: Lane one, zh-hant: 一號車道}}]
  sessions: {times: ["09:00"], capacity: 5}
  once_per: answers.keeper
flow:
  start: received
  states:
    received: {label: {en: Received, zh-hant: 已收到}, final: true, result: completed, register: cars}
registers:
  cars:
    title: {en: Cars, zh-hant: 汽車}
    facts:
      plate: {label: {en: Plate, zh-hant: 車牌}, value: answers.plate}
      keeper: {label: {en: Keeper, zh-hant: 車主}, value: answers.keeper, public: false}
retention: {completed: 1 year}
"""


def apply(plate: str, keeper: str) -> cases.Case:
    service = load.territory().service("plates")
    slot = bookings.slots(
        scheme="plates", first=(AT + timedelta(days=3)).date(), last=(AT + timedelta(days=20)).date()
    )[0]
    return application_steps.apply_at_once(
        service, person=person(), language="en", answers={"plate": plate, "keeper": keeper}, files={},
        seats=[("visit", slot.place, slot.day, slot.clock)], once_key=f"{plate}{keeper}", at=AT,
    )  # fmt: skip


def test_no_spelling_evades_what_was_counted_before(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    territory = small_services.published(small_services.service("plates", "PL", PLATES))
    draft_booking.make_pools(territory.service("plates"), territory.pack, at=AT)
    case = apply("AB  1234", "明\ue001 Chan")
    # As it was stored before: small letters and single spaces, the keeper as it was typed, and no private characters.
    service = territory.service("plates")
    counted = "|".join([service.service, "", "answers.plate", "None"])
    Use.objects.update(key=cases.limit_key(counted, "ab 1234"))
    Holder.objects.update(holder=bookings.holder("明\ue001 Chan"))
    EntryRow.objects.update(searched="ab 1234", marks=store.mark_of("plates", "cars", "明"))
    assert respelling.respell() == 1
    assert respelling.respell() == 1
    with pytest.raises(application_steps.LimitReached):
        apply("ab-1234", "Somebody else")
    with pytest.raises(bookings.HeldAlready):
        apply("CD 1", "明\ue001CHAN")
    where: dict[str, Any] = {"service": "plates", "register": "cars", "on": None}
    for query in ("ＡＢ", "明\ue001"):
        found = registers.entries(**where, query=query, with_inside=True).entries
        assert [entry.case_ref for entry in found] == [case.ref], query
    apply("EF 1", "Lee")
