"""A persistent connection that the database server has ended between two requests."""

from typing import Any

import psycopg
import pytest
from django.core.signals import request_started
from tests.installations import House

pytestmark = pytest.mark.postgresql


def ended_between_requests(url: str) -> dict[str, Any]:
    """Who answers before and after the server ended the connection; `House.call` runs this."""
    from django.db import connection

    def backend() -> int:
        request_started.send(sender=None)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return int(cursor.fetchone()[0])

    first, second = backend(), backend()
    with psycopg.connect(url, autocommit=True) as other:
        ended = other.execute("SELECT pg_terminate_backend(%s, 5000)", [first]).fetchone()
    return {"first": first, "second": second, "ended": ended, "third": backend()}


def test_a_connection_that_the_server_ended_is_opened_again(postgresql_house: House) -> None:
    found = postgresql_house.call("tests.kernel.test_connections:ended_between_requests", url=postgresql_house.database)
    assert found["first"] == found["second"], "a connection is kept from one request to the next"
    assert found["ended"] == [True]
    assert found["third"] != found["first"]
