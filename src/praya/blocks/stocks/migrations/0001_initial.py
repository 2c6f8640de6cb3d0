from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='GivenRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stock', models.CharField(max_length=32)),
                ('thing', models.CharField(max_length=60)),
                ('case_ref', models.CharField(blank=True, max_length=20)),
                ('at', models.DateTimeField()),
            ],
            options={
                'db_table': 'stocks_given',
                'indexes': [models.Index(fields=['case_ref'], name='stocks_case')],
                'constraints': [models.UniqueConstraint(fields=('stock', 'thing'), name='stocks_thing_once')],
            },
        ),
        migrations.CreateModel(
            name='WaitRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.CharField(max_length=32)),
                ('case_ref', models.CharField(max_length=20)),
                ('number', models.PositiveIntegerField(null=True)),
                ('joined_at', models.DateTimeField()),
                ('called_at', models.DateTimeField(null=True)),
                ('over', models.BooleanField(default=False)),
            ],
            options={
                'db_table': 'stocks_wait',
                'indexes': [models.Index(fields=['case_ref'], name='stocks_wait_case'), models.Index(condition=models.Q(('called_at__isnull', True), ('over', False)), fields=['line', 'number'], name='stocks_waiting'), models.Index(condition=models.Q(('called_at__isnull', False), ('over', False)), fields=['line', 'number'], name='stocks_turns')],
                'constraints': [models.UniqueConstraint(fields=('line', 'case_ref'), name='stocks_once_in_line')],
            },
        ),
    ]
