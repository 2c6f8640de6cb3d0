"""Making Django ready, and carrying out one command, for whoever is not started by a web server."""

import argparse
import os
import sys

import django

from praya.project.refusal import Refused


def ready_django(*, owner: bool = False) -> None:
    """Load the settings and the installed apps; as the `owner` of the tables where the settings name one.

    Raises Refused when the settings cannot be.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "praya.project.settings")
    django.setup()
    if owner:
        from praya.project import roles

        roles.become_owner()


def carry_out(args: argparse.Namespace) -> int:
    """Run a parsed command, `args.run`; answer its exit code. What is refused is printed as its sentence."""
    try:
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
