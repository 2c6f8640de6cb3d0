"""The database itself refuses to change or delete facts; only `position` is given, once."""

from django.db import migrations

POSTGRESQL = """
CREATE FUNCTION journal_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'journal_entry' THEN
    IF OLD.position IS NULL AND NEW.position IS NOT NULL
       AND (NEW.seq, NEW.at, NEW.event, NEW.service, NEW.subject, NEW.actor, NEW.facts)
         = (OLD.seq, OLD.at, OLD.event, OLD.service, OLD.subject, OLD.actor, OLD.facts) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION 'the journal is append-only';
END $$;
CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON journal_entry
  FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_checkpoint_append_only BEFORE UPDATE OR DELETE ON journal_checkpoint
  FOR EACH ROW EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_not_emptied BEFORE TRUNCATE ON journal_entry
  FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
CREATE TRIGGER journal_checkpoint_not_emptied BEFORE TRUNCATE ON journal_checkpoint
  FOR EACH STATEMENT EXECUTE FUNCTION journal_refuse();
"""
POSTGRESQL_BACK = """
DROP TRIGGER journal_append_only ON journal_entry;
DROP TRIGGER journal_checkpoint_append_only ON journal_checkpoint;
DROP TRIGGER journal_not_emptied ON journal_entry;
DROP TRIGGER journal_checkpoint_not_emptied ON journal_checkpoint;
DROP FUNCTION journal_refuse();
"""
SQLITE = [
    """CREATE TRIGGER journal_no_change BEFORE UPDATE ON journal_entry
       WHEN NOT (OLD.position IS NULL AND NEW.position IS NOT NULL AND OLD.seq = NEW.seq AND OLD.at = NEW.at
                 AND OLD.event = NEW.event AND OLD.service = NEW.service AND OLD.subject = NEW.subject
                 AND OLD.actor = NEW.actor AND OLD.facts = NEW.facts)
       BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    """CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal_entry
       BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    """CREATE TRIGGER journal_checkpoint_no_change BEFORE UPDATE ON journal_checkpoint
       BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    """CREATE TRIGGER journal_checkpoint_no_delete BEFORE DELETE ON journal_checkpoint
       BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    # REPLACE deletes a row without asking the triggers of deletion: a number that was used is never used again.
    """CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal_entry
       WHEN EXISTS (SELECT 1 FROM journal_entry WHERE seq = NEW.seq)
       BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
    """CREATE TRIGGER journal_checkpoint_no_replace BEFORE INSERT ON journal_checkpoint
       WHEN EXISTS (SELECT 1 FROM journal_checkpoint WHERE size = NEW.size)
       BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END""",
]
NAMES = (
    "journal_no_change", "journal_no_delete", "journal_no_replace",
    "journal_checkpoint_no_change", "journal_checkpoint_no_delete", "journal_checkpoint_no_replace",
)  # fmt: skip


def forwards(apps, schema_editor):
    statements = [POSTGRESQL] if schema_editor.connection.vendor == "postgresql" else SQLITE
    with schema_editor.connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def backwards(apps, schema_editor):
    postgresql = schema_editor.connection.vendor == "postgresql"
    statements = [POSTGRESQL_BACK] if postgresql else [f"DROP TRIGGER {name}" for name in NAMES]
    with schema_editor.connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]
    operations = [migrations.RunPython(forwards, backwards)]
