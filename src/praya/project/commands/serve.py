"""`praya serve`: the web server."""

import argparse
import gc
import json
import os
import resource
from typing import Any

NEEDS_DJANGO = False
CONNECTIONS = 4096
"""Connections that one web process keeps open at a time; a slow one costs some kilobytes, and no thread."""
COMPILED_BEFORE = 100
"""How many definitions are compiled before the server forks."""


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("serve", help="run the web server")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8000, help="the port to listen on (8000)")
    parser.add_argument("--parent", type=int, default=None, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; requests in hand are answered first."""
    from praya.project import config, running, startup
    from praya.project.refusal import Refused

    configuration = config.in_use()
    if configuration.mode == "preview":
        raise Refused("A preview serves itself, on this machine only: praya preview PATH")
    running.refuse_taken_port(args.host, args.port, command="praya serve")
    running.stop_with_parent(args.parent)
    with running.together(configuration.data_dir):
        running.count_together(configuration.data_dir)
        startup.ready_django()
        _prepare()
        _serve(args.host, args.port, configuration)
    return 0


def _prepare() -> None:
    from django.db import connections

    from praya.journey import load
    from praya.project.migration import insist_on_ready

    insist_on_ready()
    _load_addresses()
    load.compile_popular(COMPILED_BEFORE)
    # Garbage collection ignores all present objects, so that forked processes keep sharing their memory.
    gc.freeze()
    drop_broken_manifest()
    gather_static_files()
    connections.close_all()  # the server forks; a connection must not be shared


def _load_addresses() -> None:
    """Load every view and every text before forking, so that their memory is shared. Raises Refused for faulty ones.

    Faults are two views with the same address, a view that does not declare who may use it, and a text that lacks a
    language.
    """
    from importlib import import_module

    from django.core.exceptions import ImproperlyConfigured

    from praya.project.refusal import Refused
    from praya.web import words

    try:
        words.words()
        import_module("praya.web.urls")
    except (ImproperlyConfigured, words.Unfit) as problem:
        raise Refused(str(problem)) from None


def gather_static_files() -> None:
    """Gather the static files. On a full disk, those gathered earlier are still served. Raises Refused."""
    import structlog
    from django.conf import settings
    from django.core.management import call_command

    from praya.kernel import disk
    from praya.project.refusal import Refused

    manifest = settings.STATIC_ROOT / "staticfiles.json"
    gathered = manifest.is_file()
    if gathered and disk.space().low:
        structlog.get_logger("serve").warning("the disk is nearly full; the pages' files stay as they were gathered")
        return
    try:
        call_command("collectstatic", interactive=False, verbosity=0)
    except OSError as problem:
        raise Refused(f"The pages' files cannot be gathered in {settings.STATIC_ROOT}: {problem.strerror}.") from None


def drop_broken_manifest() -> None:
    """Delete a manifest of static files that a kill left incomplete: with it the server would not start."""
    from django.conf import settings

    manifest = settings.STATIC_ROOT / "staticfiles.json"
    try:
        json.loads(manifest.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    except (OSError, ValueError):
        manifest.unlink()


def allow_connections(number: int) -> None:
    """Raise the limit of open files for this process and its children, as far as the machine allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = number * 2
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard) if hard >= 0 else wanted, hard))


def _serve(host: str, port: int, configuration: Any) -> None:
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    allow_connections(CONNECTIONS)
    sqlite = configuration.database_url is None or configuration.database_url.get_secret_value().startswith("sqlite")
    server = Granian(
        "praya.project.rsgi:application",
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        workers=configuration.web_workers or (1 if sqlite else os.cpu_count() or 1),
        backpressure=CONNECTIONS,
        websockets=False,
        respawn_failed_workers=True,
        workers_kill_timeout=15,
        log_level=LogLevels.warning,
    )
    server.serve()
