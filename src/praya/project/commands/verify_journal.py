"""`praya verify-journal`: an auditor's check that nothing in the journal was changed, removed or cut off."""

import argparse
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

NEEDS_DJANGO = False


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("verify-journal", help="see whether the journal is whole, as an auditor does")
    parser.add_argument("--database", metavar="PATH|URL", help="an SQLite file or postgresql:// (the installation's)")
    parser.add_argument("--key", type=Path, metavar="FILE", help="the public key, as kept apart (else the database's)")
    parser.add_argument("--checkpoints", type=Path, metavar="FILE", help="checkpoints kept outside the database")
    parser.add_argument(
        "--save-key", type=Path, metavar="FILE", help="write the database's public key here, to be kept"
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(args: argparse.Namespace) -> int:
    """Compute the tree again and compare it with the signed checkpoints; exit code 1 when they differ."""
    import sqlite3

    import psycopg

    from praya.kernel.journal import verify
    from praya.project.refusal import Refused

    database, checkpoints = _sources(args)
    try:
        connection = verify.open_database(database)
        own_key = _key_in(connection)
        key = _read(args.key).strip() if args.key else own_key
        outside = _read(checkpoints) if checkpoints else ""
        if args.save_key and own_key:
            args.save_key.write_text(own_key + "\n", encoding="utf-8")
        if not key:
            raise Refused("The journal has no key yet: nothing was ever sealed. The worker seals it.")
        verdict = verify.verify(connection, public_key=key, outside=outside)
    except (sqlite3.Error, psycopg.Error) as problem:
        reason = (str(problem).strip().splitlines() or ["it does not answer"])[0]
        raise Refused(f"The database cannot be read: {reason}") from None
    except (ValueError, IndexError):
        raise Refused(f"{args.key or 'The database'} holds no public key of a journal.") from None
    if args.key and not verdict.checkpoints and not verdict.entries:
        verdict.problems.append("a key was kept apart, and nothing is there that was ever signed with it")
    if args.key and own_key and key != own_key:
        verdict.problems.append("the database names another key than the one that was kept apart")
    trust = str(args.key) if args.key else "the database itself"
    if args.json:
        report = {**vars(verdict), "key": key, "key_from": trust, "whole": not verdict.problems}
        print(json.dumps(report, ensure_ascii=False, indent=2))
    else:
        _say(verdict, trust, checkpoints)
    return 1 if verdict.problems else 0


def _sources(args: argparse.Namespace) -> tuple[str, Path | None]:
    """The database and the checkpoints to verify: those named, else the installation's."""
    if args.database:
        return str(args.database).removeprefix("sqlite:///"), args.checkpoints
    from praya.project import config
    from praya.project.designing import installed

    installed.prefer_demo()
    configuration = config.in_use()
    _refuse_unfinished_restore()
    witnesses = configuration.data_dir / "checkpoints.log"
    return installed.database_of(configuration), args.checkpoints or (witnesses if witnesses.is_file() else None)


def _refuse_unfinished_restore() -> None:
    """Refuse a database with an unfinished restore, because it may still be undone. Raises Refused."""
    from django.db import DatabaseError

    from praya.project import startup

    startup.ready_django()
    from praya.project import migration

    with suppress(DatabaseError):  # a database that cannot be read is reported by the verification itself
        migration.refuse_unfinished_restore()


def _key_in(connection: Any) -> str:
    cursor = connection.cursor()
    cursor.execute("SELECT public FROM journal_key ORDER BY id DESC")
    row = cursor.fetchone()
    return str(row[0]).strip() if row else ""


def _read(path: Path) -> str:
    from praya.project.refusal import Refused

    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise Refused(f"{path} cannot be read: {getattr(problem, 'strerror', None) or 'it is no text'}.") from None


def _say(verdict: Any, trust: str, checkpoints: Path | None) -> None:
    for problem in verdict.problems:
        print(f"WRONG  {problem}")
    if not verdict.problems:
        outside = f", also those in {checkpoints}" if verdict.outside else ""
        print(f"The journal is whole: {verdict.entries} entries, {verdict.checkpoints} signed checkpoints{outside}.")
        print(f"{verdict.unsealed} newer entries wait to be sealed.")
    if verdict.torn:
        print(f"{verdict.torn} torn pieces in {checkpoints} were ignored: a power cut leaves such, and proves nothing.")
    if not verdict.outside:
        where = f" ({checkpoints} holds none)" if checkpoints else ""
        print(f"No checkpoint from outside the database was used{where}: entries cut off at the end are not seen.")
    print(f"The public key was taken from {trust}.")
    if trust == "the database itself":
        print("Who can write the database could change the key with it: keep the key apart (--save-key) and use --key.")
