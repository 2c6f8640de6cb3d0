"""Which PostgreSQL the tests may make databases in. `python -m tests.postgresql` prints its address.

TEST_POSTGRESQL names one; else the one that answers on this machine with trust is taken.
"""

import os
import sys

import psycopg

ADDRESS = os.environ.get("TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")


def server() -> str | None:
    """The address of a server that lets us make databases, None where there is none."""
    try:
        with psycopg.connect(ADDRESS, connect_timeout=3) as connection:
            may = connection.execute("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user")
            row = may.fetchone()
    except psycopg.Error:
        return None
    return ADDRESS if row and row[0] else None


if __name__ == "__main__":
    found = server()
    if found is None:
        sys.exit(1)
    print(found)  # noqa: T201
