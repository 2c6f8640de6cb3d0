"""`praya check`: every problem of a definition with its place, before anybody meets it."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

NEEDS_DJANGO = False


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("check", help="say what is wrong with services, with file, line and column")
    parser.add_argument("path", nargs="*", help="a pack, a service's folder or service.yaml (the installation's pack)")
    parser.add_argument("--json", action="store_true", help="print problems and services as JSON")


def run(args: argparse.Namespace) -> int:
    """Print every problem; exit code 1 when there is one."""
    from praya.project import config
    from praya.project.designing import checking, targets

    found = [checking.check(target) for target in targets.targets(args.path, installed=config.load().pack)]
    problems = [problem for findings in found for problem in findings.all_problems]
    errors = [problem for problem in problems if problem.level == "error"]
    checked = [one for findings in found for one in findings.checked]
    if args.json:
        services = [
            {
                "service": one.service.service if one.service else one.path.parent.name,
                "file": targets.shown(one.path),
                "examples": one.examples,
                "fine": one.fine,
            }
            for one in checked
        ]
        print(
            json.dumps({"problems": [asdict(p) for p in problems], "services": services}, ensure_ascii=False, indent=2)
        )
        return 1 if errors else 0
    for problem in problems:
        print(problem)
    # The sentence about the whole is for people; what came before it is for editors too.
    sys.stdout.flush()
    summary = _summary(checked, len(errors), broken_pack=any(f.pack is None for f in found))
    doubts = len(problems) - len(errors)
    print(f"{summary} {_count(doubts, 'warning')}." if doubts else summary, file=sys.stderr)
    return 1 if errors else 0


def _summary(checked: list[Any], errors: int, *, broken_pack: bool) -> str:
    services = _count(len(checked), "service")
    examples = _count(sum(one.examples for one in checked), "example")
    if broken_pack:
        return f"{_count(errors, 'error')} in the pack; its services were not looked at."
    if errors:
        fine = sum(one.fine for one in checked)
        return f"{_count(errors, 'error')}. {fine} of {services} and their examples are fine."
    if not checked:
        return "There is no service here. `praya new-service NAME` begins one."
    return f"{services} and {examples} are fine."


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
