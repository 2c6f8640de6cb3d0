"""Alerts stand on every page in its language until they end; the status page tells what the checks say."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from tests.small import AT

from praya.kernel import clock, readiness
from praya.kernel.journal.models import JournalEntry
from praya.kernel.text import LANGUAGES, Text
from praya.project import health
from praya.systems.alerts import api as alerts

pytestmark = [pytest.mark.usefixtures("pack_is_live"), pytest.mark.django_db]


@pytest.fixture(autouse=True)
def nothing_seen() -> Iterator[None]:
    alerts.forget()
    assert health.READINESS  # importing it installs the checks, which a test replaces
    yield
    alerts.forget()


def page(path: str) -> str:
    return Client().get(f"{path}?fresh=1").content.decode()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_an_alert_of_the_pack_stands_on_every_page_in_its_language_until_it_is_ended(lang: str) -> None:
    title = alerts.known()["typhoon-8"].title.in_(lang)
    paths = [f"/{lang}/", f"/{lang}/services/restaurant-licence", f"/{lang}/nothing-here", f"/{lang}/status"]
    assert [title in page(path) for path in paths] == [False] * 4
    alerts.raise_known("typhoon-8", until=None, at=clock.now(), by="operator:test")
    assert [title in page(path) for path in paths] == [True] * 4
    alerts.end("typhoon-8", at=clock.now(), by="operator:test")
    assert [title in page(path) for path in paths] == [False] * 4


def test_an_alert_ends_at_its_time_and_who_raised_it_is_on_record() -> None:
    own = Text({"en": "Lifts <are> out of order", "zh-hant": "升降機暫停服務"})
    alerts.raise_own("lifts", own, None, kind="news", until=AT + timedelta(hours=2), at=AT, by="operator:ann")
    assert [one.name for one in alerts.standing(at=AT + timedelta(hours=1))] == ["lifts"]
    assert not alerts.standing(at=AT + timedelta(hours=2))
    with pytest.raises(alerts.NoAlert):
        alerts.end("stairs", at=AT, by="operator:ann")
    with pytest.raises(alerts.NoAlert):
        alerts.raise_known("lifts", until=None, at=AT, by="operator:ann")
    written = JournalEntry.objects.filter(event__startswith="alert_")
    assert [(entry.event, entry.actor) for entry in written] == [("alert_raised", "operator:ann")]


def test_no_more_stand_at_a_time_than_people_read_and_a_page_costs_no_query(django_assert_num_queries: object) -> None:
    for number in range(alerts.MOST):
        alerts.raise_own(f"n{number}", Text({"en": "N", "zh-hant": "甲"}), None, kind="news", until=None, at=AT, by="x")
    with pytest.raises(alerts.TooMany):
        alerts.raise_own("more", Text({"en": "N", "zh-hant": "甲"}), None, kind="news", until=None, at=AT, by="x")
    # One that stands may be raised anew.
    alerts.raise_own("n0", Text({"en": "O", "zh-hant": "乙"}), None, kind="news", until=None, at=AT, by="x")
    assert len(alerts.standing(at=AT)) == alerts.MOST
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert {one.title.in_("en") for one in alerts.standing(at=AT)} == {"N", "O"}


def test_the_status_page_says_what_works_what_is_late_and_nothing_of_the_machine() -> None:
    before = readiness._last
    try:
        readiness.install(lambda: ({"database": True, "disk": False, "worker": False}, frozenset({"worker"})))
        html = Client().get("/en/status").content.decode()
        told = [html[html.index(part) :].split("</tr>")[0] for part in ("Applying,", "Sending files", "E-mails,")]
        said = ("works", "does not work", "is late")
        assert [word in row for word, row in zip(said, told, strict=True)] == [True] * 3
        assert "Something does not work" in html
        readiness.install(lambda: ({"database": True}, frozenset()))
        html = Client().get("/zh-hant/status").content.decode()
        assert "一切運作正常" in html
        assert "database" not in html
        readiness.install(lambda: ({}, frozenset()))
        assert "一切運作正常" not in Client().get("/zh-hant/status").content.decode(), "nothing is known"
    finally:
        readiness._last = before
