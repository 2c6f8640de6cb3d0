"""Drawing lots: announced before, drawn once, open to anybody's check; a place given up goes to the next."""

import hashlib
import hmac
from collections import Counter
from datetime import datetime, timedelta

import pytest
from django.test import Client
from tests.small import AT, player, problems, published

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.service import Service
from praya.journey import acting, application_steps, ballots, load
from praya.kernel import clock
from praya.kernel.journal import api as journal

pytestmark = pytest.mark.django_db

PLOTS = """
service: small-plots
version: 1
reference: SP
title: {en: Garden plots, zh-hant: 園圃}
summary: {en: A plot for a year., zh-hant: 使用園圃一年。}
department: dh
topic: health
who: {en: Anybody., zh-hant: 任何人。}
legal: {basis: A decision, purpose: {en: To draw., zh-hant: 用於抽籤。}}
parameters:
  plots: [{from: 2020-01-01, value: 3}]
form:
  - page: about-you
    questions:
      - applicant_name: {type: text, label: {en: Your name, zh-hant: 姓名}}
flow:
  start: entered
  states:
    entered:
      label: {en: Entered, zh-hant: 已參加}
      ballot: {on: 2026-01-20, places: parameters.plots, won: offered, lost: waiting, passes_on: true}
      actions:
        withdraw: {label: {en: Withdraw, zh-hant: 撤回}, by: applicant, to: withdrawn}
    offered:
      label: {en: Offered, zh-hant: 已獲配}
      says: {en: "You were number {ballot.rank}.", zh-hant: "你排第 {ballot.rank} 位。"}
      notify: [offered]
      actions:
        accept: {label: {en: Accept, zh-hant: 接受}, by: applicant, to: granted}
        decline: {label: {en: Decline, zh-hant: 放棄}, by: applicant, to: withdrawn}
    waiting:
      label: {en: Waiting list, zh-hant: 輪候中}
      timers: [{after: 6 months, to: lapsed}]
    granted: {label: {en: Yours, zh-hant: 已批准}, final: true, result: granted}
    withdrawn: {label: {en: Withdrawn, zh-hant: 已撤回}, final: true, result: withdrawn}
    lapsed: {label: {en: Over, zh-hant: 已結束}, final: true, result: lapsed}
notices:
  offered:
    subject: {en: "You were drawn as number {ballot.rank}", zh-hant: "你抽中第 {ballot.rank} 位"}
    body: {en: Please answer., zh-hant: 請回覆。}
retention: {granted: 1 years, withdrawn: 1 years, lapsed: 1 years}
"""
BEFORE, ON_THE_DAY = AT + timedelta(days=14), AT + timedelta(days=15)


def entered(service: Service, number: int, at: datetime = AT) -> cases.Case:
    person = identity.enrol(email=f"p{number}@example.com", name=f"Sample {number}", language="en", at=at)
    return application_steps.apply_at_once(
        service, person=person, language="en", answers={"applicant_name": "Chan"}, files={}, seats=[],
        once_key=str(number), at=at,
    )  # fmt: skip


def states(refs: list[str]) -> "Counter[str]":
    return Counter(cases.case(ref).state for ref in refs)


def test_as_many_are_drawn_as_there_are_places_and_anybody_can_draw_again(client: Client) -> None:
    service = published(PLOTS)
    refs = [entered(service, number).ref for number in range(8)]
    ballots.draw_due(at=BEFORE)
    (draw,) = ballots.of_service(service)
    assert (draw.places, draw.secret, draw.entries, ballots.tickets(draw), draw.drawn_at) == (3, "", 0, "", None)
    assert states(refs) == {"entered": 8}

    assert ballots.draw_due(at=ON_THE_DAY) == 8
    assert states(refs) == {"offered": 3, "waiting": 5}
    ranks = {ref: cases.case(ref).rank for ref in refs}
    assert sorted(ranks.values()) == list(range(1, 9))
    assert all((cases.case(ref).state == "offered") == (rank <= 3) for ref, rank in ranks.items())

    # What is published is enough to draw again, and to find oneself in it.
    published_draw = client.get("/data/ballots/small-plots.json").json()["draws"][0]
    secret = published_draw["secret"].encode()
    assert hashlib.sha256(secret).hexdigest() == draw.commitment == published_draw["commitment"]
    file = client.get(published_draw["tickets"]).content
    assert hashlib.sha256(file).hexdigest() == published_draw["digest"]
    tickets = file.decode().splitlines()
    assert len(tickets) == published_draw["entries"] == 8
    assert tickets == sorted(tickets, key=lambda each: hmac.new(secret, each.encode(), "sha256").digest())
    for ref, rank in ranks.items():
        assert tickets.index(hashlib.sha256(ref.encode()).hexdigest()[:16]) == rank - 1

    # Once drawn it is not drawn again, and who comes later waits behind all.
    late = entered(service, 99, at=ON_THE_DAY)
    ballots.draw_due(at=ON_THE_DAY + timedelta(hours=1))
    assert cases.case(late.ref).state == "waiting"
    assert {ref: cases.case(ref).rank for ref in refs} == ranks
    events = journal.about(ballots._ref(service, "entered", service.flow.ballots["entered"]))
    assert [fact.event for fact in events] == ["ballot_drawn", "ballot_announced"]


def test_a_place_that_is_given_up_goes_to_the_next_in_the_order() -> None:
    service = published(PLOTS)
    refs = [entered(service, number).ref for number in range(6)]
    ballots.draw_due(at=ON_THE_DAY)
    by_rank = sorted(refs, key=lambda ref: cases.case(ref).rank or 0)
    gone = cases.case(by_rank[1])
    acting.act(case=gone, action="decline", by=acting.applicant(gone.person_ref), answers={}, reason="", once_key="x",
            at=ON_THE_DAY)  # fmt: skip
    ballots.draw_due(at=ON_THE_DAY + timedelta(minutes=1))
    assert [cases.case(ref).state for ref in by_rank] == [
        "offered", "withdrawn", "offered", "offered", "waiting", "waiting",
    ]  # fmt: skip
    ballots.draw_due(at=ON_THE_DAY + timedelta(minutes=2))
    assert states(refs) == {"offered": 3, "withdrawn": 1, "waiting": 2}


def test_next_year_s_draw_has_its_own_places_and_its_own_order() -> None:
    earlier = [entered(published(PLOTS), number).ref for number in range(6)]
    ballots.draw_due(at=ON_THE_DAY)
    for case in (cases.case(ref) for ref in earlier):
        if case.state == "offered":
            acting.act(case=case, action="accept", by=acting.applicant(case.person_ref), answers={}, reason="",
                    once_key=case.ref, at=ON_THE_DAY)  # fmt: skip

    next_year = ON_THE_DAY + timedelta(days=365)
    service = published(PLOTS.replace("version: 1", "version: 2").replace("2026-01-20", "2027-01-20"))
    refs = [entered(service, number, at=next_year - timedelta(days=9)).ref for number in range(10, 15)]
    ballots.draw_due(at=next_year)
    by_rank = sorted(refs, key=lambda ref: cases.case(ref).rank or 0)
    gone = cases.case(by_rank[0])
    acting.act(case=gone, action="decline", by=acting.applicant(gone.person_ref), answers={}, reason="", once_key="x",
            at=next_year)  # fmt: skip
    ballots.draw_due(at=next_year + timedelta(minutes=1))
    assert [cases.case(ref).state for ref in by_rank] == ["withdrawn", "offered", "offered", "offered", "waiting"]
    assert states(earlier) == {"granted": 3, "waiting": 3}


@pytest.mark.parametrize(("rank", "state", "notices"), [(3, "offered", ["offered"]), (4, "waiting", [])])
def test_a_story_says_which_rank_the_draw_gives(rank: int, state: str, notices: list[str]) -> None:
    player(published(PLOTS))({"after": "15 days", "drawn": rank, "expect": {"state": state, "notices": notices}})


def test_a_story_says_how_many_places_are_given_up() -> None:
    player(published(PLOTS))(
        {"after": "15 days", "drawn": 5, "expect": {"state": "waiting"}},
        {"after": "1 day", "given_up": 1, "expect": {"state": "waiting", "notices": []}},
        {"after": "1 day", "given_up": 2, "expect": {"state": "offered", "notices": ["offered"]}},
        {"by": "applicant", "do": "accept", "expect": {"state": "granted"}},
    )


def test_two_draws_with_one_waiting_list_each_pass_on_their_own_places() -> None:
    ballot = "ballot: {on: 2026-01-20, places: parameters.plots, won: offered, lost: waiting, passes_on: true}"
    small = f"""small:
      label: {{en: Small plots, zh-hant: 小園圃}}
      {ballot.replace("parameters.plots", "1")}
      actions:
        withdraw: {{label: {{en: Withdraw, zh-hant: 撤回}}, by: applicant, to: withdrawn}}
    offered:"""
    switch = "smaller: {label: {en: A small one, zh-hant: 小園圃}, by: applicant, to: small}"
    text = PLOTS.replace("offered:\n", small + "\n", 1).replace(
        "        withdraw:", f"        {switch}\n        withdraw:", 1
    )
    player(published(text))(
        {"as": "first", "applies": "small-plots"},
        {"as": "first", "by": "applicant", "do": "smaller"},
        {"by": "applicant", "do": "smaller"},
        {"as": "large", "applies": "small-plots"},
        {"after": "15 days", "as": "first", "drawn": 1, "expect": {"state": "offered"}},
        {"as": "large", "drawn": 1, "expect": {"state": "offered"}},
        {"drawn": 2, "expect": {"state": "waiting"}},
        {"as": "large", "by": "applicant", "do": "decline"},
        {"after": "1 day", "expect": {"state": "waiting"}},
        {"as": "first", "by": "applicant", "do": "decline"},
        {"after": "1 day", "expect": {"state": "offered"}},
    )


def test_without_a_waiting_list_nothing_is_passed_on_in_a_story() -> None:
    player(published(PLOTS.replace(", passes_on: true", "")))(
        {"after": "15 days", "drawn": 4, "expect": {"state": "waiting"}},
        {"after": "1 day", "given_up": 3, "expect": {"state": "waiting"}},
    )


@pytest.mark.parametrize("changed", ["on: 2027-01-20", "on: 2026-01-20, label: {en: Plots, zh-hant: 園圃}"])
def test_a_service_published_anew_keeps_the_draw_of_its_open_cases(client: Client, changed: str) -> None:
    service = published(PLOTS)
    refs = [entered(service, number).ref for number in range(5)]
    ballots.draw_due(at=BEFORE)
    again = PLOTS.replace("version: 1", "version: 2").replace("value: 3", "value: 2").replace("on: 2026-01-20", changed)
    service = published(again)
    newer = entered(service, 9, at=BEFORE).ref
    ballots.draw_due(at=ON_THE_DAY)
    same_day = "2026" in changed
    # On the same day it is one draw, for as many places as the newest version says.
    drawn = [*refs, newer] if same_day else refs
    assert states(drawn) == ({"offered": 2, "waiting": 4} if same_day else {"offered": 3, "waiting": 2})
    assert same_day or cases.case(newer).state == "entered"
    by_rank = sorted(drawn, key=lambda ref: cases.case(ref).rank or 0)
    gone = cases.case(by_rank[0])
    acting.act(case=gone, action="decline", by=acting.applicant(gone.person_ref), answers={}, reason="", once_key="x",
            at=ON_THE_DAY)  # fmt: skip
    ballots.draw_due(at=ON_THE_DAY + timedelta(minutes=1))
    assert states(drawn)["offered"] == (2 if same_day else 3), "the place goes on to the next"
    draws = client.get("/data/ballots/small-plots.json").json()["draws"]
    assert [draw["entries"] for draw in draws if "secret" in draw] == [len(drawn)]
    if same_day:
        assert draws[0]["label"]["en"] == "Plots"
        assert "<strong>Plots</strong>" in client.get("/en/services/small-plots").content.decode()


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("won: offered", "won: ofered", "'ofered'"),
        ("lost: waiting", "lost: lapsed", "'lapsed' is final"),
        ("places: parameters.plots", "places: answers.applicant_name", "'answers'"),
    ],
)
def test_what_is_wrong_with_a_draw_is_said(wrong: str, right: str, said: str) -> None:
    found = problems(load.pack(), PLOTS.replace(wrong, right))
    assert any(said in problem for problem in found), found


def test_the_page_of_the_service_tells_of_the_draw(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: BEFORE)
    service = published(PLOTS)
    ballots.draw_due(at=BEFORE)
    assert "3 places are drawn by lot on 20 January 2026" in client.get("/en/services/small-plots").content.decode()
    entered(service, 1)
    ballots.draw_due(at=ON_THE_DAY)
    assert "從 1 宗申請中抽出 3 個名額" in client.get("/zh-hant/services/small-plots").content.decode()
