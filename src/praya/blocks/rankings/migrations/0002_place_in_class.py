from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('rankings', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='placerow',
            name='place_in_class',
            field=models.PositiveIntegerField(null=True),
        ),
    ]
