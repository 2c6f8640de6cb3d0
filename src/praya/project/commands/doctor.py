"""`praya doctor`: find faults of this installation, and say how to correct them."""

import argparse
import json
from dataclasses import asdict
from typing import Any

NEEDS_DJANGO = False


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("doctor", help="say what is wrong with this installation and how to mend it")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")


def run(args: argparse.Namespace) -> int:
    """Examine everything; exit code 1 when a check fails."""
    from praya.project import diagnosis

    results = list(diagnosis.examine())
    if args.json:
        print(json.dumps([asdict(result) for result in results], ensure_ascii=False, indent=2))
    else:
        for result in results:
            mend = f"\n      {'':15}→ {result.mend}" if result.mend else ""
            print(f"{result.state:4}  {result.check:15} {result.sentence}{mend}")
    return 1 if any(result.state == "fail" for result in results) else 0
