"""The database of an installation as one file, and the database beside the live one that a restore fills.

A restore never writes into the live database. It fills another one beside it (a schema of PostgreSQL, a file of SQLite)
and changes the names in one step. A marker records its progress, and the marker alone decides which of the two is live.
On PostgreSQL the marker is a table, written in the transaction of the step that it records; on SQLite it is a file, so
the renaming of files is announced before it begins (`swapping`).
"""

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from contextlib import closing, suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from time import monotonic, sleep
from typing import IO, Any, Literal

from django.conf import settings
from django.db import connection, transaction
from pydantic import BaseModel, ConfigDict, ValidationError

from praya.project.refusal import Refused

NAMES = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}

LIVE, RESTORED, PREVIOUS, MARKER = "public", "praya_restored", "praya_previous", "praya_restoring"
"""Schemas: the one in use, the one that a restore fills, the one that it replaced, the one that holds the marker."""
LEFT_OVER = "praya_before_restore"
"""What versions before the marker left when they were interrupted; nothing says which schema is the live one."""

LEAVING_SECONDS = 2
"""A process that has ended stays connected for a moment."""

Step = Literal["loading", "loaded", "swapping", "swapped", "emptied", "filled", "ready", "undoing"]


class Marker(BaseModel):
    """The marker: how far a restore has come."""

    model_config = ConfigDict(frozen=True)

    step: Step
    archive: str
    began_at: datetime


def dump(target: Path) -> None:
    """Write a consistent copy while others write.

    Raises Refused when the tool that PostgreSQL needs is absent or fails.
    """
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(target)) as copy:
            connection.connection.backup(copy)
        return
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--schema={LIVE}", f"--file={target}"]
    program = _program("pg_dump")
    result = subprocess.run(
        [program, "--dbname", _name(), *options], env=_environment(), capture_output=True, text=True, check=False
    )
    if result.returncode:
        raise Refused(f"pg_dump failed: {_first_line(result.stderr)}")


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
    """Insist that nobody else is connected to PostgreSQL, from any machine.

    Raises Refused with the number of connections. For SQLite, which is on this machine, the lock of the data folder
    has answered this already.
    """
    if connection.vendor != "postgresql":
        return
    until = monotonic() + LEAVING_SECONDS
    while others := _others():
        if monotonic() > until:
            raise Refused(f"{others} others are connected to this database. Stop web and worker first.")
        sleep(0.1)


def _others() -> int:
    _ask("SELECT pg_stat_clear_snapshot()")  # within a transaction the query would always return the same result
    [[others]] = _ask(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    )
    return int(others)


def client_version(program: str) -> int | None:
    """The major version of a PostgreSQL program on this machine; None when it is not installed."""
    path = shutil.which(program)
    if path is None:
        return None
    words = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    number = re.search(r"(\d+)", words)
    return int(number.group(1)) if number else None


# The marker


def marker() -> Marker | None:
    """The marker of an unfinished restore; None when there is none.

    Raises Refused when there are remains of a restore without a marker that explains them.
    """
    if connection.vendor == "sqlite":
        return _marker_file()
    names = (MARKER, RESTORED, PREVIOUS, LEFT_OVER)
    schemas = [name for (name,) in _ask("SELECT nspname FROM pg_namespace WHERE nspname = ANY(%s)", [list(names)])]
    if MARKER in schemas:
        [[step, archive, began_at]] = _ask(f"SELECT step, archive, began_at FROM {MARKER}.state")  # noqa: S608
        return Marker(step=step, archive=archive, began_at=began_at)
    if schemas:
        raise Refused(
            f"The database has a schema {schemas[0]}, which an interrupted restore left, and nothing says whether it "
            f"or the schema {LIVE} holds your data. Look at both (psql, \\dt {schemas[0]}.*), then either drop it "
            f"(DROP SCHEMA {schemas[0]} CASCADE) or put it in place of {LIVE} by hand. Nothing is done before that."
        )
    return None


def begin(*, archive: str, at: datetime) -> None:
    """Write the first marker, before the database beside the live one is filled."""
    if connection.vendor == "sqlite":
        for path in (_file(".restored"), _file(".previous")):
            if path.exists():
                raise Refused(f"{path} exists, and no restore is under way. Look at it and move it away first.")
        _write_marker(Marker(step="loading", archive=archive, began_at=at))
        return
    with transaction.atomic():
        _do(
            f"CREATE SCHEMA {MARKER}",
            f"CREATE TABLE {MARKER}.state (step text NOT NULL, archive text NOT NULL, began_at timestamptz NOT NULL)",
            # Whoever may connect may see that a restore is under way.
            f"GRANT USAGE ON SCHEMA {MARKER} TO PUBLIC",
            f"GRANT SELECT ON {MARKER}.state TO PUBLIC",
        )
        _do(f"INSERT INTO {MARKER}.state VALUES ('loading', %s, %s)", values=[archive, at])  # noqa: S608


def mark(step: Step) -> None:
    """Write how far the restore has come, after everything before it is on disk."""
    if connection.vendor == "sqlite":
        before = _marker_file()
        if before is None:
            raise Refused("The restore was undone meanwhile.")
        _write_marker(before.model_copy(update={"step": step}))
    else:
        _do(f"UPDATE {MARKER}.state SET step = %s", values=[step])  # noqa: S608


# The steps of the database


def load(source: Path) -> None:
    """Fill the database beside the live one; mark `loaded` only when it is complete.

    Raises Refused when the dump cannot be read.
    """
    if connection.vendor == "sqlite":
        _load_sqlite(source)
    else:
        _load_postgresql(source)


def swap() -> None:
    """Swap the filled database with the live one, which is set aside. Can be repeated."""
    step = _step()
    if connection.vendor == "sqlite":
        _refuse_open(_database())
        if step == "loaded":
            mark("swapping")
        restored, previous = _file(".restored"), _file(".previous")
        if restored.exists():
            if not previous.exists():
                os.link(_database(), previous)
            restored.replace(_database())
        _to_disk(_database().parent)
        mark("swapped")
        return
    with transaction.atomic():
        refuse_in_use()
        _do(f"ALTER SCHEMA {LIVE} RENAME TO {PREVIOUS}", f"ALTER SCHEMA {RESTORED} RENAME TO {LIVE}")
        _move_extensions()
        mark("swapped")
    connection.close()


def undo() -> None:
    """Put everything back as it was before the restore began, and end the restore. Can be repeated."""
    step = _step()
    if connection.vendor == "sqlite":
        restored, previous = _file(".restored"), _file(".previous")
        if previous.exists():
            if not restored.exists():
                _refuse_open(_database())
                previous.replace(_database())
            # Where both names meant the same file, replacing has left both.
            previous.unlink(missing_ok=True)
            _to_disk(_database().parent)
        _end_sqlite(restored)
        return
    with transaction.atomic():
        refuse_in_use()
        if step in {"loading", "loaded"}:
            _do(f"DROP SCHEMA IF EXISTS {RESTORED} CASCADE")
        else:
            _do(f"ALTER SCHEMA {LIVE} RENAME TO {RESTORED}", f"ALTER SCHEMA {PREVIOUS} RENAME TO {LIVE}")
            _move_extensions(RESTORED)
            _do(f"DROP SCHEMA {RESTORED} CASCADE")
        _do(f"DROP SCHEMA {MARKER} CASCADE")
    connection.close()


def end() -> None:
    """Drop the replaced database and the marker. Can be repeated."""
    if connection.vendor == "sqlite":
        _end_sqlite(_file(".previous"))
        return
    with transaction.atomic():
        _do(f"DROP SCHEMA {PREVIOUS} CASCADE", f"DROP SCHEMA {MARKER} CASCADE")


def _step() -> Step:
    here = marker()
    if here is None:
        raise Refused("No restore is under way.")
    return here.step


# SQLite


def _database() -> Path:
    return Path(settings.DATABASES["default"]["NAME"])


def _file(ending: str) -> Path:
    return _database().with_name(_database().name + ending)


def _marker_path() -> Path:
    return Path(settings.PRAYA.data_dir) / "restoring.json"


def _marker_file() -> Marker | None:
    path = _marker_path()
    try:
        return Marker.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError:
        raise Refused(f"{path} cannot be read. A restore was under way; restore the data folder by hand.") from None


def _write_marker(marker: Marker) -> None:
    path = _marker_path()
    draft = path.with_suffix(".draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(marker.model_dump_json())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _to_disk(path.parent)


def _load_sqlite(source: Path) -> None:
    with closing(sqlite3.connect(source)) as copy:
        try:
            sound = copy.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        except sqlite3.DatabaseError:
            sound = False
    if not sound:
        raise Refused("The archive's database is damaged. Nothing was changed.")
    restored = _file(".restored")
    shutil.move(source, restored)
    with restored.open("rb") as file:
        os.fsync(file.fileno())
    _to_disk(restored.parent)
    mark("loaded")


def _refuse_open(path: Path) -> None:
    """Insist that nobody has an SQLite file open and that nothing of it waits in its `-wal` file.

    A `-wal` file that stays behind would be applied to whatever database gets the name.
    """
    connection.close()
    with closing(sqlite3.connect(path, timeout=2)) as alone:
        try:
            [mode] = alone.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError:
            mode = "wal"
    if mode != "delete" or path.with_name(path.name + "-wal").exists():
        raise Refused(f"Another process has {path} open. Stop it first.")


def _end_sqlite(dispensable: Path) -> None:
    connection.close()
    for path in (dispensable, dispensable.with_name(dispensable.name + "-journal")):
        path.unlink(missing_ok=True)
    _to_disk(dispensable.parent)
    _marker_path().unlink(missing_ok=True)
    _to_disk(_marker_path().parent)


def _to_disk(folder: Path) -> None:
    """Flush a folder's entries to disk, so that its file names survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


# PostgreSQL


def _load_postgresql(source: Path) -> None:
    """Fill the schema beside the live one, in one transaction.

    pg_restore writes into `public` only, so the live schema has another name within that transaction. Only this process
    sends COMMIT: if it dies, or pg_restore fails, psql ends without it, and the database is as before.
    """
    restore, psql = _program("pg_restore"), _program("psql")
    connection.close()
    reading = [restore, "--no-owner", "--no-privileges", f"--schema={LIVE}", "--exit-on-error", "--file=-", str(source)]
    writing = [psql, "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--output=/dev/null", "--dbname", _name()]
    with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as answered:
        with (
            subprocess.Popen(writing, stdin=subprocess.PIPE, stderr=answered, env=_environment()) as target,
            subprocess.Popen(reading, stdout=subprocess.PIPE, stderr=errors) as script,
        ):
            assert target.stdin  # noqa: S101
            assert script.stdout  # noqa: S101
            try:
                _pour(script, script.stdout, target.stdin)
            except BrokenPipeError:
                script.kill()  # psql has stopped at an error, which it tells below
            with suppress(BrokenPipeError):
                target.stdin.close()
        # The first line names the step; later ones may quote a row.
        if script.returncode not in (0, -signal.SIGKILL):
            raise Refused(f"pg_restore failed: {_first_line(_text(errors))}. Nothing was changed.")
        if target.returncode:
            raise Refused(f"psql failed: {_first_line(_text(answered))}. Nothing was changed.")
    if _step() != "loaded":
        raise Refused("psql ended without loading the archive's database. Nothing was changed.")


def _pour(script: "subprocess.Popen[bytes]", source: IO[bytes], target: IO[bytes]) -> None:
    begin = f"""
        BEGIN;
        LOCK TABLE {MARKER}.state IN EXCLUSIVE MODE;
        ALTER SCHEMA {LIVE} RENAME TO {PREVIOUS};
        CREATE SCHEMA {LIVE};
    """
    commit = f"""
        ALTER SCHEMA {LIVE} RENAME TO {RESTORED};
        ALTER SCHEMA {PREVIOUS} RENAME TO {LIVE};
        UPDATE {MARKER}.state SET step = 'loaded';
        COMMIT;
    """  # noqa: S608
    target.write(begin.encode())
    for line in islice(source, 40):
        # A newer pg_restore asks for what an older server does not know.
        if not line.startswith(b"SET transaction_timeout"):
            target.write(line)
    shutil.copyfileobj(source, target, 1 << 20)
    if script.wait() == 0:
        target.write(commit.encode())
    target.flush()


def _move_extensions(source: str = PREVIOUS) -> None:
    """Move the extensions of the live schema, which are not the installation's data, to the restored one."""
    names = _ask(
        "SELECT quote_ident(extname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
        " WHERE nspname = %s AND extrelocatable",
        [source],
    )
    _do(*(f"ALTER EXTENSION {name} SET SCHEMA {LIVE}" for (name,) in names))


def _ask(query: str, values: Any = ()) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        return list(cursor.fetchall())


def _do(*statements: str, values: Any = None) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, values)


def _program(name: str) -> str:
    """A PostgreSQL program that is new enough for the server. Raises Refused."""
    version, server = client_version(name), connection.get_database_version()[0]
    if version is None:
        raise Refused(f"{name} is not installed. Install PostgreSQL's client, version {server} or later.")
    if version < server:
        raise Refused(f"{name} is version {version}, the server is {server}. Install client {server} or later.")
    return name


def _name() -> str:
    return str(connection.get_connection_params()["dbname"])


def _environment() -> dict[str, str]:
    """The environment for PostgreSQL's programs, with the connection; the password is passed in no other way."""
    known = connection.get_connection_params()
    names = {
        "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "sslmode": "PGSSLMODE",
        "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
    }  # fmt: skip
    return os.environ | {names[key]: str(value) for key, value in known.items() if key in names and value}


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")


def _first_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[0][:300]
