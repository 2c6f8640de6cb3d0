"""`praya index-registers`: write the search keys of register entries again."""

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from praya.journey.register_keys import Written


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser(
        "index-registers", help="write anew by what entries are found, as `publish` does where that changed"
    )
    parser.add_argument("services", nargs="*", metavar="SERVICE", help="live services; without any, all of them")


def run(args: argparse.Namespace) -> int:
    """Write the keys of every register that has `found_by` or `unique`."""
    from praya.journey import load, register_keys
    from praya.kernel.expression import among
    from praya.project import migration
    from praya.project.refusal import Refused

    migration.insist_on_ready()
    live = load.territory().live
    for name in args.services:
        if name not in live:
            raise Refused(f"There is no live service '{name}'{among(name, live)}.")
    alike = 0
    for name in args.services or sorted(live):
        service = load.definition(live[name])
        for register in service.registers.values():
            if register.found_by or register.unique:
                written = register_keys.write(service, register)
                tell(service.service, written)
                alike += len(written.alike)
    return 1 if alike else 0


def tell(service: str, written: "Written") -> None:
    """Print how many entries got new keys, and which entries are not unique."""
    register = written.register
    print(f"{service}: {written.count} entries of '{register.name}' are indexed.")
    for number, other in written.alike[:20]:
        print(f"    {number} has the same {', '.join(register.unique)} as {other}; strike one off.")
