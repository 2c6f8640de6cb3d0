"""The indexes of whole lists hold every column that such a list tests, and one says what waits for a department."""

from django.db import migrations, models

OPEN = models.Q(closed_at__isnull=True)
CLOSED = models.Q(closed_at__isnull=False)
ASKED = models.Q(over_at__isnull=True)
MINE = OPEN & ~models.Q(assigned_to="")


def index(model: str, name: str, *fields: str, where: models.Q) -> migrations.AddIndex:
    return migrations.AddIndex(model, models.Index(fields=[*fields], name=name, condition=where))


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_counted")]

    operations = [
        migrations.RemoveIndex("case", "cases_queue"),
        migrations.RemoveIndex("case", "cases_mine"),
        migrations.RemoveIndex("case", "cases_closed"),
        migrations.RemoveIndex("referral", "cases_asked"),
        index("case", "cases_queue", "department", "due_at", "ref", "service", where=OPEN),
        index("case", "cases_mine", "assigned_to", "due_at", "ref", "department", "service", where=MINE),
        index("case", "cases_closed", "department", "closed_at", "ref", "service", where=CLOSED),
        index("referral", "cases_asked", "department", "due_at", "case", "service", where=ASKED),
        index("referral", "cases_asked_case", "case", "department", where=ASKED),
    ]
