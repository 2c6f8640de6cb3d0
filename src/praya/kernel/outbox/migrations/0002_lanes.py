"""Lanes for effects, and how each part of the worker fares."""

from django.db import migrations, models
from django.utils import timezone

WAITING = models.Q(state="waiting")


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]
    operations = [
        migrations.RenameModel("Periodic", "PartRow"),
        migrations.AlterModelTable("PartRow", "outbox_part"),
        migrations.AlterField("PartRow", "due_at", models.DateTimeField(null=True)),
        migrations.AddField("PartRow", "beat_at", models.DateTimeField(null=True)),
        migrations.AddField("PartRow", "ended_at", models.DateTimeField(null=True)),
        migrations.AddField("PartRow", "overdue_at", models.DateTimeField(null=True)),
        migrations.AddField("PartRow", "failures", models.PositiveIntegerField(default=0)),
        migrations.AddField("PartRow", "failed_at", models.DateTimeField(null=True)),
        migrations.AddField("PartRow", "failure", models.CharField(blank=True, max_length=200)),
        migrations.CreateModel(
            name="Clock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("believed_at", models.DateTimeField()),
            ],
            options={"db_table": "outbox_clock"},
        ),
        migrations.AddField("Effect", "lane", models.CharField(default="normal", max_length=10)),
        migrations.AddField(
            "Effect", "queued_at", models.DateTimeField(default=timezone.now), preserve_default=False
        ),
        migrations.RunSQL("UPDATE outbox_effect SET queued_at = due_at", migrations.RunSQL.noop),
        migrations.RemoveIndex("Effect", "outbox_due"),
        migrations.AddIndex("Effect", models.Index(fields=["kind", "lane", "due_at"], name="outbox_due", condition=WAITING)),
        migrations.AddIndex("Effect", models.Index(fields=["lane", "queued_at"], name="outbox_oldest", condition=WAITING)),
        migrations.AddIndex(
            "Effect", models.Index(fields=["lane", "done_at"], name="outbox_failed", condition=models.Q(state="failed"))
        ),
        migrations.AddIndex(
            "Effect", models.Index(fields=["done_at"], name="outbox_done", condition=models.Q(state="done"))
        ),
    ]
