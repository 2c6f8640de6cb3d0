from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Clock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('believed_at', models.DateTimeField()),
            ],
            options={
                'db_table': 'outbox_clock',
            },
        ),
        migrations.CreateModel(
            name='PartRow',
            fields=[
                ('name', models.CharField(max_length=60, primary_key=True, serialize=False)),
                ('due_at', models.DateTimeField(null=True)),
                ('beat_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('overdue_at', models.DateTimeField(null=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('failed_at', models.DateTimeField(null=True)),
                ('failure', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'db_table': 'outbox_part',
            },
        ),
        migrations.CreateModel(
            name='Effect',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('subject', models.CharField(max_length=40)),
                ('lane', models.CharField(default='normal', max_length=10)),
                ('state', models.CharField(default='waiting', max_length=10)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('queued_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(null=True)),
                ('failure', models.CharField(blank=True, max_length=80)),
            ],
            options={
                'db_table': 'outbox_effect',
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['kind', 'lane', 'due_at'], name='outbox_due'), models.Index(condition=models.Q(('state', 'waiting')), fields=['lane', 'queued_at'], name='outbox_oldest'), models.Index(condition=models.Q(('state', 'failed')), fields=['lane', 'done_at'], name='outbox_failed'), models.Index(condition=models.Q(('state', 'done')), fields=['done_at'], name='outbox_done')],
                'constraints': [models.UniqueConstraint(fields=('kind', 'subject'), name='outbox_once')],
            },
        ),
    ]
