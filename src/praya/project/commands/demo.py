"""`praya demo`: run everything on one machine, with invented people."""

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

NEEDS_DJANGO = False


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("demo", help="run everything here with invented people, until Ctrl-C")
    parser.add_argument("--fresh", action="store_true", help="throw the demo's data away and start over")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="the port to listen on (8000)")
    parser.add_argument("--data", type=Path, default=None, metavar="DIR", help="the demo's folder (./var)")


def run(args: argparse.Namespace) -> int:
    """Prepare the folder, then run until stopped."""
    from praya.project import config, demonstration, running, startup

    began = monotonic()
    data = (args.data or Path(os.environ.get("PRAYA_DATA_DIR", "var"))).expanduser().resolve()
    demonstration.settings_for(data=data, host=args.host, port=args.port)
    running.refuse_taken_port(args.host, args.port, command="praya demo")
    say(f"Praya demo in {data}, with the pack {config.load().pack}.")
    if args.fresh:
        demonstration.empty(data)
        say("Starting over: the folder was emptied.")
    demonstration.claim(data)
    with running.alone(data):  # a second demo on this folder ends here
        new = demonstration.is_new(data)
        running.count_together(data)
        startup.ready_django()
        demonstration.prepare(at=datetime.now(UTC), say=say, new=new)
    with running.together(data):
        return demonstration.run(programs(args), host=args.host, port=args.port, began=began, say=say)


def programs(args: argparse.Namespace) -> dict[str, argparse.Namespace]:
    """The programs that run together, each as a parsed command: web server, worker, and the processes of plugs."""
    from praya.kernel import plug
    from praya.project.commands import serve, worker

    web = argparse.Namespace(command="serve", run=serve.run, needs_django=False, host=args.host, port=args.port)
    work = argparse.Namespace(command="worker", run=worker.run, needs_django=False)
    of_plugs = {process.name: args.parse(process.command) for one in plug.plugs() for process in one.processes}
    return {"web server": web, "worker": work, **of_plugs}


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)
