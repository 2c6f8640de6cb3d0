"""`praya worker`: run the worker, which performs the effects in the outbox and the jobs that are due."""

import argparse
from typing import Any

NEEDS_DJANGO = False


def add(sub: Any) -> None:
    """Add the parser."""
    parser = sub.add_parser("worker", help="run the worker")
    parser.add_argument("--parent", type=int, default=None, help=argparse.SUPPRESS)


def run(args: argparse.Namespace) -> int:
    """Work until SIGINT or SIGTERM; the job in hand is finished first."""
    from praya.project import config, running, startup

    configuration = config.in_use()
    running.stop_with_parent(args.parent)
    with running.together(configuration.data_dir):
        running.count_together(configuration.data_dir)
        startup.ready_django()
        from praya.project.migration import insist_on_ready
        from praya.project.work import until_stopped

        insist_on_ready()
        until_stopped()
    return 0
