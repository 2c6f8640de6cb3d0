"""What is worked out, on the pages: derived answers, how they came about, and what is left of a limit."""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from praya.blocks.cases import api as cases
from praya.blocks.forms import api as forms
from praya.blocks.identity import api as identity
from praya.definition.load import load_service
from praya.definition.service import Service
from praya.journey import application_steps, load, version_choice
from praya.kernel import clock
from praya.kernel.crypto import vault
from praya.web import rate_limits

AT = datetime(2025, 4, 2, 2, tzinfo=UTC)
FOLDER = Path(__file__).parents[1] / "services" / "fuel-subsidy"
HOUSEHOLD = {
    "members.count": "1", "members.0.born-day": "1", "members.0.born-month": "5", "members.0.born-year": "1980",
    "members.0.incomes.count": "1", "members.0.incomes.0.amount": "10000",
    "_asked": ["members", "members.0.born", "members.0.incomes", "members.0.incomes.0.amount"],
}  # fmt: skip
VEHICLE = {"vehicle": "AB1234", "litres": "100", "_asked": ["vehicle", "litres"]}


@pytest.fixture
def service(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    monkeypatch.setattr(clock, "now", lambda: AT)
    rate_limits._limiter.cache_clear()
    load.publish(load_service(FOLDER, load.pack()), at=AT, by="system")
    load.forget()
    yield load.compiled("fuel-subsidy", 1)
    load.forget()
    vault.reset_memory()


def signed_in(person: identity.Person) -> Client:
    client = Client()
    session = client.session
    session["person"] = person.ref
    session["begun"] = session["seen"] = int(AT.timestamp())
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def begun(service: Service) -> tuple[Client, str, identity.Person]:
    person = identity.enrol(email="p@example.com", name=None, language="en", at=AT)
    draft = version_choice.begin(service=service, person_ref=person.ref, language="en", at=AT)
    return signed_in(person), f"/en/apply/{draft.ref}", person


def shown(page: Any) -> str:
    text = re.sub(r"<[^>]+>", " ", page.content.decode())
    return " ".join(html.unescape(text).split())


def test_what_is_worked_out_is_shown_explained_and_never_taken(service: Service) -> None:
    client, base, person = begun(service)
    assert "Worked out from your other answers" in shown(client.get(f"{base}/household"))
    client.post(f"{base}/household", {**HOUSEHOLD, "total_income": "1"})
    assert "Income of the household a month HK$10,000" in shown(client.get(f"{base}/household"))
    client.post(f"{base}/vehicle", {**VEHICLE, "subsidy": "99999"})
    draft = forms.draft(base.rsplit("/", 1)[1], person_ref=person.ref)
    assert not {"subsidy", "total_income"} & set(draft.answers)
    check = shown(client.get(f"{base}/check"))
    assert "Subsidy HK$150" in check
    assert "How this was worked out" in check
    assert "Calculation: 100 × 3 × 0.5 = 150" in check
    assert "Schedule 1 as amended (demonstration) · since 1 April 2025" in check
    chinese = shown(client.get(base.replace("/en/", "/zh-hant/") + "/check"))
    assert "如何計算" in chinese
    assert "經修訂的附表 1（示範） · 自2025年4月1日起" in chinese
    client.post(f"{base}/check", {})
    (case,) = cases.of_person(person.ref)
    assert cases.content(case.ref).answers["subsidy"] == 150
    for address in (f"/en/cases/{case.ref}/submitted", f"/en/cases/{case.ref}"):
        assert "How this was worked out" in shown(client.get(address)), address


def test_a_refusal_says_on_what_it_rests(service: Service) -> None:
    client, base, _ = begun(service)
    response = client.post(f"{base}/household", {**HOUSEHOLD, "members.0.incomes.0.amount": "30000"})
    assert response["Location"] == f"{base}/stop"
    page = shown(client.get(f"{base}/stop"))
    assert "What this rests on" in page
    assert "Level of subsidy" in page
    assert "No subsidy" in page
    assert "Schedule 3 (demonstration)" in page


def test_whoever_is_shut_out_is_told_so_before_the_rest_is_asked_or_mended(service: Service) -> None:
    client, base, _ = begun(service)
    # The second income is wrong, so the household's is not known yet and nothing is refused for it.
    two = {
        **HOUSEHOLD, "members.0.incomes.count": "2", "members.0.incomes.0.amount": "30000",
        "members.0.incomes.1.amount": "much", "_asked": [*HOUSEHOLD["_asked"], "members.0.incomes.1.amount"],
    }  # fmt: skip
    assert client.post(f"{base}/household", two).status_code == 200
    assert client.get(f"{base}/stop")["Location"] == f"{base}/household"
    client.post(f"{base}/household", {**HOUSEHOLD, "members.0.incomes.0.amount": "30000"})
    # Whoever comes back is told it again, and may change what it rests on.
    assert client.get("/en/services/fuel-subsidy/apply")["Location"] == f"{base}/stop"
    assert client.post(f"{base}/household", HOUSEHOLD)["Location"] == f"{base}/vehicle"


@pytest.mark.parametrize(("lang", "left"), [
    ("en", "AB1234 has 50 of 200 litres left this month. Left: 50 of 200"),
    ("zh-hant", "AB1234 本月尚餘 50 公升（上限 200 公升）。 餘額：50（上限 200）"),
    ("zh-hans", "AB1234 本月尚余 50 公升（上限 200 公升）。 余额：50（上限 200）"),
])  # fmt: skip
def test_whoever_asks_for_more_than_is_left_is_told_what_is_left(service: Service, lang: str, left: str) -> None:
    other = identity.enrol(email="o@example.com", name=None, language="en", at=AT)
    application_steps.apply_at_once(
        service, person=other, language="en", files={}, seats=[], once_key="o", at=AT,
        answers={
            "members": [{"born": "1980-05-01", "incomes": [{"amount": 1000}]}], "vehicle": "AB1234", "litres": 150
        },
    )  # fmt: skip
    client, base, person = begun(service)
    client.post(f"{base}/household", HOUSEHOLD)
    assert client.post(f"{base}/vehicle", VEHICLE)["Location"] == f"{base}/stop"
    stop = base.replace("/en/", f"/{lang}/") + "/stop"
    assert left in shown(client.get(stop))
    # Whoever insists is told the same, and has taken nothing.
    assert client.post(f"{base}/check", {})["Location"] == f"{base}/stop"
    assert cases.of_person(person.ref) == []
    assert client.post(f"{base}/vehicle", {**VEHICLE, "litres": "50"})["Location"] == f"{base}/check"
    client.post(f"{base}/check", {})
    assert len(cases.of_person(person.ref)) == 1
