"""Whether this process lives, and whether it is fit to be sent people."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse

from praya.kernel import disk
from praya.project import keys, watch
from praya.project.installation import stamp
from praya.project.metrics import database_seconds
from praya.project.refusal import Refused


def pending_migrations() -> list[str]:
    """The migrations that this code has and the database has not, as `app.name`.

    By the names of the files: importing every migration to plan them costs a start-up half a second.
    """
    applied = MigrationRecorder(connection).applied_migrations()
    return [f"{app}.{name}" for app, name in sorted(_on_disk()) if (app, name) not in applied]


def _on_disk() -> Iterator[tuple[str, str]]:
    for app in apps.get_app_configs():
        folder = Path(app.path) / "migrations"
        for file in folder.glob("[!_]*.py"):
            yield app.label, file.stem


def _migrations_applied() -> bool:
    # The answer cannot turn false again while this code runs.
    if not _known_applied and not pending_migrations():
        _known_applied.append(True)
    return bool(_known_applied)


_known_applied: list[bool] = []


def _mode_is_ours() -> bool:
    return bool(stamp.insist(mode=settings.PRAYA.mode))


READINESS: Mapping[str, Callable[[], bool]] = {
    "database": lambda: database_seconds() is not None,
    "migrations": _migrations_applied,
    "mode": _mode_is_ours,
    "keys": lambda: bool(keys.key_names(settings.PRAYA.keys_path)),
    "disk": lambda: not disk.space().low,
}


WARNINGS: Mapping[str, Callable[[], bool]] = {"worker": watch.Glance().well}
"""What people may be served without, and operators must look at: `praya doctor` says what it is."""


def readiness() -> dict[str, bool]:
    """Each check by name, and whether it holds."""
    return {name: _holds(check) for name, check in READINESS.items()}


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (Error, OSError, Refused):
        return False


def alive(_: HttpRequest) -> HttpResponse:
    """GET /healthz: this process answers. It asks nothing else, as a restart mends no lost database."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


def ready(_: HttpRequest) -> JsonResponse:
    """GET /readyz: 200 when people may be sent here, else 503; the checks by name, without their reasons.

    A check that says `warn` keeps nobody away: somebody should run `praya doctor`.
    """
    checks = readiness()
    fit = all(checks.values())
    said = {name: "ok" if holds else "fail" for name, holds in checks.items()}
    said |= {name: "ok" if fit and _holds(check) else "warn" for name, check in WARNINGS.items()}
    return JsonResponse(
        {"ready": fit, "checks": said}, status=200 if fit else 503, headers={"Cache-Control": "no-store"}
    )
