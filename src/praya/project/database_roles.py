"""The two roles on PostgreSQL: the owner changes tables, the running role only their rows.

In the journal the running role may only add entries and give an entry its position. It owns nothing, so it can neither
change a table nor switch a trigger off.
"""

from collections.abc import Iterator

from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from praya.project import databases
from praya.project.config import Configuration
from praya.project.refusal import Refused

APPEND_ONLY = {"journal_entry": "UPDATE (position)", "journal_checkpoint": ""}
"""What the running role may do with a table that only grows, beside reading it and adding to it."""
READ_ONLY = ("django_migrations",)


def become_owner() -> None:
    """Connect this process to the database as the owner of the tables, if PRAYA_OWNER_DATABASE_URL names one.

    Raises Refused when that names another database than DATABASE_URL.
    """
    url = settings.PRAYA.owner_database_url
    if url is None:
        return
    owner = databases.from_address(url.get_secret_value(), settings.PRAYA)
    if owner["ENGINE"] != connection.settings_dict["ENGINE"] or owner["NAME"] != connection.settings_dict["NAME"]:
        raise Refused("PRAYA_OWNER_DATABASE_URL must name the same database as DATABASE_URL, as another role.")
    connection.settings_dict.update(owner)


def grant() -> None:
    """Grant the running role its rights on every table; do nothing when the two roles are one."""
    running = running_role()
    if running is None:
        return
    tables = sorted(set(connection.introspection.table_names()))
    role = sql.Identifier(running)
    # In one transaction, so that running processes never lack a right that they need.
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in _grants(tables):
            cursor.execute(sql.SQL(statement).format(role=role))


def running_role() -> str | None:
    """The role of DATABASE_URL, when this process is connected as another role, the owner."""
    configuration: Configuration = settings.PRAYA
    url = configuration.database_url
    if configuration.owner_database_url is None or url is None or connection.vendor != "postgresql":
        return None
    name: str = databases.from_address(url.get_secret_value(), configuration)["USER"]
    return name if name and name != connection.settings_dict["USER"] else None


def _grants(tables: list[str]) -> Iterator[str]:
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    yield "REVOKE CREATE ON SCHEMA public FROM {role}"
    yield "GRANT USAGE ON SCHEMA public TO {role}"
    yield "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}"
    for table in tables:
        yield f'REVOKE ALL ON TABLE "{table}" FROM {{role}}'
        rights = "SELECT, INSERT, UPDATE, DELETE"
        if table in READ_ONLY:
            rights = "SELECT"
        elif table in APPEND_ONLY:
            rights = ", ".join(filter(None, ("SELECT", "INSERT", APPEND_ONLY[table])))
        yield f'GRANT {rights} ON TABLE "{table}" TO {{role}}'


def excesses() -> list[str]:
    """The rights of this connection's role that a running role should not have, a clause each."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolcreaterole, has_schema_privilege('public', 'CREATE') FROM pg_roles"
            " WHERE rolname = current_user"
        )
        superuser, makes_roles, creates = cursor.fetchone()
        if superuser:
            return ["is a superuser"]
        cursor.execute(
            "SELECT c.relname, pg_has_role(c.relowner, 'USAGE'),"
            " has_table_privilege(c.oid, 'DELETE, TRUNCATE, TRIGGER'), has_table_privilege(c.oid, 'UPDATE')"
            " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')"
        )
        tables = cursor.fetchall()
    owned = [name for name, owner, _, _ in tables if owner]
    clauses = []
    if owned:
        clauses.append(f"owns {len(owned)} tables, so it can switch off the triggers that keep the journal append-only")
    clauses += [
        f"may change or delete rows of {name}"
        for name, owner, removes, changes in tables
        if name in APPEND_ONLY and not owner and (removes or changes)
    ]
    if creates and not owned:
        clauses.append("may make tables in the schema public")
    if makes_roles:
        clauses.append("may make roles")
    return clauses
