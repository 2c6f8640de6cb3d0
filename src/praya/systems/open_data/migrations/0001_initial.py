from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Count',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service', models.CharField(max_length=60)),
                ('day', models.DateField()),
                ('measure', models.CharField(max_length=30)),
                ('by', models.TextField(blank=True)),
                ('count', models.BigIntegerField(default=0)),
                ('days', models.BigIntegerField(default=0)),
            ],
            options={
                'db_table': 'open_data_count',
                'constraints': [models.UniqueConstraint(fields=('service', 'day', 'measure', 'by'), name='open_data_cell')],
            },
        ),
    ]
