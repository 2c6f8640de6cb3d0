from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from praya.kernel.ids import reference


def number_the_old(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    entries = apps.get_model("registers", "EntryRow").objects
    given = set()
    for ref in entries.filter(number=None).values_list("ref", flat=True).iterator():
        number = reference("E")
        while number in given:
            number = reference("E")
        given.add(number)
        entries.filter(ref=ref).update(number=number)


class Migration(migrations.Migration):

    dependencies = [("registers", "0002_lives")]

    operations = [
        migrations.AddField("entryrow", "item", models.PositiveSmallIntegerField(default=0)),
        migrations.AddField("entryrow", "number", models.CharField(max_length=20, null=True)),
        migrations.RunPython(number_the_old, migrations.RunPython.noop),
        migrations.AlterField("entryrow", "number", models.CharField(max_length=20, unique=True)),
    ]
