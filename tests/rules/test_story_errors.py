"""What a story may expect of errors: each type of question has its codes, and a hint names one of them."""

import ast
import inspect
from pathlib import Path
from typing import get_args

import pytest
from tests.read_packs import pack_in
from tests.small import GRANT, service

from praya.definition.questions import MESSAGES, OF_EVERY_TYPE, AnyQuestion, Question
from praya.definition.source import Broken
from praya.project.designing.stories import read_story

PACK = pack_in(Path(__file__).resolve().parents[2] / "packs" / "hongkong")
TYPES: tuple[type[Question], ...] = get_args(get_args(AnyQuestion)[0])
ASKED = """\
      - phone: {type: phone, label: {en: Telephone, zh-hant: 電話}}
      - home: {type: address, label: {en: Home, zh-hant: 住址}}
      - dogs:
          type: repeat
          item: {en: Dog, zh-hant: 狗隻}
          label: {en: Dogs, zh-hant: 狗隻}
          questions: [{chip: {type: number, label: {en: Chip, zh-hant: 晶片}}}]
flow:
"""


def refused_in(kind: type[Question]) -> set[str]:
    """The codes that stand in the source of a type: in what it refuses and what it cannot read."""
    tree = ast.parse(inspect.getsource(kind))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [
        call for call in calls if getattr(call.func, "attr", getattr(call.func, "id", "")) in {"refuse", "Unreadable"}
    ]
    constants = [one.value for call in named for one in call.args if isinstance(one, ast.Constant)]
    return {code for code in constants if code in MESSAGES}


@pytest.mark.parametrize("kind", TYPES)
def test_a_type_names_each_code_by_which_it_refuses(kind: type[Question]) -> None:
    assert refused_in(kind) <= {*kind.codes, *OF_EVERY_TYPE}
    assert set(kind.codes) <= set(MESSAGES)


def test_each_code_is_one_of_some_type() -> None:
    codes = {code for kind in TYPES for code in kind.codes} | {*OF_EVERY_TYPE}
    assert {code for code in set(MESSAGES) - codes if not code.startswith("missing_")} == set()


@pytest.mark.parametrize(
    ("where", "code", "said"),
    [
        (
            "phone",
            "wrong_country",
            "(known: control_character, missing, not_a_phone, phone_extension, rule, unknown_answer,",
        ),
        ("home-country", "no_county", "did you mean 'no_country'?"),
        ("dogs.0.chip", "not_number", "did you mean 'not_a_number'?"),
        ("limits", "LimitReachd", "did you mean 'LimitReached'?"),
    ],
)
def test_a_hint_is_a_code_of_what_is_meant(tmp_path: Path, where: str, code: str, said: str) -> None:
    found = service(PACK, GRANT.replace("flow:\n", ASKED, 1))
    path = tmp_path / "one.yaml"
    path.write_text(
        f"example: One\nstarts: 2026-01-05T10:00:00+08:00\nanswers: {{}}\nexpect: {{errors: {{{where}: {code}}}}}\n"
    )
    with pytest.raises(Broken) as broken:
        read_story(path, found, PACK)
    (problem,) = broken.value.problems
    assert f"there is no error '{code}'" in problem.message
    assert said in problem.message, problem.message
    if where == "phone":
        assert "did you mean" not in problem.message
