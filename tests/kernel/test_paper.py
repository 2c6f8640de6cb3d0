"""Documents as PDF: what has no lines, and what no font has."""

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pikepdf
import pytest
import typst
from tests.web.test_papers import read

from praya.kernel.paper import making
from praya.kernel.paper.making import GETA, NoFont, Paper

AT = datetime(2026, 3, 2, tzinfo=UTC)
SAID = "Something is left out."


def made(**parts: Any) -> tuple[str, int]:
    """The text of a document without its spaces, and how many characters are missing in it."""
    given = {"title": "Title", "language": "en", "department": "Department", "when_missing": SAID}
    document = making.make(Paper(**given | parts), at=AT)
    return read(document.data)[1].replace(" ", ""), document.missing


@pytest.mark.parametrize("lines", [[], [""], ["", ""], ["one", "", "two"]])
def test_a_row_may_have_no_lines(lines: list[str]) -> None:
    text, _ = made(rows=[("Question", lines), ("Next", ["answer"])])
    assert text.replace("1/1", "").endswith(f"Question{''.join(lines)}Nextanswer")


@pytest.mark.parametrize(("typed", "printed", "missing"), [
    ("a😀b🦄c", f"a{GETA}b{GETA}c", 2),
    ("room 1\ufe0f\u20e3 of 1", "room1of1", 2),  # a keycap: the digit stays
    ("\u0e01\u0e34\u0e19", GETA * 2, 3),  # Thai: consonant, vowel mark, consonant
    ("👨\u200d👩\u200d👧", GETA * 3, 3),  # joined by what nobody sees
    ("a\u0000b\u0007c", "abc", 0),
    ('\ufdfd "quoted" \\u{41} \\', f'{GETA}"quoted"\\u{{41}}\\', 1),
    ("\ufffe\ud7a4\U00010400", GETA * 3, 3),
    ("x" + GETA, "x" + GETA, 0),
])  # fmt: skip
def test_each_character_that_no_font_has_is_replaced_and_no_other(typed: str, printed: str, missing: int) -> None:
    text, count = made(paragraphs=[typed], title=f"T {typed}")
    said = SAID.replace(" ", "")
    assert text.replace(said, "").replace("1/1", "") == f"DepartmentT{printed}{printed}"
    assert count == missing
    assert (said in text) is bool(missing)


def test_the_sentence_of_what_is_missing_may_miss_a_character_too() -> None:
    assert made(paragraphs=["🦄"], when_missing="Not printed: 😀") == (
        f"DepartmentTitle{GETA}Notprinted:{GETA}1/1", 2
    )  # fmt: skip


def test_where_a_script_is_missing_no_document_is_made_and_the_problem_quotes_nothing() -> None:
    thai = "".join(map(chr, range(0x0E01, 0x0E2F)))
    with pytest.raises(NoFont) as problem:
        made(paragraphs=[thai])
    assert not set(thai) & set(str(problem.value))


def test_a_compiler_that_misses_the_same_again_and_again_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> bytes:
        problem = typst.TypstError("")
        problem.diagnostic = 'the text `"🦄"` could not be displayed with font `"None"`'
        raise problem

    monkeypatch.setattr(making, "_compiled", fails)
    with pytest.raises(NoFont):
        made()


def test_a_form_that_is_wrong_is_not_taken_for_a_missing_font() -> None:
    with pytest.raises(typst.TypstError, match="empty"):
        made(title="")


def test_documents_are_made_at_the_same_time_with_the_same_fonts() -> None:
    assert making._fonts() is making._fonts()
    papers = [Paper(title=f"號碼 {number}", language="zh-hant", department="D") for number in range(20)]
    with ThreadPoolExecutor(4) as pool:
        texts = [read(one.data)[1] for one in pool.map(lambda paper: making.make(paper, at=AT), papers)]
    assert [text.split("1 / 1")[0].replace(" ", "") for text in texts] == [
        read(making.make(paper, at=AT).data)[1].split("1 / 1")[0].replace(" ", "") for paper in papers
    ]
    assert pikepdf.open(io.BytesIO(making.make(papers[0], at=AT).data)).Root.MarkInfo.Marked
