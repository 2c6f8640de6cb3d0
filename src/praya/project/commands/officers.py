"""`praya officers`: add, list and remove officers and their roles."""

import argparse
from datetime import UTC, datetime
from typing import Any

AS_OPERATOR = True


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("officers", help="list, add and take away officers")
    what = parser.add_subparsers(dest="what", required=True)
    what.add_parser("list", help="list the officers and their roles")
    adding = what.add_parser("add", help="add an officer, or give one other roles")
    adding.add_argument("--email", required=True, help="the address to which the sign-in code goes")
    adding.add_argument("--name", required=True, help="the name that colleagues see")
    adding.add_argument("--role", action="append", required=True, metavar="DEPARTMENT:ROLE",
                        help="such as fehd:officer, or fehd: and a role of the pack; of a system system:NAME:ROLE, of "
                        "a community community:NAME:ROLE; may be given several times")  # fmt: skip
    leaving = what.add_parser("leave", help="take an officer out of office at once")
    leaving.add_argument("ref", help="the officer's reference, as `list` shows it")


def run(args: argparse.Namespace) -> int:
    """Perform the subcommand, and print the result."""
    from praya.project import migration

    migration.insist_on_ready()
    return {"list": _list, "add": _add, "leave": _leave}[args.what](args)


def _list(_: argparse.Namespace) -> int:
    from praya.blocks.identity import api as identity

    for officer in identity.officers():
        roles = ", ".join(sorted(f"{role.department}:{role.role}" for role in officer.roles))
        print(f"{officer.ref}  {officer.name}  {roles}")
    return 0


def _add(args: argparse.Namespace) -> int:
    from praya.blocks.identity import api as identity
    from praya.journey import load
    from praya.kernel.expression import among
    from praya.project import operators
    from praya.project.refusal import Refused

    roles = set()
    for text in args.role:
        department, _, role = text.rpartition(":")
        known = load.pack().roles_in(department)
        if known is None:
            kind, _, name = department.rpartition(":")
            names = load.pack().communities if kind else load.pack().departments
            raise Refused(f"The pack has no {kind or 'department'} '{name}'{among(name, names)}.")
        if role not in known:
            raise Refused(f"There is no role '{role}' in '{department}'{among(role, known)}.")
        roles.add(identity.Role(department, role))
    at = datetime.now(UTC)
    try:
        officer = identity.add_officer(
            name=args.name, email=args.email, roles=frozenset(roles), at=at, by=operators.actor(args)
        )
    except identity.NotAnAddress:
        raise Refused("The address is no e-mail address.") from None
    print(f"{officer.ref}  {officer.name} may sign in at the desk with a code by e-mail.")
    return 0


def _leave(args: argparse.Namespace) -> int:
    from praya.blocks.identity import api as identity
    from praya.project import operators
    from praya.project.refusal import Refused

    try:
        identity.officer_leaves(officer_ref=args.ref, at=datetime.now(UTC), by=operators.actor(args))
    except identity.NoOfficer:
        raise Refused("There is no officer with this reference. `praya officers list` shows them.") from None
    print("The officer has left; every session has ended.")
    return 0
