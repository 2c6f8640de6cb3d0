"""`praya import-forms`: replace the directory of forms by a list."""

import argparse
from pathlib import Path
from typing import Any

from praya.kernel import clock, jsontext
from praya.kernel.refusal import Refused

NEEDS_DJANGO = True
AS_OPERATOR = True
MOST_BYTES = 200 * 1024 * 1024
MOST_SHOWN = 50


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser(
        "import-forms", help="replace the directory of forms by a list of the official schema (JSON)"
    )
    parser.add_argument("file", type=Path, help="the list: rows with en_, tc_ and sc_ department, title and url")
    parser.add_argument("--check-links", action="store_true", help="ask each address whether something is behind it")
    parser.add_argument("--strict", action="store_true", help="import nothing if a row is wrong")


def run(args: argparse.Namespace) -> int:
    """Import, and report what is wrong with rows."""
    args.insist_on_ready()
    from praya.systems.form_directory import api as forms  # noqa: PLC0415 (tables are ready only now)

    try:
        if args.file.stat().st_size > MOST_BYTES:
            raise Refused(f"{args.file} is larger than {MOST_BYTES // 1024 // 1024} MB.")
        rows = jsontext.loads(args.file.read_text("utf-8-sig"))
    except OSError as problem:
        raise Refused(f"{args.file} cannot be read: {problem.strerror}.") from None
    except UnicodeDecodeError:
        raise Refused(f"{args.file} is not UTF-8.") from None
    except ValueError as problem:
        raise Refused(f"{args.file} is no JSON: {problem}") from None
    if args.strict and (findings := forms.findings(rows)):
        _tell(findings)
        raise Refused(f"{len(findings)} rows need a look; nothing was imported.")
    report = forms.replace(rows, check_links=args.check_links, at=clock.now(), by=args.actor(args))
    _tell(report.findings)
    if not report.forms:
        raise Refused("The list has no form that can be taken. The directory stays as it was.")
    refused = sum(one.refused for one in report.findings)
    done = "Imported" if report.changed else "Nothing changed:"
    print(f"{done} {report.forms:,} forms; {refused:,} rows left out, {len(report.findings) - refused:,} to look at.")
    return 0


def _tell(findings: Any) -> None:
    for one in findings[:MOST_SHOWN]:
        print(f"row {one.row}: {one.sentence}{' (left out)' if one.refused else ''}")
    if len(findings) > MOST_SHOWN:
        print(f"and {len(findings) - MOST_SHOWN:,} more")
