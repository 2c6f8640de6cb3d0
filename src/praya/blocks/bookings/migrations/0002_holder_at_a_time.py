from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0001_initial")]

    operations = [
        migrations.AddField("holder", "whose", models.CharField(blank=True, db_default="", default="", max_length=32)),
    ]
