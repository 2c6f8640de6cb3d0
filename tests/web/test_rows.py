"""Rows: what is worked out and decided for each item of a repeat, shown by row, added up, recorded."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from tests.small import AT, GRANT, player, problems, published
from tests.web.test_desk import words

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.registers import api as registers
from praya.journey import load
from praya.kernel import clock
from praya.web import rate_limits

pytestmark = pytest.mark.django_db
FLEET = """
parameters:
  by_seat: [{from: 2020-01-01, value: 10}]
  least: [{from: 2020-01-01, value: 100}]
decisions:
  band:
    several: answers.cars
    label: {en: Band, zh-hant: 級別}
    rows:
      - {when: item.fee > 300, then: large, label: {en: Large, zh-hant: 大型}}
      - {when: item.kind == 'taxi', then: taxi, label: {en: Taxi, zh-hant: 的士}}
      - {then: small, label: {en: Small, zh-hant: 小型}}
form:
  - page: cars
    questions:
      - cars:
          type: repeat
          min: 1
          max: 4
          item: {en: Car, zh-hant: 車輛}
          label: {en: Cars, zh-hant: 車輛}
          questions:
            - mark: {type: text, label: {en: Mark, zh-hant: 車牌}}
            - seats: {type: number, min: 1, max: 80, label: {en: Seats, zh-hant: 座位}}
            - kind:
                type: choice
                label: {en: Kind, zh-hant: 類別}
                options:
                  - {value: taxi, label: {en: A taxi, zh-hant: 的士車}}
                  - {value: bus, label: {en: A bus, zh-hant: 巴士}}
            - fee:
                type: derived
                shows: money
                value: "max(parameters.least, item.seats * parameters.by_seat)"
                label: {en: Fee of the car, zh-hant: 車輛費用}
            - class:
                type: derived
                shows: text
                value: decisions.band
                label: {en: Class, zh-hant: 分類}
      - total:
          type: derived
          shows: money
          value: sum(answers.cars.map(c, c.fee))
          label: {en: Total, zh-hant: 總額}
eligibility:
  - unless: "!answers.cars.exists(c, c.class == 'large' && c.kind == 'taxi')"
    refuse: {en: A taxi has fewer seats., zh-hant: 的士座位過多。}
fees: [{label: {en: Fee, zh-hant: 費用}, amount: answers.total}]
registers:
  cars:
    title: {en: Cars, zh-hant: 車輛}
    several: answers.cars
    facts:
      mark: {label: {en: Mark, zh-hant: 車牌}, value: item.mark}
      band: {label: {en: Band, zh-hant: 級別}, value: decisions.band}
      fee: {label: {en: Fee, zh-hant: 費用}, value: item.fee}
flow:
  start: granted
  states:
    granted:
      label: {en: Granted, zh-hant: 已批准}
      final: true
      result: granted
      register: cars
      notify: [granted]
notices:
  granted:
    subject: {en: Granted, zh-hant: 已批准}
    body: {en: "{answers.cars.map(c, c.mark + ' ' + c.class)}", zh-hant: "{answers.cars.map(c, c.mark + c.class)}"}
retention: {granted: 7 years}
"""
TEXT = GRANT.partition("form:\n")[0] + FLEET
CARS = [
    {"mark": "AB 1", "seats": 4, "kind": "taxi"},
    {"mark": "CD 2", "seats": 50, "kind": "bus"},
    {"mark": "EF 3", "seats": 12, "kind": "bus"},
]


def test_each_row_has_its_own_sum_and_decision() -> None:
    played = player(published(TEXT), answers={"cars": CARS})(expect={"state": "granted", "fee": 720})
    kept = cases.content(played.case.ref).answers["cars"]
    assert [(car["fee"], car["class"]) for car in kept] == [(100, "taxi"), (500, "large"), (120, "small")]
    entries = sorted(registers.of_case(played.case.ref), key=lambda entry: entry.item)
    said = [(e.facts["mark"]["en"], e.facts["band"]["en"], e.facts["fee"]["zh-hant"]) for e in entries]
    assert said == [("AB 1", "Taxi", "100元"), ("CD 2", "Large", "500元"), ("EF 3", "Small", "120元")]


def test_a_rule_reads_what_follows_from_a_row() -> None:
    cars = [{"mark": "AB 1", "seats": 40, "kind": "taxi"}]
    player(published(TEXT), answers={"cars": cars})(expect={"refused": True})


def test_what_is_worked_out_is_not_taken_from_anybody() -> None:
    cars = [{**CARS[0], "fee": 1}]
    player(published(TEXT), answers={"cars": cars})(expect={"errors": {"cars.0.fee": "worked_out"}})


def resident(email: str) -> Client:
    person = identity.find(email=email) or identity.enrol(email=email, name="Sample", language="en", at=AT)
    client = Client()
    session = client.session
    session["person"] = person.ref
    session["begun"] = session["seen"] = int(AT.timestamp())
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    return client


def test_rows_are_shown_on_the_page_on_checking_on_the_case_and_at_the_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    rate_limits._limiter.cache_clear()
    published(TEXT)
    client = resident("fleet@example.com")
    draft = client.get("/en/services/small-grant/apply")["Location"].split("/")[3]
    fields: dict[str, Any] = {"cars.count": "3", "_asked": ["cars"]}
    for index, car in enumerate(CARS):
        fields |= {f"cars.{index}.{name}": value for name, value in car.items()}
        fields["_asked"] += [f"cars.{index}.{name}" for name in car]
    answered = client.post(f"/en/apply/{draft}/cars", fields)
    assert answered.status_code == 302, words(answered.content.decode())
    page = words(client.get(f"/en/apply/{draft}/cars").content.decode())
    for said in ("Fee of the car HK$100", "Fee of the car HK$500", "Class Large", "Class Taxi"):
        assert said in page
    # What is finished is a line that opens; what is new, or wrong, is open.
    opened = client.get(f"/en/apply/{draft}/cars").content.decode()
    assert opened.count("repeat-finished") == 3
    assert "<summary>Car 2: CD 2, 50, A bus, HK$500, Large</summary>" in opened
    wrong = client.post(f"/en/apply/{draft}/cars", {**fields, "cars.1.seats": "a few"}).content.decode()
    assert wrong.count("repeat-finished") == 2
    assert "<summary>Car 2" not in wrong
    added = client.post(f"/en/apply/{draft}/cars", {**fields, "_add": "cars"}, follow=True).content.decode()
    assert added.count("repeat-finished") == 3
    assert 'name="cars.3.mark"' in added
    client.post(f"/en/apply/{draft}/cars", fields)
    check = words(client.get(f"/en/apply/{draft}/check").content.decode())
    assert "Car 2: CD 2, 50, A bus, HK$500, Large" in check
    assert "HK$720" in check
    person = identity.find(email="fleet@example.com")
    assert person is not None
    assert "fee" not in forms.draft(draft, person_ref=person.ref).answers["cars"][0]
    sent = client.post(f"/en/apply/{draft}/check")
    ref = sent["Location"].split("/")[3]
    case = words(client.get(f"/en/cases/{ref}").content.decode())
    assert "Car 2: CD 2, 50, A bus, HK$500, Large" in case
    officer = identity.add_officer(
        name="Officer", email="dh@example.com", at=AT, by="system", roles=frozenset({identity.Role("dh", "officer")})
    )
    desk = Client()
    session = desk.session
    session["officer"], session["epoch"] = officer.ref, officer.epoch
    session["begun"] = session["seen"] = int(AT.timestamp())
    session.save()
    desk.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    shown = words(desk.get(f"/en/desk/cases/{ref}").content.decode())
    assert "Fee of the car HK$500" in shown
    assert "Class Large" in shown


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("item.seats * p", "item.seat * p", "there is no question of 'cars' 'seat'"),
        ("item.fee > 300", "item.fees > 300", "there is no question of 'cars' 'fees'"),
        ("several: answers.cars\n    label", "several: answers.cras\n    label", "there is no repeat 'answers.cras'"),
        ("    several: answers.cars\n    label", "    label", "there is no name 'item'"),
        ("item.seats * parameters.by_seat", "item.class == 'x' ? 1 : 2", "is worked out from itself"),
        ("sum(answers.cars.map(c, c.fee))", "sum(answers.cars.map(c, c.price))", "no item has 'price'"),
        ("shows: text\n", "shows: text\n                live: true\n", "take 'live' out"),
    ],
)
def test_what_is_wrong_with_rows_is_told(old: str, new: str, said: str) -> None:
    assert old in TEXT
    found = problems(load.pack(), TEXT.replace(old, new))
    assert any(said in problem for problem in found), found
