"""What people read stands in the words.yaml files, not in Python; and no language is answered in Chinese by mistake."""

import ast
import re
from datetime import date
from pathlib import Path

import pytest

from praya.definition.own_words import WORDS
from praya.definition.questions import MESSAGES, clock_said, shown_date
from praya.journey import own_words as journey_words
from praya.journey.filled_texts import in_words, listed
from praya.kernel.text import LANGUAGES, speak

SRC = Path(__file__).parents[2] / "src/praya"
CHINESE = re.compile(r"[\u4e00-\u9ffe]")
ALLOWED = {
    # Reading of what people type.
    "definition/questions/dates.py": "the year, month and day of a date that is read",
    "definition/questions/typed.py": "the currency and the hour that are read",
    "kernel/money.py": "the unit that Chinese writes behind an amount",
    "kernel/reading.py": "letters that look alike",
    "kernel/text.py": "the conversion between scripts, and an example in two error messages",
    # The names of the languages, each in itself.
    "web/words.py": "the names of the languages",
    "project/settings.py": "the names of the languages",
    # Content of files that are generated.
    "journey/samples.py": "the name of an invented person",
    "project/commands/new_service.py": "a placeholder in the new file",
    "project/commands/new_system.py": "a placeholder in the new file",
    "project/reference/pages.py": "examples in the reference",
}


def _chinese_texts(source: str) -> list[str]:
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings
    ]
    return [text for text in texts if CHINESE.search(text)]


def test_no_chinese_stands_in_python() -> None:
    files = {str(path.relative_to(SRC)): path for path in SRC.rglob("*.py")}
    chinese = {name for name, path in files.items() if _chinese_texts(path.read_text())}
    # Each chapter holds the examples of its words for the reference.
    chinese = {name for name in chinese if not name.startswith("definition/chapters/")}
    assert chinese == set(ALLOWED)


@pytest.mark.parametrize("texts", [WORDS, MESSAGES, journey_words.WORDS], ids=["definition", "questions", "journey"])
def test_every_own_text_is_in_three_languages_with_the_same_parts(texts: dict[str, object]) -> None:
    for key, text in texts.items():
        assert text.words.keys() >= set(LANGUAGES), key
    names = {key: set(re.findall(r"\{(\w+)\}", text.in_("en"))) for key, text in texts.items()}
    # A Chinese date needs the month's number, an English one its name.
    free = {"date", "month_of_year", "files_one", "clock_morning_sharp", "clock_afternoon_sharp", "clock_noon_sharp"}
    for key, text in texts.items():
        for language in ("zh-hant", "zh-hans"):
            assert key in free or set(re.findall(r"\{(\w+)\}", text.in_(language))) == names[key], key


def test_a_language_without_words_gets_english_and_its_territorys_words_go_first() -> None:
    # The territory's first language is Chinese: Portuguese must not be answered in it.
    speak(("zh-hant", "pt", "ur", "en"), {"pt": {"definition.answer_yes": "Sim", "No": "Não"}})
    try:
        for language in ("pt", "ur"):
            texts = [text.in_(language) for group in (WORDS, MESSAGES, journey_words.WORDS) for text in group.values()]
            assert not [text for text in texts if CHINESE.search(text) or re.search("[、，：；（]", text)]
        assert [in_words(value, "pt") for value in (True, False)] == ["Sim", "Não"]
        assert [in_words(value, "ur") for value in (True, False)] == ["Yes", "No"]
        assert listed(["a", "b"], "ur") == "a, b"
        assert shown_date(date(2023, 1, 5), "pt") == "5 January 2023"
    finally:
        speak(LANGUAGES, {})


def test_dates_and_times_are_written_as_each_language_writes_them() -> None:
    day = date(2023, 1, 5)
    assert [shown_date(day, language) for language in LANGUAGES] == ["5 January 2023", "2023年1月5日", "2023年1月5日"]
    clocks = ["00:05", "09:00", "12:00", "12:30", "18:00"]
    assert [clock_said(clock, "en") for clock in clocks] == ["12:05am", "9:00am", "12:00pm", "12:30pm", "6:00pm"]
    assert [clock_said(c, "zh-hant") for c in clocks] == [
        "上午12時05分",
        "上午9時",
        "中午12時",
        "下午12時30分",
        "下午6時",
    ]
    assert clock_said("18:30", "zh-hans") == "下午6时30分"
