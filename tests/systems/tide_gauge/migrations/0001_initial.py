from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Height",
            fields=[
                ("ref", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("centimetres", models.IntegerField()),
                ("measured_at", models.DateTimeField()),
            ],
            options={"db_table": "tide_gauge_height"},
        ),
        migrations.CreateModel(
            name="Total",
            fields=[
                ("name", models.CharField(max_length=10, primary_key=True, serialize=False)),
                ("number", models.IntegerField(default=0)),
            ],
            options={"db_table": "tide_gauge_total"},
        ),
        migrations.CreateModel(
            name="Table",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("highest", models.IntegerField()),
            ],
            options={"db_table": "tide_gauge_table"},
        ),
    ]
