"""`praya tide-gauge`: say the height noted last, or watch the gauge."""

import argparse
from typing import Any


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("tide-gauge", help="say the height noted last, or watch the gauge")
    parser.add_argument("what", choices=("latest", "watch"))


def run(args: argparse.Namespace) -> int:
    """Say it."""
    from tide_gauge import api

    print(f"{api.latest()} cm" if args.what == "latest" else "the gauge is watched")  # noqa: T201
    return 0
