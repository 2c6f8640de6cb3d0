"""A demonstration on one machine: its own folder, invented people, web and worker until Ctrl-C."""

import argparse
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from multiprocessing import get_context
from multiprocessing.context import ForkProcess
from pathlib import Path
from time import monotonic
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from django.conf import settings
from django.db import connections

from praya.project import running, startup
from praya.project.refusal import Refused

MARK = "PRAYA-DEMO"
MARK_TEXT = "This folder was made by `praya demo`. `praya demo --fresh` empties it.\n"
READY_SECONDS = 30.0
STOP_SECONDS = 20.0
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  only compared

Say = Callable[[str], None]


def settings_for(*, data: Path, host: str, port: int) -> None:
    """Set the demonstration's settings in the environment of this process and of those that it starts.

    Raises Refused when the environment is set up for anything else.
    """
    mode = os.environ.get("PRAYA_MODE", "demo")
    if mode != "demo":
        raise Refused(f"PRAYA_MODE is {mode} here, and a demonstration has no place in it.")
    os.environ["PRAYA_MODE"] = "demo"
    os.environ["PRAYA_DATA_DIR"] = str(data)
    # A line for every request would push the addresses off the screen.
    os.environ.setdefault("PRAYA_LOG_LEVEL", "warning")
    everywhere = host in EVERYWHERE
    os.environ.setdefault("PRAYA_BASE_URL", f"http://{reached_at(host)}:{port}")
    os.environ.setdefault("PRAYA_ALLOWED_HOSTS", "*" if everywhere else f"localhost,127.0.0.1,[::1],{host}")


def reached_at(host: str) -> str:
    """The host under which this machine reaches a server that listens at `host`."""
    if host in EVERYWHERE:
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


def claim(data: Path) -> None:
    """Mark the folder as a demonstration's.

    Raises Refused when it holds files that no demonstration made.
    """
    data.mkdir(parents=True, exist_ok=True)
    mark = data / MARK
    if mark.exists():
        return
    if any(data.iterdir()):
        raise Refused(f"{data} holds files that no demonstration made. Name another folder: praya demo --data DIR")
    mark.write_text(MARK_TEXT, encoding="utf-8")


def is_new(data: Path) -> bool:
    """Whether nothing but the mark and the lock is in a demonstration's folder."""
    return not any(entry.name not in {MARK, running.LOCK} for entry in data.iterdir())


def empty(data: Path) -> None:
    """Start over: remove everything in the demonstration's own folder.

    Raises Refused when the folder is not its own, is in use, or the data is elsewhere.
    """
    if "DATABASE_URL" in os.environ:
        raise Refused("--fresh empties the demo's own folder, but DATABASE_URL names a database elsewhere.")
    claim(data)
    with running.alone(data):
        for entry in data.iterdir():
            if entry.name in {MARK, running.LOCK}:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()


def prepare(*, at: datetime, say: Say, new: bool = False) -> None:
    """Migrate the database and load the invented people; `say` is called with each step.

    In a `new` folder a fork migrates while this process reads the pack and loads the pages.
    """
    from praya.project import migration

    began = monotonic()
    services = None
    if new:
        with _beside(lambda: _migrate(at=at, say=say)):
            services = import_module("praya.journey.load").read_pack()
            import_module("praya.project.urls")
    else:
        _migrate(at=at, say=say)
    if migration.load_sample(at=at, services=services):
        say(f"Invented people and cases: loaded ({monotonic() - began:.1f} s).")


def _migrate(*, at: datetime, say: Say) -> None:
    from praya.project import migration

    applied = migration.migrate(at=at)
    say(f"Database: {len(applied)} migrations applied." if applied else "Database: up to date, data kept.")


@contextmanager
def _beside(work: Callable[[], None]) -> Iterator[None]:
    """Run `work` in a fork meanwhile, and wait for it. Raises SystemExit when it fails, which has said why."""

    def run(_: argparse.Namespace) -> int:
        work()
        return 0

    def program() -> None:
        sys.exit(startup.carry_out(argparse.Namespace(command="demo", needs_django=False, run=run)))

    process = get_context("fork").Process(target=program, daemon=True)
    process.start()
    yield
    process.join()
    if process.exitcode:
        sys.exit(process.exitcode)


def run(programs: Mapping[str, argparse.Namespace], *, port: int, host: str, began: float, say: Say) -> int:
    """Start the programs, print the addresses, and stop all in order on SIGINT or SIGTERM. Returns the exit code.

    Each program is a parsed command. It runs as a fork of this process, which has loaded everything already.
    """
    stopped = threading.Event()
    say("Web server and worker: starting.")
    import_module("praya.project.urls")
    connections.close_all()  # a connection must not be shared
    processes = {name: _start(name, args) for name, args in programs.items()}
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        address = settings.PRAYA.base_url
        _wait_until_ready(f"http://{reached_at(host)}:{port}/readyz", processes, stopped)
        if not stopped.is_set():
            say(f"Ready after {monotonic() - began:.1f} s.\n\n  {address}\n")
            say(import_module("praya.project.sample").guide(base_url=address))
            say("Ctrl-C stops it. What you do here is kept for the next start.")
        while not stopped.wait(0.5):
            _insist_on_running(processes)
    finally:
        _stop(processes.values())
    say("Stopped.")
    return 0


def _start(name: str, args: argparse.Namespace) -> ForkProcess:
    def program() -> None:
        os.setsid()  # Ctrl-C reaches only the first process, which stops the others in order
        sys.exit(startup.carry_out(args))

    args.parent = os.getpid()
    process = get_context("fork").Process(target=program, name=name)
    process.start()
    return process


def _wait_until_ready(url: str, processes: Mapping[str, ForkProcess], stopped: threading.Event) -> None:
    direct = build_opener(ProxyHandler({}))  # a proxy from the environment cannot reach this machine
    until = monotonic() + READY_SECONDS
    while not stopped.wait(0.1):
        _insist_on_running(processes)
        try:
            with direct.open(url, timeout=5):
                return
        except (URLError, ConnectionError, TimeoutError):
            if monotonic() > until:
                raise Refused("The web server did not become ready. `praya doctor` may say why.") from None


def _insist_on_running(processes: Mapping[str, ForkProcess]) -> None:
    for name, process in processes.items():
        if process.exitcode is not None:
            raise Refused(f"The {name} stopped by itself with code {process.exitcode}. Its last lines above say why.")


def _stop(processes: Iterable[ForkProcess]) -> None:
    alive = [process for process in processes if process.is_alive()]
    for process in alive:
        process.terminate()
    until = monotonic() + STOP_SECONDS
    for process in alive:
        process.join(max(0.1, until - monotonic()))
        if process.is_alive():
            process.kill()
            process.join()
