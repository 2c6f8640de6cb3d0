"""`praya simulate`: apply a changed definition to past cases, before it is published, and compare the results."""

import argparse
import json
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from praya.journey.simulation import Change, Simulated

NEEDS_DJANGO = False
YEAR = timedelta(days=365)


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("simulate", help="say whom a changed definition would have touched among past cases")
    parser.add_argument("new", help="the changed service's folder, or as published: SERVICE@VERSION")
    parser.add_argument("--old", help="what it is compared with (the live version)")
    parser.add_argument("--since", type=date.fromisoformat, help="cases opened since this day (a year ago)")
    parser.add_argument("--on", type=date.fromisoformat, help="the day whose law counts for all (the day of each case)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Print the different results, in numbers and samples."""
    from praya.project.designing import installed, versions

    installed.prefer_demo()
    new = versions.service_of(args.new)
    old = versions.service_of(args.old) if args.old else versions.published(new.service, "live")
    from praya.journey import load, simulation

    pack = load.pack()
    since = pack.calendar.moment(args.since, time()) if args.since else datetime.now(UTC) - YEAR
    simulated = simulation.simulate(old, new, pack, since=since, on=args.on)
    if args.json:
        print(json.dumps(_plain(simulated), ensure_ascii=False, indent=2))
    else:
        _show(simulated, pack.currency, since)
    return 0


def _show(simulated: "Simulated", currency: str, since: datetime) -> None:
    print(
        f"{simulated.looked_at:,} cases since {since:%Y-%m-%d} were looked at; "
        f"{simulated.touched:,} come out differently."
    )
    if simulated.skipped:
        print(f"{simulated.skipped:,} of people who were erased could not be.")
    for change in simulated.changes:
        print(f"  {change.what}: {change.count:,} differ, such as {', '.join(change.samples)}")
        for line in _lines(change, currency):
            print(f"      {line}")


def _lines(change: "Change", currency: str) -> list[str]:
    from praya.kernel.money import Money

    lines = [
        f"{before or 'nothing'} → {after or 'nothing'}: {count:,}"
        for (before, after), count in change.values.most_common()
    ]
    if change.more or change.less:
        before, after = (Money(cents, currency).shown() for cents in change.cents)
        lines.append(f"{change.more:,} pay more, {change.less:,} less; together {before} → {after}")
    return lines


def _plain(simulated: "Simulated") -> dict[str, Any]:
    return {
        "looked_at": simulated.looked_at,
        "touched": simulated.touched,
        "skipped": simulated.skipped,
        "changes": [
            {
                "what": change.what,
                "count": change.count,
                "samples": change.samples,
                "values": [{"before": b, "after": a, "count": n} for (b, a), n in change.values.most_common()],
                "cents": {
                    "before": change.cents[0],
                    "after": change.cents[1],
                    "more": change.more,
                    "less": change.less,
                },
            }
            for change in simulated.changes
        ],
    }
