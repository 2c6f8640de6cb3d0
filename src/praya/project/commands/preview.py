"""`praya preview`: show one service, or a file of a system, in a browser, and again at each save."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

NEEDS_DJANGO = False


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser(
        "preview", help="show a service or a file of a pack in a browser, anew at each save, until Ctrl-C"
    )
    parser.add_argument(
        "path",
        help="a service's folder or service.yaml, also outside any pack; or a file of a pack that a system reads",
    )
    parser.add_argument("--port", type=int, default=8010, help="the port on 127.0.0.1 to listen on (8010)")
    parser.add_argument("--pack", type=Path, help="the territory's pack (the one around the service)")


def run(args: argparse.Namespace) -> int:
    """Show the service until stopped."""
    from praya.definition.load import load_pack
    from praya.definition.source import Broken
    from praya.project import config, running
    from praya.project.designing import preview_run, targets
    from praya.project.refusal import Refused

    installed = (args.pack or config.load().pack).resolve()
    target = targets.one_pack([args.path], installed=installed)
    files = (*target.services, *target.plug_files)
    if len(files) != 1:
        raise Refused(f"{args.path} holds {len(files)} services; name the folder of one.")
    if target.plug_files and not target.kinds[0].shown_at:
        raise Refused(f"{args.path} has no page: its system does not say where it is shown.")
    pack = installed if args.pack else target.pack
    try:
        load_pack(pack)
    except Broken as broken:
        raise Refused(f"The pack cannot be read. Mend it first:\n{broken}") from None
    running.refuse_taken_port(preview_run.HOST, args.port, command=f"praya preview {args.path}")
    with preview_run.stage(pack, port=args.port):
        preview_run.prepare(at=datetime.now(UTC))
        preview_run.run(files[0], pack, port=args.port, say=say)
    return 0


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)
