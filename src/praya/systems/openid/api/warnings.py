"""Keys and secrets that end soon: their department is told 60, 30 and 7 days before. And what is over is deleted."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from praya.blocks.identity import api as identity
from praya.blocks.notices import api as notices
from praya.journey import load
from praya.kernel.rounds import breathe
from praya.systems.openid import store
from praya.systems.openid.api.clients import client_of
from praya.systems.openid.models import Credential
from praya.systems.openid.rules import clients as rules
from praya.systems.openid.rules import tokens
from praya.web.words import translator

MOST_TOLD = 20
"""Supervisors of a department that are told."""
KEEP = timedelta(days=1)
"""How long a grant is kept after its end, so that a late replay is recognised."""


def warn(*, at: datetime) -> int:
    """Tell departments of keys and secrets that end soon; return how many warnings were given."""
    count = 0
    for row in store.ending(at + timedelta(days=rules.WARNINGS[0])):
        days = rules.due_warning(row.expires_at, row.warned, at)
        if not days or row.expires_at <= at:
            continue
        with transaction.atomic():
            if store.note_warned(row.ref, before=row.warned, days=days):
                _tell(row, at)
                count += 1
        breathe()
    return count


def _tell(row: Credential, at: datetime) -> None:
    """Write to the supervisors of the department, in each language."""
    pack, department = load.pack(), row.client.department
    supervisors = (
        officer
        for officer in identity.holders(department, limit=500)
        if "supervisor" in pack.all_roles.with_included(r.role for r in officer.roles if r.department == department)
    )
    details, left = client_of(row.client).details, max(1, (row.expires_at - at).days)
    day = pack.calendar.day_of(row.expires_at).isoformat()
    lines, subjects = [], []
    for language in pack.languages:
        t = translator(language)
        title = details.title.get(language) or details.title.get("zh-hant" if language != "en" else "en", "")
        url = f"{settings.PRAYA.base_url}/{language}/desk/clients/{row.client_id}"
        subjects.append(t("openid.ends_subject", title=title, days=left))
        lines.append(t("openid.ends_body", title=title, days=left, day=day, url=url))
    for _, officer in zip(range(MOST_TOLD), supervisors, strict=False):
        notices.send_memo(
            email=officer.email, language=pack.languages[0], at=at,
            subject=" / ".join(subjects), body="\n\n".join(lines),
        )  # fmt: skip


def forget(*, at: datetime) -> int:
    """Delete requests and grants that are over; return how many rows."""
    dead = Q(ended_at__lt=at - KEEP) | Q(created_at__lt=at - tokens.GRANT_LIFE)
    dead |= Q(used_at=None, created_at__lt=at - KEEP)
    dead |= Q(refreshed_at__lt=at - tokens.IDLE_LIFE)
    count = 0
    while dropped := store.forget(before=at, grants=dead):
        count += dropped
        breathe()
    return count
