"""`praya doctor`: what is wrong with this installation, and how to mend it."""

import argparse
import json
from dataclasses import asdict
from typing import Any

NEEDS_DJANGO = False


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("doctor", help="say what is wrong with this installation and how to mend it")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(args: argparse.Namespace) -> int:
    """Examine everything; exit code 1 when a check fails."""
    from praya.project import diagnosis

    findings = list(diagnosis.examine())
    if args.json:
        print(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=2))
    else:
        for finding in findings:
            mend = f"\n      {'':15}→ {finding.mend}" if finding.mend else ""
            print(f"{finding.state:4}  {finding.check:15} {finding.sentence}{mend}")
    return 1 if any(finding.state == "fail" for finding in findings) else 0
