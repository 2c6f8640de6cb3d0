"""An index by event for folds, and what a fold leaves out."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_append_only")]
    operations = [
        migrations.AddIndex("Entry", models.Index(fields=["event", "position"], name="journal_event")),
        # The fold that counts has a name of its own, which is not the block's.
        migrations.RunSQL(
            "UPDATE journal_cursor SET name = 'figures' WHERE name = 'analytics'",
            "UPDATE journal_cursor SET name = 'analytics' WHERE name = 'figures'",
        ),
        migrations.AddField("Cursor", "left_out", models.TextField(blank=True, default="")),
    ]
