"""`praya webhooks`: list, register and mend the receivers of departments, and look at what was sent."""

import argparse
from collections.abc import Callable
from datetime import datetime
from typing import Any

from praya.kernel import clock
from praya.kernel.expression import among
from praya.kernel.refusal import Refused

NEEDS_DJANGO = True
AS_OPERATOR = True


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("webhooks", help="register and watch the systems of departments that get events")
    does = parser.add_subparsers(
        dest="does", required=True, metavar="list|add|deliveries|again|rotate|pause|resume|remove|test"
    )
    listed = does.add_parser("list", help="the receivers, and what waits")
    listed.add_argument("--department", default="", help="of this department only")
    new = does.add_parser("add", help="register a receiver and show its secret this once")
    new.add_argument("--department", required=True, help="whose cases, such as fehd")
    new.add_argument("--url", required=True, help="where it listens: https://...")
    new.add_argument("--service", action="append", default=[], help="only of this service; may be said several times")
    for name, sentence in (
        ("rotate", "make a new secret; the one before signs for two days more"),
        ("pause", "send nothing more; events wait"),
        ("resume", "send again what waits"),
        ("remove", "delete a receiver with the list of what was sent"),
        ("test", "send an event `test`"),
    ):
        does.add_parser(name, help=sentence).add_argument("ref", help="the receiver, as `list` names it")
    sent = does.add_parser("deliveries", help="the newest events for a receiver, with its answers")
    sent.add_argument("ref", help="the receiver, as `list` names it")
    sent.add_argument("--state", choices=("waiting", "delivered", "failed"), default="", help="only these")
    sent.add_argument("--limit", type=int, default=50, help="how many lines (50)")
    again = does.add_parser("again", help="send one event again, or all since a moment")
    again.add_argument("ref", help="the receiver, as `list` names it")
    which = again.add_mutually_exclusive_group(required=True)
    which.add_argument("--sequence", type=int, help="the event, as `deliveries` names it")
    which.add_argument("--since", type=datetime.fromisoformat, help="a moment, such as 2026-03-01T09:00+08:00")


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    from praya.journey import load  # noqa: PLC0415 (tables are ready only now)

    args.insist_on_ready()
    every = sorted(load.pack().departments)
    webhooks = _webhooks()
    try:
        return _DOES[args.does](args, every)
    except webhooks.NoEndpoint:
        raise Refused(f"There is no receiver '{args.ref}'. `praya webhooks list` shows them.") from None


def _webhooks() -> Any:
    from praya.systems.webhooks import api  # noqa: PLC0415

    return api


def _text(key: str) -> str:
    from praya.web.words import translator  # noqa: PLC0415

    return translator("en")(f"webhooks.{key}")


def _list(args: argparse.Namespace, every: list[str]) -> int:
    webhooks = _webhooks()
    for one in webhooks.endpoints([args.department] if args.department else every):
        services = f" ({', '.join(one.services)})" if one.services else ""
        state = (
            f"paused, {one.why}" if one.state == "paused" else f"{one.failures} failures" if one.failures else "works"
        )
        print(f"{one.ref}  {one.department}  {one.url}{services}  {state}  {one.waiting} waiting")
    return 0


def _add(args: argparse.Namespace, every: list[str]) -> int:
    webhooks = _webhooks()
    if args.department not in every:
        raise Refused(f"There is no department '{args.department}'{among(args.department, every)}.")
    try:
        made, secret = webhooks.register(
            department=args.department, url=args.url, services=args.service, at=clock.now(), by=args.actor(args)
        )
    except webhooks.Unfit as unfit:
        raise Refused(f"{_text(str(unfit))}.") from None
    except webhooks.TooMany:
        raise Refused(_text("too_many")) from None
    print(secret)
    print(f"Keep it now: it is not shown again. {made.ref}  {made.url}")
    return 0


def _rotate(args: argparse.Namespace, every: list[str]) -> int:
    webhooks = _webhooks()
    print(webhooks.rotate(args.ref, departments=every, at=clock.now(), by=args.actor(args)))
    print("Keep it now: it is not shown again. For two days the one before signs too.")
    return 0


def _change(args: argparse.Namespace, every: list[str]) -> int:
    webhooks = _webhooks()
    does: dict[str, Callable[..., None]] = {
        "pause": webhooks.pause, "resume": webhooks.resume, "remove": webhooks.remove,
    }  # fmt: skip
    if args.does == "test":
        webhooks.test(args.ref, departments=every, at=clock.now())
    else:
        does[args.does](args.ref, departments=every, at=clock.now(), by=args.actor(args))
    print("Done.")
    return 0


def _deliveries(args: argparse.Namespace, every: list[str]) -> int:
    webhooks = _webhooks()
    limit = max(1, min(args.limit, 10_000))
    for one in webhooks.deliveries(args.ref, departments=every, state=args.state, limit=limit):
        answer = str(one.status) if one.status else one.failure
        print(
            f"{one.sequence}  {one.at:%Y-%m-%d %H:%M}  {one.event:18} {one.reference:15} {one.state:9} "
            f"{one.attempts} attempts  {answer}"
        )
    return 0


def _again(args: argparse.Namespace, every: list[str]) -> int:
    webhooks = _webhooks()
    if args.since is not None and args.since.utcoffset() is None:
        raise Refused("Say the time zone of --since, such as 2026-03-01T09:00+08:00.")
    number = webhooks.replay(
        args.ref, departments=every, sequence=args.sequence, since=args.since, at=clock.now(), by=args.actor(args)
    )
    print(f"{number} will be sent again by the worker.")
    return 0


_DOES = {
    "list": _list, "add": _add, "rotate": _rotate, "pause": _change, "resume": _change, "remove": _change,
    "test": _change, "deliveries": _deliveries, "again": _again,
}  # fmt: skip
