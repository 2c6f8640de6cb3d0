"""The cookbook's pack: its Chinese is Chinese, and its stories leave no action and no end of a recipe untold."""

import re
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from tests.read_packs import pack_in
from tests.rules.test_pack_hongkong import LATIN, texts
from tests.small_services import Services

from praya.blocks.cases import rules
from praya.definition.example import Example, Step
from praya.definition.service import Service
from praya.definition.source import read
from praya.project.designing import checking, targets

FOLDER = Path(__file__).parents[2] / "packs" / "cookbook"
PACK = pack_in(FOLDER)
NAMES = sorted(path.parent.name for path in FOLDER.glob("services/*/service.yaml"))
SERVICES = Services(FOLDER, PACK)
AS_WRITTEN = {"PDF", "XTS"}


def stories(name: str) -> list[Example]:
    paths = (FOLDER / "services" / name / "examples").glob("*.yaml")
    return [Example.model_validate(read(path).data) for path in paths]


@pytest.mark.parametrize("path", sorted(FOLDER.rglob("*.yaml")), ids=lambda p: str(p.relative_to(FOLDER)))
def test_chinese_wording_holds_no_english_words(path: Path) -> None:
    found: list[Any] = []
    for where, words in texts(read(path).data):
        if "latin" in words:
            continue
        wording = re.sub(r"\{[^{}]*\}", "", words.get("zh-hant", ""))
        found += [f"{where}: nothing in Traditional Chinese"] if not wording.strip("\n") else []
        found += [f"{where}: {w}" for w in LATIN.findall(wording) if w not in AS_WRITTEN]
        if re.search(r"[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]", wording):
            found.append(f"{where}: half-width mark")
    assert [one for one in found if "answer" not in one] == []


@pytest.mark.parametrize("name", NAMES)
def test_both_wordings_of_a_notice_hold_the_same_placeholders(name: str) -> None:
    for notice in SERVICES[name].notices.values():
        for part in filter(None, (notice.subject, notice.body, notice.sms)):
            found = [re.findall(r"\{([^{}]+)\}", words) for words in part.written.values()]
            # What a placeholder says itself, as a paragraph that is not always there, is of its language.
            held = [sorted(re.sub(r"'[^']*'", "''", one) for one in each) for each in found]
            assert all(each == held[0] for each in held), f"{notice.name}: {held}"


@pytest.mark.parametrize("name", NAMES)
def test_a_resident_is_told_what_happens_next_in_every_state(name: str) -> None:
    states = SERVICES[name].flow.states.values()
    assert [state.name for state in states if state.says is None and not state.next] == []


def of_others(name: str, other: str) -> Iterator[Step]:
    """The steps in the stories of another service that are about a case of this one."""
    for story in stories(other):
        applied: dict[str, str] = {}
        for step in story.steps:
            applied.setdefault(step.whose, step.applies or "")
            if step.whose and applied[step.whose] == name:
                yield step


@pytest.mark.parametrize("name", NAMES)
def test_every_action_and_every_end_is_in_some_story(name: str) -> None:
    service: Service = SERVICES[name]
    states = service.flow.states.values()
    steps = [step for story in stories(name) for step in story.steps]
    # What is about another service's case is often told in the stories of that one.
    steps += [step for other in NAMES if other != name for step in of_others(name, other)]
    reached = {step.expect.state for step in steps} | {story.expect.state for story in stories(name)}
    assert {action for state in states for action in state.actions} - {
        step.do for step in steps if not step.expect.errors
    } == set()
    assert {state.name for state in states if state.final} - reached == set()


def test_a_service_about_a_broken_one_says_so(tmp_path: Path) -> None:
    pack = shutil.copytree(FOLDER, tmp_path / "cookbook")
    owner = pack / "services" / "stall-licence" / "service.yaml"
    owner.write_text(owner.read_text("utf-8").replace("start: received", "start: recieved"), "utf-8")
    path = pack / "services" / "stall-renewal" / "service.yaml"
    path.write_text(path.read_text("utf-8").replace("service: stall-licence", "service: stall-license"), "utf-8")
    found = [p.message for p in checking.check(targets.one_pack([str(pack)], installed=pack)).errors]
    assert any("there is no service 'stall-license'; did you mean 'stall-licence'?" in said for said in found)
    assert any("the service 'stall-licence' has errors; mend them first" in said for said in found)


@pytest.mark.parametrize(
    ("name", "ways"),
    [
        ("garden-plot-ballot", [["entered", "offered", "yours"]]),
        ("building-works", [["received", "on-show", "heard", "permitted"]]),
        ("storm-damage-claim", [["received", "decided", "closing", "paid"],
                                ["received", "decided", "appealed", "overturned"]]),
    ],
)  # fmt: skip
def test_a_service_tells_the_way_to_each_end_that_is_no_refusal(name: str, ways: list[list[str]]) -> None:
    flow = SERVICES[name].flow
    assert list(rules.ways_to_good_ends(flow, flow.start)) == ways


def test_a_fee_that_is_charged_later_names_the_stages_that_owe_it() -> None:
    assert SERVICES["hall-hire"].charged == {"damage": ("owing",)}
    assert SERVICES["stall-licence"].charged == {}


def test_a_service_tells_the_stages_to_which_only_some_come() -> None:
    flow = SERVICES["stall-change"].flow
    taken = next(rules.ways_to_good_ends(flow, flow.start))
    found = {name: [through for _, through in ways] for name, ways in rules.detours(flow, taken).items()}
    assert found == {"received": [["reviewing"]]}


def test_what_was_handed_in_decides_on_the_stages_to_come() -> None:
    flow = SERVICES["summer-camp"].flow
    (been_before, _) = flow.states["entered"].next

    def coming(*, been: bool) -> list[str]:
        def truth(way: Any) -> bool | None:
            return been if way is been_before else None

        return [one.state for one in rules.milestones(flow, [("entered", date(2027, 2, 1))], truth)]

    assert coming(been=True)[1] == "all-children"
    assert coming(been=False)[1] == "first-timers"
