"""`praya settings`: every setting, with its type, default and sentence, as a Markdown table."""

import argparse
from typing import Any

NEEDS_DJANGO = False


def add(sub: Any) -> None:
    """Add the parser."""
    sub.add_parser("settings", help="list every setting with its default and its sentence")


def run(_: argparse.Namespace) -> int:
    """Print the table."""
    from praya.kernel import plug
    from praya.project import config

    print("| name | default | what it says |\n|---|---|---|")
    for name, field in config.Configuration.model_fields.items():
        default = field.default
        if field.default_factory is not None:
            shown = "the pack of the folder, else the shipped one"
        elif default is None or default == ():
            shown = ""
        else:
            shown = ", ".join(default) if isinstance(default, tuple) else str(default)
        print(f"| `{config.environment_name(name)}` | {shown} | {field.description} |")
    for variable, one, name in config.of_plugs():
        field = plug.value(one.settings).model_fields[name]
        print(f"| `{variable}` | {'' if field.default is None else field.default} | {field.description} |")
    return 0
