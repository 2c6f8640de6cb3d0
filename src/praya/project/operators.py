"""The name of the operator who runs a command, for the journal."""

import argparse
import os
import pwd
import re
from pathlib import Path

from praya.project.refusal import Refused

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,39}")
"""A user's name on a system. No `@`: an address of e-mail is personal data and has no place in the journal."""


def add_option(parser: argparse.ArgumentParser) -> None:
    """Let a command and all its parts take `--as NAME`."""
    parser.add_argument(
        "--as", dest="operator", metavar="NAME", default=argparse.SUPPRESS,
        help="the operator whom the journal names (else who is logged in, also behind sudo)",
    )  # fmt: skip
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                add_option(inner)


def actor(args: argparse.Namespace) -> str:
    """The operator who gives this command, as the journal names them: `operator:NAME`.

    Raises Refused for a name that is no name of a user, such as an e-mail address.
    """
    given = getattr(args, "operator", None)
    if given is not None and not NAME.fullmatch(given):
        raise Refused("--as takes the name of a user: 1 to 40 letters, digits, `_`, `.`, `-`, and no e-mail address.")
    return f"operator:{given or login_name()}"


def login_name() -> str:
    """The name of the user who logged in, also where sudo or su has changed to another since."""
    for name in (os.environ.get("SUDO_USER"), _name_of(_login_number()), _name_of(os.getuid())):
        if name and NAME.fullmatch(name):
            return name
    return str(os.getuid())


def _login_number() -> int | None:
    """The user number that the kernel noted at the log-in; sudo and su do not change it."""
    try:
        number = int(Path("/proc/self/loginuid").read_text("ascii"))
    except (OSError, ValueError):
        return None
    return None if number == 2**32 - 1 else number


def _name_of(number: int | None) -> str | None:
    try:
        return None if number is None else pwd.getpwuid(number).pw_name
    except KeyError:
        return None
