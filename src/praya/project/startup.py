"""Making Django ready and running one command, in processes that no web server starts."""

import argparse
import os
import sys
from pathlib import Path

import django

from praya.project.refusal import Refused


def ready_django(*, owner: bool = False) -> None:
    """Load the settings and the applications; connect as the `owner` of the tables if the settings name one.

    Raises Refused when the settings cannot be used.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "praya.project.settings")
    django.setup()
    if owner:
        from praya.project import database_roles

        database_roles.become_owner()


def read_env_file(path: Path) -> None:
    """Read settings from a file in the form of systemd's EnvironmentFile; variables that are set already stay.

    Nothing is executed or substituted, so a value may hold any character, quoted or not. Raises Refused.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise Refused(f"{path} cannot be read: {getattr(problem, 'strerror', None) or 'it is no text'}.") from None
    for number, line in enumerate((line.strip() for line in lines), 1):
        if not line or line[0] in "#;":
            continue
        name, equals, value = line.partition("=")
        if not equals or not name.replace("_", "").isalnum():
            raise Refused(f"line {number} of {path} is not NAME=value.")
        if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
            value = value[1:-1]
        os.environ.setdefault(name, value)


def carry_out(args: argparse.Namespace) -> int:
    """Run a parsed command, `args.run`; return its exit code. A refusal is printed as its sentence."""
    try:
        if getattr(args, "env_file", None) is not None:
            read_env_file(args.env_file)
        if args.needs_django:
            ready_django()
        return int(args.run(args))
    except Refused as refusal:
        print(f"praya {args.command}: {refusal}", file=sys.stderr)  # noqa: T201
        return 1
    except PermissionError as problem:
        print(f"praya {args.command}: {problem.filename} cannot be used: {problem.strerror}.", file=sys.stderr)  # noqa: T201
        return 1
    except BrokenPipeError:  # the reader of our output went away, as in `praya doctor | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        return 130
