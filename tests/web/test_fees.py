"""What became of fees and deposits, on the page of the service, of the case, on the desk and over the API."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from tests import small_services
from tests.journeys import test_grants
from tests.journeys.test_fees import AT, HIRE, IN_PART, do, opened
from tests.small import FAILING, GRANT, published
from tests.web.test_entries import html

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.blocks.tokens import api as access
from praya.journey import load
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.kernel.rounds import FAILED
from praya.web import who
from praya.web.api.application_schemas import fee_schemas


@pytest.fixture
def case(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[cases.Case]:
    monkeypatch.setattr(clock, "now", lambda: AT)
    yield opened(small_services.published(small_services.service("hall-hire", "HH", HIRE)))
    load.forget()
    vault.reset_memory()


def signed_in(monkeypatch: pytest.MonkeyPatch, **session: Any) -> Client:
    whole = {"level": identity.CODE_LEVEL, **session}
    monkeypatch.setattr(who, "session", lambda _: who.Session(**whole))
    return Client()


def officer_of(department: str) -> identity.Officer:
    roles = frozenset({identity.Role(department, "officer")})
    return identity.add_officer(name="Officer Sample", email="o@example.com", roles=roles, at=AT, by="system")


WORDS = {
    "en": ("Deposit", "To pay", "You still have to pay HK$800", "Forfeited", "(given back if all is in order)"),
    "zh-hant": ("按金", "待繳", "尚須繳付 800元", "已沒收", "（如一切妥當，將予退還）"),
    "zh-hans": ("按金", "待缴", "尚须缴付 800元", "已没收", "（如一切妥当，将予退还）"),
}


@pytest.mark.parametrize("language", WORDS)
def test_resident_and_officer_see_what_is_owed_and_what_became_of_it(
    case: cases.Case, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    deposit, owed, still, forfeited, mark = WORDS[language]
    service = html(Client().get(f"/{language}/services/hall-hire"))
    assert mark in service
    assert {"en": "only where it applies, at the stage", "zh-hant": "只在適用時", "zh-hans": "只在适用时"}[
        language
    ] in service
    resident = signed_in(monkeypatch, person_ref=case.person_ref)
    page = html(resident.get(f"/{language}/cases/{case.ref}"))
    for words in (deposit, owed, still, "HK$500" if language == "en" else "500元"):
        assert words in page, words
    do(do(case, "mark-paid"), "damaged", damage=800)
    page = re.sub(r"<[^>]+>", " ", html(resident.get(f"/{language}/cases/{case.ref}")))
    assert forfeited in page
    assert still in page
    officer = officer_of("fehd")
    desk = signed_in(monkeypatch, officer_ref=officer.ref, epoch=officer.epoch)
    assert forfeited in html(desk.get(f"/{language}/desk/cases/{case.ref}"))


GRANT_SAID = {
    "en": ("Money for you", "Money for the applicant", "To be paid out", "HK$100 came back, HK$300 kept"),
    "zh-hant": ("發放給你的款項", "發放給申請人的款項", "待發放", "已收回 100元，保留 300元"),
    "zh-hans": ("发放给你的款项", "发放给申请人的款项", "待发放", "已收回 100元，保留 300元"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("language", GRANT_SAID)
def test_money_that_a_person_gets_stands_apart_from_what_is_owed(
    monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    to_you, to_applicant, promised, came_back = GRANT_SAID[language]
    monkeypatch.setattr(clock, "now", lambda: AT)
    case = test_grants.do(test_grants.opened(test_grants.published()), "award")
    service = html(Client().get(f"/{language}/services/film-grant"))
    assert to_you in service
    officer = officer_of("fehd")
    desk = signed_in(monkeypatch, officer_ref=officer.ref, epoch=officer.epoch)
    at_desk = html(desk.get(f"/{language}/desk/cases/{case.ref}"))
    assert to_applicant in at_desk
    assert promised in at_desk
    resident = signed_in(monkeypatch, person_ref=case.person_ref)
    page = html(resident.get(f"/{language}/cases/{case.ref}"))
    # The fee of 50 is owed; the grant of 400 stands under its own heading, behind it.
    fees, grants = page.split(f"<h2>{to_you}</h2>")
    assert ("HK$400" if language == "en" else "400元") not in fees
    assert promised in grants
    case = test_grants.do(test_grants.do(case, "pay"), "accept", accepted=300)
    test_grants.do(case, "came-back")
    assert came_back in html(resident.get(f"/{language}/cases/{case.ref}"))
    (said,) = [one for one in fee_schemas(cases.fees(case.ref), "HKD") if one.kind == "grant"]
    assert (said.state, said.amount, said.returned) == ("returned", "400.00", "100.00")
    load.forget()
    vault.reset_memory()


IN_PART_SAID = {
    "en": "HK$379.50 given back, HK$120.50 kept",
    "zh-hant": "已退還 379.50元，扣除 120.50元",
    "zh-hans": "已退还 379.50元，扣除 120.50元",
}


@pytest.mark.django_db
def test_pages_and_the_api_say_how_much_was_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    case = opened(small_services.published(small_services.service("hall-hire", "HH", IN_PART)))
    case = do(do(case, "mark-paid"), "damaged", damage=120.5)
    officer = officer_of("fehd")
    desk = signed_in(monkeypatch, officer_ref=officer.ref, epoch=officer.epoch)
    pages = {language: html(desk.get(f"/{language}/desk/cases/{case.ref}")) for language in IN_PART_SAID}
    resident = signed_in(monkeypatch, person_ref=case.person_ref)
    for language, said in IN_PART_SAID.items():
        assert said in pages[language]
        assert said in html(resident.get(f"/{language}/cases/{case.ref}"))
    fees = {fee.name: fee for fee in fee_schemas(cases.fees(case.ref), "HKD")}
    assert (fees["deposit"].amount, fees["deposit"].returned, fees["hire"].returned) == ("500.00", "379.50", "0.00")
    load.forget()
    vault.reset_memory()


@pytest.mark.django_db
@pytest.mark.parametrize("charge", ["", "      charge: [broken]\n"])
def test_what_cannot_be_charged_is_said_and_nothing_is_lost(monkeypatch: pytest.MonkeyPatch, charge: str) -> None:
    """The fee of an application, or of the state in which it begins, cannot be worked out."""
    monkeypatch.setattr(clock, "now", lambda: AT)
    text = GRANT.replace("form:\n", FAILING, 1).replace("    received:\n", f"    received:\n{charge}", 1)
    published(text)
    person = identity.enrol(email="resident@example.com", name=None, language="en", at=AT)
    client = signed_in(monkeypatch, person_ref=person.ref)
    base = client.get("/en/services/small-grant/apply")["Location"].rpartition("/")[0]
    client.post(f"{base}/about-you", {"_asked": "applicant_name", "applicant_name": "Chan"})
    before = FAILED.labels("act")._value.get()
    sent = client.post(f"{base}/check", follow=True)
    assert sent.status_code == 200
    assert "nothing was sent" in html(sent)
    assert "Chan" in html(sent)
    assert FAILED.labels("act")._value.get() > before
    assert cases.of_person(person.ref) == []
    assert [draft.answers for draft in forms.drafts(person.ref)] == [{"applicant_name": "Chan"}]
    secret = access.issue(
        name="machine", department="dh", scopes=access.known_scopes(), expires_at=None, at=AT, by="operator"
    ).secret  # fmt: skip
    machine = Client(headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": "one"})
    body = {"applicant": {"email": "other@example.com", "language": "en"}, "answers": {"applicant_name": "Ho"}}
    for _ in range(2):
        refused = machine.post("/api/v1/services/small-grant/applications", body, content_type="application/json")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_carried_out")
    looked = machine.post(
        "/api/v1/services/small-grant/check", {"answers": body["answers"]}, content_type="application/json"
    )
    assert looked.status_code == (200 if charge else 409)
    other = identity.find(email="other@example.com")
    assert other is None or cases.of_person(other.ref) == []
    load.forget()
    vault.reset_memory()
