"""SQLite's REPLACE deletes a row without asking the triggers of deletion: a number that was used is never used again."""

from django.db import migrations

TRIGGERS = {
    "journal_no_replace": "CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal_entry "
    "WHEN EXISTS (SELECT 1 FROM journal_entry WHERE seq = NEW.seq) "
    "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
    "journal_checkpoint_no_replace": "CREATE TRIGGER journal_checkpoint_no_replace BEFORE INSERT ON journal_checkpoint "
    "WHEN EXISTS (SELECT 1 FROM journal_checkpoint WHERE size = NEW.size) "
    "BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END",
}


def forwards(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        with schema_editor.connection.cursor() as cursor:
            for statement in TRIGGERS.values():
                cursor.execute(statement)


def backwards(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        with schema_editor.connection.cursor() as cursor:
            for name in TRIGGERS:
                cursor.execute(f"DROP TRIGGER {name}")


class Migration(migrations.Migration):
    dependencies = [("journal", "0002_append_only")]
    operations = [migrations.RunPython(forwards, backwards)]
