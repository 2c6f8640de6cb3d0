"""The metrics that Prometheus reads at /metrics, summed over the web processes and the worker of this machine.

The values of a label are a small, closed set (a route pattern, a job's name), never a reference or a person.
"""

import hmac
import os
import platform
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from ipaddress import ip_address
from time import perf_counter

import django
from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import REGISTRY, Collector

from praya.kernel import clock, plug
from praya.kernel.journal import folds
from praya.kernel.outbox import api as outbox
from praya.kernel.outbox import parts
from praya.project import watch, wiring
from praya.project.running import METRICS_SHARED
from praya.project.version import praya_version

QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter("praya_http_requests", "Requests answered.", ["method", "route", "status"])
REQUEST_SECONDS = Histogram("praya_http_request_seconds", "Time to answer.", ["route"], buckets=QUICK)
REFUSED = Counter("praya_http_refused", "Requests that the server refused before they were read.", ["reason"])
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def method_of(method: str | None) -> str:
    """The label for a request method: one of the usual methods, or OTHER."""
    return method if method in METHODS else "OTHER"


class Installation(Collector):
    """Gauges that are measured when /metrics is read: the version, and whether and how fast the database answers."""

    def collect(self) -> Iterator[Metric]:
        """The gauges."""
        running = {
            "version": praya_version(),
            "python": platform.python_version(),
            "django": django.__version__,
            "mode": settings.PRAYA.mode,
        }
        build = GaugeMetricFamily("praya_build_info", "What runs here.", labels=list(running))
        build.add_metric(list(running.values()), 1)
        yield build
        seconds = database_seconds()
        up = GaugeMetricFamily("praya_database_up", "1 when the database answers.", labels=["kind"])
        up.add_metric([connection.vendor], 0 if seconds is None else 1)
        yield up
        if seconds is not None:
            yield GaugeMetricFamily("praya_database_ping_seconds", "Time of one round trip.", value=seconds)
            with suppress(Error):
                yield from _worker(clock.now())
                for one in plug.plugs():
                    if one.metrics:
                        yield from plug.value(one.metrics)()


def _worker(at: datetime) -> Iterator[GaugeMetricFamily]:
    """Gauges about the worker, read from the database, so that they are there also when no worker runs."""
    waiting = _gauge("praya_outbox_waiting", "Effects that wait.", "lane")
    oldest = _gauge("praya_outbox_oldest_seconds", "For how long the oldest of them waits.", "lane")
    failed = _gauge("praya_outbox_failed", "Effects that were given up.", "lane")
    for name, lane in outbox.lanes().items():
        waiting.add_metric([name], lane.waiting)
        oldest.add_metric([name], (at - lane.oldest_at).total_seconds() if lane.oldest_at else 0)
        failed.add_metric([name], lane.failed)
    overdue = _gauge("praya_overdue_seconds", "For how long the oldest of what a part should do is due.", "job")
    for name, seconds in watch.overdue(at=at).items():
        overdue.add_metric([name], seconds)
    failures = _gauge("praya_part_failures", "Failures in a row of a part of the worker.", "part")
    silent = _gauge("praya_part_silent_seconds", "Since a worker last saw a part run.", "part")
    for name, status in parts.statuses().items():
        failures.add_metric([name], status.failures)
        if status.beat_at is not None:
            silent.add_metric([name], (at - status.beat_at).total_seconds())
    behind = _gauge("praya_fold_behind", "Sealed facts that a fold has before it.", "fold")
    for fold in wiring.all_folds():
        place = folds.place(fold)
        behind.add_metric([fold.name], place.sealed - place.position)
    yield from (waiting, oldest, failed, overdue, failures, silent, behind)
    believed = parts.believed()
    ahead = (at - believed).total_seconds() if believed is not None else 0
    yield GaugeMetricFamily("praya_clock_ahead_seconds", "Since the clock was last believed.", value=ahead)


def _gauge(name: str, what: str, label: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, labels=[label])


def database_seconds() -> float | None:
    """The seconds that the database takes to answer; None when it does not."""
    began = perf_counter()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except Error:
        return None
    return perf_counter() - began


def page(request: HttpRequest) -> HttpResponse:
    """GET /metrics, for the holder of the token; without a token set, for this machine only."""
    if not _may_read(request):
        return HttpResponse("Not for you.\n", status=403, content_type="text/plain; charset=utf-8")
    now = CollectorRegistry()
    now.register(Installation())
    counted: CollectorRegistry = REGISTRY
    if METRICS_SHARED in os.environ:
        counted = CollectorRegistry()
        multiprocess.MultiProcessCollector(counted)  # type: ignore[no-untyped-call]
    text = generate_latest(counted) + generate_latest(now)
    return HttpResponse(text, content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _may_read(request: HttpRequest) -> bool:
    token = settings.PRAYA.metrics_token
    if token is not None:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), b"Bearer " + token.get_secret_value().encode())
    # A proxy on this machine also comes from loopback; what it forwards is not the machine itself.
    forwarded = ("X-Forwarded-For", "Forwarded", "X-Forwarded-Proto", "X-Real-IP", "Via")
    if any(name in request.headers for name in forwarded):
        return False
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False
