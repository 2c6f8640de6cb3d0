"""The database of an installation as one file, and back, for both kinds of database."""

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from django.db import connection, transaction

from praya.project.refusal import Refused

NAMES = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
ASIDE = "praya_before_restore"


def dump(target: Path) -> None:
    """Write a consistent copy while others write.

    Raises Refused when the tool that PostgreSQL needs is absent or fails.
    """
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(target)) as copy:
            connection.connection.backup(copy)
        return
    _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}")


def load(source: Path) -> None:
    """Put a dump in place of everything in the database, in one step that happens whole or not at all.

    Raises Refused when the dump cannot be read; the database is then as it was.
    """
    if connection.vendor == "sqlite":
        _load_sqlite(source)
    else:
        _load_postgresql(source)


def holds_data() -> bool:
    """Whether the database holds any row, apart from what an empty installation has."""
    with connection.cursor() as cursor:
        tables = [
            name
            for name in connection.introspection.table_names(cursor)
            if name not in {"django_migrations", "installation_installation"}
        ]
        for name in tables:
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {connection.ops.quote_name(name)})")  # noqa: S608
            if cursor.fetchone()[0]:
                return True
    return False


def refuse_in_use() -> None:
    """See that nobody else is connected to PostgreSQL, on whatever machine.

    Raises Refused with how many are. SQLite is on this machine, where the lock of the data folder has been asked.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
        others = cursor.fetchone()[0]
    if others:
        raise Refused(f"{others} others are connected to this database. Stop web and worker first.")


def client_version(program: str) -> int | None:
    """The major version of a PostgreSQL program on this machine, None when it is absent."""
    path = shutil.which(program)
    if path is None:
        return None
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)", said)
    return int(found.group(1)) if found else None


def _load_sqlite(source: Path) -> None:
    with closing(sqlite3.connect(source)) as copy:
        try:
            sound = copy.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        except sqlite3.DatabaseError:
            sound = False
        if not sound:
            raise Refused("The archive's database is damaged. Nothing was changed.")
        connection.ensure_connection()
        # Through SQLite's own copying, in one transaction: the file keeps its place and a crash leaves the old one.
        copy.backup(connection.connection)
    connection.close()


def _load_postgresql(source: Path) -> None:
    _put_back()
    _schema(f"ALTER SCHEMA public RENAME TO {ASIDE}", "CREATE SCHEMA public")
    connection.close()
    try:
        _run("pg_restore", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(source))
    except Refused:
        _put_back()
        raise
    _schema(f"DROP SCHEMA {ASIDE} CASCADE")


def _put_back() -> None:
    """Undo a restore that failed or was cut short: what was set aside is the installation's data."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [ASIDE])
        aside = cursor.fetchone()
    if aside:
        _schema("DROP SCHEMA IF EXISTS public CASCADE", f"ALTER SCHEMA {ASIDE} RENAME TO public")


def _schema(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _run(program: str, *options: str) -> None:
    """Run a PostgreSQL program on this database; what it is told of the password goes by the environment."""
    version, server = client_version(program), connection.get_database_version()[0]
    if version is None:
        raise Refused(f"{program} is not installed. Install PostgreSQL's client, version {server} or later.")
    if version < server:
        raise Refused(f"{program} is version {version}, the server is {server}. Install client {server} or later.")
    known = connection.get_connection_params()
    names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "sslmode": "PGSSLMODE"}
    environment = {names[key]: str(value) for key, value in known.items() if key in names and value}
    result = subprocess.run(
        [program, "--dbname", str(known["dbname"]), *options],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        # Its first line names the step; later ones may quote a row.
        reason = (result.stderr.strip().splitlines() or ["no reason given"])[0]
        raise Refused(f"{program} failed: {reason[:300]}")
