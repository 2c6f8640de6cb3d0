from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Checkpoint',
            fields=[
                ('size', models.BigIntegerField(primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
                ('note', models.TextField()),
                ('frontier', models.TextField()),
            ],
            options={
                'db_table': 'journal_checkpoint',
            },
        ),
        migrations.CreateModel(
            name='Cursor',
            fields=[
                ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('position', models.BigIntegerField(default=0)),
                ('left_out', models.TextField(blank=True, default='')),
            ],
            options={
                'db_table': 'journal_cursor',
            },
        ),
        migrations.CreateModel(
            name='JournalKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sealed', models.BinaryField()),
                ('public', models.TextField()),
            ],
            options={
                'db_table': 'journal_key',
            },
        ),
        migrations.CreateModel(
            name='JournalEntry',
            fields=[
                ('seq', models.BigAutoField(primary_key=True, serialize=False)),
                ('position', models.BigIntegerField(null=True, unique=True)),
                ('at', models.DateTimeField()),
                ('event', models.CharField(max_length=40)),
                ('service', models.CharField(blank=True, max_length=60)),
                ('subject', models.CharField(blank=True, max_length=40)),
                ('actor', models.CharField(max_length=60)),
                ('facts', models.TextField(default='{}')),
            ],
            options={
                'db_table': 'journal_entry',
                'indexes': [models.Index(fields=['subject', 'seq'], name='journal_subject'), models.Index(fields=['event', 'position'], name='journal_event'), models.Index(condition=models.Q(('position__isnull', True)), fields=['seq'], name='journal_unsealed')],
            },
        ),
    ]
