"""`praya fill-register`: fill a register from the rows of a CSV file, each entered once by its key."""

import argparse
from pathlib import Path
from typing import Any

AS_OPERATOR = True


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("fill-register", help="enter the rows of a CSV file in a register, each once")
    parser.add_argument("service", help="the service whose register it is; it is live")
    parser.add_argument("register", help="the name of the register")
    parser.add_argument("file", type=Path, help="UTF-8 with a first line of names: facts (of a place also fact.lat and "
                        "fact.lon, of a text fact.LANGUAGE), from, until, holder_email")  # fmt: skip
    parser.add_argument("--key", required=True, metavar="COLUMN",
                        help="the column by whose value a row is entered once, however often it is read")  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="say what is wrong, and enter nothing")


def run(args: argparse.Namespace) -> int:
    """Fill the register; if the file has problems, print them by row and column and enter nothing."""
    from praya.project import filling, migration, operators
    from praya.project.refusal import Refused

    migration.insist_on_ready()
    try:
        text = args.file.read_bytes()
    except OSError as unreadable:
        raise Refused(f"{args.file}: {unreadable.strerror}") from None
    service, register = filling.place(args.service, args.register)
    rows, problems = filling.read(text, service, register, key=args.key)
    for problem in problems[: filling.MOST_TOLD]:
        print(f"{args.file}:{problem}")
    if len(problems) > filling.MOST_TOLD:
        print(f"... and {len(problems) - filling.MOST_TOLD} more.")
    if problems:
        print(f"Nothing was entered: {len(problems)} cells of {len(rows)} rows are wrong.")
        return 1
    if args.dry_run:
        print(f"{len(rows)} rows are right. Without --dry-run they are entered in '{register.name}'.")
        return 0
    done = filling.fill(rows, service, register, by=operators.actor(args))
    for problem in done.refused[: filling.MOST_TOLD]:
        print(f"{args.file}:{problem}")
    print(f"{done.entered} entered, {done.there} were there already, {len(done.refused)} refused.")
    return 1 if done.refused else 0
