"""The door of published definitions: publish a version once, find it for ever."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import Max

from praya.blocks.services.models import Published
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none


class VersionTaken(Exception):
    """The version was published with other contents; give the definition a higher version."""


class NoVersion(Exception):
    """There is no such published version."""


@dataclass(frozen=True, slots=True)
class Version:
    """A published version of a service."""

    service: str
    version: int
    digest: str


def digest_of(document: str) -> str:
    """The SHA-256 of a definition's canonical JSON."""
    return hashlib.sha256(document.encode()).hexdigest()


def publish(*, service: str, version: int, document: str, at: datetime, by: str, untried: bool = False) -> Version:
    """Keep this version for ever. The same contents twice change nothing. The journal says when it was `untried`.

    Raises VersionTaken when the version exists with other contents.
    """
    digest = digest_of(document)
    try:
        with transaction.atomic():
            row, made = Published.objects.get_or_create(
                service=service,
                version=version,
                defaults={"digest": digest, "document": document, "published_at": at},
            )
            if made:
                facts = {"version": version, "digest": digest} | ({"untried": True} if untried else {})
                journal.record(event="service_published", at=at, by=by, service=service, facts=facts)
    except IntegrityError:
        row = Published.objects.get(service=service, version=version)
    if row.digest != digest:
        raise VersionTaken(f"version {version} of {service} was published with other contents; raise its version")
    return Version(service, version, digest)


def withdraw(*, service: str, at: datetime, by: str) -> list[int]:
    """Take every version of a service off the portal; its cases go on. Answers the versions that were still on it."""
    with transaction.atomic():
        rows = Published.objects.filter(service=service, withdrawn_at__isnull=True).order_by("version")
        versions = list(rows.values_list("version", flat=True))
        rows.update(withdrawn_at=at)
        for version in versions:
            journal.record(event="service_withdrawn", at=at, by=by, service=service, facts={"version": version})
    return versions


def newest(service: str) -> int:
    """The highest version that was ever published of a service, also of one that was withdrawn; 0 for none."""
    found = Published.objects.filter(service=service).aggregate(highest=Max("version"))["highest"]
    return int(found or 0)


def versions(service: str) -> list[int]:
    """Every version that was ever published of a service, the newest first."""
    return list(Published.objects.filter(service=service).order_by("-version").values_list("version", flat=True))


def ended() -> list[Version]:
    """The newest version of every service that was withdrawn with all its versions."""
    standing = Published.objects.filter(withdrawn_at__isnull=True).values("service")
    rows = Published.objects.exclude(service__in=standing).order_by("service", "version").defer("document")
    last = {row.service: Version(row.service, row.version, row.digest) for row in rows}
    return list(last.values())


def live() -> list[Version]:
    """The newest version of every service that is not withdrawn."""
    rows = Published.objects.filter(withdrawn_at__isnull=True).order_by("service", "version")
    newest = {row.service: Version(row.service, row.version, row.digest) for row in rows.defer("document")}
    return list(newest.values())


def document(*, service: str, version: int) -> str:
    """The definition of a version as canonical JSON. Raises NoVersion."""
    found = one_or_none(Published.objects.filter(service=service, version=version).values_list("document", flat=True))
    if found is None:
        raise NoVersion(f"{service} has no version {version}")
    return found
