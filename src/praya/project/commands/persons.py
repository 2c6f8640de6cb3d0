"""`praya persons erase`: make all data of a person unreadable, for ever."""

import argparse
from datetime import UTC, datetime
from typing import Any

AS_OPERATOR = True


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("persons", help="erase a person at their request")
    what = parser.add_subparsers(dest="what", required=True)
    erasing = what.add_parser("erase", help="delete the person's key: what they told us cannot be read again")
    erasing.add_argument("--email", required=True, help="the address with which the person signs in")
    erasing.add_argument("--yes", action="store_true", help="really do it; there is no way back")


def run(args: argparse.Namespace) -> int:
    """Erase a person, or print what would be erased."""
    from praya.blocks.cases import api as cases
    from praya.blocks.identity import api as identity
    from praya.journey import erasure
    from praya.project import migration, operators
    from praya.project.refusal import Refused

    migration.insist_on_ready()
    try:
        person = identity.find(email=args.email)
    except identity.NotAnAddress:
        raise Refused("The address is no e-mail address.") from None
    if person is None:
        raise Refused("Nobody signs in with this address.")
    count = len(cases.of_person(person.ref, limit=1000))
    if not args.yes:
        print(f"This would make the person and their {count} cases unreadable for ever. Add --yes to do it.")
        return 1
    erasure.erase(person_ref=person.ref, at=datetime.now(UTC), by=operators.actor(args))
    print(f"The person was erased; {count} cases keep their dates and results, and nothing of the person.")
    return 0
