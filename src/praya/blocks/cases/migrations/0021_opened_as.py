from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0020_written_anew'),
    ]

    operations = [
        migrations.AddField(
            model_name='case',
            name='opened_as',
            field=models.CharField(blank=True, max_length=48),
        ),
    ]
