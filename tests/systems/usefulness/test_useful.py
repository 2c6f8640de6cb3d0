"""Was this useful? Counted by service and month, told to the owner, and nothing of who said it is kept."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from tests.small import AT
from tests.web.test_fees import signed_in

from praya.blocks.identity import api as identity
from praya.blocks.notices import store
from praya.blocks.notices.models import DeliveryRow
from praya.journey import load
from praya.kernel.text import LANGUAGES
from praya.systems.usefulness import api as usefulness
from praya.systems.usefulness.models import Count

pytestmark = [pytest.mark.usefixtures("pack_is_live"), pytest.mark.django_db]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_page_of_a_service_asks_and_an_answer_is_counted_and_told_to_the_owner(lang: str) -> None:
    at, client = f"/{lang}/services/return2hk", Client()
    assert f'href="{at}/useful?is=no"' in client.get(f"{at}?fresh=1").content.decode()
    assert 'value="no" checked' in client.get(f"{at}/useful?is=no").content.decode()
    assert not Count.objects.exists()  # whoever only follows the link, or a crawler, says nothing
    sent = client.post(f"{at}/useful", {"useful": "no", "missing": "Where is <the> fee?"})
    assert sent["Location"] == f"{at}/useful?sent=1"
    assert client.post(f"{at}/useful", {"useful": "yes"}).status_code == 302
    assert [(one.service, one.yes, one.no) for one in Count.objects.all()] == [("return2hk", 1, 1)]
    (mail,) = [store.message(row) for row in DeliveryRow.objects.filter(channel="email")]
    department = load.pack().departments[load.territory().offered["return2hk"].department]
    assert mail.to == department.email
    assert "Where is <the> fee?" in mail.body
    assert load.territory().offered["return2hk"].title.in_(lang) in mail.body


def test_an_answer_must_be_given_and_of_a_service_that_is_offered() -> None:
    refused = Client().post("/en/services/return2hk/useful", {"missing": "More"})
    assert refused.status_code == 422
    assert "Choose yes or no" in refused.content.decode()
    assert "More" in refused.content.decode()
    assert Client().post("/en/services/nothing/useful", {"useful": "yes"}).status_code == 404
    assert not Count.objects.exists()


def test_months_are_summed_and_the_least_useful_page_comes_first() -> None:
    for day in (date(2026, 1, 31), date(2026, 2, 1)):
        for _ in range(3):
            usefulness.count("return2hk", useful=True, today=day)
    usefulness.count("smart-lab", useful=False, today=date(2026, 2, 2))
    usefulness.count("smart-lab", useful=False, today=date(2024, 2, 2))
    found = usefulness.told(["return2hk", "smart-lab", "ict-awards"], since=date(2025, 6, 1))
    assert [(one.service, one.yes, one.no, one.share) for one in found] == [
        ("smart-lab", 0, 1, 0),
        ("return2hk", 6, 0, 100),
    ]


def test_a_supervisor_sees_the_services_of_the_department_and_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = load.territory().offered["return2hk"].department
    usefulness.count("return2hk", useful=True, today=load.pack().calendar.day_of(AT))
    other = next(card for card in load.territory().offered.values() if card.department != owner)
    usefulness.count(other.service, useful=True, today=load.pack().calendar.day_of(AT))

    def seen(role: str) -> Any:
        roles = frozenset({identity.Role(owner, role)})
        officer = identity.add_officer(name="O Sample", email=f"{role}@example.com", roles=roles, at=AT, by="system")
        return signed_in(monkeypatch, officer_ref=officer.ref).get("/en/desk/usefulness")

    monkeypatch.setattr("praya.web.who.now", lambda: AT)
    html = seen("supervisor").content.decode()
    assert load.territory().offered["return2hk"].title.in_("en") in html
    assert other.title.in_("en") not in html
    assert seen("officer").status_code == 404
