"""The interface of published definitions: publish a version, withdraw a service, read any version ever published."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, Max, OuterRef

from praya.blocks.services.models import Edition, Published
from praya.kernel.journal import api as journal
from praya.kernel.rows import one_or_none

AT_ONCE = 500
"""The number of keys in one statement."""


class VersionTaken(Exception):
    """The version was published with other content; the definition needs a higher version."""


class NoVersion(Exception):
    """There is no such published version."""


@dataclass(frozen=True, slots=True)
class Version:
    """A published version of a service."""

    service: str
    version: int
    digest: str


@dataclass(frozen=True, slots=True)
class Standing(Version):
    """The current version of a service: the newest live one or, if none is live, the newest of all.

    `card` is the stored text: "" when there is none, None when it was not requested.
    """

    live: bool
    card: str | None = None


def digest_of(document: str) -> str:
    """The SHA-256 of a definition's canonical JSON."""
    return hashlib.sha256(document.encode()).hexdigest()


def publish(
    *,
    service: str,
    version: int,
    document: str,
    card: str,
    waits_for_all: bool,
    at: datetime,
    by: str,
    untried: bool = False,
) -> Version:
    """Store a version permanently; a repetition with the same content changes nothing. The journal records `untried`.

    Raises VersionTaken when the version exists with other contents.
    """
    digest = digest_of(document)
    with transaction.atomic():
        row = _row(service, version)
        if row is None:
            # Wait here for a concurrent publication, then read again.
            edition = _edition()
            row = _row(service, version)
        if row is None:
            row = Published.objects.create(
                service=service, version=version, digest=digest, document=document, published_at=at, card=card,
                waits_for_all=waits_for_all,
            )  # fmt: skip
            facts = {"version": version, "digest": digest} | ({"untried": True} if untried else {})
            journal.record(event="service_published", at=at, by=by, service=service, facts=facts)
            _change(edition, f"published {service} {version} {digest}")
    if row.digest != digest:
        raise VersionTaken(f"version {version} of {service} was published with other contents; raise its version")
    return Version(service, version, digest)


def _row(service: str, version: int) -> Published | None:
    return one_or_none(Published.objects.filter(service=service, version=version).defer("document", "card"))


def withdraw(*, service: str, at: datetime, by: str) -> list[int]:
    """Withdraw all versions of a service from the portal; open cases continue. Return the versions that were live."""
    with transaction.atomic():
        edition = _edition()
        rows = Published.objects.filter(service=service, withdrawn_at__isnull=True).order_by("version")
        versions = list(rows.values_list("version", flat=True))
        rows.update(withdrawn_at=at)
        for version in versions:
            journal.record(event="service_withdrawn", at=at, by=by, service=service, facts={"version": version})
            _change(edition, f"withdrawn {service} {version}")
    return versions


def _edition() -> Edition:
    """The row of the edition, locked until the transaction ends."""
    Edition.objects.get_or_create(pk=1, defaults={"stamp": ""})
    return Edition.objects.select_for_update().get(pk=1)


def _change(edition: Edition, what: str) -> None:
    # The stamp is derived from the history, so a database restored from a backup has the stamp of that time.
    edition.stamp = hashlib.sha256(f"{edition.stamp} {what}".encode()).hexdigest()
    edition.save(update_fields=["stamp"])


def stamp() -> str:
    """A text that changes with every publication and withdrawal. It reads one row."""
    return Edition.objects.filter(pk=1).values_list("stamp", flat=True).first() or ""


def popular() -> list[str]:
    """The most used services at the last count, in order of use. It reads one row."""
    return list(json.loads(Edition.objects.filter(pk=1).values_list("popular", flat=True).first() or "[]"))


def set_popular(names: Sequence[str]) -> None:
    """Store the most used services, in order of use."""
    Edition.objects.filter(pk=1).update(popular=json.dumps(list(names)))


def newest(service: str) -> int:
    """The highest version ever published of a service, also of a withdrawn one; 0 for none."""
    highest = Published.objects.filter(service=service).aggregate(highest=Max("version"))["highest"]
    return int(highest or 0)


def versions(service: str) -> list[int]:
    """Every version ever published of a service, the newest first."""
    return list(Published.objects.filter(service=service).order_by("-version").values_list("version", flat=True))


def versions_that_wait_for_all(of_service: str = "") -> dict[str, list[int]]:
    """The published versions that judge, rank or draw cases together, by service; of one service or of all."""
    by_service: dict[str, list[int]] = defaultdict(list)
    rows = Published.objects.filter(waits_for_all=True).order_by("service", "version")
    if of_service:
        rows = rows.filter(service=of_service)
    for service, version in rows.values_list("service", "version"):
        by_service[service].append(version)
    return dict(by_service)


def standing(*, known: Collection[str] | None = None) -> list[Standing]:
    """The current version of each service, live or not, sorted by name.

    With `known`, a collection of digests, the cards of all other versions are included.
    """
    newer = Published.objects.filter(service=OuterRef("service"), version__gt=OuterRef("version"))
    others = Published.objects.filter(service=OuterRef("service"), withdrawn_at__isnull=True)
    live = Published.objects.filter(~Exists(newer.filter(withdrawn_at__isnull=True)), withdrawn_at__isnull=True)
    ended = Published.objects.filter(~Exists(newer), ~Exists(others), withdrawn_at__isnull=False)
    rows = [(*row, True) for row in live.values_list("id", "service", "version", "digest")]
    rows += [(*row, False) for row in ended.values_list("id", "service", "version", "digest")]
    cards = {} if known is None else _cards([row[0] for row in rows if row[3] not in known])
    current = (Standing(service, version, digest, live, cards.get(key)) for key, service, version, digest, live in rows)
    return sorted(current, key=lambda one: one.service)


def _cards(keys: list[int]) -> dict[int, str]:
    texts: dict[int, str] = {}
    for start in range(0, len(keys), AT_ONCE):
        rows = Published.objects.filter(pk__in=keys[start : start + AT_ONCE])
        texts |= dict(rows.values_list("pk", "card"))
    return texts


def cards() -> Iterator[tuple[str, int, str]]:
    """Every version ever published, with the stored text of its card."""
    return Published.objects.order_by("pk").values_list("service", "version", "card").iterator()


def set_card(*, service: str, version: int, card: str, waits_for_all: bool) -> None:
    """Store the card of a version that has none, or whose card can no longer be read."""
    Published.objects.filter(service=service, version=version).update(card=card, waits_for_all=waits_for_all)


def document(*, service: str, version: int) -> str:
    """The definition of a version as canonical JSON. Raises NoVersion."""
    text = one_or_none(Published.objects.filter(service=service, version=version).values_list("document", flat=True))
    if text is None:
        raise NoVersion(f"{service} has no version {version}")
    return text
