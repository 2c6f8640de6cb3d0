"""The pages about an installation: its settings, commands and addresses."""

import argparse
import re
from collections.abc import Iterator
from typing import Any

from praya.project.reference.markdown import code, page, table


def settings() -> str:
    """Every setting."""
    from praya.project import config

    rows = []
    for name, field in config.Configuration.model_fields.items():
        default = field.default
        if field.default_factory is not None:
            shown = "the pack of the folder, else the shipped one"
        elif default is None or default == ():
            shown = ""
        else:
            shown = code(",".join(default) if isinstance(default, tuple) else default)
        rows.append((code(config.environment_name(name)), shown, str(field.description)))
    return page(
        "Settings",
        "Settings come from the environment and nowhere else. `praya settings` prints this table, `praya doctor` "
        "says what is wrong with those in force. What a department may choose is in the definition of its "
        "service, not here.",
        table(["name", "default", "what it says"], rows),
    )


def commands(choices: Any) -> str:
    """Every command with its arguments; `choices` are argparse's subparsers."""
    helps = {action.dest: action.help or "" for action in choices._choices_actions}
    opening = (
        "In a checkout, `./dev praya COMMAND` runs any of them; `./dev demo`, `./dev new-service` and `./dev docs` are "
        "short forms. Exit code 0 means that all is well, 1 that something is wrong (said in words), 2 that the "
        "command was not understood."
    )
    parts = [opening]
    for name, sub in sorted(choices.choices.items()):
        described = helps[name][:1].upper() + helps[name][1:]
        rows = [row for inner, parser in _inner(name, sub) for row in _rows(inner, parser, named=inner != name)]
        parts.append(f"## {name}\n\n{described}.\n\n{table(['argument', 'what it says'], rows) if rows else ''}")
    return page("Commands", *parts)


def _inner(name: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """A command, or the commands that it consists of."""
    nested = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not nested:
        yield name, parser
    for action in nested:
        for word, sub in action.choices.items():
            yield f"{name} {word}", sub


def _rows(name: str, parser: argparse.ArgumentParser, *, named: bool) -> Iterator[tuple[str, str]]:
    before = f"{name} " if named else ""
    arguments = list(_arguments(parser))
    if named and not arguments:
        yield code(name), ""
    for action in arguments:
        yield code(before + _written(action)), str(action.help)


def _arguments(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:
        if action.help is not argparse.SUPPRESS and not isinstance(action, argparse._HelpAction):
            yield action


def _written(action: argparse.Action) -> str:
    if not action.option_strings:
        name = str(action.metavar or action.dest).upper()
        return f"[{name} ...]" if action.nargs == "*" else name
    value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    return ", ".join(action.option_strings) + value


def routes() -> str:
    """Every address; Django must be ready."""
    from django.urls import get_resolver

    rows = [(code("/" + path), who, sentence) for path, who, sentence in _routes(get_resolver().url_patterns, "")]
    return page(
        "Addresses",
        "`<lang>` is `en`, `zh-hant` or `zh-hans`. Who may use an address is declared by its view and tested for each: "
        "anyone; a resident who signed in; an officer who signed in, then only what the department may see; a machine "
        "with a token; demo, where there are invented people only.",
        table(["address", "who", "what it is"], sorted(set(rows))),
    )


def _routes(patterns: Any, before: str) -> Iterator[tuple[str, str, str]]:
    from django.urls import URLResolver

    for pattern in patterns:
        path = before + re.sub(r"<\w+:(\w+)>", r"<\1>", str(pattern.pattern))
        if isinstance(pattern, URLResolver):
            yield from _routes(pattern.url_patterns, path)
            continue
        view = pattern.callback
        sentence = (view.__doc__ or "").strip().split("\n")[0]
        yield path, str(getattr(view, "open_to", "machine")), sentence
