"""`praya restore`: restore an archive of `praya backup`."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NEEDS_DJANGO = False
AS_OPERATOR = True


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("restore", help="put what `praya backup` wrote in place; web and worker must be stopped")
    parser.add_argument("file", type=Path, nargs="?", help="the archive to read")
    parser.add_argument("--replace", action="store_true", help="replace the data that is here")
    parser.add_argument("--identity", type=Path, metavar="FILE", help="the secret key that opens it, of age or SSH "
                        "(else the key file's)")  # fmt: skip
    parser.add_argument("--trust", metavar="KEY", help="also take an archive that was signed by this key")
    ending = parser.add_mutually_exclusive_group()
    ending.add_argument("--finish", action="store_true", help="carry a restore that was cut short to its end")
    ending.add_argument(
        "--undo", action="store_true", help="go back to what was here before a restore that was cut short"
    )


def run(args: argparse.Namespace) -> int:
    """Verify the archive and restore it, or end a restore that was interrupted."""
    from praya.project import startup
    from praya.project.refusal import Refused

    if bool(args.file) == (args.finish or args.undo):
        raise Refused("Name the archive to restore, or say --finish or --undo of a restore that was cut short.")
    startup.ready_django(owner=True)
    from django.conf import settings

    from praya.project import migration, running

    with running.alone(settings.PRAYA.data_dir):
        migration.connect()
        return _restore(args)


def _restore(args: argparse.Namespace) -> int:
    from praya.project import backup, operators, restoring

    at, by = datetime.now(UTC), operators.actor(args)
    if args.undo:
        restoring.undo()
        print("Everything is as it was before the restore began.")
        return 0
    if args.finish:
        _tell_erased(restoring.finish(at=at, by=by))
        print("The restore is finished.")
        return 0
    if outcome := restoring.resolve(at=at, by=by):
        print(outcome)
    manifest, erased = backup.restore(
        args.file, replace=args.replace, at=at, by=by, identity=args.identity, trust=args.trust
    )
    made_on = manifest.about.made_at.astimezone().strftime("%-d %B %Y %H:%M")
    print(f"Restored {len(manifest.parts)} parts as of {made_on}. The signature and the SHA-256 of each were checked.")
    _tell_erased(erased)
    return 0


def _tell_erased(count: int) -> None:
    from praya.kernel.crypto import erased

    if count:
        print(f"{count} persons who were erased after the archive was made were in it. They are erased again.")
    if not erased.path().exists():
        print(
            f"{erased.path()} is not here. If anybody was erased after the archive was made, they are back: put the "
            "copy of that file from the old machine in its place and restore again, or erase them by hand."
        )
