"""`praya alerts`: raise an alert on every page, end it, list those that stand."""

import argparse
from datetime import datetime
from typing import Any

from praya.kernel import clock
from praya.kernel.expression import among
from praya.kernel.refusal import Refused

NEEDS_DJANGO = True
AS_OPERATOR = True


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("alerts", help="raise and end alerts on every page, such as a typhoon signal")
    does = parser.add_subparsers(dest="does", required=True, metavar="list|raise|end")
    does.add_parser("list", help="the alerts that stand, and those of the pack that can be raised")
    raised = does.add_parser("raise", help="show an alert on every page")
    raised.add_argument("name", help="an alert of the pack, or a new name with --title")
    raised.add_argument("--title", action="append", default=[], metavar="LANGUAGE=TEXT", help="a text of its own")
    raised.add_argument("--text", action="append", default=[], metavar="LANGUAGE=TEXT", help="what people should do")
    raised.add_argument("--news", action="store_true", help="of its own texts: news, not a warning")
    raised.add_argument("--until", type=datetime.fromisoformat, help="when it ends, such as 2026-09-08T18:00+08:00")
    does.add_parser("end", help="take an alert away").add_argument("name", help="the alert, as `list` names it")


def run(args: argparse.Namespace) -> int:
    """Do what was asked."""
    args.insist_on_ready()
    from praya.systems.alerts import api as alerts  # noqa: PLC0415 (tables are ready only now)

    at = clock.now()
    try:
        if args.does == "raise":
            _raise(args, at)
        elif args.does == "end":
            alerts.end(args.name, at=at, by=args.actor(args))
    except alerts.NoAlert:
        names = [*alerts.known(), *(one.name for one in alerts.standing(at=at))]
        raise Refused(f"There is no alert '{args.name}'{among(args.name, names)}.") from None
    except alerts.TooMany:
        raise Refused(f"{alerts.MOST} alerts stand already. End one first: `praya alerts end NAME`.") from None
    stand = alerts.standing(at=at)
    for one in stand:
        until = f"until {one.until:%Y-%m-%d %H:%M %Z}" if one.until else "until it is ended"
        print(f"{one.name}  {one.kind}  since {one.raised_at:%Y-%m-%d %H:%M %Z}, {until}  {one.title.in_('en')}")
    if not stand:
        print("No alert stands.")
    if args.does == "list":
        for name, known in alerts.known().items():
            print(f"Can be raised: {name}  {known.title.in_('en')}")
    return 0


def _raise(args: argparse.Namespace, at: datetime) -> None:
    from praya.systems.alerts import api as alerts  # noqa: PLC0415

    if args.until is not None and args.until.utcoffset() is None:
        raise Refused("Say the time zone of --until, such as 2026-09-08T18:00+08:00.")
    if not args.title:
        alerts.raise_known(args.name, until=args.until, at=at, by=args.actor(args))
        return
    title = _spoken("--title", args.title)
    text = _spoken("--text", args.text) if args.text else None
    kind = "news" if args.news else "warning"
    alerts.raise_own(args.name, title, text, kind=kind, until=args.until, at=at, by=args.actor(args))


def _spoken(option: str, given: list[str]) -> Any:
    from praya.journey import load  # noqa: PLC0415
    from praya.kernel.text import Text  # noqa: PLC0415

    words = dict(one.split("=", 1) for one in given if "=" in one)
    text = Text(words) if words else None
    missing = [language for language in load.pack().languages if text is None or not text.words.get(language)]
    if missing:
        raise Refused(f"Say {option} in {', '.join(missing)} too: {option} {missing[0]}=TEXT.")
    return text
