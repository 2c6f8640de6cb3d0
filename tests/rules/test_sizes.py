"""The size of a submitted page: the server accepts everything that a page allows."""

import pytest
from tests.small import GRANT, problems

from praya.definition import sizes
from praya.journey import load
from praya.project import config
from praya.project.refusal import Refused

NAME = "      - applicant_name: {type: text, label: {en: Your name, zh-hant: 姓名}}\n"
REPEAT = """\
      - rows:
          type: repeat
          max: %d
          item: {en: Row, zh-hant: 列}
          label: {en: Rows, zh-hant: 列}
          questions:
"""
INNER = "            - cell_%d: {type: %s, label: {en: Cell, zh-hant: 格}}\n"
FILES = "      - proof: {type: file, accept: [pdf], max_files: %d, max_mb: %d, label: {en: Proof, zh-hant: 證明}}\n"


def rows(items: int, questions: int, kind: str) -> str:
    return REPEAT % items + "".join(INNER % (number, kind) for number in range(questions))


@pytest.mark.parametrize(
    ("page", "says"),
    [
        (rows(100, 12, "text"), ""),
        (rows(100, 40, "'long-text', max_length: 20000"), "80,000,200 characters"),
        (rows(100, 60, "date"), "24,004 fields"),
        (FILES % (10, 10), ""),
        (FILES % (20, 6), "120 MB of files"),
    ],
    ids=["many rows", "long texts", "many fields", "files", "too many MB"],
)
def test_a_page_that_could_not_be_sent_is_not_published(page: str, says: str) -> None:
    found = [
        problem for problem in problems(load.pack(), GRANT.replace(NAME, NAME + page)) if "when it is sent" in problem
    ]
    assert [says in problem for problem in found] == ([True] if says else [])


def test_the_server_takes_what_a_page_allows() -> None:
    fields = config.Configuration.model_fields
    assert fields["upload_max_mb"].default >= sizes.MOST_MEGABYTES
    assert fields["request_max_kb"].default * 1024 >= sizes.BYTES


@pytest.mark.parametrize(("name", "less"), [("PRAYA_UPLOAD_MAX_MB", "99"), ("PRAYA_REQUEST_MAX_KB", "1024")])
def test_no_installation_takes_less(monkeypatch: pytest.MonkeyPatch, name: str, less: str) -> None:
    monkeypatch.setenv(name, less)
    with pytest.raises(Refused, match=name):
        config.load()
