"""Sums that an action works out, on the pages of the desk and of the person who applied."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from tests.awards import ANSWERS, AWARD
from tests.small import AT, player, published
from tests.web.test_desk import hidden, words
from tests.web.test_desk_reviews import officer

from praya.blocks.cases import api as cases
from praya.blocks.tokens import api as access
from praya.journey import load
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.web.preview import record

HOW = {
    "en": ("How this was worked out", "Award HK$250", "Calculation: 5 × 100 × 0.5 = 250", "Approved days: 5",
           "Rate of a day: HK$100 since 1 January 2025", "Share that is paid: Half of it"),
    "zh-hant": ("如何計算", "補助額 250元", "算式： 5 × 100 × 0.5 = 250", "核准日數： 5",
                "每日金額： 100元 自2025年1月1日起", "發放比例： 半數"),
}  # fmt: skip
FOUND = {"en": "What was worked out Award HK$250", "zh-hant": "計算結果 補助額 250元"}
ZERO = AWARD.replace("findings.days * parameters.rate * decisions.share", "100 / (findings.days - 5)", 1)


@pytest.fixture(autouse=True)
def anew(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(clock, "now", lambda: AT)
    yield
    load.forget()
    vault.reset_memory()


def case(text: str = AWARD) -> str:
    return player(published(text), answers=ANSWERS)().case.ref


def resident(ref: str) -> Client:
    client = Client()
    session = client.session
    session["person"] = cases.case(ref).person_ref
    session["begun"] = session["seen"] = int(AT.timestamp())
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def filled(client: Client, address: str, **more: Any) -> dict[str, Any]:
    page = client.get(address).content.decode()
    return {"revision": hidden(page, "revision"), "once": hidden(page, "once"), "_asked": ["days"], **more}


def test_an_officer_sees_what_it_comes_to_before_and_after_deciding() -> None:
    ref, client = case(), officer("anna")
    address = f"/en/desk/cases/{ref}/do/decide"
    assert "HK$" not in words(client.get(address).content.decode())
    # What a browser says that the sum is counts for nothing.
    shown = client.post(address, filled(client, address, days="5", award="HK$9", **{"work-out": "1"}))
    assert shown.status_code == 200
    page = words(shown.content.decode())
    assert "Award HK$250" in page
    assert "HK$9" not in page
    assert 'value="5"' in shown.content.decode()
    assert cases.case(ref).state == "received"
    done = client.post(address, filled(client, address, days="5", award="HK$9"))
    assert done["Location"] == f"/en/desk/cases/{ref}?done=decide"
    assert cases.content(ref).findings["award"] == 250
    for lang, said in HOW.items():
        page = words(client.get(f"/{lang}/desk/cases/{ref}").content.decode())
        assert [one for one in said if one not in page] == [], page
    assert "Award of a week HK$350" in words(client.get(f"/en/desk/cases/{ref}").content.decode())


@pytest.mark.parametrize("lang", list(HOW))
def test_whoever_applied_reads_it_with_how_it_was_worked_out(lang: str) -> None:
    ref = case()
    before = words(resident(ref).get(f"/{lang}/cases/{ref}").content.decode())
    assert HOW[lang][0] not in before
    client, address = officer("anna"), f"/en/desk/cases/{ref}/do/decide"
    client.post(address, filled(client, address, days="5"))
    page = words(resident(ref).get(f"/{lang}/cases/{ref}").content.decode())
    assert FOUND[lang] in page
    assert [one for one in HOW[lang] if one not in page] == [], page
    # The other sum is the officers' own.
    assert "HK$350" not in page


SHOWN = AWARD.replace("- days: {type", "- days: {shown_to_applicant: true, type")
RECORDED = {
    "en": ("What the department recorded Approved days 5", "The applicant can read your answer to: Approved days"),
    "zh-hant": ("部門的記錄 核准日數 5", "申請人可查閱以下答案： 核准日數"),
}


@pytest.mark.parametrize("lang", list(RECORDED))
@pytest.mark.parametrize("text", [SHOWN, AWARD], ids=["shown", "not"])
def test_what_an_officer_recorded_is_shown_to_the_applicant_where_the_definition_says_so(lang: str, text: str) -> None:
    (recorded, told), is_shown = RECORDED[lang], text == SHOWN
    ref, client = case(text), officer("anna")
    address = f"/{lang}/desk/cases/{ref}/do/decide"
    assert (told in words(client.get(address).content.decode())) is is_shown
    assert recorded not in words(resident(ref).get(f"/{lang}/cases/{ref}").content.decode())
    client.post(address, filled(client, address, days="5"))
    page = words(resident(ref).get(f"/{lang}/cases/{ref}").content.decode())
    assert (recorded in page) is is_shown, page


def test_a_machine_is_told_how_it_was_worked_out_as_the_person_is() -> None:
    ref = case()
    client, address = officer("anna"), f"/en/desk/cases/{ref}/do/decide"
    client.post(address, filled(client, address, days="5"))
    secret = access.issue(
        name="machine", department="dh", scopes=access.known_scopes(), expires_at=None, at=AT, by="operator"
    ).secret  # fmt: skip
    found = Client().get(f"/api/v1/applications/{ref}", HTTP_AUTHORIZATION=f"Bearer {secret}").json()
    (award,) = found["explanation"]
    assert (award["words"], award["value"]) == ("Award", "HK$250")
    assert {"words": "Calculation", "value": "5 × 100 × 0.5 = 250", "law": "", "within": []} in award["within"]


@pytest.mark.parametrize(("lang", "said"), [
    ("en", "“Award” cannot be worked out from what you filled in"), ("zh-hant", "系統未能按所填資料計算「補助額」"),
])  # fmt: skip
def test_what_cannot_be_worked_out_is_said_and_what_was_typed_is_kept(lang: str, said: str) -> None:
    ref, client = case(ZERO), officer("anna")
    address = f"/{lang}/desk/cases/{ref}/do/decide"
    shown = client.post(address, filled(client, address, days="5"))
    assert shown.status_code == 422
    assert said in words(shown.content.decode())
    assert 'value="5"' in shown.content.decode()
    assert cases.case(ref).state == "received"
    assert client.post(address, filled(client, address, days="6")).status_code == 302


def test_what_is_recorded_is_what_was_given() -> None:
    ref, client = case(), officer("anna")
    address = f"/en/desk/cases/{ref}/do/decide"
    client.post(address, filled(client, address, days="5"))
    (step,) = record._of_case(ref, load.pack(), {})["steps"]
    assert step == {"by": "officer", "do": "decide", "answers": {"days": 5}}


def test_an_applicant_sees_what_comes_of_their_own_answers_too() -> None:
    ref = case(AWARD.replace("          to: decided\n", "          by: applicant\n          to: decided\n", 1))
    client, address = resident(ref), f"/en/cases/{ref}/do/decide"
    assert "Work it out" in words(client.get(address).content.decode())
    page = words(client.post(address, {"_asked": ["days"], "days": "5", "work-out": "1"}).content.decode())
    assert "Award HK$250" in page
    assert cases.case(ref).state == "received"
    client.post(address, {"_asked": ["days"], "days": "5", "once": "a" * 32})
    assert cases.content(ref).findings["award"] == 250
