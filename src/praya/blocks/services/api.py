"""The door of published definitions: publish a version once, find it for ever."""

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
"""How many rows one statement names."""


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


@dataclass(frozen=True, slots=True)
class Standing(Version):
    """The version of a service that counts: the newest that is live, or, where none is, the newest of all.

    `card` is as it was stored: "" where it has none, None where it was not asked for.
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
    draws_lots: bool,
    at: datetime,
    by: str,
    untried: bool = False,
) -> Version:
    """Keep this version for ever. The same contents twice change nothing. The journal says when it was `untried`.

    Raises VersionTaken when the version exists with other contents.
    """
    digest = digest_of(document)
    with transaction.atomic():
        row = _row(service, version)
        if row is None:
            # Whoever publishes waits here for whoever publishes already, and looks again.
            edition = _edition()
            row = _row(service, version)
        if row is None:
            row = Published.objects.create(
                service=service, version=version, digest=digest, document=document, published_at=at, card=card,
                draws_lots=draws_lots,
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
    """Take every version of a service off the portal; its cases go on. Answers the versions that were still on it."""
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
    # It follows from what happened, so that a database that was restored to an earlier moment has that moment's stamp.
    edition.stamp = hashlib.sha256(f"{edition.stamp} {what}".encode()).hexdigest()
    edition.save(update_fields=["stamp"])


def stamp() -> str:
    """A word that is another one after every publication and withdrawal: one row is read."""
    return Edition.objects.filter(pk=1).values_list("stamp", flat=True).first() or ""


def popular() -> list[str]:
    """The services that were used most when that was last counted, the first one most: one row is read."""
    return list(json.loads(Edition.objects.filter(pk=1).values_list("popular", flat=True).first() or "[]"))


def set_popular(names: Sequence[str]) -> None:
    """Keep which services are used most."""
    Edition.objects.filter(pk=1).update(popular=json.dumps(list(names)))


def newest(service: str) -> int:
    """The highest version that was ever published of a service, also of one that was withdrawn; 0 for none."""
    found = Published.objects.filter(service=service).aggregate(highest=Max("version"))["highest"]
    return int(found or 0)


def versions(service: str) -> list[int]:
    """Every version that was ever published of a service, the newest first."""
    return list(Published.objects.filter(service=service).order_by("-version").values_list("version", flat=True))


def versions_that_draw_lots(of_service: str = "") -> dict[str, list[int]]:
    """The versions that were ever published and draw lots, by service; of one service, or of all."""
    found: dict[str, list[int]] = defaultdict(list)
    rows = Published.objects.filter(draws_lots=True).order_by("service", "version")
    if of_service:
        rows = rows.filter(service=of_service)
    for service, version in rows.values_list("service", "version"):
        found[service].append(version)
    return dict(found)


def standing(*, known: Collection[str] | None = None) -> list[Standing]:
    """The version of each service that counts, live or not, by name.

    With `known`, digests, it brings the cards of all others.
    """
    newer = Published.objects.filter(service=OuterRef("service"), version__gt=OuterRef("version"))
    others = Published.objects.filter(service=OuterRef("service"), withdrawn_at__isnull=True)
    live = Published.objects.filter(~Exists(newer.filter(withdrawn_at__isnull=True)), withdrawn_at__isnull=True)
    ended = Published.objects.filter(~Exists(newer), ~Exists(others), withdrawn_at__isnull=False)
    rows = [(*row, True) for row in live.values_list("id", "service", "version", "digest")]
    rows += [(*row, False) for row in ended.values_list("id", "service", "version", "digest")]
    cards = {} if known is None else _cards([row[0] for row in rows if row[3] not in known])
    found = (Standing(service, version, digest, live, cards.get(key)) for key, service, version, digest, live in rows)
    return sorted(found, key=lambda one: one.service)


def _cards(keys: list[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for start in range(0, len(keys), AT_ONCE):
        rows = Published.objects.filter(pk__in=keys[start : start + AT_ONCE])
        found |= dict(rows.values_list("pk", "card"))
    return found


def cards() -> Iterator[tuple[str, int, str]]:
    """Every version that was ever published, and its card as it was stored."""
    return Published.objects.order_by("pk").values_list("service", "version", "card").iterator()


def set_card(*, service: str, version: int, card: str, draws_lots: bool) -> None:
    """Store the card of a version that has none, or one that cannot be read any more."""
    Published.objects.filter(service=service, version=version).update(card=card, draws_lots=draws_lots)


def document(*, service: str, version: int) -> str:
    """The definition of a version as canonical JSON. Raises NoVersion."""
    found = one_or_none(Published.objects.filter(service=service, version=version).values_list("document", flat=True))
    if found is None:
        raise NoVersion(f"{service} has no version {version}")
    return found
