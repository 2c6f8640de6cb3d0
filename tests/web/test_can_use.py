"""Can I use this? Answered without signing in, by the same rules as in the form, and kept nowhere."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from praya.blocks.forms.models import Draft
from praya.journey import load
from praya.kernel import clock
from praya.web.portal import can_use

pytestmark = [pytest.mark.usefixtures("pack_is_live"), pytest.mark.django_db]
AT = "/en/services/{}/can-i-use-this"


def born(years: int) -> dict[str, str]:
    day = load.pack().calendar.day_of(clock.now()) - timedelta(days=years * 366)
    return {"born-day": str(day.day), "born-month": str(day.month), "born-year": str(day.year)}


def asked(service: str) -> list[str]:
    pages = can_use.asked(load.territory().service(service))
    return [question.name for page in pages for question in page.questions]


def answered(service: str, **fields: Any) -> str:
    client = Client()
    response = client.post(AT.format(service), {"_asked": asked(service), **fields})
    assert not client.cookies.get("praya_session")
    html: str = response.content.decode()
    return html


def test_only_questions_that_can_be_asked_of_a_stranger_are_asked() -> None:
    for name in load.territory().offered:
        definition = load.territory().service(name)
        assert all(definition.questions[question].type_name in can_use.PLAIN for question in asked(name))
    assert asked("smart-lab") == []
    assert Client().get(AT.format("smart-lab")).status_code == 404
    assert "/can-i-use-this" not in Client().get("/en/services/smart-lab").content.decode()
    assert "/can-i-use-this" in Client().get("/en/services/vaccination-booking").content.decode()


def test_who_may_not_is_told_why_and_who_may_is_led_on() -> None:
    names = asked("return2hk")
    date_of_birth = next(n for n in names if load.territory().service("return2hk").questions[n].type_name == "date")
    old = {key.replace("born", date_of_birth): value for key, value in born(40).items()}
    young = {key.replace("born", date_of_birth): value for key, value in born(9).items()}
    no = answered("return2hk", stayed_only="no", **old)
    assert "This scheme is only for people who stayed" in no
    assert "You cannot use this service" in no
    child = answered("return2hk", stayed_only="yes", **young)
    assert "Only a person of 18 or above can book" in child
    yes = answered("return2hk", stayed_only="yes", **old)
    assert "You can use this service" in yes
    assert 'href="/en/services/return2hk/apply"' in yes


def test_an_answer_that_is_missing_is_asked_for_and_nothing_is_kept() -> None:
    html = answered("return2hk", stayed_only="yes")
    assert "There is a problem" in html
    assert "You can use this service" not in html
    assert not Draft.objects.exists()
