"""An erased person stays erased, whichever backup is restored."""

import json

import pytest
from tests import commands
from tests.ops.conftest import Operator

ADDRESS = "resident@example.org"
KINDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]


@pytest.fixture(params=KINDS)
def house(request, production):
    if request.param == "postgresql":
        production.environment["DATABASE_URL"] = request.getfixturevalue("migrated_postgresql_url")
        return production
    return request.getfixturevalue("ready")


def call(house: Operator, function, *words):
    result = commands.run(
        f"{__name__}:{function}", list(words), cwd=house.folder, settings=house.environment, timeout=60
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def enrol():
    """Two residents; prints their references."""
    from datetime import UTC, datetime

    from praya.project import startup

    startup.ready_django()
    from praya.blocks.identity import api as identity

    at = datetime.now(UTC)
    people = [identity.enrol(email=email, name="Ho", language="en", at=at) for email in (ADDRESS, "other@example.org")]
    print(json.dumps([one.ref for one in people]))  # noqa: T201


def who_is_there():
    """Prints who can be found, and whose keys there are."""
    from praya.project import startup

    startup.ready_django()
    from praya.blocks.identity import api as identity
    from praya.kernel.crypto.models import SubjectKey

    found = [identity.find(email=email) is not None for email in (ADDRESS, "other@example.org")]
    print(json.dumps([found, sorted(SubjectKey.objects.values_list("subject", flat=True))]))  # noqa: T201


@pytest.mark.parametrize("known_by", ["list", "journal"])
def test_a_backup_from_before_does_not_bring_the_erased_back(house, known_by):
    _restored_from_before(house, known_by)


# On PostgreSQL the journal outlives the data folder.
@pytest.mark.parametrize("house", ["sqlite"], indirect=True)
def test_on_a_new_machine_without_the_list_it_is_said_that_they_may_be_back(house):
    _restored_from_before(house, "neither")


def _restored_from_before(house, known_by):
    erased, other = call(house, "enrol")
    assert house.praya("backup", "archive").returncode == 0
    assert house.praya("persons", "erase", "--email", ADDRESS, "--yes").returncode == 0
    log = house.folder / "var" / "erased.log"
    assert erased in log.read_text().split()
    # A power cut leaves a torn line; whoever is erased next stands on a line of their own.
    with log.open("a") as file:
        file.write(other[:5])
    if known_by == "list":
        assert house.praya("restore", "archive", "--replace", "--as", "first").returncode == 0
    elif known_by == "journal":
        log.unlink()
    else:
        # A new machine, to which nobody brought the list: it must be said.
        log.unlink()
        (house.folder / "var").rename(house.folder / "old")
    restored = house.praya("restore", "archive", "--replace")
    assert restored.returncode == 0, restored.stderr
    found, keys = call(house, "who_is_there")
    if known_by == "neither":
        assert found == [True, True]
        assert "they are back" in restored.stdout
        return
    assert found == [False, True]
    assert erased not in keys
    assert other in keys
    assert "1 persons who were erased" in restored.stdout
    assert house.praya("backup", "later").returncode == 0
    assert erased in log.read_text().split()


def test_a_backup_completes_the_list_from_the_journal(house):
    erased, _ = call(house, "enrol")
    assert house.praya("persons", "erase", "--email", ADDRESS, "--yes").returncode == 0
    log = house.folder / "var" / "erased.log"
    log.unlink()
    assert house.praya("backup", "archive").returncode == 0
    assert erased in log.read_text().split()
    assert log.stat().st_mode & 0o077 == 0
