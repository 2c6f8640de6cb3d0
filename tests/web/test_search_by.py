"""A register is searched by anybody by a whole value that is shown to nobody, and so many times a minute."""

import pytest
from django.test import Client
from tests import small_services
from tests.journeys.test_entries import person
from tests.web.test_entries import html

from praya.blocks.registers import api as registers
from praya.journey import load, register_facts
from praya.kernel import clock
from praya.web import rate_limits

AT = small_services.AT
DOGS = """
form:
  - page: dog
    questions:
      - name: {type: text, max_length: 60, label: {en: Name, zh-hant: 名字}}
      - chip: {type: text, max_length: 20, label: {en: Chip, zh-hant: 晶片號碼}}
registers:
  dogs:
    title: {en: Dogs, zh-hant: 狗隻}
    search_by: [chip]
    facts:
      name: {label: {en: Name, zh-hant: 名字}, value: answers.name}
      chip: {label: {en: Chip, zh-hant: 晶片號碼}, value: answers.chip, public: false}
flow: {start: kept, states: {kept: {label: {en: Kept, zh-hant: 已登記}, final: true, result: granted, register: dogs}}}
retention: {granted: 1 year}
"""
PAGE = "/en/registers/small-dogs/dogs"


@pytest.fixture
def dogs(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    service = small_services.published(small_services.service("small-dogs", "DG", DOGS)).services["small-dogs"]
    register = service.registers["dogs"]
    for number, name in enumerate(("Rex", "Bella")):
        facts = register_facts.written(register, service, {"name": name, "chip": f"HK 00{number}"})
        new = registers.NewEntry(
            service=service.service, register="dogs", case_ref="", holder_ref=person(name).ref, **facts,
            from_date=AT.date(), until_date=None, once_key=name, finding=register_facts.finding(register),
        )  # fmt: skip
        registers.enter(new, at=AT, by="system")
    load.forget()


def test_an_entry_is_found_by_its_whole_value_which_stands_nowhere(dogs: None) -> None:
    assert all(name in html(Client().get(PAGE)) for name in ("Rex", "Bella", "Find an entry by its Chip"))
    page = html(Client().post(PAGE, {"value": "hk 001"}))
    assert "Bella" in page
    assert "Rex" not in page
    assert "HK 001" not in page
    for value in ("HK 00", "HK 002", "Bella"):
        assert "No entry in force has it" in html(Client().post(PAGE, {"value": value}))


def test_so_many_tries_are_taken(dogs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rate_limits.RATES, "find_entry", "2/minute")
    client = Client(REMOTE_ADDR="192.0.2.77")
    assert [client.post(PAGE, {"value": "HK 001"}).status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    ("was", "now", "sentence"),
    [
        ("search_by: [chip]", "search_by: [chop]", "'chop'"),
        ("search_by: [chip]", "search_by: [name]", "'name' is shown to everybody"),
        ("title: {en: Dogs", "public: false\n    title: {en: Dogs", "the register is not public"),
        ("value: answers.chip,", "value: answers.chip, kind: number,", "which is soon guessed"),
    ],
)
def test_what_cannot_be_is_told(was: str, now: str, sentence: str) -> None:
    told = small_services.problems("small-dogs", "DG", DOGS.replace(was, now))
    assert any(sentence in one for one in told), told
