"""Who judges what, what marks come to, and who wins: the same from any order, and exact."""

from collections import Counter
from fractions import Fraction
from itertools import permutations
from random import Random
from statistics import mean, pstdev
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.read_packs import pack_in
from tests.small import GRANT, problems
from tests.small import service as service_of

from praya.blocks.panels import rules as panels
from praya.blocks.panels.rules import Marks, Scale
from praya.blocks.rankings import rules as rankings
from praya.blocks.rankings.rules import Contender
from praya.definition.pack import Pack

SCALES = [Scale("idea", 0, 10, 60), Scale("use", 1, 5, 40)]


def test_each_entry_goes_to_as_many_members_and_each_member_gets_as_many_entries() -> None:
    entries, members = [f"E{n}" for n in range(100)], [f"M{n}" for n in range(7)]
    barred = {f"E{n}": {"M0", "M1"} for n in range(20)}
    pairs = panels.given_out(entries, members, judges=3, seated={}, barred=barred, load={})
    assert set(Counter(entry for entry, _ in pairs).values()) == {3}
    loads = Counter(member for _, member in pairs)
    assert max(loads.values()) - min(loads.values()) <= 1
    assert not any(member in barred.get(entry, ()) for entry, member in pairs)
    shuffled = Random(1).sample(entries, len(entries))
    assert set(panels.given_out(shuffled, members, judges=3, seated={}, barred=barred, load={})) == set(pairs)


def test_who_declares_a_conflict_is_replaced_by_somebody_who_never_had_the_entry() -> None:
    pairs = panels.given_out(
        ["E"], ["A", "B", "C", "D"], judges=3, seated={"E": ["A", "B", "C"]}, barred={"E": {"B"}}, load={}
    )
    assert pairs == [("E", "D")]
    none_left = panels.given_out(["E"], ["A", "B"], judges=2, seated={"E": ["A", "B"]}, barred={"E": {"B"}}, load={})
    assert none_left == []


def test_a_score_is_the_weighted_mean_of_shares_of_each_scale() -> None:
    marks = [Marks("E", "A", {"idea": 8, "use": 3}), Marks("E", "B", {"idea": 6, "use": 5})]
    found = panels.results(marks, SCALES, "none")["E"]
    # A: (80 * 60 + 50 * 40) / 100 = 68; B: (60 * 60 + 100 * 40) / 100 = 76
    assert (found.score, found.spread, found.marks_given, found.means) == (72, 8, 2, {"idea": 70, "use": 75})


def test_evening_out_lets_a_strict_member_weigh_as_much_as_a_generous_one() -> None:
    one = [Scale("idea", 0, 10, 1)]
    strict = [Marks(entry, "strict", {"idea": mark}) for entry, mark in (("E", 3), ("F", 1), ("G", 2))]
    generous = [Marks(entry, "generous", {"idea": mark}) for entry, mark in (("H", 10), ("I", 8), ("J", 9))]
    spread = panels.results([*strict, *generous], one, "z-score")
    assert spread["E"].score == spread["H"].score > spread["G"].score == spread["J"].score > spread["F"].score
    # By the definition, in binary fractions: mean of all 55, spread of all; each member's spread is that of 0, 10, 20.
    every = [30, 10, 20, 100, 80, 90]
    assert float(spread["E"].score) == pytest.approx(mean(every) + pstdev(every) * 10 / pstdev([30, 10, 20]))
    ranked = panels.results([*strict, *generous], one, "rank")
    assert {entry: found.score for entry, found in ranked.items()} == {
        "E": 100, "G": 50, "F": 0, "H": 100, "J": 50, "I": 0,
    }  # fmt: skip
    alike = panels.results([Marks("E", "A", {"idea": 4}), Marks("F", "A", {"idea": 4})], one, "rank")
    assert {found.score for found in alike.values()} == {50}
    assert panels.results([Marks("E", "A", {"idea": 4})], one, "z-score")["E"].score == 40


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_results_are_the_same_from_any_order_of_arrival(data: st.DataObject) -> None:
    pairs = data.draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), unique=True, min_size=1, max_size=12))
    marks = [
        Marks(f"E{entry}", f"M{member}", {"idea": data.draw(st.integers(0, 10)), "use": data.draw(st.integers(1, 5))})
        for entry, member in pairs
    ]
    other = data.draw(st.permutations(marks))
    for how in ("none", "z-score", "rank"):
        assert panels.results(marks, SCALES, how) == panels.results(other, SCALES, how)


def won(contenders: list[Contender], **how: Any) -> dict[str, int | None]:
    given_out = rankings.awarded(contenders, **{"places": None, "budget": None, "short": "stop", **how})
    return {one.case_ref: one.cents for one in given_out if one.won}


def test_the_first_of_each_class_win_and_the_barred_leave_their_place_to_the_next() -> None:
    contenders = [
        Contender("A", (90,), "x"), Contender("B", (80,), "x", barred=True), Contender("C", (70,), "x"),
        Contender("D", (60,), "x"), Contender("E", (50,), "y"), Contender("F", (None,), "y"),
    ]  # fmt: skip
    assert set(won(contenders, places=2)) == {"A", "C", "E"}
    assert [one.place for one in rankings.awarded(contenders, places=2, budget=None, short="stop")] == [
        1,
        2,
        3,
        4,
        5,
        6,
    ]


def test_a_budget_is_given_out_until_it_is_spent_as_the_definition_says() -> None:
    contenders = [Contender("A", (9,), cents=600), Contender("B", (8,), cents=700), Contender("C", (7,), cents=300)]
    assert won(contenders, budget=1000) == {"A": 600}
    assert won(contenders, budget=1000, short="skip") == {"A": 600, "C": 300}
    assert won(contenders, budget=1000, short="part") == {"A": 600, "B": 400}
    assert won(contenders, budget=600, short="part") == {"A": 600}
    assert won(contenders, budget=2000, places=2, short="stop") == {"A": 600, "B": 700}
    assert won([Contender("A", (9,), cents=None), *contenders[1:]], budget=1000, short="stop") == {"B": 700, "C": 300}


def test_equals_are_told_apart_by_what_the_definition_says_and_then_by_their_tickets() -> None:
    three = [Contender("A", (5, 1)), Contender("B", (5, 2)), Contender("C", (5, 2))]
    orders = {tuple(one.case_ref for one in rankings.ranked(order)) for order in permutations(three)}
    assert len(orders) == 1
    (order,) = orders
    assert order[2] == "A"
    assert list(order[:2]) == sorted("BC", key=rankings.ticket)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_ranking_is_the_same_from_any_order_of_arrival_and_spends_no_more_than_there_is(data: st.DataObject) -> None:
    number = st.one_of(st.none(), st.integers(0, 3), st.fractions(0, 3, max_denominator=4))
    contenders = [
        Contender(
            f"C{n}", (data.draw(number), data.draw(number)), data.draw(st.sampled_from("xy")),
            data.draw(st.one_of(st.none(), st.integers(0, 500))), data.draw(st.booleans()),
        )
        for n in range(data.draw(st.integers(0, 12)))
    ]  # fmt: skip
    other = data.draw(st.permutations(contenders))
    places, budget = data.draw(st.sampled_from([(2, None), (None, 900), (3, 600)]))
    for short in ("stop", "skip", "part"):
        first = rankings.awarded(contenders, places=places, budget=budget, short=short)
        assert first == rankings.awarded(other, places=places, budget=budget, short=short)
        assert rankings.lines(contenders, first) == rankings.lines(other, first)
        assert sum(one.cents or 0 for one in first) <= (budget or 0) or budget is None
        assert all(one.cents for one in first if one.won) or budget is None


JURY = (
    GRANT.partition("flow:\n")[0]
    + """\
      - idea: {type: text, label: {en: Your idea, zh-hant: 構思}}
panels:
  jury: {label: {en: Jury, zh-hant: 評審團}, sees: [idea]}
flow:
  start: judged-now
  states:
    judged-now:
      label: {en: Judged, zh-hant: 評審中}
      judging:
        panel: jury
        from: 2026-01-12
        until: 2026-01-16
        judges: 2
        criteria:
          worth: {label: {en: Worth, zh-hant: 價值}}
      ranking: {on: 2026-01-19, by: judged.judged_now.score, places: 1, won: granted, lost: refused}
    granted: {label: {en: Granted, zh-hant: 已批准}, final: true, result: granted}
    refused: {label: {en: Refused, zh-hant: 已拒絕}, final: true, result: refused}
retention: {granted: 7 years, refused: 3 years}
"""
)


@pytest.fixture(scope="module")
def pack() -> Pack:
    from pathlib import Path

    return pack_in(Path(__file__).parents[2] / "packs/hongkong")


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("sees: [idea]", "sees: [ideas]", "there is no question 'ideas'; did you mean 'idea'?"),
        ("panel: jury\n", "panel: jurry\n", "there is no panel 'jurry'"),
        ("type: text, label: {en: Your idea", "type: email, label: {en: Your idea", "'idea' tells who applied"),
        ("worth: {label", "score: {label", "'judged.judged_now.score' is every judging's own"),
        ("by: judged.judged_now.score", "by: judged.judged_now.scores", "'judged.judged_now.scores' does not exist"),
        ("by: judged.judged_now.score", "by: judged.judging.score", "'judged.judging' does not exist"),
        ("on: 2026-01-19", "on: 2026-01-16", "before judging is over, at the end of 2026-01-16"),
        ("places: 1, ", "", "say how many win: 'places', a number, or 'budget'"),
        ("places: 1", "budget: 5", "'budget' and 'amount' belong together"),
        ("places: 1", "places: answers.idea", "there is no name 'answers' (known: parameters)"),
        ("won: granted", "won: grunted", "there is no state 'grunted'"),
        ("places: 1", "places: 1, bar: [{register: winners}]", "there is no register 'winners'"),
        ("judges: 2", "judges: 2\n        quorum: 3", "'quorum' is more than 'judges'"),
        ("until: 2026-01-16", "until: 2026-01-02", "'until' is before 'from'"),
        ("sees: [idea]}", "sees: [idea], community: water-board}", "there is no community 'water-board'"),
        ("sees: [idea]}", "sees: [idea], role: juror}", "there is no role 'juror'"),
        ("sees: [idea]}", "sees: [idea], chair: officer}", "the chair of invited members is named when"),
        ("      ranking: {on: 2026-01-19, by: judged.judged_now.score, places: 1, won: granted, lost: refused}\n",
         "      actions: {a: {label: {en: A, zh-hant: 甲}, to: granted}, b: {label: {en: B, zh-hant: 乙}, to: refused}}\
\n",
         "when judging is over nothing happens"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_panel_is_said_clearly(pack: Pack, was: str, now: str, said: str) -> None:
    assert problems(pack, JURY) == []
    assert was in JURY
    found = problems(pack, JURY.replace(was, now, 1))
    assert any(said in one for one in found), found


def test_a_panel_that_sees_a_page_sees_what_it_asks(pack: Pack) -> None:
    text = JURY.replace("sees: [idea]", "sees: [about-you]").replace("applicant_name", "title")
    assert service_of(pack, text).panels["jury"].sees == ("title", "idea")
    found = problems(pack, text.replace("type: text, label: {en: Your idea", "type: email, label: {en: Your idea"))
    assert any("'idea' tells who applied" in one for one in found), found


def test_marks_are_exact_fractions() -> None:
    third = panels.total({"idea": 1, "use": 1}, [Scale("idea", 0, 3, 1), Scale("use", 1, 5, 1)])
    assert third == Fraction(50, 3)
