"""`praya schema`: print the JSON Schema of service.yaml for editors, or of a service's answers for other systems."""

import argparse
from typing import Any

NEEDS_DJANGO = False


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("schema", help="print the JSON Schema of service.yaml, for completion in editors")
    parser.add_argument("--answers", metavar="SERVICE", help="print the schema of this service's answers instead")


def run(args: argparse.Namespace) -> int:
    """Print one JSON Schema (draft 2020-12)."""
    from praya.kernel import jsontext
    from praya.project import config
    from praya.project.designing import checking, targets
    from praya.project.reference import schema

    if args.answers is None:
        print(jsontext.dumps(schema.service_schema(), indent=2))
        return 0
    target = targets.one_pack([args.answers], installed=config.load().pack)
    pack_check = checking.check(target)
    if pack_check.errors:
        for problem in pack_check.errors:
            print(problem)
        return 1
    schemas = [one.service.answers_schema() for one in pack_check.checked if one.service]
    print(jsontext.dumps(schemas[0] if len(schemas) == 1 else schemas, indent=2))
    return 0
