"""Migrating the database, and stamping it with the mode for which it was made."""

from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection, transaction

from praya.kernel.journal import api as journal
from praya.project import database_roles, dumps, health
from praya.project.installation import stamp
from praya.project.refusal import Refused
from praya.project.version import praya_version

if TYPE_CHECKING:
    from praya.definition.service import Service


def reach() -> None:
    """Insist that the database answers and that no restore of it is unfinished.

    Raises Refused with the driver's reason (host and user, no password), or with how to end the restore.
    """
    if connection.vendor == "sqlite":
        refuse_unfinished_restore()  # before anything is made where a file is just about to be put
    connect()
    refuse_unfinished_restore()


def refuse_unfinished_restore() -> None:
    """Raise Refused while a restore is running or was interrupted."""
    marker = dumps.marker()
    if marker is not None:
        raise Refused(
            f"A restore of {marker.archive}, begun at {marker.began_at:%Y-%m-%d %H:%M} UTC, is under way or was cut "
            f"short ({marker.step}). Nothing else is done on this database until it is ended: `praya restore --finish` "
            "carries it on, or undoes it where nothing was replaced yet; `praya restore --undo` goes back."
        )


def connect() -> None:
    """Insist that the database answers. Raises Refused."""
    try:
        connection.ensure_connection()
    except OperationalError as problem:
        reason = str(problem.__cause__ or problem).strip().splitlines()[0]
        raise Refused(f"The database cannot be reached: {reason}") from None


def migrate(*, at: datetime, by: str = "system", restoring: bool = False) -> list[str]:
    """Apply pending migrations and stamp the database with this mode; return the names of those applied.

    Raises Refused, before writing, when the database was made in another mode.
    """
    settings.PRAYA.data_dir.mkdir(parents=True, exist_ok=True)
    if not restoring:
        reach()
    stamp.refuse_other(mode=settings.PRAYA.mode)
    stamped = stamp.read() is not None
    pending = health.pending_migrations()
    if pending:
        call_command("migrate", verbosity=0, interactive=False)
        if stamped:
            journal.record(event="migrated", at=at, by=by, facts={"to": praya_version(), "migrations": len(pending)})
    import_module("praya.journey.load").make_cards()
    import_module("praya.blocks.identity.api").index_names()
    respelling = import_module("praya.journey.respelling")
    if respelling.MIGRATION in pending:
        respelling.respell()
    database_roles.grant()
    stamp.make(mode=settings.PRAYA.mode, territory=settings.PRAYA.pack.name, at=at)
    return pending


def insist_on_ready() -> None:
    """Insist that web or worker may start on this database.

    Raises Refused when it cannot be reached, was made in another mode, or has pending migrations.
    """
    reach()
    stamp.insist(mode=settings.PRAYA.mode)
    if pending := health.pending_migrations():
        raise Refused(f"The database waits for {len(pending)} migrations. Run `praya migrate` first.")


def load_sample(*, at: datetime, services: "list[Service] | None" = None) -> bool:
    """Load the invented people into a demonstration, once; return whether this call did.

    `services` are those of the pack, if they have been read already.
    """
    mark = stamp.insist(mode="demo")
    if mark.sampled_at is not None:
        return False
    with transaction.atomic():
        import_module("praya.project.sample").load(at=at, services=services)
        mark.sampled_at = at
        mark.save(update_fields=["sampled_at"])
    return True
