"""Generated answers: each type of question accepts the answer that is generated for it."""

from datetime import date
from pathlib import Path

import pytest
from tests.read_packs import pack_in

from praya.definition.example_file import example_yaml
from praya.definition.load import load_service
from praya.definition.questions import Asking, FileQuestion
from praya.definition.source import read_text
from praya.journey import samples

ROOT = Path(__file__).resolve().parents[2]
PACK = pack_in(ROOT / "packs" / "hongkong")
SERVICES = sorted(ROOT.glob("packs/hongkong/services/*"))
CONTEXT = {"today": date(2026, 11, 22), "answers": {}, "parameters": {}, "conditions": {}}


@pytest.mark.parametrize("folder", SERVICES, ids=lambda folder: folder.name)
def test_a_made_up_answer_is_one_that_its_question_takes(folder: Path) -> None:
    asking = Asking(date(2026, 11, 22), CONTEXT)
    questions = load_service(folder, PACK).all_questions()
    asked = [q for q in questions if not q.rules and not isinstance(q, FileQuestion) and q.type_name != "derived"]
    asked = [q for q in asked if not getattr(q, "depends", False)]  # what they offer depends on other answers
    values = {question.name: samples.answer(question, lambda _: asking) for question in asked}
    assert values
    assert None not in values.values()
    refused = {q.name: list(q.refusals(values[q.name], q.name, asking)) for q in asked}
    assert {name: why for name, why in refused.items() if why} == {}


def test_what_is_written_as_yaml_is_read_back_the_same() -> None:
    story = {
        "example": "Somebody: applies",
        "starts": "2026-03-02T10:00:00+08:00",
        "answers": {"phone": "+85251234567", "day": "2026-03-01", "no": "no", "n": 3, "ok": True, "e": "",
                    "list": [{"a": 1}, {"a": "01"}], "long": "x " * 90},
        "steps": [{"after": "2 days", "by": "officer", "do": "refuse", "reason": "No: not today"}],
    }  # fmt: skip
    assert read_text(example_yaml(story).encode(), "x").data == story
