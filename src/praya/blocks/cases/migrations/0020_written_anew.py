from django.db import migrations


def write_anew(apps, _schema_editor):
    """Let the worker write what lists tell of each case; until then a case is held if it waits for its applicant."""
    rows = apps.get_model("cases", "Case").objects
    rows.filter(closed_at__isnull=True, waits_for_applicant=True).update(held=True)
    rows.filter(searchable=True).update(searchable=False)


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0019_held_and_lines'),
    ]

    operations = [
        migrations.RunPython(write_anew, migrations.RunPython.noop),
    ]
