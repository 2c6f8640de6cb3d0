"""`praya tokens`: issue, list and revoke the API tokens of departments."""

import argparse
from datetime import UTC, datetime, timedelta
from typing import Any

AS_OPERATOR = True


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("tokens", help="issue, list and revoke the API tokens of departments")
    does = parser.add_subparsers(dest="does", required=True, metavar="issue|list|revoke")
    issue = does.add_parser("issue", help="make a token and show it this once")
    issue.add_argument("--department", required=True, help="whose token it is, such as fehd")
    issue.add_argument("--scope", required=True, help="what it opens, separated by commas: apply, read, book")
    issue.add_argument("--name", required=True, help="2 to 40 small letters, digits, hyphens; the journal names it")
    issue.add_argument("--days", type=int, default=365, help="for how many days it is good; 0 without end")
    listed = does.add_parser("list", help="list the tokens, without their secrets")
    listed.add_argument("--department", default="", help="of this department only")
    revoke = does.add_parser("revoke", help="end a token")
    revoke.add_argument("name", help="the token's name")


def run(args: argparse.Namespace) -> int:
    """Perform the subcommand."""
    from praya.project import migration

    migration.insist_on_ready()
    return {"issue": _issue, "list": _list, "revoke": _revoke}[args.does](args)


def _issue(args: argparse.Namespace) -> int:
    from praya.blocks.tokens import api as access
    from praya.journey import load
    from praya.kernel.expression import among
    from praya.project import operators
    from praya.project.refusal import Refused

    known = load.pack().departments
    if args.department not in known:
        raise Refused(f"There is no department '{args.department}'{among(args.department, known)}.")
    if not 0 <= args.days <= 3660:
        raise Refused("--days must be between 0 and 3660.")
    at = datetime.now(UTC)
    try:
        issued = access.issue(
            name=args.name,
            department=args.department,
            scopes=[scope.strip() for scope in args.scope.split(",") if scope.strip()],
            expires_at=at + timedelta(days=args.days) if args.days else None,
            at=at,
            by=operators.actor(args),
        )
    except (access.BadName, access.NoScope) as problem:
        raise Refused(f"{problem}.") from None
    except access.NameTaken:
        raise Refused(f"'{args.name}' was used before; the journal names it for ever. Take another name.") from None
    print(issued.secret)
    print(f"Keep it now: it is not shown again. {_line(issued.token)}")
    return 0


def _list(args: argparse.Namespace) -> int:
    from praya.blocks.tokens import api as access

    for token in access.tokens(department=args.department):
        print(_line(token))
    return 0


def _revoke(args: argparse.Namespace) -> int:
    from praya.blocks.tokens import api as access
    from praya.project import operators
    from praya.project.refusal import Refused

    try:
        ended = access.revoke(name=args.name, at=datetime.now(UTC), by=operators.actor(args))
    except access.NoToken:
        raise Refused(f"there is no token '{args.name}'.") from None
    print(f"{args.name} is revoked." if ended else f"{args.name} was revoked before.")
    return 0


def _line(token: Any) -> str:
    until = f"until {token.expires_at:%Y-%m-%d}" if token.expires_at else "without end"
    state = f"revoked {token.revoked_at:%Y-%m-%d}" if token.revoked_at else until
    used = f"last used {token.last_used_date}" if token.last_used_date else "never used"
    return f"{token.name}  {token.department}  {','.join(sorted(token.scopes))}  {state}  {used}"
