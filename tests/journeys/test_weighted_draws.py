"""Draws with several lots for a case or points before lots, which anybody draws again; places that flow to a class."""

import json
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from tests.docs.conftest import ROOT, blocks
from tests.journeys.test_ballots import BEFORE, ON_THE_DAY, PLOTS, states
from tests.small import AT, player, problems, published

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.definition.service import Service
from praya.journey import acting, application_steps, ballots, case_context, load
from praya.journey.ballots import Entry, in_order
from praya.journey.tickets import ticket
from praya.kernel import rounds

pytestmark = pytest.mark.django_db
POINTS = PLOTS.replace(
    "      - applicant_name: {type: text, label: {en: Your name, zh-hant: 姓名}}\n",
    "      - years: {type: number, min: 0, max: 900, decimals: 1, optional: true, label: {en: Years, zh-hant: 年數}}\n",
)
WEIGHTED = POINTS.replace("passes_on: true}", "passes_on: true, weight: answers.years}")
ORDERED = POINTS.replace("passes_on: true}", "passes_on: true, order: answers.years}")


def entered(service: Service, number: int, years: float | None = None) -> cases.Case:
    person = identity.enrol(email=f"p{number}@example.com", name=None, language="en", at=AT)
    return application_steps.apply_at_once(
        service, person=person, language="en", answers={} if years is None else {"years": years}, files={}, seats=[],
        once_key=str(number), at=AT,
    )  # fmt: skip


def draw(at: object = ON_THE_DAY) -> None:
    while ballots.draw_due(at=at):  # type: ignore[arg-type]
        pass


def ranks(refs: list[str]) -> list[int | None]:
    return [cases.case(ref).rank for ref in refs]


def test_twice_the_lots_are_twice_the_chance_and_none_is_none() -> None:
    """Of many secrets: the order is that of drawing single lots from a drum, where each entry's first lot counts."""
    entries = [Entry("a", "1"), Entry("b", "2"), Entry("c", "3"), Entry("d", "0")]
    rounds = 3000
    orders = [in_order(f"secret {each}", entries, "weight") for each in range(rounds)]
    first = Counter(order[0].ticket for order in orders)
    for name, share in (("a", 1 / 6), ("b", 2 / 6), ("c", 3 / 6)):
        # Five standard deviations.
        assert abs(first[name] / rounds - share) < 5 * (share * (1 - share) / rounds) ** 0.5
    after_c = [order[1].ticket for order in orders if order[0].ticket == "c"]
    assert abs(after_c.count("b") / len(after_c) - 2 / 3) < 5 * (2 / 9 / len(after_c)) ** 0.5
    assert {order[-1].ticket for order in orders} == {"d"}
    assert in_order("s", reversed(entries), "weight") == in_order("s", entries, "weight")


def test_points_go_before_lots_and_lots_decide_between_equals() -> None:
    entries = [Entry("a", "1"), Entry("b", "2.5"), Entry("c", "2.5"), Entry("d", "-"), Entry("e", "-3")]
    found = {tuple(one.ticket for one in in_order(f"s{each}", entries, "order")) for each in range(40)}
    assert found == {("b", "c", "a", "e", "d"), ("c", "b", "a", "e", "d")}


@pytest.mark.parametrize(("text", "by"), [(WEIGHTED, "weight"), (ORDERED, "order")])
def test_what_is_published_is_enough_to_draw_again_by_the_page(
    client: Client, tmp_path: Path, text: str, by: str
) -> None:
    service = published(text)
    years = [0, 1, 2.5, 40, 900, None, 7, 7]
    refs = [entered(service, number, each).ref for number, each in enumerate(years)]
    ballots.draw_due(at=BEFORE)
    draw()
    assert states(refs) == {"offered": 3, "waiting": 5}
    (told,) = client.get("/data/ballots/small-plots.json").json()["draws"]
    file = client.get(told["tickets"]).content
    assert told["by"] == by
    numbers = dict(line.split() for line in file.decode().splitlines())
    wanted = (
        ["0", "1", "2", "40", "100", "0", "7", "7"] if by == "weight" else ["0", "1", "2.5", "40", "900", "-", "7", "7"]
    )
    assert [numbers[ticket(ref)] for ref in refs] == wanted
    if by == "order":
        assert ranks(refs)[4:6] == [1, 8]
    else:
        assert {ranks(refs)[0], ranks(refs)[5]} == {7, 8}
    case = cases.case(refs[3])
    pack = load.pack()
    seen = case_context.of_case(case, service, pack, today=pack.calendar.day_of(ON_THE_DAY)).context
    assert seen["ballot"]["number"] == 40

    (program,) = (block.text for block in blocks(ROOT / "docs/howto/check-a-draw.md") if block.kind == "python")
    (tmp_path / "small-plots.json").write_text(json.dumps({"draws": [told]}))

    def follow(content: bytes) -> "subprocess.CompletedProcess[str]":
        (tmp_path / "tickets.txt").write_bytes(content)
        command = [sys.executable, "-c", program, refs[3]]
        return subprocess.run(command, cwd=tmp_path, text=True, capture_output=True, check=False)

    assert follow(file).stdout == f"You are number {case.rank} of 8 for 3 places.\n"
    assert follow(file.replace(b" 40\n", b" 41\n")).returncode == 1, "a number that was changed is noticed"


def test_numbers_are_worked_out_in_one_go_and_a_stop_between_two_slices_loses_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ballots, "SLICE", 2)
    service = published(WEIGHTED)
    refs = [entered(service, number, 1).ref for number in range(5)]
    (lots,) = ballots._lots(service, ())

    def stop() -> None:
        if cases.numbers(lots.ref):
            raise rounds.Stopped

    with pytest.raises(rounds.Stopped), rounds.breathing(stop):
        ballots.draw_due(at=ON_THE_DAY)
    assert (len(cases.numbers(lots.ref)), ranks(refs)) == (2, [None] * 5)
    slices: list[int] = []
    with rounds.breathing(lambda: slices.append(len(cases.numbers(lots.ref)))):
        ballots.draw_due(at=ON_THE_DAY)
    assert list(dict.fromkeys(slices)) == [2, 4, 5], "others have their turn between two slices"
    assert sorted(ranks(refs)) == [1, 2, 3, 4, 5]  # type: ignore[type-var]


def test_a_class_gives_its_places_to_one_draw_though_versions_differ_in_its_day() -> None:
    """The first version draws lots for everybody a day earlier; residents are drawn together."""
    first = published(LIST.replace("on: 2026-01-21", "on: 2026-01-20"))
    early = [entered(first, number, 0).ref for number in range(4)]
    second = published(LIST.replace("version: 1", "version: 2"))
    late = [entered(second, number, 0).ref for number in range(10, 14)]
    draw()
    draw(DAY_AFTER)
    # Each draw has one place of its own; the three that no resident took are given once.
    assert states(early) == {"offered": 1, "waiting": 3}
    assert states(late) == {"offered": 4}


def test_a_story_expects_the_number_and_the_rank_is_its_own() -> None:
    story = player(published(WEIGHTED), answers={"years": 4})
    story({"after": "15 days", "drawn": 3, "expect": {"state": "offered", "draw_number": 4}})


CLASSES = """
    residents:
      label: {en: Residents, zh-hant: 居民}
      ballot: {on: 2026-01-20, places: 3, won: offered, lost: FIRST, passes_on: PASSES, rest_to: everybody}
    everybody:
      label: {en: Everybody, zh-hant: 所有人}
      ballot: {on: 2026-01-21, places: 1, won: offered, lost: waiting, passes_on: true}
      actions:
        none: {label: {en: Nothing, zh-hant: 無}, by: applicant}
    first-list:
      label: {en: First list, zh-hant: 優先名單}
      timers: [{after: 6 months, to: lapsed}]
"""
TWO = POINTS.replace("  start: entered\n  states:\n", "  start: entered\n  states:" + CLASSES).replace(
    "      ballot: {on: 2026-01-20, places: parameters.plots, won: offered, lost: waiting, passes_on: true}\n",
    "      next: [{when: answers.years > 0, to: residents}, {to: everybody}]\n",
)
LIST = TWO.replace("FIRST", "first-list").replace("PASSES", "true")
DAY_AFTER = ON_THE_DAY + timedelta(days=1)


def give_up(ref: str) -> None:
    case = cases.case(ref)
    acting.act(case=case, action="decline", by=acting.applicant(case.person_ref), answers={}, reason="",
               once_key=f"{ref}no", at=DAY_AFTER)  # fmt: skip


def test_places_that_a_class_leaves_go_to_the_next_and_none_is_given_twice() -> None:
    service = published(LIST)
    residents = [entered(service, number, 1).ref for number in range(2)]
    others = [entered(service, number, 0).ref for number in range(10, 16)]
    draw()
    assert states(residents) == {"offered": 2}
    assert states(others) == {"everybody": 6}
    draw(DAY_AFTER)
    # One of its own, and the one for which no resident entered.
    assert states(others) == {"offered": 2, "waiting": 4}
    give_up(residents[0])
    draw(DAY_AFTER)
    draw(DAY_AFTER)
    assert states(others) == {"offered": 3, "waiting": 3}, "nobody of the residents waits for it"
    made = {one.state: one for one in ballots.of_service(service)}
    assert (made["everybody"].places, made["everybody"].from_others, made["residents"].places) == (2, 1, 3)


def test_a_class_has_its_own_places_as_long_as_somebody_there_waits() -> None:
    service = published(LIST)
    residents = [entered(service, number, 1).ref for number in range(4)]
    others = [entered(service, number, 0).ref for number in range(10, 13)]
    draw(DAY_AFTER)
    assert states(residents) == {"offered": 3, "first-list": 1}
    assert states(others) == {"offered": 1, "waiting": 2}
    by_rank = sorted(residents, key=lambda ref: cases.case(ref).rank or 0)
    give_up(by_rank[0])
    draw(DAY_AFTER)
    assert states(residents) == {"offered": 3, "withdrawn": 1}
    assert states(others) == {"offered": 1, "waiting": 2}
    give_up(by_rank[1])
    draw(DAY_AFTER)
    assert states(others) == {"offered": 2, "waiting": 1}
    given = [ref for ref in residents + others if cases.case(ref).state == "offered"]
    assert len(given) == 4, "three and one"


def test_whoever_was_not_drawn_in_a_class_enters_the_draw_of_the_next() -> None:
    text = TWO[: TWO.index("    first-list:")] + TWO[TWO.index("    entered:") :]
    service = published(text.replace("FIRST", "everybody").replace("PASSES", "false"))
    residents = [entered(service, number, 1).ref for number in range(5)]
    others = [entered(service, number, 0).ref for number in range(10, 12)]
    draw()
    assert states(residents) == {"offered": 3, "everybody": 2}
    draw(DAY_AFTER)
    again = [ref for ref in residents if cases.case(ref).draw_ref == cases.case(others[0]).draw_ref]
    assert len(again) == 2
    assert sorted(cases.case(ref).rank or 0 for ref in [*again, *others]) == [1, 2, 3, 4]
    assert states(residents + others) == {"offered": 4, "waiting": 3}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PLOTS.replace("passes_on: true}", "weight: 2, order: 3}"), "not both"),
        (PLOTS.replace("passes_on: true}", "rest_to: offered}"), "state with a 'ballot'"),
        (LIST.replace("waiting, passes_on: true}", "waiting}").replace("01-21", "01-20"), "is over by then"),
        (LIST.replace("waiting, passes_on: true}", "waiting, passes_on: true, rest_to: residents}"), "would go round"),
    ],
)
def test_what_is_wrong_is_told(text: str, said: str) -> None:
    found = problems(load.pack(), text)
    assert any(said in problem for problem in found), found
