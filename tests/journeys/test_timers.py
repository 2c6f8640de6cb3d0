"""Time decides: a timer enters, issues, charges, publishes and gives a visit, and moves the case to its end."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tests import made, shops
from tests.journeys.test_entries import SHOP, apply, do, licensed, person

from praya.blocks.bookings import api as bookings
from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.registers import api as registers
from praya.journey import keep, load, reserving, steps

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
    territory = made.published(made.service("silent-licence", "SN", DECIDED))
    service = territory.services["silent-licence"]
    case = steps.apply_at_once(
        service, person=person(), language="en", answers={"shop": "Golden Bowl"}, files={}, seats=[], once_key="x",
        at=AT,
    )  # fmt: skip
    later = AT + timedelta(days=20)
    reserving.make_pools(service, territory.pack, at=AT)
    keep.run_timers(at=AT + timedelta(days=3))
    assert cases.case(case.ref).state == "received"
    keep.run_timers(at=later)
    keep.run_timers(at=later)
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
    territory = made.published(
        shops.licence(), made.service("shop-later", "SW", text.replace("to: done, to: done", "to: done"))
    )
    old, new = person("old"), person("new")
    entry = licensed(territory, old)
    apply(territory, "shop-later", new if becomes == "holder" else old, {"word": "Silver Bowl"}, AT, entry.ref)
    keep.run_timers(at=AT + timedelta(days=6))
    assert registers.entry(entry.ref) == entry
    keep.run_timers(at=AT + timedelta(days=8))
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
    territory: load.Territory = made.published(shops.licence(), made.service("shop-later", "SW", text))
    who = person()
    entry = licensed(territory, who)
    waiting = apply(territory, "shop-later", who, {"word": "a"}, AT, entry.ref)
    do(apply(territory, "shop-later", who, {"word": "b"}, AT, entry.ref), "do-it", AT)
    keep.run_timers(at=AT + timedelta(days=8))
    assert cases.case(waiting.ref).state == "done"
    assert registers.entry(entry.ref).until_date == entry.until_date
    assert SHOP["shop"] == registers.entry(entry.ref).said("shop", "en")
