"""`praya diagram`: the flow of a service as a diagram."""

import argparse
import sys
from pathlib import Path
from typing import Any

NEEDS_DJANGO = False


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("diagram", help="draw the flow of a service as SVG")
    parser.add_argument("path", help="a service's folder, service.yaml or name")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the file to write (standard output)")
    parser.add_argument("--language", default="en", help="the language of the words (en)")


def run(args: argparse.Namespace) -> int:
    """Write one diagram."""
    from praya.definition.flow_diagram import flow_svg
    from praya.kernel.expression import nearest
    from praya.project import config
    from praya.project.designing import checking, targets
    from praya.project.refusal import Refused

    pack_check = checking.check(targets.one_pack([args.path], installed=config.load().pack))
    services = [one.service for one in pack_check.checked if one.service]
    if not services:
        for problem in pack_check.errors:
            print(problem)
        print("Nothing was drawn: mend these first.", file=sys.stderr)
        return 1
    if len(services) > 1:
        raise Refused(f"{args.path} holds {len(services)} services; name the folder of one.")
    languages = pack_check.pack.languages if pack_check.pack else ()
    if args.language not in languages:
        near = nearest(args.language, list(languages))
        raise Refused(f"The pack does not speak '{args.language}'{near} (known: {', '.join(languages)})")
    diagram = flow_svg(services[0], args.language, pack_check.pack.role_titles if pack_check.pack else {})
    if args.output is None:
        sys.stdout.write(diagram)
        return 0
    args.output.write_text(diagram, encoding="utf-8")
    args.output.chmod(0o644)  # a diagram is for everybody who works on the service
    print(f"{targets.shown(args.output)} shows the {len(services[0].flow.states)} states of {services[0].service}.")
    return 0
