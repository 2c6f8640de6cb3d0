"""The same request many times at once, in processes of their own on both databases: it is done once, and cheaply."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.installations import House, _templates, house, postgresql_house, sqlite_house

__all__ = ["_templates", "house", "postgresql_house", "sqlite_house"]

PACK = Path(__file__).parents[3] / "packs" / "hongkong"
SERVICE = "vaccination-booking"
AT = datetime(2021, 2, 23, 0, 5, tzinfo=ZoneInfo("Asia/Hong_Kong"))
PROCESSES = 8
SEATS = [
    {"visit": "first", "place": "lion-view", "day": "2021-02-26", "time": "09:00"},
    {"visit": "second", "place": "lion-view", "day": "2021-03-19", "time": "09:00"},
]
ANSWERS = {
    "name": {"family": "SAMPLE", "given": "One"}, "hkid": "G123456(A)", "birth_date": "1955-03-08",
    "priority_group": "senior", "severe_allergy": False, "mobile": "+85251234567", "consent": True,
}  # fmt: skip
APPLICANT = {"applicant": {"email": "one@example.com"}}
BODIES: dict[str, dict[str, Any]] = {
    "applications": {**APPLICANT, "answers": ANSWERS, "seats": SEATS},
    "bookings": {**APPLICANT, "seats": SEATS, "holders": ["M000002(2)"]},
}


def fight() -> dict[str, Any]:
    """Send one request from many processes with one key, for each operation. Runs in a house."""
    from tests.installations import at_once

    from praya.blocks.bookings import api as bookings
    from praya.blocks.cases import api as cases

    secret = ready()
    return {
        "statements": statements(secret),
        "before": taken(),
        **{
            operation: dict(at_once(PROCESSES, lambda _, operation=operation: send(secret, operation, "same")))  # type: ignore[misc]
            for operation in BODIES
        },
        "after": taken(),
        "cases": len(cases.queue(within=cases.Access(("dh",))).rows),
        "miscounted": bookings.miscounted(),
    }


def ready() -> str:
    """A published service with its pools, and a token; answers its secret."""
    from praya.blocks.tokens import api as access
    from praya.definition.load import load_service
    from praya.journey import draft_booking, load
    from praya.kernel import clock

    clock.now = lambda: AT
    service = load_service(PACK / "services" / SERVICE / "service.yaml", load.pack())
    load.publish(service, at=AT, by="system")
    draft_booking.make_pools(service, load.pack(), at=AT)
    return access.issue(
        name="machine", department="dh", scopes=access.known_scopes(), expires_at=None, at=AT, by="operator"
    ).secret  # fmt: skip


def send(secret: str, operation: str, key: str, body: dict[str, Any] | None = None) -> str:
    """One request; answers its status and body."""
    from django.test import Client

    response = Client(raise_request_exception=False).post(
        f"/api/v1/services/{SERVICE}/{operation}", json.dumps(body or BODIES[operation]),
        content_type="application/json", HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {secret}",
        HTTP_IDEMPOTENCY_KEY=key,
    )  # fmt: skip
    return f"{response.status_code} {response.content.decode()}"


def statements(secret: str) -> list[str]:
    """What a second booking of a remembered person with a remembered token asks the database."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from praya.blocks.identity import api as identity

    person = identity.enrol(email="two@example.com", name=None, language="en", at=AT)
    body = {"applicant": {"ref": person.ref}, "seats": SEATS}
    for key in ("first", "second"):
        with CaptureQueriesContext(connection) as queries:
            assert send(secret, "bookings", key, body).startswith("201 ")
    return [query["sql"] for query in queries]


def taken() -> int:
    """The places taken in the session that everybody wants."""
    from praya.blocks.bookings import api as bookings

    day = date(2021, 2, 26)
    slots = bookings.slots(scheme=SERVICE, first=day, last=day, place="lion-view")
    left = {slot.clock: slot.left for slot in slots}
    return left["10:00"] - left["09:00"]


def test_many_identical_requests_at_once_do_one_thing_and_get_one_answer(house: House) -> None:
    found = house.call("tests.web.api.test_once:fight")
    for operation in BODIES:
        (answer,) = found[operation]
        assert answer.startswith("201 "), answer
        assert found[operation][answer] == PROCESSES
    assert found["after"] - found["before"] == len(BODIES)
    assert found["cases"] == 1
    assert found["miscounted"] == []
    asked = found["statements"]
    if house.kind == "postgresql":
        assert asked == [], "the sale is one prepared statement, which goes past Django, and there is nothing else"
    else:
        assert len(asked) <= 12, "on SQLite the steps of the sale, in one transaction"
