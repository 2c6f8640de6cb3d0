"""Timers: they register, issue, charge, publish, book a visit, and move the case to its end."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tests import shops, small_services
from tests.journeys.test_entries import SHOP, about, apply, do, licensed, person

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.notices import api as notices
from praya.blocks.registers import api as registers
from praya.journey import application_steps, draft_booking, jobs, load
from praya.kernel.outbox import parts
from praya.kernel.rounds import FAILED

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
DECIDED = """
form:
  - page: shop
    questions:
      - shop: {type: text, max_length: 60, label: {en: Shop, zh-hant: 店舖}}
fees:
  - {name: licence, label: {en: Licence, zh-hant: 牌照}, amount: 100}
booking:
  title: {en: Inspection, zh-hant: 視察}
  places_label: {en: Team, zh-hant: 小組}
  places: [{value: north, label: {en: North team, zh-hant: 北區小組}}]
  sessions: {times: ["09:00"], capacity: 1}
publishes:
  granted-notice:
    title: {en: Granted, zh-hant: 已批准}
    facts: {shop: {label: {en: Shop, zh-hant: 店舖}, value: answers.shop}}
    for: 28 days
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions: {refuse: {label: {en: Refuse, zh-hant: 拒絕}, to: refused}}
      timers:
        - after: 10 working days
          to: granted
          charge: [licence]
          register: shops
          issue: licence
          publish: granted-notice
          book: true
    granted: {label: {en: Granted, zh-hant: 已批准}, final: true, result: granted}
    refused: {label: {en: Refused, zh-hant: 已拒絕}, final: true, result: refused}
records:
  licence:
    title: {en: Licence, zh-hant: 牌照}
    facts: {shop: {label: {en: Shop, zh-hant: 店舖}, value: answers.shop}}
registers:
  shops:
    title: {en: Shops, zh-hant: 店舖}
    public: false
    facts: {shop: {label: {en: Shop, zh-hant: 店舖}, value: answers.shop}}
    valid: 1 year
retention: {granted: 7 years, refused: 1 year}
"""


def test_silence_is_consent(db: None) -> None:
    territory = small_services.published(small_services.service("silent-licence", "SN", DECIDED))
    service = territory.services["silent-licence"]
    case = application_steps.apply_at_once(
        service, person=person(), language="en", answers={"shop": "Golden Bowl"}, files={}, seats=[], once_key="x",
        at=AT,
    )  # fmt: skip
    later = AT + timedelta(days=20)
    draft_booking.make_pools(service, territory.pack, at=AT)
    jobs.run_timers(at=AT + timedelta(days=3))
    assert cases.case(case.ref).state == "received"
    jobs.run_timers(at=later)
    jobs.run_timers(at=later)
    decided = cases.case(case.ref)
    assert (decided.state, decided.result) == ("granted", "granted")
    assert [(fee.name, fee.state) for fee in cases.fees(case.ref)] == [("licence", "owed")]
    assert [record.name for record in credentials.of_case(case.ref)] == ["licence"]
    made_by_it = {entry.register: entry for entry in registers.of_case(case.ref)}
    assert set(made_by_it) == {"shops", "granted-notice"}
    # What it made began on the day on which it was due, not on the day on which the worker came.
    assert made_by_it["shops"].from_date == date(2026, 3, 16)
    assert made_by_it["shops"].facts == {}
    assert bookings.booking(decided.booking_ref).status == "booked"


def test_a_case_that_fails_stops_no_other_and_is_tried_again(db: None) -> None:
    """A case that goes round in circles is a mistake in its definition: it stays, and the round goes on."""
    circle = DECIDED.replace(
        "    granted: {label",
        "    there: {label: {en: There, zh-hant: 彼}, next: [{to: back}]}\n"
        "    back:\n      label: {en: Back, zh-hant: 此}\n"
        "      next: [{when: answers.shop == 'Round', to: there}, {to: granted}]\n"
        "    granted: {label",
    ).replace("to: granted\n          charge", "to: there\n          charge")
    service = small_services.published(small_services.service("silent-licence", "SN", circle)).services[
        "silent-licence"
    ]
    refs = [
        application_steps.apply_at_once(
            service, person=person(shop), language="en", answers={"shop": shop}, files={}, seats=[], once_key=shop,
            at=AT + timedelta(minutes=number),
        ).ref
        for number, shop in enumerate(("Round", "Golden"))
    ]  # fmt: skip
    for round_ in (1, 2):
        before = FAILED.labels("run_timers")._value.get()
        jobs.run_timers(at=AT + timedelta(days=20, minutes=round_))
        assert [cases.case(ref).state for ref in refs] == ["received", "granted"]
        assert FAILED.labels("run_timers")._value.get() == before + 1
    assert cases.fees(refs[0]) == (), "nothing of it was half done"


@pytest.mark.parametrize(
    ("effect", "subject", "becomes"),
    [
        ("renew: licensed-shops", "", "until"),
        ("amend: licensed-shops", "facts: {shop: answers.word}", "facts"),
        ("transfer: licensed-shops", "who: anyone", "holder"),
        ("strike: true", "", "struck"),
    ],
)
def test_time_renews_changes_transfers_and_strikes_off(db: None, effect: str, subject: str, becomes: str) -> None:
    said = "{register: licensed-shops, service: shop-licence" + (f", {subject}" if subject else "") + "}"
    text = shops.ABOUT.format(subject=said, effect="to: done").replace(
        "      actions:", f"      timers: [{{after: 1 week, to: done, {effect}}}]\n      actions:"
    )
    territory = small_services.published(
        shops.licence(),
        small_services.service(
            "shop-later", "SW", text.replace("to: done, to: done", "to: done") + shops.KEEPER * (becomes == "holder")
        ),
    )
    old, new = person("old"), person("new")
    entry = licensed(territory, old)
    apply(territory, "shop-later", new if becomes == "holder" else old, {"word": "Silver Bowl"}, AT, entry.ref)
    jobs.run_timers(at=AT + timedelta(days=6))
    assert registers.entry(entry.ref) == entry
    jobs.run_timers(at=AT + timedelta(days=8))
    after = registers.entry(entry.ref)
    changed = {
        "until": after.until_date != entry.until_date,
        "facts": after.facts != entry.facts,
        "holder": after.holder_ref != entry.holder_ref,
        "struck": after.struck_at is not None,
    }
    assert [name for name, yes in changed.items() if yes] == [becomes]


def test_time_lets_an_entry_be_that_was_struck_off_meanwhile(db: None) -> None:
    text = shops.ABOUT.format(
        subject="{register: licensed-shops, service: shop-licence}", effect="strike: true"
    ).replace("      actions:", "      timers: [{after: 1 week, to: done, renew: licensed-shops}]\n      actions:")
    territory: load.Territory = small_services.published(
        shops.licence(), small_services.service("shop-later", "SW", text)
    )
    who = person()
    entry = licensed(territory, who)
    waiting = apply(territory, "shop-later", who, {"word": "a"}, AT, entry.ref)
    do(apply(territory, "shop-later", who, {"word": "b"}, AT, entry.ref), "do-it", AT)
    jobs.run_timers(at=AT + timedelta(days=8))
    assert cases.case(waiting.ref).state == "done"
    assert registers.entry(entry.ref).until_date == entry.until_date
    assert SHOP["shop"] == registers.entry(entry.ref).fact_text("shop", "en")


def test_a_timer_on_the_end_of_an_entry_waits_for_a_renewal(db: None) -> None:
    ends = """timers:
        - {on: "days_after(entry.until, 1)", to: refused}
        - {on: "days_after(entry.until, -7)", notify: [approved]}
      actions: {extend: {label: {en: Extend, zh-hant: 延長}, renew: licensed-shops}}"""
    licence = shops.LICENCE.replace("final: true\n      result: granted", ends, 1)
    licence = licence.replace("retention: {granted: 7 years, ", "retention: {")
    lives_on = small_services.service("shop-licence", "LS", licence)
    territory, who = small_services.published(lives_on, *shops.all_of_them()[1:]), person()
    entry = licensed(territory, who)
    case, zone = entry.case_ref, territory.pack.calendar.zone

    def until(year: int, month: int, day: int) -> str:
        jobs.run_timers(at=datetime(year, month, day, 12, tzinfo=zone))
        return cases.case(case).state

    def due() -> date:
        timer_at = cases.case(case).timer_at
        assert timer_at is not None
        return timer_at.astimezone(zone).date()

    assert (until(2027, 2, 21), due()) == ("approved", date(2027, 2, 22))
    # By a case of another service, after the reminder was sent; by the case itself; and behind everybody's back.
    assert (until(2027, 2, 23), due()) == ("approved", date(2027, 3, 2))
    about(territory, "shop-renewal", who, entry.ref, datetime(2027, 2, 24, 2, tzinfo=UTC))
    assert (until(2027, 3, 2), due()) == ("approved", date(2028, 2, 23))
    do(cases.case(case), "extend", datetime(2027, 3, 3, 2, tzinfo=UTC))
    assert due() == date(2029, 2, 22)
    registers.renew(ref=entry.ref, case_ref="", until_date=date(2030, 3, 1), at=AT, by="officer:x")
    assert (until(2029, 3, 10), due()) == ("approved", date(2030, 2, 22))
    assert (until(2030, 3, 1), until(2030, 3, 2)) == ("approved", "refused")
    letters = [told.created_at.astimezone(zone).date() for told in notices.of_case(case) if told.name == "approved"]
    assert letters == [date(2026, 3, 2), date(2027, 2, 22), date(2030, 2, 22)]


def test_a_job_is_asked_for_again_when_its_time_has_come(db: None) -> None:
    minute = timedelta(minutes=1)
    assert parts.claim("sweep", every=minute, at=AT) is None
    assert parts.claim("sweep", every=minute, at=AT + minute / 2) == minute / 2
    assert parts.claim("sweep", every=minute, at=AT + minute) is None
    assert parts.claim("sweep", every=minute, at=AT + minute) == minute
