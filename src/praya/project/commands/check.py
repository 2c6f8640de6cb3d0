"""`praya check`: report every problem of a definition, with its place."""

import argparse
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from praya.definition.source import Problem

NEEDS_DJANGO = False


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("check", help="say what is wrong with services, with file, line and column")
    parser.add_argument("path", nargs="*", help="a pack, a service's folder or service.yaml (the installation's pack)")
    parser.add_argument("--json", action="store_true", help="print problems and services as JSON")
    parser.add_argument("--strict", action="store_true", help="a warning is an error")


def run(args: argparse.Namespace) -> int:
    """Print every problem; exit code 1 when there is one."""
    from praya.project import config
    from praya.project.designing import checking, targets

    checks = [checking.check(target) for target in targets.targets(args.path, installed=config.load().pack)]
    problems = [problem for pack_check in checks for problem in pack_check.all_problems]
    if args.strict:
        problems = [replace(problem, level="error") for problem in problems]
    errors = [problem for problem in problems if problem.level == "error"]
    checked = [one for pack_check in checks for one in pack_check.checked]
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
        report = {"problems": [_as_json(problem) for problem in problems], "services": services}
        print(json.dumps(report, ensure_ascii=False, indent=2))
        return 1 if errors else 0
    explained: set[str] = set()
    for problem in problems:
        print(problem)
        if problem.code not in explained and problem.mend:
            # The remedy for a kind of problem is printed once, with the first one.
            print(f"    {problem.mend} See {problem.link}")
        explained.add(problem.code)
    # The summary is for people; the lines before it are for editors too.
    sys.stdout.flush()
    sound = _without_errors(checked, errors)
    summary = _summary(checked, sound, len(errors), broken_pack=any(f.pack is None for f in checks))
    doubts = len(problems) - len(errors)
    print(f"{summary} {_count(doubts, 'warning')}." if doubts else summary, file=sys.stderr)
    return 1 if errors else 0


def _as_json(problem: Problem) -> dict[str, Any]:
    """A problem as JSON."""
    more = {"nearest": problem.nearest, "expected": problem.expected, "mend": problem.mend, "link": problem.link}
    return {**asdict(problem), **more}


def _without_errors(checked: list[Any], errors: list[Problem]) -> int:
    """The number of services without an error, including errors that appear only in comparison with other services."""
    from praya.project.designing import targets

    wrong = {Path(problem.file).parts for problem in errors}
    folders = [Path(targets.shown(one.path.parent)).parts for one in checked]
    return sum(not any(parts[: len(folder)] == folder for parts in wrong) for folder in folders)


def _summary(checked: list[Any], sound: int, errors: int, *, broken_pack: bool) -> str:
    services = _count(len(checked), "service")
    examples = _count(sum(one.examples for one in checked), "example")
    if broken_pack:
        return f"{_count(errors, 'error')} in the pack; its services were not looked at."
    if errors:
        return f"{_count(errors, 'error')}. {sound} of {services} without errors."
    if not checked:
        return "There is no service here. `praya new-service NAME` begins one."
    played = " `praya play` tells whether they turn out as they say." if any(one.examples for one in checked) else ""
    return f"{services} and {examples} are well formed.{played}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"
