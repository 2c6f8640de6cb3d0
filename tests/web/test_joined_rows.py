"""Rows decided one by one: an action asks the same questions of each row of the form, and what follows from each."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from tests.small import AT, GRANT, player, problems, published
from tests.web.test_desk import words

from praya.blocks.cases import api as cases
from praya.blocks.credentials import api as credentials
from praya.blocks.identity import api as identity
from praya.blocks.registers import api as registers
from praya.definition.questions import Asking
from praya.journey import batches, load, trial
from praya.kernel import clock

pytestmark = pytest.mark.django_db
FLEET = """
form:
  - page: cars
    questions:
      - cars:
          type: repeat
          min: 1
          max: 500
          item: {en: Car, zh-hant: 車輛}
          label: {en: Cars, zh-hant: 車輛}
          questions:
            - mark: {type: text, max_length: 10, label: {en: Mark, zh-hant: 車牌}}
            - seats: {type: number, min: 1, max: 80, label: {en: Seats, zh-hant: 座位}}
            - fee: {type: derived, shows: money, value: item.seats * 10, label: {en: Fee, zh-hant: 費用}}
fees:
  - name: licence
    label: {en: Fee, zh-hant: 費用}
    amount: "sum(findings.checks.filter(c, c.result == 'accepted').map(c, c.row.fee))"
flow:
  start: received
  states:
    received:
      label: {en: Received, zh-hant: 已收到}
      actions:
        decide:
          label: {en: Decide, zh-hant: 決定}
          to: granted
          charge: [licence]
          ask:
            - checks:
                type: repeat
                of: answers.cars
                item: {en: Car, zh-hant: 車輛}
                label: {en: Each car, zh-hant: 逐輛決定}
                questions:
                  - result:
                      type: choice
                      label: {en: Decision, zh-hant: 決定}
                      rules:
                        - unless: "item.result != 'accepted' || row.seats <= 60"
                          say: {en: It has too many seats, zh-hant: 座位過多}
                      options:
                        - {value: accepted, label: {en: Accepted, zh-hant: 接納}}
                        - {value: refused, label: {en: Refused, zh-hant: 拒絕}}
                  - belts: {type: yes-no, when: row.seats > 20, label: {en: Seat belts, zh-hant: 安全帶}}
    granted:
      label: {en: Granted, zh-hant: 已批准}
      final: true
      result: granted
      notify: [granted]
notices:
  granted:
    subject: {en: Granted, zh-hant: 已批准}
    body:
      en: "{findings.checks.filter(c, c.result == 'refused').map(c, c.row.mark)} / {findings.checks}"
      zh-hant: "{findings.checks.filter(c, c.result == 'refused').map(c, c.row.mark)}"
retention: {granted: 7 years}
"""
TEXT = GRANT.partition("form:\n")[0] + FLEET
CARS = [{"mark": "AB 1", "seats": 4}, {"mark": "CD 2", "seats": 50}, {"mark": "EF 3", "seats": 70}]
DECIDED = [{"result": "accepted"}, {"result": "accepted", "belts": True}, {"result": "refused", "belts": False}]


def decide(checks: list[dict[str, Any]], **expect: Any) -> dict[str, Any]:
    return {"do": "decide", "by": "officer", "answers": {"checks": checks}, "expect": expect}


def test_each_row_is_decided_and_what_follows_reads_both() -> None:
    play = player(published(TEXT), answers={"cars": CARS})
    played = play(decide(DECIDED, state="granted", fee=540))
    kept = cases.content(played.case.ref).findings["checks"]
    assert [(one["row"]["mark"], one["row"]["fee"], one["result"]) for one in kept] == [
        ("AB 1", 40, "accepted"), ("CD 2", 500, "accepted"), ("EF 3", 700, "refused")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("checks", "errors"),
    [
        (DECIDED[:2], {"checks": "not_so_many_items"}),
        ([*DECIDED, {"result": "accepted"}], {"checks": "not_so_many_items"}),
        ([DECIDED[0], {"result": "accepted"}, DECIDED[2]], {"checks.1.belts": "missing_choice"}),
        ([*DECIDED[:2], {"result": "accepted", "belts": True}], {"checks.2.result": "rule"}),
        # Nobody says another row than the one that is there.
        ([*DECIDED[:2], {"result": "accepted", "belts": True, "row": CARS[0]}], {"checks.2.result": "rule"}),
    ],
)
def test_there_is_one_answer_for_each_row(checks: list[dict[str, Any]], errors: dict[str, str]) -> None:
    player(published(TEXT), answers={"cars": CARS})(decide(checks, errors=errors))


OF = "                of: answers.cars\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("of: answers.cars", "of: answers.bikes", "of an earlier action, 'answers.bikes'"),
        ("of: answers.cars", "of: answers.cars.filter(c, case.state == 'x')", "by answers, findings, decisions"),
        ("row.seats > 20", "row.seat > 20", "there is no question of the row 'seat'"),
        ("item.result != ", "item.results != ", "there is no question of 'checks' 'results'"),
        ("c.row.fee", "c.row.price", "no item has 'price'"),
        ("item.seats * 10", "row.seats * 10", "there is no name 'row'"),
        (OF, OF + "                number: '3'\n", "take 'number' out"),
        (OF, OF + "                min: 3\n", "take 'min' out"),
        ("- belts: {type", "- row: {type", "'row' is the row of the form"),
        ("          max: 500\n", "          max: 500\n          of: answers.cars\n", "questions of an action"),
    ],
)
def test_what_is_wrong_is_told(old: str, new: str, said: str) -> None:
    assert old in TEXT
    assert any(said in problem for problem in problems(load.pack(), TEXT.replace(old, new))), problems(
        load.pack(), TEXT.replace(old, new)
    )


def _officer() -> Client:
    role = identity.Role("dh", "officer")
    officer = identity.add_officer(name="Officer", email="dh@example.com", at=AT, by="system", roles=frozenset({role}))
    desk = Client()
    session = desk.session
    session["officer"], session["epoch"] = officer.ref, officer.epoch
    session["begun"] = session["seen"] = int(AT.timestamp())
    session.save()
    desk.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    return desk


def test_the_desk_names_each_row_and_nobody_adds_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    service = published(TEXT)
    case = player(service, answers={"cars": CARS})().case
    desk, address = _officer(), f"/en/desk/cases/{case.ref}/do/decide"
    page = desk.get(address).content.decode()
    assert [name in page for name in ("Car 1: AB 1", "Car 2: CD 2", "Car 3: EF 3")] == [True, True, True]
    assert "_add" not in page
    assert "_remove" not in page
    # Seat belts are asked of the cars with many seats.
    assert [f'name="checks.{index}.belts"' in page for index in range(3)] == [False, True, True]
    asked = [f"checks.{index}.result" for index in range(3)] + ["checks.1.belts", "checks.2.belts"]
    fields: dict[str, Any] = {
        "checks.count": "1", "_asked": ["checks", *asked], "checks.0.result": "accepted", "checks.1.result": "accepted",
        "checks.1.belts": "yes", "checks.2.result": "accepted", "checks.2.belts": "no",
    }  # fmt: skip
    wrong = desk.post(address, fields)
    assert wrong.status_code == 422
    assert "It has too many seats" in words(wrong.content.decode())
    assert desk.post(address, {**fields, "checks.2.result": "refused"}).status_code == 302
    kept = cases.content(case.ref).findings["checks"]
    assert [(one["row"]["mark"], one["result"]) for one in kept] == [
        ("AB 1", "accepted"), ("CD 2", "accepted"), ("EF 3", "refused")
    ]  # fmt: skip
    shown = words(desk.get(f"/en/desk/cases/{case.ref}").content.decode())
    assert "Car 3: EF 3" in shown


def test_a_batch_does_not_offer_what_is_asked_of_rows_and_a_sample_answers_it() -> None:
    service = published(TEXT)
    action = service.flow.states["received"].actions["decide"]
    assert not batches.suits(action)
    person = identity.enrol(email="sample@example.com", name="Sample", language="en", at=AT)
    brought = trial.bring(service, "granted", person=person, pack=load.pack(), stories=[], number=1, at=AT)
    rows = cases.content(brought.case.ref).findings["checks"]
    assert [one["row"]["mark"] for one in rows] == [
        car["mark"] for car in cases.content(brought.case.ref).answers["cars"]
    ]


def test_five_hundred_rows_are_decided() -> None:
    cars = [{"mark": f"M {number}", "seats": 10} for number in range(500)]
    checks = [{"result": "accepted" if number % 2 else "refused"} for number in range(500)]
    played = player(published(TEXT), answers={"cars": cars})(decide(checks, state="granted", fee=25000))
    assert cases.content(played.case.ref).findings["checks"][499]["row"]["mark"] == "M 499"


ENTERED = """
registers:
  cars:
    title: {en: Cars, zh-hant: 車輛}
    several: "findings.checks.filter(c, c.result == 'accepted')"
    facts:
      mark: {label: {en: Mark, zh-hant: 車牌}, value: item.row.mark}
      result: {label: {en: Decision, zh-hant: 決定}, value: item.result}
      fee: {label: {en: Fee, zh-hant: 費用}, value: item.row.fee, kind: money}
  large:
    title: {en: Large cars, zh-hant: 大型車輛}
    several: "answers.cars.filter(c, c.seats > 20)"
    facts:
      mark: {label: {en: Mark, zh-hant: 車牌}, value: item.mark}
records:
  licence:
    title: {en: Licence, zh-hant: 牌照}
    several: "findings.checks.filter(c, c.result == 'accepted')"
    facts:
      mark: {label: {en: Mark, zh-hant: 車牌}, value: item.row.mark}
notices:
"""
HELD = "      label: {en: Granted, zh-hant: 已批准}\n"
FILTERED = (
    TEXT.replace("notices:\n", ENTERED)
    .replace(HELD, HELD + "      register: cars\n      issue: licence\n")
    .replace("          charge: [licence]\n", "          charge: [licence]\n          register: large\n")
)


def test_an_entry_and_a_record_are_made_for_the_rows_that_are_kept() -> None:
    decided = [DECIDED[0], {"result": "refused", "belts": True}, {"result": "refused", "belts": False}]
    cars = [*CARS, {"mark": "GH 4", "seats": 10}]
    play = player(published(FILTERED), answers={"cars": cars})
    played = play(decide([*decided, {"result": "accepted"}], state="granted"))
    entries = registers.of_case(played.case.ref)
    made = sorted((e.register, e.item, e.facts["mark"]["en"]) for e in entries)
    assert made == [("cars", 1, "AB 1"), ("cars", 4, "GH 4"), ("large", 2, "CD 2"), ("large", 3, "EF 3")]
    said = {(e.facts["result"]["zh-hant"], e.facts["fee"]["en"]) for e in entries if e.register == "cars"}
    assert said == {("接納", "HK$40"), ("接納", "HK$100")}
    records = credentials.of_case(played.case.ref)
    assert sorted(record.facts[0].value["en"] for record in records) == ["AB 1", "GH 4"]


ALL_LARGE = 'several: "answers.cars.filter(c, c.seats > 20)"'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('several: "answers.cars.', 'several: "answers.bikes.', "there is no repeat 'answers.bikes"),
        (ALL_LARGE, "several: answers.cars.map(c, c.mark)", "there is no repeat"),
        ("value: item.row.fee", "value: item.row.price", "there is no question of the row 'price'"),
        ("value: item.result", "value: item.outcome", "there is no question of 'checks' 'outcome'"),
        ("value: item.mark", "value: item.row.mark", "there is no question of 'cars' 'row'"),
        ("c.seats > 20", "c.seat > 20", "no item has 'seat'"),
    ],
)
def test_what_is_wrong_with_several_is_told(old: str, new: str, said: str) -> None:
    assert old in FILTERED
    found = problems(load.pack(), FILTERED.replace(old, new))
    assert any(said in problem for problem in found), found


DISTINCT = TEXT.replace("          max: 500\n", "          max: 500\n          distinct: [mark]\n")


def test_no_two_rows_are_alike() -> None:
    cars = [{"mark": "AB 1", "seats": 4}, {"mark": "CD 2", "seats": 4}, {"mark": "\uff41b1", "seats": 5}]
    player(published(DISTINCT), answers={"cars": cars})(expect={"errors": {"cars.2.mark": "rows_alike"}})
    both = DISTINCT.replace("distinct: [mark]", "distinct: [mark, seats]").replace("version: 1", "version: 2")
    player(published(both), answers={"cars": cars})(expect={"state": "received"})
    repeat = published(DISTINCT).questions["cars"]
    refusal = next(repeat.refusals(cars, "cars", Asking(AT.date())))
    assert refusal.message("en") == "Car 1 and Car 3 have the same “Mark”: correct one, or take one out"


def test_five_hundred_rows_are_told_apart() -> None:
    cars = [{"mark": f"M {number}", "seats": 10} for number in range(499)]
    play = player(published(DISTINCT), answers={"cars": [*cars, {"mark": "m 0", "seats": 10}]})
    play(expect={"errors": {"cars.499.mark": "rows_alike"}})


@pytest.mark.parametrize(
    ("name", "said"), [("marks", "there is no question of 'cars' 'marks'"), ("fee", "and by no derived")]
)
def test_rows_are_told_apart_by_what_is_asked(name: str, said: str) -> None:
    found = problems(load.pack(), DISTINCT.replace("distinct: [mark]", f"distinct: [{name}]"))
    assert any(said in problem for problem in found), found
