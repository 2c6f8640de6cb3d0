"""On PostgreSQL the role that runs cannot change the tables, nor what keeps the journal append-only."""

import json
import re
import secrets
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
from tests.ops.conftest import free_port, get, wait_for
from tests.postgresql import ADDRESS

pytestmark = pytest.mark.postgresql


@pytest.fixture
def two_roles(production):
    """A database as the instructions have it set up: one role owns it, another runs."""
    owner, runner = (f"praya_{kind}_{secrets.token_hex(4)}" for kind in ("owner", "runner"))
    name, place = f"praya_scratch_{secrets.token_hex(6)}", urlsplit(ADDRESS)
    page = (Path(__file__).parents[2] / "docs" / "howto" / "run-in-production.md").read_text()
    [script] = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    script = script.replace("praya_owner", owner).replace("ROLE praya ", f"ROLE {runner} ")
    before, after = re.sub(r"(DATABASE|\\c) praya\b", rf"\1 {name}", script).split(f"\\c {name}\n")

    def as_role(role):
        return place._replace(netloc=f"{role}@{place.hostname}:{place.port or 5432}", path=f"/{name}").geturl()

    with psycopg.connect(ADDRESS, autocommit=True) as server:
        try:
            for statement in before.strip().splitlines():
                server.execute(statement)
            with psycopg.connect(place._replace(path=f"/{name}").geturl(), autocommit=True) as database:
                database.execute(after)
            production.environment |= {"DATABASE_URL": as_role(runner), "PRAYA_OWNER_DATABASE_URL": as_role(owner)}
            yield production
        finally:
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            for role in (owner, runner):
                server.execute(f"DROP ROLE IF EXISTS {role}")


def findings(house, check):
    found = json.loads(house.praya("doctor", "--json").stdout)
    return [(one["state"], one["sentence"]) for one in found if one["check"] == check]


REFUSED = [
    "ALTER TABLE journal_entry DISABLE TRIGGER USER",
    "DROP TRIGGER journal_append_only ON journal_entry",
    "UPDATE journal_entry SET actor = 'nobody'",
    "DELETE FROM journal_entry",
    "TRUNCATE journal_entry",
    "UPDATE journal_checkpoint SET note = ''",
    "DELETE FROM journal_checkpoint",
    "DROP TABLE journal_entry",
    "CREATE TABLE other (id integer)",
    "CREATE OR REPLACE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "ALTER SCHEMA public RENAME TO other",
    "SET session_replication_role = replica",
    "DELETE FROM django_migrations",
]


def insist_on_refusal(house):
    with psycopg.connect(house.environment["DATABASE_URL"], autocommit=True) as connection:
        for statement in REFUSED:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_who_runs_owns_nothing_and_everything_still_works(two_roles):
    house = two_roles
    assert house.praya("migrate").returncode == 0
    insist_on_refusal(house)
    assert [state for state, _ in findings(house, "database role")] == ["ok"]

    add = ("officers", "add", "--email", "a@example.org", "--role", "td:officer", "--name")
    assert house.praya(*add, "Chan").returncode == 0
    backup = house.praya("backup", "archive")
    assert backup.returncode == 0, backup.stderr
    assert house.praya(*add, "Later").returncode == 0
    restored = house.praya("restore", "archive", "--replace")
    assert restored.returncode == 0, restored.stderr
    names = house.praya("officers", "list").stdout
    assert ("Chan" in names, "Later" in names) == (True, False)
    insist_on_refusal(house)
    assert [state for state, _ in findings(house, "database role")] == ["ok"]


@pytest.mark.size
def test_web_worker_and_publishing_need_no_more_than_the_running_role_has(two_roles):
    house = two_roles
    assert house.praya("migrate").returncode == 0
    published = house.praya("publish", "smart-lab", "--stage", "sandbox")
    assert published.returncode == 0, published.stdout + published.stderr
    with house.running("worker"), psycopg.connect(house.environment["DATABASE_URL"], autocommit=True) as connection:
        wait_for(lambda: connection.execute("SELECT count(*) FROM journal_checkpoint").fetchone()[0])
    assert "tick failed" not in house.said("err.txt")
    port = free_port()
    with house.running("serve", "--port", port, PRAYA_WEB_WORKERS="1"):
        wait_for(lambda: get(f"http://127.0.0.1:{port}/readyz")[0] == 200)
    assert house.praya("verify-journal").returncode == 0
    assert house.praya("withdraw", "smart-lab", "--stage", "sandbox").returncode == 0


def test_the_doctor_warns_of_a_role_that_owns_the_tables(two_roles):
    house = two_roles
    house.environment["DATABASE_URL"] = house.environment.pop("PRAYA_OWNER_DATABASE_URL")
    assert house.praya("migrate").returncode == 0
    [(state, found)] = findings(house, "database role")
    assert state == "warn"
    assert "switch off the triggers" in found


def test_the_doctor_warns_of_a_superuser(production, migrated_postgresql_url):
    production.environment["DATABASE_URL"] = migrated_postgresql_url
    assert findings(production, "database role") == [("warn", "the role that runs is a superuser")]


def test_the_owner_s_address_is_of_the_same_database(two_roles):
    place = urlsplit(two_roles.environment["PRAYA_OWNER_DATABASE_URL"])
    two_roles.environment["PRAYA_OWNER_DATABASE_URL"] = place._replace(path="/postgres").geturl()
    result = two_roles.praya("migrate")
    assert result.returncode == 1
    assert "same database" in result.stderr
