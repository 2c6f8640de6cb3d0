from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notices", "0003_codes")]

    operations = [
        migrations.AddField(
            model_name="noticerow",
            name="appointments",
            field=models.TextField(blank=True, db_default="", default=""),
        ),
    ]
