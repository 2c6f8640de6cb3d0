"""Schemathesis against the whole API, in process: no server error, and every response is as the document says."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, given, settings, strategies
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from tests.web.api.world import World, forget

from praya.journey import load
from praya.kernel.crypto import vault
from praya.web import rate_limits
from praya.web import urls as site  # noqa: F401 (the addresses first: the API needs their converters)
from praya.web.api.guards import METHODS

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance, negative_data_rejection, unsupported_method, ignored_auth,
]  # fmt: skip
EXAMPLES = int(os.environ.get("PRAYA_FUZZ_EXAMPLES", "12"))
"""For each operation; a longer hunt is one variable away."""


@pytest.fixture(scope="module")
def known(django_db_setup: None, django_db_blocker: Any) -> Iterator[dict[str, str]]:
    """The services with their pools, a token, an application and a booking, in a transaction that is rolled back."""
    patch = pytest.MonkeyPatch()
    with django_db_blocker.unblock(), transaction.atomic():
        world = World(patch)
        for name in ("api", "track", "verify", "search"):
            patch.setitem(rate_limits.RATES, name, "100000/minute")
        case = world.opened("vaccination-booking", "both-doses")
        seats = world.application("vaccination-booking", "both-doses")["seats"]
        body = {"applicant": {"ref": case["applicant"]}, "seats": seats}
        made = world.post("services/vaccination-booking/bookings", body, "dh", key="b").json()
        # The end of a request would close the connection, and with it the transaction of all these tests.
        # (The client that made the case connects this again after each of its requests.)
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)
        yield {**world.secrets, "case": case["reference"], "booking": made["reference"]}
        transaction.set_rollback(True)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    patch.undo()
    forget()


@pytest.fixture(scope="module")
def schema(known: dict[str, str]) -> Any:
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


# The database is made only when a test says that it needs it.
pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("fuzz")]
NAMES = ["vaccination-booking", "restaurant-licence", "return2hk", "smart-lab"]
OPERATIONS = sorted(name for methods in METHODS.values() for name in methods.values())
# What takes only a name in its address cannot be asked wrongly: any text is a name, of nothing perhaps.
ASKED_WRONGLY = ["apply", "book", "check", "list_applications", "list_slots", "move", "verify_record"]
ASKED = [(name, GenerationMode.POSITIVE) for name in OPERATIONS]
ASKED += [(name, GenerationMode.NEGATIVE) for name in ASKED_WRONGLY]


@pytest.mark.parametrize(("name", "mode"), ASKED, ids=lambda value: getattr(value, "value", value))
def test_an_operation_does_what_its_document_says(
    name: str, mode: GenerationMode, schema: Any, known: dict[str, str]
) -> None:
    operation = schema.find_operation_by_id(name)
    numbers = strategies.integers(0, 7)

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode), number=numbers)
    def ask(case: schemathesis.Case, number: int) -> None:
        # Most requests find something: a service or a reference that exists instead of a random one.
        for parameter in set(case.path_parameters or {}) if number else ():
            found = known["booking"] if name in {"give_back", "move"} else known["case"]
            case.path_parameters[parameter] = found if parameter == "ref" else NAMES[number % len(NAMES)]
        token = known.get(load.territory().service(NAMES[number % len(NAMES)]).department, known["dh"])
        checks = [check for check in CHECKS if not (number and check is negative_data_rejection)]
        with transaction.atomic():
            case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=checks)
            transaction.set_rollback(True)
        vault.reset_memory()

    ask()
