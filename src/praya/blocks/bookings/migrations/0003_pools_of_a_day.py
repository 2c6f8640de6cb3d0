from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("bookings", "0002_holder_at_a_time")]

    operations = [
        migrations.AddIndex(
            model_name="pool",
            index=models.Index(fields=["day", "scheme", "clock"], name="bookings_day"),
        ),
    ]
