"""A person's place in a line on their page: their own number, how many are before, what is left; and the choice."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.journeys.turns import TURNS, applied, choose
from tests.small import AT, published
from tests.web.test_entries import html
from tests.web.test_fees import signed_in

from praya.blocks.cases import api as cases
from praya.journey import jobs, load
from praya.kernel import clock
from praya.kernel.crypto import vault


@pytest.fixture
def three(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[cases.Case]]:
    monkeypatch.setattr(clock, "now", lambda: AT)
    service = published(TURNS)
    yield [applied(service, number) for number in range(3)]
    load.forget()
    vault.reset_memory()


WORDS = {
    "en": (
        "Your place in the line", "Given when the line begins", "Waiting before you", "The number whose turn it is",
        "3 of 3 left",
    ),
    "zh-hant": ("輪候次序", "於開始輪候時編定", "在你之前的輪候人數", "現時輪到的號碼", "尚餘 3 個，共 3 個"),
    "zh-hans": ("轮候次序", "于开始轮候时编定", "在你之前的轮候人数", "现时轮到的号码", "尚余 3 个，共 3 个"),
}  # fmt: skip


def page(case: cases.Case, monkeypatch: pytest.MonkeyPatch, lang: str = "en", rest: str = "", **post: Any) -> str:
    client = signed_in(monkeypatch, person_ref=case.person_ref)
    address = f"/{lang}/cases/{case.ref}{rest}"
    return html(client.post(address, post) if post else client.get(address))


@pytest.mark.parametrize("language", WORDS)
def test_everybody_reads_their_own_number_and_nobody_s_name(
    three: list[cases.Case], monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    title, later, before, now, left = WORDS[language]
    for word in (title, later, left):
        assert word in page(three[2], monkeypatch, language)
    jobs.call_lines(at=AT)
    shown = page(three[2], monkeypatch, language)
    for word in (title, before, now, left):
        assert word in shown
    assert later not in shown
    assert all(one.ref not in shown for one in three[:2])
    turn = page(three[0], monkeypatch, language)
    assert title in turn
    assert before not in turn


def test_the_page_offers_what_is_left_and_tells_who_was_quicker(
    three: list[cases.Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.call_lines(at=AT)
    choose(three[0].ref, "r1")
    jobs.call_lines(at=AT)
    shown = page(three[1], monkeypatch, rest="/do/choose")
    assert "Room 2" in shown
    assert "Room 1" not in shown
    refused = page(three[1], monkeypatch, rest="/do/choose", room="r1", once="a")
    assert "“Room 1” has been taken by somebody else" in refused
    assert cases.case(three[1].ref).state == "choosing"
    page(three[1], monkeypatch, rest="/do/choose", room="r2", once="b")
    assert cases.case(three[1].ref).state == "chosen"
    assert "Your place in the line" not in page(three[1], monkeypatch)
