import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Endpoint',
            fields=[
                ('ref', models.CharField(max_length=32, primary_key=True, serialize=False)),
                ('department', models.CharField(max_length=60)),
                ('url', models.CharField(max_length=600)),
                ('services', models.TextField(blank=True)),
                ('state', models.CharField(default='active', max_length=10)),
                ('secret', models.BinaryField()),
                ('overlap_until', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('position', models.BigIntegerField()),
                ('leased_until', models.DateTimeField()),
                ('failures', models.PositiveIntegerField(default=0)),
                ('failed_since', models.DateTimeField(null=True)),
                ('retry_at', models.DateTimeField(null=True)),
                ('paused_at', models.DateTimeField(null=True)),
                ('why', models.CharField(blank=True, max_length=10)),
                ('delivered_at', models.DateTimeField(null=True)),
            ],
            options={
                'db_table': 'webhooks_endpoint',
                'indexes': [models.Index(fields=['department', 'created_at'], name='webhooks_of_department')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.BigIntegerField()),
                ('event', models.CharField(max_length=40)),
                ('service', models.CharField(blank=True, max_length=60)),
                ('subject', models.CharField(max_length=40)),
                ('at', models.DateTimeField()),
                ('state', models.CharField(default='waiting', max_length=10)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('queued_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(null=True)),
                ('status', models.PositiveIntegerField(default=0)),
                ('failure', models.CharField(blank=True, max_length=40)),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='webhooks.endpoint')),
            ],
            options={
                'db_table': 'webhooks_delivery',
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['endpoint', 'attempts', 'position'], name='webhooks_next'), models.Index(condition=models.Q(('state', 'waiting')), fields=['endpoint', 'subject', 'position'], name='webhooks_in_order'), models.Index(condition=models.Q(('state', 'waiting'), _negated=True), fields=['queued_at'], name='webhooks_ended'), models.Index(fields=['endpoint', 'state', 'position'], name='webhooks_listed')],
                'constraints': [models.UniqueConstraint(fields=('endpoint', 'position'), name='webhooks_once')],
            },
        ),
    ]
