"""`praya`: every command of an installation."""

import argparse
import gc
import os
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

# Before the imports, which make many objects that stay: looking through them again and again for what could be deleted
# took a sixth of the time of a command.
gc.set_threshold(20_000, 20, 50)

from praya.project import commands, operators, startup, wiring  # noqa: E402
from praya.project.version import praya_version  # noqa: E402


def parser() -> argparse.ArgumentParser:
    """The parser with every command of `commands` and of the plugs."""
    top = argparse.ArgumentParser(prog="praya", description="One definition becomes a working public e-service.")
    top.add_argument("--env-file", type=Path, metavar="FILE", help="read settings from this file (NAME=value lines)")
    top.add_argument("--version", action="version", version=f"praya {praya_version()}")
    # A command that starts others (`demo`) is given the means to read them.
    top.set_defaults(parse=parsed)
    sub = top.add_subparsers(dest="command", required=True, metavar="command")
    for module in _modules():
        before = set(sub.choices)
        module.add(sub)
        for name in set(sub.choices) - before:
            needs_django = getattr(module, "NEEDS_DJANGO", True)
            sub.choices[name].set_defaults(run=module.run, needs_django=needs_django)
            if getattr(module, "AS_OPERATOR", False):
                operators.add_option(sub.choices[name])
                # Functions of the installation for commands of systems, which must not import it.
                sub.choices[name].set_defaults(actor=operators.actor, insist_on_ready=_insist_on_ready)
    return top


def _insist_on_ready() -> None:
    from praya.project import migration

    migration.insist_on_ready()


def _modules() -> Iterator[Any]:
    packages = [commands, *(import_module(one.commands) for one in wiring.installed() if one.commands)]
    for package in packages:
        for entry in sorted(pkgutil.iter_modules(package.__path__), key=lambda module: module.name):
            yield import_module(f"{package.__name__}.{entry.name}")


def parsed(command: Sequence[str]) -> argparse.Namespace:
    """Parse a command, given as the words that a person would type."""
    return parser().parse_args(command)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code."""
    args = parser().parse_args(argv)
    os.umask(0o077)  # whatever Praya writes, only its own user reads
    return startup.carry_out(args)


if __name__ == "__main__":
    sys.exit(main())
