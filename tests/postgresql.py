"""Which PostgreSQL the tests may make databases in. `python -m tests.postgresql` prints its address.

TEST_POSTGRESQL names one; else the one that answers on this machine with trust is taken.
"""

import os
import secrets
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg

ADDRESS = os.environ.get("TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")
# To drop a database the server first writes out what all others have changed: a second, for which no test waits.
_dropping = ThreadPoolExecutor(4)
_dropped: "list[Future[None]]" = []


def server() -> str | None:
    """The address of a server that lets us make databases, None where there is none."""
    try:
        with psycopg.connect(ADDRESS, connect_timeout=3) as connection:
            may = connection.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            row = may.fetchone()
    except psycopg.Error:
        return None
    return ADDRESS if row and row[0] else None


@contextmanager
def scratch_database(template: str = "template1") -> Iterator[tuple[str, str]]:
    """Name and address of a database of one's own, empty or a copy of another; dropped some time afterwards."""
    name = f"praya_scratch_{secrets.token_hex(6)}"
    _run(f"CREATE DATABASE {name} TEMPLATE {template}")
    try:
        yield name, urlunsplit(urlsplit(ADDRESS)._replace(path=f"/{name}"))
    finally:
        _dropped.append(_dropping.submit(_run, f"DROP DATABASE {name} WITH (FORCE)"))


def _run(statement: str) -> None:
    with psycopg.connect(ADDRESS, autocommit=True) as server:
        server.execute(statement)


def wait_until_dropped() -> None:
    """Wait for the end of every database that nobody uses any more. Raises what kept one from being dropped."""
    while _dropped:
        _dropped.pop().result()


if __name__ == "__main__":
    found = server()
    if found is None:
        sys.exit(1)
    print(found)  # noqa: T201
