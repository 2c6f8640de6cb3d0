from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("open_data", "0001_initial")]

    operations = [
        migrations.AlterField(model_name="count", name="by", field=models.TextField(blank=True)),
    ]
