"""`praya migrate`: apply the migrations of this version to the database."""

import argparse
from datetime import UTC, datetime
from typing import Any

NEEDS_DJANGO = False
AS_OPERATOR = True


def add(sub: Any) -> None:
    """Add the parser."""
    sub.add_parser("migrate", help="bring the database to what this version needs")


def run(args: argparse.Namespace) -> int:
    """Apply the pending migrations."""
    from praya.project import operators, startup

    startup.ready_django(owner=True)
    from praya.project.migration import migrate

    applied = migrate(at=datetime.now(UTC), by=operators.actor(args))
    for name in applied:
        print(f"applied {name}")
    print(f"The database is ready: {len(applied)} migrations applied.")
    return 0
