"""Indexes along which the desk's lists are read, and until when a department that was asked reaches a case."""

from django.db import migrations, models

OPEN = models.Q(closed_at__isnull=True)
CLOSED = models.Q(closed_at__isnull=False)
ASKED = models.Q(over_at__isnull=True)
REPLIED = models.Q(replied_at__isnull=False)

FILL = """
UPDATE cases_referral SET
  service = (SELECT c.service FROM cases_case c WHERE c.ref = cases_referral.case_id),
  over_at = COALESCE(replied_at, (SELECT c.closed_at FROM cases_case c WHERE c.ref = cases_referral.case_id))
"""


def index(model: str, name: str, *fields: str, where: models.Q) -> migrations.AddIndex:
    return migrations.AddIndex(model, models.Index(fields=[*fields], name=name, condition=where))


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_draws")]

    operations = [
        migrations.RemoveIndex("case", "cases_closed"),
        migrations.RemoveIndex("referral", "cases_asked"),
        migrations.AddField(
            "referral", "service", models.CharField(max_length=60, default=""), preserve_default=False
        ),
        migrations.AddField("referral", "over_at", models.DateTimeField(null=True)),
        migrations.AddField("referral", "sees", models.TextField(null=True)),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        index("case", "cases_queue_service", "department", "service", "due_at", "ref", where=OPEN),
        index(
            "case", "cases_queue_state",
            "department", "service", "state", "due_at", "ref", "waits_for_applicant", where=OPEN,
        ),
        index("case", "cases_mine", "assigned_to", "due_at", "ref", where=OPEN & ~models.Q(assigned_to="")),
        index("case", "cases_versions", "service", "version", where=OPEN),
        index("case", "cases_closed", "department", "closed_at", "ref", where=CLOSED),
        index("case", "cases_closed_service", "department", "service", "closed_at", "ref", where=CLOSED),
        index("case", "cases_closed_state", "department", "service", "state", "closed_at", "ref", where=CLOSED),
        index("case", "cases_retention", "service", "result", "closed_at", where=CLOSED),
        index("referral", "cases_asked", "department", "due_at", "case", where=ASKED),
        index("referral", "cases_asked_service", "department", "service", "due_at", "case", where=ASKED),
        index("referral", "cases_replied", "department", "replied_at", "case", where=REPLIED),
        index("referral", "cases_replied_service", "department", "service", "replied_at", "case", where=REPLIED),
    ]
