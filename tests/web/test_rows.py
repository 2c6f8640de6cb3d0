"""Rows: what is worked out and decided for each item of a repeat, shown by row, added up, recorded."""

import io
import re
from datetime import date
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.small import AT, GRANT, player, problems, published
from tests.web.test_desk import words

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.registers import api as registers
from praya.definition.expression_context import facts
from praya.journey import draft_progress, load
from praya.kernel import clock, spreadsheet
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


CARS_BEFORE = "max: 4\n" + FLEET.partition("max: 4\n")[2].partition("            - mark:")[0]
FILE = "max: 4\n          from_file: true"
PHOTO = "            - photo: {type: file, accept: [pdf], label: {en: Photograph, zh-hant: 照片}}\n"
CELL = "a cell of a file cannot answer 'photo', a file"


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
        (CARS_BEFORE, CARS_BEFORE.replace("max: 4", FILE) + PHOTO, CELL),
        (
            "max: 4\n",
            "max: 4\n          from_file: true\n          number: answers.total\n",
            "a file says itself how many",
        ),
    ],
)
def test_what_is_wrong_with_rows_is_told(old: str, new: str, said: str) -> None:
    assert old in TEXT
    found = problems(load.pack(), TEXT.replace(old, new))
    assert any(said in problem for problem in found), found


SINCE = "            - since: {type: date, optional: true, label: {en: Since, zh-hant: 起始日期}}\n"
FROM_FILE = TEXT.replace("          max: 4\n", "          max: 500\n          from_file: true\n").replace(
    "            - mark:", f"{SINCE}            - mark:"
)


def _sent(client: Client, draft: str, name: str, data: bytes) -> Any:
    fields = {"cars.count": "1", "cars.0.mark": "Typed before", "_asked": ["cars", "cars.0.mark"], "_rows": "cars"}
    file = SimpleUploadedFile(name, data)
    return client.post(f"/en/apply/{draft}/cars", {**fields, "cars.file": file})


def _begun(monkeypatch: pytest.MonkeyPatch) -> tuple[Client, str]:
    monkeypatch.setattr(clock, "now", lambda: AT)
    rate_limits._limiter.cache_clear()
    published(FROM_FILE)
    client = resident("fleet@example.com")
    return client, client.get("/en/services/small-grant/apply")["Location"].split("/")[3]


def _answers(draft: str) -> list[dict[str, Any]]:
    person = identity.find(email="fleet@example.com")
    assert person is not None
    return forms.draft(draft, person_ref=person.ref).answers.get("cars") or []


def test_five_hundred_rows_come_from_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    client, draft = _begun(monkeypatch)
    page = words(client.get(f"/en/apply/{draft}/cars").content.decode())
    assert "Its first line names the columns: Since, Mark, Seats, Kind." in page
    lines = [
        "Mark,Seats,KIND ,座位備註,起始日期",
        *(f"AB {n},{1 + n % 60},的士車,x,{1 + n % 28}/3/2025" for n in range(500)),
    ]
    contexts = []

    def counted(*args: Any, **more: Any) -> dict[str, Any]:
        contexts.append(1)
        return facts(*args, **more)

    monkeypatch.setattr(draft_progress, "facts", counted)
    # The column that nobody asks for is passed over; labels are known in every language.
    answered = _sent(client, draft, "cars.csv", "\r\n".join(lines).encode("utf-8-sig"))
    assert len(contexts) < 20, "what is known of all rows is worked out for a row only when something reads it"
    assert answered.status_code == 302, words(answered.content.decode())[:900]
    kept = _answers(draft)
    assert len(kept) == 500
    assert kept[29] == {"mark": "AB 29", "seats": 30, "kind": "taxi", "since": "2025-03-02"}
    shown = client.get(answered["Location"]).content.decode()
    assert shown.count("repeat-finished") == 500
    assert 'name="_add"' not in shown


def test_what_is_wrong_in_a_file_is_told_by_row_and_column_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    client, draft = _begun(monkeypatch)
    data = "Mark;Seats;Kind\nAB 1;four;taxi\nCD 2;5;tram\n;7;bus\n"
    answered = _sent(client, draft, "cars.csv", data.encode())
    page = answered.content.decode()
    assert answered.status_code == 422 or "four" in page
    for said in ("Car 1: [^:]*“Seats”", "Car 2: [^:]*“Kind”", "Car 3: [^:]*“Mark”"):
        assert re.search(said, words(page)), said
    for typed in ('value="four"', 'value="AB 1"', 'value="CD 2"', 'value="5"'):
        assert typed in page
    for name, bad, said in (
        ("cars.csv", b"Mark,Kind\nAB 1,taxi\n", "has no column called Seats"),
        ("cars.csv", b"Mark,Seats,Kind\n", "has no rows below its first line"),
        ("cars.xlsx", b"PK\x03\x04 no workbook", "is no table"),
        ("cars.csv", b"\xff\xfe\x00\xd8\x00", "is no table"),
        ("cars.csv", ("Mark,Seats,Kind\n" + "AB 1,4,taxi\n" * 501).encode(), "takes at most 500"),
    ):
        page = _sent(client, draft, name, bad).content.decode()
        assert said in words(page), (said, words(page)[:600])
        assert 'value="Typed before"' in page


def test_a_workbook_is_read_with_its_days_and_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    client, draft = _begun(monkeypatch)
    out = io.BytesIO()
    book = spreadsheet.Xlsx(out.write, "Cars")
    book.row(["Mark", "Seats", "Kind", "Since"])
    book.row(["AB 1", 12, "A bus", date(2025, 3, 7)])
    book.row(["CD 2", 4, "taxi", None])
    book.close()
    assert _sent(client, draft, "cars.xlsx", out.getvalue()).status_code == 302
    assert _answers(draft) == [
        {"mark": "AB 1", "seats": 12, "kind": "bus", "since": "2025-03-07"},
        {"mark": "CD 2", "seats": 4, "kind": "taxi"},
    ]


NUMBERED = TEXT.replace("          max: 4\n", "          max: 4\n          number: answers.how_many\n").replace(
    "form:\n",
    "form:\n  - page: first\n    questions: [{how_many: {type: number, label: {en: How many?, zh-hant: 數目？}}}]\n",
).replace("          min: 1\n", "")  # fmt: skip


def test_an_answer_says_how_many_rows_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    rate_limits._limiter.cache_clear()
    service = published(NUMBERED)
    client = resident("fleet@example.com")
    draft = client.get("/en/services/small-grant/apply")["Location"].split("/")[3]
    client.post(f"/en/apply/{draft}/first", {"how_many": "2"})
    page = client.get(f"/en/apply/{draft}/cars").content.decode()
    assert 'name="cars.1.mark"' in page
    assert 'name="cars.2.mark"' not in page
    assert "_add" not in page
    assert "_remove" not in page
    play = player(service, answers={"how_many": 3, "cars": CARS[:2]})
    play(expect={"errors": {"cars": "not_so_many_items"}})


def test_as_many_rows_as_the_answer_says_are_taken() -> None:
    player(published(NUMBERED), answers={"how_many": 3, "cars": CARS})(expect={"state": "granted"})
