"""Made-up answers: each type of question takes the one that is made up for it."""

from datetime import date
from pathlib import Path

import pytest

from praya.definition.load import load_pack, load_service
from praya.definition.questions import Asking, FileQuestion
from praya.definition.source import read_text
from praya.definition.writing import example_yaml
from praya.journey import samples

ROOT = Path(__file__).resolve().parents[2]
PACK = load_pack(ROOT / "packs" / "hongkong")
SERVICES = [load_service(path.parent, PACK) for path in sorted(ROOT.glob("packs/hongkong/services/*/service.yaml"))]
ASKED = [
    pytest.param(q, id=f"{s.service}-{q.name}") for s in SERVICES for q in s.all_questions() if not q.rules
    if not isinstance(q, FileQuestion)
]  # fmt: skip
CONTEXT = {"today": date(2026, 11, 22), "answers": {}, "parameters": {}, "conditions": {}}


@pytest.mark.parametrize("question", ASKED)
def test_a_made_up_answer_is_one_that_the_question_takes(question) -> None:
    asking = Asking(date(2026, 11, 22), CONTEXT)
    value = samples.answer(question, lambda _: asking)
    assert value is not None
    assert list(question.refusals(value, question.name, asking)) == []


def test_what_is_written_as_yaml_is_read_back_the_same() -> None:
    story = {
        "example": "Somebody: applies",
        "starts": "2026-03-02T10:00:00+08:00",
        "answers": {"phone": "+85251234567", "day": "2026-03-01", "no": "no", "n": 3, "ok": True, "e": "",
                    "list": [{"a": 1}, {"a": "01"}], "long": "x " * 90},
        "steps": [{"after": "2 days", "by": "officer", "do": "refuse", "reason": "No: not today"}],
    }  # fmt: skip
    assert read_text(example_yaml(story).encode(), "x").data == story
