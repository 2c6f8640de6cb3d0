"""Warnings and escalations by e-mail: one for many cases, as often as each officer chose, of no case and nobody."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.shape.conftest import signed_in
from tests.small import AT, GRANT, published

from praya.blocks.cases import api as cases
from praya.blocks.cases import models
from praya.blocks.identity import api as identity
from praya.blocks.notices import store
from praya.blocks.notices.models import DeliveryRow
from praya.definition.service import Service
from praya.journey import application_steps, clock_letters, conflicts, jobs
from praya.kernel import clock

pytestmark = pytest.mark.django_db
TIMED = GRANT.replace(
    "      actions:\n        recommend",
    "      clock: 5 working days\n      warn: [{before: 2 working days}]\n      escalate: supervisor\n"
    "      actions:\n        recommend",
    1,
)
# Received on Monday 5 January: warned on Thursday in the morning, escalated at the end of Monday the 12th.
WARNED, ESCALATED = AT.replace(day=8), AT.replace(day=13)


def received(service: Service, number: int) -> str:
    person = identity.enrol(email=f"p{number}@example.com", name="Player Sample", language="en", at=AT)
    return application_steps.apply_at_once(
        service, person=person, language="en", answers={"applicant_name": "Chan"}, files={}, seats=[],
        once_key=str(number), at=AT,
    ).ref  # fmt: skip


def officer(name: str, *roles: str, department: str = "dh", email: str = "") -> identity.Officer:
    return identity.add_officer(
        name=f"{name} Sample", email=email or f"{name}@officers.example.com", at=AT, by="system",
        roles=frozenset(identity.Role(department, role) for role in roles),
    )  # fmt: skip


def letters() -> dict[str, str]:
    """The e-mails that wait, by address, without those to applicants; they are then forgotten."""
    rows = list(DeliveryRow.objects.filter(notice__isnull=True))
    found = {(said := store.message(row)).to: f"{said.subject}\n{said.body}" for row in rows}
    assert len(found) == len(rows), "nobody has two"
    DeliveryRow.objects.filter(notice__isnull=True).delete()
    return found


def told(at: datetime) -> dict[str, str]:
    jobs.run_timers(at=at)
    clock_letters.tell(at=at)
    return letters()


@pytest.fixture
def town(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    service = published(TIMED)
    return {
        "clerk": officer("clerk", "officer"), "other": officer("other", "officer"),
        "chief": officer("chief", "supervisor"), "stranger": officer("stranger", "officer", department="fehd"),
        "own": officer("own", "officer", email="p0@example.com"), "refs": [received(service, n) for n in range(3)],
    }  # fmt: skip


def to(*names: str) -> set[str]:
    return {f"{name}@officers.example.com" for name in names}


def test_one_message_for_many_cases_goes_to_whoever_has_them_or_to_all_and_to_the_rank(town: dict[str, Any]) -> None:
    first, *_ = town["refs"]
    cases.assign(ref=first, officer_ref=town["other"].ref, at=AT, by="system")
    found = told(WARNED)
    assert found.keys() >= to("clerk", "other")
    assert "Warnings before a time limit: 2\n" in found["p0@example.com"], "the third is their own"
    assert not found.keys() & to("stranger")
    assert "warnings" in found["clerk@officers.example.com"].lower()
    assert "Warnings before a time limit: 2\n" in found["clerk@officers.example.com"]
    assert "Warnings before a time limit: 3\n" in found["other@officers.example.com"]
    for ref in town["refs"]:
        assert not any(ref in text or "Chan" in text or "Player" in text for text in found.values())
    assert told(WARNED + timedelta(hours=2)) == {}, "once a day"
    assert told(WARNED + timedelta(days=1)) == {}, "nothing new"
    found = told(ESCALATED)
    assert "Escalated to you: 3\n" in found["chief@officers.example.com"]
    assert not found.keys() & to("clerk", "other")
    assert told(ESCALATED + timedelta(days=1)) == {}


def test_each_officer_chooses_how_often_and_in_which_language(
    town: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    client = signed_in(officer=town["clerk"])
    assert "/en/desk/alerts" in client.get("/en/desk/?tab=mine").content.decode()
    page = client.get("/en/desk/alerts").content.decode()
    assert 'value="daily" checked' in page
    assert client.post("/en/desk/alerts", {"often": "yearly"}).status_code == 422
    assert client.post("/zh-hant/desk/alerts", {"often": "hourly"})["Location"] == "/zh-hant/desk/alerts?done=1"
    cases.choose_alerts(officer_ref=town["other"].ref, often="never", language="en")
    early = AT.replace(day=8, hour=9, minute=5)
    found = told(early)
    assert "時限將屆的提醒：3" in found["clerk@officers.example.com"]
    assert not found.keys() & to("other")
    models.Alert.objects.all().update(id=models.models.F("id") + 100)
    assert told(early + timedelta(minutes=30)) == {}, "at most once an hour"
    assert told(early + timedelta(hours=1)).keys() == to("clerk"), "the others had theirs today"


def test_a_case_that_ended_is_told_to_nobody_and_old_alerts_go(town: dict[str, Any]) -> None:
    jobs.run_timers(at=WARNED)
    models.Case.objects.all().update(closed_at=WARNED)
    assert clock_letters.tell(at=WARNED) == 0
    assert cases.oldest_alert_to_forget() == WARNED + timedelta(days=7)
    assert cases.forget_alerts(at=WARNED + timedelta(days=8)) == 3
    assert cases.oldest_alert_to_forget() is None


def test_alerts_that_are_noted_late_are_still_told(town: dict[str, Any]) -> None:
    """A worker that stood for a month catches up: nobody has been told yet, and nothing is overdue."""
    back = WARNED + timedelta(days=30)
    jobs.run_timers(at=back)
    assert cases.forget_alerts(at=back) == 0
    assert cases.oldest_alert_to_forget() == back + timedelta(days=7)
    assert told(back).keys() >= to("clerk")


def test_the_queries_grow_with_the_officers_pages_and_not_with_the_cases(town: dict[str, Any]) -> None:
    jobs.run_timers(at=WARNED)
    alert = {"case_id": town["refs"][0], "department": "dh", "role": "officer", "kind": "warned", "at": WARNED}
    models.Alert.objects.bulk_create([models.Alert(**alert) for _ in range(2000)])
    for number in range(20):
        officer(f"more{number}", "officer")
    with CaptureQueriesContext(connection) as queries:
        assert clock_letters.tell(at=WARNED) == 24
    counting = [query["sql"] for query in queries if 'cases_alert"' in query["sql"] and "COUNT" in query["sql"]]
    assert len(counting) == 1
    found = letters()
    assert "limit: 2\n" in found.pop("p0@example.com")
    assert all("limit: 2003\n" in text for text in found.values())


def test_what_is_shut_is_asked_only_of_officers_to_whom_there_is_something_to_tell(
    town: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other has all cases, so that there is nothing for the clerk; the chief has escalations only."""
    for ref in town["refs"]:
        cases.assign(ref=ref, officer_ref=town["other"].ref, at=AT, by="system")
    asked, shut_to = list[str](), conflicts.shut_to
    monkeypatch.setattr(conflicts, "shut_to", lambda ref: asked.append(ref) or shut_to(ref))
    assert told(WARNED).keys() == to("other")
    assert asked == [town["other"].ref]
