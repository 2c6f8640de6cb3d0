"""The door of the alerts: raise one, end one, and read those that stand."""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, transaction

from praya.definition.pack import Alert as PackAlert
from praya.journey import load
from praya.kernel.journal import api as journal
from praya.kernel.text import Text
from praya.systems.alerts import models

LOOK_AGAIN_SECONDS = 5.0
MOST = 5
"""Alerts at the same time: more than these nobody reads."""


class NoAlert(LookupError):
    """Neither the pack nor the database has an alert of this name."""


class TooMany(Exception):
    """As many alerts stand as may."""


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert that stands; `kind` is `warning` or `news`."""

    name: str
    kind: str
    title: Text
    text: Text | None
    raised_at: datetime
    until: datetime | None


def known() -> dict[str, PackAlert]:
    """The alerts whose texts the pack has, by name."""
    return dict(load.pack().alerts)


def raise_known(name: str, *, until: datetime | None, at: datetime, by: str) -> None:
    """Raise an alert of the pack; one that stands is raised anew. Raises NoAlert, TooMany."""
    found = known().get(name)
    if found is None:
        raise NoAlert(name)
    raise_own(name, found.title, found.text, kind=found.kind, until=until, at=at, by=by)


def raise_own(
    name: str, title: Text, text: Text | None, *, kind: str, until: datetime | None, at: datetime, by: str
) -> None:
    """Raise an alert with a text of its own. Raises TooMany."""
    with transaction.atomic():
        others = models.Alert.objects.exclude(name=name)
        if sum(1 for one in others if one.until is None or one.until > at) >= MOST:
            raise TooMany
        models.Alert.objects.update_or_create(
            name=name,
            defaults={
                "kind": kind, "title": dict(title.words), "text": dict(text.words) if text else None,
                "raised_at": at, "until": until,
            },
        )  # fmt: skip
        facts = {"until": until.isoformat() if until else None}
        journal.record(event="alert_raised", at=at, by=by, subject=name, facts=facts)
    forget()


def end(name: str, *, at: datetime, by: str) -> None:
    """End an alert. Raises NoAlert."""
    with transaction.atomic():
        if not models.Alert.objects.filter(name=name).delete()[0]:
            raise NoAlert(name)
        journal.record(event="alert_ended", at=at, by=by, subject=name)
    forget()


class _Seen:
    """The alerts as they were last read; they are read again every few seconds, so that a page costs no query."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: tuple[Alert, ...] = ()
        self._again = 0.0

    def rows(self, *, look: bool) -> tuple[Alert, ...]:
        now = time.monotonic()
        if look and now >= self._again and self._lock.acquire(blocking=False):
            try:
                # A page that the database cannot serve has an error of its own to tell.
                self._rows = tuple(_alert(row) for row in models.Alert.objects.order_by("-raised_at", "name"))
                self._again = now + LOOK_AGAIN_SECONDS
            except DatabaseError:
                self._again = now + LOOK_AGAIN_SECONDS
            finally:
                self._lock.release()
        return self._rows


_state = {"seen": _Seen()}


def forget() -> None:
    """Read the alerts anew at the next page of this process."""
    _state["seen"] = _Seen()


def standing(*, at: datetime, look: bool = True) -> Sequence[Alert]:
    """The alerts that stand, the newest first; one raised by another process is seen within seconds.

    Without `look` those that were known at the last look.
    """
    return [one for one in _state["seen"].rows(look=look) if one.until is None or one.until > at]


def _alert(row: models.Alert) -> Alert:
    return Alert(row.name, row.kind, Text(row.title), Text(row.text) if row.text else None, row.raised_at, row.until)
