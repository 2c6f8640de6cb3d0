"""A waiting list that lives from draw to draw: who was not drawn is first in the next one, in the order of waiting."""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client
from tests.docs.conftest import ROOT, blocks
from tests.journeys.test_ballots import ON_THE_DAY, PLOTS, entered
from tests.small import player, problems, published

from praya.blocks.cases import api as cases
from praya.journey import acting, ballots, load

pytestmark = pytest.mark.django_db
FIRST = PLOTS.replace("passes_on: true}", "passes_on: true, waiting_first: true}").replace(
    "      timers: [{after: 6 months, to: lapsed}]\n",
    "      actions:\n"
    "        leave: {label: {en: Leave, zh-hant: 退出}, by: applicant, to: withdrawn}\n"
    "      timers: [{after: 5 years, to: lapsed}]\n",
)
SECOND_DAY, THIRD_DAY = ON_THE_DAY + timedelta(days=365), ON_THE_DAY + timedelta(days=730)


def anew(version: int, day: str, text: str = FIRST) -> str:
    return text.replace("version: 1", f"version: {version}").replace("2026-01-20", day)


def draw(at: datetime) -> None:
    while ballots.draw_due(at=at):
        pass


def in_rank(refs: list[str]) -> list[str]:
    return sorted(refs, key=lambda ref: cases.case(ref).rank or 0)


def states(refs: list[str]) -> list[str]:
    return [cases.case(ref).state for ref in refs]


def do(ref: str, action: str, at: datetime) -> None:
    case = cases.case(ref)
    acting.act(case=case, action=action, by=acting.applicant(case.person_ref), answers={}, reason="",
               once_key=f"{ref}{action}", at=at)  # fmt: skip


def test_who_got_nothing_is_first_in_the_next_draw_in_order_and_so_on_from_draw_to_draw(
    client: Client, tmp_path: Path
) -> None:
    first = [entered(published(FIRST), number).ref for number in range(9)]
    draw(ON_THE_DAY)
    first = in_rank(first)
    late = entered(load.compiled("small-plots", 1), 50, at=ON_THE_DAY).ref
    draw(ON_THE_DAY + timedelta(hours=1))
    for ref in first[:3]:
        do(ref, "accept", ON_THE_DAY)
    do(first[4], "leave", ON_THE_DAY)

    service = published(anew(2, "2027-01-20"))
    second = [entered(service, number, at=SECOND_DAY - timedelta(days=9)).ref for number in range(10, 14)]
    draw(SECOND_DAY)
    second = in_rank(second)
    waited = [first[3], *first[5:9]]
    assert [cases.case(ref).rank for ref in [*waited, late, *second]] == list(range(1, 11))
    assert states(waited) == ["offered"] * 3 + ["waiting"] * 2
    assert states([late, *second]) == ["waiting"] * 5
    # A place that is given up goes on in this order, whichever draw it was of.
    do(waited[0], "decline", SECOND_DAY)
    draw(SECOND_DAY + timedelta(minutes=1))
    assert states(waited) == ["withdrawn", "offered", "offered", "offered", "waiting"]

    # Anybody can draw it again by the page, and sees who had waited.
    (told, *_) = [one for one in client.get("/data/ballots/small-plots.json").json()["draws"] if one.get("waited")]
    assert (told["waited"], told["entries"], told["places"]) == (6, 10, 3)
    (tmp_path / "small-plots.json").write_text(json.dumps({"draws": [told]}))
    (tmp_path / "tickets.txt").write_bytes(client.get(told["tickets"]).content)
    (script,) = [b.text for b in blocks(ROOT / "docs/howto/check-a-draw.md") if b.text.startswith("import hashlib")]
    ran = subprocess.run(
        [sys.executable, "-c", script, second[0]], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ran.stdout.strip() == "You are number 7 of 10 for 3 places.", ran.stderr

    service = published(anew(3, "2028-01-20"))
    third = entered(service, 20, at=THIRD_DAY - timedelta(days=9)).ref
    draw(THIRD_DAY)
    assert in_rank([third, *second, late, waited[4]]) == [waited[4], late, *second, third]
    assert states([waited[4], late, *second, third]) == ["offered"] * 3 + ["waiting"] * 4


def test_a_place_of_an_earlier_draw_that_is_given_up_later_goes_to_whoever_waits_now_and_once() -> None:
    first = [entered(published(FIRST), number).ref for number in range(4)]
    draw(ON_THE_DAY)
    first = in_rank(first)
    service = published(anew(2, "2027-01-20", FIRST.replace("value: 3}", "value: 1}")))
    second = entered(service, 10, at=SECOND_DAY - timedelta(days=9)).ref
    draw(SECOND_DAY)
    assert states([*first, second]) == ["offered"] * 4 + ["waiting"]
    do(first[0], "decline", SECOND_DAY)
    draw(SECOND_DAY + timedelta(minutes=1))
    assert states([second]) == ["offered"]
    third = entered(published(anew(3, "2028-01-20", FIRST.replace("value: 3}", "value: 0}"))), 11, at=SECOND_DAY).ref
    draw(THIRD_DAY)
    assert states([third]) == ["waiting"]  # the place was given once


def test_without_the_word_the_list_stays_with_its_own_draw() -> None:
    text = FIRST.replace(", waiting_first: true", "")
    first = [entered(published(text), number).ref for number in range(5)]
    draw(ON_THE_DAY)
    second = [entered(published(anew(2, "2027-01-20", text)), number).ref for number in range(10, 13)]
    draw(SECOND_DAY)
    assert states(second) == ["offered"] * 3
    assert sorted(states(first)) == ["offered"] * 3 + ["waiting"] * 2


def test_a_story_tells_of_the_next_draw() -> None:
    play = player(published(FIRST))
    play(
        {"after": "15 days", "drawn": 9, "expect": {"state": "waiting"}},
        {"after": "1 year", "drawn": 4, "expect": {"state": "waiting", "notices": []}},
        {"after": "1 year", "drawn": 2, "expect": {"state": "offered", "notices": ["offered"]}},
    )


def test_nobody_waits_in_an_end() -> None:
    text = FIRST.replace("lost: waiting, passes_on: true", "lost: lapsed")
    assert any(
        "'lapsed' is final, so nobody waits there for the next draw" in said for said in problems(load.pack(), text)
    )
