"""Restore in steps, so that after a kill at any moment either the old or the new state is complete.

The marker goes through these states:

    loading   the archive is being unpacked, and the database beside the live one filled; nothing live has changed
    loaded    both are complete
    swapping  SQLite only: the files of the database are being renamed
    swapped   the restored database is the live one
    emptied   the old uploads are set aside
    filled    the archive's uploads are in their place
    ready     migrated, and everybody erased since is erased again; the old state is being deleted
    undoing   the operator chose to go back

A step that was interrupted is repeated. An unfinished restore is undone before `swapped` and finished from then on,
unless the operator chooses otherwise. `dumps` keeps the marker.
"""

import os
import shutil
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction

from praya.kernel.journal import api as journal
from praya.project import dumps, migration, wiring
from praya.project.refusal import Refused

UPLOADS_RESTORED, UPLOADS_PREVIOUS = ".restored", ".previous"
"""Folders inside that of the uploads, so that they are on the same disk, whatever disk that is."""
STAGING = "restoring"
SWAPPED = frozenset({"swapped", "emptied", "filled", "ready"})


def staging() -> Path:
    """The folder in which an archive's database is unpacked: in the data folder, which has the room."""
    return Path(settings.PRAYA.data_dir) / STAGING


def uploads_restored() -> Path:
    """The folder in which an archive's uploads are unpacked."""
    return Path(settings.PRAYA.files_dir) / UPLOADS_RESTORED


def finish(*, at: datetime, by: str) -> int:
    """Finish a restore from the state it is in; return how many erased persons the archive had brought back.

    A restore that has replaced nothing yet lacks parts of its archive and is undone; Refused says so.
    """
    marker = dumps.marker()
    if marker is None:
        raise Refused("No restore is under way.")
    if marker.step == "undoing":
        undo()
        raise Refused("The restore was being undone; now it is. Everything is as it was before.")
    if marker.step == "loading":
        undo()
        raise Refused("Nothing had been replaced yet. Everything is as it was before; give the archive again.")
    erased = 0
    if marker.step in {"loaded", "swapping"}:
        dumps.swap()
    step = _step()
    if step == "swapped":
        _move(_files(), _previous())
        step = _mark("emptied")
    if step == "emptied":
        _move(uploads_restored(), _files())
        step = _mark("filled")
    if step == "filled":
        migration.migrate(at=at, by=by, restoring=True)
        with transaction.atomic():
            erased = wiring.after_restore(at=at, by=by)
            facts = {"made_at": marker.archive, "erased_again": erased}
            journal.record(event="restored", at=at, by=by, facts=facts)
        _mark("ready")
    for folder in (_previous(), uploads_restored(), staging()):
        shutil.rmtree(folder, ignore_errors=True)
    dumps.end()
    return erased


def undo() -> None:
    """Put everything back as it was before the restore began.

    Raises Refused when the restore is done and the old state is already being deleted.
    """
    step = _step()
    if step == "ready":
        raise Refused("The restore is done, and what it replaced is no more. `praya restore --finish` cleans up.")
    if step == "filled":
        step = _mark("emptied")  # some uploads are in their place, some are not
    if step == "emptied":
        _move(_files(), uploads_restored())
        step = _mark("swapped")
    if step == "swapped":
        step = _mark("undoing")
    if step == "undoing":
        _move(_previous(), _files())
    for folder in (uploads_restored(), staging()):
        shutil.rmtree(folder, ignore_errors=True)
    dumps.undo()
    shutil.rmtree(_previous(), ignore_errors=True)


def resolve(*, at: datetime, by: str) -> str:
    """End an earlier, unfinished restore; return a sentence about it, empty when there was none."""
    marker = dumps.marker()
    if marker is None:
        return ""
    if marker.step in SWAPPED | {"swapping"}:
        finish(at=at, by=by)
        return "An earlier restore that was cut short was finished first."
    undo()
    return "An earlier restore that was cut short was undone first: it had replaced nothing yet."


def _step() -> dumps.Step:
    marker = dumps.marker()
    if marker is None:
        raise Refused("No restore is under way.")
    return marker.step


def _mark(step: dumps.Step) -> dumps.Step:
    dumps.mark(step)
    return step


def _files() -> Path:
    return Path(settings.PRAYA.files_dir)


def _previous() -> Path:
    return _files() / UPLOADS_PREVIOUS


def _uploads(folder: Path) -> list[Path]:
    """The entries of a folder of uploads, without our own folders and those that the root of a disk has."""
    names = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in names if not path.name.startswith(".") and path.name != "lost+found"]


def _move(source: Path, target: Path) -> None:
    """Move all uploads from one folder to another by renaming. Can be repeated after an interruption."""
    target.mkdir(parents=True, exist_ok=True)
    for path in _uploads(source):
        path.rename(target / path.name)
    os.sync()
