"""`praya outbox`: list the effects that wait or were given up, and retry them."""

import argparse
import json
from dataclasses import asdict
from datetime import timedelta
from typing import Any

NEEDS_DJANGO = True
AS_OPERATOR = True
STATES = ("waiting", "failed", "done")


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("outbox", help="see what waits to be sent or was given up, and try again")
    kinds = parser.add_subparsers(dest="what", required=True, metavar="list|retry")
    listing = kinds.add_parser("list", help="how many wait in each lane, and the longest waiting")
    listing.add_argument("--state", choices=STATES, default="", help="waiting, failed (given up) or done")
    listing.add_argument("--limit", type=int, default=50, help="how many lines (50)")
    listing.add_argument("--json", action="store_true", help="print it as JSON")
    again = kinds.add_parser("retry", help="try what was given up, or waits for its next attempt, at once")
    again.add_argument("--state", choices=("waiting", "failed"), default="failed", help="failed unless you say waiting")
    again.add_argument("refs", nargs="*", metavar="REF", help="only these, as `list` names them")
    for one in (listing, again):
        one.add_argument("--kind", default="", help="only of this kind, such as notice_email")
        one.add_argument("--older-than", type=_age, metavar="AGE", help="queued longer ago: 30m, 12h, 3d")


def run(args: argparse.Namespace) -> int:
    """List or try again."""
    from praya.kernel import clock
    from praya.kernel.journal import api as journal
    from praya.kernel.outbox import api as outbox
    from praya.project import migration, operators

    migration.insist_on_ready()
    at = clock.now()
    before = at - args.older_than if args.older_than else None
    if args.what == "retry":
        number = outbox.try_again(at=at, state=args.state, kind=args.kind, queued_before=before, refs=args.refs)
        facts = {"state": args.state, "kind": args.kind, "number": number}
        journal.record(event="outbox_retried", at=at, by=operators.actor(args), facts=facts)
        print(f"{number} will be tried again by the worker.")
        return 0
    rows = outbox.listed(state=args.state, kind=args.kind, queued_before=before, limit=args.limit)
    lanes = outbox.lanes()
    if args.json:
        report = {
            "lanes": {name: asdict(lane) for name, lane in lanes.items()},
            "effects": [asdict(row) for row in rows],
        }
        print(json.dumps(report, default=str, indent=2))
        return 0
    for name, lane in lanes.items():
        since = f", the oldest since {lane.oldest_at:%Y-%m-%d %H:%M} UTC" if lane.oldest_at else ""
        print(f"{name:7} {lane.waiting} waiting{since}; {lane.failed} given up")
    for row in rows:
        print(
            f"{row.ref}  {row.kind:13} {row.lane:7} {row.state:8} {row.queued_at:%Y-%m-%d %H:%M}  "
            f"{row.attempts} attempts  {row.failure}"
        )
    return 0


def _age(text: str) -> timedelta:
    units = {"m": "minutes", "h": "hours", "d": "days"}
    if not text[:-1].isdecimal() or text[-1:] not in units:
        raise argparse.ArgumentTypeError(f"{text} is no age: write 30m, 12h or 3d")
    return timedelta(**{units[text[-1]]: int(text[:-1])})
