"""What is worked out for each row that an action decides: derived answers, tables by row, rows of what was found."""

from typing import Any

import pytest
from django.test import Client
from tests.small import AT, player, problems, published
from tests.web.test_desk import words
from tests.web.test_joined_rows import TEXT as FLEET
from tests.web.test_joined_rows import _officer

from praya.blocks.cases import api as cases
from praya.journey import load
from praya.kernel import clock

pytestmark = pytest.mark.django_db

# The officer says how many days; what that costs, and in which band it is, follows for each row.
RESULT = "                  - belts: {type: yes-no, when: row.seats > 20, label: {en: Seat belts, zh-hant: 安全帶}}\n"
SUMS = """\
                  - days: {type: number, min: 0, max: 30, label: {en: Days, zh-hant: 日數}}
                  - cost:
                      type: derived
                      shows: money
                      when: item.result == 'accepted'
                      value: "item.days * row.fee * parameters.share"
                      label: {en: Cost, zh-hant: 費用}
                  - band: {type: derived, shows: text, value: decisions.band, label: {en: Band, zh-hant: 級別}}
            - total:
                type: derived
                shows: money
                value: "sum(findings.checks.map(c, c.cost))"
                label: {en: In all, zh-hant: 合計}
"""
TABLE = """\
parameters: {share: [{from: 2020-01-01, value: 2}]}
decisions:
  band:
    several: findings.checks
    rows:
      - {when: item.result == 'refused', then: none, label: {en: No band, zh-hant: 不設級別}}
      - {when: row.seats > 20 && item.cost > 1000, then: high, label: {en: High band, zh-hant: 高級別}}
      - {then: low, label: {en: Low band, zh-hant: 低級別}}
form:
"""
AGAIN = """\
    granted:
      label: {en: Granted, zh-hant: 已批准}
      actions:
        look-again:
          label: {en: Look again, zh-hant: 再次檢查}
          to: looked-at
          ask:
            - again:
                type: repeat
                of: "findings.checks.filter(c, c.band != 'low')"
                item: {en: Car, zh-hant: 車輛}
                label: {en: Each car, zh-hant: 逐輛檢查}
                questions:
                  - points: {type: number, min: 0, max: 9, label: {en: Points, zh-hant: 分數}}
                  - weighed:
                      type: derived
                      value: item.points * row.row.seats + row.days
                      label: {en: Weighed, zh-hant: 加權}
    looked-at:
      label: {en: Looked at, zh-hant: 已檢查}
"""
TEXT = (
    FLEET.replace(RESULT, SUMS)
    .replace("form:\n", TABLE, 1)
    .replace("    granted:\n      label: {en: Granted, zh-hant: 已批准}\n", AGAIN)
    .replace("/ {findings.checks}", "/ {findings.checks.map(c, c.cost)} {findings.checks.map(c, c.band)}")
)
CARS = [{"mark": "AB 1", "seats": 4}, {"mark": "CD 2", "seats": 50}, {"mark": "EF 3", "seats": 70}]
CHECKS = [{"result": "accepted", "days": 3}, {"result": "accepted", "days": 2}, {"result": "refused", "days": 1}]
DECIDE = {"do": "decide", "by": "officer", "answers": {"checks": CHECKS}}


def _again(points: list[int], **expect: Any) -> dict[str, Any]:
    answers = {"again": [{"points": one} for one in points]}
    return {"do": "look-again", "by": "officer", "answers": answers, "expect": expect}


def test_what_follows_for_each_row_is_kept_and_added_up() -> None:
    play = player(published(TEXT), answers={"cars": CARS})
    played = play({**DECIDE, "expect": {"state": "granted", "findings": {"total": 2240}}})
    found = cases.content(played.case.ref).findings
    kept = [(one["row"]["mark"], one.get("cost"), one["band"]) for one in found["checks"]]
    assert kept == [("AB 1", 240, "low"), ("CD 2", 2000, "high"), ("EF 3", None, "none")]


def test_rows_of_what_was_found_are_asked_about_again() -> None:
    play = player(published(TEXT), answers={"cars": CARS})
    played = play(DECIDE, _again([2, 3], state="looked-at"))
    again = cases.content(played.case.ref).findings["again"]
    assert [(one["row"]["row"]["mark"], one["weighed"]) for one in again] == [("CD 2", 102), ("EF 3", 211)]


def test_there_is_one_answer_for_each_row_of_what_was_found() -> None:
    player(published(TEXT), answers={"cars": CARS})(DECIDE, _again([2], errors={"again": "not_so_many_items"}))


def test_a_letter_and_the_desk_say_what_follows_by_its_label(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    service = published(TEXT)
    case = player(service, answers={"cars": CARS})().case
    desk, address = _officer(), f"/en/desk/cases/{case.ref}/do/decide"
    asked = [f"checks.{index}.{name}" for index in range(3) for name in ("result", "days")]
    fields: dict[str, Any] = {"checks.count": "3", "_asked": ["checks", *asked]}
    for index, check in enumerate(CHECKS):
        fields |= {f"checks.{index}.result": check["result"], f"checks.{index}.days": str(check["days"])}
    shown = words(desk.post(address, {**fields, "work-out": "1"}).content.decode())
    assert ["High band" in shown, "HK$2,000" in shown, "HK$2,240" in shown] == [True, True, True]
    assert desk.post(address, fields).status_code == 302
    page = words(desk.get(f"/en/desk/cases/{case.ref}").content.decode())
    assert "No band" in page
    assert "HK$240" in page


@pytest.mark.parametrize(
    ("checks", "errors"),
    [
        ([{**CHECKS[0], "cost": 1}, *CHECKS[1:]], {"checks.0.cost": "worked_out"}),
        ([CHECKS[0], {"result": "accepted"}, CHECKS[2]], {"checks.1.days": "missing"}),
    ],
)
def test_nobody_says_what_is_worked_out(checks: list[dict[str, Any]], errors: dict[str, str]) -> None:
    play = player(published(TEXT), answers={"cars": CARS})
    play({**DECIDE, "answers": {"checks": checks}, "expect": {"errors": errors}})


def test_what_cannot_be_worked_out_for_a_row_is_not_decided() -> None:
    text = TEXT.replace('value: "item.days * row.fee * parameters.share"', 'value: "item.days / (row.seats - 50)"')
    play = player(published(text), answers={"cars": CARS})
    play({**DECIDE, "expect": {"errors": {"checks.1.cost": "not_worked_out", "checks.1.band": "not_worked_out"}}})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("item.days * row.fee", "item.day * row.fee", "there is no question of 'checks' 'day'"),
        ("item.days * row.fee", "item.days * row.price", "there is no question of the row 'price'"),
        ("row.seats > 20 && item.cost", "row.seat > 20 && item.cost", "there is no question of the row 'seat'"),
        ("several: findings.checks", "several: findings.check", "there is no repeat 'findings.check'"),
        ('of: "findings.checks.filter', 'of: "findings.again.filter', "stand for rows that stand for itself"),
        ("c.band != 'low'", "findings.points > 3", "'findings.points' does not exist"),
        ('value: "item.days * row.fee * parameters.share"', "value: item.cost + 1", "worked out from itself"),
        ("c.band != 'low'", "case.state == 'x'", "which rows there are is said by answers, findings"),
    ],
)
def test_what_is_wrong_is_told(old: str, new: str, said: str) -> None:
    assert old in TEXT
    found = problems(load.pack(), TEXT.replace(old, new))
    assert any(said in problem for problem in found), found
