"""What became of fees and deposits, on the page of the service, of the case, on the desk and over the API."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from tests import made
from tests.journeys.test_fees import AT, HIRE, do, opened
from tests.web.test_entries import html

from praya.blocks.cases import api as cases
from praya.blocks.identity import api as identity
from praya.journey import load
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.web import who


@pytest.fixture
def case(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[cases.Case]:
    monkeypatch.setattr(clock, "now", lambda: AT)
    yield opened(made.published(made.service("hall-hire", "HH", HIRE)))
    load.forget()
    vault.reset_memory()


def signed_in(monkeypatch: pytest.MonkeyPatch, **session: Any) -> Client:
    monkeypatch.setattr(who, "session", lambda _: who.Session(**session))
    return Client()


WORDS = {
    "en": ("Deposit", "To pay", "You still have to pay HK$800", "Forfeited", "(deposit)"),
    "zh-hant": ("按金", "待繳", "尚須繳付 HK$800", "已沒收", "（按金）"),
    "zh-hans": ("按金", "待缴", "尚须缴付 HK$800", "已没收", "（按金）"),
}


@pytest.mark.parametrize("language", WORDS)
def test_resident_and_officer_see_what_is_owed_and_what_became_of_it(
    case: cases.Case, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    deposit, owed, still, forfeited, mark = WORDS[language]
    service = html(Client().get(f"/{language}/services/hall-hire"))
    assert mark in service
    assert {"en": "later", "zh-hant": "稍後收取", "zh-hans": "稍后收取"}[language] in service
    resident = signed_in(monkeypatch, person_ref=case.person_ref)
    page = html(resident.get(f"/{language}/cases/{case.ref}"))
    for words in (deposit, owed, still, "HK$500"):
        assert words in page, words
    do(do(case, "mark-paid"), "damaged", damage=800)
    page = re.sub(r"<[^>]+>", " ", html(resident.get(f"/{language}/cases/{case.ref}")))
    assert forfeited in page
    assert still in page
    officer = identity.add_officer(
        name="Officer Sample",
        email="o@example.com",
        roles=frozenset({identity.Role("fehd", "officer")}),
        at=AT,
        by="system",
    )
    desk = signed_in(monkeypatch, officer_ref=officer.ref, epoch=officer.epoch)
    assert forfeited in html(desk.get(f"/{language}/desk/cases/{case.ref}"))
