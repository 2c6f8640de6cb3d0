"""Choosing among thousands without a script: things of a stock by group, words and page; entries of a register."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from tests.journeys.turns import TURNS, applied
from tests.small import AT, problems, published
from tests.web.test_entries import html
from tests.web.test_fees import signed_in

from praya.blocks.cases import api as cases
from praya.blocks.registers import api as registers
from praya.definition.chapters.stocks import Stock
from praya.definition.questions import ChoiceQuestion
from praya.journey import acting, jobs, load
from praya.kernel import clock
from praya.web import finders

BLOCKS = ("a", "b", "c")
THINGS = [(f"{b}{level}-{n}", b, level, n) for b in BLOCKS for level in (1, 2) for n in range(1, 26)]
GROUPS = """
    groups:
      block:
        label: {en: Block, zh-hant: 座}
        values: {a: {en: Block A, zh-hant: 甲座}, b: {en: Block B, zh-hant: 乙座}, c: {en: Block C, zh-hant: 丙座}}
      level: {label: {en: Level, zh-hant: 層}}
"""
NICHES = TURNS[: TURNS.index("    things:")] + GROUPS[1:] + "    things:\n" + "".join(
    f"      - {{value: {value}, label: {{en: Niche {value.upper()}, zh-hant: {value.upper()} 號}},"
    f" facts: {{beds: {2 + (n > 5)}, block: {block}, level: {level}}}}}\n"
    for value, block, level, n in THINGS
) + TURNS[TURNS.index("flow:\n") :]  # fmt: skip

PLACES = """
          ask:
            - where: {type: choice, list: districts, label: {en: District, zh-hant: 地區}}
            - hall: {type: entry, register: halls, where: {area: findings.where}, label: {en: Hall, zh-hant: 禮堂}}
"""
HALLS = (
    TURNS[: TURNS.index("stocks:")]
    + """
registers:
  halls:
    title: {en: Halls, zh-hant: 禮堂}
    found_by: [area]
    facts:
      hall: {label: {en: Hall, zh-hant: 禮堂}}
      area: {label: {en: Area, zh-hant: 地區}, kind: choice}
      owner: {label: {en: Owner, zh-hant: 業主}, public: false}
flow:
  start: open
  states:
    open:
      label: {en: Open, zh-hant: 處理中}
      actions:
        choose:
          label: {en: Choose a hall, zh-hant: 選擇禮堂}
          by: applicant
          to: done
"""
    + PLACES[1:]
    + """
    done: {label: {en: Done, zh-hant: 完成}, final: true, result: completed}
retention: {completed: 1 year}
"""
)


@pytest.fixture(autouse=True)
def now(db: None, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(clock, "now", lambda: AT)
    yield
    load.forget()


def page(case: cases.Case, monkeypatch: pytest.MonkeyPatch, lang: str = "en", **post: Any) -> str:
    client, address = signed_in(monkeypatch, person_ref=case.person_ref), f"/{lang}/cases/{case.ref}/do/choose"
    return html(client.post(address, post) if post else client.get(address))


def offered(shown: str, name: str) -> list[str]:
    return re.findall(rf'<input type="radio" [^>]*name="{name}" value="([^"]+)"', shown)


@pytest.mark.parametrize(
    ("language", "words"),
    {
        "en": ("Block A (40)", "Level", "Any", "1 to 20 of 40", "Next page"),
        "zh-hant": ("甲座（40）", "層", "不限", "第 1 至 20 項，共 40 項", "下一頁"),
        "zh-hans": ("甲座（40）", "层", "不限", "第 1 至 20 项，共 40 项", "下一页"),
    }.items(),
)
def test_a_thing_among_many_is_chosen_by_group_then_by_page_and_only_those_it_may_take_are_counted(
    monkeypatch: pytest.MonkeyPatch, language: str, words: tuple[str, ...]
) -> None:
    case = applied(published(NICHES), 1, persons=3)
    jobs.call_lines(at=AT)
    first = page(case, monkeypatch, language)
    assert offered(first, "room") == []
    for word in words[:3]:
        assert word in first
    shown = page(case, monkeypatch, language, **{"room-in-block": "a", "_find": "room"})
    assert offered(shown, "room") == [f"a1-{n}" for n in range(6, 26)]
    assert words[3] in shown
    assert words[4] in shown
    assert 'value="room|0"' not in shown
    second = page(case, monkeypatch, language, **{"room-in-block": "a", "room": "a1-7", "_find": "room|2"})
    # What is chosen stays, whatever page is read.
    assert offered(second, "room") == ["a1-7", *(f"a2-{n}" for n in range(6, 26))]
    assert 'value="a1-7" checked' in second
    assert 'value="room|1"' in second
    assert words[4] not in second
    narrow = page(case, monkeypatch, language, **{"room-in-block": "a", "room-in-level": "2", "room-find": "25"})
    assert "error" in narrow  # it was sent without a choice
    assert offered(narrow, "room") == ["a2-25"]
    page(case, monkeypatch, language, room="a2-25", once="x")
    assert cases.content(case.ref).findings["room"] == "a2-25"


def test_a_long_list_without_groups_has_pages_and_a_short_one_none() -> None:
    label = {"en": "Room", "zh-hant": "房間"}

    def question(count: int) -> ChoiceQuestion:
        options = [
            {"value": f"r{n}", "label": {"en": f"Room {n}", "zh-hant": f"{n} 號房"}, "hint": label}
            for n in range(count)
        ]
        return ChoiceQuestion.model_validate({"name": "room", "type": "choice", "label": label, "options": options})

    assert not finders.finds(question(100), {})
    many = question(300)
    assert finders.finds(many, {})
    first = finders.of_choice(many, "room", {}, {}, "en")
    assert (len(first.options or ()), first.first, first.last, first.total, first.more) == (20, 1, 20, 300, True)
    last = finders.of_choice(many, "room", {"room-page": ["999"]}, {}, "en")
    assert (last.page, last.first, last.last, last.more) == (15, 281, 300, False)
    found = finders.of_choice(many, "room", {"room-find": ["號房 299"]}, {}, "en")
    assert [option["value"] for option in found.options or ()] == ["r299"]
    assert finders.of_choice(many, "room", {"room-find": ["nothing"]}, {}, "en").options == []


@pytest.mark.size
def test_a_stock_of_five_thousand_is_read_and_its_page_shows_no_more_than_one_page_of_it() -> None:
    things = [
        {"value": f"n{n}", "label": {"en": f"Niche {n}", "zh-hant": f"{n} 號"}, "facts": {"level": n % 50}}
        for n in range(5000)
    ]
    label = {"en": "Level", "zh-hant": "層"}
    stock = Stock.model_validate(
        {"name": "niches", "label": label, "things": things, "groups": {"level": {"label": label}}}
    )
    question = ChoiceQuestion.model_validate(
        {"name": "niche", "type": "choice", "label": label, "stock": "niches", "may_take": "thing.level > 0"}
        | {"options": [{"value": t["value"], "label": t["label"]} for t in things]}
    )
    facts = {thing.value: thing.facts for thing in stock.things}
    seen = {"stocks": {"niches": {"taken": {"n1"}, "facts": facts, "groups": stock.groups}}}
    before = finders.of_choice(question, "niche", {}, seen, "en")
    assert before.options is None
    # Of level 1 one is gone.
    assert [(o["label"], o["number"]) for o in before.groups[0].options][:2] == [("1", "99"), ("2", "100")]
    found = finders.of_choice(question, "niche", {"niche-in-level": ["1"], "niche-page": ["5"]}, seen, "en")
    assert (found.total, found.page, len(found.options or ())) == (99, 5, 19)
    assert finders.of_choice(question, "niche", {"niche-in-level": ["x"]}, seen, "en").options is None


WRONG = [
    ("      level: {label:", "      storey: {label:", "storey"),
    ("values: {a: {en: Block A, zh-hant: 甲座},", "values: {d: {en: Block D, zh-hant: 丁座},", "value of 'block' 'd'"),
]


@pytest.mark.parametrize(("old", "new", "said"), WRONG)
def test_groups_that_no_thing_has_are_told(old: str, new: str, said: str) -> None:
    assert old in NICHES
    found = problems(load.pack(), NICHES.replace(old, new))
    assert any(said in problem for problem in found), found


def _halls() -> cases.Case:
    case = applied(published(HALLS), 1)
    for area, count in (("sha-tin", 25), ("tai-po", 3)):
        for number in range(count):
            registers.enter(registers.NewEntry(
                service="small-turns", register="halls", case_ref="", from_date=date(2026, 1, 1), until_date=None,
                facts={"hall": f"Hall {area} {number:02}", "area": area}, inside={"owner": "Secret Owner"},
                values={"hall": f"Hall {area} {number:02}", "area": area}, once_key=f"{area}{number}",
                finding=registers.Finding((("area",),)),
            ), at=AT, by="system")  # fmt: skip
    return case


def test_entries_are_offered_by_an_earlier_answer_page_by_page_and_no_others_are_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = _halls()
    refs = {str(e.facts["hall"]): e.ref for e in registers.all_entries(service="small-turns", register="halls")}
    waiting = page(case, monkeypatch)
    assert "Answer the questions above first" in waiting
    assert offered(waiting, "hall") == []
    shown = page(case, monkeypatch, where="sha-tin", _find="hall")
    assert len(offered(shown, "hall")) == 10
    third = page(case, monkeypatch, where="sha-tin", _find="hall|3")
    assert offered(third, "hall") == [refs[f"Hall sha-tin {number}"] for number in range(20, 25)]
    assert "Page 3" in third
    assert "Next page" not in third
    assert offered(page(case, monkeypatch, where="tai-po", _find="hall", **{"hall-find": "02"}), "hall") == [
        refs["Hall tai-po 02"]
    ]
    with pytest.raises(acting.NotAnswered, match="entry_of_others"):
        acting.act(
            case=cases.case(case.ref), action="choose", by=acting.applicant(case.person_ref), reason="",
            answers={"where": "tai-po", "hall": refs["Hall sha-tin 01"]}, once_key="a", at=AT + timedelta(minutes=1),
        )  # fmt: skip
    page(case, monkeypatch, where="tai-po", hall=refs["Hall tai-po 01"], once="b")
    assert cases.case(case.ref).state == "done"


WRONG_HALLS = [
    ("found_by: [area]", "found_by: [hall]", "it needs {found_by: [area]}"),
    ("{area: findings.where}", "{owner: findings.where}", "'owner' is not public"),
    ("{area: findings.where}", "{region: findings.where}", "there is no fact of the register 'region'"),
    ("kind: choice}", "kind: date}", "entries are offered by a text, a choice or yes-no"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "said"), WRONG_HALLS)
def test_what_cannot_narrow_a_register_is_told(old: str, new: str, said: str) -> None:
    assert old in HALLS
    found = problems(load.pack(), HALLS.replace(old, new))
    assert any(said in problem for problem in found), found
