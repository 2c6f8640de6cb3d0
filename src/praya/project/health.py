"""Health of a process: whether it lives, and whether requests may be sent to it."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import monotonic

from django.apps import apps
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse

from praya.blocks.credentials import api as credentials
from praya.kernel import disk, plug
from praya.kernel import readiness as readiness_seen
from praya.kernel.crypto import vault
from praya.kernel.journal import signer
from praya.project import keys, watch
from praya.project.installation import stamp
from praya.project.metrics import database_seconds
from praya.project.refusal import Refused


def pending_migrations() -> list[str]:
    """The migrations that this code has and the database lacks, as `app.name`.

    They are compared by the names of the files, because importing every migration takes half a second at a start.
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


def prove_keys() -> None:
    """Insist that the key file unwraps the keys in use: those of persons, of the journal and of records.

    Raises Refused with those that it does not unwrap.
    """
    path = settings.PRAYA.keys_path
    keys.key_names(path)
    try:
        vault.prove()
        signer.prove()
        credentials.prove_key()
    except (vault.Tampered, vault.Forgotten) as problem:
        raise Refused(f"The key file {path} does not open what it must: {problem}.") from None


def _keys_open() -> bool:
    """The answer of `prove_keys`, computed at most twice a minute while the key file is unchanged."""
    now, changed_ns = monotonic(), settings.PRAYA.keys_path.stat().st_mtime_ns
    if _proved.get(changed_ns, 0.0) < now:
        prove_keys()
        _proved.clear()
        _proved[changed_ns] = now + PROVED_SECONDS
    return True


PROVED_SECONDS = 30
_proved: dict[int, float] = {}

READINESS: Mapping[str, Callable[[], bool]] = {
    "database": lambda: database_seconds() is not None,
    "migrations": _migrations_applied,
    "mode": _mode_is_ours,
    "keys": _keys_open,
    "disk": lambda: not disk.space().low,
}


WARNINGS: Mapping[str, Callable[[], bool]] = {"worker": watch.Glance().well}
"""What people may be served without, and operators must look at: `praya doctor` says what it is."""


def readiness() -> dict[str, bool]:
    """The checks by name, each with whether it passes."""
    checks = {**READINESS, **{name: plug.value(path) for name, path in plug.merged("readiness").items()}}
    return {name: _holds(check) for name, check in checks.items()}


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (Error, OSError, Refused):
        return False


def _seen() -> tuple[Mapping[str, bool], frozenset[str]]:
    """The checks of /readyz for the status page."""
    return {**readiness(), **{name: _holds(check) for name, check in WARNINGS.items()}}, frozenset(WARNINGS)


readiness_seen.install(_seen)


def alive(_: HttpRequest) -> HttpResponse:
    """GET /healthz: 200. Nothing is checked but that the process answers: no restart brings a lost database back."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


def ready(_: HttpRequest) -> JsonResponse:
    """GET /readyz: 200 when requests may be sent here, else 503; the checks by name, without their reasons.

    A check with `warn` does not make it 503; it asks an operator to run `praya doctor`.
    """
    checks = readiness()
    fit = all(checks.values())
    states = {name: "ok" if holds else "fail" for name, holds in checks.items()}
    states |= {name: "ok" if fit and _holds(check) else "warn" for name, check in WARNINGS.items()}
    return JsonResponse(
        {"ready": fit, "checks": states}, status=200 if fit else 503, headers={"Cache-Control": "no-store"}
    )
